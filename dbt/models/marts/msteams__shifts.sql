-- Planned and worked time: published shifts, open shifts, times off, and time cards.
with entry as (
    select
        'shift' as kind, team_id, id, user_id, scheduling_group_id,
        shared_shift_start_date_time as starts_at,
        shared_shift_end_date_time as ends_at,
        shared_shift_display_name as name,
        cast(null as text) as reason_id,
        _sdc_deleted_at
    from {{ ref("stg_msteams__shifts") }}
    where shared_shift_start_date_time is not null
    union all
    select
        'open_shift', team_id, id, null, scheduling_group_id,
        shared_open_shift_start_date_time, shared_open_shift_end_date_time,
        shared_open_shift_display_name, null, _sdc_deleted_at
    from {{ ref("stg_msteams__open_shifts") }}
    where shared_open_shift_start_date_time is not null
    union all
    select
        'time_off', team_id, id, user_id, null,
        shared_time_off_start_date_time, shared_time_off_end_date_time,
        null, shared_time_off_time_off_reason_id, _sdc_deleted_at
    from {{ ref("stg_msteams__times_off") }}
    where shared_time_off_start_date_time is not null
    union all
    select
        'time_card', team_id, id, user_id, null,
        clock_in_event_date_time, clock_out_event_date_time, null, null, _sdc_deleted_at
    from {{ ref("stg_msteams__time_cards") }}
    where clock_in_event_date_time is not null
)
select
    entry.kind,
    entry.team_id,
    team.display_name as team_name,
    entry.id as entry_id,
    entry.user_id,
    person.display_name as user_name,
    scheduling_group.display_name as scheduling_group,
    coalesce(entry.name, reason.display_name) as name,
    entry.starts_at,
    entry.ends_at,
    {{ seconds("entry.starts_at", "entry.ends_at") }} / 3600 as hours
from entry
left join {{ ref("stg_msteams__teams") }} as team on team.id = entry.team_id
left join {{ ref("stg_msteams__users") }} as person on person.id = entry.user_id
left join {{ ref("stg_msteams__scheduling_groups") }} as scheduling_group
    on scheduling_group.team_id = entry.team_id
    and scheduling_group.id = entry.scheduling_group_id
left join {{ ref("stg_msteams__time_off_reasons") }} as reason
    on reason.team_id = entry.team_id and reason.id = entry.reason_id
where entry._sdc_deleted_at is null
