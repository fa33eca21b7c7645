"""Fault actions that change a page of an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from typing_extensions import override

from tap_msteams_sandbox.faults.kinds import kind
from tap_msteams_sandbox.odata import SKIP_TOKEN, Query
from tap_msteams_sandbox.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams_sandbox.faults.exchange import Exchange

Envelope = dict[str, msgspec.Raw]
FORMS: dict[str, Callable[[str, Exchange], str]] = {
    "relative": lambda link, it: it.path.rpartition("/")[2] + "?" + link.partition("?")[2],
    "rooted": lambda link, it: link.removeprefix(it.origin),
    "capital": lambda link, it: link.replace(it.origin, it.origin.upper()),
    "http": lambda link, _: link.replace("https:", "http:"),
}
"""Forms in which a link can be written."""
NEXT_LINK = "@odata.nextLink"
DELTA_LINK = "@odata.deltaLink"
_ENVELOPE = msgspec.json.Decoder(Envelope)
_ROWS = msgspec.json.Decoder(list[msgspec.Raw])


@kind("empty-page", "paging")
def empty(exchange: Exchange) -> Reply:
    """Answer an empty page, whose next link leads to the rows of this page."""

    def tamper(envelope: Envelope) -> None:
        envelope["value"] = msgspec.Raw(b"[]")
        envelope[NEXT_LINK] = _text(_query(exchange).same_page(_root(exchange)))

    return _tampered(exchange.normal(), tamper)


@kind("link-to-itself", "paging")
def link_to_itself(exchange: Exchange) -> Reply:
    """Make the next link the address of this page."""
    here = f"{exchange.origin}/{exchange.path}" + (f"?{exchange.query}" if exchange.query else "")
    return _tampered(exchange.normal(), lambda it: it.update({NEXT_LINK: _text(here)}))


@kind("link-to-start", "paging")
def link_to_start(exchange: Exchange) -> Reply:
    """Make the next link lead back to the first page."""
    kept = "&".join(it for it in exchange.query.split("&") if not it.startswith(SKIP_TOKEN))
    start = f"{exchange.origin}/{exchange.path}" + (f"?{kept}" if kept else "")
    return _tampered(exchange.normal(), lambda it: it.update({NEXT_LINK: _text(start)}))


@kind("link-elsewhere", "paging", origin="https://graph.example")
def link_elsewhere(exchange: Exchange) -> Reply:
    """Make the next link lead to another host."""
    there = f"{exchange.options['origin']}/{exchange.path}?{SKIP_TOKEN}=abc"
    return _tampered(exchange.normal(), lambda it: it.update({NEXT_LINK: _text(there)}))


@kind("link-form", "paging", form="relative")
def link_form(exchange: Exchange) -> Reply:
    """Write the next link in another form: relative, rooted, capital or http; empty at the end."""
    form = exchange.options["form"]

    def tamper(envelope: Envelope) -> None:
        if form == "empty":
            envelope.setdefault(NEXT_LINK, _text(""))
        elif NEXT_LINK in envelope:
            link = msgspec.json.decode(envelope[NEXT_LINK], type=str)
            envelope[NEXT_LINK] = _text(FORMS[form](link, exchange))

    return _tampered(exchange.normal(), tamper)


@kind("endless-pages", "paging")
def endless_pages(exchange: Exchange) -> Reply:
    """Answer with an empty page, whose next link leads to another one."""
    link = f"{exchange.origin}/{exchange.path}?{SKIP_TOKEN}={exchange.chance.getrandbits(64):x}"
    return Reply(200, msgspec.json.encode({"value": [], NEXT_LINK: link}))


@kind("last-link-to-itself", "paging")
def last_link_to_itself(exchange: Exchange) -> Reply:
    """Give the last page a next link, which is its own address."""
    here = f"{exchange.origin}/{exchange.path}" + (f"?{exchange.query}" if exchange.query else "")

    def tamper(envelope: Envelope) -> None:
        envelope.setdefault(NEXT_LINK, _text(here))

    return _tampered(exchange.normal(), tamper)


@kind("repeat-row", "paging")
def repeat_row(exchange: Exchange) -> Reply:
    """Repeat the last row of the page before."""
    before = exchange.earlier.get(exchange.path)

    def tamper(envelope: Envelope) -> None:
        if before is not None:
            rows = [before, *_ROWS.decode(envelope["value"])]
            envelope["value"] = msgspec.Raw(msgspec.json.encode(rows))

    return _tampered(exchange.normal(), tamper)


@kind("no-replies-link", "api/channel-list-messages")
def no_replies_link(exchange: Exchange) -> Reply:
    """Leave out the link to the replies that did not fit in."""

    def tamper(envelope: Envelope) -> None:
        rows = msgspec.json.decode(envelope["value"], type=list[Envelope])
        for row in rows:
            row.pop(f"replies{NEXT_LINK}", None)
        envelope["value"] = msgspec.Raw(msgspec.json.encode(rows))

    return _tampered(exchange.normal(), tamper)


@kind("no-delta-link", "delta-query-overview")
def no_delta_link(exchange: Exchange) -> Reply:
    """Leave out the link to later changes, which ends the last page of a round."""

    def tamper(envelope: Envelope) -> None:
        envelope.pop(DELTA_LINK, None)

    return _tampered(exchange.normal(), tamper)


@kind("poison-row", "paging", row="null")
def poison_row(exchange: Exchange) -> Reply:
    """Put this JSON in front of the rows of the page."""

    def tamper(envelope: Envelope) -> None:
        rows = [msgspec.Raw(exchange.options["row"].encode()), *_ROWS.decode(envelope["value"])]
        envelope["value"] = msgspec.Raw(b"[" + b",".join(map(bytes, rows)) + b"]")

    return _tampered(exchange.normal(), tamper)


@kind("poison-value", "paging", property="displayName", value="1e999")
def poison_value(exchange: Exchange) -> Reply:
    """Put this text, which may be no JSON, in place of a value of the first row of the page."""
    name, value = exchange.options["property"], exchange.options["value"].encode()

    def tamper(envelope: Envelope) -> None:
        rows = _ROWS.decode(envelope["value"])
        if rows:
            row = _ENVELOPE.decode(rows[0]) | {name: msgspec.Raw(value)}
            rows[0] = msgspec.Raw(msgspec.json.encode(row))
            envelope["value"] = msgspec.Raw(b"[" + b",".join(map(bytes, rows)) + b"]")

    return _tampered(exchange.normal(), tamper)


def last_row(reply: Reply) -> msgspec.Raw | None:
    """Return the last row of an answer, if it is a page with rows."""
    if not reply.body.startswith(b'{"@odata.context"'):
        return None
    try:
        rows = _ROWS.decode(_ENVELOPE.decode(reply.body).get("value", b"[]"))
    except msgspec.DecodeError:
        return None  # a fault has cut it off
    return rows[-1].copy() if rows else None


def _tampered(reply: Reply, tamper: Callable[[Envelope], None]) -> Reply:
    """Return the answer after its envelope was tampered with, if it is a page."""
    if not reply.body.startswith(b"{"):
        return reply
    envelope = _ENVELOPE.decode(reply.body)
    if "value" in envelope:
        tamper(envelope)
        reply.body = msgspec.json.encode(envelope)
    return reply


def _query(exchange: Exchange) -> Query:
    """Return the options of the request, unchecked."""
    path = "/" + exchange.path.partition("/")[2]
    return Query(path, exchange.query, AnyOption())


class AnyOption(frozenset[str]):
    """A set that contains everything."""

    __slots__ = ()

    @override
    def __contains__(self, _: object) -> bool:
        return True


def _root(exchange: Exchange) -> str:
    return f"{exchange.origin}/{exchange.path.partition('/')[0]}"


def _text(link: str) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(link))
