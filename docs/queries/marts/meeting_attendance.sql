-- Which meetings are well attended?
select
    subject,
    count(distinct report_id) as meetings,
    round(count(*) * 1.0 / count(distinct report_id), 1) as attendees,
    round(avg(seconds) / 60) as minutes
from msteams__meeting_attendance
group by subject
order by meetings desc, subject
limit 5
