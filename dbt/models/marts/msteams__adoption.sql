-- Use of Teams by day, from Microsoft's usage reports.
with activity as (
    select
        report_date as day,
        count(case when is_licensed then 1 end) as licensed_people,
        count(case when last_activity_date = report_date then 1 end) as active_people,
        sum(team_chat_message_count) as channel_messages,
        sum(private_chat_message_count) as chat_messages,
        sum(call_count) as calls,
        sum(meetings_attended_count) as meetings_attended,
        sum(meetings_organized_count) as meetings_organized
    from {{ ref("stg_msteams__user_activity") }}
    group by report_date
),
device as (
    select
        report_date as day,
        count(case when used_windows or used_mac or used_linux or used_chrome_os then 1 end)
            as people_on_desktops,
        count(case when usedi_os or used_android_phone or used_windows_phone then 1 end)
            as people_on_phones,
        count(case when used_web then 1 end) as people_in_browsers
    from {{ ref("stg_msteams__device_usage") }}
    group by report_date
),
team as (
    select report_date as day, count(case when active_users > 0 then 1 end) as active_teams
    from {{ ref("stg_msteams__team_activity") }}
    group by report_date
)
select
    coalesce(activity.day, device.day, team.day) as day,
    activity.licensed_people,
    activity.active_people,
    activity.channel_messages,
    activity.chat_messages,
    activity.calls,
    activity.meetings_attended,
    activity.meetings_organized,
    device.people_on_desktops,
    device.people_on_phones,
    device.people_in_browsers,
    team.active_teams
from activity
full join device on device.day = activity.day
full join team on team.day = coalesce(activity.day, device.day)
