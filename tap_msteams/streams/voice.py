"""Teams Phone: effective policies and telephone numbers."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.declaration import Query
from tap_msteams.readers import GraphStream
from tap_msteams.schema import (
    MailAddress,
    Many,
    PersonalValue,
    PersonId,
    Public,
    flags,
    moments,
    record,
    strings,
    texts,
)


class UserConfigurations(GraphStream):
    """Policies in force and telephone numbers of each account that Teams knows."""

    name = "user_configurations"
    path = "/admin/teams/userConfigurations"
    product = "Teams"
    permission = "TeamsUserConfiguration.Read.All"
    clouds = ("global",)
    entity = "teamsAdministration.teamsUserConfiguration"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("id", PersonId, required=True, description="Id of the user."),
        *strings(MailAddress, "userPrincipalName"),
        th.Property("accountType", th.StringType, description="user, resourceAccount, guest, ..."),
        *flags("isEnterpriseVoiceEnabled"),
        th.Property("featureTypes", Many(th.StringType), description="Teams, PhoneSystem, ..."),
        th.Property(
            "telephoneNumbers",
            Many(record(*strings(PersonalValue, "telephoneNumber"), *texts("assignmentCategory"))),
        ),
        th.Property(
            "effectivePolicyAssignments",
            Many(
                record(
                    *texts("policyType"),
                    th.Property(
                        "policyAssignment",
                        record(
                            *texts("assignmentType", "groupId", "policyId"),
                            *strings(Public, "displayName"),
                        ),
                    ),
                )
            ),
            description="Each policy with the way in which it was assigned: direct or by a group.",
        ),
        *texts("tenantId"),
        *moments("createdDateTime", "modifiedDateTime"),
    )


class TelephoneNumbers(GraphStream):
    """Telephone numbers of the tenant, and who or what has them."""

    name = "telephone_numbers"
    path = "/admin/teams/telephoneNumberManagement/numberAssignments"
    product = "Teams Phone"
    # https://learn.microsoft.com/graph/api/teamsadministration-telephonenumbermanagementroot-list-numberassignments
    query = Query(select=False, top=1000)
    permission = "TeamsTelephoneNumber.Read.All"
    clouds = ("global",)
    entity = "teamsAdministration.numberAssignment"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("id", PersonalValue, required=True),
        *strings(PersonalValue, "telephoneNumber"),
        th.Property("numberType", th.StringType, description="directRouting, callingPlan, ..."),
        th.Property("numberSource", th.StringType, description="online or onPremises."),
        *texts("activationState", "portInStatus", "operatorId"),
        th.Property(
            "assignmentStatus",
            th.StringType,
            description="unassigned, userAssigned, conferenceAssigned, ...",
        ),
        th.Property("assignmentCategory", th.StringType, description="primary, private, ..."),
        th.Property("assignmentTargetId", PersonId, description="The user or the account."),
        *texts("isoCountryCode", "city", "civicAddressId", "locationId", "networkSiteId"),
        th.Property("capabilities", Many(th.StringType)),
        th.Property("supportedCustomerActions", Many(th.StringType)),
        th.Property("reverseNumberLookupOptions", Many(th.StringType)),
    )
