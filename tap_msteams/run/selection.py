"""Selection: the records that the settings choose."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tap_msteams.labels import label
from tap_msteams.run.choice import Choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration import Declaration
    from tap_msteams.privacy import Privacy
    from tap_msteams.settings import Settings

CHOICES = ("teams", "channels", "users", "membership_types")
"""The settings that choose among records."""


class Selection:
    """The choices of one run."""

    def __init__(self, settings: Settings, privacy: Privacy | None, *, application: bool) -> None:
        """Take the choices from the settings; `privacy` gives pseudonyms of people."""
        self._settings = settings
        self._privacy = privacy
        self._application = application
        self.nameless = Counter[type["Declaration"]]()
        """The records that were left out because Graph tells their ids only."""
        self._choices = {
            name: Choice(name, entries) for name in CHOICES if (entries := getattr(settings, name))
        }

    def names(self, stream: type[Declaration]) -> set[str]:
        """The properties by which a stream's records are chosen; none where all are."""
        return {name for _, names in self._of(stream) for name in names}

    def admits(self, stream: type[Declaration], row: Row) -> bool:
        """Whether a record of a stream is one of those chosen."""
        # Each choice tests each record, to know at the end which entries have no match.
        found = [
            choice.admits([*(row.get(it) for it in names), *self._pseudonyms(stream, row)])
            for choice, names in self._of(stream)
        ]
        # A name that Graph does not tell may be one that is to be left out.
        if all(found) and any(
            choice.excludes_names and [*names] == ["id"] for choice, names in self._of(stream)
        ):
            self.nameless[stream] += 1
            return False
        return all(found)

    def why_not(self, stream: type[Declaration]) -> tuple[str, str] | None:
        """The reason why none of a stream's records can be chosen, with a remedy."""
        for choice, names in self._of(stream):
            if not names:
                setting = label(choice.setting)
                told = f"{setting} chooses by what Graph does not tell here"
                return told, f"deselect it, or remove {setting}"
        return None

    def narrows(self, stream: type[Declaration]) -> bool:
        """Whether settings leave out some of a stream's records, or some of its ancestors'."""
        if self._of(stream) or self._settings.guests == "drop":
            return True
        if not self._settings.archived_teams and stream.fills == "teamId":
            return True
        parents = stream.parent_streams(application=self._application)
        return any(self.narrows(parent) for parent in parents)

    @property
    def unmatched(self) -> list[tuple[str, str]]:
        """Settings with those of their entries that matched no record."""
        return [
            (choice.setting, entry)
            for choice in self._choices.values()
            for entry in choice.unmatched
        ]

    def _of(self, stream: type[Declaration]) -> list[tuple[Choice, Sequence[str]]]:
        """The choices among a stream's records, with the properties that they name."""
        return [
            (self._choices[setting], names)
            for setting, names in stream.chosen_by.items()
            if setting in self._choices
        ]

    def _pseudonyms(self, stream: type[Declaration], row: Row) -> list[str]:
        """The pseudonyms of a record, where the output has pseudonyms."""
        if not (self._privacy and stream.fills and self._privacy.is_personal(stream.fills)):
            return []
        return [self._privacy.key(stream.fills, row["id"])]
