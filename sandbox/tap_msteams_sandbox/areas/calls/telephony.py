"""Telephony: calls into the public network, over Microsoft's lines and over the company's own."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.instants import DAY, SECOND, iso

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person

HISTORY = 150
"""Days back to which the telephones of the sandbox have been used."""

CALLS = 4
"""Calls a user of a telephone has made on average; not everybody has one."""

MOST = 2000
"""The most rows of a log at the start."""

NEVER = "0001-01-01T00:00:00Z"
"""What a log says of an instant that there is not."""


class Row(NamedTuple):
    """A row of a log with the start of its call."""

    start: int
    content: dict[str, Any]


class Telephony:
    """Two logs of telephone calls, each in the order of the starts."""

    def __init__(self, tenant: Company) -> None:
        self._tenant = tenant

    @cached_property
    def pstn(self) -> list[Row]:
        """Calls over Microsoft's lines."""
        return self._log("pstn", _pstn)

    @cached_property
    def direct_routing(self) -> list[Row]:
        """Calls over the company's own trunks."""
        return self._log("direct routing", _direct_routing)

    def call(self, person: str = "") -> str:
        """Add a telephone call to both logs; return the id of both rows."""
        tenant = self._tenant
        with tenant.lock:
            who = tenant.users[person] if person else tenant.people[0]
            start = tenant.tick()
            random = tenant.random("telephone", str(start))
            for log, make in ((self.pstn, _pstn), (self.direct_routing, _direct_routing)):
                log.append(Row(start, make(random, who, start)))
            return str(self.pstn[-1].content["id"])

    def _log(self, name: str, make: Callable[[Random, Person, int], dict[str, Any]]) -> list[Row]:
        tenant = self._tenant
        random = tenant.random(name)
        people = [person for person in tenant.people if not person.guest] or tenant.people
        count = min(MOST, CALLS * len(people))
        end = max(tenant.until, tenant.now() // DAY * DAY)
        starts = sorted(end - random.randrange(HISTORY * DAY) for _ in range(count))
        return [Row(start, make(random, random.choice(people), start)) for start in starts]


def _number(random: Random, person: Person) -> str:
    return f"{person.country.phone}{random.randint(1000, 9999)}".replace(" ", "")


def _pstn(random: Random, person: Person, start: int) -> dict[str, Any]:
    """Return a row of the PSTN log."""
    seconds = random.choice((0, random.randint(5, 3600)))
    conference = random.random() < 0.2  # noqa: PLR2004 (some)
    inbound = random.random() < 0.4  # noqa: PLR2004 (some)
    kind = "conf_in" if conference else "user_in" if inbound else "user_out"
    number, other = _number(random, person), f"+1888555{random.randint(1000, 9999)}"
    return {
        "id": guid(random),
        "callId": guid(random),
        "userId": person.id,
        "userPrincipalName": person.principal_name,
        "userDisplayName": person.display_name,
        "startDateTime": iso(start),
        "endDateTime": iso(start + seconds * SECOND),
        "duration": seconds,
        "charge": round(seconds * 0.0027, 3),
        "callType": kind,
        "currency": "EUR",
        "calleeNumber": number if inbound else other,
        "callerNumber": other if inbound else number,
        "usageCountryCode": person.country.code,
        "tenantCountryCode": "IE",
        "connectionCharge": 0.0,
        "destinationContext": None if inbound else "Domestic",
        "destinationName": None if inbound else person.country.name,
        "conferenceId": str(random.randint(10**8, 10**9)) if conference else None,
        "licenseCapability": random.choice(("MCOPSTN1", "MCOPSTNU", "MCOMEETADV")),
        "inventoryType": "Subscriber",
        "operator": "Microsoft",
        "callDurationSource": random.choice(("microsoft", "operator")),
    }


def _direct_routing(random: Random, person: Person, start: int) -> dict[str, Any]:
    """Return a row of the direct routing log."""
    good = random.random() < 0.8  # noqa: PLR2004 (most calls succeed)
    seconds = random.randint(5, 3600) if good else 0
    return {
        "id": guid(random),
        "correlationId": guid(random),
        "userId": person.id,
        "userPrincipalName": person.principal_name,
        "userDisplayName": person.display_name,
        "startDateTime": iso(start),
        "inviteDateTime": iso(start - 3156),
        "failureDateTime": NEVER if good else iso(start),
        "endDateTime": iso(start + seconds * SECOND),
        "duration": seconds,
        "callType": random.choice(("ByotIn", "ByotOut", "ByotOutUserForwarding")),
        "successfulCall": good,
        "callerNumber": f"+12345678{random.randint(0, 9)}**",
        "calleeNumber": _number(random, person)[:-3] + "***",
        "mediaPathLocation": random.choice(("EUNO", "USWE", "APSE")),
        "signalingLocation": "EUNO",
        "finalSipCode": 0 if good else 486,
        "callEndSubReason": 540_000 if good else 560_486,
        "finalSipCodePhrase": "BYE" if good else "Busy Here",
        "trunkFullyQualifiedDomainName": "sbc1.halyard.example",
        "mediaBypassEnabled": random.choice((True, False)),
    }
