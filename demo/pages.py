"""What the documents in `docs/` compute, as Markdown."""

from __future__ import annotations

import re
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from demo import diagram
from demo.plots import answers
from tap_msteams.base import DeltaStream
from tap_msteams.base.declaration import DeclaredStream
from tap_msteams.preflight.permissions import BROADER
from tap_msteams.schema import (
    Card,
    Content,
    FreeText,
    Html,
    MailAddress,
    Many,
    PersonId,
    PersonName,
    Union,
    WebVtt,
)
from tap_msteams.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_msteams.base import TapStream

    Table = type[TapStream]

ASKING = [stream for stream in STREAMS if issubclass(stream, DeclaredStream)]
"""The streams that take a permission."""

HELD = {
    "people": (PersonId, PersonName, MailAddress),
    "what they wrote": (FreeText, Html, Card),
    "what they said": (WebVtt,),
    "pictures": (Content,),
}
"""What a stream may bring, by the types of its properties."""

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
"""What a team's owner can consent to, by stream.

https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/resource-specific-consent
"""

SHOWN, WIDEST = 6, 70
"""Rows of an answer, and letters of a cell."""


def grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows]
    return "\n".join(lines)


def code(names: Iterable[str]) -> str:
    """Names, as code."""
    return ", ".join(f"`{name}`" for name in names)


# Tables


def area(module: str) -> str:
    """What the module of some streams is about."""
    return re.split(r"[:.\n]", sys.modules[module].__doc__ or "")[0]


def tables() -> str:
    """All tables, area by area."""
    parts = []
    for module, streams in groupby(STREAMS, key=lambda stream: stream.__module__):
        rows = [
            (
                f"`{stream.name}`",
                (stream.__doc__ or "").splitlines()[0],
                code(stream.primary_keys),
                ", ".join(f"`{name}` → `{to}`" for name, to in diagram.leads_to(stream).items()),
                gone(stream),
            )
            for stream in streams
        ]
        heads = ("table", "what a row is", "key", "leads to", "what is gone")
        parts.append(f"### {area(module)}\n\n{grid(heads, rows)}")
    return "\n\n".join(parts)


def gone(stream: Table) -> str:
    """How a table tells that something is not there any more."""
    if issubclass(stream, DeltaStream):
        return "has `deleted`"
    if isinstance(getattr(stream, "replication_key", None), str):
        properties = stream.properties.wrapped
        return "has `deletedDateTime`" if "deletedDateTime" in properties else "stays"
    follows = isinstance(getattr(getattr(stream, "parent", None), "replication_key", None), str)
    return "stays" if stream.appends or follows else "has `_sdc_deleted_at`"


def nested() -> str:
    """What leads from within an object to another table."""
    lines = []
    for table, (first, *inner, last), target in diagram.NESTED:
        path = "".join(f"->'{key}'" for key in inner)
        column = "joinWebUrl" if last == "joinWebUrl" else "id"
        inside = f"""{table}."{first}"{path}->>'{last}'"""
        lines.append(f'- `{inside}` = `{target}."{column}"`')
    return "\n".join(lines)


def answer(name: str) -> str:
    """A query and the first rows that it finds."""
    rows = answers()[name]
    told = [[_cell(value) for value in row.values()] for row in rows[:SHOWN]]
    more = f"\n\n… and {len(rows) - SHOWN} more." if len(rows) > SHOWN else ""
    found = grid(list(rows[0]), told)
    query = Path(f"demo/{name}.sql").read_text().strip()
    return f"```sql\n{query};\n```\n\n{found}{more}"


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever a row holds
    """A value as a reader wants it."""
    text = "" if value is None else str(value).lower() if value in {True, False} else str(value)
    text = re.sub(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*", r"\1 \2", text)
    text = text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
    return text.replace("|", "\\|").replace("<", "&lt;")


# Permissions


def permissions() -> str:
    """Each permission, what it is for, and what it brings."""
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
    """What a stream brings of people and of what they wrote."""
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


def usual() -> str:
    """The permissions of what is read by default."""
    return code(dict.fromkeys(it.permission for it in ASKING if it.selected_by_default))


def writing() -> str:
    """The streams whose permission allows writing, too, since Graph has no lesser one."""
    return code(stream.name for stream in ASKING if "Write" in stream.permission)


def broader() -> str:
    """What serves as well."""
    needed = {name for it in ASKING for name in (it.permission, it.needs(application=False))}
    rows = [(f"`{name}`", code(BROADER[name])) for name in BROADER if name in needed]
    return grid(("needed", "also taken"), rows)


def consented() -> str:
    """What works with the consent of owners."""
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
    return code(stream.name for stream in ASKING if stream.permission == "Reports.Read.All")


def elsewhere(word: str) -> str:
    """The streams of which a cloud has none."""
    return code(stream.name for stream in ASKING if word not in stream.clouds)
