from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import ceil

import pytest

from tap_msteams.errors import CatalogError
from tap_msteams.readers import GraphStream
from tap_msteams.streams import STREAMS
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.endpoints import Routes
from tap_msteams_sandbox.graph import ENDPOINTS, granted
from tests.cloud import Sandbox
from tests.conftest import SMALL, run_tap, selection

NAMES = [it.name for it in STREAMS if issubclass(it, GraphStream) and it.selected_by_default]
ALWAYS = (float("-inf"), float("inf"))


def chosen(streams, *, only=(), also=(), without=()):
    """A catalog by the paths of properties, such as `messages.body.content`.

    Of the streams in `only` just those properties are selected, and the keys.
    """
    catalog = selection(streams)
    alone = {path.partition(".")[0] for path in only}
    for entry in catalog["streams"]:
        stream = entry["tap_stream_id"]
        for item in entry["metadata"]:
            names = [name for name in item["breadcrumb"] if name != "properties"]
            path = ".".join([stream, *names])
            if len(names) == 1 and stream in alone:
                item["metadata"]["selected"] = path in only
            if path in {*also, *without}:
                item["metadata"]["selected"] = path in also
    return catalog


def asked(sandbox):
    """What was asked of the sandbox, without the version."""
    return [entry.path.removeprefix("/v1.0") for entry in sandbox.requests]


def selected(sandbox, path):
    """The properties that were asked for at a path."""
    [query] = {it.partition("?")[2] for it in asked(sandbox) if it.partition("?")[0] == path}
    [names] = [pair for pair in query.split("&") if pair.startswith("$select=")]
    return set(names.removeprefix("$select=").split(","))


def properties(output, stream):
    return output.schemas[stream]["schema"]["properties"]


# Streams


def test_a_deselected_stream_is_neither_asked_for_nor_written(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(sandbox.unpaced(), streams=["users"])
    assert set(output.schemas) == set(output.records) == {"users"}
    assert sandbox.count() == {"GET /users": 1}


@pytest.mark.parametrize("streams", [[], ["sync_issues", "sync_runs"]])
def test_a_catalog_that_selects_nothing_of_graphs_is_refused(open_sandbox, streams):
    sandbox = open_sandbox()
    with pytest.raises(CatalogError, match="nothing is selected"):
        run_tap(sandbox.unpaced(), streams=streams)
    assert sandbox.count() == {}


@pytest.mark.parametrize("streams", [["members"], ["channels", "members"], ["messages"]])
def test_a_parent_that_is_not_selected_is_asked_for_its_id_alone_and_once(open_sandbox, streams):
    sandbox = open_sandbox()
    output = run_tap(sandbox.unpaced(), streams=streams)
    assert [path for path in asked(sandbox) if path.startswith("/teams?")] == ["/teams?$select=id"]
    assert set(output.schemas) == set(streams)


def test_users_are_asked_for_their_id_alone_where_only_presence_is_selected(open_sandbox):
    sandbox = open_sandbox()
    run_tap(sandbox.unpaced(), streams=["presence"])
    assert asked(sandbox) == [
        "/users?$select=id&$top=999",
        "/communications/getPresencesByUserId",
    ]


@pytest.mark.parametrize("auth", ["service_principal", "refresh_token"])
def test_parents_are_listed_once_whoever_needs_them(open_sandbox, auth):
    sandbox = open_sandbox(auth=auth, export=False)
    run_tap(sandbox.unpaced(), streams=NAMES)
    assert len(asked(sandbox)) == len(set(asked(sandbox)))


# Properties


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        ("users.mail", "/users"),
        ("channels.description", "/teams/{}/allChannels"),
        ("members.roles", "/teams/{}/members"),
        ("teams.webUrl", "/teams/{}"),
        ("messages.body", None),
        ("presence.activity", None),
    ],
)
def test_a_deselected_property_is_neither_asked_for_nor_written(open_sandbox, path, endpoint):
    sandbox = open_sandbox(tenant={**SMALL, "teams": 1})
    [team] = sandbox.tenant.teams
    stream, name = path.split(".")
    output = run_tap(sandbox.unpaced(), catalog=chosen([stream], without=[path]))
    assert output.records[stream]
    assert not any(name in row for row in output.records[stream])
    assert name not in properties(output, stream)
    if endpoint:
        names = selected(sandbox, endpoint.format(team))
        assert name not in names
        assert names <= {"id", *properties(output, stream)}


