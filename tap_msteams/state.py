"""Bookmarks: how far each partition of a stream has been read.

The SDK's own list of partitions is searched for every record and written whole for every
partition, which is quadratic. Here lookups are in dictionaries, and partitions that share a
bookmark share an entry, so that 10,000 teams take 0.4 MB::

    {
        "version": 1,
        "teams": {"2026-11-20T03:00:00.000Z": ["<teamId>", ...]},
        "listed": {"2026-11-20T03:00:00.000Z": ["<teamId>", ...]},
        "channels": {"2026-11-20T03:00:00.000Z": {"<teamId>": ["<channelId>", ...]}},
        "open": {"<teamId>": {"until": "2026-11-20T03:00:00.000Z", "next": "https://..."}},
        "unseen": {"2026-11-19": ["<teamId>", ...]},
    }

`teams` (or whatever the partitions are called) were read whole, and so were those in `listed`, but
by a list of several pages, in which something may have moved past the reader; of the teams in
`channels` only those channels. A partition that is in none has not been read. `open` are large
ones in the middle of being read, with Graph's own link to the first page that was not written.
Moments are those of Graph's clock, in UTC with milliseconds, so that they compare as texts.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tap_msteams.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

VERSION = 1

_FIRST_YEAR = 2000

FORGOTTEN_AFTER = timedelta(days=30)
"""How long a partition that listings no longer show keeps its bookmark."""


def moment(value: datetime) -> str:
    """A moment as it stands in STATE and in Graph's filters."""
    text = value.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def parsed(text: str) -> datetime:
    """The moment that a text in STATE stands for; raises ValueError where it is none."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None or value.year < _FIRST_YEAR:
        msg = f"'{text}' is no moment that Graph's clock could have shown"
        raise ValueError(msg)
    return value


def comparable(text: str) -> str:
    """A moment of Graph's so that texts compare as moments do: zeros may be trimmed off."""
    text = text.rstrip("Z")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _check_version(state: dict[str, Any], stream: str) -> None:
    if state.get("version") != VERSION:
        msg = (
            f"state of '{stream}' is of version {state.get('version')!r}, this tap writes "
            f'version {VERSION}: remove "{stream}" from the state to read it from the start'
        )
        raise StateError(msg)


def _damaged(stream: str, error: Exception) -> StateError:
    return StateError(
        f"state of '{stream}' is damaged ({error}): "
        f'remove "{stream}" from the state to read it from the start'
    )


