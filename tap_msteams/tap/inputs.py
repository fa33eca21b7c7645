"""The user's JSON: configuration, catalog and state."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tap_msteams.errors import TapError

_ESCAPED = re.compile(r"\\u[dD]")
"""The escape of a surrogate, of which two are a letter."""


def read_object(what: str, path: str, error: type[TapError]) -> dict[str, Any]:
    """The JSON object in a file; raises `error`, whose text holds nothing of the file."""
    try:
        return parse_object(f"{what} '{path}'", Path(path).read_bytes(), error)
    except OSError as problem:
        msg = f"{what} '{path}' cannot be read: {problem.strerror}"
        raise error(msg) from problem


def load_object(what: str, file: IO[str] | None, error: type[TapError]) -> dict[str, Any] | None:
    """The JSON object in an open file; None where none was given."""
    if file is None:
        return None
    try:
        return parse_object(what, file.read(), error)
    except UnicodeDecodeError as problem:
        msg = f"{what} is no UTF-8 text"
        raise error(msg) from problem


def parse_object(what: str, text: str | bytes, error: type[TapError]) -> dict[str, Any]:
    """A JSON object from its text."""
    try:
        value = json.loads(text)
        # Only what is escaped can be half a letter; a large state has nothing escaped.
        if isinstance(text, bytes) or _ESCAPED.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as problem:
        msg = f"{what} has half a letter: a surrogate alone, which is no text"
        raise error(msg) from problem
    except UnicodeDecodeError as problem:
        msg = f"{what} is no UTF-8 text"
        raise error(msg) from problem
    except ValueError as problem:
        msg = f"{what} is no JSON: {problem}"
        raise error(msg) from problem
    except RecursionError as problem:
        msg = f"{what} has too many levels"
        raise error(msg) from problem
    if not isinstance(value, dict):
        msg = f"{what} must be a JSON object"
        raise error(msg)
    return value
