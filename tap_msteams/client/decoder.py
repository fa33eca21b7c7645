"""Decoding: values stay bytes of JSON unless the tap has to look at them."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec import Raw

from tap_msteams.client.request import Page
from tap_msteams.client.row import ADDITIONAL_DATA, ID, Row

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from tap_msteams.client.request import Answer

# PostgreSQL takes no NUL in a text; the escape is real after an even number of backslashes only.
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")

_TEXT = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_TEXTS = re.compile(_TEXT, re.DOTALL)
_TEXTS_AND_BRACKETS = re.compile(_TEXT + rb"|[\[\]{}]", re.DOTALL)

# Pairs of surrogates and other escapes are matched so that they are skipped.
_FLAWS = re.compile(
    rb"\\u[Dd][89ABab][0-9A-Fa-f]{2}\\u[Dd][C-Fc-f][0-9A-Fa-f]{2}"
    rb"|(?P<half>\\u[Dd][89A-Fa-f][0-9A-Fa-f]{2})"
    rb"|\\."
    rb"|(?P<control>[\x00-\x1f])",
    re.DOTALL,
)

_ON_ONE_LINE = bytes.maketrans(b"\r\n", b"  ")
"""Line breaks between values become spaces: a line break ends a Singer message."""

_ROW_DEPTH = 3
"""The depth of a row: an object in a list in a page."""

_DEEPEST = 200
"""The greatest depth of a row that is kept where a page is too deep to decode."""

T = TypeVar("T")


class _Page(msgspec.Struct, rename={"next": "@odata.nextLink", "delta": "@odata.deltaLink"}):
    value: list[dict[str, Raw]]
    next: str | None = None
    delta: str | None = None
    error: Any = None


class _PlainPage(msgspec.Struct, rename={"next": "@odata.nextLink", "delta": "@odata.deltaLink"}):
    value: list[dict[str, Any]]
    next: str | None = None
    delta: str | None = None
    error: Any = None


class _RowByRow(msgspec.Struct, rename={"next": "@odata.nextLink", "delta": "@odata.deltaLink"}):
    value: list[Raw]
    next: str | None = None
    delta: str | None = None
    error: Any = None


_ROW = msgspec.json.Decoder(dict[str, Raw])
_PLAIN_ROW = msgspec.json.Decoder(dict[str, Any])
_ROWS = msgspec.json.Decoder(list[dict[str, Raw]] | None)
_PLAIN_ROWS = msgspec.json.Decoder(list[dict[str, Any]] | None)
_RAW_ROWS = msgspec.json.Decoder(list[Raw])
_PAGE = msgspec.json.Decoder(_Page)
_PLAIN_PAGE = msgspec.json.Decoder(_PlainPage)
_ROW_BY_ROW = msgspec.json.Decoder(_RowByRow)


class RowDecoder:
    """Decodes the rows of a page, and of each row only the facts that the tap looks at.

    Rows fail one by one: an unreadable row costs no other row of its page.
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
        # A key of Graph's that is called like the column for undeclared ones is one of these.
        self._emitted = frozenset(emitted) - {ADDITIONAL_DATA}
        self._keeps_undeclared = ADDITIONAL_DATA in emitted
        self._declared = None if declared is None else frozenset(declared) | self._emitted
        self._plain = plain
        self._nested = [*(nested or {}).items()]
        readers = {name: _reader(kind, plain=plain) for name, kind in facts.items()}
        self._read_id = readers.pop(ID, None)
        self._read = [it for it in readers.items() if it[0] in self._emitted]
        self._take = [it for it in readers.items() if it[0] not in self._emitted]

    def decode(self, answer: Answer) -> Page:
        """The page in an answer: a collection's rows, or one entity as a single row."""
        body = readable(answer.body)
        if answer.request.single:
            return self.page([_decoded(_PLAIN_ROW if self._plain else _ROW, body)])
        try:
            found = (_PLAIN_PAGE if self._plain else _PAGE).decode(body)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return self._row_by_row(body)
        _raise_error(found.error)
        return self.page(found.value, found.next, found.delta)

    def _row_by_row(self, body: bytes) -> Page:
        """Decode a page with a broken row, row by row."""
        try:
            found = _decoded(_ROW_BY_ROW, body)
        except RecursionError:
            found = _decoded(_ROW_BY_ROW, without_deep_rows(body))
        _raise_error(found.error)
        oddities = _Oddities()
        good = self._objects(found.value, oddities)
        rows = self._rows(good, oddities)
        return oddities.page(rows, found.next, found.delta)

    def rows(self, value: Any) -> Page:  # noqa: ANN401 - bytes, or what they stand for
        """The rows in a property whose value is a list of rows; none where the value is null."""
        oddities = _Oddities()
        return oddities.page(self._rows_in(value, oddities))

    def page(
        self,
        values: Iterable[dict[str, Any]],
        following: str | None = None,
        delta: str | None = None,
    ) -> Page:
        """A page of these rows."""
        oddities = _Oddities()
        return oddities.page(self._rows(values, oddities), following, delta)

    def _rows_in(self, value: Any, oddities: _Oddities) -> list[Row]:  # noqa: ANN401 - as above
        try:
            if not isinstance(value, Raw):
                found = self._objects(msgspec.convert(value, list[Any] | None) or [], oddities)
            else:
                try:
                    found = (_PLAIN_ROWS if self._plain else _ROWS).decode(value) or []
                except (msgspec.MsgspecError, RecursionError):
                    found = self._objects(_RAW_ROWS.decode(value), oddities)
        except (msgspec.MsgspecError, RecursionError) as error:
            oddities.unreadable.append(str(error))
            return []
        return self._rows(found, oddities)

    def _objects(self, rows: Iterable[Any], oddities: _Oddities) -> list[dict[str, Any]]:
        """The rows that are objects; the others are noted as unreadable."""
        good: list[dict[str, Any]] = []
        for row in rows:
            try:
                good.append(self._values(row))
            except (msgspec.MsgspecError, RecursionError) as error:
                oddities.unreadable.append(str(error))
        return good

    def _values(self, row: Any) -> dict[str, Any]:  # noqa: ANN401 - bytes, or what they stand for
        if isinstance(row, Raw):
            return (_PLAIN_ROW if self._plain else _ROW).decode(row)
        return msgspec.convert(row, dict[str, Any])

    def _rows(self, values: Iterable[dict[str, Any]], oddities: _Oddities) -> list[Row]:
        rows: list[Row] = []
        for it in values:
            try:
                rows.append(self._row(it, oddities))
            except (msgspec.MsgspecError, RecursionError) as error:
                oddities.unreadable.append(str(error))
        return rows

    def _row(self, values: dict[str, Any], oddities: _Oddities) -> Row:
        """A row made of these values, which are changed: what is not emitted is removed."""
        facts: dict[str, Any] = {}
        if read_id := self._read_id:
            # A record without an id would have no key.
            if ID not in values or not (id_ := read_id(values[ID])):
                msg = "the row has no id"
                raise msgspec.ValidationError(msg)
            facts[ID] = id_
        for name, read in self._read:
            if (value := values.get(name)) is not None:
                facts[name] = read(value)
        for name, read in self._take:
            if (value := values.pop(name, None)) is not None:
                facts[name] = read(value)
        for name, decoder in self._nested:
            facts[name] = decoder._rows_in(values.pop(name, None), oddities)  # noqa: SLF001 - its own kind
        if not values.keys() <= self._emitted:
            values = self._kept(values, oddities)
        return Row(values, facts)

    def _kept(self, values: dict[str, Any], oddities: _Oddities) -> dict[str, Any]:
        """The emitted ones of these values, with undeclared ones as `additionalData`."""
        kept = {name: value for name, value in values.items() if name in self._emitted}
        if self._declared is None:
            return kept
        more = {
            name: value
            for name, value in values.items()
            if name not in self._declared and "@" not in name
        }
        if more:
            oddities.undeclared.update(more)
            if self._keeps_undeclared:
                kept[ADDITIONAL_DATA] = more
        return kept


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


