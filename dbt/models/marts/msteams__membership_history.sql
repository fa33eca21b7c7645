-- Who came into a team or a channel and who left: what Teams wrote there itself, and members whom
-- a later run did not find.
with event as (
    select
        message.team_id,
        message.channel_id,
        message.created_date_time as happened_at,
        {{ json_value("message.event_detail_json", ["@odata.type"], "text") }} as kind,
        {{ json_value("message.event_detail_json", ["initiator", "user", "id"], "text") }}
            as initiator_id,
        {{ json_value("message.event_detail_json", ["members"], "json") }} as members
    from {{ ref("stg_msteams__messages") }} as message
    where message.event_detail_json is not null
),
change as (
    select
        event.team_id,
        event.channel_id,
        {{ item("id") }} as user_id,
        case when event.kind like '%Added%' or event.kind like '%Joined%' then 'came' else 'left' end
            as what,
        event.happened_at,
        event.initiator_id,
        'message' as source
    from event
    {{ items("event.members") }}
    where event.kind like '%membersAdded%' or event.kind like '%membersJoined%'
        or event.kind like '%membersDeleted%' or event.kind like '%membersLeft%'
    union all
    select team_id, null, user_id, 'left', _sdc_deleted_at, null, 'run'
    from {{ ref("stg_msteams__members") }}
    where _sdc_deleted_at is not null
    union all
    select team_id, channel_id, user_id, 'left', _sdc_deleted_at, null, 'run'
    from {{ ref("stg_msteams__channel_members") }}
    where _sdc_deleted_at is not null
)
select
    change.team_id,
    team.display_name as team_name,
    change.channel_id,
    channel.display_name as channel_name,
    channel.membership_type as channel_type,
    change.user_id,
    person.display_name as user_name,
    change.what,
    change.happened_at,
    change.initiator_id,
    initiator.display_name as initiator_name,
    change.source
from change
left join {{ ref("stg_msteams__teams") }} as team on team.id = change.team_id
left join {{ ref("stg_msteams__channels") }} as channel
    on channel.team_id = change.team_id and channel.id = change.channel_id
left join {{ ref("stg_msteams__users") }} as person on person.id = change.user_id
left join {{ ref("stg_msteams__users") }} as initiator on initiator.id = change.initiator_id
