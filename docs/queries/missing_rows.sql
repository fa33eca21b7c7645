-- What the last run did not read, and what to do about it.
select
    issue.severity,
    issue.stream,
    team."displayName" as team,
    channel."displayName" as channel,
    issue.count,
    concat_ws(' ', issue.status, issue.code) as answer,
    issue.permission,
    issue.remedy
from sync_issues as issue
left join teams as team on team.id = issue.subject->>'teamId'
left join channels as channel
    on channel."teamId" = team.id and channel.id = issue.subject->>'channelId'
where issue."runId" = (
    select "runId" from sync_runs order by "startedDateTime" desc nulls last limit 1
)
order by issue.severity, issue.stream, team, channel
