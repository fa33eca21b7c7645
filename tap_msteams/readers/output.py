"""Output: the records of a stream, made of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from tap_msteams.client.row import ID, field_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration import Declaration, Ids
    from tap_msteams.privacy import Privacy
    from tap_msteams.writer import Records

_EMPTY = (UNSET, None, "", msgspec.Raw(b"null"), msgspec.Raw(b'""'))


class Output:
    """Makes a stream's records: rows with ids of parents, without hidden or deselected values."""

    def __init__(
        self,
        stream: Declaration,
        privacy: Privacy | None,
        more: Mapping[str, Callable[[Ids, Row], Any]],
        *,
        plain: bool,
    ) -> None:
        """Compute the stream's properties and `more`, as far as they are selected."""
        self.selected = stream.selected_properties
        self._keys = stream.primary_keys
        self._computed = [
            (name, compute)
            for name, compute in {**stream.computed, **more}.items()
            if name in self.selected
        ]
        self._prune = stream.pruned
        properties = stream.properties.wrapped.values()
        self._rewrite = privacy.of_rows(properties, stream.name) if privacy else None
        self.is_plain = plain or bool(self._rewrite or self._prune) or not stream.maps_nothing
        """Whether values have to be decoded, since something changes them."""

    def records(self, rows: Sequence[Row], ids: Ids) -> tuple[Records, list[str]]:
        """The records of rows below a parent, and the key of each row that lacks one."""
        above = {name: id_ for name, id_ in ids.items() if name in self.selected}
        given = [(field_of(name), id_) for name, id_ in above.items()]
        computed = [(field_of(name), make) for name, make in self._computed if name not in above]
        checked = [(key, field_of(key)) for key in self._keys if key not in above and key != ID]
        found: list[Row] = []
        keyless: list[str] = []
        for row in rows:
            for field, id_ in given:
                setattr(row, field, id_)
            for field, make in computed:
                setattr(row, field, make(ids, row))
            if lacking := [key for key, field in checked if getattr(row, field) in _EMPTY]:
                keyless += lacking[:1]
                continue
            for field in row.hidden:  # once a row: a method would take twice the time
                setattr(row, field, UNSET)
            found.append(row)
        if not self.is_plain:
            return found, keyless
        records = [row.values for row in found]
        if self._prune:
            records = [self._prune(record) for record in records]
        return self._rewrite(records) if self._rewrite else records, keyless
