from __future__ import annotations

import io
import json
import socket
from datetime import UTC, datetime, timedelta

import pytest
import requests
from tap_msteams.graph import Answer, Decoder, Graph, Request

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.errors import (
    RejectedError,
    TapError,
    TokenRejectedError,
    UnavailableError,
)
from tap_msteams.settings import Settings
from tap_msteams.transport import session
from tap_msteams_sandbox import certificate

ROW = {"id": "1", "displayName": "Ada", "from": {"user": {"id": "2", "tenantId": "3"}}}
TEAMS = "/teams?$select=id"


def body(*rows, **links):
    named = {f"@odata.{name}": link for name, link in links.items()}
    return json.dumps({"@odata.context": "x", "value": rows, **named}).encode()


def read(decoder, *rows, first=True):
    return read_body(decoder, body(*rows), first=first)


def read_body(decoder, content, **asked):
    return decoder.read(
        Answer(Request("/things", decoder, **asked), {}, content, datetime.now(UTC))
    )


def connected(sandbox, **changes):
    """A Graph client for a sandbox."""
    settings = Settings.from_config({**sandbox.config(), **changes})
    return Graph(
        settings.graph_url,
        session(settings),
        GraphAuthenticator.from_settings(settings, backoff=0),
    )


def pages(graph, url, *properties):
    """All pages of a collection, no more than a sandbox can have."""
    request = Request(url, Decoder(properties or ("id",)))
    for _ in range(100):
        yield (page := graph.send(request).page())
        if (request := request.following(page)) is None:
            return


def asked(sandbox):
    """What was asked of the sandbox, byte for byte."""
    return [entry.path for entry in sandbox.requests]


# Decoding


def test_a_record_has_what_was_asked_for_and_nothing_else():
    page = read(Decoder(["id", "displayName"]), ROW, {"id": "2"})
    assert page.value == [{"id": "1", "displayName": "Ada"}, {"id": "2"}]


def test_null_is_kept_and_absence_is_not_made_null():
    page = read(Decoder(["id", "mail", "jobTitle"]), {"id": "1", "mail": None})
    assert page.value == [{"id": "1", "mail": None}]


def test_nested_keys_that_nobody_declared_are_kept():
    nested = {"@odata.type": "#microsoft.graph.x", "new": [{"@odata.type": "#y", "deep": 1}]}
    page = read(Decoder(["id", "eventDetail"]), {"id": "1", "eventDetail": nested})
    assert page.value == [{"id": "1", "eventDetail": nested}]


def test_top_level_keys_that_nobody_declared_are_named():
    row = {**ROW, "brandNew": 1, "@odata.type": "#x", "replies@odata.count": 1}
    page = read(Decoder(["id"], declared=["id", "displayName", "from"]), row)
    assert page.undeclared == {"brandNew"}


def test_what_is_declared_or_asked_for_is_not_named():
    decoder = Decoder(["id", "replies"], declared=ROW)
    assert read(decoder, {**ROW, "replies": []}).undeclared == frozenset()


def test_only_first_pages_are_searched_for_what_nobody_declared():
    assert read(Decoder(["id"]), ROW, first=False).undeclared == frozenset()
    assert read(Decoder(["id"])).undeclared == frozenset()


def test_a_single_entity_is_a_page_of_one():
    content = b'{"@odata.context":"c","id":"1","x":{"y":1},"z":2}'
    page = read_body(Decoder(["id", "x"]), content, single=True)
    assert (page.value, page.next) == ([{"id": "1", "x": {"y": 1}}], None)


def test_numbers_and_texts_arrive_as_they_were_sent():
    row = {"id": "0012", "n": 12345678901234567890, "t": "Grüße 👋\u2028", "f": 1.5}
    assert read(Decoder(row), row).value == [row]


# Over the wire


class Wire:
    """A session that answers with given bytes, as the network would."""

    def __init__(self, content, status=200, **headers):
        self.content, self.status, self.headers = content, status, headers

    def prepare_request(self, request):
        return request.prepare()

    def send(self, prepared, *, allow_redirects, stream):
        assert stream
        assert not allow_redirects
        response = requests.Response()
        response.raw, response.status_code = io.BytesIO(self.content), self.status
        response.url = prepared.url
        response.headers.update(self.headers)
        return response


class Signature:
    """An authenticator that signs everything."""

    is_application = True

    def authenticate_request(self, prepared):
        return prepared


