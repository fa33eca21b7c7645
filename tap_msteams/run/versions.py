"""Versions: those of the records that have been read, with all that is below them."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_DIGEST = 8
_HIGHEST = (1 << 63) - 1
_HOUR = len("2026-11-20T03")


class Versions:
    """Digests of records by the hour of their time and by version: 11 bytes of STATE each.

    Hours that are not read again are forgotten, so that only those of the last days are kept.
    """

    def __init__(self, state: Mapping[str, Mapping[str, str]]) -> None:
        """Read them from the state of a stream; raises ValueError where it is damaged."""
        self._known: dict[str, dict[int, bytearray]] = defaultdict(dict)
        for hour, versions in state.items():
            for version, text in versions.items():
                found = b64decode(text, validate=True)
                if len(found) % _DIGEST:
                    msg = f"the digests of version {version} are cut off"
                    raise ValueError(msg)
                if int(version) > _HIGHEST:
                    msg = f"{version} is too high for a version"
                    raise ValueError(msg)
                self._known[hour][int(version)] = bytearray(found)

    def __bool__(self) -> bool:
        return bool(self._known)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Yield each digest with its version; one with several versions comes with each."""
        return ((digest, version) for _, version, digest in self._all)

    @property
    def _all(self) -> Iterator[tuple[str, int, int]]:
        for hour, versions in self._known.items():
            for version, found in versions.items():
                for start in range(0, len(found), _DIGEST):
                    yield hour, version, int.from_bytes(found[start : start + _DIGEST])

    def add(self, time: str, version: int, digest: int) -> None:
        """Remember a version of a record with this time."""
        found = self._known[time[:_HOUR]].setdefault(version, bytearray())
        found += digest.to_bytes(_DIGEST)

    def forget_before(self, time: str) -> None:
        """Forget the records of the hours before a time."""
        for hour in [it for it in self._known if it < time[:_HOUR]]:
            del self._known[hour]

    def join(self, other: Versions) -> None:
        """Add those that another state knows."""
        known = {*self._all}
        for entry in [it for it in other._all if it not in known]:
            self.add(*entry)

    def clear(self) -> None:
        """Forget all."""
        self._known.clear()

    @property
    def state(self) -> dict[str, dict[str, str]]:
        """The same in STATE."""
        return {
            hour: {str(version): b64encode(found).decode() for version, found in versions.items()}
            for hour, versions in self._known.items()
        }
