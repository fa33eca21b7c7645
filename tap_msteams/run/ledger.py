"""Ledgers: moments by the names of partitions, in memory only as long as they are few."""

from __future__ import annotations

import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_msteams.writer import LongArray

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MANY = 10_000
"""Names that are kept in memory, where 300,000 would take 100 MB."""


class Ledger(MutableMapping[str, str]):
    """A moment for each name, in a temporary database where they are many."""

    def __init__(self, many: int = MANY) -> None:
        """Keep up to `many` names in memory."""
        self._many = many
        self._moments: dict[str, str] | _Table = {}

    @override
    def __getitem__(self, name: str) -> str:
        return self._moments[name]

    @override
    def __setitem__(self, name: str, moment: str) -> None:
        self.put([name], moment)

    def put(self, names: Collection[str], moment: str) -> None:
        """Give all these names a moment."""
        moments = self._moments
        if isinstance(moments, dict) and len(moments) + len(names) > self._many:
            moments = self._moments = _Table(moments)
        if isinstance(moments, dict):
            moments.update(dict.fromkeys(names, moment))
        else:
            moments.put(names, moment)

    @override
    def __delitem__(self, name: str) -> None:
        del self._moments[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._moments)

    @override
    def __len__(self) -> int:
        return len(self._moments)

    @override
    def clear(self) -> None:
        self._moments = {}

    @property
    def oldest(self) -> str | None:
        """The oldest moment."""
        moments = self._moments
        return min(moments.values(), default=None) if isinstance(moments, dict) else moments.oldest

    @property
    def by_moment(self) -> Mapping[str, list[str] | LongArray]:
        """The names by their moments."""
        if isinstance(self._moments, _Table):
            return self._moments.by_moment(self._many)
        found: dict[str, list[str]] = defaultdict(list)
        for name, moment in self._moments.items():
            found[moment].append(name)
        return {**found}


def _place() -> str:
    """A temporary file, or memory where none can be written, as in a read-only container."""
    try:
        tempfile.gettempdir()
    except FileNotFoundError:
        return ":memory:"
    return ""


class _Table(MutableMapping[str, str]):
    """The same in a database that ends with the process, which nobody else can open."""

    def __init__(self, moments: Mapping[str, str]) -> None:
        # The first thread alone reads and writes STATE; a finalizer may run in another one.
        self._database = sqlite3.connect(_place(), isolation_level=None, check_same_thread=False)
        self._changes = 0
        # It need not survive anything.
        self._database.execute("pragma journal_mode = off")
        self._database.execute("create table ledger (name text primary key, moment text not null)")
        self._database.executemany("insert into ledger values (?, ?)", moments.items())

    @override
    def __getitem__(self, name: str) -> str:
        for moment in self._column("moment", "where name = ?", name):
            return moment
        raise KeyError(name)

    @override
    def __setitem__(self, name: str, moment: str) -> None:
        self.put([name], moment)

    def put(self, names: Collection[str], moment: str) -> None:
        """Give all these names a moment."""
        self._changes += 1
        command = "insert into ledger values (?1, ?2) on conflict do update set moment = ?2"
        self._database.executemany(command, ((name, moment) for name in names))

    @override
    def __delitem__(self, name: str) -> None:
        self._changes += 1
        if not self._database.execute("delete from ledger where name = ?", (name,)).rowcount:
            raise KeyError(name)

    @override
    def __iter__(self) -> Iterator[str]:
        return self._column("name", "order by rowid")

    @override
    def __len__(self) -> int:
        number: int = self._database.execute("select count(*) from ledger").fetchone()[0]
        return number

    @property
    def oldest(self) -> str | None:
        """The oldest moment."""
        return next(self._column("min(moment)"), None)

    def by_moment(self, many: int) -> Mapping[str, list[str] | LongArray]:
        """The names by their moments; more than `many` are read while they are written."""
        groups = "select moment from ledger group by moment having count(*)"
        long = self._database.execute(f"{groups} > ?", (many,)).fetchall()
        few = f"select moment, name from ledger where moment in ({groups} <= ?) order by rowid"  # noqa: S608 - the same
        found: dict[str, list[str]] = defaultdict(list)
        for moment, name in self._database.execute(few, (many,)):
            found[moment].append(name)
        return {**found, **{moment: _Names(self, moment, self._changes) for (moment,) in long}}

    def names(self, moment: str) -> Iterator[str]:
        """The names with a moment."""
        return self._column("name", "where moment = ? order by rowid", moment)

    def _column(self, what: str, condition: str = "", *values: str) -> Iterator[str]:
        query = f"select {what} from ledger {condition}"  # noqa: S608 - all parts are written here
        return (row[0] for row in self._database.execute(query, values))


class _Names(LongArray):
    """The names with a moment, as long as nothing changes."""

    def __init__(self, table: _Table, moment: str, changes: int) -> None:
        self._table = table
        self._key = (id(table), moment, changes)

    @override
    def __iter__(self) -> Iterator[str]:
        _, moment, _ = self._key
        return self._table.names(moment)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Names) and self._key == other._key

    @override
    def __hash__(self) -> int:
        return hash(self._key)

    def __deepcopy__(self, memo: dict[int, Any]) -> _Names:
        return self
