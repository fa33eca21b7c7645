-- How many posts of a team somebody else answers, and after how many minutes.
with message as (
    select *, "from"->'user'->>'id' as author
    from messages
    where "messageType" = 'message' and "deletedDateTime" is null
),
post as (
    select
        post."teamId",
        extract(epoch from min(reply."createdDateTime") - post."createdDateTime") / 60 as minutes
    from message as post
    left join message as reply
        on reply."teamId" = post."teamId"
        and reply."channelId" = post."channelId"
        and reply."replyToId" = post.id
        and reply.author is distinct from post.author
    where post."replyToId" is null and post.author is not null
    group by post."teamId", post."channelId", post.id, post."createdDateTime"
)
select
    team."displayName" as team,
    count(*) as posts,
    round(100.0 * count(post.minutes) / count(*)) as percent_answered,
    round(percentile_cont(0.5) within group (order by post.minutes)) as median_minutes,
    round(percentile_cont(0.9) within group (order by post.minutes)) as slowest_tenth_minutes
from post
join teams as team on team.id = post."teamId"
group by team.id, team."displayName"
order by median_minutes, team
