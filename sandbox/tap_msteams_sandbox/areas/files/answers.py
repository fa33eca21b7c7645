"""Answers: drives, folders of channels, and the changes of a drive."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.files.drive import NEEDS_SELECT
from tap_msteams_sandbox.areas.files.item import NAMES, SELECTED_ONLY, Item
from tap_msteams_sandbox.areas.files.library import Files, day
from tap_msteams_sandbox.areas.lookup import channel_of, team_of
from tap_msteams_sandbox.instants import parse
from tap_msteams_sandbox.limits import Limit
from tap_msteams_sandbox.odata import Paging, entity, page, pick
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams_sandbox.areas.files.drive import Drive
    from tap_msteams_sandbox.company.team import Team
    from tap_msteams_sandbox.endpoints import Call
    from tap_msteams_sandbox.odata import Query

WIDE = ("Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All")
GROUP = ("Group.Read.All", "Group.ReadWrite.All")
OWN = ("Files.Read", "Files.ReadWrite")

DRIVES = Paging(default=200, maximum=999)
ITEMS = Paging(default=200, maximum=999, clamps=True)
"""The server's own pages; Microsoft documents that $top is known, but no sizes."""

SPECIAL = frozenset("~#%&*{}+/\\:<>?|'\"")
"""Characters in the name of a channel with which asking for its folder fails.

https://learn.microsoft.com/en-us/graph/api/channel-get-filesfolder
"""

SHAREPOINT = (
    "https://learn.microsoft.com/en-us/sharepoint/dev/general-development/"
    "how-to-avoid-getting-throttled-or-blocked-in-sharepoint-online"
)

UNITS = 1200
"""Resource units a minute in the smallest tenants."""


def cost(query: Query) -> float:
    """Return the resource units of a request: two for a list, one with a token."""
    return 1 if "token" in query.options or query.path.endswith("/drive") else 2


AREA = Area(
    "Files",
    roles=("Files.Read.All",),
    limits=(
        Limit(
            "files",
            r"GET /(drives|groups/\{id\}/drive).*",
            UNITS,
            60,
            SHAREPOINT,
            cost=cost,
        ),
    ),
)
AREA.day(day)


@AREA.endpoint(
    "GET /groups/{id}/drives",
    "drive-list",
    application=WIDE,
    delegated=(*WIDE, *OWN),
    options={"$select", "$top", "$skiptoken"},
    paging=DRIVES,
)
def drives(call: Call) -> bytes:
    """GET /groups/{id}/drives: system libraries are shown only if `system` is selected."""
    team = _group(call)
    found = call.tenant.part(Files).drives(team)
    names = call.query.selected(found[0].describe())
    shown = [it for it in found if not it.system or (names and "system" in names)]
    after = call.query.number() or 0
    size = call.size
    left = shown[after:]
    more = call.next_link(after + size) if len(left) > size else None
    rows = [_shown(drive.describe(), names, NEEDS_SELECT) for drive in left[:size]]
    return page(call.context(f"groups('{team.id}')/drives"), rows, next_link=more)


@AREA.endpoint(
    "GET /groups/{id}/drive",
    "drive-get",
    application=(*WIDE, *GROUP),
    delegated=(*WIDE, *OWN, *GROUP),
    options={"$select"},
)
def drive(call: Call) -> bytes:
    """GET /groups/{id}/drive: the library that a team's channels are in."""
    row = call.tenant.part(Files).drives(_group(call))[0].describe()
    return entity(
        call.context("drives/$entity"), _shown(row, call.query.selected(row), NEEDS_SELECT)
    )


