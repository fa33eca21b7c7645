-- Reactions to messages: one row for each person and reaction.
select
    {{ message_key() }},
    item.position,
    {{ item("reactionType") }} as reaction,
    {{ item("displayName") }} as reaction_name,
    {{ item("createdDateTime", "timestamp") }} as reacted_at,
    {{ item("user.user.id") }} as user_id,
    coalesce({{ item("user.user.displayName") }}, person.display_name) as user_name
from {{ ref("msteams__all_messages") }} as message
{{ items("message.reactions") }}
left join {{ ref("stg_msteams__users") }} as person on person.id = {{ item("user.user.id") }}