def answered(content, *properties, single=False, **headers):
    graph = Graph("https://graph.microsoft.com", Wire(content, **headers), Signature())
    return graph.send(Request("/x", Decoder(properties or ("id",)), single=single)).page()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (r"a\u0000b", "ab"),
        (r"\u0000\u0000", ""),
        (r"\\u0000", r"\u0000"),
        (r"\\\u0000", "\\"),
        (r"\\\\u0000", r"\\u0000"),
        (r"\u0000\\u0000\u0000", r"\u0000"),
        (r"\u00000", "0"),
        (r"\"\u0000\"", '""'),
        (r"\\n\u000a", "\\n\n"),
    ],
)
@pytest.mark.parametrize("single", [False, True])
def test_nul_is_removed_and_a_text_that_only_looks_like_it_is_kept(sent, kept, single):
    row = f'{{"id":"1","from":{{"x":["{sent}"]}}}}'
    content = row if single else f'{{"value":[{row}]}}'
    page = answered(content.encode(), "id", "from", single=single)
    assert page.value == [{"id": "1", "from": {"x": [kept]}}]


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'{"value":[{"id":', b'{"value":5}'])
def test_an_answer_that_is_no_page_is_asked_for_again(content):
    with pytest.raises(UnavailableError, match=r"/x: 200: the answer is no page") as caught:
        answered(content, **{"request-id": "trace"})
    assert caught.value.request_id == "trace"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "date", ["Fri, 20 Nov 2026 03:00:00 GMT", "Fri, 20 Nov 2026 03:00:00 -0000"]
)
def test_a_page_was_served_at_a_moment_of_graphs_clock(date):
    assert answered(body(), Date=date).served == datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.mark.parametrize("headers", [{}, {"Date": "today"}])
def test_a_page_without_a_date_was_served_just_now(headers):
    before = datetime.now(UTC)
    assert before <= answered(body(), **headers).served <= datetime.now(UTC)


def test_graphs_clock_is_the_one_that_counts():
    graph = Graph(
        "https://graph.microsoft.com",
        Wire(body(), Date="Tue, 06 May 2031 00:00:00 GMT"),
        Signature(),
    )
    graph.send(Request("/x", Decoder(["id"])))
    assert graph.started == datetime(2031, 5, 6, tzinfo=UTC)
    assert timedelta() <= graph.now() - graph.started < timedelta(minutes=1)


# Against the sandbox


def test_pages_are_followed_to_the_last(open_sandbox):
    sandbox = open_sandbox(page_size=7)
    found = [row["id"] for page in pages(connected(sandbox), "/users") for row in page.value]
    assert found == list(sandbox.tenant.users)
    assert len(asked(sandbox)) == 5


def test_an_empty_page_with_a_link_is_not_the_last(open_sandbox):
    sandbox = open_sandbox(page_size=7, faults=["empty-page:where=users,times=3"])
    found = [row["id"] for page in pages(connected(sandbox), "/users") for row in page.value]
    assert found == list(sandbox.tenant.users)


@pytest.mark.parametrize(
    "query",
    [
        "$select=id,displayName&$top=7",
        "$select=id%2CdisplayName&$top=7&x=%7E~!*'()%20",
        "$filter=startswith(displayName,'')&$top=7&flag&empty=",
        "%24top=7&$select=id&a=1+2&b=%E2%82%AC",
    ],
)
def test_links_are_followed_byte_for_byte(open_sandbox, query):
    sandbox = open_sandbox()
    graph = connected(sandbox)
    links = [page.next for page in pages(graph, f"/users?{query}")]
    assert asked(sandbox)[0] == f"/v1.0/users?{query}"
    assert len(links) == 5
    assert asked(sandbox)[1:] == [link.removeprefix(sandbox.graph_url) for link in links[:-1]]


@pytest.mark.parametrize("fault", ["link-to-itself", "link-to-start"])
def test_a_link_in_a_circle_is_left_at_once(open_sandbox, fault):
    sandbox = open_sandbox(page_size=7, faults=[f"{fault}:where=users,times=0"])
    with pytest.raises(RejectedError, match="leads back to a page already read"):
        list(pages(connected(sandbox), "/users"))
    assert len(asked(sandbox)) <= 3


def test_a_link_to_another_host_is_not_followed(open_sandbox):
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        origin = f"https://localhost:{elsewhere.getsockname()[1]}"
        sandbox = open_sandbox(page_size=7, faults=[f"link-elsewhere:where=users,origin={origin}"])
        with pytest.raises(RejectedError, match=f"a link leads to {origin}") as caught:
            list(pages(connected(sandbox), "/users"))
        elsewhere.settimeout(0)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()
    assert "$skiptoken" not in str(caught.value)


