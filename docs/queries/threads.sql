-- The conversations of a week: each post with its replies below it, the liveliest first.
with message as (
    select
        *,
        coalesce("replyToId", id) as thread,
        max("createdDateTime") over conversation as latest,
        count(*) over conversation as size
    from messages
    where "messageType" = 'message'
    window conversation as (partition by "teamId", "channelId", coalesce("replyToId", id))
)
select
    team."displayName" as team,
    channel."displayName" as channel,
    message.thread,
    case when message."replyToId" is null then 'post' else 'reply' end as place,
    message."createdDateTime" as written,
    coalesce(
        message."from"->'user'->>'displayName',
        message."from"->'application'->>'displayName'
    ) as author,
    case
        when message."deletedDateTime" is not null then '(deleted)'
        else trim(regexp_replace(message.body->>'content', '<[^>]*>|&nbsp;|\s+', ' ', 'g'))
    end as text
from message
join teams as team on team.id = message."teamId"
join channels as channel
    on channel."teamId" = message."teamId" and channel.id = message."channelId"
where message.latest > (select max("startedDateTime") from sync_runs) - interval '7 days'
order by message.size desc, message.thread, message."createdDateTime", message.id
