"""Repeats: rows that Graph sends more than once."""

from __future__ import annotations

from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from tap_msteams.client.row import ID, field_of
from tap_msteams.run import DOUBLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.run import Issues, Seen

_ID_OF = attrgetter(field_of(ID))


class Repeats:
    """Knows the rows of one stream that came before."""

    def __init__(self, stream: Declaration, seen: Seen) -> None:
        declaration = type(stream)
        self._version, self._once = declaration.read.version, declaration.once
        self._keys = stream.primary_keys
        self._changed_by = declaration.read.replication_key if declaration.once else None
        self._seen, self._declaration = seen, declaration
        self._has_own_ids = not (
            declaration.once or declaration.read.version or "id" in declaration.computed
        )
        self._is_told = False

    @property
    def facts(self) -> set[str]:
        """The facts that are compared."""
        return {self._changed_by} if self._changed_by else set()

    def unseen(self, rows: Sequence[Row]) -> Sequence[Row]:
        """The rows that are new, or newer than the same ones before."""
        if version := self._version:
            # A row that does not say its version may be a newer one.
            return [
                it
                for it in rows
                if not (number := it.get(version)) or self._seen.is_new((it["id"],), number)
            ]
        if self._once:
            return [it for it in rows if self._seen.is_new(self._key(it), self._age(it))]
        return rows

    def remember(self, versions: Iterable[tuple[int, int]]) -> None:
        """Take rows for seen, by the digests of their ids, each with its version."""
        for number, version in versions:
            self._seen.add(number, version)

    def _key(self, row: Row) -> list[str]:
        return [str(row.get(key)) for key in self._keys]

    def _age(self, row: Row) -> int:
        """A number that rises with the time of a record's last change; 0 where it has none."""
        changed = row.get(self._changed_by) if self._changed_by else None
        try:
            return int(datetime.fromisoformat(changed).timestamp() * 1000) if changed else 0
        except ValueError:
            return 0

    def tell_doubles(self, rows: Sequence[Row], ids: Ids, issues: Issues) -> None:
        """Say once where several rows of one answer have an id that is unique below a parent."""
        if self._is_told or not self._has_own_ids or not self._is_unique(ids):
            return
        if number := len(rows) - len(set(map(_ID_OF, rows))):
            self._is_told = True
            message = f"Graph sends {number} rows with the id of another one in one answer"
            remedy = "targets keep the last one of them: ask Microsoft about the others"
            issues.notice(self._declaration, message, remedy, DOUBLES)

    def _is_unique(self, ids: Ids) -> bool:
        """Whether the id is the only part of the key that the ids of a parent lack."""
        return [it for it in self._keys if it not in ids] == ["id"]
