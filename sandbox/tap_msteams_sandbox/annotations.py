"""Annotations: types and links of what is answered, as `odata.metadata=full` asks for them.

They say what a client of the shorter answer computes from its context and the metadata.
https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControllingtheAmountofControlInforma
https://learn.microsoft.com/en-us/graph/traverse-the-graph

Graph's directory gives users and groups addresses of its own, `v2/TENANT/directoryObjects/ID/...`,
which are not served here: they have those of their entity sets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

    Row = dict[str, Any]

ROOTS = {
    "admin/teams/telephoneNumberManagement/numberAssignments": (
        "Collection(teamsAdministration.numberAssignment)"
    ),
    "admin/teams/userConfigurations": "Collection(teamsAdministration.teamsUserConfiguration)",
    "appCatalogs/teamsApps": "Collection(teamsApp)",
    "associatedTeams": "Collection(associatedTeamInfo)",
    "chats": "Collection(chat)",
    "communications/callRecords": "Collection(callRecords.callRecord)",
    "communications/getAllOnlineMeetingMessages": "Collection(engagementConversationMessage)",
    "copilot/users/onlineMeetings/aiInsights": "Collection(callAiInsight)",
    "directoryObjects": "Collection(directoryObject)",
    "drives": "Collection(drive)",
    "employeeExperience/communities": "Collection(community)",
    "groups": "Collection(group)",
    "sessions": "Collection(virtualEventSession)",
    "solutions/virtualEvents/attendanceRecords": "Collection(attendanceRecord)",
    "solutions/virtualEvents/attendanceReports": "Collection(meetingAttendanceReport)",
    "solutions/virtualEvents/presenters": "Collection(virtualEventPresenter)",
    "solutions/virtualEvents/registrations": "Collection(virtualEventRegistration)",
    "solutions/virtualEvents/sessions": "Collection(virtualEventSession)",
    "solutions/virtualEvents/townhalls": "Collection(virtualEventTownhall)",
    "solutions/virtualEvents/webinars": "Collection(virtualEventWebinar)",
    "subscribedSkus": "Collection(subscribedSku)",
    "teams": "Collection(team)",
    "teamwork": "teamwork",
    "users": "Collection(user)",
}
"""What contexts begin with, and its type.

