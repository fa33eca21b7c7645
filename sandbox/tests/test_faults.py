from __future__ import annotations

from contextlib import suppress
from email.utils import parsedate_to_datetime

import pytest
import requests

from tap_msteams_sandbox import Fault, FaultError, Tenant
from tap_msteams_sandbox.faults import KINDS

BROKEN = (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)
EXPORT = "/teams/{id}/channels/getAllMessages?$top=20"


@pytest.fixture
def struck(open_client):
    """Opens a sandbox with faults; its client and the path of its first team's export."""

    def opened(*faults, **options):
        client = open_client(faults=faults, **options)
        return client, EXPORT.format(id=next(iter(client.sandbox.tenant.teams)))

    return opened


def test_nothing_goes_wrong_unless_it_is_planned(struck):
    client, path = struck()
    assert {client.get(it).status_code for it in 10 * ("/teams", "/users", path)} == {200}


@pytest.mark.parametrize(
    ("spec", "status", "code"),
    [
        ("429", 429, "TooManyRequests"),
        ("429:status=503", 503, "TooManyRequests"),
        ("500", 500, "UnknownError"),
        ("502", 502, "UnknownError"),
        ("503", 503, "serviceNotAvailable"),
        ("504", 504, "UnknownError"),
        ("402", 402, "PaymentRequired"),
        ("501", 501, "NotImplemented"),
        ("401", 401, "InvalidAuthenticationToken"),
        ("403", 403, "UnknownError"),
        ("404", 404, "NotFound"),
    ],
)
def test_refusals_come_in_graphs_shape_and_pass_by(struck, spec, status, code):
    client, path = struck(spec)

    first, second = client.get(path), client.get(path)

    assert (first.status_code, second.status_code) == (status, 200)
    assert first.json()["error"]["code"] == code
    assert [entry.status for entry in client.sandbox.requests] == [status, 200]


@pytest.mark.parametrize(
    ("spec", "header"),
    [
        ("429", "1"),
        ("429:retry_after=2.128", "2.128"),
        ("429:retry_after=none", None),
        ("503", None),
        ("503:retry_after=4", "4"),
    ],
)
def test_waiting_times_are_said_as_planned(struck, spec, header):
    client, path = struck(spec)

    assert client.get(path).headers.get("Retry-After") == header


def test_a_throttled_answer_can_hide_behind_a_good_status(struck):
    client, path = struck("429:status=200,retry_after=3")

    response = client.get(path)

    assert (response.status_code, response.headers["Retry-After"]) == (200, "3")
    assert response.json()["error"]["innerError"]["code"] == "429"


def test_a_waiting_time_can_be_a_date(struck):
    client, path = struck("429:retry_after=date", clock=lambda: 1_800_000_000.0)

    response = client.get(path)

    wait = parsedate_to_datetime(response.headers["Retry-After"])
    assert (wait - parsedate_to_datetime(response.headers["Date"])).total_seconds() == 2


@pytest.mark.parametrize("spec", ["drop", "reset", "truncate", "reset:share=0.5"])
def test_connections_break_before_or_within_an_answer(struck, spec):
    client, path = struck(spec)

    with pytest.raises(BROKEN):
        client.get(path)
    assert client.get(path).status_code == 200


@pytest.mark.parametrize("share", ["0", "0.5"])
def test_a_stalled_connection_says_nothing_more(struck, share):
    client, path = struck(f"stall:share={share}")

    with pytest.raises((requests.exceptions.ReadTimeout, requests.exceptions.ConnectionError)):
        client.session.get(client.root + path, timeout=0.1)


def test_a_stalled_connection_ends_at_last(struck):
    client, path = struck("stall:seconds=0.01")

    with pytest.raises(BROKEN):
        client.get(path)


@pytest.mark.parametrize("others", [(), ("repeat-row:after=9",)], ids=["alone", "with repeats"])
def test_json_can_be_malformed_though_its_length_is_right(struck, others):
    client, path = struck("malformed", *others)

    response = client.get(path)

    assert response.status_code == 200
    with pytest.raises(requests.exceptions.JSONDecodeError):
        response.json()


@pytest.mark.parametrize("status", [502, 200])
def test_a_proxy_can_answer_in_html(struck, status):
    client, path = struck(f"html:status={status}")

    response = client.get(path)

    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.text.startswith("<!DOCTYPE html>")


