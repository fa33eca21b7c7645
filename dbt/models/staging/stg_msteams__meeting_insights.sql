{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("meeting_insights", {
    "user_id": ["text", "userId"],
    "meeting_id": ["text", "meetingId"],
    "id": ["text", "id"],
    "call_id": ["text", "callId"],
    "content_correlation_id": ["text", "contentCorrelationId"],
    "created_date_time": ["timestamp", "createdDateTime"],
    "end_date_time": ["timestamp", "endDateTime"],
    "meeting_notes": ["json", "meetingNotes"],
    "action_items": ["json", "actionItems"],
    "viewpoint_json": ["json", "viewpoint"],
    "viewpoint_mention_events": ["json", "viewpoint", "mentionEvents"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
