"""A day of work in chats."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tap_msteams_sandbox.areas.chats.area import AREA
from tap_msteams_sandbox.areas.chats.chats import Chats
from tap_msteams_sandbox.company import prose

if TYPE_CHECKING:
    from random import Random

    from tap_msteams_sandbox.areas.chats.chat import Chat
    from tap_msteams_sandbox.company.company import Company

BUSY = 30
"""The most chats in which a day leaves traces."""


@AREA.day
def work(tenant: Company, random: Random) -> dict[str, int]:
    """Add a day of messages and changes to the chats."""
    chats, done = tenant.part(Chats), Counter[str]()
    every = [chat for chat in chats.all.values() if chat.audience and not chat.foreign]
    for chat in random.sample(every, min(len(every), max(2, len(every) // 4), BUSY)):
        _talk(chats, chat, random)
        done["chat messages"] += 1
    groups = [chat for chat in every if chat.kind == "group"]
    if groups:
        group = random.choice(groups)
        chats.rename(group.id, f"{prose.CHANNEL_TOPICS[tenant.days % 20]} {tenant.days}")
        strangers = [it for it in tenant.people if it.licensed and not group.has(it.id)]
        if strangers:
            chats.add_member(group.id, random.choice(strangers).id)
        left = random.choice(groups)
        hosts = [person for person in left.audience if person.licensed]
        if len(hosts) > 1:
            chats.remove_member(left.id, hosts[-1].id)
        done["chats changed"] += 1
    return dict(done)


def _talk(chats: Chats, chat: Chat, random: Random) -> None:
    """Write something and answer it; change, like, pin or delete something older."""
    author = random.choice(chat.audience)
    posted = chats.post(chat.id, prose.opening(random, author.department, "en-IE"), author.id)
    older = [
        it
        for it in chat.messages.values()
        if not it.deleted and b'"messageType":"message"' in it.row
    ]
    which = str(random.choice(older).id)
    match random.randrange(5):
        case 0:
            chats.edit(chat.id, which, "Corrected ✏️")
        case 1:
            chats.delete(chat.id, which)
        case 2:
            chats.pin(chat.id, posted)
        case _:
            chats.react(chat.id, which, random.choice(("heart", "laugh")))
