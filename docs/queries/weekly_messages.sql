-- Messages a week in each team, over half a year.
select
    team."displayName" as team,
    date_trunc('week', message."createdDateTime")::date as week,
    count(*) as messages
from messages as message
join teams as team on team.id = message."teamId"
where message."messageType" = 'message'
    and message."createdDateTime" > (
        select date_trunc('week', max("startedDateTime")) from sync_runs
    ) - interval '26 weeks'
group by team.id, team."displayName", week
order by team, week
