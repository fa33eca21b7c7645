"""Users, and the groups behind the teams."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from singer_sdk import typing as th

from tap_msteams.declaration import Details, Paged
from tap_msteams.readers import GraphStream
from tap_msteams.schema import (
    DateTimeTimeZone,
    FreeText,
    GuestMark,
    MailAddress,
    Many,
    PersonalDetail,
    PersonalUrl,
    PersonalValue,
    PersonId,
    PersonName,
    Public,
    counts,
    flags,
    moments,
    record,
    strings,
    texts,
)

if TYPE_CHECKING:
    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids

License = record(th.Property("disabledPlans", Many(th.StringType)), *texts("skuId"))

ExtensionAttributes = record(
    *strings(PersonalDetail, *(f"extensionAttribute{n}" for n in range(1, 16)))
)

OnPremisesProvisioningError = record(
    *texts("category", "propertyCausingError"),
    *moments("occurredDateTime"),
    *strings(PersonalValue, "value"),
)

ServiceProvisioningError = record(
    *moments("createdDateTime"), *flags("isResolved"), *texts("serviceInstance")
)

MailboxSettings = record(
    *texts("archiveFolder", "dateFormat", "delegateMeetingMessageDeliveryOptions"),
    *texts("timeFormat", "timeZone", "userPurpose"),
    th.Property(
        "automaticRepliesSetting",
        record(
            *texts("externalAudience", "status"),
            *strings(FreeText, "externalReplyMessage", "internalReplyMessage"),
            th.Property("scheduledStartDateTime", DateTimeTimeZone),
            th.Property("scheduledEndDateTime", DateTimeTimeZone),
        ),
    ),
    th.Property("language", record(*texts("locale"), *strings(Public, "displayName"))),
    th.Property(
        "workingHours",
        record(
            th.Property("daysOfWeek", Many(th.StringType)),
            *texts("startTime", "endTime"),
            th.Property("timeZone", record(*strings(Public, "name"))),
        ),
    ),
)

ALONE = (
    "aboutMe",
    "birthday",
    "deviceEnrollmentLimit",
    "hireDate",
    "interests",
    "mailboxSettings",
    "mySite",
    "pastProjects",
    "preferredName",
    "print",
    "responsibilities",
    "schools",
    "skills",
)
"""What Graph gives of a single user only, since it is kept outside of the directory.

https://learn.microsoft.com/graph/api/resources/user#properties
"""

GROUP_ALONE = (
    "accessType",
    "allowExternalSenders",
    "autoSubscribeNewMembers",
    "hideFromAddressLists",
    "hideFromOutlookClients",
    "isFavorite",
    "isSubscribedByMail",
    "unseenConversationsCount",
    "unseenCount",
    "unseenMessagesCount",
)
"""The same of a group: it is kept in its mailbox.

https://learn.microsoft.com/graph/api/resources/group#properties
"""


def type_of(_: Ids, row: Row) -> str | None:
    """Graph's type of an object."""
    kind: str = row.get("@odata.type") or ""
    return kind.removeprefix("#microsoft.graph.") or None


def unless_guest(ids: Ids, row: Row) -> tuple[Ids, ...]:
    """The ids of a user of this tenant; none of a guest, whose records are at home."""
    return () if row.get("userType") == "Guest" else (ids,)


