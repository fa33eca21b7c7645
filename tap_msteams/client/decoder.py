"""Decoding: values stay bytes of JSON unless the tap has to look at them."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET, Raw

from tap_msteams.client.body import TOO_DEEP, readable, repaired, without_deep_rows
from tap_msteams.client.request import Page
from tap_msteams.client.row import ADDITIONAL_DATA, Row, field_of
from tap_msteams.client.shape import WITHIN, Envelope, Shape

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from tap_msteams.client.request import Answer


class _RowByRow(Envelope, kw_only=True):
    value: list[Raw]


_OBJECT = msgspec.json.Decoder(dict[str, Raw])
_ROWS = msgspec.json.Decoder(list[Raw] | None)
_ROW_BY_ROW = msgspec.json.Decoder(_RowByRow)

_MOST_LEARNED = 200
"""The number of keys that rows have fields for, beside those that are asked for."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class RowDecoder:
    """Decodes the rows of a page, and of each row only the facts that the tap looks at.

    Rows fail one by one: an unreadable row costs no other row of its page. An ordinary page is
    decoded at once; one with a broken row, or with keys that are new, is decoded row by row.
    """

    def __init__(
        self,
        facts: Mapping[str, Any],
        emitted: Collection[str] = (),
        declared: Collection[str] | None = None,
        *,
        plain: bool = False,
        nested: Mapping[str, RowDecoder] | None = None,
    ) -> None:
        """Keep the `emitted` properties and decode the `facts`, given with their types.

        Keys that are not `declared` go to `additionalData`; None drops them. With `plain` all
        values are decoded, so that they can be changed. Facts that are `nested` are rows
        themselves.
        """
        self._within = {name: kind for name, kind in facts.items() if kind in WITHIN}
        self._beside = {
            name: (field_of(name), _decoder_of(kind, plain=plain))
            for name, kind in facts.items()
            if name not in self._within
        }
        self._emitted = list(emitted)
        self._keeps_undeclared = ADDITIONAL_DATA in emitted
        # A key of Graph's that is called like the column for undeclared ones is one of these.
        known = {*emitted} - {ADDITIONAL_DATA}
        self._declared = None if declared is None else frozenset(declared) | known
        self._plain = plain
        self._nested = dict(nested or {})
        self._learned: list[str] = []
        self._undeclared: dict[str, str] = {}
        """The fields of learned keys that nobody declared."""
        self._shape: Shape | None = None

    @property
    def shape(self) -> Shape:
        """The class of rows, with a field for each key that is known so far."""
        nested = {name: decoder.shape.row for name, decoder in self._nested.items()}
        if self._shape is None or self._shape.nested != nested:
            others = [*self._beside, *self._learned]
            self._shape = Shape(self._emitted, self._within, others, nested, plain=self._plain)
        return self._shape

    def decode(self, answer: Answer) -> Page:
        """The page in an answer: a collection's rows, or one entity as a single row."""
        body, oddities = readable(answer.body), _Oddities()
        single = answer.request.single
        try:
            if single:
                return oddities.page(self._completed([self.shape.one.decode(body)], oddities))
            found = self.shape.page.decode(body)
            rows = self._completed(found.value, oddities)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return self._row_by_row(body, single=single)
        _raise_error(found.error)
        return oddities.page(rows, found.next, found.delta)

    def _row_by_row(self, body: bytes, *, single: bool) -> Page:
        """Decode a page with a broken row, or with keys that are new."""
        oddities = _Oddities()
        body = _sound(body)
        if single:
            values = _OBJECT.decode(body)
            rows = self._rows([Raw(body)], oddities)
            if not rows:
                _raise_error(values.get("error"))
            return oddities.page(rows)
        try:
            found = _ROW_BY_ROW.decode(body)
        except RecursionError:
            found = _ROW_BY_ROW.decode(without_deep_rows(body))
        _raise_error(found.error)
        return oddities.page(self._rows(found.value, oddities), found.next, found.delta)

    def page_in(self, value: Any) -> Page:  # noqa: ANN401 - bytes, or what they stand for
        """The rows in a property whose value is a list of rows; none where the value is null."""
        oddities = _Oddities()
        return oddities.page(self._rows_in(value, oddities))

    def page(self, values: Iterable[Mapping[str, Any]]) -> Page:
        """A page of these rows."""
        oddities = _Oddities()
        return oddities.page(self._rows(values, oddities))

    def _rows_in(self, value: Any, oddities: _Oddities) -> list[Row]:  # noqa: ANN401 - as above
        try:
            if isinstance(value, Raw):
                rows = _ROWS.decode(value)
            else:
                rows = msgspec.convert(value, list[Any] | None)
        except (msgspec.MsgspecError, RecursionError) as error:
            oddities.unreadable.append(str(error))
            return []
        return self._rows(rows or [], oddities)

    def _rows(self, values: Iterable[Any], oddities: _Oddities) -> list[Row]:
        """The rows that can be read; the others are noted."""
        rows: list[Row] = []
        for it in values:
            try:
                rows.append(self._row(it, oddities))
            except (msgspec.MsgspecError, RecursionError) as error:
                is_deep = it == Raw(TOO_DEEP)
                oddities.unreadable.append("it has too many levels" if is_deep else str(error))
        return rows

    def _row(self, value: Any, oddities: _Oddities) -> Row:  # noqa: ANN401 - as above
        """The row in a value, whose keys are known from now on."""
        is_raw = isinstance(value, Raw)
        values = _OBJECT.decode(value) if is_raw else {**msgspec.convert(value, dict[str, Any])}
        nested = {
            field_of(name): decoder._rows_in(values.pop(name, None), oddities)  # noqa: SLF001 - its own kind
            for name, decoder in self._nested.items()
        }
        more = self._learn(values)
        row: Row
        if is_raw:
            row = self.shape.one.decode(msgspec.json.encode(values))
            more = {it: msgspec.json.decode(more[it]) for it in more} if self._plain else more
        else:
            row = msgspec.convert(values, self.shape.row)
        for name, rows in nested.items():
            setattr(row, name, rows)
        self._complete(row, oddities, more)
        return row

    def _learn(self, values: dict[str, Any]) -> dict[str, Any]:
        """Add fields for the new keys of a row, as long as they are few.

        Takes the values of all other keys out, and returns those of undeclared ones.
        """
        unknown: dict[str, Any] = {}
        names = self.shape.names
        for name in values.keys() - (names - {ADDITIONAL_DATA}):
            is_undeclared = not (self._declared is None or name in self._declared or "@" in name)
            if name not in names and len(self._learned) < _MOST_LEARNED:
                self._learned.append(name)
                self._shape = None
                if is_undeclared:
                    self._undeclared[name] = field_of(name)
                continue
            value = values.pop(name)
            if is_undeclared:
                unknown[name] = value
        return unknown

    def _completed(self, rows: list[Row], oddities: _Oddities) -> list[Row]:
        """These rows, each completed, and the rows in them."""
        if self._beside or self._undeclared:
            for row in rows:
                self._complete(row, oddities)
        for name, decoder in self._nested.items():
            if decoder._beside or decoder._undeclared:  # noqa: SLF001 - its own kind
                for row in rows:
                    decoder._completed(row[name], oddities)  # noqa: SLF001 - its own kind
        return rows

    def _complete(self, row: Row, oddities: _Oddities, more: Mapping[str, Any] = _NOTHING) -> None:
        """Decode the facts beside the fields; put undeclared properties into one column."""
        if self._beside:
            row.beside = {
                name: read(value)
                for name, (field, read) in self._beside.items()
                if (value := getattr(row, field)) is not UNSET and value is not None
            }
        if self._undeclared or more:
            found = {name: getattr(row, field, UNSET) for name, field in self._undeclared.items()}
            found = {name: value for name, value in found.items() if value is not UNSET}
            if found := {**found, **more}:
                oddities.undeclared.update(found)
                if self._keeps_undeclared:
                    row.put({ADDITIONAL_DATA: found})