def test_revoked_tokens_stay_revoked_and_so_do_the_refresh_tokens(struck):
    client, path = struck("revoke:after=1", auth="refresh_token")

    assert client.get("/teams").status_code == 200
    assert [client.get("/teams").status_code for _ in range(2)] == [401, 401]
    with pytest.raises(KeyError):
        client.sign_in()
    del path


def test_a_missing_role_is_named(struck):
    client, path = struck("403:permission=ChannelMessage.Read.All")

    text = client.get(path).json()["error"]["message"]

    assert "API requires one of 'ChannelMessage.Read.All'" in text


def test_a_team_can_be_deleted_while_it_is_read(struck):
    client, path = struck("delete-team:after=1")

    link = client.get(path).json()["@odata.nextLink"]

    assert client.get(link).status_code == 404
    assert client.get(path).status_code == 404
    assert len(client.rows("/teams")) == 2


def test_the_tenant_can_change_while_it_is_read(struck):
    client, path = struck("change:after=2")
    before = len(list(client.sandbox.tenant.expected()))

    link = client.get(path).json()["@odata.nextLink"]
    link = client.get(link).json()["@odata.nextLink"]
    assert len(list(client.sandbox.tenant.expected())) == before
    client.get(link)

    assert len(list(client.sandbox.tenant.expected())) > before


@pytest.mark.parametrize("after", [0, 1, 2])
def test_empty_pages_cost_a_request_and_no_row(struck, after):
    client, path = struck(f"empty-page:after={after},times=3,where=getAllMessages")
    expected = struck()[0].rows(path)

    pages = list(client.pages(path))

    seen = [row["id"] for page in pages for row in page["value"]]
    assert seen == [row["id"] for row in expected]
    assert sum(page["value"] == [] for page in pages) == 3
    links = [page.get("@odata.nextLink") for page in pages]
    assert len(set(links)) == len(links)


def test_an_empty_page_may_come_before_a_list_that_has_no_pages(struck):
    client, _ = struck("empty-page:times=2,where=/channels")
    path = f"/teams/{next(iter(client.sandbox.tenant.teams))}/channels"

    shown = client.rows(path)

    assert shown == client.rows(path)
    assert len(client.sandbox.requests) == 4
    assert client.get(f"{path}?$skiptoken=abc").status_code == 400


def test_a_next_link_can_lead_to_itself(struck):
    client, path = struck("link-to-itself:after=1")
    link = client.get(path).json()["@odata.nextLink"]

    assert client.get(link).json()["@odata.nextLink"] == link


def test_a_next_link_can_lead_back_to_the_start(struck):
    client, path = struck("link-to-start:after=1")
    link = client.get(path).json()["@odata.nextLink"]

    assert client.get(link).json()["@odata.nextLink"] == client.root + path


def test_a_next_link_can_lead_to_another_host(struck):
    client, path = struck("link-elsewhere", "link-elsewhere:origin=https://127.0.0.1:1")

    links = [client.get(path).json()["@odata.nextLink"] for _ in range(2)]

    assert links[0].startswith("https://graph.example/v1.0/teams/")
    assert links[1].startswith("https://127.0.0.1:1/v1.0/teams/")


def test_a_row_can_come_on_two_pages(struck):
    client, path = struck("repeat-row:after=1")

    pages = list(client.pages(path))

    assert pages[1]["value"][0] == pages[0]["value"][-1]
    rows = [row["id"] for page in pages for row in page["value"]]
    assert len(rows) == len(set(rows)) + 1


def test_a_full_page_of_inline_replies_can_come_without_a_link(struck):
    client, _ = struck("no-replies-link:where=expand", inline_replies=4)
    tenant = client.sandbox.tenant
    team = next(iter(tenant.teams.values()))
    channel = next(iter(team.channels))
    post = tenant.post(team.id, channel)
    for _ in range(6):
        tenant.reply(team.id, channel, post)
    path = f"/teams/{team.id}/channels/{channel}/messages?$top=1&$expand=replies"

    first, second = (client.get(path).json()["value"][0] for _ in range(2))

    assert len(first["replies"]) == 4
    assert "replies@odata.nextLink" not in first
    assert "replies@odata.nextLink" in second


def test_the_servers_clock_can_be_off(struck):
    client, path = struck("skew:seconds=-3600", clock=lambda: 1_800_000_000.0)

    dates = [parsedate_to_datetime(client.get(path).headers["Date"]) for _ in range(2)]

    assert (dates[1] - dates[0]).total_seconds() == 3600