class Users(GraphStream):
    """Users of the tenant, guests included.

    Some columns are kept outside of the directory: each user then takes a request of its
    own. They are read only when selected by name.
    """

    name = "users"
    path = "/users"
    # https://learn.microsoft.com/graph/api/user-list: smaller pages with signInActivity.
    query = Paged(top=999, top_with={"signInActivity": 500}, expand=("manager($select=id)",))
    permission = "User.Read.All"
    entity = "user"
    fills = "userId"
    chosen_by = {"users": ("id", "displayName", "mail", "userPrincipalName")}
    details = Details(path="/users/{userId}", only=ALONE)
    # https://learn.microsoft.com/graph/permissions-reference
    property_permissions: ClassVar = {
        "customSecurityAttributes": "CustomSecAttributeAssignment.Read.All",
        "deviceEnrollmentLimit": "DeviceManagementServiceConfig.Read.All",
        "employeeLeaveDateTime": "User-LifeCycleInfo.Read.All",
        "mailboxSettings": "MailboxSettings.Read",
        "signInActivity": "AuditLog.Read.All",
    }
    on_request = tuple(sorted({*ALONE, *property_permissions, "manager", "passwordProfile"}))
    properties = th.PropertiesList(
        th.Property("id", PersonId, required=True),
        *strings(PersonName, "displayName", "givenName", "surname", "mailNickname"),
        *strings(MailAddress, "userPrincipalName", "mail"),
        th.Property("userType", GuestMark, description="Member or Guest."),
        *flags("accountEnabled", "isResourceAccount", "onPremisesSyncEnabled", "showInAddressList"),
        *texts("jobTitle", "department", "companyName", "employeeType"),
        th.Property("employeeOrgData", record(*texts("costCenter", "division"))),
        *texts("officeLocation", "city", "state", "country"),
        *texts("ageGroup", "consentProvidedForMinor", "legalAgeGroupClassification"),
        *texts("creationType", "externalUserState", "passwordPolicies"),
        *strings(PersonalValue, "employeeId", "mobilePhone", "faxNumber"),
        *strings(PersonalDetail, "streetAddress", "postalCode"),
        *texts("preferredDataLocation", "preferredLanguage", "usageLocation"),
        *strings(PersonalValue, "onPremisesImmutableId", "onPremisesSamAccountName"),
        *strings(PersonalValue, "onPremisesDistinguishedName", "onPremisesSecurityIdentifier"),
        *strings(PersonalValue, "securityIdentifier"),
        *strings(PersonId, "identityParentId"),
        *texts("onPremisesDomainName"),
        *flags("isManagementRestricted"),
        *strings(MailAddress, "onPremisesUserPrincipalName"),
        th.Property("businessPhones", Many(PersonalValue)),
        th.Property("otherMails", Many(MailAddress)),
        th.Property("imAddresses", Many(MailAddress)),
        th.Property("proxyAddresses", Many(MailAddress)),
        th.Property(
            "assignedLicenses",
            Many(License),
        ),
        th.Property(
            "licenseAssignmentStates",
            Many(
                record(
                    *texts("assignedByGroup", "error", "skuId", "state"),
                    th.Property("disabledPlans", Many(th.StringType)),
                    *moments("lastUpdatedDateTime"),
                )
            ),
            description="With the group through which a licence was assigned, if any.",
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
            "provisionedPlans",
            Many(record(*texts("capabilityStatus", "provisioningStatus", "service"))),
        ),
        th.Property("onPremisesExtensionAttributes", ExtensionAttributes),
        th.Property("onPremisesProvisioningErrors", Many(OnPremisesProvisioningError)),
        th.Property("serviceProvisioningErrors", Many(ServiceProvisioningError)),
        th.Property(
            "authorizationInfo", record(th.Property("certificateUserIds", Many(PersonalValue)))
        ),
        th.Property(
            "customSecurityAttributes",
            record(),
            description="Needs CustomSecAttributeAssignment.Read.All: only when selected.",
        ),
        th.Property(
            "passwordProfile",
            record(
                *flags("forceChangePasswordNextSignIn", "forceChangePasswordNextSignInWithMfa"),
                th.Property("password", PersonalDetail, description="Always null."),
            ),
        ),
        th.Property(
            "mailboxSettings",
            MailboxSettings,
            description="Needs MailboxSettings.Read, a request each: only when selected.",
        ),
        th.Property(
            "manager",
            record(*texts("@odata.type"), *strings(PersonId, "id")),
            description="The manager's id: only when selected, since it costs resource units.",
        ),
        *strings(FreeText, "aboutMe"),
        *strings(PersonName, "preferredName"),
        *strings(PersonalUrl, "mySite"),
        *(
            th.Property(name, Many(FreeText))
            for name in ("interests", "pastProjects", "responsibilities", "schools", "skills")
        ),
        *counts("deviceEnrollmentLimit"),
        th.Property("print", record()),
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
        *moments("employeeHireDate", "hireDate", "birthday", "lastPasswordChangeDateTime"),
        th.Property(
            "employeeLeaveDateTime",
            th.DateTimeType,
            description="Null without User-LifeCycleInfo.Read.All: only when selected.",
        ),
        *moments("onPremisesLastSyncDateTime", "signInSessionsValidFromDateTime"),
    )


class Groups(GraphStream):
    """Microsoft 365 groups that have a team, with their properties in the directory."""

    name = "groups"
    path = "/groups"
    query = Paged(top=999, filter="resourceProvisioningOptions/Any(x:x eq 'Team')")
    fills = "groupId"
    details = Details(path="/groups/{groupId}", only=GROUP_ALONE)
    on_request = GROUP_ALONE
    permission = "GroupMember.Read.All"
    entity = "group"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True, description="Also the id of its team."),
        *strings(Public, "displayName", "description", "mail", "mailNickname"),
        *texts("visibility"),
        th.Property("groupTypes", Many(th.StringType), description="Unified, DynamicMembership."),
        *flags("isArchived", "isAssignableToRole", "isManagementRestricted"),
        *flags("mailEnabled", "securityEnabled", "onPremisesSyncEnabled"),
        *texts("classification", "membershipRuleProcessingState"),
        *strings(PersonalDetail, "membershipRule"),
        *texts("preferredDataLocation", "preferredLanguage", "securityIdentifier", "theme"),
        *texts("uniqueName", "organizationId", "accessType"),
        *texts("onPremisesDomainName", "onPremisesNetBiosName", "onPremisesSecurityIdentifier"),
        *strings(Public, "onPremisesSamAccountName"),
        *flags("allowExternalSenders", "autoSubscribeNewMembers", "hasMembersWithLicenseErrors"),
        *flags("hideFromAddressLists", "hideFromOutlookClients", "isFavorite"),
        *flags("isSubscribedByMail", "welcomeMessageEnabled"),
        *counts("unseenConversationsCount", "unseenCount", "unseenMessagesCount"),
        th.Property("infoCatalogs", Many(th.StringType)),
        th.Property("assignedLicenses", Many(License)),
        th.Property("licenseProcessingState", record(*texts("state"))),
        th.Property("onPremisesExtensionAttributes", ExtensionAttributes),
        th.Property("onPremisesProvisioningErrors", Many(OnPremisesProvisioningError)),
        th.Property("serviceProvisioningErrors", Many(ServiceProvisioningError)),
        th.Property("proxyAddresses", Many(Public)),
        th.Property("resourceBehaviorOptions", Many(th.StringType)),
        th.Property(
            "resourceProvisioningOptions",
            Many(th.StringType),
            description="Team if a team was set up for it, even if the team has been deleted.",
        ),
        th.Property(
            "assignedLabels",
            Many(record(*texts("labelId"), *strings(Public, "displayName"))),
        ),
        *moments("createdDateTime", "deletedDateTime", "expirationDateTime", "renewedDateTime"),
        *moments("onPremisesLastSyncDateTime"),
    )
