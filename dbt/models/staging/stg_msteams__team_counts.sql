{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("team_counts", {
    "report_date": ["date", "reportDate"],
    "report_refresh_date": ["date", "reportRefreshDate"],
    "public_teams": ["bigint", "publicTeams"],
    "active_public_teams": ["bigint", "activePublicTeams"],
    "private_teams": ["bigint", "privateTeams"],
    "active_private_teams": ["bigint", "activePrivateTeams"],
    "additional_columns": ["json", "additionalColumns"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
