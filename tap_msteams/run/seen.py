"""The keys of the records that a run has seen."""

from __future__ import annotations

from array import array
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

GENERATION = 170_000
"""Keys in a generation, of which there are two: a table doubles at 174,762, from 4 to 8 MB."""

_SMALLEST = 1024


def digest(key: Iterable[str]) -> int:
    """A number above 0 of eight bytes that stands for a key."""
    found = blake2b("\0".join(key).encode(), digest_size=8).digest()
    return int.from_bytes(found) or 1


class Seen:
    """The keys of records with their versions: of all of them, or of the last ones.

    What others are read below is remembered whole, since it would be asked for once more with all
    that is below it. A row of which the key was forgotten is written again, which does not matter
    to upserts.
    """

    def __init__(self, generation: int | None = GENERATION) -> None:
        """Remember at least the last `generation` keys; None for all."""
        self._generation = generation
        self._young = _Table()
        self._old = _Table()

    def is_new(self, key: Iterable[str], version: int = 0) -> bool:
        """Add a key; returns whether it is new, or has a higher version than before."""
        return self.add(digest(key), version)

    def add(self, number: int, version: int) -> bool:
        """Add the digest of a key; returns whether it is new, or has a higher version."""
        known = self._young.version(number)
        if known is None:
            known = self._old.version(number)
        if known is not None and version <= known:
            return False
        if self._generation and len(self._young) >= self._generation:
            self._old, self._young = self._young, _Table()
        self._young.put(number, version)
        return True


class _Table:
    """Numbers above 0 in an open-addressing table: 12 to 24 bytes each, as many for versions.

    A dictionary takes ten times as much.
    """

    def __init__(self) -> None:
        self._numbers = array("Q", (0,)) * _SMALLEST
        self._versions: array[int] | None = None
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def version(self, number: int) -> int | None:
        """The version of a number; None where the number is not there."""
        place = self._place(number)
        if not self._numbers[place]:
            return None
        return self._versions[place] if self._versions else 0

    def put(self, number: int, version: int) -> None:
        """Add a number, or set its version."""
        place = self._place(number)
        if not self._numbers[place]:
            if 3 * self._size >= 2 * len(self._numbers):
                self._grow()
                place = self._place(number)
            self._size += 1
            self._numbers[place] = number
        if version and self._versions is None:
            self._versions = array("q", (0,)) * len(self._numbers)
        if self._versions is not None:
            self._versions[place] = version

    def _place(self, number: int) -> int:
        """The place of a number, or the free one where it would be."""
        numbers = self._numbers
        mask = len(numbers) - 1
        place = number & mask
        while (found := numbers[place]) and found != number:
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        numbers, versions = self._numbers, self._versions
        self._numbers = array("Q", (0,)) * (2 * len(numbers))
        self._versions, self._size = None, 0
        for place, number in enumerate(numbers):
            if number:
                self.put(number, versions[place] if versions else 0)
