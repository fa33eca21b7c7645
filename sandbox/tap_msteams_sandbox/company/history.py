"""History: the messages of a channel before the sandbox started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company import events, features, prose
from tap_msteams_sandbox.company.message import Message, Thread, draft
from tap_msteams_sandbox.instants import DAY, HOUR, MINUTE, iso

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tap_msteams_sandbox.company.places import ChannelLike

SPAN = 540 * DAY
"""How far the history reaches back: eighteen months."""

KEPT = 21 * DAY
"""How long Teams shows what a user has deleted.

https://learn.microsoft.com/en-us/microsoftteams/export-teams-content
"""

REPLIES = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 6, 9)
EVENT_EVERY = 14
EDITED, REACTED, DELETED, LONG_AGO = 0.05, 0.16, 0.025, 0.12
"""Shares of the messages to which something happens; the last one of the deleted."""


SHOWCASES = ("0/0", "90000/0")
"""The first channel of a tenant, and that of a team deleted long ago, show all that there is,
however small they are."""


def history(channel: ChannelLike) -> Iterator[Thread]:
    """Yield the threads of a channel, oldest root first."""
    return _History(channel).threads()


class _History:
    """Writes the history of one channel."""

    def __init__(self, channel: ChannelLike) -> None:
        self.channel = channel
        self.until = channel.team.tenant.until
        self.random: Random = channel.team.tenant.random("history", channel.key)
        self.start = max(self.until - SPAN, channel.created)
        self.taken: set[int] = set()
        self.everything = channel.key in SHOWCASES
        self.pending = [it for _, it in features.FEATURES] if self.everything else []
        self.kinds = events.KINDS[0 if self.everything else channel.n % 5 :]
        self.written = 0

    def threads(self) -> Iterator[Thread]:
        """Yield the threads."""
        sizes = list(self._sizes())
        roots = sorted(self._working_hour() for _ in sizes)
        for place, (size, instant) in enumerate(zip(sizes, roots, strict=True)):
            if place % EVENT_EVERY == 1:
                yield Thread(self._event(self._free(instant), place // EVENT_EVERY), [])
            else:
                root = self._message(self._free(instant), lonely=size == 1)
                yield Thread(root, list(self._replies(root, size - 1)))

    def _sizes(self) -> Iterator[int]:
        """Yield how many messages each thread has."""
        left = self._volume()
        place = 0
        while left > 0:
            replies = 0 if place % EVENT_EVERY == 1 else self.random.choice(REPLIES)
            size = min(left, 1 + replies)
            yield size
            left -= size
            place += 1

    def _volume(self) -> int:
        """Return how many messages the channel has: General is busy, some channels are quiet."""
        tenant = self.channel.team.tenant
        if self.channel.created >= self.until:
            return 0
        if tenant.even:
            return tenant.messages
        width, n = tenant.width, self.channel.n
        if width == 1:
            return tenant.messages
        if n == 0:
            return int(tenant.messages * 1.6)
        share = (width - 1.6) / (width - 1)
        # Neighbours pair up, so that the average of a team stays what was asked for.
        swing = 0.7 * (1 if n % 2 else -1) if n + n % 2 < width or n % 2 == 0 else 0.0
        return round(tenant.messages * share * (1 + swing))

    def _working_hour(self) -> int:
        """Return an instant of the history, seldom on a weekend or at night."""
        random = self.random
        instant = self.start + int(random.random() * (self.until - self.start - HOUR))
        weekend = (instant // DAY + 3) % 7 in {5, 6}
        if weekend and random.randrange(5) and instant - 2 * DAY > self.start:
            instant -= 2 * DAY
        if random.randrange(10):
            instant = instant // DAY * DAY + int(random.triangular(6, 18, 10) * HOUR)
        return instant

    def _free(self, instant: int) -> int:
        """Return the instant, or one close to it, as an id that is still free."""
        instant = min(max(instant, self.start), self.until - MINUTE - len(self.taken))
        while instant in self.taken:
            instant += 1
        self.taken.add(instant)
        return instant

    def _replies(self, root: Message, count: int) -> Iterator[Message]:
        """Yield the replies to a root post."""
        instant = root.id
        for _ in range(count):
            instant += MINUTE // 2 + int(self.random.expovariate(1 / (50 * MINUTE)))
            instant = self._free(instant)
            yield self._message(instant, parent=root.id)

    def _message(self, instant: int, parent: int = 0, *, lonely: bool = True) -> Message:
        """Write one message, and edit, react to or delete some of them."""
        random = self.random
        self.written += 1
        author = random.choice(self.channel.audience)
        if parent:
            text = prose.answer(random)
        else:
            text = prose.opening(random, author.department, author.country.language)
        row = draft(self.channel, instant, author, text, parent)
        self._add_features(row)
        message = Message(self.channel, row, self._reactions(row, self._edit(row, instant)))
        self._delete(message, row, lonely=lonely)
        return message

    def _add_features(self, row: dict[str, Any]) -> None:
        """Add features to some of the messages."""
        if self.pending:
            self.pending.pop()(self.random, self.channel, row)
            return
        for share, add in features.FEATURES:
            if self.random.random() < share:
                add(self.random, self.channel, row)

    def _edit(self, row: dict[str, Any], instant: int) -> int:
        """Edit some messages; return when it was changed last."""
        if not self._happens(EDITED, turn=3):
            return instant
        edited = min(instant + self.random.randrange(MINUTE, 3 * DAY), self.until - 1)
        row["body"]["content"] += "<p>(edited)</p>"
        row["lastEditedDateTime"] = iso(edited)
        return edited

    def _reactions(self, row: dict[str, Any], modified: int) -> int:
        """Let people react to some messages; return when it was changed last."""
        if not self._happens(REACTED, turn=5):
            return modified
        latest = features.react(self.random, self.channel, row, self.until - 1)
        return max(modified, latest)

    def _delete(self, message: Message, row: dict[str, Any], *, lonely: bool) -> None:
        """Delete some messages, most of them in the last three weeks."""
        if not self._happens(DELETED, turn=7):
            return
        since = max(message.modified + 1, self.until - KEPT + HOUR)
        if lonely and self._happens(LONG_AGO, turn=0):
            since = message.modified + 1
        if since < self.until:
            message.delete(row, self.random.randrange(since, self.until))

    def _happens(self, share: float, *, turn: int) -> bool:
        """Whether something happens to a message: by chance, or in a showcase at its turn."""
        return self.random.random() < share or (self.everything and self.written == turn)

    def _event(self, instant: int, turn: int) -> Message:
        """Write a system message."""
        kind = self.kinds[turn % len(self.kinds)]
        row = draft(self.channel, instant, None, "")
        row["messageType"] = "systemEventMessage"
        row["body"]["content"] = "<systemEventMessage/>"
        row["eventDetail"] = events.detail(self.random, self.channel, kind, instant)
        return Message(self.channel, row, instant)
