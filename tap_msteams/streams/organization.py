"""Members of groups, teams of people, licences, communities and telephone numbers."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.declaration import Paged, Query
from tap_msteams.readers import GraphStream
from tap_msteams.schema import (
    FreeText,
    MailAddress,
    Many,
    PersonalValue,
    PersonId,
    Public,
    counts,
    flags,
    moments,
    record,
    strings,
    texts,
)
from tap_msteams.streams.directory import Groups, Users, type_of


class GroupPeople(GraphStream):
    """Objects of the directory that are in a group."""

    query = Paged(top=999)
    parents = (Groups,)
    permission = "GroupMember.Read.All"
    entity = "directoryObject"
    primary_keys = ("groupId", "id")
    facts = ("@odata.type",)
    computed = {"memberType": type_of}
    selected_by_default = False


MEMBER = (
    th.Property("groupId", th.StringType, required=True, description="Also the id of its team."),
    th.Property("id", PersonId, required=True, description="Mostly the id of a user."),
    th.Property(
        "memberType", th.StringType, description="user, group, device, servicePrincipal, ..."
    ),
    th.Property("deletedDateTime", th.DateTimeType),
)


class GroupMembers(GroupPeople):
    """Members of the group behind a team, owners included; `users` has their names.

    Members of a group with hidden membership need Member.Read.Hidden, too; Graph does not list
    service principals.
    """

    # https://learn.microsoft.com/graph/api/group-list-members
    name = "group_members"
    path = "/groups/{groupId}/members"
    properties = th.PropertiesList(*MEMBER)


class GroupOwners(GroupPeople):
    """Owners of the group behind a team."""

    name = "group_owners"
    path = "/groups/{groupId}/owners"
    properties = th.PropertiesList(*MEMBER)


class AssociatedTeams(GraphStream):
    """Teams of a person, and teams whose shared channels the person is in."""

    name = "associated_teams"
    path = "/users/{userId}/teamwork/associatedTeams"
    query = Query(select=False)
    parents = (Users,)
    # https://learn.microsoft.com/graph/api/associatedteaminfo-list: a user reads only their own.
    sign_in = "application"
    permission = "Team.ReadBasic.All"
    entity = "associatedTeamInfo"
    primary_keys = ("userId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("userId", PersonId, required=True),
        th.Property("id", th.StringType, required=True, description="Id of the team."),
        *strings(Public, "displayName"),
        th.Property("tenantId", th.StringType, description="Tenant of the team."),
    )


class SubscribedSkus(GraphStream):
    """Licences that the tenant has bought, and how many of them are in use."""

    name = "subscribed_skus"
    path = "/subscribedSkus"
    permission = "LicenseAssignment.Read.All"
    entity = "subscribedSku"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("skuId", th.StringType, description="As in `users.assignedLicenses`."),
        th.Property("skuPartNumber", Public, description="For example SPE_E5."),
        th.Property("capabilityStatus", th.StringType, description="Enabled, Warning, ..."),
        *counts("consumedUnits"),
        th.Property(
            "prepaidUnits", record(*counts("enabled", "lockedOut", "suspended", "warning"))
        ),
        th.Property("appliesTo", th.StringType, description="User or Company."),
        *texts("accountId"),
        *strings(Public, "accountName"),
        th.Property("subscriptionIds", Many(th.StringType)),
        th.Property(
            "servicePlans",
            Many(
                record(
                    *texts("appliesTo", "provisioningStatus", "servicePlanId"),
                    *strings(Public, "servicePlanName"),
                )
            ),
        ),
    )


class Communities(GraphStream):
    """Communities of Viva Engage; each has a Microsoft 365 group."""

    name = "communities"
    path = "/employeeExperience/communities"
    product = "Viva Engage in native mode"
    permission = "Community.Read.All"
    # https://learn.microsoft.com/graph/api/employeeexperience-list-communities
    clouds = ("global",)
    entity = "community"
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        *strings(Public, "displayName"),
        *strings(FreeText, "description"),
        th.Property("privacy", th.StringType, description="public or private."),
        th.Property("groupId", th.StringType, description="Its Microsoft 365 group."),
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
    # A page of the default size is known to be full even where Graph overlooks $top.
    query = Paged(select=False, top=500, skip=True)
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
