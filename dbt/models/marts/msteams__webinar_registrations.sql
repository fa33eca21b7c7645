-- Who registered for a webinar, and how long they were there.
with attendance as (
    select
        event_id,
        registration_id,
        count(distinct session_id) as sessions,
        sum(total_attendance_in_seconds) as seconds
    from {{ ref("stg_msteams__event_attendance_records") }}
    where registration_id is not null
    group by event_id, registration_id
)
select
    registration.event_id,
    webinar.display_name as webinar,
    webinar.status as webinar_status,
    webinar.created_by_user_id as organizer_id,
    webinar.created_by_user_display_name as organizer_name,
    webinar.start_date_time_date_time as starts,
    webinar.start_date_time_time_zone as time_zone,
    registration.id as registration_id,
    registration.user_id,
    registration.first_name,
    registration.last_name,
    registration.email,
    registration.user_id is null as is_from_outside,
    registration.status,
    registration.registration_date_time as registered_at,
    registration.cancelation_date_time as canceled_at,
    coalesce(attendance.sessions, 0) as sessions_attended,
    coalesce(attendance.seconds, 0) as seconds
from {{ ref("stg_msteams__webinar_registrations") }} as registration
left join {{ ref("stg_msteams__webinars") }} as webinar on webinar.id = registration.event_id
left join attendance
    on attendance.event_id = registration.event_id
    and attendance.registration_id = registration.id
