"""Laws of Graph over HTTP: requests out, answers and errors in."""

from __future__ import annotations

import io
import socket
from datetime import UTC, datetime, timedelta

import pytest
import requests
import urllib3
from msgspec import Raw
from requests.adapters import BaseAdapter

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.client import Graph, Request, RowDecoder
from tap_msteams.errors import (
    MissingError,
    RejectedError,
    TapError,
    TokenRejectedError,
    UnavailableError,
)
from tap_msteams.settings import Settings
from tap_msteams.transport import session
from tap_msteams_sandbox import certificate
from tests.client.fake_graph import IDS, connected, get

TEAMS = "/teams?$select=id"


def graph_of(sandbox, **changes):
    """Graph, as a sandbox is."""
    settings = Settings.from_config({**sandbox.config(), **changes})
    return Graph(
        settings.graph_url,
        session(settings),
        GraphAuthenticator.from_settings(settings, backoff=0),
    )


async def pages(graph, url, *properties):
    """All pages of a collection, no more than a sandbox can have."""
    found = []
    request = Request(url, RowDecoder({"id": str}, properties or ("id",)))
    async with connected(graph) as client:
        async for page in client.stream("things").pages(request):
            found.append(page)
            assert len(found) < 100
    return found


async def ids(graph, url):
    return [row["id"] for page in await pages(graph, url) for row in page.rows]


def asked(sandbox):
    """What was asked of the sandbox, byte for byte."""
    return [entry.path for entry in sandbox.requests]


# Over the wire


class Wire(BaseAdapter):
    """Answers with given bytes, as the network would."""

    def __init__(self, content, status=200, **headers):
        super().__init__()
        self.content, self.status, self.headers = content, status, headers
        self.asked = []

    def send(self, request, *, stream=False, **_):
        assert stream
        self.asked.append(request)
        response = requests.Response()
        response.raw = urllib3.HTTPResponse(io.BytesIO(self.content), preload_content=False)
        response.status_code = self.status
        response.url, response.request = request.url, request
        response.headers.update(self.headers)
        return response

    def close(self):
        """Nothing is open."""


class Signature:
    """Signs whatever is asked of Graph."""

    def authenticate_request(self, prepared):
        prepared.headers["Authorization"] = "Bearer secret"
        return prepared


SIGNATURE = Signature()


def wired(content, status=200, **headers):
    """Graph at the end of a wire."""
    return at_the_end_of(Wire(content, status, **headers))


def at_the_end_of(wire, **elsewhere):
    """Graph at the end of a wire, and other hosts at the ends of others."""
    way = requests.Session()
    way.mount("https://", wire)
    for host, other in elsewhere.items():
        way.mount(f"https://{host}.example/", other)
    return Graph("https://graph.microsoft.com", way, SIGNATURE)


def answered(content, **headers):
    return wired(content, **headers).send(get("/x")).page()


EMPTY = b'{"value":[]}'


def test_every_request_says_what_the_tap_can_read_and_has_a_name_of_its_own():
    wire = Wire(EMPTY)
    graph = at_the_end_of(wire)
    for request in (get("/x"), get("/x"), Request("/x", IDS, body={}, headers={"A": "b"})):
        graph.send(request)
    headers = [request.headers for request in wire.asked]
    assert {it["Prefer"] for it in headers} == {"include-unknown-enum-members"}
    assert len({it["client-request-id"] for it in headers}) == 3
    assert [it.get("A") for it in headers] == [None, None, "b"]


def test_an_answer_that_is_no_page_has_graphs_evidence():
    with pytest.raises(UnavailableError, match=r"/x: 200: the answer is no page") as caught:
        answered(b"<html>", **{"request-id": "trace"})
    assert caught.value.request_id == "trace"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("nested", [b"[" * 100_000, b'{"error":' * 100_000])
def test_an_error_of_many_levels_is_told_in_a_line(nested):
    with pytest.raises(MissingError, match="/x: 404") as caught:
        wired(nested, 404, **{"request-id": "trace"}).send(get("/x"))
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "date", ["Fri, 20 Nov 2026 03:00:00 GMT", "Fri, 20 Nov 2026 03:00:00 -0000"]
)
def test_a_page_was_served_at_a_moment_of_graphs_clock(date):
    assert answered(EMPTY, Date=date).served == datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.mark.parametrize("headers", [{}, {"Date": "today"}])