def test_what_the_tap_adds_is_not_asked_for(open_sandbox):
    sandbox = open_sandbox(tenant={**SMALL, "teams": 1})
    [team] = sandbox.tenant.teams
    output = run_tap(sandbox.unpaced(), streams=["channels", "members"])
    assert "teamId" not in selected(sandbox, f"/teams/{team}/allChannels")
    assert "teamId" not in selected(sandbox, f"/teams/{team}/members")
    assert {row["teamId"] for row in output.records["members"]} == {team}


@pytest.mark.parametrize("stream", NAMES)
def test_keys_are_written_even_where_nothing_is_selected(open_sandbox, stream):
    sandbox = open_sandbox()
    output = run_tap(sandbox.unpaced(), catalog=chosen([stream], only=[f"{stream}.nothing"]))
    keys = output.schemas[stream]["key_properties"]
    bookmarks = output.schemas[stream].get("bookmark_properties") or []
    assert output.records[stream]
    assert all(set(row) == {*keys, *bookmarks} for row in output.records[stream])
    assert set(properties(output, stream)) == {*keys, *bookmarks}


@pytest.mark.parametrize("export", [True, False], ids=["export", "list"])
def test_deselected_nested_properties_are_not_written(open_sandbox, export):
    sandbox = open_sandbox(export=export)
    paths = ["messages.body.contentType", "messages.from.user.displayName"]
    output = run_tap(sandbox.unpaced(), catalog=chosen(["messages"], without=paths))
    plain = run_tap(sandbox.unpaced(), streams=["messages"]).rows("messages")
    assert set(properties(output, "messages")["body"]["properties"]) == {"content"}
    assert set(properties(output, "messages")["from"]["properties"]["user"]["properties"]) == {"id"}
    for key, row in output.rows("messages").items():
        whole = plain[key]
        whole["body"].pop("contentType")
        if (whole["from"] or {}).get("user"):
            whole["from"]["user"].pop("displayName")
        assert row == whole


def test_a_nested_property_may_be_the_only_one_left(open_sandbox):
    sandbox = open_sandbox()
    catalog = chosen(["teams"], without=["teams.summary.guestsCount", "teams.summary.ownersCount"])
    output = run_tap(sandbox.unpaced(), catalog=catalog)
    assert {tuple(row["summary"]) for row in output.records["teams"]} == {("membersCount",)}


@pytest.mark.parametrize("refused", ["", "/teams/{id}"], ids=["everywhere", "for single teams"])
@pytest.mark.parametrize("stream", ["teams", "channels", "members", "users"])
def test_a_graph_that_refuses_selections_is_read_whole_and_cut_down_here(
    open_sandbox, caplog, stream, refused
):
    caplog.set_level("INFO")
    sandbox = open_sandbox()
    only = [f"{stream}.{name}" for name in ("displayName", "webUrl", "email", "mail")]
    catalog = chosen([stream], only=only)
    expected = run_tap(sandbox.unpaced(), catalog=catalog).rows(stream)
    sandbox.service.graph._routes = Routes(
        replace(it, options=it.options - {"$select"}) if refused in {"", it.path} else it
        for it in ENDPOINTS
    )
    output = run_tap(sandbox.unpaced(), catalog=catalog)
    assert output.code == 0
    assert output.rows(stream) == expected
    refusals = {line for line in caplog.messages if "Graph refuses $select" in line}
    told = {line for line in refusals if line.startswith("notice: ")}
    assert {line.partition(":")[0] for line in refusals - told} <= {stream, "teams"}
    assert len(told) <= 2
    assert told or refused


# What costs


COSTLY = [
    "channels.email",
    "channels.summary",
    "users.aboutMe",
    "users.signInActivity",
]


