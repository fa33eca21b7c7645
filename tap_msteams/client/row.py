"""Rows: records of Graph's with the facts that the tap looks at."""

from __future__ import annotations

from typing import Any

import msgspec

ID = "id"

ADDITIONAL_DATA = "additionalData"
"""The column of undeclared properties, with the name that Microsoft's own SDKs use."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """One record of Graph's."""

    values: dict[str, Any]
    """The emitted properties: `Raw`, which is bytes as they came, or plain values."""
    facts: dict[str, Any]
    """The properties that the tap looks at, decoded to their declared types."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typed by the declaration
        return self.facts[name]

    def get(self, name: str) -> Any:  # noqa: ANN401 - typed by the declaration
        """The value of a fact; None where the row has none."""
        return self.facts.get(name)
