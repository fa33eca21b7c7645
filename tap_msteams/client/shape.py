"""Shapes: the class of a stream's rows, made for the keys that are asked for and found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import msgspec
from msgspec import NODEFAULT, UNSET, Raw, UnsetType

from tap_msteams.client.row import ADDITIONAL_DATA, ID, Row, field_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WITHIN: tuple[Any, ...] = (str, str | None, bool | None, int | None)
"""Types of facts that stay the same when they are decoded and encoded again."""

_ID = Annotated[str, msgspec.Meta(min_length=1)]
"""A record without an id would have no key."""

_BYTES: Any = Raw | UnsetType
_NULL: Any = None | UnsetType

_field: Any = msgspec.field  # whose result is typed as the value of the field


class Envelope(
    msgspec.Struct, kw_only=True, rename={"next": "@odata.nextLink", "delta": "@odata.deltaLink"}
):
    """The keys of a page beside its rows."""

    next: str | None = None
    delta: str | None = None
    error: Any = None


class Shape:
    """A class of rows, and the decoders that make them: unknown keys are errors."""

    def __init__(
        self,
        emitted: Sequence[str],
        facts: Mapping[str, Any],
        others: Iterable[str],
        nested: Mapping[str, type[Row]],
        *,
        plain: bool,
    ) -> None:
        """Have a field for each of these keys; `facts` are typed, `nested` ones lists of rows."""
        self.nested = nested
        kinds: dict[str, Any] = dict.fromkeys((*emitted, *others), Any if plain else _BYTES)
        kinds |= {name: kind | UnsetType for name, kind in facts.items()}
        kinds |= {ID: _ID} if ID in facts else {}
        # The tap fills this column, and Graph must not.
        kinds |= {ADDITIONAL_DATA: _NULL} if ADDITIONAL_DATA in emitted else {}
        fields = [
            (field_of(name), kind, _field(name=name, default=NODEFAULT if kind is _ID else UNSET))
            for name, kind in kinds.items()
        ]
        fields += [
            (field_of(name), list[within], _field(name=name, default_factory=list))  # type: ignore[valid-type]
            for name, within in nested.items()
        ]
        hidden = [name for name in (*kinds, *nested) if name not in emitted]
        row = msgspec.defstruct(
            "Row",
            fields,
            bases=(Row,),
            namespace={
                "emitted": {name: field_of(name) for name in emitted},
                "decoded": {name: field_of(name) for name in (*facts, *nested)},
                "hidden": ["beside", *map(field_of, hidden)],
            },
            forbid_unknown_fields=True,
            kw_only=True,
            gc=False,
        )
        page = msgspec.defstruct(
            "Page",
            [("value", list[row])],  # type: ignore[valid-type]
            bases=(Envelope,),
            kw_only=True,
        )
        self.row = cast("type[Row]", row)
        self.names = frozenset(self.row.__struct_encode_fields__)
        self.one: msgspec.json.Decoder[Any] = msgspec.json.Decoder(row)
        self.page: msgspec.json.Decoder[Any] = msgspec.json.Decoder(page)
