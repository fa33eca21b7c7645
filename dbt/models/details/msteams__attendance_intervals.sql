-- Each time that somebody joined and left a meeting.
select
    attendance.user_id as organizer_id,
    attendance.meeting_id,
    attendance.report_id,
    attendance.id as attendance_id,
    item.position,
    {{ item("joinDateTime", "timestamp") }} as joined_at,
    {{ item("leaveDateTime", "timestamp") }} as left_at,
    {{ item("durationInSeconds", "bigint") }} as seconds
from {{ ref("stg_msteams__attendance_records") }} as attendance
{{ items("attendance.attendance_intervals") }}
