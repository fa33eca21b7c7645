"""People."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.base import GraphStream
from tap_msteams.schema import Many, flags, moments, record, texts

if TYPE_CHECKING:
    from collections.abc import Sequence


class Users(GraphStream):
    """Users of the tenant, guests too."""

    name = "users"
    path = "/users"
    permission = "User.Read.All"
    entity = "user"
    fills = "userId"
    top = 999
    on_request = ("signInActivity",)
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        *texts("displayName", "givenName", "surname", "userPrincipalName", "mail", "mailNickname"),
        th.Property("userType", th.StringType, description="Member or Guest."),
        *flags("accountEnabled", "isResourceAccount", "onPremisesSyncEnabled", "showInAddressList"),
        *texts("jobTitle", "department", "companyName", "employeeId", "employeeType"),
        *texts("officeLocation", "streetAddress", "city", "state", "postalCode", "country"),
        *texts("mobilePhone", "faxNumber", "ageGroup", "creationType", "externalUserState"),
        *texts("preferredDataLocation", "preferredLanguage", "usageLocation"),
        *texts("onPremisesImmutableId", "onPremisesSamAccountName", "onPremisesUserPrincipalName"),
        th.Property("businessPhones", Many(th.StringType)),
        th.Property("otherMails", Many(th.StringType)),
        th.Property("proxyAddresses", Many(th.StringType)),
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
        th.Property("identities", Many(record(*texts("issuer", "issuerAssignedId", "signInType")))),
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

    @override
    def query(self, select: Sequence[str], top: int | None) -> str:
        # https://learn.microsoft.com/graph/api/user-list: smaller pages with signInActivity.
        return super().query(select, 500 if "signInActivity" in select else top)
