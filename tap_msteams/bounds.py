"""Bounds: how long this tap waits for a server, and how much it takes from one.

They are far above what Graph does, and documented in one table.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """One bound on what a server can make this tap do."""

    of: str
    """What is bounded."""
    value: float
    unit: str
    then: str
    """What happens at the bound."""


FAILING = Bound(
    "Sending again a request that fails, beside waits of more than a minute that Graph asks for",
    60,
    "seconds",
    "a gap",
)
UNREACHED = Bound("The same before Graph has answered for the first time", 15, "seconds", "the end")
THROTTLED = Bound("Sending again a request that is answered 429", 1_800, "seconds", "a gap")
UNANSWERED = Bound(
    "The waits of a stream's requests, added up, while all of them are answered 429 or fail",
    180_000,
    "seconds",
    "a gap of all that is left of it",
)
ASKED = Bound(
    "A wait that Graph asks for (`Retry-After`); more than a minute is logged at once",
    900,
    "seconds",
    "a gap of all that the same limit holds up",
)
MISSING = Bound(
    "Requests that are answered 404 though their parent is there", 3, "requests", "a gap"
)
ANSWER_SECONDS = Bound(
    "A whole answer of Graph's, from its first byte to its last", 600, "seconds", "sent again"
)
ANSWER_BYTES = Bound("An answer of Graph's, decompressed", 64, "MB", "a gap")
DOWNLOAD_BYTES = Bound("A usage report", 1_024, "MB", "a gap")
TOKEN_BYTES = Bound("An answer with a token, uncompressed", 1_000_000, "bytes", "the end")
EMPTY_PAGES = Bound("Empty pages in a row", 500, "pages", "a gap")

MEGABYTE = 1 << 20
