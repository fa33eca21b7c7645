"""Users, and the groups behind the teams."""

from __future__ import annotations

from typing import ClassVar

from singer_sdk import typing as th

from tap_msteams.declaration import Query
from tap_msteams.readers import GraphStream
from tap_msteams.schema import (
    GuestMark,
    MailAddress,
    Many,
    PersonalDetail,
    PersonalValue,
    PersonId,
    PersonName,
    Public,
    flags,
    moments,
    record,
    strings,
    texts,
)


class Users(GraphStream):
    """Users of the tenant, guests included."""

    name = "users"
    path = "/users"
    # https://learn.microsoft.com/graph/api/user-list: smaller pages with signInActivity.
    query = Query(top=999, top_with={"signInActivity": 500})
    permission = "User.Read.All"
    entity = "user"
    fills = "userId"
    chosen_by = {"users": ("id", "displayName", "mail", "userPrincipalName")}
    on_request = ("signInActivity",)
    # https://learn.microsoft.com/graph/api/resources/signinactivity
    property_permissions: ClassVar = {"signInActivity": "AuditLog.Read.All"}
    properties = th.PropertiesList(
        th.Property("id", PersonId, required=True),
        *strings(PersonName, "displayName", "givenName", "surname", "mailNickname"),
        *strings(MailAddress, "userPrincipalName", "mail"),
        th.Property("userType", GuestMark, description="Member or Guest."),
        *flags("accountEnabled", "isResourceAccount", "onPremisesSyncEnabled", "showInAddressList"),
        *texts("jobTitle", "department", "companyName", "employeeType"),
        *texts("officeLocation", "city", "state", "country"),
        *texts("ageGroup", "creationType", "externalUserState"),
        *strings(PersonalValue, "employeeId", "mobilePhone", "faxNumber"),
        *strings(PersonalDetail, "streetAddress", "postalCode"),
        *texts("preferredDataLocation", "preferredLanguage", "usageLocation"),
        *strings(PersonalValue, "onPremisesImmutableId", "onPremisesSamAccountName"),
        *strings(MailAddress, "onPremisesUserPrincipalName"),
        th.Property("businessPhones", Many(PersonalValue)),
        th.Property("otherMails", Many(MailAddress)),
        th.Property("proxyAddresses", Many(MailAddress)),
        th.Property(
            "assignedLicenses",
            Many(record(th.Property("disabledPlans", Many(th.StringType)), *texts("skuId"))),
        ),
        th.Property(
            "assignedPlans",
            Many(
                record(
                    *moments("assignedDateTime"),
                    *texts("capabilityStatus", "service", "servicePlanId"),
                )
            ),
        ),
        th.Property(
            "identities",
            Many(record(*texts("issuer", "signInType"), *strings(MailAddress, "issuerAssignedId"))),
        ),
        th.Property(
            "signInActivity",
            record(
                *moments(
                    "lastNonInteractiveSignInDateTime",
                    "lastSignInDateTime",
                    "lastSuccessfulSignInDateTime",
                ),
                *texts(
                    "lastNonInteractiveSignInRequestId",
                    "lastSignInRequestId",
                    "lastSuccessfulSignInRequestId",
                ),
            ),
            description="Needs AuditLog.Read.All and a premium licence: only when selected.",
        ),
        *moments("createdDateTime", "deletedDateTime", "externalUserStateChangeDateTime"),
        *moments("employeeHireDate", "employeeLeaveDateTime", "lastPasswordChangeDateTime"),
        *moments("onPremisesLastSyncDateTime"),
    )


class Groups(GraphStream):
    """Microsoft 365 groups that have a team, with their properties in the directory."""

    name = "groups"
    path = "/groups"
    query = Query(top=999, filter="resourceProvisioningOptions/Any(x:x eq 'Team')")
    permission = "GroupMember.Read.All"
    entity = "group"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True, description="The id of its team, too."),
        *strings(Public, "displayName", "description", "mail", "mailNickname"),
        *texts("visibility"),
        th.Property("groupTypes", Many(th.StringType), description="Unified, DynamicMembership."),
        *flags("isArchived", "isAssignableToRole", "isManagementRestricted"),
        *flags("mailEnabled", "securityEnabled", "onPremisesSyncEnabled"),
        *texts("classification", "membershipRuleProcessingState"),
        *strings(PersonalDetail, "membershipRule"),
        *texts("preferredDataLocation", "preferredLanguage", "securityIdentifier", "theme"),
        *texts("uniqueName"),
        th.Property("proxyAddresses", Many(Public)),
        th.Property("resourceBehaviorOptions", Many(th.StringType)),
        th.Property(
            "resourceProvisioningOptions",
            Many(th.StringType),
            description="What was set up for it: Team, also where the team is gone since.",
        ),
        th.Property(
            "assignedLabels",
            Many(record(*texts("labelId"), *strings(Public, "displayName"))),
        ),
        *moments("createdDateTime", "deletedDateTime", "expirationDateTime", "renewedDateTime"),
        *moments("onPremisesLastSyncDateTime"),
    )
