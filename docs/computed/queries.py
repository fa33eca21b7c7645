"""Queries with their results in a synthetic company."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docs.computed.markdown import grid

if TYPE_CHECKING:
    from docs.computed.plots import Rows

QUERIES = Path(__file__).parents[1] / "queries"

SHOWN, WIDEST = 6, 70
"""Rows of an answer, and letters of a cell."""


def query(name: str) -> str:
    """A query, such as `threads` or `marts/adoption`."""
    return f"```sql\n{(QUERIES / f'{name}.sql').read_text().strip()};\n```"


def answer(name: str) -> str:
    """A query and the first rows of its result."""
    rows = found(name)
    told = [[_cell(value) for value in row.values()] for row in rows[:SHOWN]]
    more = f"\n\n… and {len(rows) - SHOWN} more." if len(rows) > SHOWN else ""
    return f"{query(name)}\n\n{grid(list(rows[0]), told)}{more}"


def found(name: str) -> Rows:
    """All rows of a query's result, as `demo/answers.py` has written them."""
    path = QUERIES / name
    rows: Rows = json.loads(path.with_name("answers.json").read_text())[path.name]
    return rows


def _cell(value: Any) -> str:  # noqa: ANN401 - whatever a row holds
    """A value as text for a reader."""
    text = "" if value is None else str(value).lower() if value in {True, False} else str(value)
    text = re.sub(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*", r"\1 \2", text)
    text = text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"
    return text.replace("|", "\\|").replace("<", "&lt;")
