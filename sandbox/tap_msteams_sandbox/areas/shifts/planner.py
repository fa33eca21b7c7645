"""The planner: makes the rows of a schedule.

https://learn.microsoft.com/en-us/graph/api/resources/schedule
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.instants import DAY, HOUR, MINUTE, iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.team import Team

    Row = dict[str, Any]
    Rows = Mapping[str, Mapping[str, Row]]

EARLY_THEMES = (
    "white", "blue", "green", "purple", "pink", "yellow", "gray", "darkBlue", "darkGreen",
    "darkPurple", "darkPink", "darkYellow",
)  # fmt: skip
LATE_THEMES = (
    "darkRed", "cranberry", "darkOrange", "bronze", "peach", "gold", "lime", "forest",
    "lightGreen", "jade", "lightTeal", "darkTeal", "steel", "skyBlue", "blueGray", "lavender",
    "lilac", "plum", "magenta", "darkBrown", "beige", "charcoal", "silver",
)  # fmt: skip
"""Themes behind the sentinel, which only those see who ask for them."""

POSTS = ("Line 2", "Cold chamber", "Wareneingang", "夜勤", "Calibration", "Expedição", "Recepção")
NOTES = (
    "Bring the torque wrench 🔧", "Hand over at the gate", "Schlüssel beim Pförtner", "",
    "Inventory until noon", "Zmiana z Wójcikiem", None,
)  # fmt: skip
REASONS = (
    ("Vacation", "plane"), ("Sick day", "doctor"), ("Parental leave", "cake"),
    ("Elternzeit", "sunny"), ("Jury duty", "juryDuty"),
)  # fmt: skip
GROUPS = ("Assembly", "Warehouse", "Spätschicht")
PLEAS = (
    "I cannot make it, can we swap?", "Arzttermin am Nachmittag", "Family visit", "病院の予約",
    None,
)  # fmt: skip
VERDICTS = ("Approved, enjoy!", "Leider unterbesetzt", None)


class Planner:
    """Makes the rows of a team's schedule, for its past or for now."""

    def __init__(
        self, team: Team, people: Sequence[Person], random: Random, rows: Rows, instant: int | None
    ) -> None:
        self._team, self._people, self._random = team, people, random
        self._rows, self._instant = rows, instant
        self._until = team.tenant.until

    def schedule(self, status: str = "Completed") -> Row:
        """Return the schedule itself."""
        random = self._random
        return {
            "id": self._team.id,
            "enabled": status == "Completed",
            "timeZone": random.choice(("Europe/Berlin", "America/Chicago", "Asia/Tokyo")),
            "provisionStatus": status,
            "provisionStatusCode": "TimeZoneNotSupported" if status == "Failed" else None,
            "workforceIntegrationIds": [f"WFI_{guid(random)}"] if self._coin() else [],
            "timeClockEnabled": True,
            "timeClockSettings": {
                "approvedLocation": {"altitude": 12.5, "latitude": 51.897, "longitude": -8.475}
            }
            if self._coin()
            else None,
            "openShiftsEnabled": True,
            "swapShiftsRequestsEnabled": True,
            "offerShiftRequestsEnabled": self._coin(),
            "timeOffRequestsEnabled": True,
            "startDayOfWeek": random.choice(("monday", "sunday")),
            "isActivitiesIncludedWhenCopyingShiftsEnabled": self._coin(),
        }

    def scheduling_group(self, n: int = 0) -> Row:
        """Return a group of people that work together; the last of three is not used any more."""
        people = self._random.sample(self._people, max(1, len(self._people) // 2))
        return {
            **self._tracked("TAG"),
            "displayName": GROUPS[n % len(GROUPS)],
            "code": f"G{n}" if n else None,
            "isActive": n != len(GROUPS) - 1,
            "userIds": [person.id for person in people],
        }

    def time_off_reason(self, n: int = 0) -> Row:
        """Return a reason for being away; the last one is not used any more."""
        name, icon = REASONS[n % len(REASONS)]
        return {
            **self._tracked("TOR"),
            "displayName": name,
            "code": f"R{n}" if n else None,
            "iconType": icon,
            "isActive": n != len(REASONS) - 1,
        }

    def shift(self) -> Row:
        """Return a shift: published, or a draft, or both, or about to be deleted."""
        start, item = self._start(), self._shift_item
        shared, draft, staged = self._versions()
        return {
            **self._tracked("SHFT"),
            "userId": self._random.choice(self._people).id,
            "schedulingGroupId": self._id_of("schedulingGroups"),
            "sharedShift": item(start) if shared else None,
            "draftShift": item(start + HOUR) if draft else None,
            "isStagedForDeletion": staged,
        }

    def open_shift(self) -> Row:
        """Return a shift that nobody has taken yet."""
        start, slots = self._start(), self._random.randint(1, 4)
        shared, draft, staged = self._versions()
        item = {**self._shift_item(start), "openSlotCount": slots}
        return {
            **self._tracked("OPNSHFT"),
            "schedulingGroupId": self._id_of("schedulingGroups"),
            "sharedOpenShift": item if shared else None,
            "draftOpenShift": {**item, "openSlotCount": slots + 1} if draft else None,
            "isStagedForDeletion": staged,
        }

    def time_off(self) -> Row:
        """Return somebody's time away."""
        start = self._start() // DAY * DAY
        shared, draft, staged = self._versions()
        item = {
            "startDateTime": iso(start),
            "endDateTime": iso(start + self._random.randint(1, 10) * DAY),
            "theme": self._theme(),
            "timeOffReasonId": self._id_of("timeOffReasons"),
        }
        return {
            **self._tracked("TOFF"),
            "userId": self._random.choice(self._people).id,
            "sharedTimeOff": item if shared else None,
            "draftTimeOff": {**item, "theme": "white"} if draft else None,
            "isStagedForDeletion": staged,
        }

    def time_card(self) -> Row:
        """Return a time card."""
        random, start = self._random, self._start()
        state = random.choice(("clockedOut", "clockedOut", "clockedIn", "onBreak"))
        end = None if state == "onBreak" else self._event(start + 4 * HOUR + 30 * MINUTE)
        entry = {
            "clockInEvent": self._event(start),
            "clockOutEvent": self._event(start + 8 * HOUR) if state == "clockedOut" else None,
            "breaks": [
                {
                    "breakId": f"BRK_{guid(random)}",
                    "notes": self._text("Lunch"),
                    "start": self._event(start + 4 * HOUR),
                    "end": end,
                }
            ]
            if state == "onBreak" or self._coin()
            else [],
        }
        return {
            **self._tracked("TCK"),
            "userId": random.choice(self._people).id,
            "state": state,
            "confirmedBy": random.choice(("none", "user", "manager")),
            "notes": self._text(random.choice(NOTES)),
            "originalEntry": entry if self._coin() else None,
            **entry,
        }

    def day_note(self) -> Row:
        """Return a note for a day."""
        shared, draft, _ = self._versions()
        text = self._random.choice(("Fire drill at 10 🔥", "Betriebsversammlung", "棚卸し"))
        return {
            **self._tracked("NOTE"),
            "dayNoteDate": iso(self._start())[:10],
            "sharedDayNote": self._text(text) if shared else None,
            "draftDayNote": self._text(f"{text} (?)") if draft else None,
        }

    def time_off_request(self) -> Row:
        """Return a request for time off."""
        start = self._start() // DAY * DAY
        return {
            **self._request(),
            "startDateTime": iso(start),
            "endDateTime": iso(start + 3 * DAY),
            "timeOffReasonId": self._id_of("timeOffReasons"),
        }

    def open_shift_change_request(self) -> Row:
        """Return a request to take an open shift."""
        return {**self._request(), "openShiftId": self._id_of("openShifts")}

    def offer_shift_request(self) -> Row:
        """Return an offer of a shift to somebody."""
        request = self._request("recipient")
        answered = request["managerActionDateTime"]
        return {
            **request,
            "senderShiftId": self._id_of("shifts"),
            "recipientUserId": self._random.choice(self._people).id,
            "recipientActionDateTime": answered,
            "recipientActionMessage": self._random.choice(PLEAS) if answered else None,
        }

    def swap_shifts_change_request(self) -> Row:
        """Return a request to swap two shifts."""
        return {**self.offer_shift_request(), "recipientShiftId": self._id_of("shifts")}

    def _tracked(self, prefix: str) -> Row:
        """Return the first properties of every entity."""
        random, instant = self._random, self._instant
        created = self._until - random.randrange(2 * DAY, 90 * DAY) if instant is None else instant
        modified = created + random.randrange(2 * DAY) if instant is None else instant
        return {
            "id": f"{prefix}_{guid(random)}",
            "createdDateTime": iso(created),
            "lastModifiedDateTime": iso(modified),
            "createdBy": self._author(),
            "lastModifiedBy": self._author(),
        }

    def _coin(self) -> bool:
        return self._random.choice((True, False))

    def _author(self) -> Row | None:
        """Return the author of a change; Shifts itself has none."""
        random = self._random
        application = {"id": "aa580612-c342-4ace-9055-8edee43ccb89", "displayName": "Shifts"}
        nobody: Row = {"application": None, "device": None, "user": None}
        match random.randrange(8):
            case 0:
                return None
            case 1:
                return {**nobody, "application": application}
        return {**nobody, "user": identity(random.choice(self._people))}

    def _request(self, first: str = "manager") -> Row:
        """Return the first properties of every request."""
        random, row = self._random, self._tracked("SREQ")
        state = random.choice(("pending", "approved", "declined"))
        done = state != "pending"
        return {
            **row,
            "assignedTo": "system" if done else first,
            "state": state,
            "senderDateTime": row["createdDateTime"],
            "senderMessage": random.choice(PLEAS),
            "senderUserId": random.choice(self._people).id,
            "managerActionDateTime": row["lastModifiedDateTime"] if done else None,
            "managerActionMessage": random.choice(VERDICTS) if done else None,
            "managerUserId": self._people[0].id if done else None,
        }

    def _versions(self) -> tuple[bool, bool, bool]:
        """Return whether there is a published version, a draft, a deletion to be published."""
        return self._random.choice(
            ((True, False, False),) * 5
            + ((False, True, False), (True, True, False), (True, False, True))
        )

    def _start(self) -> int:
        """Return a start between three weeks ago and two weeks ahead."""
        quarters = self._random.randrange(-21 * 96, 14 * 96)
        return self._until // HOUR * HOUR + quarters * 15 * MINUTE

    def _shift_item(self, start: int) -> Row:
        random = self._random
        return {
            "startDateTime": iso(start),
            "endDateTime": iso(start + 8 * HOUR),
            "theme": self._theme(),
            "displayName": random.choice((*POSTS, None)),
            "notes": random.choice(NOTES),
            "activities": [
                {
                    "isPaid": self._coin(),
                    "startDateTime": iso(start + n * 2 * HOUR),
                    "endDateTime": iso(start + n * 2 * HOUR + 30 * MINUTE),
                    "code": f"A{n}" if n else "",
                    "displayName": random.choice(POSTS),
                    "theme": self._theme(),
                }
                for n in range(random.randint(0, 2))
            ],
        }

    def _theme(self) -> str:
        return self._random.choice(EARLY_THEMES + LATE_THEMES)

    def _event(self, instant: int) -> Row:
        return {
            "dateTime": iso(instant),
            "isAtApprovedLocation": self._random.choice((True, False, None)),
            "notes": self._text(self._random.choice(NOTES)),
        }

    def _text(self, content: str | None) -> Row | None:
        return None if content is None else {"contentType": "text", "content": content}

    def _id_of(self, collection: str) -> str | None:
        """Return the id of one of a collection's rows."""
        ids = list(self._rows[collection])
        return self._random.choice(ids) if ids else None


def identity(person: Person) -> Row:
    """Return the person as a schedule names them."""
    return {"id": person.id, "displayName": person.display_name}
