"""Laws of what streams declare of people and of what these wrote."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from singer_sdk import typing as th

from tap_msteams.privacy import Privacy
from tap_msteams.readers import GraphStream
from tap_msteams.settings import Settings
from tap_msteams.streams import STREAMS
from tests.people import DECLARED

HASH = {
    "auth_method": "managed_identity",
    "people": "hash",
    "people_key": "a key of the people's choice",
}

PERSONAL = re.compile(
    r"[dD]isplayName|(given|nick|user)Name|surname|mailNickname|[mM]ails?$|[eE]mail(Address)?$"
    r"|[pP]rincipalName|^upn$|proxyAddresses|[uU]serIds?$|[pP]hones?$|Numbers?$|skypeId|GuestId"
    r"|(ip|mac|IP)Address$|[jJ]oinWebUrl|chatId|threadId"
)
PROSE = re.compile(
    r"content|subject|topic|summary|description|notes?|message|text|title|name|path"
    r"|\w+Message|justificationText|fileName"
)


@pytest.mark.parametrize("name", [PERSONAL.search, PROSE.fullmatch], ids=["people", "prose"])
def test_what_is_called_like_people_or_their_words_says_what_it_is(name):
    found = {where for where, kind in DECLARED if kind is th.StringType if name(where[-1])}
    assert found == set()


def test_every_key_of_an_event_is_known():
    types = json.loads((Path(__file__).parent / "graph" / "types.json").read_text())
    declared = {where[2] for where, _ in DECLARED if where[:2] == ("messages", "eventDetail")}
    for kind, found in types.items():
        if kind.endswith("EventMessageDetail"):
            assert {item["name"] for item in found["properties"]} <= declared, kind


def test_what_nobody_declares_is_left_out_and_said_once(caplog):
    (messages,) = (stream for stream in STREAMS if stream.name == "messages")
    rewrite = Privacy(Settings.from_config(HASH)).of_rows(
        messages.properties.wrapped.values(), "messages"
    )
    user = {"id": "x", "displayName": "y", "tenantId": "t", "nickname": "Bo"}
    with caplog.at_level("INFO", "tap-msteams"):
        rows = rewrite([{"from": {"user": user}}, {"from": {"user": user}}])
    assert set(rows[0]["from"]["user"]) == {"id", "displayName", "tenantId"}
    assert user["id"] == "x"
    (said,) = caplog.messages
    assert "messages.from.user.nickname" in said


def test_links_into_the_state_come_from_no_stream_of_people():
    """Links are left out below people: changes could not be followed there."""
    below = {
        name
        for stream in STREAMS
        if issubclass(stream, GraphStream) and "delta" in stream.path
        for application in (True, False)
        for name in stream.names_above(application=application)
    }
    assert "driveId" in below
    assert below <= {"driveId", "teamId", "channelId"}


def test_what_the_documents_say_to_deselect_stays_with_hashes():
    page = Path(__file__).parent.parent / "docs/permissions.md"
    [line] = re.findall(r"- Hashed data .*", page.read_text())
    row = dict.fromkeys(re.findall(r"!users\.(\w+)", line), "x")
    users = next(stream for stream in STREAMS if stream.name == "users")
    settings = Settings.from_config(HASH)
    rewrite = Privacy(settings).of_rows(users.properties.wrapped.values(), "users")

    assert row
    assert rewrite([row]) == [row]
