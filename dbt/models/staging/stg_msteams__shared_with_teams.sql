{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("shared_with_teams", {
    "team_id": ["text", "teamId"],
    "channel_id": ["text", "channelId"],
    "id": ["text", "id"],
    "display_name": ["text", "displayName"],
    "tenant_id": ["text", "tenantId"],
    "is_host_team": ["boolean", "isHostTeam"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
