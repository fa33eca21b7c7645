-- Replies in channels, each with its post.
select
    reply.team_id,
    reply.channel_id,
    reply.thread_id,
    reply.message_id as reply_id,
    reply.sender_id,
    reply.sender_name,
    post.sender_id as post_sender_id,
    post.sender_name as post_sender_name,
    post.created_at as posted_at,
    reply.created_at as replied_at,
    {{ seconds("post.created_at", "reply.created_at") }} / 60 as minutes_after_post,
    reply.is_deleted
from {{ ref("msteams__messages") }} as reply
left join {{ ref("msteams__messages") }} as post
    on post.team_id = reply.team_id
    and post.channel_id = reply.channel_id
    and post.message_id = reply.thread_id
where reply.place = 'channel' and reply.is_reply
