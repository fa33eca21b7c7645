"""Bookmarks: the time up to which each partition of a stream has been read.

The SDK's own list of partitions is searched for every record and written whole for every
partition, which is quadratic. Here lookups are in dictionaries, and partitions that share a
bookmark share an entry, so that 10,000 teams take 0.4 MB::

    {
        "version": 1,
        "teams": {"2026-11-20T03:00:00.000Z": ["<teamId>", ...]},
        "listed": {"2026-11-20T03:00:00.000Z": ["<teamId>", ...]},
        "channels": {"2026-11-20T03:00:00.000Z": {"<teamId>": ["<channelId>", ...]}},
        "open": {"<teamId>": {"until": "2026-11-20T03:00:00.000Z", "next": "https://..."}},
        "open_channels": {"<teamId>": {"<channelId>": {"until": ..., "next": ...}}},
        "unseen": {"2026-11-19": ["<teamId>", ...]},
        "deletions": {"2026-11-18T03:00:00.000Z": ["<driveId>", ...]},
        "begun": "2026-11-19T03:00:00.000Z",
        "below": ["<stream>", ...],
        "versions": {"2026-11-19T03": {"<version>": "<digests>"}},
        "shard": "2-of-4",
    }

`teams` (the key is the name of the partitions) were read completely. So were those in `listed`, but
by a list of several pages, in which a record may have moved past the reader. Of the teams in
`channels` only those channels were read. A partition in none of them has not been read. `open`
are unfinished large ones, with Graph's own link to the first page that was not written, and
`open_channels` the same for parts of partitions. `unseen`
are those that listings no longer show, with the day of the first such listing. `deletions` are
those whose deletions since a moment are still to be read. `begun` is the start of the first run
that may have shown a partition without keeping a link to it. `below` are the child streams that
have read theirs up to the same bookmarks. `versions` are those of records that will be shown
again, by the hour of their time; the child streams have read theirs. With a `shard` the
state has this shard's partitions alone; without one it may be of the whole tenant.
Moments are those of Graph's clock, in UTC with milliseconds, so that they compare as texts.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import chain
from sys import intern
from typing import TYPE_CHECKING, Any

from tap_msteams.run.ledger import Ledger
from tap_msteams.run.moments import parsed
from tap_msteams.run.refusals import VERSION, check_shard, check_version, damaged
from tap_msteams.run.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, MutableMapping

    from tap_msteams.declaration import Declaration

FORGOTTEN_AFTER = timedelta(days=30)
"""The time after which a partition that listings no longer show loses its bookmark."""


def _windows(state: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """The ends of unfinished windows with the links at which they go on."""
    for window in state.values():
        parsed(window["until"])
    return {id_: (window["until"], str(window["next"])) for id_, window in state.items()}


def _open(windows: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """The same in STATE."""
    return {id_: {"until": until, "next": link} for id_, (until, link) in windows.items()}


def bookmark_keys(stream: type[Declaration], *, application: bool) -> tuple[str, str]:
    """The keys of a stream's partitions and of their parts in STATE."""
    parents = stream.parent_streams(application=application)
    parts = stream.read.waits_for.name if stream.read.waits_for else "parts"
    return parents[0].name if parents else "whole", parts


