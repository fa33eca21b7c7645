"""Founding: the first chats of a tenant."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tap_msteams_sandbox.areas.chats.chat import Chat
from tap_msteams_sandbox.areas.chats.strangers import federated, visitors
from tap_msteams_sandbox.company.prose import CHANNEL_TOPICS, TEAM_TOPICS
from tap_msteams_sandbox.instants import DAY, HOUR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tap_msteams_sandbox.areas.chats.strangers import Participant
    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.people import Person

CROWD = 40
"""How many are in the first chat, if there are that many."""

GROUP_EVERY, MEETING_EVERY, FEDERATED_EVERY = 4, 3, 9
"""For how many people there is one chat of that kind."""

OLDEST = 700 * DAY


class _Plan(NamedTuple):
    kind: str
    people: list[Participant]
    topic: str | None = None
    foreign: bool = False


def found(tenant: Company) -> Iterator[Chat]:
    """Yield the chats, each with at least one member who may use Teams here."""
    random = tenant.random("chats")
    hosts = [person for person in tenant.people if person.licensed]
    guests = [person for person in tenant.people if person.guest]
    plans = (*_groups(random, hosts, guests), *_meetings(random, hosts), *_pairs(random, hosts))
    for n, plan in enumerate(plans):
        created = tenant.until - random.randrange(HOUR, OLDEST)
        chat = Chat(tenant, n, plan.kind, plan.people, created, plan.topic, plan.foreign)
        if plan.kind == "group" and len(plan.people) > 1:
            late = plan.people[-1].id
            chat.since[late] = chat.updated = random.randrange(created, tenant.until)
        yield chat


def _groups(random: Random, hosts: list[Person], guests: list[Person]) -> Iterator[_Plan]:
    """Yield group chats: one with nearly everybody, one that a partner owns, and small ones."""
    if not hosts:
        return
    crowd = (hosts + guests)[:CROWD]
    yield _Plan("group", [*crowd], "Everybody 🎈")
    yield _Plan("group", [federated(random), hosts[0]], "Joint venture", foreign=True)
    for n in range(len(hosts) // GROUP_EVERY):
        people: list[Participant] = [*_some(random, hosts, 3, 9)]
        if guests and n % 2:
            people.append(random.choice(guests))
        topic = CHANNEL_TOPICS[n % len(CHANNEL_TOPICS)] if (n + 1) % 3 else None
        yield _Plan("group", people, topic)


def _meetings(random: Random, hosts: list[Person]) -> Iterator[_Plan]:
    """Yield the chats of meetings, some with visitors of all kinds."""
    for n in range(-(-len(hosts) // MEETING_EVERY)):
        people: list[Participant] = [*_some(random, hosts, 2, 7)]
        if n % 5 == 0:
            people += visitors(random)
        yield _Plan("meeting", people, f"{TEAM_TOPICS[n % len(TEAM_TOPICS)]} weekly")


def _pairs(random: Random, hosts: list[Person]) -> Iterator[_Plan]:
    """Yield one-on-one chats, at most one for each pair."""
    seen: set[frozenset[str]] = set()
    for n, host in enumerate(hosts):
        other: Participant = random.choice(hosts)
        if n % FEDERATED_EVERY == 1:
            other = federated(random)
        pair = frozenset((host.id, other.id))
        if len(pair) > 1 and pair not in seen:
            seen.add(pair)
            abroad = n % (2 * FEDERATED_EVERY) == 1
            yield _Plan("oneOnOne", [host, other], foreign=abroad)


def _some(random: Random, people: list[Person], least: int, most: int) -> list[Person]:
    """Return a few of the people."""
    return random.sample(people, min(len(people), random.randint(least, most)))
