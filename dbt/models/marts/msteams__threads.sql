-- Conversations in channels: each post with its replies, and the time to the first answer by
-- somebody else. Deleted replies do not count.
select
    post.team_id,
    post.team_name,
    post.channel_id,
    post.channel_name,
    post.message_id as thread_id,
    post.sender_id,
    post.sender_name,
    post.sender_kind,
    post.subject,
    post.created_at as posted_at,
    post.is_deleted,
    count(reply.message_id) as replies,
    count(distinct reply.sender_id) as people_who_replied,
    min(case when reply.sender_id <> post.sender_id then reply.created_at end) as first_answer_at,
    {{ seconds(
        "post.created_at",
        "min(case when reply.sender_id <> post.sender_id then reply.created_at end)"
    ) }} / 60 as minutes_to_first_answer,
    coalesce(max(reply.created_at), post.created_at) as last_message_at
from {{ ref("msteams__messages") }} as post
left join {{ ref("msteams__messages") }} as reply
    on reply.team_id = post.team_id
    and reply.channel_id = post.channel_id
    and reply.thread_id = post.message_id
    and reply.is_reply
    and not reply.is_deleted
where post.place = 'channel' and not post.is_reply
group by
    post.team_id, post.team_name, post.channel_id, post.channel_name, post.message_id,
    post.sender_id, post.sender_name, post.sender_kind, post.subject, post.created_at,
    post.is_deleted
