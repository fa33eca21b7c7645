"""Types: what the sandbox knows of Graph's metadata, to annotate answers with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
WRITTEN = ROOT / "sandbox" / "tap_msteams_sandbox" / "metadata" / "types.json"

JSON_TELLS = {"String", "Boolean", "Int32", "Double"}
"""Types that a value of JSON has by itself."""


def files() -> dict[Path, str]:
    """Return the file with the types."""
    types = json.loads((ROOT / "tests" / "graph" / "types.json").read_text())
    known = {name: _type(type_) for name, type_ in types.items() if name not in {"$meta", "enums"}}
    lines = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(known[name], separators=(',', ':'))}"
        for name in sorted(known)
    )
    return {WRITTEN: f"{{\n{lines}\n}}\n"}


def _type(declared: dict[str, Any]) -> dict[str, Any]:
    """Return a type's base, and its own properties with what JSON does not tell of them."""
    properties = _names(declared["properties"])
    whole = {
        "kind": declared["kind"],
        "base": declared["base"],
        "properties": {name: it for name, it in properties.items() if it not in JSON_TELLS},
        "links": _names(declared["navigation_properties"]),
    }
    return {name: value for name, value in whole.items() if value}


def _names(declared: list[dict[str, Any]]) -> dict[str, str]:
    """Return the types of a type's own properties."""
    return {
        it["name"]: f"Collection({name})" if it["collection"] else name
        for it in declared
        if not it["inherited"] and (name := it["type"].removeprefix("Edm."))
    }
