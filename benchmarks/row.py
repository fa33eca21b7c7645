"""Rows of the table: a figure, one to compare it with, and the demanded ratio."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import floor, log10
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, kw_only=True)
class Row:
    """One comparison."""

    what: str
    ours: float
    unit: str
    other: float | None = None
    against: str = ""
    """The name of the other figure."""
    ratio: float | None = None
    """The ratio of both figures, which has to meet the demand."""
    at_least: float | None = None
    at_most: float | None = None
    plotted: bool = False

    @property
    def met(self) -> bool | None:
        """Whether the ratio meets the demand; None without a demand."""
        judged = self.ours if self.ratio is None else self.ratio
        if self.at_least is not None:
            return judged >= self.at_least
        if self.at_most is not None:
            return judged <= self.at_most
        return None

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as texts."""
        limit = self.at_least if self.at_most is None else self.at_most
        sign = "" if limit is None else "≥ " if self.at_most is None else "≤ "
        unit = self.unit if self.ratio is None else "x"
        met = self.met
        return (
            self.what,
            shown(self.ours, self.unit),
            "" if self.other is None else f"{shown(self.other, self.unit)}  {self.against}",
            "" if self.ratio is None else shown(self.ratio, "x"),
            "" if limit is None else sign + shown(limit, unit),
            "" if met is None else "yes" if met else "NO",
        )

    def as_dict(self) -> dict[str, Any]:
        """The row for the file of results."""
        return {**asdict(self), "met": self.met}

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The row in a file of results."""
        return cls(**{key: value for key, value in row.items() if key != "met"})


HEADS = ("", "tap-msteams", "compared with", "ratio", "demanded", "met")


def shown(value: float, unit: str) -> str:
    """A figure with three significant digits."""
    if unit == "%":
        value *= 100
    digits = 0 if value == int(value) else max(0, 2 - floor(log10(value)))
    text = f"{value:,.{digits}f}"
    return f"{text}{unit}" if unit in {"x", "%"} else f"{text} {unit}".rstrip()


def table(rows: Iterable[Row]) -> str:
    """All rows, in columns."""
    lines = [HEADS, *(row.cells for row in rows)]
    widths = [max(len(line[n]) for line in lines) for n in range(len(HEADS))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if n in {1, 3, 4} else cell.ljust(width)
            for n, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
