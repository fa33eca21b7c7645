-- What happened in each team in the 30 days before the last run; archived teams are told apart.
select
    team."displayName" as team,
    coalesce(team."isArchived", false) as archived,
    count(message.id) filter (where message."replyToId" is null) as posts,
    count(*) filter (where message."replyToId" is not null) as replies,
    count(distinct message."from"->'user'->>'id') as people,
    count(distinct message."channelId") as channels,
    max(message."createdDateTime") as latest
from teams as team
left join messages as message
    on message."teamId" = team.id
    and message."messageType" = 'message'
    and message."createdDateTime" > (
        select max("startedDateTime") from sync_runs
    ) - interval '30 days'
where team._sdc_deleted_at is null
group by team.id, team."displayName", team."isArchived"
order by count(message.id) desc, team."displayName"
