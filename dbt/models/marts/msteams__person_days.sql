-- What somebody wrote on a day (UTC), in channels and in chats.
select
    cast(message.created_at as date) as day,
    message.sender_id as user_id,
    coalesce(person.display_name, max(message.sender_name)) as user_name,
    person.department,
    person.user_type,
    count(*) as messages,
    count(case when message.place = 'channel' and not message.is_reply then 1 end) as posts,
    count(case when message.place = 'channel' and message.is_reply then 1 end) as replies,
    count(case when message.place = 'chat' then 1 end) as chat_messages,
    count(distinct message.team_id) as teams,
    count(distinct message.chat_id) as chats
from {{ ref("msteams__messages") }} as message
left join {{ ref("stg_msteams__users") }} as person on person.id = message.sender_id
where message.sender_kind = 'user'
group by
    cast(message.created_at as date), message.sender_id, person.display_name, person.department,
    person.user_type
