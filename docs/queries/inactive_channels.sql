-- Channels in which nobody wrote in the 30 days before the last run, the longest silent first;
-- without those that another organization hosts, whose messages are not in this tenant.
with latest as (
    select
        "teamId",
        "channelId",
        max("createdDateTime") filter (where "messageType" = 'message') as written
    from messages
    group by "teamId", "channelId"
),
run as (
    select max("startedDateTime") as started from sync_runs
)
select
    team."displayName" as team,
    channel."displayName" as channel,
    channel."membershipType" as kind,
    channel."createdDateTime" as opened,
    latest.written as last_message,
    extract(
        day from run.started - coalesce(latest.written, channel."createdDateTime")
    ) as days_silent
from run
cross join channels as channel
join teams as team on team.id = channel."teamId"
join teams as host on host.id = channel."hostTeamId"
left join latest on latest."teamId" = channel."hostTeamId" and latest."channelId" = channel.id
where channel._sdc_deleted_at is null
    and team._sdc_deleted_at is null
    and coalesce(latest.written, channel."createdDateTime") < run.started - interval '30 days'
order by days_silent desc, team, channel
