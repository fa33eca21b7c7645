"""Profiles: the user and the presence of a person."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company.people import COMPANY, INITIAL_DOMAIN
from tap_msteams_sandbox.instants import DAY, HOUR, MINUTE, SECOND, iso

if TYPE_CHECKING:
    from tap_msteams_sandbox.company.people import Person

USER_DEFAULT = (
    "businessPhones", "displayName", "givenName", "id", "jobTitle", "mail", "mobilePhone",
    "officeLocation", "preferredLanguage", "surname", "userPrincipalName",
)  # fmt: skip
"""What GET /users shows without $select.

https://learn.microsoft.com/en-us/graph/api/user-list#optional-query-parameters
"""

USER_PROPERTIES = (
    "id", "deletedDateTime", "aboutMe", "accountEnabled", "ageGroup", "assignedLicenses",
    "assignedPlans", "authorizationInfo", "birthday", "businessPhones", "city", "companyName",
    "consentProvidedForMinor", "country", "createdDateTime", "creationType",
    "customSecurityAttributes", "department", "deviceEnrollmentLimit", "displayName",
    "employeeHireDate", "employeeId", "employeeLeaveDateTime", "employeeOrgData", "employeeType",
    "externalUserState", "externalUserStateChangeDateTime", "faxNumber", "givenName", "hireDate",
    "identities", "identityParentId", "imAddresses", "interests", "isManagementRestricted",
    "isResourceAccount", "jobTitle", "lastPasswordChangeDateTime", "legalAgeGroupClassification",
    "licenseAssignmentStates", "mail", "mailNickname", "mailboxSettings", "mobilePhone", "mySite",
    "officeLocation", "onPremisesDistinguishedName", "onPremisesDomainName",
    "onPremisesExtensionAttributes", "onPremisesImmutableId", "onPremisesLastSyncDateTime",
    "onPremisesProvisioningErrors", "onPremisesSamAccountName", "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled", "onPremisesUserPrincipalName", "otherMails", "passwordPolicies",
    "passwordProfile", "pastProjects", "postalCode", "preferredDataLocation", "preferredLanguage",
    "preferredName", "print", "provisionedPlans", "proxyAddresses", "responsibilities", "schools",
    "securityIdentifier", "serviceProvisioningErrors", "showInAddressList", "signInActivity",
    "signInSessionsValidFromDateTime", "skills", "state", "streetAddress", "surname",
    "usageLocation", "userPrincipalName", "userType",
)  # fmt: skip
"""The properties of a user that the sandbox knows.

https://learn.microsoft.com/en-us/graph/api/resources/user#properties
"""

USER_ALONE = (
    "aboutMe", "birthday", "deviceEnrollmentLimit", "hireDate", "interests", "mailboxSettings",
    "mySite", "pastProjects", "preferredName", "print", "responsibilities", "schools", "skills",
)  # fmt: skip
"""The properties that are given of one user at a time only.

https://learn.microsoft.com/en-us/graph/api/resources/user#properties
"""

USER_PERMISSIONS = {
    "customSecurityAttributes": "CustomSecAttributeAssignment.Read.All",
    "deviceEnrollmentLimit": "DeviceManagementServiceConfig.Read.All",
    "employeeLeaveDateTime": "User-LifeCycleInfo.Read.All",
    "mailboxSettings": "MailboxSettings.Read",
    "signInActivity": "AuditLog.Read.All",
}
"""What single properties need besides.

https://learn.microsoft.com/en-us/graph/permissions-reference
"""

ACTIVITIES = {
    "Available": ("Available",),
    "Busy": ("InAMeeting", "InACall", "InAConferenceCall", "Busy"),
    "Away": ("Away", "Inactive"),
    "DoNotDisturb": ("Presenting", "UrgentInterruptionsOnly"),
    "Offline": ("Offline", "OffWork", "OutOfOffice"),
    "BeRightBack": ("BeRightBack",),
    "AvailableIdle": ("Available",),
}
"""Availability and the activities that go with it.

https://learn.microsoft.com/en-us/graph/api/resources/presence#properties
"""

STATUSES = (
    "Deep work until 15:00, call me if the line stops",
    "Im Werk, telefonisch erreichbar",
    "出張中です。返信が遅れます。",
    "On customer site 🛠️",
    "Interviewing all day, back tomorrow",
)


def user(person: Person, until: int) -> dict[str, Any]:
    """Return a user with all properties; the tenant's history ends at `until`."""
    known = _account(person, until) | _outside(person, until) | _home(person, until)
    return dict.fromkeys(USER_PROPERTIES) | known | person.given


