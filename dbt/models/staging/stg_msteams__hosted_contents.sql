{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("hosted_contents", {
    "team_id": ["text", "teamId"],
    "channel_id": ["text", "channelId"],
    "message_id": ["text", "messageId"],
    "id": ["text", "id"],
    "content_bytes": ["text", "contentBytes"],
    "content_type": ["text", "contentType"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
