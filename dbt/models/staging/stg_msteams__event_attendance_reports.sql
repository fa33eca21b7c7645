{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("event_attendance_reports", {
    "event_id": ["text", "eventId"],
    "session_id": ["text", "sessionId"],
    "id": ["text", "id"],
    "total_participant_count": ["bigint", "totalParticipantCount"],
    "meeting_start_date_time": ["timestamp", "meetingStartDateTime"],
    "meeting_end_date_time": ["timestamp", "meetingEndDateTime"],
    "external_event_information": ["json", "externalEventInformation"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
