"""Tables and code in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows]
    return "\n".join(lines)


def code(names: Iterable[str]) -> str:
    """Names, as code."""
    return ", ".join(f"`{name}`" for name in names)


def flat(text: str) -> str:
    """A text in a cell."""
    return " ".join(text.split()).replace("|", "\\|")
