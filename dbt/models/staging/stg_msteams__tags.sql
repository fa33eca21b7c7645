{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("tags", {
    "team_id": ["text", "teamId"],
    "id": ["text", "id"],
    "display_name": ["text", "displayName"],
    "description": ["text", "description"],
    "tag_type": ["text", "tagType"],
    "member_count": ["bigint", "memberCount"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
