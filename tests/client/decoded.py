"""Pages that are decoded as a test says."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import msgspec
import pytest

from tap_msteams.client import Answer, Request, RowDecoder

LINK = "https://graph.microsoft.com/v1.0/x?$skiptoken=1"
GOOD = '{"id":"good","n":1.10}'

either = pytest.mark.parametrize("plain", [False, True], ids=["bytes", "plain"])


def page(content, *emitted, single=False, facts=None, declared=None, plain=False):
    """The page in a body, of rows that have an id."""
    decoder = RowDecoder({"id": str, **(facts or {})}, emitted or ("id",), declared, plain=plain)
    content = content if isinstance(content, bytes) else content.encode()
    return Answer(Request("/x", decoder, single=single), {}, content, datetime.now(UTC)).page()


def listed(*rows, link=LINK):
    return f'{{"@odata.context":"c","value":[{",".join(rows)}],"@odata.nextLink":"{link}"}}'


def text(values):
    """Values as they are written."""
    return {name: msgspec.json.encode(value).decode() for name, value in values.items()}


def told(row, name="t"):
    """What a target reads out of a value of a row."""
    return json.loads(msgspec.json.encode(row.values[name]))