The organization, subscriptions, report settings and conversations are not among the types that
are known here: their answers stay as they are.
"""

NAMESPACE = "microsoft.graph."

_SEGMENT = re.compile(r"/?([^/('$]+)(?:\('((?:[^']|'')*)'\))?")
"""A name in a context, with its key."""

_COLLECTION = re.compile(r"Collection\((?:microsoft\.graph\.)?(.+)\)")


@dataclass(frozen=True)
class Type:
    """A type of the metadata, with what it inherits."""

    is_entity: bool
    properties: dict[str, str]
    """Those whose type JSON does not tell."""
    links: dict[str, str]
    """Its navigation properties."""


@dataclass(frozen=True)
class Place:
    """Where entities are, and their declared type."""

    type: str
    is_list: bool
    address: str | None
    """None for what a function answers, which has no address of its own."""

    @classmethod
    def of(cls, type_: str, address: str | None) -> Place | None:
        """Return the place of a type, or None where the type is not known."""
        name, is_list = _split(type_)
        return cls(name, is_list, address) if name in _declared() else None

    def address_of(self, row: Row) -> str | None:
        """Return the address of an entity here, where it can be told."""
        if "@odata.id" in row:
            return str(row["@odata.id"])
        if not self.is_list or self.address is None:
            return self.address
        if "id" not in row:
            return None
        key = quote(row["id"].replace("'", "''"), safe="!$&'()*+,;=:@")
        return f"{self.address}('{key}')"


def full(content: bytes) -> bytes | None:
    """Return an answer with all its annotations, or None where its type cannot be told."""
    answer = msgspec.json.decode(content)
    context = answer.get("@odata.context", "") if isinstance(answer, dict) else ""
    root, _, what = context.partition("$metadata#")
    if (place := _place(what)) is None:
        return None
    if what.endswith("/$entity"):
        return msgspec.json.encode(_entity(place, root, answer))
    rows = [_entity(place, root, row) for row in answer["value"]]
    return msgspec.json.encode(answer | {"value": rows})


def _place(context: str) -> Place | None:
    """Return the place that a context names."""
    if _COLLECTION.fullmatch(context):
        return Place.of(context, None)
    way, type_ = "", ""
    address = context.removesuffix("/$entity")
    for name, key in _SEGMENT.findall(address):
        way = f"{way}/{name}".lstrip("/")
        type_ = _type(type_).links.get(name, "") if type_ in _declared() else ROOTS.get(way, "")
        if key:
            type_, _ = _split(type_)
    return Place.of(type_, address)


def _entity(place: Place, root: str, row: Row) -> Row:
    """Return an entity with its type, its address and the addresses around it."""
    if "@removed" in row:  # Of a deleted one there is nothing more to tell.
        return row
    said, type_ = _typed(row, place.type)
    head = {name: row[name] for name in ("@odata.context",) if name in row} | said
    address = place.address_of(row) if type_.is_entity else None
    if address is None:
        return head | _properties(row, type_)
    is_declared = said["@odata.type"] == f"#{NAMESPACE}{place.type}"
    edit = address if is_declared else f"{address}/{said['@odata.type'].removeprefix('#')}"
    base = edit if "://" in edit else f"{root}{edit}"
    around = {
        name: {
            f"{name}@odata.associationLink": f"{base}/{name}/$ref",
            f"{name}@odata.navigationLink": f"{base}/{name}",
        }
        for name in type_.links
    }
    shown = head | {"@odata.id": address, "@odata.editLink": edit}
    for name in (it for it in around if it not in row):
        shown |= around[name]
    # What is told of a property stands right before it.
    for name, value in _properties(row, type_).items():
        shown |= around.get(name, {})
        target = Place.of(type_.links.get(name, ""), f"{edit}/{name}")
        shown[name] = _each(value, partial(_entity, target, root)) if target else value
    return shown


def _properties(row: Row, type_: Type) -> Row:
    """Return properties, each after its type where neither JSON nor the value tells it."""
    shown: Row = {}
    for name, value in row.items():
        declared, is_list = _split(type_.properties.get(name, ""))
        if not declared or value is None:
            shown[name] = value
            continue
        is_complex = declared in _declared()
        if is_list or not is_complex:
            spelled = declared if declared[0].isupper() else NAMESPACE + declared
            shown[f"{name}@odata.type"] = f"#Collection({spelled})" if is_list else f"#{spelled}"
        shown[name] = _each(value, partial(_complex, declared)) if is_complex else value
    return shown


def _complex(declared: str, row: Row) -> Row:
    """Return a value of a complex type with the types of what is in it."""
    said, type_ = _typed(row, declared)
    return said | _properties(row, type_)


def _each(value: object, change: Callable[[Row], Row]) -> object:
    """Return an object, or those of a list, changed; what own data has in their place stays."""
    if isinstance(value, list):
        return [_each(it, change) for it in value]
    return change(value) if isinstance(value, dict) else value


def _typed(row: Row, declared: str) -> tuple[dict[str, str], Type]:
    """Return the type that a row says it has, or the declared one."""
    said = row.get("@odata.type", f"#{NAMESPACE}{declared}")
    name = said.removeprefix(f"#{NAMESPACE}")
    return {"@odata.type": said}, _type(name if name in _declared() else declared)


def _split(type_: str) -> tuple[str, bool]:
    """Return the name of a type, and whether it is a collection of that type."""
    found = _COLLECTION.fullmatch(type_)
    return (found[1], True) if found else (type_, False)


@cache
def _type(name: str) -> Type:
    """Return a type with all that it inherits."""
    own = _declared()[name]
    above = _type(own["base"]) if "base" in own else Type(is_entity=False, properties={}, links={})
    return Type(
        is_entity=own["kind"] == "entity",
        properties=above.properties | own.get("properties", {}),
        links=above.links | own.get("links", {}),
    )


@cache
def _declared() -> dict[str, Any]:
    """Return the types as Graph's metadata declares them."""
    content = files("tap_msteams_sandbox").joinpath("metadata", "types.json").read_bytes()
    declared: dict[str, Any] = msgspec.json.decode(content)
    return declared
