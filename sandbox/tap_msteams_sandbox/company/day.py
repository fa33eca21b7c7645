"""A day of work: the changes of one day."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tap_msteams_sandbox.company import prose

if TYPE_CHECKING:
    from random import Random

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.message import Thread
    from tap_msteams_sandbox.company.team import Channel, Team

BUSY_TEAMS = 40
"""The most teams in which a day leaves traces."""


def work(tenant: Company, random: Random) -> Counter[str]:
    """Add messages, members, a channel and presence changes; return their counts."""
    done: Counter[str] = Counter()
    teams = [team for team in tenant.teams.values() if not team.archived and team.people]
    busy = random.sample(teams, min(len(teams), max(2, len(teams) // 3), BUSY_TEAMS))
    for team in busy:
        for _ in range(random.randint(1, 3)):
            _talk(tenant, random, random.choice(list(team.channels.values())), done)
    if busy:
        _reorganise(tenant, random, busy, done)
    for person in random.sample(tenant.people, (len(tenant.people) + 2) // 3):
        tenant.turn(person.id)
        done["presences"] += 1
    return done


def _talk(tenant: Company, random: Random, channel: Channel, done: Counter[str]) -> None:
    """Add a post and replies to a channel, and change older messages."""
    if not channel.audience:
        return
    place = (channel.team.id, channel.id)
    author = random.choice(channel.audience)
    text = prose.opening(random, author.department, author.country.language)
    post = tenant.post(*place, text, author.id)
    done["posts"] += 1
    for _ in range(random.randint(0, 3)):
        tenant.reply(*place, post, prose.answer(random), random.choice(channel.audience).id)
        done["replies"] += 1
    older = [thread for thread in channel.ranking[-30:] if not _closed(thread)]
    for thread in random.sample(older, min(len(older), 3)):
        root = str(thread.root.id)
        match random.choice(("reply", "edit", "react", "delete", "react")):
            case "reply":
                person = random.choice(channel.audience)
                tenant.reply(*place, root, prose.answer(random), person.id)
                done["replies"] += 1
            case "edit":
                tenant.edit(*place, root, f"{text} (corrected)")
                done["edits"] += 1
            case "react":
                person = random.choice(channel.audience)
                tenant.react(*place, root, random.choice(("like", "heart", "laugh")), person.id)
                done["reactions"] += 1
            case _:
                tenant.delete(*place, root)
                done["deletions"] += 1


def _reorganise(tenant: Company, random: Random, teams: list[Team], done: Counter[str]) -> None:
    """Add a channel, add one member to a team and remove another."""
    team = random.choice(teams)
    general = next(iter(team.channels))
    taken = {channel.name for channel in team.channels.values()}
    free = [topic for topic in prose.CHANNEL_TOPICS if topic not in taken]
    name = random.choice(free or prose.CHANNEL_TOPICS)
    channel = tenant.add_channel(team.id, name)
    tenant.announce(team.id, channel, "channelAdded")
    done["channels"] += 1
    done["events"] += 1
    # Who joins has not just left, and who leaves has been there.
    strangers = [person for person in tenant.people if person not in team.people]
    left = random.choice(teams)
    owners, others = left.people[:2], left.people[2:]
    if owners and others:
        tenant.remove_member(left.id, others[-1].id)
        done["left"] += 1
    if strangers:
        tenant.add_member(team.id, random.choice(strangers).id)
        tenant.announce(team.id, general, "membersAdded")
        done["joined"] += 1
        done["events"] += 1


def _closed(thread: Thread) -> bool:
    """Whether the root of a thread is deleted or a system message."""
    return bool(thread.root.deleted) or b'"messageType":"message"' not in thread.root.row
