"""OData: query options, page tokens and envelopes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import unquote, unquote_plus

import msgspec

from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SKIP_TOKEN = "$skiptoken"  # noqa: S105 (the name of an option, not a secret)

PAGED = frozenset({"$top", SKIP_TOKEN})
"""The options of a list in pages."""

FIRST = b"null"
"""What the token of a first page holds."""

T = TypeVar("T")


@dataclass(frozen=True)
class Paging:
    """How many rows an endpoint gives at once."""

    default: int
    maximum: int
    clamps: bool = False
    """Whether a larger $top is cut down instead of refused."""


class Query:
    """The options of one request, checked against the documented ones."""

    def __init__(self, path: str, raw: str, documented: Iterable[str]) -> None:
        self.raw_path, self.path = path, unquote(path)
        self._kept = [pair for pair in raw.split("&") if pair]
        self.options: dict[str, str] = {}
        for pair in self._kept:
            name, _, value = pair.partition("=")
            self._add(unquote_plus(name), unquote_plus(value), documented)
        # A list without other pages may come after an empty one all the same.
        if SKIP_TOKEN in self.options and SKIP_TOKEN not in documented and not self._first:
            raise _not_allowed(SKIP_TOKEN)
        # The next link repeats what was asked, byte by byte, and changes the token only.
        self._kept = [pair for pair in self._kept if not _is_token(pair)]

    def _add(self, name: str, value: str, documented: Iterable[str]) -> None:
        # Some services spell it $skipToken.
        name = SKIP_TOKEN if name.lower() == SKIP_TOKEN else name
        if name in self.options:
            msg = f"Query option '{name}' was specified more than once."
            raise GraphError.bad_request(msg)
        if name.startswith("$") and name != SKIP_TOKEN and name not in documented:
            raise _not_allowed(name)
        self.options[name] = value

    def get(self, name: str) -> str | None:
        """Return an option, or None."""
        return self.options.get(name)

    def top(self, paging: Paging, ceiling: int | None) -> int:
        """Return the size of a page: $top, within the server's limits."""
        size = paging.default
        if (asked := self.options.get("$top")) is not None:
            if not asked.isdecimal() or int(asked) < 1:
                msg = f"Invalid value '{asked}' for $top: a positive integer is required."
                raise GraphError.bad_request(msg)
            size = int(asked)
            if size > paging.maximum and not paging.clamps:
                msg = f"The limit of '{paging.maximum}' for Top query has been exceeded. "
                msg += f"The value from the incoming request is '{asked}'."
                raise GraphError.bad_request(msg)
        return min(size, paging.maximum, ceiling or paging.maximum)

    def selected(self, properties: Iterable[str]) -> tuple[str, ...] | None:
        """Return the selected properties, or None where nothing was selected."""
        if (asked := self.options.get("$select")) is None:
            return None
        known = frozenset(properties)
        names = tuple(dict.fromkeys(name.strip() for name in asked.split(",")))
        for name in names:
            if name not in known:
                msg = f"Could not find a property named '{name}'."
                raise GraphError.bad_request(msg)
        return names

    def number(self) -> int | None:
        """Return the number that the token of this query holds, or None on the first page."""
        return None if self._first else self._decoded(int)

    def pair(self) -> tuple[int, int] | None:
        """Return the pair of numbers that the token holds, or None on the first page."""
        return None if self._first else self._decoded(tuple[int, int])

    @property
    def _first(self) -> bool:
        """Whether the request is for the first page."""
        return SKIP_TOKEN not in self.options or self._held().strip() == FIRST

    def _decoded(self, kind: type[T]) -> T:
        """Return the decoded content of the token."""
        try:
            return msgspec.json.decode(self._held(), type=kind)
        except msgspec.DecodeError:
            raise self._strange_token() from None

    def _held(self) -> bytes:
        """Return the content of the token, if it belongs to this query."""
        token = self.options[SKIP_TOKEN]
        try:
            content = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise self._strange_token() from None
        if content[:8] != self._seal(content[8:]) or _text(content) != token:
            raise self._strange_token()
        return content[8:]

    def _strange_token(self) -> GraphError:
        msg = "The skip token is malformed or belongs to another request."
        return GraphError.bad_request(msg)

    def next_link(self, root: str, cursor: object) -> str:
        """Return the address of the page after a cursor."""
        return self._link(root, msgspec.json.encode(cursor))

    def link_with(self, root: str, option: str, value: str) -> str:
        """Return the address of what is asked for, with another value of an option."""
        kept = [pair for pair in self._kept if unquote_plus(pair.partition("=")[0]) != option]
        return f"{root}{self.raw_path}?{'&'.join([*kept, f'{option}={value}'])}"

    def same_page(self, root: str) -> str:
        """Return the address of this page under another token."""
        held = b" " + self._held() if SKIP_TOKEN in self.options else FIRST
        return self._link(root, held)

    def _link(self, root: str, held: bytes) -> str:
        """Return the address under a token that holds something."""
        token = _text(self._seal(held) + held)
        pairs = "&".join([*self._kept, f"{SKIP_TOKEN}={token}"])
        return f"{root}{self.raw_path}?{pairs}"

    def _seal(self, held: bytes) -> bytes:
        """Return the signature that binds a token to this query."""
        asked = sorted((k, v) for k, v in self.options.items() if k != SKIP_TOKEN)
        question = msgspec.json.encode([self.path, asked])
        return hashlib.blake2b(question + held, digest_size=8).digest()


