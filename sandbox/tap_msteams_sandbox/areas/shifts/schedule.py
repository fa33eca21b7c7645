"""Schedules of teams, and the operations on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.shifts.planner import Planner
from tap_msteams_sandbox.instants import iso

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from random import Random

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.team import Team

COLLECTIONS: dict[str, Callable[[Planner], dict[str, Any]]] = {
    "schedulingGroups": Planner.scheduling_group,
    "timeOffReasons": Planner.time_off_reason,
    "shifts": Planner.shift,
    "openShifts": Planner.open_shift,
    "timesOff": Planner.time_off,
    "timeCards": Planner.time_card,
    "dayNotes": Planner.day_note,
    "timeOffRequests": Planner.time_off_request,
    "openShiftChangeRequests": Planner.open_shift_change_request,
    "offerShiftRequests": Planner.offer_shift_request,
    "swapShiftsChangeRequests": Planner.swap_shifts_change_request,
}
"""What is below a schedule, and how a row of it is written; what others refer to comes first."""

KEPT = ("schedulingGroups", "timeOffReasons")
"""What stays, inactive, when it is deleted.

https://learn.microsoft.com/en-us/graph/api/schedulinggroup-delete
"""

STATUSES = ("Completed", "Completed", "Completed", "", "Completed", "Running", "Failed")
"""How far the schedules of the first teams and of those after them are; empty: never set up."""


RECENT = 200
"""How many schedules that nobody has changed are kept at hand."""


class Schedule:
    """A team's schedule."""

    def __init__(
        self, team: Team, people: Sequence[Person], status: str, instant: int | None = None
    ) -> None:
        self.team, self.people = team, people
        self.rows: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in COLLECTIONS}
        self.numbers: dict[str, int] = {}
        """The place of each row in its list, which nothing that comes or goes changes."""
        random = team.tenant.random("schedule", str(team.n))
        planner = Planner(team, people, random, self.rows, instant)
        self.row = planner.schedule(status)
        if status == "Completed" and instant is None:
            self._fill(planner, random)

    def _fill(self, planner: Planner, random: Random) -> None:
        """Plan the weeks around the present."""
        for n in range(3):
            self.put("schedulingGroups", planner.scheduling_group(n))
        for n in range(5):
            self.put("timeOffReasons", planner.time_off_reason(n))
        size = max(4, len(self.people))
        for name, count in (
            ("shifts", size * 2), ("openShifts", 6), ("timesOff", size // 2), ("timeCards", size),
            ("dayNotes", 4), ("timeOffRequests", 5), ("openShiftChangeRequests", 4),
            ("offerShiftRequests", 4), ("swapShiftsChangeRequests", 4),
        ):  # fmt: skip
            for _ in range(random.randint(count * 3 // 4, count)):
                self.put(name, COLLECTIONS[name](planner))

    def put(self, collection: str, row: dict[str, Any]) -> None:
        """Add a row at the end of a collection."""
        self.rows[collection][row["id"]] = row
        self.numbers[row["id"]] = len(self.numbers) + 1


class Shifts:
    """The schedules of a tenant."""

    acts_as_required = False
    """Whether an application has to say for which user it acts, as older documentation has it."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        self._people: dict[str, tuple[Person, ...]] = {}
        self._changed: dict[str, Schedule] = {}
        self._recent: dict[str, Schedule] = {}

    def of(self, team: Team) -> Schedule | None:
        """Return the schedule of a team, or None if it was never set up."""
        if team.id in self._changed:
            return self._changed[team.id]
        # A team that was founded while the tenant is watched has none to begin with.
        status = STATUSES[team.n % len(STATUSES)] if team.created <= self.tenant.until else ""
        if team.id not in self._recent and status:
            if len(self._recent) == RECENT:
                self._recent.clear()
            self._recent[team.id] = Schedule(team, self._people_of(team), status)
        return self._recent.get(team.id)

    def set_up(self, team: str) -> None:
        """Give a team an empty schedule."""
        with self.tenant.lock:
            where = self.tenant.teams[team]
            people, instant = self._people_of(where), self.tenant.tick()
            self._changed[team] = Schedule(where, people, "Completed", instant)

    def add(self, team: str, collection: str, **properties: object) -> str:
        """Add a row to a collection below a schedule; return its id."""
        with self.tenant.lock:
            schedule, instant = self._existing(team), self.tenant.tick()
            random = self.tenant.random("planned", str(instant))
            planner = Planner(schedule.team, schedule.people, random, schedule.rows, instant)
            row = COLLECTIONS[collection](planner) | properties
            schedule.put(collection, row)
            return str(row["id"])

    def change(self, team: str, collection: str, row: str, **properties: object) -> None:
        """Change some properties of a row."""
        with self.tenant.lock:
            stamp = {"lastModifiedDateTime": iso(self.tenant.tick())}
            self._existing(team).rows[collection][row].update(properties | stamp)

    def remove(self, team: str, collection: str, row: str) -> None:
        """Delete a row; groups and reasons stay and become inactive."""
        with self.tenant.lock:
            if collection in KEPT:
                self.change(team, collection, row, isActive=False)
            else:
                del self._existing(team).rows[collection][row]

    def rows(self, collection: str) -> Iterator[dict[str, Any]]:
        """Yield all rows of a collection with the ids of their teams."""
        for team in self.tenant.teams.values():
            if schedule := self.of(team):
                for row in schedule.rows[collection].values():
                    yield {**row, "teamId": team.id}

    def schedules(self) -> Iterator[dict[str, Any]]:
        """Yield all schedules with the ids of their teams."""
        for team in self.tenant.teams.values():
            if schedule := self.of(team):
                yield {**schedule.row, "teamId": team.id}

    def _people_of(self, team: Team) -> tuple[Person, ...]:
        """Return the members of a team at the first look at its schedule."""
        if team.id not in self._people:
            self._people[team.id] = tuple(team.people or self.tenant.people[:1])
        return self._people[team.id]

    def _existing(self, team: str) -> Schedule:
        """Return a schedule that is about to change, and keep it from now on."""
        schedule = self.of(self.tenant.teams[team])
        if schedule is None:
            msg = f"team {team} has no schedule"
            raise KeyError(msg)
        self._changed[team] = schedule
        return schedule


BUSY = 5
"""The most schedules that a day changes."""


def day(tenant: Company, random: Random) -> dict[str, int]:
    """Add and remove shifts, clock in and decide about requests in some teams."""
    shifts = tenant.part(Shifts)
    teams = random.sample(list(tenant.teams.values()), min(len(tenant.teams), BUSY))
    done = 0
    for team in teams:
        schedule = shifts.of(team)
        if schedule is None or not schedule.row["enabled"]:
            continue
        shifts.add(team.id, "shifts")
        shifts.add(team.id, "timeCards")
        for row in random.sample(list(schedule.rows["shifts"]), 1):
            shifts.remove(team.id, "shifts", row)
        for row in list(schedule.rows["timeOffRequests"])[:1]:
            shifts.change(team.id, "timeOffRequests", row, state="approved", assignedTo="system")
        done += 1
    return {"schedules": done}
