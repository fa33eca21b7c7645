{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("apps", {
    "id": ["text", "id"],
    "external_id": ["text", "externalId"],
    "display_name": ["text", "displayName"],
    "distribution_method": ["text", "distributionMethod"],
    "app_definitions": ["json", "appDefinitions"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
