-- Participants of calls: people, telephones, guests and apps.
{% set kinds = [
    "user", "guest", "phone", "application", "application_instance", "encrypted", "on_premises",
    "azure_communication_services_user", "asserted_identity", "device",
] %}
{% set graph = {
    "application_instance": "applicationInstance", "on_premises": "onPremises",
    "azure_communication_services_user": "azureCommunicationServicesUser",
    "asserted_identity": "assertedIdentity",
} %}
select
    participant.call_id,
    participant.id as participant_id,
    case
        {%- for kind in kinds %}
        {%- set path = [graph.get(kind, kind), "id"] %}
        when {{ json_value("participant.identity_json", path, "text") }} is not null then '{{ kind }}'
        {%- endfor %}
    end as kind,
    {{ json_value("participant.identity_json", ["user", "id"], "text") }} as user_id,
    coalesce(
        {%- for kind in kinds %}
        {%- set path = [graph.get(kind, kind), "displayName"] %}
        {{ json_value("participant.identity_json", path, "text") }},
        {%- endfor %}
        person.display_name
    ) as name
from {{ ref("stg_msteams__call_participants") }} as participant
left join {{ ref("stg_msteams__users") }} as person
    on person.id = {{ json_value("participant.identity_json", ["user", "id"], "text") }}
