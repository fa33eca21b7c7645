"""Choices: the entries of a setting that say what to read."""

from __future__ import annotations

import re
from fnmatch import translate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Choice:
    """The entries of a setting: ids, names or patterns; with a `!` in front they exclude.

    Without an including entry everything is chosen that no entry excludes.
    """

    def __init__(self, setting: str, entries: Sequence[str]) -> None:
        """Take the entries as the setting has them."""
        self.setting = setting
        self._included = {it: _pattern(it) for it in entries if not it.startswith("!")}
        self._excluded = {it: _pattern(it[1:]) for it in entries if it.startswith("!")}
        self.unmatched = [*self._included, *self._excluded]
        """Entries without a match so far."""

    def __bool__(self) -> bool:
        """Whether the choice leaves anything out."""
        return bool(self._included or self._excluded)

    @property
    def excludes_names(self) -> bool:
        """Whether an entry excludes by name and not by id."""
        return not all(_ID.fullmatch(entry[1:]) for entry in self._excluded)

    def admits(self, names: Sequence[str | None]) -> bool:
        """Whether a record with these names is chosen."""
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
    """A pattern with the wildcards of file names, whatever the case."""
    return re.compile(translate(entry), re.IGNORECASE)
