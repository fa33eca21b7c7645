"""Tags: groups of members of a team that can be mentioned."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.lookup import team_of
from tap_msteams_sandbox.areas.workspace.area import AREA, CHOOSE
from tap_msteams_sandbox.areas.workspace.rows import collection, fitting
from tap_msteams_sandbox.odata import PAGED, Paging
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.team import Team
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

ALLOWED = ("TeamworkTag.Read.All", "TeamworkTag.ReadWrite.All")
MY_ALLOWED = ("TeamworkTag.Read", "TeamworkTag.ReadWrite")

PAGES = Paging(default=100, maximum=200)
"""A team has up to a hundred tags, a tag up to two hundred members.

https://learn.microsoft.com/en-us/microsoftteams/manage-tags
"""

TAG = ("id", "teamId", "displayName", "description", "memberCount", "tagType")
MEMBER = ("id", "userId", "displayName", "tenantId")
NAMES = ("On call", "Ersthelfer", "Owners of the rig", "新人", "Night shift 🌙")


@dataclass
class Tag:
    """A tag of a team."""

    team: Team
    id: str
    name: str
    people: list[Person]
    description: str | None = None

    def row(self) -> Row:
        """Return the tag as Graph shows it."""
        return {
            "id": self.id,
            "teamId": self.team.id,
            "displayName": self.name,
            "description": self.description,
            "memberCount": len(self.people),
            "tagType": "standard",
        }

    def members(self) -> Iterator[Row]:
        """Yield the people of the tag."""
        for person in self.people:
            yield {
                "id": _key(f"{self.id}##{person.id}"),
                "userId": person.id,
                "displayName": person.display_name,
                "tenantId": person.tenant_id,
            }


class Tags:
    """The tags of every team."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        self._tags: dict[str, dict[str, Tag]] = {}

    def of(self, team: Team) -> dict[str, Tag]:
        """Return the tags of a team by their ids."""
        if team.id not in self._tags:
            random = self.tenant.random("tags", str(team.n))
            names = random.sample(NAMES, 3 if team.n == 0 else random.randrange(4))
            self._tags[team.id] = {}
            for place, name in enumerate(names):
                some = random.sample(team.people, max(1, len(team.people) // (place + 2)))
                text = None if place == 1 else f"{name} of {team.name}"
                self._keep(team, name, str(place), some, text)
        return self._tags[team.id]

    def _keep(
        self, team: Team, name: str, key: str, people: list[Person], text: str | None = None
    ) -> str:
        tag = Tag(team, _key(f"{team.id}##{name}##{key}"), name, people, text)
        self._tags[team.id][tag.id] = tag
        return tag.id

    def add(self, team: str, name: str = "New tag", people: tuple[str, ...] = ()) -> str:
        """Make a tag for some people of a team; return its id."""
        with self.tenant.lock:
            where = self.tenant.teams[team]
            self.of(where)
            who = [self.tenant.users[it] for it in people]
            return self._keep(where, name, str(self.tenant.tick()), who or where.people[:2])

    def remove(self, team: str, tag: str) -> None:
        """Delete a tag."""
        with self.tenant.lock:
            del self.of(self.tenant.teams[team])[tag]

    def assign(self, team: str, tag: str, person: str) -> None:
        """Give a tag to one more person."""
        with self.tenant.lock:
            self.of(self.tenant.teams[team])[tag].people.append(self.tenant.users[person])

    def withdraw(self, team: str, tag: str, person: str) -> None:
        """Take a tag away from a person."""
        with self.tenant.lock:
            self.of(self.tenant.teams[team])[tag].people.remove(self.tenant.users[person])


@AREA.endpoint(
    "GET /teams/{id}/tags",
    "teamworktag-list",
    application=ALLOWED,
    delegated=MY_ALLOWED,
    options=CHOOSE | PAGED,
    paging=PAGES,
)
def tags(call: Call) -> bytes:
    """GET /teams/{id}/tags."""
    team = team_of(call)
    found = call.tenant.part(Tags).of(team).values()
    rows = fitting(call, (tag.row() for tag in found), ("displayName", "id"))
    return collection(call, f"teams('{team.id}')/tags", rows, TAG)


@AREA.endpoint(
    "GET /teams/{id}/tags/{id}/members",
    "teamworktagmember-list",
    application=ALLOWED,
    delegated=MY_ALLOWED,
    options=CHOOSE | PAGED,
    paging=PAGES,
)
def tag_members(call: Call) -> bytes:
    """GET /teams/{id}/tags/{id}/members."""
    team = team_of(call)
    tag = call.tenant.part(Tags).of(team).get(call.names[1])
    if tag is None:
        msg = f"Tag {call.names[1]}"
        raise GraphError.not_found(msg)
    what = f"teams('{team.id}')/tags('{tag.id}')/members"
    return collection(call, what, fitting(call, tag.members(), MEMBER), MEMBER)


@AREA.rows("tags")
def true_tags(tenant: Company) -> Iterator[Row]:
    """Yield the tags of every team."""
    for team in tenant.teams.values():
        for tag in tenant.part(Tags).of(team).values():
            yield tag.row()


@AREA.rows("tag_members")
def true_members(tenant: Company) -> Iterator[Row]:
    """Yield the people of every tag."""
    for team in tenant.teams.values():
        for tag in tenant.part(Tags).of(team).values():
            for row in tag.members():
                yield {"teamId": team.id, "tagId": tag.id, **row}


def _key(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
