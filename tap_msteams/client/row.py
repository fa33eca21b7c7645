"""Rows: one record of Graph's, as far as the tap looks into it."""

from __future__ import annotations

from typing import Any

import msgspec

ID = "id"

ADDITIONAL_DATA = "additionalData"
"""Where undeclared properties arrive: Microsoft's own SDKs call them so."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One record of Graph's."""

    values: dict[str, Any]
    """What is emitted, by property: `Raw`, bytes as they came, or plain values."""
    facts: dict[str, Any]
    """What the tap itself looks at, decoded, with the types that are declared."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typed by the declaration
        return self.facts[name]

    def get(self, name: str) -> Any:  # noqa: ANN401 - typed by the declaration
        """A value that the tap looks at; None where the row has none."""
        return self.facts.get(name)
