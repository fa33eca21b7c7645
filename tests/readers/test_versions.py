"""Laws of records with versions: what is below them is asked for once for each version."""

from __future__ import annotations

import json
from datetime import timedelta
from threading import Event

import pytest

from tap_msteams.errors import RejectedError, UnavailableError
from tap_msteams.run import digest, moment
from tap_msteams.run.versions import Versions
from tests.client.fake_graph import NOON
from tests.conftest import selection
from tests.readers.tenant import page, read

RECORDS, BELOW = "call_records", "call_participants"
BASE = "/communications/callRecords"
PERSON = page({"id": "person"})


def call(name, version=1, hours=5):
    started = moment(NOON - timedelta(hours=hours))
    return {"id": name, "version": version, "startDateTime": started}


def tenant(*pages, **below):
    """A tenant with pages of calls, and what there is below some of them."""
    links = [f"{BASE}?page={n}" for n in range(1, len(pages))]
    answers = {
        link: page(*rows, **({"@odata.nextLink": following} if following else {}))
        for link, following, rows in zip([BASE + "?", *links], [*links, None], pages, strict=True)
    }
    found = {f"{BASE}/{name}/": answer for name, answer in below.items()}
    return {**found, **dict(reversed(answers.items())), f"{BASE}/": PERSON}


def after(first, answers, *streams):
    return read(answers, *(streams or (RECORDS, BELOW)), state=first.state)


def below(output):
    """The calls of which the participants were asked for."""
    return sorted({it.split("/")[3] for it in output.asked if it.endswith("/participants_v2")})


def written(output):
    return [(it["id"], it["version"]) for it in output.records[RECORDS]]


def test_a_version_that_is_not_selected_is_known_all_the_same():
    catalog = selection([RECORDS, BELOW])
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if entry["tap_stream_id"] == RECORDS and item["breadcrumb"][-1:] == ["version"]:
                item["metadata"]["selected"] = False

    first = read(tenant([call("a")]), catalog=catalog)
    second = read(tenant([call("a")]), catalog=catalog, state=first.state)

    assert "version" not in first.records[RECORDS][0]
    assert (below(first), below(second)) == (["a"], [])


def test_what_is_below_a_record_is_asked_for_again_only_for_a_new_version():
    first = read(tenant([call("a"), call("b")]), RECORDS, BELOW)
    second = after(first, tenant([call("a"), call("b", 2), call("c")]))
    third = after(second, tenant([call("a"), call("b", 2), call("c")]))

    assert below(first) == ["a", "b"]
    assert (below(second), written(second)) == (["b", "c"], [("b", 2), ("c", 1)])
    assert (below(third), written(third), third.code) == ([], [], 0)


@pytest.mark.parametrize("streams", [(RECORDS,), (RECORDS, BELOW)])
def test_a_lower_version_in_a_later_run_is_left_out(streams):
    first = read(tenant([call("a", 3)]), *streams)
    second = after(first, tenant([call("a", 2)]), *streams)
    third = after(second, tenant([call("a", 4)]), *streams)

    assert [written(it) for it in (first, second, third)] == [[("a", 3)], [], [("a", 4)]]


def test_what_failed_below_a_record_is_asked_for_again_though_its_version_is_the_same():
    pages = [call("a"), call("b")], [call("c"), call("d")]
    first = read(tenant(*pages, b=UnavailableError("", 503)), RECORDS, BELOW)
    second = after(first, tenant(*pages))
    third = after(second, tenant(*pages))

    assert (first.code, below(first)) == (3, ["a", "b", "c", "d"])
    assert "whole" not in first.state["bookmarks"][RECORDS]
    assert (second.code, below(second)) == (0, ["a", "b"])
    assert below(third) == []


def test_what_a_run_that_is_stopped_was_in_the_middle_of_is_asked_for_again():
    asked, ended = Event(), Event()

    def slow(_):
        asked.set()
        ended.wait(10)
        return PERSON

    def fatal(request):
        asked.wait(10)
        return RejectedError(request.url, 400)

    answers = {**tenant([call("a")], a=slow), "/teams?": fatal}
    first = read(answers, RECORDS, BELOW, "teams", on_error="fail")
    ended.set()
    second = after(first, tenant([call("a")]))

    assert (first.code, below(second)) == (1, ["a"])


@pytest.mark.parametrize("has_bookmark", [True, False], ids=["ended", "killed"])
def test_a_stream_that_is_new_below_gets_what_is_below_all_records(has_bookmark):
    first = read(tenant([call("a"), call("b")]), RECORDS)
    if not has_bookmark:
        del first.state["bookmarks"][RECORDS]["whole"]

    assert below(after(first, tenant([call("a"), call("b")]))) == ["a", "b"]


@pytest.mark.parametrize("lacks", ["version", "startDateTime"])
def test_a_record_that_says_less_of_itself_is_read_again(lacks):
    rows = [call("a") | {lacks: None}]
    first = read(tenant(rows), RECORDS, BELOW)

    assert below(after(first, tenant(rows))) == ["a"]


def test_a_record_that_no_longer_says_its_version_is_read_again():
    first = read(tenant([call("a", 2)]), RECORDS, BELOW)
    second = after(first, tenant([call("a", None)]))

    assert (below(second), written(second)) == (["a"], [("a", None)])


def test_only_records_that_are_read_again_stay_in_the_state():
    rows = [call("new"), call("old", hours=72 + 2), call("oldest", hours=29 * 24)]
    state = read(tenant(rows), RECORDS).state["bookmarks"][RECORDS]

    assert len([*Versions(state["versions"])]) == 1


def test_the_hour_of_a_time_and_later_ones_are_kept():
    versions = Versions({})
    for hour in (2, 3, 4):
        versions.add(f"2026-11-20T0{hour}:30:00.000Z", 1, hour)
    versions.forget_before("2026-11-20T03:59:00.000Z")
    assert [*versions] == [(3, 1), (4, 1)]


@pytest.mark.parametrize(
    ("version", "text", "problem"),
    [
        (2**63 - 1, "AAAAAAAAAAE=", None),
        (2**63, "AAAAAAAAAAE=", f"{2**63} is too high for a version"),
        (7, "AAAAAAAA", "the digests of version 7 are cut off"),
        (7, "AAAA-AAAAAAE=", "base64"),
    ],
)
def test_versions_in_the_state_that_are_damaged_are_refused(version, text, problem):
    state = {"2026-11-20T03": {str(version): text}}
    if problem is None:
        assert [*Versions(state)] == [(1, version)]
        return
    with pytest.raises(ValueError, match=problem):
        Versions(state)


def test_a_record_takes_eleven_bytes_of_state():
    versions = Versions({})
    number = 5_000
    for n in range(number):
        versions.add(moment(NOON + timedelta(seconds=9 * n)), 1, digest([f"call-{n}"]))

    assert len(json.dumps(versions.state)) < 11.1 * number
    assert sorted(Versions(versions.state)) == sorted(versions)
