{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("attendance_reports", {
    "user_id": ["text", "userId"],
    "meeting_id": ["text", "meetingId"],
    "id": ["text", "id"],
    "total_participant_count": ["bigint", "totalParticipantCount"],
    "meeting_start_date_time": ["timestamp", "meetingStartDateTime"],
    "meeting_end_date_time": ["timestamp", "meetingEndDateTime"],
    "external_event_information": ["json", "externalEventInformation"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