def test_every_request_says_what_the_tap_can_read_and_who_it_is(shared_sandbox):
    graph = connected(shared_sandbox, user_agent="data@contoso.example")
    seen = []
    graph._session.hooks["response"].append(
        lambda response, **_: seen.append(response.request.headers)
    )
    for _ in range(2):
        graph.send(Request(TEAMS, Decoder(["id"]))).page()
    assert shared_sandbox.requests[-1].user_agent.endswith(" data@contoso.example")
    assert {headers["Prefer"] for headers in seen} == {"include-unknown-enum-members"}
    assert len({headers["client-request-id"] for headers in seen}) == 2


def test_an_action_is_posted_with_its_body(shared_sandbox):
    ids = list(shared_sandbox.tenant.users)[:3]
    request = Request("/communications/getPresencesByUserId", Decoder(["id"]), body={"ids": ids})
    page = connected(shared_sandbox).send(request).page()
    assert [row["id"] for row in page.value] == ids


def test_values_that_came_late_into_an_enumeration_have_their_names(open_sandbox):
    sandbox = open_sandbox()
    team = next(iter(sandbox.tenant.teams))
    sandbox.tenant.add_channel(team, kind="shared")
    [page] = pages(connected(sandbox), f"/teams/{team}/channels", "membershipType")
    assert {"membershipType": "shared"} in page.value


def test_a_refusal_is_an_error_with_graphs_evidence(shared_sandbox):
    with pytest.raises(RejectedError) as caught:
        connected(shared_sandbox).send(Request("/teams?$expand=x", Decoder(["id"])))
    error = caught.value
    assert (error.status, error.code) == (400, "BadRequest")
    assert error.path == "/teams"
    assert error.request_id in str(error)
    assert len(error.request_id) == 36


def test_a_rejected_token_is_replaced_before_the_next_request(open_sandbox):
    sandbox = open_sandbox(faults=["revoke:where=teams"])
    graph = connected(sandbox)
    with pytest.raises(TokenRejectedError):
        graph.send(Request(TEAMS, Decoder(["id"]))).page()
    assert graph.send(Request(TEAMS, Decoder(["id"]))).page().value
    assert sandbox.entra.requests == 2


@pytest.mark.parametrize("fault", ["drop", "reset", "truncate", "malformed", "html", "503"])
def test_what_a_second_attempt_gets_past_is_said_to_be_so(open_sandbox, fault):
    sandbox = open_sandbox(faults=[f"{fault}:where=teams"])
    graph = connected(sandbox)
    with pytest.raises(UnavailableError) as caught:
        graph.send(Request(TEAMS, Decoder(["id"]))).page()
    assert str(caught.value).startswith("/teams: ")
    assert "\n" not in str(caught.value)
    assert sandbox.graph_url not in str(caught.value)
    assert graph.send(Request(TEAMS, Decoder(["id"]))).page().value


@pytest.fixture(scope="session")
def issued(tmp_path_factory):
    return certificate.issue(tmp_path_factory.mktemp("other"))


def test_a_certificate_that_is_not_trusted_stops_with_the_setting(shared_sandbox, issued):
    graph = connected(shared_sandbox)
    graph._session = session(
        Settings.from_config({**shared_sandbox.config(), "ca_bundle": str(issued.ca_path)})
    )
    with pytest.raises(TapError, match="certificate is not trusted") as caught:
        graph.send(Request(TEAMS, Decoder(["id"]))).page()
    assert not isinstance(caught.value, UnavailableError)
    assert "\n" not in str(caught.value)


def test_a_proxy_out_of_reach_stops_with_where_to_look(shared_sandbox, monkeypatch):
    graph = connected(shared_sandbox)
    graph.is_application  # noqa: B018 - signs in before the proxy is in the way
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{port}")
    with pytest.raises(TapError, match="check the proxy") as caught:
        graph.send(Request(TEAMS, Decoder(["id"]))).page()
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_port_where_nobody_listens_is_told_in_a_line(shared_sandbox):
    graph = connected(shared_sandbox)
    graph.is_application  # noqa: B018 - signs in at an Entra ID that listens
    with socket.create_server(("127.0.0.1", 0)) as taken:
        graph._root = graph._origin = f"https://localhost:{taken.getsockname()[1]}"
        graph._authenticator = Signature()
    with pytest.raises(UnavailableError) as caught:
        graph.send(Request(TEAMS, Decoder(["id"]))).page()
    assert not graph.reached
    told = str(graph.out_of_reach(caught.value))
    assert told.startswith(f"Graph at {graph._origin} cannot be reached: ")
    assert "check `graph_url`, the network and the proxy" in told
    assert "\n" not in told
    assert "<" not in told
