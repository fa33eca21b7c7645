"""Checks of a configuration as a whole."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_msteams.errors import visible
from tap_msteams.labels import env_name, label
from tap_msteams.sdk import BatchConfig
from tap_msteams.settings.elsewhere import advice
from tap_msteams.settings.forms import parse_moment
from tap_msteams.settings.methods import canonical, wrong_sign_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_msteams.settings.rules import Rule


NOT_SETTINGS = {"ALLOW_INSECURE_TLS", "LOGLEVEL"}
"""Variables with the tap's prefix that are no settings; Meltano's own begin with `_`."""

TRUE, FALSE = ("true", "1", "yes", "on"), ("false", "0", "no", "off")


def wrong_config(
    config: Mapping[str, Any], table: Mapping[str, Rule], known: Mapping[str, Any]
) -> Iterator[str]:
    """One line for each problem; `table` holds the tap's settings, `known` the SDK's."""
    allowed = {*table, *known}
    for key in config:
        if key not in allowed:
            yield f"there is no setting '{visible(key)}': {_hint(key, allowed)}"
    for key, value in config.items():
        if key in table and value is not None:
            named = key == "auth_method" and isinstance(value, str)
            yield from table[key].wrong(canonical(value) if named else value)
        elif key in known and key not in table:
            yield from _wrong_for_the_sdk(key, value, known[key])
    yield from wrong_sign_in(
        {
            key: value
            for key, value in config.items()
            # Meltano passes defaults as if they had been set.
            if value not in ("", None, []) and key in table and value != table[key].default
        }
    )
    yield from _wrong_dates(config)
    encrypted = config.get("token_cache_encryption") == "passphrase"
    if config.get("token_cache_passphrase") and not encrypted:
        yield (
            f"{label('token_cache_passphrase')} encrypts nothing: set "
            f"{label('token_cache_encryption')} to passphrase, or remove it"
        )


def wrong_environment(
    environment: Mapping[str, str], known: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """One line for each variable with the tap's prefix that is no setting, or is no boolean.

    `known` are the settings with their JSON schemas.
    """
    start = env_name("")
    for name, text in environment.items():
        key = name.removeprefix(start)
        if not name.startswith(start) or key.startswith("_") or key in NOT_SETTINGS:
            continue
        if key.lower() not in known:
            hint = _hint(key.lower(), known)
            yield f"there is no setting '{key.lower()}' (env {name}): {hint}"
        elif "boolean" in known[key.lower()]["type"] and text.lower() not in {*TRUE, *FALSE, ""}:
            yield f"'{key.lower()}' (env {name}) must be true or false"


def _hint(key: str, known: Iterable[str]) -> str:
    if told := advice(key):
        return told
    near = difflib.get_close_matches(key, list(known), n=1)
    return f"did you mean '{near[0]}'?" if near else "see `tap-msteams --about`"


def _wrong_dates(config: Mapping[str, Any]) -> Iterator[str]:
    """One line where no time lies between two dates."""
    try:
        start, end = (parse_moment(config[key]) for key in ("start_date", "end_date"))
    except (KeyError, OverflowError, TypeError, ValueError):
        return  # absent, or already reported
    if start >= end:
        why = "nothing can have changed between them"
        yield f"{label('end_date')} must be after {label('start_date')}: {why}"


def _wrong_for_the_sdk(
    key: str,
    value: Any,  # noqa: ANN401 - whatever the configuration holds
    schema: Mapping[str, Any],
) -> Iterator[str]:
    # The SDK checks its stream maps itself, and its schema for them is not valid.
    rule = {"type": schema["type"]} if key == "stream_maps" else dict(schema)
    errors = list(th.DEFAULT_JSONSCHEMA_VALIDATOR(rule).iter_errors(value))
    for error in errors:
        where = ".".join(str(part) for part in (key, *error.path))
        yield f"'{where}' (env {env_name(key)}) needs {error.validator} {error.validator_value}"
    if key == "batch_config" and value and not errors:
        try:
            BatchConfig.from_dict(dict(value))
        except TypeError as problem:
            yield f"{label(key)} is not what the SDK takes: {problem}"
