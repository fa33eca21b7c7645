-- Mentions in messages: one row for each.
select
    {{ message_key() }},
    item.position,
    {{ item("mentionText") }} as mention_text,
    case
        when {{ item("mentioned.user.id") }} is not null then 'user'
        when {{ item("mentioned.conversation.id") }} is not null
            then {{ item("mentioned.conversation.conversationIdentityType") }}
        when {{ item("mentioned.application.id") }} is not null then 'application'
        when {{ item("mentioned.device.id") }} is not null then 'device'
        when {{ item("mentioned.tag.id") }} is not null then 'tag'
    end as mentioned_kind,
    coalesce(
        {{ item("mentioned.user.id") }},
        {{ item("mentioned.conversation.id") }},
        {{ item("mentioned.application.id") }},
        {{ item("mentioned.device.id") }},
        {{ item("mentioned.tag.id") }}
    ) as mentioned_id,
    coalesce(
        {{ item("mentioned.user.displayName") }},
        {{ item("mentioned.conversation.displayName") }},
        {{ item("mentioned.application.displayName") }},
        {{ item("mentioned.device.displayName") }},
        {{ item("mentioned.tag.displayName") }}
    ) as mentioned_name
from {{ ref("msteams__all_messages") }} as message
{{ items("message.mentions") }}