def _not_allowed(option: str) -> GraphError:
    return GraphError.bad_request(f"Query option '{option}' is not allowed.")


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _is_token(pair: str) -> bool:
    return unquote_plus(pair.partition("=")[0]).lower() == SKIP_TOKEN


def page(
    context: str, rows: Iterable[bytes], *, count: int | None = None, next_link: str | None = None
) -> bytes:
    """Return the envelope around encoded rows."""
    head: dict[str, Any] = {"@odata.context": context}
    if count is not None:
        head["@odata.count"] = count
    if next_link is not None:
        head["@odata.nextLink"] = next_link
    return msgspec.json.encode(head)[:-1] + b',"value":[' + b",".join(rows) + b"]}"


def entity(context: str, row: bytes) -> bytes:
    """Return a single resource with its context."""
    return msgspec.json.encode({"@odata.context": context})[:-1] + b"," + row[1:]


def bare(content: bytes) -> bytes:
    """Return JSON without annotations, as `odata.metadata=none` asks for it.

    https://docs.oasis-open.org/odata/odata-json-format/v4.01/odata-json-format-v4.01.html#sec_ControllingtheAmountofControlInforma
    """
    return msgspec.json.encode(_bare(msgspec.json.decode(content)))


def _bare(value: object) -> object:
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, dict):
        return {
            name: _bare(item)
            for name, item in value.items()
            if "@odata." not in name or name in _ALWAYS
        }
    return value


_ALWAYS = frozenset({"@odata.nextLink", "@odata.deltaLink", "@odata.count"})


def pick(row: Mapping[str, Any], names: Iterable[str] | None) -> bytes:
    """Return a row as JSON, cut down to the selected properties; annotations always stay."""
    if names is not None:
        wanted = set(names)
        row = {k: v for k, v in row.items() if k in wanted or k.startswith("@")}
    return msgspec.json.encode(row)


def clauses(text: str) -> Iterator[str]:
    """Yield the parts of a filter that are joined by `and`, quotes respected."""
    start, quoted = 0, False
    for place, letter in enumerate(text):
        if letter == "'":
            quoted = not quoted
        elif not quoted and text[place : place + 5] == " and ":
            yield text[start:place].strip()
            start = place + 5
    yield text[start:].strip()
