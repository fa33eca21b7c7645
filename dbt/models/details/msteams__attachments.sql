-- Attachments of messages: files, cards, links to other messages.
select
    {{ message_key() }},
    item.position,
    {{ item("id") }} as attachment_id,
    {{ item("contentType") }} as content_type,
    {{ item("name") }} as name,
    {{ item("contentUrl") }} as content_url,
    {{ item("content") }} as content,
    {{ item("teamsAppId") }} as teams_app_id
from {{ ref("msteams__all_messages") }} as message
{{ items("message.attachments") }}
