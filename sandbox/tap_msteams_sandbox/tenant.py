"""The tenant: a company with all areas of Teams."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import msgspec

from tap_msteams_sandbox.areas import AREAS
from tap_msteams_sandbox.company.company import Company
from tap_msteams_sandbox.company.day import work
from tap_msteams_sandbox.company.own import fill

if TYPE_CHECKING:
    from collections.abc import Iterator


R = TypeVar("R", bound="dict[str, Any] | None")


class Tenant(Company):
    """A synthetic company's tenant, the same for the same arguments."""

    def change(self, seed: int | None = None) -> dict[str, int]:
        """Change the tenant by a day of work; return the counts."""
        with self.lock:
            self.days += 1
            random = self.random("day", str(self.days if seed is None else seed))
            done = work(self, random)
            for area in AREAS:
                done.update(area.work(self, random))
            return dict(done)

    def load(self, folder: str | Path) -> Self:
        """Put the rows of own files in the place of made-up ones; return the tenant itself."""
        fill(self, Path(folder))
        return self

    def expected(self, what: str = "messages") -> Iterator[dict[str, Any]]:
        """Yield all current rows of a collection as Graph shows them in full.

        Messages come in the shape of the export; what is below something carries its id.
        """
        with self.lock:
            [rows] = (area.expected[what] for area in AREAS if what in area.expected)
            found = [self.served(row) for row in rows(self)]
        # Without the lock: whoever takes only some of the rows keeps nobody waiting.
        yield from found

    def served(self, row: R) -> R:
        """Return a row whose links into Graph lead to where the tenant is served."""
        encoded = msgspec.json.encode(row)
        served = self.localized(encoded)
        return row if served is encoded else msgspec.json.decode(served, type=type(row))
