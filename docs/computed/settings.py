"""Tables of settings."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from docs.computed.markdown import code, grid
from docs.computed.procedures import PROCEDURES
from tap_msteams.settings import RULES, env_name, json_schema, rules
from tap_msteams.settings.elsewhere import PROPERTIES
from tap_msteams.settings.privacy import PrivacySettings
from tap_msteams.settings.reading import Reading
from tap_msteams.settings.sharding import Sharding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_msteams.settings import Rule

KINDS = {
    "array": "array",
    "boolean": "boolean",
    "date-time": "date_iso8601",
    "integer": "integer",
    "number": "string",  # Meltano 4.4 drops decimals that come from the environment
    "string": "string",
}
"""Meltano's names for the types of JSON."""

HEADS = ("setting", "default", "what it does")


def row(rule: Rule) -> tuple[str, str, str]:
    """A setting, its default, and what it does."""
    untold = any(f"`{it}`" not in rule.description for it in rule.choices)
    choices = f" One of {code(rule.choices)}." if untold else ""
    return f"`{rule.name}`", _default(rule), rule.description + choices


def secrets() -> str:
    """The settings that are secret."""
    rows = [
        (f"`{it.name}`", f"`{env_name(it.name)}`", it.description)
        for it in RULES.values()
        if it.secret
    ]
    return grid(("setting", "environment", "what it is"), rows)


def reading() -> str:
    """The settings for selection."""
    return _described(Reading)


def sharding() -> str:
    """The settings for shards."""
    return _described(Sharding)


def privacy() -> str:
    """The settings for privacy."""
    return _described(PrivacySettings)


def elsewhere() -> str:
    """The names that other connectors use, with those here."""
    rows = [(code(names), meaning) for names, meaning in (PROPERTIES | PROCEDURES).items()]
    return grid(("elsewhere", "here"), rows)


def meltano() -> str:
    """The settings in the format of `meltano.yml`."""
    return "\n".join(
        line
        for name, schema in json_schema()["properties"].items()
        for line in _meltano_setting(name, schema)
    )


def _described(group: type) -> str:
    rows = [(f"`{it.name}`", _default(it), it.description) for it in rules(group).values()]
    return grid(HEADS, rows)


def _default(rule: Rule) -> str:
    if rule.default is None:
        return ""
    return f"`{str(rule.default).lower() if rule.kind is bool else rule.default}`"


def _meltano_setting(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    options = [json.dumps(option) for option in schema.get("enum", ())]
    kind = KINDS[schema.get("format") or schema["type"][0]]
    yield f"- name: {name}"
    yield f"  kind: {'options' if options else kind}"
    if "default" in schema:
        yield f"  value: {json.dumps(schema['default'])}"
    if "secret" in schema:
        yield "  sensitive: true"
    yield f"  description: {json.dumps(schema['description'])}"
    if options:
        yield "  options:"
    for option in options:
        yield f"    - {{label: {option}, value: {option}}}"
