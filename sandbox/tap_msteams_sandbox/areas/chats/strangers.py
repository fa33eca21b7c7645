"""Strangers: members of chats without an account in the tenant's directory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company.people import Person, guid
from tap_msteams_sandbox.company.team import PARTNER_TENANT

if TYPE_CHECKING:
    from random import Random

FEDERATED = "aadUser"


@dataclass(frozen=True)
class Stranger:
    """Someone without an account in this tenant."""

    kind: str
    """The first part of the name of Graph's type of member."""
    id: str
    name: str | None
    identity_type: str

    def member(self, key: str) -> dict[str, Any]:
        """Return the properties of the membership that only this kind has.

        https://learn.microsoft.com/en-us/graph/api/resources/conversationmember#properties
        """
        own: dict[str, Any] = {key: self.id}
        if self.kind == FEDERATED:
            mail = f"{self.name.replace(' ', '.').lower()}@nordlys.example" if self.name else None
            own |= {"email": mail, "tenantId": PARTNER_TENANT}
        if self.kind == "skypeForBusinessUser":
            own["tenantId"] = PARTNER_TENANT
        return own

    @property
    def identity_set(self) -> dict[str, Any]:
        """The stranger as the author of a message."""
        user = {
            "@odata.type": "#microsoft.graph.teamworkUserIdentity",
            "id": self.id,
            "displayName": self.name,
            "userIdentityType": self.identity_type,
        }
        return {"application": None, "device": None, "user": user}


KEYS = {
    FEDERATED: "userId",
    "anonymousGuest": "anonymousGuestId",
    "phoneUser": "phoneNumber",
    "skypeForBusinessUser": "userId",
    "skypeUser": "skypeId",
    "microsoftAccountUser": "userId",
    "azureCommunicationServicesUser": "azureCommunicationServicesId",
}
"""Graph's types of members, and the property in which each has its own id.

https://learn.microsoft.com/en-us/graph/api/resources/conversationmember
"""


def federated(random: Random) -> Stranger:
    """Return someone who works at the partner company."""
    name = random.choice(("Sigrid Dahl", "Magnus Lie", "Tuva Ødegård", None))
    return Stranger(FEDERATED, guid(random), name, "federatedUser")


def visitors(random: Random) -> tuple[Stranger, ...]:
    """Return one visitor of each other kind."""
    number = f"+4722{random.randrange(10**6):06d}"
    acs = f"8:acs:{guid(random)}_{random.getrandbits(64):016x}"
    return (
        Stranger("anonymousGuest", guid(random), "Visitor 👋", "anonymousGuest"),
        Stranger("phoneUser", number, number, "phoneUser"),
        Stranger("skypeForBusinessUser", guid(random), "Old Lync", "onPremiseAadUser"),
        Stranger("skypeUser", f"live:.cid.{random.getrandbits(64):016x}", None, "skypeUser"),
        Stranger("microsoftAccountUser", guid(random), "Oma", "personalMicrosoftAccountUser"),
        Stranger("azureCommunicationServicesUser", acs, "Kiosk", "unknownFutureValue"),
    )


Participant = Person | Stranger
"""A member of a chat."""
