"""Downloads: files on another host, at addresses that open them without a token."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, NamedTuple

from tap_msteams_sandbox.instants import MINUTE
from tap_msteams_sandbox.replies import Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams_sandbox.company.company import Company

VALID = 5 * MINUTE
"""How long an address is good: "a few minutes".

https://learn.microsoft.com/en-us/graph/api/reportroot-getteamsuseractivityuserdetail#response
"""


class Offer(NamedTuple):
    """A file with the instant at which its address ends."""

    body: bytes
    kind: str
    until: int


class Downloads:
    """The files that wait to be downloaded."""

    origin = "https://reports.office.com"

    def __init__(self, tenant: Company) -> None:
        self._tenant = tenant
        self._offers: dict[str, Offer] = {}
        self.tokens_seen = 0
        """How often somebody has sent a token here, where none belongs."""
        self.downloaded = 0
        self.refusals = 0
        """How many of the next downloads are refused as if they came too late."""

    def offer(self, body: bytes, kind: str = "application/octet-stream") -> str:
        """Return a temporary address of a file."""
        path = f"/data/download/{secrets.token_urlsafe(24)}"
        self._offers[path] = Offer(body, kind, self._tenant.now() + VALID)
        return self.origin + path

    def answer(self, path: str, headers: Mapping[str, str]) -> Reply:
        """Answer a request for a file."""
        offer = self._offers.get(path)
        if "Authorization" in headers:
            self.tokens_seen += 1
            return Reply(400, b"This address takes no token.", {"Content-Type": "text/plain"})
        if self.refusals:
            self.refusals -= 1
            offer = None
        if offer is None or offer.until < self._tenant.now():
            return Reply(403, b"This address has expired.", {"Content-Type": "text/plain"})
        self.downloaded += 1
        return Reply(body=offer.body, headers={"Content-Type": offer.kind})