@pytest.mark.parametrize("path", COSTLY)
def test_what_costs_is_only_read_when_selected_by_name(open_sandbox, path):
    sandbox = open_sandbox()
    stream, name = path.split(".")
    for catalog in (None, selection([stream])):
        output = run_tap(sandbox.unpaced(), catalog=catalog)
        assert name not in properties(output, stream)
        assert not any(name in row for row in output.records[stream])
        queries = [it.path for it in sandbox.requests if it.pattern.lower().endswith(stream)]
        assert queries
        assert not any(name in query for query in queries)
    output = run_tap(sandbox.unpaced(), catalog=chosen([stream], also=[path]))
    assert any(row[name] for row in output.records[stream])


def test_the_catalog_says_what_is_only_read_when_selected_by_name():
    defaults = {
        f"{entry['tap_stream_id']}.{item['breadcrumb'][-1]}"
        for entry in selection(NAMES)["streams"]
        if entry["tap_stream_id"] in NAMES
        for item in entry["metadata"]
        if item["breadcrumb"] and item["metadata"].get("selected-by-default") is False
    }
    costly = {
        f"{stream.name}.{name}"
        for stream in STREAMS
        for name in stream.on_request
        if stream.name in NAMES
    }
    assert defaults == costly
    assert {path for path in COSTLY if path.partition(".")[0] in NAMES} <= costly