def test_a_page_without_a_date_was_served_just_now(headers):
    before = datetime.now(UTC)
    assert before <= answered(EMPTY, **headers).served <= datetime.now(UTC)


def test_graphs_clock_is_the_one_that_counts():
    graph = wired(EMPTY, Date="Tue, 06 May 2031 00:00:00 GMT")
    graph.send(get("/x"))
    assert graph.started == datetime(2031, 5, 6, tzinfo=UTC)
    assert timedelta() <= graph.now() - graph.started < timedelta(minutes=1)


# Downloads


def download(files, location="https://files.example/report?signed"):
    """What comes of a request that Graph redirects, and the wire to Graph."""
    graph = Wire(b"", 302, Location=location, **{"request-id": "trace"})
    request = Request("/x", IDS, elsewhere=True)
    return at_the_end_of(graph, files=files).send(request), graph


def test_a_download_is_read_where_graph_says_and_gets_no_token():
    files = Wire(b'{"value":[{"id":"1"}]}')
    answer, graph = download(files)
    [signed], [unsigned] = graph.asked, files.asked

    assert [row["id"] for row in answer.page().rows] == ["1"]
    assert unsigned.url == "https://files.example/report?signed"
    assert signed.headers["Authorization"] == "Bearer secret"
    assert "Authorization" not in unsigned.headers
    assert "client-request-id" not in unsigned.headers
    assert {it.headers["Accept-Encoding"] for it in (signed, unsigned)} == {"gzip"}


@pytest.mark.parametrize("status", [302, 403, 404, 410, 503])
def test_a_download_that_is_refused_may_be_asked_for_again(status):
    files = Wire(b"", status, Location="https://files.example/further")
    with pytest.raises(UnavailableError, match=f"/x: {status}: the download was refused"):
        download(files)
    assert len(files.asked) == 1


@pytest.mark.parametrize("location", ["http://files.example/report", "file:///etc/passwd"])
def test_a_download_that_would_not_be_safe_is_not_followed(location):
    files = Wire(b"")
    with pytest.raises(RejectedError, match="not https: not followed"):
        download(files, location)
    assert files.asked == []


def test_a_redirect_that_nobody_waits_for_is_not_followed():
    files = Wire(EMPTY)
    graph = Wire(b"", 302, Location="https://files.example/report", **{"request-id": "trace"})
    with pytest.raises(RejectedError, match="/x: 302"):
        at_the_end_of(graph, files=files).send(get("/x"))
    assert files.asked == []


# Against the sandbox


async def test_pages_are_followed_to_the_last(open_sandbox):
    sandbox = open_sandbox(page_size=7)
    assert await ids(graph_of(sandbox), "/users") == list(sandbox.tenant.users)
    assert len(asked(sandbox)) == 5


async def test_an_empty_page_with_a_link_is_not_the_last(open_sandbox):
    sandbox = open_sandbox(page_size=7, faults=["empty-page:where=users,times=3"])
    assert await ids(graph_of(sandbox), "/users") == list(sandbox.tenant.users)


@pytest.mark.parametrize(
    "query",
    [
        "$select=id,displayName&$top=7",
        "$select=id%2CdisplayName&$top=7&x=%7E~!*'()%20",
        "$filter=startswith(displayName,'')&$top=7&flag&empty=",
        "%24top=7&$select=id&a=1+2&b=%E2%82%AC",
    ],
)
async def test_links_are_followed_byte_for_byte(open_sandbox, query):
    sandbox = open_sandbox()
    links = [page.next for page in await pages(graph_of(sandbox), f"/users?{query}")]
    assert asked(sandbox)[0] == f"/v1.0/users?{query}"
    assert len(links) == 5
    assert asked(sandbox)[1:] == [link.removeprefix(sandbox.graph_url) for link in links[:-1]]


@pytest.mark.parametrize("fault", ["link-to-itself", "link-to-start"])
async def test_a_link_in_a_circle_is_left_at_once(open_sandbox, fault):
    sandbox = open_sandbox(page_size=7, faults=[f"{fault}:where=users,times=0"])
    with pytest.raises(RejectedError, match="leads back to a page already read"):
        await pages(graph_of(sandbox), "/users")
    assert len(asked(sandbox)) <= 3


async def test_a_link_to_another_host_is_not_followed(open_sandbox):
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        origin = f"https://localhost:{elsewhere.getsockname()[1]}"
        sandbox = open_sandbox(page_size=7, faults=[f"link-elsewhere:where=users,origin={origin}"])
        with pytest.raises(RejectedError, match=f"a link leads to {origin}") as caught:
            await pages(graph_of(sandbox), "/users")
        elsewhere.settimeout(0)
        with pytest.raises(BlockingIOError):
            elsewhere.accept()
    assert "$skiptoken" not in str(caught.value)


