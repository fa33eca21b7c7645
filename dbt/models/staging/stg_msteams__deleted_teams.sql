{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("deleted_teams", {
    "id": ["text", "id"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
