"""Own data: people, teams and messages from JSON files, in the place of made-up ones.

Each file has rows as Graph answers them: an array, or an object whose `value` is one. What a row
leaves out is made up.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import msgspec

from tap_msteams_sandbox.company.message import Message, Thread, draft
from tap_msteams_sandbox.company.people import COUNTRIES, DEPARTMENTS, DOMAIN, Person
from tap_msteams_sandbox.company.team import Channel, Team
from tap_msteams_sandbox.instants import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_msteams_sandbox.company.tree import Tree

Row = dict[str, Any]

USERS, TEAMS, MESSAGES = FILES = ("users.json", "teams.json", "messages.json")
"""Rows of GET /users; of GET /teams with their `channels` and `members`; of channels' messages."""


class OwnDataError(ValueError):
    """A file that does not fit, in one line."""


class _Rows(msgspec.Struct):
    value: list[Row]


def fill(tenant: Tree, folder: Path) -> None:
    """Put the rows of a folder's files into a tenant that nobody has used yet."""
    found = {name: list(_rows(folder / name)) for name in FILES if (folder / name).exists()}
    if not found:
        msg = f"{folder}: there is none of {', '.join(FILES)}"
        raise OwnDataError(msg)
    if people := found.get(USERS):
        tenant.people = [_person(n, row, tenant.id) for n, row in enumerate(people)]
        tenant.users = {person.id: person for person in tenant.people}
    if TEAMS in found:
        teams = [_team(tenant, n, row) for n, row in enumerate(found[TEAMS])]
        tenant.enter(teams)
    if MESSAGES in found:
        tenant.enter_until(_write(tenant, found[MESSAGES]))


def _rows(path: Path) -> Iterator[Row]:
    try:
        content = msgspec.json.decode(path.read_bytes(), type=list[Row] | _Rows)
    except (msgspec.MsgspecError, OSError) as error:
        msg = f"{path.name}: {error}"
        raise OwnDataError(msg) from None
    yield from content.value if isinstance(content, _Rows) else content


def _person(n: int, row: Row, tenant_id: str) -> Person:
    key = _text(USERS, row, "id")
    mail = row.get("mail") or row.get("userPrincipalName") or f"{key}@{DOMAIN}"
    name = row.get("displayName") or mail
    given, _, family = name.partition(" ")
    department = list(DEPARTMENTS)[n % len(DEPARTMENTS)]  # what the person may write about
    return Person(
        n=n,
        id=key,
        tenant_id=tenant_id,
        given_name=row.get("givenName") or given,
        surname=row.get("surname") or family or given,
        principal_name=row.get("userPrincipalName") or mail,
        mail=mail,
        department=department,
        job_title=DEPARTMENTS[department][0],
        country=next((it for it in COUNTRIES if it.code == row.get("usageLocation")), COUNTRIES[0]),
        guest=row.get("userType") == "Guest",
        salt=zlib.crc32(key.encode()),
        given={"displayName": name, **row},
    )


def _team(tenant: Tree, n: int, row: Row) -> Team:
    row = dict(row)
    founded = _instant(TEAMS, row, "createdDateTime", tenant.until)
    name, key = _text(TEAMS, row, "displayName"), _text(TEAMS, row, "id")
    team = Team(tenant, n, name, founded, known=key)
    team.archived = bool(row.pop("isArchived", False))
    team.visibility = row.pop("visibility", team.visibility)
    members, channels = row.pop("members", None), row.pop("channels", [])
    if members is not None:
        ranked = sorted(members, key=lambda it: "owner" not in it.get("roles", ()))
        team.owners = sum("owner" in it.get("roles", ()) for it in members)
        team.people = [_member(tenant, team, it) for it in ranked]
    if all(it.get("displayName") != "General" for it in channels):
        channels = [{"displayName": "General"}, *channels]
    hosted = [_channel(team, number, it) for number, it in enumerate(channels)]
    team.channels = {channel.id: channel for channel in hosted}
    team.given = _unmodelled(row)
    return team


def _member(tenant: Tree, team: Team, row: Row) -> Person:
    known = {"userId": "id", "email": "mail"}
    for name, attribute in known.items():
        for person in tenant.people:
            if name in row and getattr(person, attribute) == row[name]:
                return person
    msg = f"{TEAMS}: a member of '{team.name}' is nobody of {USERS} by `userId` or `email`"
    raise OwnDataError(msg)


def _channel(team: Team, n: int, row: Row) -> Channel:
    row = dict(row)
    created = _instant(TEAMS, row, "createdDateTime", team.created)
    kind, key = row.pop("membershipType", "standard"), row.get("id", "")
    channel = Channel(team, n, _text(TEAMS, row, "displayName"), kind, created, known=key)
    channel.description = row.pop("description", channel.description)
    channel.given = _unmodelled(row)
    return channel


def _write(tenant: Tree, rows: list[Row]) -> int:
    """Write the messages into their channels; return the last instant of all."""
    channels = {
        (team.id, key): channel
        for team in tenant.teams.values()
        for key, channel in team.channels.items()
    }
    for channel in channels.values():
        channel.threads = {}
    last = 0
    for row in sorted(rows, key=lambda it: bool(it.get("replyToId"))):
        where = row.get("channelIdentity") or {}
        place = where.get("teamId", ""), where.get("channelId", "")
        if place not in channels:
            msg = f"{MESSAGES}: the `channelIdentity` of a message is no channel of {TEAMS}"
            raise OwnDataError(msg)
        channel = channels[place]
        message = _message(channel, row)
        last = max(last, message.modified)
        if not message.parent:
            channel.threads[message.id] = Thread(message, [])
        elif thread := channel.threads.get(message.parent):
            thread.replies.append(message)
            thread.replies.sort(key=lambda it: it.id)
            thread.touch()
        else:
            msg = f"{MESSAGES}: `replyToId` {message.parent} is no message of the channel"
            raise OwnDataError(msg)
    for channel in channels.values():
        channel.threads = dict(sorted(channel.threads.items()))
    return last


def _message(channel: Channel, row: Row) -> Message:
    key = _text(MESSAGES, row, "id")
    if not key.isdecimal():
        msg = f"{MESSAGES}: `id` is no number of milliseconds: {key[:40]}"
        raise OwnDataError(msg)
    created = _instant(MESSAGES, dict(row), "createdDateTime", int(key))
    modified = _instant(MESSAGES, dict(row), "lastModifiedDateTime", created)
    deleted = _instant(MESSAGES, dict(row), "deletedDateTime", 0)
    whole = {**draft(channel, int(key), None, ""), **row}
    message = Message(channel, whole, modified)
    message.keep(whole, modified, deleted)
    return message


def _text(file: str, row: Row, name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        msg = f"{file}: a row has no `{name}`"
        raise OwnDataError(msg)
    return value


def _instant(file: str, row: Row, name: str, otherwise: int) -> int:
    """Take a moment out of a row."""
    text = row.pop(name, None)
    try:
        return int(parse(text)) if text else otherwise
    except (TypeError, ValueError):
        msg = f"{file}: `{name}` is no moment: {str(text)[:40]}"
        raise OwnDataError(msg) from None


def _unmodelled(row: Row) -> Row:
    """What the tenant itself knows nothing of, and shows as it is."""
    return {key: value for key, value in row.items() if key not in {"id", "displayName"}}
