{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("device_usage_distribution", {
    "report_refresh_date": ["date", "reportRefreshDate"],
    "report_period": ["text", "reportPeriod"],
    "web": ["bigint", "web"],
    "windows": ["bigint", "windows"],
    "mac": ["bigint", "mac"],
    "linux": ["bigint", "linux"],
    "chrome_os": ["bigint", "chromeOS"],
    "ios": ["bigint", "ios"],
    "android_phone": ["bigint", "androidPhone"],
    "windows_phone": ["bigint", "windowsPhone"],
    "additional_columns": ["json", "additionalColumns"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
