"""Rewriting: rewriters of a stream's records, built from its declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from singer_sdk import typing as th

from tap_msteams.schema import GuestMark, Html, Many, Union, Untouched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tap_msteams.writer import Record

    Rewrite = Callable[[Any, Record], Any]
    """Returns the new value for a value and the object that holds it."""

    Rules = Mapping[type, Rewrite]

DROP_RECORD: Final = object()
"""The new value that drops the record: it is about a guest, and guests are left out."""

HARMLESS = frozenset(
    {"@odata.type", "userIdentityType", "applicationIdentityType", "deviceIdentityType", "tenantId"}
)
"""Undeclared keys that Graph adds to objects and that say nothing about a person."""

_IN_PASSING = frozenset({"lastModifiedBy", "managerUserId"})
"""Properties whose person is neither the subject of a row nor its author."""


def drop(value: object, owner: Record) -> None:
    """Replace a value with null."""


class Rewriting:
    """Builds rewriters from declarations, by rules for the kinds of texts."""

    def __init__(self, rules: Rules, *, closes: bool, on_unknown: Callable[[str], None]) -> None:
        """Use these rules; with `closes` undeclared keys are dropped and passed to `on_unknown`."""
        self._rules = rules
        self._closes = closes
        self._on_unknown = on_unknown

    def of_rows(
        self, properties: Iterable[th.Property[Any]]
    ) -> Callable[[list[Record]], list[Record]] | None:
        """The rewriter of a stream's records; None where it would change nothing."""
        changes = [
            (item.name, rewrite)
            for item in properties
            if (rewrite := self._of(item.wrapped, item.name))
        ]
        if not changes:
            return None

        def row(record: Record) -> Record | None:
            fresh = record.copy()
            for name, rewrite in changes:
                if (value := record.get(name)) is not None:
                    new = rewrite(value, record)
                    if new is DROP_RECORD:
                        if name not in _IN_PASSING:
                            return None
                        new = None
                    fresh[name] = new
            return fresh

        return lambda records: [new for it in records if (new := row(it)) is not None]

    def _of(self, kind: Any, where: str) -> Rewrite | None:  # noqa: ANN401 - the SDK's types
        """The rewriter of a type's values; None where it would change nothing."""
        if isinstance(kind, Many):
            return self._of_list(kind, where)
        if isinstance(kind, Untouched):
            return None
        if isinstance(kind, th.ObjectType):
            return self._of_object(kind, where)
        return self._rules.get(kind if isinstance(kind, type) else type(kind))

    def _of_list(self, kind: Many, where: str) -> Rewrite | None:
        rewrite = self._of(kind.of, where)
        if rewrite is None or rewrite is drop:
            return rewrite
        # One match is enough: the list describes its owner.
        spreads = kind.of is GuestMark

        def items(value: Any, owner: Record) -> Any:  # noqa: ANN401 - any JSON
            if not isinstance(value, list):
                return value
            found = [None if it is None else rewrite(it, owner) for it in value]
            if DROP_RECORD not in found:
                return found
            return DROP_RECORD if spreads else [it for it in found if it is not DROP_RECORD]

        return items

    def _of_object(self, kind: th.ObjectType, where: str) -> Rewrite | None:
        known: dict[str, th.Property[Any]] = dict(kind.wrapped)
        if isinstance(kind, Union):
            known |= kind.others
        table = {name: self._of(item.wrapped, f"{where}.{name}") for name, item in known.items()}
        if not self._closes and not any(table.values()):
            return None
        has_html = any(item.wrapped is Html for item in known.values())
        closes, on_unknown = self._closes, self._on_unknown

        def keys(value: Any, owner: Record) -> Any:  # noqa: ANN401 - any JSON
            if not isinstance(value, dict):
                return value
            # The mentions of a text are a property beside it.
            around = owner if has_html else value
            kept = {}
            for name, item in value.items():
                if name not in table:
                    if not closes or name in HARMLESS:
                        kept[name] = item
                    elif item is not None and "@" not in name:
                        on_unknown(f"{where}.{name}")
                    continue
                rewrite = table[name]
                new = rewrite(item, around) if rewrite and item is not None else item
                if new is DROP_RECORD:
                    return DROP_RECORD
                kept[name] = new
            return kept

        return keys
