{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("user_activity_user_counts", {
    "report_date": ["date", "reportDate"],
    "report_refresh_date": ["date", "reportRefreshDate"],
    "report_period": ["text", "reportPeriod"],
    "team_chat_messages": ["bigint", "teamChatMessages"],
    "private_chat_messages": ["bigint", "privateChatMessages"],
    "calls": ["bigint", "calls"],
    "meetings": ["bigint", "meetings"],
    "other_actions": ["bigint", "otherActions"],
    "additional_columns": ["json", "additionalColumns"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
