{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("chat_permission_grants", {
    "chat_id": ["text", "chatId"],
    "id": ["text", "id"],
    "client_app_id": ["text", "clientAppId"],
    "client_id": ["text", "clientId"],
    "permission": ["text", "permission"],
    "permission_type": ["text", "permissionType"],
    "resource_app_id": ["text", "resourceAppId"],
    "deleted_date_time": ["timestamp", "deletedDateTime"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
