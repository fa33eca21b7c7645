-- The newest lively conversation of a handy size, with the names of those who talk.
with thread as (
    select coalesce("replyToId", id) as post, "teamId", "channelId"
    from messages
    where "messageType" = 'message' and "deletedDateTime" is null
    group by 1, 2, 3
    having count(*) between 4 and 8
    order by
        count(*) filter (where jsonb_array_length(nullif(reactions, 'null')) > 0) > 1 desc,
        max("lastModifiedDateTime") desc,
        1
    limit 1
)
select
    team."displayName" as team,
    channel."displayName" as channel,
    to_char(message."createdDateTime", 'DD Mon HH24:MI') as "time",
    coalesce(
        message."from"->'user'->>'displayName',
        message."from"->'application'->>'displayName'
    ) as author,
    message.body->>'content' as text,
    (
        select string_agg(distinct reaction->>'reactionType', ' ')
        from jsonb_array_elements(nullif(message.reactions, 'null')) as reaction
    ) as reactions,
    message."replyToId" is not null as is_reply
from thread
join messages as message
    on message."teamId" = thread."teamId"
    and message."channelId" = thread."channelId"
    and thread.post in (message.id, message."replyToId")
join teams as team on team.id = message."teamId"
join channels as channel
    on channel."teamId" = message."teamId" and channel.id = message."channelId"
where message."messageType" = 'message' and message."deletedDateTime" is null
order by message."createdDateTime"
