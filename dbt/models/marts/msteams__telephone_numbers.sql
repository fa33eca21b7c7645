-- Telephone numbers of the tenant, and who has them.
select
    number.id as number_id,
    number.telephone_number,
    number.number_type,
    number.assignment_status,
    number.assignment_category,
    number.assignment_target_id,
    person.id as user_id,
    person.display_name as user_name,
    person.department,
    configuration.is_enterprise_voice_enabled,
    number.iso_country_code,
    number.city
from {{ ref("stg_msteams__telephone_numbers") }} as number
left join {{ ref("stg_msteams__users") }} as person on person.id = number.assignment_target_id
left join {{ ref("stg_msteams__user_configurations") }} as configuration
    on configuration.id = number.assignment_target_id
where number._sdc_deleted_at is null
