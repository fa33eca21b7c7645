"""Laws of annotations: `odata.metadata=full` tells the types and addresses of every answer."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote, urljoin

import pytest

from sandbox.tests.answers import TYPES, by_id
from tap_msteams_sandbox.areas.meetings import Meetings
from tap_msteams_sandbox.graph import ENDPOINTS
from tap_msteams_sandbox.instants import DAY, iso

FULL = {"Accept": "application/json;odata.metadata=full"}
UNTOLD = {
    "GET /admin/reportSettings",
    "GET /groups/{id}/conversations",
    "GET /groups/{id}/conversations/{id}",
    "GET /groups/{id}/conversations/{id}/threads",
    "GET /groups/{id}/conversations/{id}/threads/{id}/posts",
    "GET /groups/{id}/threads",
    "GET /groups/{id}/threads/{id}/posts",
    "GET /organization",
}
"""Whose types Microsoft's metadata here does not have: they are answered as usual."""

EMPTY = {
    "GET /teams/{id}/channels/getAllRetainedMessages",
    "GET /users/{id}/chats/getAllRetainedMessages",
}
"""What has no rows in a tenant where nothing was deleted."""

ELSEWHERE = {
    "/chats": "/users/{id}/chats",
    "/drives": "/groups/{id}/drives",
    "/copilot/users": "/users",
}
"""Collections that are listed at another address."""

READ = [
    it
    for it in ENDPOINTS
    if it.method == "GET"
    and it.application
    and not it.path.startswith("/reports/")
    and not it.path.endswith(("$value", "$count", "/content", "/metadataContent"))
]
"""The endpoints that answer an application with JSON."""


class Walk:
    """Finds an address of an endpoint where there are rows."""

    def __init__(self, client):
        self.tenant, self.get = client.sandbox.tenant, cache(client.get)
        self.meetings = list(self.tenant.part(Meetings).visible())
        start, end = iso(self.tenant.until - 80 * DAY), iso(self.tenant.until)
        user = "userId='{0}',meetingOrganizerUserId='{0}'"
        self.arguments = {
            "getPstnCalls()": f"fromDateTime={start},toDateTime={end}",
            "getDirectRoutingCalls()": f"fromDateTime={start},toDateTime={end}",
            "getAllTranscripts()": f"{user},startDateTime={start}",
            "getAllRecordings()": f"{user},startDateTime={start}",
            "getByUserRole()": "role='organizer'",
        }

    def find(self, endpoint):
        """The address and the answer: the first with rows, or else the last."""
        best = None
        for address in self.addresses(endpoint.path):
            response = self.get(address)
            if response.status_code == 200:
                best = address, response
                if response.json().get("value", True):
                    break
        return best

    def addresses(self, pattern):
        before, mark, after = pattern.partition("{id}")
        if mark:
            for name in self.ids(before.rstrip("/")):
                yield from self.addresses(f"{before}{quote(name)}{after}")
        elif pattern.endswith("/onlineMeetings"):
            for it in self.hosted(pattern):
                yield f"{pattern}?$filter={quote(f'JoinWebUrl eq {it.url!r}', safe='')}"
        elif (name := pattern.rpartition("/")[2]) in self.arguments:
            arguments = self.arguments[name].format(pattern.split("/")[2])
            yield f"{pattern.removesuffix('()')}({arguments})"
        else:
            yield pattern

    def ids(self, collection):
        if collection.endswith("/onlineMeetings"):
            return [it.id for it in self.hosted(collection)]
        answers = [self.get(it) for it in self.addresses(ELSEWHERE.get(collection, collection))]
        return [row["id"] for it in answers if it.status_code == 200 for row in it.json()["value"]]

    def hosted(self, collection):
        return [it for it in self.meetings if it.organizer.id in collection.split("/")]


@pytest.fixture(scope="session")
def walk(quiet):
    return Walk(quiet)


def plain(value):
    """A value without its annotations."""
    if isinstance(value, list):
        return [plain(it) for it in value]
    if isinstance(value, dict):
        return {name: plain(it) for name, it in value.items() if "@odata." not in name}
    return value


def told(type_):
    """What a property's annotation says, or None where JSON tells its type."""
    name = type_["type"].removeprefix("Edm.")
    if type_["type_kind"] != "primitive":
        name = f"microsoft.graph.{name}"
    if type_["collection"]:
        return f"#Collection({name})"
    is_told = name in {"String", "Boolean", "Int32", "Double"} or type_["type_kind"] == "complex"
    return None if is_told else f"#{name}"


