-- Use of Teams by day for half a year, from Microsoft's reports on the whole tenant.
{%- set reports = ["user_activity_counts", "user_activity_user_counts", "team_activity_counts",
                   "team_counts", "device_usage_user_counts"] %}
with day as (
{%- for report in reports %}
    select report_date as day from {{ ref("stg_msteams__" ~ report) }}
    {{ "union" if not loop.last }}
{%- endfor %}
)
select
    day.day,
    activity.team_chat_messages as channel_messages,
    activity.private_chat_messages as chat_messages,
    activity.calls,
    activity.meetings,
    activity.meetings_organized,
    activity.meetings_attended,
    people.team_chat_messages as people_in_channels,
    people.private_chat_messages as people_in_chats,
    people.calls as people_in_calls,
    people.meetings as people_in_meetings,
    device.windows + device.mac + device.linux + device.chrome_os as devices_on_desktops,
    device.ios + device.android_phone as devices_on_phones,
    device.web as devices_in_browsers,
    team.active_users,
    team.active_external_users,
    team.active_channels,
    team.reactions,
    team.mentions,
    kind.public_teams,
    kind.private_teams,
    kind.active_public_teams + kind.active_private_teams as active_teams
from day
left join {{ ref("stg_msteams__user_activity_counts") }} as activity
    on activity.report_date = day.day
left join {{ ref("stg_msteams__user_activity_user_counts") }} as people
    on people.report_date = day.day
left join {{ ref("stg_msteams__device_usage_user_counts") }} as device
    on device.report_date = day.day
left join {{ ref("stg_msteams__team_activity_counts") }} as team on team.report_date = day.day
left join {{ ref("stg_msteams__team_counts") }} as kind on kind.report_date = day.day
