{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("tag_members", {
    "team_id": ["text", "teamId"],
    "tag_id": ["text", "tagId"],
    "id": ["text", "id"],
    "user_id": ["text", "userId"],
    "display_name": ["text", "displayName"],
    "tenant_id": ["text", "tenantId"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
