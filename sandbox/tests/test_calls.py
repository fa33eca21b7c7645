from __future__ import annotations

import pytest

from sandbox.tests.answers import by_id, error
from sandbox.tests.clock import Clock
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.calls import Calls, Telephony
from tap_msteams_sandbox.instants import DAY, SECOND, iso, parse

NOW = parse("2026-11-01T08:00:00Z") / SECOND
SMALL = {"seed": 7, "teams": 3, "channels": 3, "messages": 10, "users": 30}
BASE = "/communications/callRecords"


@pytest.fixture
def clock():
    return Clock(NOW)


@pytest.fixture
def client(open_client, clock):
    return open_client(Tenant(**SMALL), clock=clock)


@pytest.fixture
def tenant(client):
    return client.sandbox.tenant


def crowded(tenant):
    """The call that more people were in than fit on a page."""
    return max(tenant.part(Calls).all(), key=lambda record: len(record.people))


def test_the_list_is_as_expected_on_pages_of_sixty(client, tenant):
    pages = list(client.pages(BASE))

    assert len(pages[0]["value"]) == 60
    assert by_id(row for page in pages for row in page["value"]) == by_id(
        tenant.expected("call_records")
    )


@pytest.mark.parametrize("size", [1, 7, 59, 1000])
def test_pages_may_be_smaller_but_not_larger(client, size):
    prefer = {"Prefer": f"include-unknown-enum-members, odata.maxpagesize={size}"}

    page = client.get(BASE, headers=prefer).json()

    assert len(page["value"]) == min(size, 60)


def test_records_are_listed_by_their_start(client, tenant):
    middle = iso(tenant.until - 10 * DAY)
    everything = {row["id"]: row["startDateTime"] for row in tenant.expected("call_records")}

    later = client.rows(f"{BASE}?$filter=startDateTime ge {middle}")
    earlier = client.rows(f"{BASE}?$filter=startDateTime lt {middle}")

    assert {row["id"] for row in later} == {k for k, v in everything.items() if v >= middle}
    assert {row["id"] for row in earlier} == {k for k, v in everything.items() if v < middle}
    assert len(later) + len(earlier) == len(everything)


@pytest.mark.parametrize(
    "clause",
    ["lastModifiedDateTime ge 2026-10-01T00:00:00Z", "startDateTime eq 2026-10-01T00:00:00Z"],
)
def test_nothing_else_can_be_filtered_on(client, clause):
    assert error(client.get(f"{BASE}?$filter={clause}")) == (400, "BadRequest")


def test_records_can_be_asked_for_by_who_took_part(client, tenant):
    person = tenant.part(Calls).all()[0].people[0].id

    rows = client.rows(f"{BASE}?$filter=participants_v2/any(p:p/id eq '{person}')")

    took_part = {it["callId"] for it in tenant.expected("call_participants") if it["id"] == person}
    assert {row["id"] for row in rows} == took_part


def test_after_thirty_days_a_record_is_gone(client, clock):
    rows = client.rows(BASE)
    oldest = min(rows, key=lambda row: row["startDateTime"])

    clock.now += 20 * DAY / SECOND
    client.sign_in()

    left = {row["id"] for row in client.rows(BASE)}
    assert left < {row["id"] for row in rows}
    assert oldest["id"] not in left
    for rest in ("", "/sessions", "/participants_v2"):
        assert error(client.get(f"{BASE}/{oldest['id']}{rest}")) == (404, "NotFound")


def test_a_record_that_is_made_again_has_a_higher_version(client, tenant):
    call = tenant.part(Calls).call()
    before = client.get(f"{BASE}/{call}").json()
    segments = client.rows(f"{BASE}/{call}/sessions?$expand=segments")[0]["segments"]

    tenant.part(Calls).rebuild(call)

    after = client.get(f"{BASE}/{call}").json()
    assert after["version"] == before["version"] + 1
    assert after["lastModifiedDateTime"] > before["lastModifiedDateTime"]
    assert client.rows(f"{BASE}/{call}/sessions?$expand=segments")[0]["segments"] != segments


def test_sessions_come_on_pages_of_sixty_with_their_segments(client, tenant):
    call = crowded(tenant)

    pages = list(client.pages(f"{BASE}/{call.id}/sessions?$expand=segments"))

    sizes = [len(page["value"]) for page in pages]
    assert len(sizes) > 2
    assert set(sizes[:-1]) == {60}
    rows = [row for page in pages for row in page["value"]]
    segments = [
        {"callId": call.id, "sessionId": row["id"], **segment}
        for row in rows
        for segment in row.pop("segments")
    ]
    expected = [row for row in tenant.expected("call_sessions") if row["callId"] == call.id]
    assert [{"callId": call.id, **row} for row in rows] == expected
    assert segments == [row for row in tenant.expected("call_segments") if row["callId"] == call.id]


