"""Requests to Graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass
class Request:
    """A request, on its own or as the item of a batch."""

    method: str
    path: str
    """The path with its version, without a slash in front."""
    query: str
    headers: Mapping[str, str]
    body: bytes
    batched: bool = False
    pattern: str = ""
    """The endpoint, once it is known."""

    @property
    def target(self) -> str:
        """The path with its query, as it came."""
        return f"/{self.path}?{self.query}" if self.query else f"/{self.path}"