def _reader(kind: Any, *, plain: bool) -> Callable[[Any], Any]:  # noqa: ANN401 - a type
    """A function that decodes values of a type; raises ValidationError for other values."""
    if kind is Raw:
        return lambda value: value
    if plain:
        return lambda value: msgspec.convert(value, kind)
    return msgspec.json.Decoder(kind).decode


def _raise_error(error: object) -> None:
    """Take a page for none where Graph says that something went wrong while it was written."""
    if error is not None:
        msg = "an error stands beside the rows"
        raise ValueError(msg)


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """The decoded body; broken texts in it are repaired first."""
    try:
        return decoder.decode(body)
    except msgspec.DecodeError:
        return decoder.decode(repaired(body))


def readable(body: bytes) -> bytes:
    """The body as targets can read it: UTF-8, without NUL, on one line."""
    body = body.removeprefix(codecs.BOM_UTF8)
    if not body.isascii():
        try:
            body.decode()
        except UnicodeDecodeError:
            body = body.decode(errors="replace").encode()
    # From the end, since CPython searches forward for such a short text three times slower.
    if body.rfind(rb"\u0000") >= 0:
        body = _NUL.sub(rb"\1", body)
    if b"\n" in body or b"\r" in body:
        body = repaired(body).translate(_ON_ONE_LINE)
    return body


def repaired(body: bytes) -> bytes:
    """The body with texts that JSON allows: half of a surrogate pair becomes U+FFFD.

    Control characters become escapes; everything else stays byte for byte.
    """
    return _TEXTS.sub(lambda text: _FLAWS.sub(_repair, text[0]), body)


def _repair(flaw: re.Match[bytes]) -> bytes:
    if flaw["half"]:
        return rb"\ufffd"
    if flaw["control"]:
        return b"\\u%04x" % flaw["control"][0] if flaw["control"] > b"\0" else b""
    return flaw[0]


def without_deep_rows(body: bytes) -> bytes:
    """The body with null in place of each row that is too deep to decode."""
    kept: list[bytes] = []
    depth = deepest = start = end = 0
    for mark in _TEXTS_AND_BRACKETS.finditer(body):
        if mark[0] in (b"[", b"{"):
            depth += 1
            if depth == _ROW_DEPTH:
                start, deepest = mark.start(), depth
            deepest = max(deepest, depth)
        elif mark[0] in (b"]", b"}"):
            if depth == _ROW_DEPTH and deepest > _DEEPEST:
                kept += (body[end:start], b"null")
                end = mark.end()
            depth -= 1
    return b"".join((*kept, body[end:]))
