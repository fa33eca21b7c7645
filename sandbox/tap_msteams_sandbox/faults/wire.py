"""Fault actions below the answers of Graph: odd bytes, lines and times."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from tap_msteams_sandbox.faults.kinds import kind

if TYPE_CHECKING:
    from tap_msteams_sandbox.faults.exchange import Exchange
    from tap_msteams_sandbox.replies import Reply

MEGABYTE = 1 << 20
GZIP = 31
"""The window of zlib that means gzip."""


@kind("informational", "best-practices-concept", status="103", seconds="0")
def informational(exchange: Exchange) -> Reply:
    """Send an informational answer, then so many seconds later the real one."""
    reply = exchange.normal()
    reply.informational = int(exchange.options["status"]), exchange.number("seconds")
    return reply


@kind("foreign-id", "best-practices-concept")
def foreign_id(exchange: Exchange) -> Reply:
    """Answer with the `client-request-id` of another request."""
    reply = exchange.normal()
    reply.headers["client-request-id"] = "00000000-0000-4000-8000-000000000000"
    return reply


@kind("byte-order-mark", "best-practices-concept")
def byte_order_mark(exchange: Exchange) -> Reply:
    """Put a byte order mark in front of the answer."""
    reply = exchange.normal()
    reply.body = b"\xef\xbb\xbf" + reply.body
    return reply


@kind("partial", "best-practices-concept")
def partial(exchange: Exchange) -> Reply:
    """Say that the answer is only a part (206)."""
    reply = exchange.normal()
    reply.status = 206
    return reply


@kind("header-line", "best-practices-concept", line="a line without a colon")
def header_line(exchange: Exchange) -> Reply:
    """Put a line among the headers that is no header."""
    reply = exchange.normal()
    reply.manner, reply.line = "line", exchange.options["line"]
    return reply


@kind("drip", "best-practices-concept", seconds="1", share="0")
def drip(exchange: Exchange) -> Reply:
    """Send a share of the answer, from its first line on, then one byte at a time."""
    reply = exchange.normal()
    reply.manner, reply.share = "drip", exchange.number("share")
    reply.seconds = exchange.number("seconds")
    return reply


@kind("endless", "best-practices-concept")
def endless(exchange: Exchange) -> Reply:
    """Send spaces after the answer, without end."""
    reply = exchange.normal()
    reply.manner = "endless"
    return reply


@kind("bomb", "best-practices-concept", megabytes="1024")
def bomb(exchange: Exchange) -> Reply:
    """Send so many megabytes of spaces, compressed to a thousandth."""
    reply = exchange.normal()
    packer = zlib.compressobj(wbits=GZIP)
    spaces = b" " * MEGABYTE
    packed = [packer.compress(spaces) for _ in range(int(exchange.number("megabytes")))]
    reply.body = b"".join((*packed, packer.flush()))
    reply.headers["Content-Encoding"] = "gzip"
    return reply