class Bookmarks:
    """The bookmarks of one stream, by partition and by part of a partition."""

    def __init__(
        self,
        state: dict[str, Any],
        stream: str,
        wholes: str,
        parts: str = "parts",
        called: Callable[[str], str] | None = None,
    ) -> None:
        """Read the stream's `state`, a live part of the tap's; `wholes`, `parts` are its keys.

        Partitions whose ids are not to be kept go by what they are `called`; without links then,
        since ids stand in these.
        """
        self._called = called
        self._state = state
        self._keys = (wholes, parts)
        self._wholes: dict[str, str] = {}
        self._listed: set[str] = set()
        self._parts: dict[str, dict[str, str]] = defaultdict(dict)
        self._open: dict[str, tuple[str, str]] = {}
        self._unseen: dict[str, str] = {}
        self._held: set[str] = set()
        self._all_held = False
        self._loaded: dict[str, Any] = {}
        if not state:
            return
        _check_version(state, stream)
        try:
            self._load()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise _damaged(stream, error) from error
        self._loaded = {
            "wholes": {**self._wholes},
            "listed": {*self._listed},
            "parts": {whole: {**members} for whole, members in self._parts.items()},
            "open": {**self._open},
        }

    def _load(self) -> None:
        wholes, parts = self._keys
        for key in (wholes, "listed"):
            for since, ids in self._state.get(key, {}).items():
                parsed(since)
                self._wholes.update(dict.fromkeys(self._names(ids), since))
        for ids in self._state.get("listed", {}).values():
            self._listed.update(self._names(ids))
        for since, members in self._state.get(parts, {}).items():
            parsed(since)
            for whole, ids in members.items():
                self._parts[self._names([whole])[0]].update(dict.fromkeys(ids, since))
        for whole, window in self._state.get("open", {}).items():
            parsed(window["until"])
            if self._called is None:
                self._open[whole] = (window["until"], str(window["next"]))
        for day, ids in self._state.get("unseen", {}).items():
            date.fromisoformat(day)
            self._unseen.update(dict.fromkeys(self._names(ids), day))

    def _names(self, ids: Iterable[str]) -> list[str]:
        """What partitions go by in this run, whatever they went by before."""
        return [self._called(id_) if self._called else id_ for id_ in ids]

    def since(self, whole: str, part: str | None = None) -> str | None:
        """The bookmark of a partition or of a part of it; None where it was never read."""
        if part is not None and (found := self._parts.get(whole, {}).get(part)):
            return found
        return self._wholes.get(whole)

    def was_listed(self, whole: str) -> bool:
        """Whether something may have moved past the reader of a partition."""
        return whole in self._listed

    def advance(self, whole: str, to: str, *, listed: bool = False) -> None:
        """Note that all of a partition has been read and written up to `to`."""
        if self._all_held or whole in self._held:
            return
        self._wholes[whole] = max(to, self._wholes.get(whole, ""))
        (self._listed.add if listed else self._listed.discard)(whole)
        self._parts.pop(whole, None)
        self._open.pop(whole, None)

    def leave_open(self, whole: str, until: str, link: str) -> None:
        """Note that a partition has been read and written towards `until`, up to a link."""
        if not self._all_held and whole not in self._held and self._called is None:
            self._open[whole] = (until, link)

    def left_open(self, whole: str) -> tuple[datetime, str] | None:
        """The window that an earlier run left open: its end and the link to go on with."""
        if window := self._open.get(whole):
            return datetime.fromisoformat(window[0]), window[1]
        return None

    def drop_open(self, whole: str) -> None:
        """Forget a link that Graph no longer takes: the window is read from its start."""
        self._open.pop(whole, None)

    def advance_part(self, whole: str, part: str, to: str) -> None:
        """Note that one part of a partition has been read and written up to `to`."""
        if not self._all_held and whole not in self._held:
            self._parts[whole][part] = to

    def hold(self, whole: str) -> None:
        """Have a partition stay where it was at first, so that the next run reads it again."""
        self._held.add(whole)
        self._listed.discard(whole)
        if whole in self._loaded.get("listed", ()):
            self._listed.add(whole)
        mine: tuple[tuple[str, dict[str, Any]], ...]
        mine = (("wholes", self._wholes), ("parts", self._parts), ("open", self._open))
        for name, now in mine:
            now.pop(whole, None)
            if (before := self._loaded.get(name, {}).get(whole)) is not None:
                now[whole] = before

    def hold_all(self) -> None:
        """Have every partition stay where it was at first."""
        self._all_held = True
        for whole in {*self._wholes, *self._parts, *self._open}:
            self.hold(whole)

    def keep(self, seen: Collection[str], today: date) -> None:
        """Forget partitions that complete listings have not shown for thirty days."""
        for whole in {*self._wholes, *self._parts, *self._open}:
            if whole in seen:
                self._unseen.pop(whole, None)
                continue
            since = date.fromisoformat(self._unseen.setdefault(whole, today.isoformat()))
            if today - since > FORGOTTEN_AFTER:
                self._wholes.pop(whole, None)
                self._listed.discard(whole)
                self._parts.pop(whole, None)
                self._open.pop(whole, None)
                self._unseen.pop(whole, None)

    @property
    def oldest(self) -> str | None:
        """The oldest bookmark of all, before which deletions may have gone unseen."""
        parts = (since for members in self._parts.values() for since in members.values())
        return min((*self._wholes.values(), *parts), default=None)

    @property
    def oldest_link(self) -> str | None:
        """The oldest moment that a link stands for."""
        return min((until for until, _ in self._open.values()), default=None)

    def save(self) -> None:
        """Write the bookmarks into the tap's state."""
        wholes, parts = self._keys
        grouped: dict[str, list[str]] = defaultdict(list)
        listed: dict[str, list[str]] = defaultdict(list)
        for whole, since in self._wholes.items():
            (listed if whole in self._listed else grouped)[since].append(whole)
        split: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for whole, members in self._parts.items():
            for part, since in members.items():
                split[since].setdefault(whole, []).append(part)
        unseen: dict[str, list[str]] = defaultdict(list)
        for whole, day in self._unseen.items():
            unseen[day].append(whole)
        self._state.clear()
        self._state["version"] = VERSION
        windows = {
            whole: {"until": until, "next": link} for whole, (until, link) in self._open.items()
        }
        entries: dict[str, dict[str, Any]]
        entries = {wholes: grouped, "listed": listed, parts: split, "unseen": unseen}
        for key, entry in entries.items():
            if entry:
                self._state[key] = {since: entry[since] for since in sorted(entry)}
        if windows:
            self._state["open"] = windows