def _account(person: Person, until: int) -> dict[str, Any]:
    """Return the properties of every account."""
    created = (until - (400 + person.salt % 1500) * DAY) // SECOND * SECOND
    signed_in = (until - person.salt % (9 * DAY)) // SECOND * SECOND
    return {
        "id": person.id,
        "accountEnabled": (person.n + 1) % 19 != 0,
        "assignedLicenses": [],
        "assignedPlans": [],
        "businessPhones": [],
        "createdDateTime": iso(created),
        "displayName": person.display_name,
        "givenName": person.given_name,
        "identities": [
            {
                "issuer": INITIAL_DOMAIN,
                "issuerAssignedId": None if person.guest else person.principal_name,
                "signInType": "federated" if person.guest else "userPrincipalName",
            }
        ],
        "lastPasswordChangeDateTime": iso(created + person.salt % (300 * DAY) // SECOND * SECOND),
        "imAddresses": [person.mail],
        "licenseAssignmentStates": [],
        "mail": person.mail,
        "mailNickname": person.principal_name.partition("@")[0].replace("#EXT#", ""),
        "onPremisesExtensionAttributes": {f"extensionAttribute{n}": None for n in range(1, 16)},
        "onPremisesProvisioningErrors": [
            {
                "category": "PropertyConflict",
                "occurredDateTime": iso(created),
                "propertyCausingError": "ProxyAddresses",
                "value": person.mail,
            }
        ]
        if not (person.n + 7) % 11
        else [],
        "otherMails": [person.mail] if person.guest else [],
        "provisionedPlans": [],
        "securityIdentifier": f"S-1-12-1-{person.salt}-{person.n}",
        "serviceProvisioningErrors": [
            {
                "@odata.type": "#microsoft.graph.serviceProvisioningXmlError",
                "createdDateTime": iso(created),
                "isResolved": False,
                "serviceInstance": "exchange/nampr01",
                "errorDetail": "<Error/>",
            }
        ]
        if not (person.n + 4) % 7
        else [],
        "signInSessionsValidFromDateTime": iso(created),
        "proxyAddresses": [f"SMTP:{person.mail}"],
        "signInActivity": {
            "lastSignInDateTime": iso(signed_in),
            "lastSignInRequestId": _request_id(person, 1),
            "lastNonInteractiveSignInDateTime": iso(signed_in + HOUR),
            "lastNonInteractiveSignInRequestId": _request_id(person, 2),
            "lastSuccessfulSignInDateTime": iso(signed_in),
            "lastSuccessfulSignInRequestId": _request_id(person, 1),
        },
        "surname": person.surname,
        "usageLocation": person.country.code,
        "userPrincipalName": person.principal_name,
        "userType": "Guest" if person.guest else "Member",
    }


def _outside(person: Person, until: int) -> dict[str, Any]:
    """Return what is kept outside of the directory, or needs more than reading it."""
    n, zone = person.n, "W. Europe Standard Time"
    begin, end = (f"2026-12-{day + n % 8:02}T08:00:00.0000000" for day in (1, 15))
    return {
        "aboutMe": f"<p>At {COMPANY} since long ago.</p>" if n % 2 else None,
        "authorizationInfo": {"certificateUserIds": []},
        "birthday": f"19{60 + n % 40}-0{n % 9 + 1}-12T00:00:00Z",
        "customSecurityAttributes": {
            "@odata.type": "#microsoft.graph.customSecurityAttributeValue"
        },
        "deviceEnrollmentLimit": 5,
        "hireDate": iso((until - (420 + person.salt % 1500) * DAY) // DAY * DAY),
        "interests": ["Rowing", "Chess"][: n % 3],
        "mailboxSettings": {
            "archiveFolder": None,
            "automaticRepliesSetting": {
                "status": "scheduled",
                "externalAudience": "all",
                "externalReplyMessage": "<p>Back soon.</p>",
                "internalReplyMessage": "<p>Bin bald zurück.</p>",
                "scheduledStartDateTime": {"dateTime": begin, "timeZone": zone},
                "scheduledEndDateTime": {"dateTime": end, "timeZone": zone},
            },
            "dateFormat": "dd.MM.yyyy",
            "delegateMeetingMessageDeliveryOptions": "sendToDelegateOnly",
            "language": {"locale": "de-DE", "displayName": "German (Germany)"},
            "timeFormat": "HH:mm",
            "timeZone": zone,
            "userPurpose": "user",
            "workingHours": {
                "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
                "startTime": "08:00:00.0000000",
                "endTime": "17:00:00.0000000",
                "timeZone": {"name": zone},
            },
        },
        "mySite": f"https://halyard-my.sharepoint.com/Person.aspx?accountname={person.id}",
        "pastProjects": ["Line 4"] if n % 5 == 0 else [],
        "passwordProfile": {
            "password": None,
            "forceChangePasswordNextSignIn": False,
            "forceChangePasswordNextSignInWithMfa": False,
        },
        "preferredName": person.given_name,
        "print": {},
        "responsibilities": ["Releases"] if n % 3 == 0 else [],
        "schools": ["TU Wien"] if n % 6 == 0 else [],
        "skills": ["Welding"] if n % 4 == 0 else [],
    }


def _home(person: Person, until: int) -> dict[str, Any]:
    """Return the properties of an employee's account only, or of a guest's."""
    hired = (until - (420 + person.salt % 1500) * DAY) // DAY * DAY
    if person.guest:
        return {
            "creationType": "Invitation",
            "externalUserState": "Accepted" if person.n % 5 else "PendingAcceptance",
            "externalUserStateChangeDateTime": iso(hired + 21 * DAY),
        }
    country, n = person.country, person.n
    properties: dict[str, Any] = {
        "ageGroup": "Adult" if n % 6 == 1 else None,
        "assignedLicenses": [
            {
                "disabledPlans": ["a23b959c-7ce8-4e57-9140-b90eb88a9e97"] if n % 3 else [],
                "skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900",
            }
        ],
        "assignedPlans": [
            {
                "assignedDateTime": iso(hired + 9 * HOUR),
                "capabilityStatus": "Enabled",
                "service": "TeamspaceAPI",
                "servicePlanId": "57ff2da0-773e-42df-b2af-ffb7a2317929",
            }
        ],
        "businessPhones": [f"{country.phone}{person.salt % 9000 + 1000}"],
        "city": country.city,
        "companyName": COMPANY,
        "country": country.name,
        "department": person.department,
        "employeeHireDate": iso(hired),
        "employeeId": f"{10_000 + n}",
        "employeeLeaveDateTime": iso(until // DAY * DAY + 60 * DAY) if not (n + 8) % 13 else None,
        "employeeOrgData": {"costCenter": f"{4000 + n % 7}", "division": person.department},
        "consentProvidedForMinor": "NotRequired" if n % 6 == 1 else None,
        "isManagementRestricted": n % 5 == 0,
        "legalAgeGroupClassification": "Adult" if n % 6 == 1 else None,
        "passwordPolicies": "DisablePasswordExpiration" if n % 3 else None,
        "employeeType": "Employee" if (n + 1) % 7 else "Contractor",
        "faxNumber": None if (n + 8) % 10 else f"{country.phone}9999",
        "licenseAssignmentStates": [
            {
                "assignedByGroup": None,
                "disabledPlans": [],
                "error": "None",
                "lastUpdatedDateTime": iso(hired + 9 * HOUR),
                "skuId": "6fd2c87f-b296-42f0-b197-1e91e994b900",
                "state": "Active",
            }
        ],
        "provisionedPlans": [
            {
                "capabilityStatus": "Enabled",
                "provisioningStatus": "Success",
                "service": "TeamspaceAPI",
            }
        ],
        "isResourceAccount": False if n % 3 == 1 else None,
        "jobTitle": person.job_title,
        "mobilePhone": f"{country.phone}0{person.salt % 900 + 100}" if n % 3 == 0 else None,
        "officeLocation": f"{country.city} {n % 4 + 1}/{n % 30 + 100}",
        "postalCode": country.postal_code,
        "preferredDataLocation": "EUR" if n % 5 == 1 else None,
        "preferredLanguage": country.language,
        "showInAddressList": True,
        "state": f"{country.city} region",
        "streetAddress": country.street,
    }
    if not person.licensed:
        properties |= {"assignedLicenses": [], "assignedPlans": []}
    if (n + 1) % 4:
        properties |= {
            "onPremisesDistinguishedName": f"CN={person.display_name},OU=People,DC=halyard",
            "onPremisesDomainName": "halyard.example",
            "onPremisesSecurityIdentifier": f"S-1-5-21-{person.salt}-{n + 1000}",
            "onPremisesImmutableId": f"{person.salt:022x}==",
            "onPremisesLastSyncDateTime": iso(until // HOUR * HOUR),
            "onPremisesSamAccountName": person.mail.partition("@")[0][:20],
            "onPremisesSyncEnabled": True,
            "onPremisesUserPrincipalName": person.principal_name,
        }
    return properties


def presence(person: Person, now: int) -> dict[str, Any]:
    """Return the presence of a person at the instant `now`."""
    mood = (person.salt + 7919 * person.presence) % 100_003
    availability = tuple(ACTIVITIES)[mood % len(ACTIVITIES)]
    activities = ACTIVITIES[availability]
    out_of_office = not (mood + 5) % 7
    status = None
    if mood % 3 == 0:
        since = now // DAY * DAY - person.salt % (3 * DAY)
        status = {
            "message": {"content": STATUSES[mood % len(STATUSES)], "contentType": "text"},
            "publishedDateTime": iso(since),
            "expiryDateTime": {
                "dateTime": iso(since // MINUTE * MINUTE + 7 * DAY)[:-1] + ".0000000",
                "timeZone": "UTC",
            },
        }
    return {
        "@odata.type": "#microsoft.graph.presence",
        "id": person.id,
        "availability": availability,
        "activity": activities[mood % len(activities)],
        "statusMessage": status,
        "outOfOfficeSettings": {
            "message": "<p>Away until Monday; the service desk helps.</p>"
            if out_of_office
            else None,
            "isOutOfOffice": out_of_office,
        },
        "workLocation": {
            "placeId": _request_id(person, 3) if mood % 4 == 0 else None,
            "source": ("manual", "scheduled", "automatic", "none")[mood % 4],
            "workLocationType": ("office", "remote", "timeOff", "unspecified")[mood % 4],
        },
        "sequenceNumber": f"{person.salt % 9_000_000 + 1_000_000 + person.presence}",
    }


def _request_id(person: Person, which: int) -> str:
    """Return a GUID that belongs to one person and one use."""
    return str(uuid.UUID(int=(person.salt << 40) + which, version=4))