class Bookmarks:
    """The bookmarks of one stream, by partition and by subpartition."""

    def __init__(
        self,
        state: dict[str, Any],
        stream: str,
        keys: tuple[str, str],
        alias: Callable[[str], str] | None = None,
        shard: str = "",
    ) -> None:
        """Read the stream's `state`, a live part of the tap's, which only `save` changes.

        Partitions and their parts are under `keys`. An `alias` replaces ids that must not be kept;
        links, which contain ids, are then left out. A `shard` refuses the state of another one.
        """
        self._alias = alias
        self._shard = shard
        self._is_of_shard = not state or "shard" in state
        self._state = state
        self._keys = keys
        self._partitions, self._listed, self._unseen = Ledger(), Ledger(), Ledger()
        self._subpartitions: dict[str, dict[str, str]] = defaultdict(dict)
        self._unfinished: dict[str, tuple[str, str]] = {}
        self._unfinished_parts: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
        self._deletions = Ledger()
        self.begun: str | None = None
        """The start of the first run that may have shown a partition without keeping a link."""
        self.below: list[str] = []
        """The child streams that have read theirs up to the same bookmarks."""
        self.versions = Versions({})
        """The versions of records that have been read with all that is below them."""
        if not state:
            return
        check_version(state, stream)
        check_shard(state, stream, shard)
        try:
            self._load()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise damaged(stream, error) from error

    def _load(self) -> None:
        partitions, subpartitions = self._keys
        self._fill(self._partitions, partitions)
        self._fill(self._listed, "listed")
        for since, members in self._state.get(subpartitions, {}).items():
            parsed(since)
            for partition, ids in members.items():
                name = self._names([partition])[0]
                self._subpartitions[name].update(dict.fromkeys(ids, since))
        if self._alias is None:
            self._unfinished = _windows(self._state.get("open", {}))
            for partition, windows in self._state.get(f"open_{subpartitions}", {}).items():
                self._unfinished_parts[partition] = _windows(windows)
        self._fill(self._unseen, "unseen", date.fromisoformat)
        self._fill(self._deletions, "deletions")
        if begun := self._state.get("begun"):
            parsed(begun)
            self.begun = begun
        self.below = [*self._state.get("below", ())]
        self.versions = Versions(self._state.get("versions", {}))

    def _fill(self, known: Ledger, key: str, check: Callable[[str], object] = parsed) -> None:
        """Take the partitions under a key of the state, each with its moment."""
        for since, ids in self._state.get(key, {}).items():
            check(since)
            known.put(self._names(ids), since)

    def _names(self, ids: Iterable[str]) -> list[str]:
        """The partitions under this run's names: an earlier run may have used others."""
        return [self._alias(id_) if self._alias else id_ for id_ in ids]

    def since(self, partition: str, subpartition: str | None = None) -> str | None:
        """The bookmark of a partition or a subpartition; None where there is none yet."""
        if subpartition is not None and (
            found := self._subpartitions.get(partition, {}).get(subpartition)
        ):
            return found
        return self._whole(partition)

    def _whole(self, partition: str) -> str | None:
        """The bookmark of a whole partition."""
        return self._listed.get(partition) or self._partitions.get(partition)

    def was_read_by_list(self, partition: str) -> bool:
        """Whether a partition was read by a list, where records may move past the reader."""
        return partition in self._listed

    def advance(self, partition: str, to: str, *, by_list: bool = False) -> None:
        """Set the bookmark of a whole partition, read and written up to `to`."""
        # One text for all partitions with the same bookmark.
        since = intern(max(to, self._whole(partition) or ""))
        (self._partitions if by_list else self._listed).pop(partition, None)
        (self._listed if by_list else self._partitions)[partition] = since
        self._subpartitions.pop(partition, None)
        self._unfinished_parts.pop(partition, None)
        self._unfinished.pop(partition, None)

    def advance_subpartition(self, partition: str, subpartition: str, to: str) -> None:
        """Set the bookmark of one subpartition, read and written up to `to`."""
        self._subpartitions[partition][subpartition] = to
        self.drop_unfinished(partition, subpartition)

    def leave_unfinished(
        self, partition: str, until: str, link: str, subpartition: str | None = None
    ) -> None:
        """Keep the link at which the window of a partition that ends at `until` goes on."""
        if self._alias is None:
            windows, key = self._windows_of(partition, subpartition)
            windows[key] = (until, link)

    def unfinished(
        self, partition: str, subpartition: str | None = None
    ) -> tuple[datetime, str] | None:
        """The unfinished window of an earlier run: its end, and the link at which it goes on."""
        windows, key = self._windows_of(partition, subpartition)
        if window := windows.get(key):
            return datetime.fromisoformat(window[0]), window[1]
        return None

    def drop_unfinished(self, partition: str, subpartition: str | None = None) -> None:
        """Drop a link that Graph refuses, so that the window is read from its start."""
        windows, key = self._windows_of(partition, subpartition)
        windows.pop(key, None)

    def _windows_of(
        self, partition: str, subpartition: str | None
    ) -> tuple[dict[str, tuple[str, str]], str]:
        """The unfinished windows to which that of a partition or of a part of it belongs."""
        if subpartition is None:
            return self._unfinished, partition
        return self._unfinished_parts[partition], subpartition

    def has_link(self, partition: str) -> bool:
        """Whether a partition has a link at which it goes on."""
        return partition in self._unfinished

    def owe_deletions(self, partition: str, since: str) -> None:
        """Note that the deletions of a partition since a moment are still to be read."""
        self._deletions[partition] = min(since, self._deletions.get(partition, since))

    def owed_deletions(self, partition: str) -> str | None:
        """The moment since which deletions of a partition are still to be read."""
        return self._deletions.get(partition)

    def settle_deletions(self, partition: str) -> None:
        """Note that the deletions of a partition have been read."""
        self._deletions.pop(partition, None)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been read."""
        parts = any(self._unfinished_parts.values())
        whole = self._partitions or self._listed
        return not (whole or self._subpartitions or self._unfinished or parts or self.versions)

    def clear(self) -> None:
        """Forget all that has been read, so that it is read again."""
        for known in self._by_partition:
            known.clear()
        self.versions.clear()

    def keep(self, seen: Container[str], today: date) -> None:
        """Keep these partitions, and drop others once listings have not shown them for 30 days.

        Those of other shards, which a state of the whole tenant has, are dropped at once.
        """
        drops_others = self._shard and not self._is_of_shard
        self._is_of_shard = True
        for partition in [it for it in self._unseen if it in seen]:
            del self._unseen[partition]
        for partition in dict.fromkeys(it for it in self._names_known if it not in seen):
            since = date.fromisoformat(self._unseen.setdefault(partition, today.isoformat()))
            if drops_others or today - since > FORGOTTEN_AFTER:
                self._forget(partition)

    def join(self, other: Bookmarks) -> None:
        """Become one state with that of another shard: of each partition the newest bookmark."""
        self._shard = ""
        for partition in other._names_known:
            if other._progress(partition) > self._progress(partition):
                self._forget(partition)
                self._take(partition, other)
        self.begun = min(filter(None, (self.begun, other.begun)), default=None)
        self.below = sorted({*self.below} & {*other.below})
        self.versions.join(other.versions)

    def _progress(self, partition: str) -> tuple[str, str, str]:
        """How far a partition has been read; texts that compare."""
        parts = self._subpartitions.get(partition, {}).values()
        until, _ = self._unfinished.get(partition, ("", ""))
        return self._whole(partition) or "", max(parts, default=""), until

    @property
    def _names_known(self) -> Iterator[str]:
        """All partitions of which anything is known; some come twice."""
        return chain.from_iterable(self._by_partition)

    @property
    def _by_partition(self) -> tuple[MutableMapping[str, Any], ...]:
        ledgers = (self._partitions, self._listed, self._unseen, self._deletions)
        return (*ledgers, self._subpartitions, self._unfinished, self._unfinished_parts)

    def _take(self, partition: str, other: Bookmarks) -> None:
        """Take all that another state knows of a partition."""
        for ours, theirs in zip(self._by_partition, other._by_partition, strict=True):
            if partition in theirs:
                ours[partition] = theirs[partition]

    def _forget(self, partition: str) -> None:
        for known in self._by_partition:
            known.pop(partition, None)

    @property
    def oldest(self) -> str | None:
        """The oldest bookmark of all partitions."""
        parts = (since for members in self._subpartitions.values() for since in members.values())
        whole = (self._partitions.oldest, self._listed.oldest)
        return min(filter(None, (*whole, *parts)), default=None)

    @property
    def oldest_link(self) -> str | None:
        """The oldest moment that a link stands for."""
        return min((until for until, _ in self._unfinished.values()), default=None)

    def save(self) -> None:
        """Write the bookmarks into the tap's state, in place of what has been read from it."""
        partitions, subpartitions = self._keys
        split: dict[str, dict[str, list[str]]] = defaultdict(dict)
        for partition, members in self._subpartitions.items():
            for subpartition, since in members.items():
                split[since].setdefault(partition, []).append(subpartition)
        entries: dict[str, Mapping[str, Any]] = {
            partitions: self._partitions.by_moment,
            "listed": self._listed.by_moment,
            subpartitions: split,
            "unseen": self._unseen.by_moment,
            "deletions": self._deletions.by_moment,
        }
        self._state.clear()
        self._state["version"] = VERSION
        if self._shard and self._is_of_shard:
            self._state["shard"] = self._shard
        for key, entry in entries.items():
            if entry:
                self._state[key] = {since: entry[since] for since in sorted(entry)}
        parts = {id_: _open(it) for id_, it in self._unfinished_parts.items() if it}
        more = {
            "open": _open(self._unfinished),
            f"open_{subpartitions}": parts,
            "begun": self.begun,
            "below": self.below,
            "versions": self.versions.state,
        }
        self._state.update({key: entry for key, entry in more.items() if entry})
