-- Who attended a session of a webinar or of a town hall.
with event as (
    select 'webinar' as kind, id, display_name from {{ ref("stg_msteams__webinars") }}
    union all
    select 'townhall' as kind, id, display_name from {{ ref("stg_msteams__townhalls") }}
)
select
    attendance.event_id,
    event.kind,
    event.display_name as event,
    attendance.session_id,
    session.subject,
    attendance.report_id,
    report.meeting_start_date_time as started_at,
    report.meeting_end_date_time as ended_at,
    report.total_participant_count as participants,
    attendance.id as attendance_id,
    attendance.identity_id as attendee_id,
    attendance.identity_display_name as attendee_name,
    attendance.email_address as attendee_email,
    attendance.role,
    attendance.registration_id,
    attendance.total_attendance_in_seconds as seconds,
    {{ items_of("attendance.attendance_intervals") }} as stays
from {{ ref("stg_msteams__event_attendance_records") }} as attendance
left join event on event.id = attendance.event_id
left join {{ ref("stg_msteams__virtual_event_sessions") }} as session
    on session.event_id = attendance.event_id
    and session.id = attendance.session_id
left join {{ ref("stg_msteams__event_attendance_reports") }} as report
    on report.event_id = attendance.event_id
    and report.session_id = attendance.session_id
    and report.id = attendance.report_id
