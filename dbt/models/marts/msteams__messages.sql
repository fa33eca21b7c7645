-- What people and apps wrote in channels and chats, with the names of places and senders.
select
    {{ message_key() }},
    coalesce(message.reply_to_id, message.message_id) as thread_id,
    message.reply_to_id is not null as is_reply,
    team.display_name as team_name,
    channel.display_name as channel_name,
    channel.membership_type as channel_type,
    chat.topic as chat_topic,
    chat.chat_type,
    coalesce(
        message.from_user_id, message.from_application_id, message.from_device_id
    ) as sender_id,
    coalesce(
        message.from_user_display_name,
        person.display_name,
        message.from_application_display_name,
        message.from_device_display_name
    ) as sender_name,
    case
        when message.from_user_id is not null then 'user'
        when message.from_application_id is not null then 'application'
        when message.from_device_id is not null then 'device'
    end as sender_kind,
    person.department as sender_department,
    message.subject,
    message.body_content_type as body_type,
    message.body_content as body,
    message.body_text as text,
    message.importance,
    {{ items_of("message.mentions") }} as mentions,
    {{ items_of("message.reactions") }} as reactions,
    {{ items_of("message.attachments") }} as attachments,
    message.created_date_time as created_at,
    message.last_modified_date_time as modified_at,
    message.last_edited_date_time as edited_at,
    message.deleted_date_time as deleted_at,
    message.deleted_date_time is not null as is_deleted,
    message.web_url
from {{ ref("msteams__all_messages") }} as message
left join {{ ref("stg_msteams__teams") }} as team on team.id = message.team_id
left join {{ ref("stg_msteams__channels") }} as channel
    on channel.team_id = message.team_id and channel.id = message.channel_id
left join {{ ref("stg_msteams__chats") }} as chat on chat.id = message.chat_id
left join {{ ref("stg_msteams__users") }} as person on person.id = message.from_user_id
where message.message_type = 'message'
