-- Who attended a meeting, for each time that it took place.
with stay as (
    select
        organizer_id,
        meeting_id,
        report_id,
        attendance_id,
        count(*) as stays,
        min(joined_at) as first_joined_at,
        max(left_at) as last_left_at
    from {{ ref("msteams__attendance_intervals") }}
    group by organizer_id, meeting_id, report_id, attendance_id
)
select
    attendance.user_id as organizer_id,
    organizer.display_name as organizer_name,
    attendance.meeting_id,
    meeting.subject,
    attendance.report_id,
    report.meeting_start_date_time as started_at,
    report.meeting_end_date_time as ended_at,
    report.total_participant_count as participants,
    attendance.id as attendance_id,
    attendance.identity_id as attendee_id,
    attendance.identity_display_name as attendee_name,
    attendance.email_address as attendee_email,
    attendance.role,
    attendance.total_attendance_in_seconds as seconds,
    coalesce(stay.stays, 0) as stays,
    stay.first_joined_at,
    stay.last_left_at,
    {{ seconds("report.meeting_start_date_time", "stay.first_joined_at") }} / 60 as minutes_late
from {{ ref("stg_msteams__attendance_records") }} as attendance
left join {{ ref("stg_msteams__attendance_reports") }} as report
    on report.user_id = attendance.user_id
    and report.meeting_id = attendance.meeting_id
    and report.id = attendance.report_id
left join {{ ref("stg_msteams__online_meetings") }} as meeting on meeting.id = attendance.meeting_id
left join {{ ref("stg_msteams__users") }} as organizer on organizer.id = attendance.user_id
left join stay
    on stay.organizer_id = attendance.user_id
    and stay.meeting_id = attendance.meeting_id
    and stay.report_id = attendance.report_id
    and stay.attendance_id = attendance.id
