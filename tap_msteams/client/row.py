"""Rows: records of Graph's with the facts that the tap looks at."""

from __future__ import annotations

# msgspec evaluates the annotations.
from collections.abc import Mapping, Sequence  # noqa: TC003
from typing import Any, ClassVar

import msgspec
from msgspec import UNSET, UnsetType

ID = "id"

ADDITIONAL_DATA = "additionalData"
"""The column of undeclared properties, with the name that Microsoft's own SDKs use."""


class Row(msgspec.Struct, kw_only=True, gc=False):
    """One record of Graph's; a RowDecoder makes its class, with a field for each known key.

    Nothing else is decoded and encoded as fast. A field holds `Raw`, which is bytes as they came,
    or a plain value, or UNSET where Graph sends none.
    """

    emitted: ClassVar[Mapping[str, str]] = {}
    """The field of each emitted property."""
    decoded: ClassVar[Mapping[str, str]] = {}
    """The field of each fact that is decoded as the row is."""
    hidden: ClassVar[Sequence[str]] = ()
    """The fields that are not emitted: each has to be UNSET when the row is written."""

    beside: dict[str, Any] | UnsetType = msgspec.field(name="@beside", default=UNSET)
    """Facts that are decoded one by one, since their fields keep the bytes."""

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - typed by the declaration
        field = self.decoded.get(name)
        value = (self.beside or {})[name] if field is None else getattr(self, field)
        if value is UNSET:
            raise KeyError(name)
        return value

    def get(self, name: str) -> Any:  # noqa: ANN401 - typed by the declaration
        """The value of a fact; None where the row has none."""
        if (field := self.decoded.get(name)) is None:
            return (self.beside or {}).get(name)
        value = getattr(self, field)
        return None if value is UNSET else value

    @property
    def facts(self) -> dict[str, Any]:
        """The properties that the tap looks at, decoded to their declared types."""
        found = {name: getattr(self, field) for name, field in self.decoded.items()}
        return {name: it for name, it in found.items() if it is not UNSET} | (self.beside or {})

    @property
    def values(self) -> dict[str, Any]:
        """The emitted properties."""
        found = {name: getattr(self, field) for name, field in self.emitted.items()}
        return {name: it for name, it in found.items() if it is not UNSET}

    def put(self, values: Mapping[str, Any]) -> None:
        """Give emitted properties these values."""
        for name, value in values.items():
            setattr(self, self.emitted[name], value)


def field_of(name: str) -> str:
    """The name of the field for a key of Graph's, which may be no identifier of Python's."""
    return f"graph_{name}" if name.isidentifier() else f"odd_{name.encode().hex()}"
