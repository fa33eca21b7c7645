{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("chat_hosted_contents", {
    "chat_id": ["text", "chatId"],
    "message_id": ["text", "messageId"],
    "id": ["text", "id"],
    "content_bytes": ["text", "contentBytes"],
    "content_type": ["text", "contentType"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
