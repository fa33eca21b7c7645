{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("channel_members", {
    "team_id": ["text", "teamId"],
    "channel_id": ["text", "channelId"],
    "id": ["text", "id"],
    "user_id": ["text", "userId"],
    "display_name": ["text", "displayName"],
    "email": ["text", "email"],
    "tenant_id": ["text", "tenantId"],
    "roles": ["json", "roles"],
    "visible_history_start_date_time": ["timestamp", "visibleHistoryStartDateTime"],
    "original_source_membership_url": ["text", "originalSourceMembershipUrl"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