def test_participants_come_on_pages_of_a_hundred_and_thirty(client, tenant):
    call = crowded(tenant)

    pages = list(client.pages(f"{BASE}/{call.id}/participants_v2"))

    assert len(pages[0]["value"]) == 130
    expected = [row for row in tenant.expected("call_participants") if row["callId"] == call.id]
    assert [{"callId": call.id, **row} for page in pages for row in page["value"]] == expected


def test_what_hangs_on_a_record_comes_along_with_links_to_the_rest(client, tenant):
    call = crowded(tenant)
    wish = "$expand=sessions($expand=segments),participants_v2"

    row = client.get(f"{BASE}/{call.id}?{wish}").json()

    for name, path in (("sessions", "sessions?$expand=segments"), ("participants_v2",) * 2):
        rest = client.rows(row[f"{name}@odata.nextLink"])
        assert row[name] + rest == client.rows(f"{BASE}/{call.id}/{path}")


def test_keys_are_unique(tenant):
    keys = {
        "call_records": ("id",),
        "call_participants": ("callId", "id"),
        "call_sessions": ("callId", "id"),
        "call_segments": ("callId", "sessionId", "id"),
        "pstn_calls": ("id",),
        "direct_routing_calls": ("id",),
    }
    for stream, names in keys.items():
        rows = list(tenant.expected(stream))
        assert rows
        assert len({tuple(row[name] for name in names) for row in rows}) == len(rows)


def test_organizers_come_without_being_asked_for_but_not_beside_a_selection(client):
    assert all(row["organizer_v2"]["id"] for row in client.rows(BASE))
    row = client.rows(f"{BASE}?$select=id,version")[0]
    assert set(row) == {"id", "version"}


LOGS = ["getPstnCalls", "getDirectRoutingCalls"]
STREAMS = {"getPstnCalls": "pstn_calls", "getDirectRoutingCalls": "direct_routing_calls"}


def span(log, start, end):
    return f"{BASE}/{log}(fromDateTime={start},toDateTime={end})"


@pytest.mark.parametrize("log", LOGS)
def test_logs_of_telephone_calls_go_back_ninety_days_at_a_time(client, tenant, log):
    now, middle, start = (iso(tenant.until - days * DAY) for days in (0, 80, 160))

    rows = client.rows(span(log, start, middle)) + client.rows(span(log, middle, now))

    assert by_id(rows) == by_id(tenant.expected(STREAMS[log]))
    assert error(client.get(span(log, start, now))) == (400, "BadRequest")
    assert error(client.get(span(log, now, middle))) == (400, "BadRequest")
    assert error(client.get(f"{BASE}/{log}(fromDateTime={now})")) == (400, "BadRequest")


@pytest.mark.parametrize("log", LOGS)
def test_logs_of_telephone_calls_come_on_pages(open_client, log):
    tenant = Tenant(**SMALL)
    client = open_client(tenant, clock=Clock(NOW), page_size=10)
    now, start = (iso(tenant.until - days * DAY) for days in (0, 80))

    pages = list(client.pages(span(log, start, now)))

    assert {len(page["value"]) for page in pages[:-1]} == {10}
    assert f"/{log}(fromDateTime=" in pages[0]["@odata.nextLink"]
    rows = [row for page in pages for row in page["value"]]
    late = [row for row in tenant.expected(STREAMS[log]) if row["startDateTime"] >= start]
    assert by_id(rows) == by_id(late)
    assert len(rows) == len(late)


def test_the_end_of_a_range_belongs_to_one_log_only(client, tenant):
    tenant.part(Telephony).call()
    instant = list(tenant.expected("pstn_calls"))[-1]["startDateTime"]

    assert len(client.rows(span("getPstnCalls", instant, instant))) == 1
    assert len(client.rows(span("getDirectRoutingCalls", instant, instant))) == 0


@pytest.mark.parametrize("path", [BASE, f"{BASE}/1", span("getPstnCalls", 1, 2)])
def test_call_records_are_not_for_users(open_client, path):
    client = open_client(auth="refresh_token")

    assert error(client.get(path)) == (412, "PreconditionFailed")


def test_the_logs_take_a_smaller_permission(open_client):
    client = open_client(roles=["CallRecord-PstnCalls.Read.All"])

    path = span("getPstnCalls", "2026-10-01", "2026-11-01")
    assert client.get(path).status_code == 200
    assert error(client.get(BASE)) == (403, "Forbidden")


def test_a_day_brings_calls_and_makes_records_anew(client, tenant):
    before = by_id(tenant.expected("call_records"))

    done = tenant.change()

    after = by_id(client.rows(BASE))
    assert len(after) == len(before) + done["calls"] + done["meetings"]
    assert sum(
        row["version"] > before[key]["version"] for key, row in after.items() if key in before
    )


def test_endpoints_are_of_either_kind_and_say_so(tenant):
    sides = [row[side] for row in tenant.expected("call_sessions") for side in ("caller", "callee")]

    kinds = {(side["@odata.type"], "name" in side) for side in sides}

    assert kinds == {
        ("#microsoft.graph.callRecords.participantEndpoint", True),
        ("#microsoft.graph.callRecords.serviceEndpoint", False),
    }