def check_types(row):
    """Hold the types of a row, and of all that is in it, against the metadata."""
    type_ = TYPES[row["@odata.type"].removeprefix("#microsoft.graph.")]
    names = list(row)
    for it in type_["properties"]:
        name, value = it["name"], row.get(it["name"])
        expected = None if value is None else told(it)
        assert row.get(f"{name}@odata.type") == expected, name
        if expected:
            assert names.index(f"{name}@odata.type") < names.index(name)
        if value is not None and it["type_kind"] == "complex":
            for inner in value if it["collection"] else [value]:
                check_types(inner)


def check_links(row, root):
    """Hold the addresses of a row, and of what came along with it, against the metadata."""
    type_ = TYPES[row["@odata.type"].removeprefix("#microsoft.graph.")]
    assert row["@odata.editLink"].startswith(row["@odata.id"])
    for it in type_["navigation_properties"]:
        name = it["name"]
        link = f"{urljoin(root, row['@odata.editLink'])}/{name}"
        assert row[f"{name}@odata.navigationLink"] == link
        assert row[f"{name}@odata.associationLink"] == f"{link}/$ref"
        if row.get(name) and it["type"] in TYPES:
            for inner in row[name] if it["collection"] else [row[name]]:
                check_types(inner)
                check_links(inner, root)


@pytest.mark.parametrize("endpoint", READ, ids=lambda it: it.pattern)
def test_the_full_answer_is_the_usual_one_with_types_and_addresses(quiet, walk, endpoint):
    address, usual = walk.find(endpoint)
    full = quiet.get(address, headers=FULL)

    assert plain(full.json()) == plain(usual.json())
    if endpoint.pattern in UNTOLD:
        assert full.json() == usual.json()
        assert full.headers["Content-Type"] == usual.headers["Content-Type"]
        return
    assert full.headers["Content-Type"].startswith("application/json;odata.metadata=full;")
    rows = full.json().get("value", [full.json()])
    assert rows or endpoint.pattern in EMPTY
    for row in rows:
        check_types(row)
        if "#Collection(" in full.json()["@odata.context"]:
            assert "@odata.editLink" not in row
        else:
            check_links(row, f"{quiet.root}/")


@pytest.mark.parametrize(
    ("path", "address", "type_"),
    [
        ("/teams/{team}", "teams('{team}')", "team"),
        ("/teams/{team}/schedule", "teams('{team}')/schedule", "schedule"),
        ("/teams/{team}/primaryChannel", "teams('{team}')/primaryChannel", "channel"),
    ],
)
def test_an_address_says_where_an_entity_is_read(quiet, team, path, address, type_):
    row = quiet.get(path.format(team=team.id), headers=FULL).json()

    assert row["@odata.type"] == f"#microsoft.graph.{type_}"
    assert row["@odata.id"] == row["@odata.editLink"] == address.format(team=team.id)
    assert quiet.get(f"/{row['@odata.id']}").json()["id"] == row["id"]


def test_an_address_names_a_type_that_the_metadata_does_not(quiet, team):
    [first, *_] = quiet.get(f"/teams/{team.id}/members", headers=FULL).json()["value"]

    assert first["@odata.id"] == f"teams('{team.id}')/members('{quote(first['id'], safe='=')}')"
    cast = "/microsoft.graph.aadUserConversationMember"
    assert first["@odata.editLink"] == first["@odata.id"] + cast


def test_what_came_along_is_told_like_what_was_asked_for(quiet, team, channel):
    path = f"/teams/{team.id}/channels/{quote(channel.id)}/messages?$expand=replies"
    rows = quiet.get(path, headers=FULL).json()["value"]
    reply = next(row["replies"][0] for row in rows if row.get("replies"))

    check_types(reply)
    check_links(reply, f"{quiet.root}/")


def test_of_what_was_deleted_there_is_nothing_more_to_tell(open_client):
    client = open_client()
    first, second, *_ = client.sandbox.tenant.teams
    *_, last = client.pages("/groups/delta?$select=displayName")
    client.sandbox.tenant.rename(first, "Another name")
    client.sandbox.tenant.remove_team(second)
    rows = by_id(client.get(last["@odata.deltaLink"], headers=FULL).json()["value"])

    assert rows[first]["@odata.id"] == f"groups('{first}')"
    assert rows[second] == {"id": second, "@removed": {"reason": "deleted"}}


def test_what_is_read_by_a_person_alone_is_told_as_well(open_client):
    client = open_client(auth="refresh_token")
    mine = f"users('{client.sandbox.tenant.me.id}')"
    for path, address in {"/me": mine, "/me/presence": f"{mine}/presence"}.items():
        assert client.get(path, headers=FULL).json()["@odata.id"] == address
    for row in client.get("/chats", headers=FULL).json()["value"]:
        assert row["@odata.id"] == f"chats('{row['id']}')"
        check_types(row)
        check_links(row, f"{client.root}/")