def test_what_is_kept_outside_of_the_directory_costs_one_request_a_user(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(sandbox.unpaced(), catalog=chosen(["users"], also=["users.skills"]))
    shown = {row["id"]: row["skills"] for row in sandbox.tenant.expected("users")}
    assert {row["id"]: row["skills"] for row in output.records["users"]} == shown
    assert sandbox.count() == {"GET /users": 1, "GET /users/{id}": len(shown)}


def test_what_needs_a_permission_of_its_own_is_null_without_it(open_sandbox):
    also, name = ["users.employeeLeaveDateTime"], "employeeLeaveDateTime"
    filled = []
    for without in ((), ("User-LifeCycleInfo.Read.All",)):
        sandbox = open_sandbox(roles=granted(without=without))
        output = run_tap(sandbox.unpaced(), catalog=chosen(["users"], also=also))
        assert output.code == 0
        filled.append(any(row[name] for row in output.records["users"]))
    assert filled == [True, False]


def test_the_address_of_a_channel_costs_no_request(open_sandbox):
    sandbox = open_sandbox()
    run_tap(sandbox.unpaced(), catalog=chosen(["channels"], also=["channels.email"]))
    assert sandbox.count() == {"GET /teams": 1, "GET /teams/{id}/allChannels": 3}


def test_the_summary_of_a_channel_costs_one_request_a_channel(open_sandbox):
    sandbox = open_sandbox()
    output = run_tap(sandbox.unpaced(), catalog=chosen(["channels"], also=["channels.summary"]))
    own = [it for it in output.records["channels"] if it["hostTeamId"] == it["teamId"]]
    assert [bool(it["summary"]) for it in own] == [True] * 9
    assert sandbox.count() == {
        "GET /teams": 1,
        "GET /teams/{id}/allChannels": 3,
        "GET /teams/{id}/channels/{id}": 9,
    }


@pytest.mark.parametrize(
    ("auth", "listing"),
    [("service_principal", "GET /teams"), ("refresh_token", "GET /me/joinedTeams")],
)
def test_teams_are_asked_for_one_by_one_only_for_what_their_list_lacks(open_sandbox, auth, listing):
    sandbox = open_sandbox(auth=auth)
    only = ["teams.displayName", "teams.description"]
    output = run_tap(sandbox.unpaced(), catalog=chosen(["teams"], only=only))
    names = {team.name for team in sandbox.tenant.teams.values()}
    assert {row["displayName"] for row in output.records["teams"]} <= names
    assert sandbox.count() == {listing: 1}
    again = run_tap(sandbox.unpaced(), catalog=chosen(["teams"], only=[*only, "teams.summary"]))
    assert all(row["summary"]["membersCount"] for row in again.records["teams"])
    teams = len(output.records["teams"])
    assert sandbox.count() == {listing: 2, "GET /teams/{id}": teams}


# The fewest requests


def pages(rows, most, page_size):
    return max(1, ceil(rows / min(most, page_size or most)))


def listings(tenant, page_size):
    """The requests for everything but messages, as an application."""
    teams = tenant.teams.values()
    return Counter(
        {
            "GET /teams": pages(len(teams), 100, page_size),
            "GET /teams/{id}": len(teams),
            "GET /teams/{id}/allChannels": len(teams),
            "GET /teams/{id}/members": sum(
                pages(len(list(team.members())), 999, page_size) for team in teams
            ),
            "GET /users": pages(len(tenant.people), 999, page_size),
            "POST /communications/getPresencesByUserId": ceil(len(tenant.people) / 650),
        }
    )


def chains(channel, page_size):
    """The requests for the list of a channel."""
    return pages(len(channel.newest(None, 10**9)), 50, page_size)


EXPORT = "GET /teams/{id}/channels/getAllMessages"
LIST = "GET /teams/{id}/channels/{id}/messages"
every_page_size = pytest.mark.parametrize("page_size", [None, 17, 2])


@every_page_size
def test_an_application_makes_the_fewest_requests(open_sandbox, page_size):
    sandbox = open_sandbox(page_size=page_size)
    run_tap(sandbox.unpaced(), streams=NAMES)
    exports = sum(
        pages(len(team.export(*ALWAYS)), 250, page_size) for team in sandbox.tenant.teams.values()
    )
    assert sandbox.count() == listings(sandbox.tenant, page_size) + Counter({EXPORT: exports})


@pytest.mark.parametrize(
    ("page_size", "refusal"),
    [(None, 402), (17, 403), (2, 402), (None, 405), (None, 412), (None, 501)],
)
def test_an_application_without_the_export_makes_one_request_more_than_the_fewest(
    open_sandbox, page_size, refusal
):
    sandbox = open_sandbox(page_size=page_size, export=False, export_refusal=refusal)
    run_tap(sandbox.unpaced(), streams=NAMES)
    channels = [it for team in sandbox.tenant.teams.values() for it in team.channels.values()]
    lists = sum(chains(channel, page_size) for channel in channels)
    expected = listings(sandbox.tenant, page_size) + Counter({EXPORT: 1, LIST: lists})
    assert sandbox.count() == expected


@every_page_size
def test_a_user_makes_the_fewest_requests(open_sandbox, page_size):
    sandbox = open_sandbox(auth="refresh_token", page_size=page_size)
    run_tap(sandbox.unpaced(), streams=["channels", "messages"])
    me = sandbox.tenant.me
    mine = [team for team in sandbox.tenant.teams.values() if me in team.people]
    channels = [it for team in mine for it in team.channels.values() if me in it.audience]
    assert sandbox.count() == {
        "GET /me/joinedTeams": 1,
        "GET /teams/{id}/allChannels": len(mine),
        LIST: sum(chains(channel, page_size) for channel in channels),
    }


@pytest.mark.parametrize("many", [650, 651, 1301])
def test_presence_is_asked_for_in_chunks(open_sandbox, many):
    sandbox = open_sandbox(tenant={**SMALL, "teams": 0, "users": many})
    output = run_tap(sandbox.unpaced(), streams=["presence"])
    assert len(output.records["presence"]) == many
    assert sandbox.count()["POST /communications/getPresencesByUserId"] == ceil(many / 650)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, {"GET /teams": 1, EXPORT: 3}),
        ({"export": False}, {"GET /teams": 1, EXPORT: 1, "GET /teams/{id}/channels": 3, LIST: 9}),
    ],
    ids=["export", "list"],
)
def test_a_run_without_changes_makes_the_fewest_requests(options, expected):
    tenant = Tenant(**SMALL)
    with Sandbox(tenant=tenant, page_size=17, **options) as sandbox:
        state = run_tap(sandbox.unpaced(), streams=["messages"]).state
    with Sandbox(tenant=tenant, page_size=17, **options) as sandbox:
        output = run_tap(sandbox.unpaced(), streams=["messages"], state=state)
        assert not output.records
        assert sandbox.count() == expected


def test_what_the_list_of_a_users_teams_gives_needs_no_detail(open_sandbox):
    sandbox = open_sandbox(auth="refresh_token")
    catalog = chosen({"teams"}, only={"teams.isArchived", "teams.tenantId"})
    output = run_tap(sandbox.unpaced(), catalog=catalog)
    assert all(row.keys() == {"id", "isArchived", "tenantId"} for row in output.records["teams"])
    assert set(sandbox.count()) == {"GET /me/joinedTeams"}