def test_every_request_says_who_asks(shared_sandbox):
    graph = graph_of(shared_sandbox, user_agent="data@contoso.example")
    graph.send(get(TEAMS)).page()
    assert shared_sandbox.requests[-1].user_agent.endswith(" data@contoso.example")


def test_an_action_is_posted_with_its_body(shared_sandbox):
    people = list(shared_sandbox.tenant.users)[:3]
    request = Request("/communications/getPresencesByUserId", IDS, body={"ids": people})
    page = graph_of(shared_sandbox).send(request).page()
    assert [row["id"] for row in page.rows] == people


async def test_values_that_came_late_into_an_enumeration_have_their_names(open_sandbox):
    sandbox = open_sandbox()
    team = next(iter(sandbox.tenant.teams))
    sandbox.tenant.add_channel(team, kind="shared")
    [page] = await pages(graph_of(sandbox), f"/teams/{team}/channels", "membershipType")
    assert {"membershipType": Raw(b'"shared"')} in [row.values for row in page.rows]


def test_a_refusal_is_an_error_with_graphs_evidence(shared_sandbox):
    with pytest.raises(RejectedError) as caught:
        graph_of(shared_sandbox).send(get("/teams?$expand=x"))
    error = caught.value
    assert (error.status, error.code) == (400, "BadRequest")
    assert error.path == "/teams"
    assert error.request_id in str(error)
    assert len(error.request_id) == 36


def test_a_rejected_token_is_replaced_before_the_next_request(open_sandbox):
    sandbox = open_sandbox(faults=["revoke:where=teams"])
    graph = graph_of(sandbox)
    with pytest.raises(TokenRejectedError):
        graph.send(get(TEAMS)).page()
    assert graph.send(get(TEAMS)).page().rows
    assert sandbox.entra.requests == 2


@pytest.mark.parametrize("fault", ["drop", "reset", "truncate", "malformed", "html", "503"])
def test_what_a_second_attempt_gets_past_is_said_to_be_so(open_sandbox, fault):
    sandbox = open_sandbox(faults=[f"{fault}:where=teams"])
    graph = graph_of(sandbox)
    with pytest.raises(UnavailableError) as caught:
        graph.send(get(TEAMS)).page()
    assert str(caught.value).startswith("/teams: ")
    assert "\n" not in str(caught.value)
    assert sandbox.graph_url not in str(caught.value)
    assert graph.send(get(TEAMS)).page().rows


@pytest.fixture(scope="session")
def issued(tmp_path_factory):
    return certificate.issue(tmp_path_factory.mktemp("other"))


def test_a_certificate_that_is_not_trusted_stops_with_the_setting(shared_sandbox, issued):
    graph = graph_of(shared_sandbox)
    graph._session = session(
        Settings.from_config({**shared_sandbox.config(), "ca_bundle": str(issued.ca_path)})
    )
    with pytest.raises(TapError, match="certificate is not trusted") as caught:
        graph.send(get(TEAMS)).page()
    assert not isinstance(caught.value, UnavailableError)
    assert "\n" not in str(caught.value)


def test_a_proxy_out_of_reach_stops_with_where_to_look(shared_sandbox, monkeypatch, closed_port):
    graph = graph_of(shared_sandbox)
    graph.is_application  # noqa: B018 - signs in before the proxy is in the way
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{closed_port}")
    with pytest.raises(TapError, match="check the proxy") as caught:
        graph.send(get(TEAMS)).page()
    assert "hunter2" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_port_where_nobody_listens_is_told_in_a_line(shared_sandbox, closed_port):
    graph = graph_of(shared_sandbox)
    graph.is_application  # noqa: B018 - signs in at an Entra ID that listens
    graph._root = graph._origin = f"https://localhost:{closed_port}"
    graph._authenticator = SIGNATURE
    with pytest.raises(UnavailableError) as caught:
        graph.send(get(TEAMS)).page()
    assert not graph.reached
    told = str(graph.fatal(caught.value))
    assert told.startswith(f"Graph at {graph._origin} cannot be reached: ")
    assert "check 'graph_url' (env TAP_MSTEAMS_GRAPH_URL), the network and the proxy" in told
    assert "\n" not in told
    assert "<" not in told
