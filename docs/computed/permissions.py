"""Permissions and the data that they open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docs.computed.markdown import code, grid
from docs.computed.streams import ASKING
from tap_msteams.preflight.permissions import BROADER
from tap_msteams.readers import Report
from tap_msteams.schema import (
    Card,
    ContentBytes,
    FreeText,
    Html,
    MailAddress,
    Many,
    PersonId,
    PersonName,
    Union,
    WebVtt,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from docs.computed.references import Table

HELD = {
    "people": (PersonId, PersonName, MailAddress),
    "what they wrote": (FreeText, Html, Card),
    "what they said": (WebVtt,),
    "pictures": (ContentBytes,),
}
"""Kinds of personal data, by the types of properties."""

CONSENTED = {
    "members": "TeamMember.Read.Group",
    "messages": "ChannelMessage.Read.Group",
    "hosted_contents": "ChannelMessage.Read.Group",
    "channel_members": "ChannelMember.Read.Group",
    "shared_with_teams": "ChannelMember.Read.Group",
    "tabs": "TeamsTab.Read.Group",
    "installed_apps": "TeamsAppInstallation.Read.Group",
    "permission_grants": "TeamsAppInstallation.Read.Group",
}
"""Permissions that a team's owner can consent to, by stream.

https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
"""


def table() -> str:
    """Each permission, with its streams and their personal data."""
    rows = []
    for permission in dict.fromkeys(stream.permission for stream in ASKING):
        streams = [stream for stream in ASKING if stream.permission == permission]
        users = dict.fromkeys(
            stream.needs(application=False) for stream in streams if stream.sign_in == "either"
        )
        brought = [name for name in HELD if any(name in holds(stream) for stream in streams)]
        rows.append(
            (
                f"`{permission}`",
                code(users) or "not to be had",
                code(stream.name for stream in streams),
                ", ".join(brought) or "-",
            )
        )
    heads = ("for an application", "for a user", "streams", "brings")
    return grid(heads, rows)


def holds(stream: Table) -> list[str]:
    """The kinds of personal data in a stream."""
    kinds = set(_kinds(stream.properties))
    return [name for name, types in HELD.items() if kinds & {*types}]


def _kinds(kind: Any) -> Iterator[type]:  # noqa: ANN401 - the SDK's types have no common one
    """All types in a type."""
    yield kind if isinstance(kind, type) else type(kind)
    if isinstance(kind, Many):
        yield from _kinds(kind.of)
    members = dict(getattr(kind, "wrapped", None) or {})
    if isinstance(kind, Union):
        members |= kind.others
    for member in members.values():
        yield from _kinds(member.wrapped)


def columns() -> str:
    """The columns that need a permission besides their stream's."""
    rows = [
        (f"`{stream.name}.{name}`", f"`{permission}`")
        for stream in ASKING
        for name, permission in stream.property_permissions.items()
    ]
    return grid(("column", "needs besides"), rows)


def usual() -> str:
    """The permissions of the streams that are selected by default."""
    return code(dict.fromkeys(it.permission for it in ASKING if it.selected_by_default))


def writing() -> str:
    """The streams whose permission also allows writing, since Graph has no lesser one."""
    return code(stream.name for stream in ASKING if "Write" in stream.permission)


def broader() -> str:
    """Broader permissions that serve as well."""
    needed = {name for it in ASKING for name in (it.permission, it.needs(application=False))}
    rows = [(f"`{name}`", code(BROADER[name])) for name in BROADER if name in needed]
    return grid(("needed", "also taken"), rows)


def consented() -> str:
    """The streams that can be read with the consent of owners."""
    rows = [
        (f"`{name}`", f"`{CONSENTED[stream.name]}`")
        for stream in ASKING
        if (name := stream.name) in CONSENTED
    ]
    return grid(("stream", "an owner consents to"), rows)


def for_organizers() -> str:
    """The streams that take an application access policy."""
    meetings = [it for it in ASKING if it.permission.startswith("OnlineMeeting")]
    return code(stream.name for stream in meetings)


def concealed() -> str:
    """The streams in which Microsoft conceals names."""
    return code(it.name for it in ASKING if type(getattr(it, "read", None)) is Report)