@AREA.endpoint(
    "GET /teams/{id}/channels/{id}/filesFolder",
    "channel-get-filesfolder",
    application=(*WIDE, *GROUP),
    delegated=(*WIDE, *OWN, *GROUP),
)
def folder(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/filesFolder."""
    channel = channel_of(call)
    if set(channel.name) & SPECIAL:
        msg = "The name of the channel has characters that are not allowed."
        raise GraphError.bad_request(msg)
    item = call.tenant.part(Files).folder(channel)
    if item is None:
        msg = "Folder location for this channel is not ready yet, please try again later."
        raise GraphError(404, "NotFound", msg)
    what = f"teams('{channel.team.id}')/channels('{channel.id}')/filesFolder/$entity"
    return entity(call.context(what), _shown(item.describe(), None, SELECTED_ONLY))


@AREA.endpoint(
    "GET /drives/{id}",
    "drive-get",
    application=WIDE,
    delegated=(*WIDE, *OWN),
    options={"$select"},
)
def one_drive(call: Call) -> bytes:
    """GET /drives/{id}."""
    row = _drive(call).describe()
    return entity(
        call.context("drives/$entity"), _shown(row, call.query.selected(row), NEEDS_SELECT)
    )


@AREA.endpoint(
    "GET /drives/{id}/root",
    "driveitem-get",
    application=WIDE,
    delegated=(*WIDE, *OWN),
    options={"$select"},
)
def root(call: Call) -> bytes:
    """GET /drives/{id}/root."""
    found = _drive(call)
    row = found.root.describe()
    what = f"drives('{found.id}')/root/$entity"
    return entity(call.context(what), _shown(row, call.query.selected(NAMES), SELECTED_ONLY))


def _drive(call: Call) -> Drive:
    """Return the drive that the path names, if the caller may see it."""
    found = call.tenant.part(Files).find(call.names[0])
    if found is None:
        msg = "The resource could not be found."
        raise GraphError(404, "itemNotFound", msg)
    _admit(call, found.team)
    return found


class Token(msgspec.Struct, array_like=True):
    """The position of a reader of changes."""

    number: int
    """The last change it has seen."""
    start: int
    """The last change there was when it began to read."""
    names: tuple[str, ...] | None = None
    """What it has selected: the first request alone says so."""
    size: int = 0
    initial: bool = False


@AREA.endpoint(
    "GET /drives/{id}/root/delta",
    "driveitem-delta",
    application=WIDE,
    delegated=(*WIDE, *OWN),
    options={"$select", "$top"},
    paging=ITEMS,
)
@AREA.endpoint(
    "GET /drives/{id}/items/root/delta",
    "driveitem-delta",
    application=WIDE,
    delegated=(*WIDE, *OWN),
    options={"$select", "$top"},
    paging=ITEMS,
)
@AREA.endpoint(
    "GET /drives/{id}/items/root/delta()",
    "driveitem-delta",
    application=WIDE,
    delegated=(*WIDE, *OWN),
    options={"$select", "$top"},
    paging=ITEMS,
)
@AREA.endpoint(
    "GET /drives/{id}/root/delta()",
    "driveitem-delta",
    application=WIDE,
    delegated=(*WIDE, *OWN),
    options={"$select", "$top"},
    paging=ITEMS,
)
def delta(call: Call) -> bytes:
    """GET /drives/{id}/root/delta: everything, or what has changed since a token was given out."""
    found = _drive(call)
    total = len(found.items) and found.count
    text = call.names[1].partition("=")[2].strip("'") if call.names[1:] else None
    token = _token(call, found, call.query.get("token") if text is None else text)
    if token.start <= found.forgotten:
        raise _reset(call, found)
    left = [it for it in found.changed_since(token.number) if not _unseen(it, token)]
    size = token.size or call.size
    shown = left[: min(size, call.ceiling or size)]
    rows = [_row(it, token) for it in shown]
    if len(shown) < len(left):
        # The root comes with every page of a first reading: the last one of an item counts.
        if token.initial and token.number:
            rows.append(_row(found.root, token))
        token.number = shown[-1].number
        links = {"@odata.nextLink": _link(call, found, token)}
    else:
        names, size = token.names, token.size
        links = {"@odata.deltaLink": _link(call, found, Token(total, total, names, size))}
    answer = page(call.context("Collection(driveItem)"), rows)
    return msgspec.json.encode(links)[:-1] + b"," + answer[1:]


def _unseen(item: Item, token: Token) -> bool:
    """Whether an item was deleted before its reader began."""
    return item.deleted and token.initial and item.number <= token.start


def _row(item: Item, token: Token) -> bytes:
    row = item.describe()
    if token.names is None and "file" in row and not item.deleted:
        # An address that needs no token to be read.
        row["@microsoft.graph.downloadUrl"] = f"{item.drive.site_url}/download?tempauth={item.salt}"
    if token.names is not None:
        kept = {"@odata.type", "id", "deleted", *token.names}
        return msgspec.json.encode({name: row[name] for name in row if name in kept})
    return _shown(row, None, SELECTED_ONLY)


def _token(call: Call, drive: Drive, text: str | None) -> Token:
    """Return the position that the request's token holds."""
    count = drive.count
    if not text:
        names = call.query.selected(NAMES)
        size = call.size if call.query.get("$top") else 0
        return Token(0, count, names, size, initial=True)
    if text == "latest":
        return Token(count, count, call.query.selected(NAMES))
    if text[:4].isdecimal() and text.endswith("Z"):
        try:
            since = parse(text)
        except ValueError:
            raise _strange() from None
        older = [it.number for it in drive.items.values() if it.modified <= since]
        return Token(max(older, default=0), count, call.query.selected(NAMES))
    try:
        held = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        token = msgspec.json.decode(held[8:], type=Token)
    except (ValueError, msgspec.DecodeError):
        raise _strange() from None
    if held[:8] != _seal(call, drive, held[8:]):
        raise _strange()
    return token


def _link(call: Call, drive: Drive, token: Token) -> str:
    """Return the address of the next changes."""
    held = msgspec.json.encode(token)
    text = base64.urlsafe_b64encode(_seal(call, drive, held) + held).rstrip(b"=").decode()
    return f"{call.root}/drives/{drive.id}/root/delta?token={text}"


def _seal(call: Call, drive: Drive, held: bytes) -> bytes:
    """Return the signature that binds a token to a drive."""
    owner = f"{call.tenant.id}/{drive.id}/".encode()
    return hashlib.blake2b(owner + held, digest_size=8).digest()


def _strange() -> GraphError:
    msg = "The provided token is malformed or belongs to another drive."
    return GraphError(400, "invalidRequest", msg)


def _reset(call: Call, drive: Drive) -> GraphError:
    """Return the refusal of a token that is too old.

    https://learn.microsoft.com/en-us/graph/api/driveitem-delta
    """
    if drive.reset == "syncStateNotFound":
        msg = "The sync state generation is not found; continue with a full synchronization."
        return GraphError(400, drive.reset, msg)
    fresh = {"Location": f"{call.root}/drives/{drive.id}/root/delta"}
    return GraphError(410, drive.reset, "The token is no longer valid; enumerate again.", fresh)


def _group(call: Call) -> Team:
    """Return the team of the group that the path names."""
    if call.names[0] not in call.tenant.teams:
        msg = f"Resource '{call.names[0]}' does not exist."
        raise GraphError(404, "Request_ResourceNotFound", msg)
    return team_of(call)


def _admit(call: Call, team: Team) -> None:
    """Let in applications, and users who are members of the team."""
    user = call.caller.user
    if user is not None and all(person.id != user for person in team.people):
        raise GraphError(403, "accessDenied", "The caller does not have permission.")


def _shown(row: dict[str, Any], names: Iterable[str] | None, hidden: Iterable[str]) -> bytes:
    """Return the selected or the default properties of a row, without nulls."""
    row = {name: value for name, value in row.items() if value is not None}
    if names is not None:
        return pick(row, ["id", *names])
    return msgspec.json.encode({name: row[name] for name in row if name not in set(hidden)})


AREA.rows("drives")(lambda tenant: tenant.part(Files).libraries())
AREA.rows("channel_folders")(lambda tenant: tenant.part(Files).folders())
AREA.rows("drive_items")(lambda tenant: tenant.part(Files).rows())