def test_faults_meet_the_requests_that_they_are_for(struck):
    client, path = struck("500:where=^GET /v1.0/teams/[^/]+/members,times=0")
    team = path.split("/")[2]

    assert client.get("/teams").status_code == 200
    assert [client.get(f"/teams/{team}/members").status_code for _ in range(3)] == [500] * 3


def test_faults_happen_as_often_as_planned_after_what_they_let_pass(struck):
    client, _ = struck("503:times=2,after=1")

    assert [client.get("/teams").status_code for _ in range(5)] == [200, 503, 503, 200, 200]


def test_the_first_fault_goes_first(struck):
    client, _ = struck("500", "502")

    assert [client.get("/teams").status_code for _ in range(3)] == [500, 502, 200]


def test_faults_can_be_added_and_cleared_while_the_sandbox_is_used(struck):
    client, _ = struck()
    faults = client.sandbox.faults

    faults.add(Fault("500", times=0), "502")
    assert client.get("/teams").status_code == 500
    assert next(iter(faults)).struck == 1
    faults.clear()
    assert client.get("/teams").status_code == 200


def outcomes(client, requests_made):
    """What came of so many requests: a status, or the kind of the failure."""
    for _ in range(requests_made):
        try:
            response = client.get("/teams")
            with suppress(ValueError):
                response.json()
            yield response.status_code
        except requests.exceptions.RequestException:
            yield 0


def test_chance_picks_the_same_faults_for_the_same_seed(open_client):
    tenant = {"seed": 1, "teams": 2, "channels": 1, "messages": 2, "users": 3}

    def run(seed):
        client = open_client(Tenant(**tenant), faults=[f"random:seed={seed},rate=0.5"])
        return list(outcomes(client, 40))

    first = run(1)
    assert first == run(1)
    assert first != run(2)
    assert 5 < sum(status != 200 for status in first) < 35
    assert len(set(first)) > 3


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("429x", "there is no fault '429x', only 429, "),
        ("", "there is no fault ''"),
        ("429:where=(", "'(' is no regular expression"),
        ("429:times=many", "times"),
        ("429:rate=often", "rate"),
        ("429:seconds=3", "a fault '429' has no option 'seconds'"),
        ("stall:seconds=long", "seconds=long is no number"),
        ("429:where", "'where' is no list of option=value"),
        ("429:=3", "is no list of option=value"),
    ],
)
def test_a_fault_that_is_not_understood_is_refused_with_the_reason(text, problem):
    with pytest.raises(FaultError) as refused:
        Fault.parse(text)
    assert problem in str(refused.value)


def test_faults_are_written_as_they_are_made():
    assert Fault.parse(r"429:where=a\,b,times=3,after=2,rate=0.5,seed=9,retry_after=2") == Fault(
        "429", "a,b", times=3, after=2, rate=0.5, seed=9, options={"retry_after": "2"}
    )
    assert Fault.parse("random") == Fault("random", times=0, rate=0.05)


BRIEF = {"stall": {"seconds": "0.01"}, "drip": {"seconds": "0"}, "bomb": {"megabytes": "1"}}


def test_every_kind_of_fault_has_a_page_and_is_survived_by_the_sandbox(struck):
    for kind, about in KINDS.items():
        assert about.page
        fault = Fault(kind, options=BRIEF.get(kind, {}))
        client, path = struck(fault)
        with suppress(requests.exceptions.RequestException):
            client.get(path, stream=True).close()
        assert fault.struck == 1
        client.sign_in()
        assert client.get("/users").status_code == 200


def test_a_round_of_changes_can_end_without_a_link(struck):
    client, _ = struck("no-delta-link:where=root/delta")
    [drive, *_] = client.rows(f"/groups/{next(iter(client.sandbox.tenant.teams))}/drives")
    path = f"/drives/{drive['id']}/root/delta?$top=999"

    ended, whole = client.get(path).json(), client.get(path).json()

    assert ended["value"] == whole["value"]
    assert "@odata.deltaLink" in whole
    assert not {"@odata.deltaLink", "@odata.nextLink"} & ended.keys()


def test_a_page_can_have_a_row_that_is_no_row(struck):
    client, path = struck("poison-row", 'poison-row:row={"id":5\\,"x":[]}')

    pages = [client.get(path).json()["value"] for _ in range(3)]

    assert [page[0] for page in pages[:2]] == [None, {"id": 5, "x": []}]
    assert pages[0][1:] == pages[1][1:] == pages[2]


def test_a_value_can_be_no_json(struck):
    client, _ = struck("poison-value:value=01,property=createdDateTime")

    text = client.get("/teams").text

    assert text.count('"createdDateTime":01') == 1
