"""Answers: schedules and their collections."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.areas.lookup import team_of
from tap_msteams_sandbox.areas.shifts.planner import LATE_THEMES
from tap_msteams_sandbox.areas.shifts.schedule import Schedule, Shifts, day
from tap_msteams_sandbox.instants import parse
from tap_msteams_sandbox.limits import TEAMS, Limit
from tap_msteams_sandbox.odata import SKIP_TOKEN, Paging, clauses, entity, page
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.endpoints import Call

READ = ("Schedule.Read.All", "Schedule.ReadWrite.All")
WRITE = ("Schedule.ReadWrite.All",)
GROUP = ("Group.Read.All", "Group.ReadWrite.All")

STARTS = frozenset({"ge", "gt"})
ENDS = frozenset({"le", "lt"})
EQUALS = frozenset({"eq"})

FILTERS: dict[str, dict[str, frozenset[str]]] = {
    "shifts": {
        "sharedShift/startDateTime": STARTS, "sharedShift/endDateTime": ENDS,
        "draftShift/startDateTime": STARTS, "draftShift/endDateTime": ENDS,
    },
    "openShifts": {
        "sharedOpenShift/startDateTime": STARTS, "sharedOpenShift/endDateTime": ENDS,
        "draftOpenShift/startDateTime": STARTS, "draftOpenShift/endDateTime": ENDS,
    },
    # Upper bounds other than `le` were reported to be refused here, and all of them on time cards.
    "timesOff": {
        "sharedTimeOff/startDateTime": STARTS, "sharedTimeOff/endDateTime": frozenset({"le"}),
        "draftTimeOff/startDateTime": STARTS, "draftTimeOff/endDateTime": frozenset({"le"}),
    },
    "timeCards": {"clockInEvent/dateTime": STARTS, "state": EQUALS},
    "timeOffRequests": {"state": EQUALS},
    "swapShiftsChangeRequests": {"state": EQUALS},
    "openShiftChangeRequests": {"state": EQUALS},
}  # fmt: skip
"""The properties that can be filtered on, each with its operators.

https://learn.microsoft.com/en-us/graph/api/schedule-list-shifts#optional-query-parameters
"""

ORDERS = ("clockInEvent/dateTime", "createdDateTime", "lastModifiedDateTime")
"""What time cards can be sorted by."""

WHOLE = Paging(default=1000, maximum=1000)
"""The server's own pages; Microsoft documents no size, and $top for time cards only."""

CARDS = Paging(default=100, maximum=1000)

_CLAUSE = re.compile(r"(?P<name>[\w/]+) (?P<operator>eq|ge|gt|le|lt) (?P<value>\S+)")
_LATE = re.compile(f'"theme":"({"|".join(LATE_THEMES)})"'.encode())


AREA = Area(
    "Shifts",
    roles=READ,
    limits=(Limit("schedule", r"GET /teams/\{id\}/schedule.*", 30, 1, TEAMS),),
)
AREA.day(day)

C = TypeVar("C", bound="Callable[[str, Call], bytes]")


def _collection(
    name: str,
    page_: str,
    *,
    application: tuple[str, ...] = READ,
    delegated: tuple[str, ...] = (*READ, *GROUP),
) -> Callable[[C], C]:
    """Declare that the function below answers a collection; it gets the collection's name."""
    options = {SKIP_TOKEN} | ({"$filter"} if name in FILTERS else set())
    if name == "timeCards":
        options |= {"$orderby", "$top"}

    def declare(answer: C) -> C:
        AREA.endpoint(
            f"GET /teams/{{id}}/schedule/{name}",
            page_,
            application=application,
            delegated=delegated,
            options=options,
            paging=CARDS if name == "timeCards" else WHOLE,
        )(partial(answer, name))
        return answer

    return declare


@AREA.endpoint(
    "GET /teams/{id}/schedule", "schedule-get", application=READ, delegated=(*READ, *GROUP)
)
def schedule(call: Call) -> bytes:
    """GET /teams/{id}/schedule."""
    found = _schedule(call)
    what = f"teams('{found.team.id}')/schedule/$entity"
    return entity(call.context(what), msgspec.json.encode(found.row))


