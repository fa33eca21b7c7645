{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("group_owners", {
    "group_id": ["text", "groupId"],
    "id": ["text", "id"],
    "member_type": ["text", "memberType"],
    "deleted_date_time": ["timestamp", "deletedDateTime"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
