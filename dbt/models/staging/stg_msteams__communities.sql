{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("communities", {
    "id": ["text", "id"],
    "display_name": ["text", "displayName"],
    "description": ["text", "description"],
    "privacy": ["text", "privacy"],
    "group_id": ["text", "groupId"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
