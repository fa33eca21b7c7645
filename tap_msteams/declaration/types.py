"""Types of facts, derived from the declared properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

from singer_sdk import typing as th

from tap_msteams.schema import Union

if TYPE_CHECKING:
    from collections.abc import Iterable

# `TypedDict(...)` at run time: mypy knows it as a class statement only.
_make_typed_dict: Any = TypedDict

_WHOLE: tuple[tuple[Any, Any], ...] = (
    (th.BooleanType, bool | None),
    (th.IntegerType, int | None),
    (th.NumberType, float | None),
)


def types_of(names: Iterable[str], properties: th.PropertiesList) -> dict[str, Any]:
    """The type of each of these keys of a record; an undeclared key is a text."""
    known = properties.wrapped
    return {name: _type_of(known[name].wrapped) if name in known else str | None for name in names}


def _type_of(kind: Any) -> Any:  # noqa: ANN401 - the SDK's types
    """The Python type for values of a declared type; lists stay as they are."""
    if isinstance(kind, th.ObjectType):
        members = dict(kind.wrapped) | (kind.others if isinstance(kind, Union) else {})
        fields = {name: _type_of(item.wrapped) for name, item in members.items()}
        return _make_typed_dict("Object", fields, total=False) | None
    plain = kind if isinstance(kind, type) else type(kind)
    if issubclass(plain, th.StringType):
        return str | None
    return next((found for given, found in _WHOLE if plain is given), Any)
