"""The keys of the records that a run has seen."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

GENERATION = 200_000
"""Keys in a generation, of which there are two: some 40 MB at most."""


class Seen:
    """The keys of the last records, at least `GENERATION` of them, with their versions.

    A record whose key was forgotten is written again, which does not matter to upserts.
    """

    def __init__(self, generation: int = GENERATION) -> None:
        self._size = generation
        self._young: dict[bytes, int] = {}
        self._old: dict[bytes, int] = {}

    def is_new(self, key: Iterable[str], version: int = 0) -> bool:
        """Whether a key is new, or has a higher version than before."""
        digest = blake2b("\0".join(key).encode(), digest_size=16).digest()
        known = self._young.get(digest, self._old.get(digest))
        if known is not None and version <= known:
            return False
        if len(self._young) >= self._size:
            self._old, self._young = self._young, {}
        self._young[digest] = version
        return True
