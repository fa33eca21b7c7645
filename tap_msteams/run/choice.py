"""What a user has chosen to read."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class Choice:
    """Entries of a setting: ids, names or patterns; with a `!` in front what is left out.

    Without an entry of the first kind everything is chosen that none of the second names.
    """

    def __init__(self, setting: str, entries: Sequence[str]) -> None:
        """Take the entries of a setting, as they stand there."""
        self.setting = setting
        self._included = {it: _pattern(it) for it in entries if not it.startswith("!")}
        self._excluded = {it: _pattern(it[1:]) for it in entries if it.startswith("!")}
        self.unmatched = [*self._included, *self._excluded]
        """Entries that nothing has matched so far."""

    def __bool__(self) -> bool:
        """Whether anything is to be left out."""
        return bool(self._included or self._excluded)

    def admits(self, names: Sequence[str | None]) -> bool:
        """Whether something that goes by these names is chosen."""
        known = [name for name in names if name]
        included = self._matches(self._included, known)
        excluded = self._matches(self._excluded, known)
        return (included or not self._included) and not excluded

    def _matches(self, patterns: dict[str, re.Pattern[str]], names: Sequence[str]) -> bool:
        matched = [it for it, pattern in patterns.items() if any(map(pattern.match, names))]
        if matched and self.unmatched:
            self.unmatched = [it for it in self.unmatched if it not in matched]
        return bool(matched)


def _pattern(entry: str) -> re.Pattern[str]:
    """A pattern as file names have it, whatever the case."""
    return re.compile(translate(entry), re.IGNORECASE)
