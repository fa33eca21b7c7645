-- Messages of channels and of chats in one table, those that Teams wrote itself included.
{% set columns = [
    "reply_to_id", "message_type", "from_user_id", "from_user_display_name",
    "from_application_id", "from_application_display_name",
    "from_device_id", "from_device_display_name",
    "subject", "body_content", "body_content_type", "body_text", "importance",
    "attachments", "mentions", "reactions", "event_detail_json", "web_url",
    "created_date_time", "last_modified_date_time", "last_edited_date_time", "deleted_date_time",
] %}
select
    'channel' as place,
    team_id,
    channel_id,
    cast(null as text) as chat_id,
    id as message_id,
    {{ columns | join(", ") }}
from {{ ref("stg_msteams__messages") }}
union all
select 'chat', null, null, chat_id, id, {{ columns | join(", ") }}
from {{ ref("stg_msteams__chat_messages") }}
