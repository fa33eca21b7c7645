{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("chat_members", {
    "chat_id": ["text", "chatId"],
    "id": ["text", "id"],
    "member_type": ["text", "memberType"],
    "user_id": ["text", "userId"],
    "display_name": ["text", "displayName"],
    "email": ["text", "email"],
    "tenant_id": ["text", "tenantId"],
    "roles": ["json", "roles"],
    "visible_history_start_date_time": ["timestamp", "visibleHistoryStartDateTime"],
    "anonymous_guest_id": ["text", "anonymousGuestId"],
    "azure_communication_services_id": ["text", "azureCommunicationServicesId"],
    "skype_id": ["text", "skypeId"],
    "phone_number": ["text", "phoneNumber"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
