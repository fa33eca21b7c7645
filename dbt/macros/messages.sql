{# The columns that tell a message, whether of a channel or of a chat. #}
{% macro message_key() -%}
    message.place, message.team_id, message.channel_id, message.chat_id, message.message_id
{%- endmacro %}