@_collection("shifts", "schedule-list-shifts")
@_collection("openShifts", "openshift-list")
@_collection("timesOff", "schedule-list-timesoff")
@_collection("timeOffReasons", "schedule-list-timeoffreasons")
@_collection("schedulingGroups", "schedule-list-schedulinggroups")
@_collection("timeCards", "schedule-list-timecards", delegated=READ)
@_collection("dayNotes", "schedule-list-daynotes", delegated=READ)
@_collection("timeOffRequests", "timeoffrequest-list")
@_collection("swapShiftsChangeRequests", "swapshiftschangerequest-list")
@_collection("openShiftChangeRequests", "openshiftchangerequest-list")
@_collection("offerShiftRequests", "offershiftrequest-list", application=WRITE, delegated=WRITE)
def collection(name: str, call: Call) -> bytes:
    """GET /teams/{id}/schedule/{collection}."""
    found = _schedule(call)
    tests = list(_conditions(name, call.query.get("$filter")))
    places = sorted(
        (_rank(call, row, found.numbers[key]), key)
        for key, row in found.rows[name].items()
        if all(test(row) for test in tests)
    )
    after = call.query.pair()
    left = [place for place in places if after is None or place[0] > after]
    shown = left[: call.size]
    more = call.next_link(shown[-1][0]) if len(shown) < len(left) else None
    rows = [msgspec.json.encode(found.rows[name][key]) for _, key in shown]
    if more is not None and "$top" in call.endpoint.options:
        # The one place where Microsoft's page spells it so.
        more = more.replace("$skiptoken=", "$skipToken=")
    what = f"teams('{found.team.id}')/schedule/{name}"
    answer = page(call.context(what), rows, next_link=more)
    if "include-unknown-enum-members" in call.headers.get("Prefer", ""):
        return answer
    return _LATE.sub(b'"theme":"unknownFutureValue"', answer)


def _schedule(call: Call) -> Schedule:
    """Return the schedule of the team that the path names, for whoever may see it."""
    team, shifts = team_of(call), call.tenant.part(Shifts)
    acting = call.headers.get("MS-APP-ACTS-AS")
    if acting is None and shifts.acts_as_required and call.caller.user is None:
        msg = "The header MS-APP-ACTS-AS is required with an application token."
        raise GraphError.bad_request(msg)
    if acting is not None and acting not in call.tenant.users:
        msg = f"The user '{acting}' of the header MS-APP-ACTS-AS was not found."
        raise GraphError.bad_request(msg)
    found = shifts.of(team)
    if found is None:
        msg = f"Schedule of team {team.id}"
        raise GraphError.not_found(msg)
    return found


def _rank(call: Call, row: dict[str, Any], number: int) -> tuple[int, int]:
    """Return the rank of a row in the requested order."""
    if (asked := call.query.get("$orderby")) is None:
        return 0, number
    name, _, direction = asked.partition(" ")
    if name not in ORDERS or direction not in {"", "asc", "desc"}:
        msg = f"Sorting by '{asked}' is not supported."
        raise GraphError.bad_request(msg)
    instant = int(parse(_value(row, name)))
    return (-instant if direction == "desc" else instant), number


def _value(row: dict[str, Any], path: str) -> Any:  # noqa: ANN401 (any value of a row)
    value: Any = row
    for name in path.split("/"):
        value = None if value is None else value[name]
    return value


def _conditions(name: str, text: str | None) -> Iterator[Callable[[dict[str, Any]], bool]]:
    """Yield the tests of a filter."""
    seen: set[str] = set()
    for clause in clauses(text) if text else ():
        match = _CLAUSE.fullmatch(clause)
        path = match["name"] if match else clause
        if match is None or match["operator"] not in FILTERS[name].get(path, frozenset()):
            msg = f"'{clause}' is not allowed in $filter query."
            raise GraphError.bad_request(msg)
        if path in seen:
            msg = f"The property '{path}' is used more than once in $filter query."
            raise GraphError.bad_request(msg)
        seen.add(path)
        yield partial(_meets, path, match["operator"], match["value"])


def _meets(path: str, operator: str, value: str, row: dict[str, Any]) -> bool:
    """Whether a row meets a condition; null meets none."""
    found = _value(row, path)
    if operator == "eq":
        return bool(found == value.strip("'"))
    try:
        bound = parse(value)
    except ValueError:
        msg = f"'{value}' is not a date with a time."
        raise GraphError.bad_request(msg) from None
    if found is None:
        return False
    instant = parse(found)
    order = (instant > bound) - (instant < bound)
    return {"ge": order >= 0, "gt": order > 0, "le": order <= 0, "lt": order < 0}[operator]


def _rows(name: str, tenant: Company) -> Iterator[dict[str, Any]]:
    return tenant.part(Shifts).rows(name)


STREAMS = {
    "shifts": "shifts",
    "open_shifts": "openShifts",
    "times_off": "timesOff",
    "time_off_reasons": "timeOffReasons",
    "scheduling_groups": "schedulingGroups",
    "time_cards": "timeCards",
    "day_notes": "dayNotes",
    "time_off_requests": "timeOffRequests",
    "swap_shift_requests": "swapShiftsChangeRequests",
    "open_shift_requests": "openShiftChangeRequests",
    "offer_shift_requests": "offerShiftRequests",
}
"""The collections by the names that loaders know them by."""

AREA.rows("schedules")(lambda tenant: tenant.part(Shifts).schedules())
for _stream, _name in STREAMS.items():
    AREA.rows(_stream)(partial(_rows, _name))