@dataclass(slots=True)
class _Oddities:
    """Undeclared properties and unreadable rows of one page."""

    undeclared: set[str] = field(default_factory=set)
    unreadable: list[str] = field(default_factory=list)

    def page(self, rows: list[Row], following: str | None = None, delta: str | None = None) -> Page:
        """The page of these rows."""
        return Page(
            rows,
            following,
            delta,
            undeclared=frozenset(self.undeclared),
            unreadable=tuple(self.unreadable),
        )


def _decoder_of(kind: Any, *, plain: bool) -> Callable[[Any], Any]:  # noqa: ANN401 - a type
    """A function that decodes values of a type; raises ValidationError for other values."""
    if kind is Raw:
        return lambda value: value
    if plain:
        return lambda value: msgspec.convert(value, kind)
    return msgspec.json.Decoder(kind).decode


def _raise_error(error: object) -> None:
    """Take an answer for none where Graph says that something went wrong while it was written."""
    if error is not None:
        msg = "it holds an error"
        raise ValueError(msg)


def _sound(body: bytes) -> bytes:
    """The body; its texts are repaired if one of them is broken."""
    try:
        msgspec.json.decode(body, type=Raw)
    except msgspec.DecodeError:
        return repaired(body)
    except RecursionError:
        pass  # found again by whoever decodes it
    return body
