"""The company: the operations on it while it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.company import events
from tap_msteams_sandbox.company.message import Message, Thread, draft, reaction
from tap_msteams_sandbox.company.team import Channel
from tap_msteams_sandbox.company.tree import Tree
from tap_msteams_sandbox.instants import iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams_sandbox.company.people import Person


class Company(Tree):
    """A company at work: whatever is touched is stamped with an instant of its own.

    Teams, channels, messages and people are named by their ids.
    """

    days = 0
    """Days of work done so far."""

    def post(self, team: str, channel: str, text: str = "Hello", author: str = "") -> str:
        """Write a root post; return its id."""
        with self.lock:
            where = self._channel(team, channel)
            message = self._write(where, text, author)
            where.threads[message.id] = Thread(message, [])
            where.touch()
            self._tell("created", where, message)
            return str(message.id)

    def reply(
        self, team: str, channel: str, message: str, text: str = "Thanks!", author: str = ""
    ) -> str:
        """Answer a root post; return the id of the reply."""
        with self.lock:
            where = self._channel(team, channel)
            thread = where.threads[int(message)]
            answer = self._write(where, text, author, parent=thread.root.id)
            thread.replies.append(answer)
            thread.touch()
            where.touch()
            self._tell("created", where, answer)
            return str(answer.id)

    def edit(self, team: str, channel: str, message: str, text: str = "Edited") -> None:
        """Change the text of a post or a reply."""

        def rewrite(found: Message, row: dict[str, Any], instant: int) -> None:
            row["body"]["content"] = f"<p>{text}</p>"
            row["lastEditedDateTime"] = iso(instant)
            found.keep(row, instant)

        self._alter(team, channel, message, rewrite)

    def react(
        self, team: str, channel: str, message: str, kind: str = "like", person: str = ""
    ) -> None:
        """React to a post or a reply."""

        def add(found: Message, row: dict[str, Any], instant: int) -> None:
            given = reaction(self._person(self._channel(team, channel), person), kind, instant)
            row["reactions"].append(given)
            row["messageHistory"].append(
                {"modifiedDateTime": iso(instant), "actions": "reactionAdded", "reaction": given}
            )
            found.keep(row, instant)

        self._alter(team, channel, message, add)

    def delete(self, team: str, channel: str, message: str) -> None:
        """Delete a post or a reply, as its author can."""
        self._alter(team, channel, message, Message.delete)

    def announce(self, team: str, channel: str, kind: str) -> str:
        """Add a system message of one of the kinds of events; return its id."""
        with self.lock:
            where = self._channel(team, channel)
            instant = self.tick()
            row = draft(where, instant, None, "")
            row["messageType"] = "systemEventMessage"
            row["body"]["content"] = "<systemEventMessage/>"
            random = self.random("event", str(instant))
            row["eventDetail"] = events.detail(random, where, kind, instant)
            where.threads[instant] = Thread(Message(where, row, instant), [])
            where.touch()
            self._tell("created", where, where.threads[instant].root)
            return str(instant)

    def add_team(self, name: str = "New team", messages: int = 0) -> str:
        """Add a team with a General channel and so many posts; return its id."""
        with self.lock:
            team = self.add(name)
            for number in range(messages):
                self.post(team.id, next(iter(team.channels)), f"Post {number}")
            return team.id

    def remove_team(self, team: str) -> None:
        """Delete a team with all that is in it."""
        with self.lock:
            self.deleted[team] = self.teams.pop(team)

    def archive(self, team: str, *, archived: bool = True) -> None:
        """Archive a team, or unarchive it."""
        with self.lock:
            self.teams[team].archived = archived

    def rename(self, team: str, name: str) -> None:
        """Rename a team."""
        with self.lock:
            self.teams[team].settle()
            self.teams[team].name = name

    def add_channel(self, team: str, name: str = "New channel", kind: str = "standard") -> str:
        """Open a channel: standard, private or shared; return its id."""
        with self.lock:
            where = self.teams[team]
            n = 1 + max(it.n for it in (*where.channels.values(), *where.removed))
            channel = Channel(where, n, name, kind, self.tick())
            where.channels[channel.id] = channel
            return channel.id

    def remove_channel(self, team: str, channel: str) -> None:
        """Delete a channel; its messages stay in the export."""
        with self.lock:
            where = self.teams[team]
            where.settle()
            where.removed.append(where.channels.pop(channel))

    def add_member(self, team: str, person: str) -> None:
        """Add a member to a team."""
        with self.lock:
            where = self.teams[team]
            where.settle()
            if self.users[person] not in where.people:
                where.people.append(self.users[person])

    def remove_member(self, team: str, person: str) -> None:
        """Remove a member from a team and its channels."""
        with self.lock:
            where = self.teams[team]
            where.settle()
            who = self.users[person]
            for people in (where.people, *(it.audience for it in where.channels.values())):
                if who in people:
                    people.remove(who)

    def turn(self, person: str) -> None:
        """Change someone's presence."""
        with self.lock:
            self.users[person].presence += 1

    def _channel(self, team: str, channel: str) -> Channel:
        return self.teams[team].channels[channel]

    def _tell(self, kind: str, where: Channel, message: Message) -> None:
        for watcher in self.watchers:
            watcher(kind, where, message)

    def _person(self, channel: Channel, person: str) -> Person:
        """Return the person of that id, or the first member of the channel."""
        return self.users[person] if person else (channel.audience or self.people)[0]

    def _write(self, channel: Channel, text: str, author: str, parent: int = 0) -> Message:
        instant = self.tick()
        row = draft(channel, instant, self._person(channel, author), text, parent)
        return Message(channel, row, instant)

    def _alter(
        self,
        team: str,
        channel: str,
        message: str,
        how: Callable[[Message, dict[str, Any], int], None],
    ) -> None:
        """Change one message, wherever in the channel it is."""
        with self.lock:
            where = self._channel(team, channel)
            for thread in where.threads.values():
                if found := thread.find(int(message)):
                    how(found, found.read(), self.tick())
                    thread.touch()
                    where.touch()
                    self._tell("deleted" if found.deleted else "updated", where, found)
                    return
            msg = f"there is no message {message} in channel {channel}"
            raise KeyError(msg)
