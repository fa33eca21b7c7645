{# Computed from the declarations of the streams: see `make fix`. #}
{{ staging("user_configurations", {
    "id": ["text", "id"],
    "user_principal_name": ["text", "userPrincipalName"],
    "account_type": ["text", "accountType"],
    "is_enterprise_voice_enabled": ["boolean", "isEnterpriseVoiceEnabled"],
    "feature_types": ["json", "featureTypes"],
    "telephone_numbers": ["json", "telephoneNumbers"],
    "effective_policy_assignments": ["json", "effectivePolicyAssignments"],
    "tenant_id": ["text", "tenantId"],
    "created_date_time": ["timestamp", "createdDateTime"],
    "modified_date_time": ["timestamp", "modifiedDateTime"],
    "additional_data": ["json", "additionalData"],
    "_sdc_extracted_at": ["timestamp", "_sdc_extracted_at"],
    "_sdc_deleted_at": ["timestamp", "_sdc_deleted_at"],
}) }}
