"""Copilot: what people ask it, and what it answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.directory import person_of
from tap_msteams_sandbox.areas.organization import with_link
from tap_msteams_sandbox.areas.products import COPILOT, require
from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.filters import window
from tap_msteams_sandbox.instants import DAY, SECOND, iso, parse
from tap_msteams_sandbox.limits import TEAMS, Limit
from tap_msteams_sandbox.odata import PAGED, Paging

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

READ = ("AiEnterpriseInteraction.Read.All",)

AREA = Area(
    "Copilot",
    roles=READ,
    limits=(Limit("Copilot", r"GET /copilot/users/.*", 30, 1, TEAMS),),
)

FIRST, EVERY = 12 * DAY, 3 * DAY
"""The time since the first prompt, and from one to the next."""

APPS = ("IPM.SkypeTeams.Message.Copilot.Teams", "IPM.SkypeTeams.Message.Copilot.Word")


@AREA.endpoint(
    "GET /copilot/users/{id}/interactionHistory/getAllEnterpriseInteractions",
    "../../microsoft-365-copilot/extensibility/api/ai-services/interaction-export/"
    "aiinteractionhistory-getallenterpriseinteractions",
    application=READ,
    delegated=None,
    options=PAGED | {"$filter"},
    paging=Paging(10, 100),
)
def interactions(call: Call) -> bytes:
    """GET /copilot/users/{id}/interactionHistory/getAllEnterpriseInteractions."""
    require(call, COPILOT)
    low, high = window(call.query.get("$filter"), "createdDateTime")
    person = person_of(call)
    rows = (row for row in _of(call.tenant, person) if low < parse(row["createdDateTime"]) < high)
    return with_link(call, "Collection(aiInteraction)", rows)


@AREA.rows("copilot_interactions")
def all_interactions(tenant: Company) -> Iterator[Row]:
    """Yield what everybody has asked, and the answers."""
    for person in tenant.people:
        for row in _of(tenant, person):
            yield {"userId": person.id, **row}


def _of(tenant: Company, person: Person) -> Iterator[Row]:
    """Yield the prompts of a person up to now, each with its answer."""
    if not person.licensed:
        return
    start = tenant.until - FIRST + person.n * SECOND
    for number, instant in enumerate(range(start, int(tenant.now()) - SECOND, EVERY)):
        random = tenant.random("copilot", person.id, str(number))
        # Two sessions in two windows: what is said at the same moment has the same id.
        for _ in range(1 + person.n % 2):
            session, request = f"19:{guid(random)}@thread.v2", guid(random)
            for kind in ("userPrompt", "aiResponse"):
                yield _row(person, number, kind, (instant, session, request))


def _row(person: Person, number: int, kind: str, about: tuple[int, str, str]) -> Row:
    """Return a prompt or an answer."""
    instant, session, request = about
    asks = kind == "userPrompt"
    said = instant if asks else instant + SECOND
    user = {"id": person.id, "displayName": person.display_name, "tenantId": person.tenant_id}
    bot = {"id": "fb8d773d-7ef8-4ec0-a117-179f88add510", "displayName": "Copilot in Teams"}
    return {
        "id": str(said),
        "sessionId": session,
        "requestId": request,
        "appClass": APPS[number % len(APPS)],
        "interactionType": kind,
        "conversationType": "appchat" if number % 2 else "bizchat",
        "etag": str(said),
        "createdDateTime": iso(said),
        "locale": "en-ie",
        "contexts": [
            {
                "contextReference": f"https://halyard.example/documents/{number}.docx",
                "contextType": "WebPage",
                "displayName": f"Plan {number}",
            }
        ],
        "from": {
            "@odata.type": "#microsoft.graph.chatMessageFromIdentitySet",
            "application": None if asks else bot,
            "device": None,
            "user": user if asks else None,
        },
        "body": {
            "contentType": "text" if asks else "html",
            "content": f"What is left of plan {number}?" if asks else "<p>Two tasks [1].</p>",
        },
        "attachments": []
        if asks
        else [
            {
                "attachmentId": request[:8],
                "contentType": "reference",
                "contentUrl": f"https://halyard.example/documents/{number}.docx",
                "content": None,
                "name": f"Plan {number}.docx",
            }
        ],
        "links": []
        if asks
        else [
            {
                "linkUrl": f"https://halyard.example/documents/{number}.docx",
                "displayName": "1",
                "linkType": "external",
            }
        ],
        "mentions": [
            {
                "mentionId": 0,
                "mentionText": person.display_name,
                "mentioned": {"application": None, "device": None, "user": user},
            }
        ]
        if asks
        else [],
    }
