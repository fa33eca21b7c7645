"""Rules: the declaration of a setting, its JSON schema, and the check of its value."""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, dataclass, field, fields
from types import EllipsisType, NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from singer_sdk import typing as th

from tap_msteams.labels import label
from tap_msteams.settings.elsewhere import names_of, value_here

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.settings.forms import Form

_Value = TypeVar("_Value", bound=str | float)


@overload
def setting(
    description: str,
    *,
    form: Form | None = ...,
    secret: bool = ...,
    minimum: float | None = ...,
) -> None: ...
@overload
def setting(description: str, *, default: EllipsisType, form: Form | None = ...) -> Any: ...  # noqa: ANN401 - of the field's type
@overload
def setting(
    description: str,
    *,
    default: _Value,
    form: Form | None = ...,
    minimum: float | None = ...,
    maximum: float | None = ...,
) -> _Value: ...
def setting(  # noqa: PLR0913 - the columns of the settings table
    description: str,
    *,
    default: object = None,
    form: Form | None = None,
    secret: bool = False,
    minimum: float | None = None,
    maximum: float | None = None,
) -> object:
    """Declare a setting: its description, and the rules beside the type of its field.

    Without a default it may be absent; `...` is a default that follows from other settings.
    """
    metadata = {
        "description": description,
        "form": form,
        "secret": secret,
        "minimum": minimum,
        "maximum": maximum,
    }
    return field(default=MISSING if default is ... else default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """The declaration of a setting, with the rules for its value."""

    name: str
    description: str
    secret: bool
    kind: type
    """The type of the value, or of each entry of a list."""
    is_list: bool
    choices: tuple[str, ...]
    """The allowed values; empty where all of the type are allowed."""
    form: Form | None
    minimum: float | None
    maximum: float | None
    default: Any
    """None where the setting may be absent or follows from others."""

    @property
    def where(self) -> str:
        """The name of the setting and of its environment variable, for messages."""
        return label(self.name)

    @property
    def json_property(self) -> th.Property[Any]:
        """The setting as the SDK shows it in `--about`."""
        choices = [*self.choices] or None
        names = ", ".join(names_of(self.name))
        kind = self.form.json_type if self.form else _JSON_TYPES[self.kind]
        return th.Property(
            self.name,
            th.ArrayType(kind(allowed_values=choices)) if self.is_list else kind,
            description=self.description + (f" Elsewhere: {names}." if names else ""),
            allowed_values=None if self.is_list else choices,
            secret=self.secret,
            default=self.default,
        )

    def coerce(self, value: Any) -> Any:  # noqa: ANN401 - whatever the configuration holds
        """The value in its type; the environment has only texts."""
        if self.kind is float and not isinstance(value, bool):
            return float(value)
        if self.kind is int and isinstance(value, str):
            return int(value)
        return value

    def wrong(self, value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever the configuration holds
        """One line for each problem of a value, without the value, which may be secret."""
        try:
            value = self.coerce(value)
        except (OverflowError, TypeError, ValueError):
            value = None
        if self.choices and isinstance(value, int) and value_here(self.name, value):
            value = str(value)
        if not self._fits(value):
            yield f"{self.where} must be {'a list of texts' if self.is_list else _NAMES[self.kind]}"
            return
        values = value if self.is_list else [value]
        if not all(_is_unicode(it) for it in values if isinstance(it, str)):
            yield f"{self.where} must be a text in UTF-8"
            return
        if self.is_list and not all(entry.strip() for entry in values):
            yield f"{self.where} has an entry of nothing: remove it"
        if self.choices and not {*values} <= {*self.choices}:
            own = value_here(self.name, value)
            also = f": {value} of other connectors is {own} here" if own else ""
            yield f"{self.where} must be one of {', '.join(self.choices)}{also}"
        if self.minimum is not None and value < self.minimum:
            yield f"{self.where} must be at least {self.minimum}"
        if self.maximum is not None and value > self.maximum:
            yield f"{self.where} must be at most {self.maximum}"
        if self.form and not self.form.fits(value):
            yield f"{self.where} must be {self.form.what}"

    def _fits(self, value: object) -> bool:
        """Whether a value has the setting's type, in terms of JSON."""
        if self.is_list:
            return isinstance(value, list) and all(isinstance(it, self.kind) for it in value)
        if isinstance(value, bool):
            return self.kind is bool
        if isinstance(value, float):
            return self.kind is float and math.isfinite(value)
        return isinstance(value, self.kind)


def _is_unicode(text: str) -> bool:
    """Whether a text has no half characters, as bytes of another encoding bring."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


_JSON_TYPES: dict[type, type[th.JSONTypeHelper[Any]]] = {
    str: th.StringType,
    int: th.IntegerType,
    float: th.NumberType,
    bool: th.BooleanType,
}
_NAMES = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}


def rules(settings: type[Any]) -> dict[str, Rule]:
    """The rules for the settings of a class, by name, from its fields and their types."""
    hints = get_type_hints(settings)
    return {item.name: _rule(item, hints[item.name]) for item in fields(settings)}


def _rule(item: Field[Any], kind: Any) -> Rule:  # noqa: ANN401 - any type
    if get_origin(kind) in {Union, UnionType}:
        [kind] = {*get_args(kind)} - {NoneType}
    is_list = get_origin(kind) is list
    if is_list:
        [kind] = get_args(kind)
    choices = get_args(kind)
    return Rule(
        name=item.name,
        kind=str if choices else kind,
        is_list=is_list,
        choices=choices,
        default=None if item.default is MISSING else item.default,
        **item.metadata,
    )
