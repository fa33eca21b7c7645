{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("associated_teams", {
    "user_id": ["text", "userId"],
    "id": ["text", "id"],
    "display_name": ["text", "displayName"],
    "tenant_id": ["text", "tenantId"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
