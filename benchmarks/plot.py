"""The plot: two bars for each comparison worth seeing, as SVG."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from benchmarks.row import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.row import Row

WIDTH, LEFT, RIGHT = 760, 190, 100
TITLE, BAR, GAP = 26, 22, 18
LONGEST = WIDTH - LEFT - RIGHT

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.label { text-anchor: end }
.ours { fill: #4f52b2 }
.other { fill: #9aa1ab }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .ours { fill: #8b8ee6 }
  .other { fill: #6e7681 }
}
"""


def svg(rows: Iterable[Row]) -> str:
    """The plotted rows, one below the other."""
    drawn = [row for row in rows if row.plotted]
    height = len(drawn) * (TITLE + 2 * BAR + GAP) + GAP
    groups = [
        f'<g transform="translate(0 {GAP + n * (TITLE + 2 * BAR + GAP)})">'
        + "".join(_comparison(row))
        + "</g>"
        for n, row in enumerate(drawn)
    ]
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    title = "<title>tap-msteams, compared</title>"
    return "\n".join([opening, title, f"<style>{STYLE}</style>", *groups, "</svg>\n"])


def _comparison(row: Row) -> Iterator[str]:
    """Yield a title and two bars."""
    other = row.other or 0.0
    more = "" if row.ratio is None else f": {shown(row.ratio, 'x')}"
    better = "more is better" if row.unit.startswith("/") else "less is better"
    yield f'<text class="title" y="12">{escape(row.what)}{more} ({better})</text>'
    bars = (("ours", "tap-msteams", row.ours), ("other", row.against, other))
    for place, (kind, name, value) in enumerate(bars):
        top = TITLE + place * BAR
        length = max(1.0, LONGEST * value / max(row.ours, other))
        middle = top + BAR / 2 + 3
        yield f'<text class="label" x="{LEFT - 8}" y="{middle}">{escape(name)}</text>'
        yield (
            f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{length:.1f}" '
            f'height="{BAR - 4}" rx="2"/>'
        )
        figure = escape(shown(value, row.unit))
        yield f'<text x="{LEFT + length + 6:.1f}" y="{middle}">{figure}</text>'
