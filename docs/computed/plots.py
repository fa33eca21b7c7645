"""The plots in the documents, as SVG."""

from __future__ import annotations

from datetime import date
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Rows = list[dict[str, Any]]

WIDTH, LEFT, RIGHT = 760, 150, 24
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
HOURS = 24

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e }
.end { text-anchor: end }
.middle { text-anchor: middle }
.ours { fill: #4f52b2 }
.faint { fill: #4f52b2; fill-opacity: .14 }
.area { fill: #4f52b2; fill-opacity: .3; stroke: #4f52b2; stroke-width: 1.5 }
.line { stroke: #d0d7de }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .small { fill: #9198a1 }
  .ours { fill: #8b8ee6 }
  .faint { fill: #8b8ee6; fill-opacity: .14 }
  .area { fill: #8b8ee6; stroke: #8b8ee6 }
  .line { stroke: #3d444d }
}
"""


def writing_hours(rows: Rows) -> str:
    """When people write: a square for each hour of the week, the fuller the more."""
    counts = {(row["weekday"], row["hour"]): row["messages"] for row in rows}
    most, size = max(counts.values()), (WIDTH - LEFT - RIGHT) / HOURS
    parts = [
        f'<text class="small middle" x="{LEFT + (hour + 0.5) * size:.1f}" y="14">{hour}</text>'
        for hour in range(0, HOURS, 3)
    ]
    for number, day in enumerate(DAYS):
        top = 22 + number * size
        parts.append(f'<text class="end" x="{LEFT - 10}" y="{top + size / 2 + 4:.1f}">{day}</text>')
        for hour in range(HOURS):
            count = counts.get((number + 1, hour), 0)
            share = count / most
            parts.append(
                f'<rect class="ours" x="{LEFT + hour * size + 1:.1f}" y="{top + 1:.1f}" '
                f'width="{size - 2:.1f}" height="{size - 2:.1f}" rx="3" '
                f'fill-opacity="{0.07 + 0.93 * share:.2f}"><title>{count}</title></rect>'
            )
    return _svg("When people write: messages by weekday and hour", parts, 22 + len(DAYS) * size + 8)


def weekly_messages(rows: Rows) -> str:
    """Messages a week: an area for each team, all to the same scale."""
    weeks = sorted({row["week"] for row in rows})
    first, last = (date.fromisoformat(weeks[end]) for end in (0, -1))
    most = max(row["messages"] for row in rows)
    height, gap, step = 56, 14, (WIDTH - LEFT - RIGHT) / ((last - first).days // 7)
    teams = sorted({row["team"] for row in rows})
    parts: list[str] = []
    for place, team in enumerate(teams, 1):
        base = place * (height + gap)
        counts = {
            (date.fromisoformat(row["week"]) - first).days // 7: row["messages"]
            for row in rows
            if row["team"] == team
        }
        line = " ".join(
            f"{LEFT + week * step:.1f},{base - height * counts.get(week, 0) / most:.1f}"
            for week in range((last - first).days // 7 + 1)
        )
        parts += [
            f'<text class="end" x="{LEFT - 10}" y="{base - 4}">{escape(team)}</text>',
            f'<line class="line" x1="{LEFT}" y1="{base}" x2="{WIDTH - RIGHT}" y2="{base}"/>',
            f'<polygon class="area" points="{LEFT},{base} {line} {WIDTH - RIGHT},{base}"/>',
        ]
    bottom = len(teams) * (height + gap) + 18
    parts += list(_months(weeks, step, bottom))
    return _svg(f"Messages a week in each team, at most {most}", parts, bottom + 8)


def _months(weeks: list[str], step: float, y: float) -> Iterator[str]:
    """Yield the name of each month below its first week."""
    first = date.fromisoformat(weeks[0])
    for month in sorted({week[:7] for week in weeks})[1:]:
        begin = next(date.fromisoformat(week) for week in weeks if week.startswith(month))
        x = LEFT + (begin - first).days // 7 * step
        yield f'<text class="small middle" x="{x:.1f}" y="{y}">{begin:%b}</text>'


def response_times(rows: Rows) -> str:
    """How fast teams answer: half of the answers within the dark bar, nine of ten in the light."""
    slowest = max(row["slowest_tenth_minutes"] for row in rows)
    scale, bar, gap = (WIDTH - LEFT - RIGHT - 150) / slowest, 20, 14
    parts: list[str] = []
    for place, row in enumerate(rows):
        top = place * (bar + gap) + 6
        half, most = row["median_minutes"] * scale, row["slowest_tenth_minutes"] * scale
        label = f"{row['median_minutes']} min, nine of ten {row['slowest_tenth_minutes']} min"
        middle = top + bar / 2 + 4
        team = escape(row["team"])
        parts += [
            f'<text class="end" x="{LEFT - 10}" y="{middle}">{team}</text>',
            f'<rect class="faint" x="{LEFT}" y="{top}" width="{most:.1f}" height="{bar}" rx="3"/>',
            f'<rect class="ours" x="{LEFT}" y="{top}" width="{half:.1f}" height="{bar}" rx="3"/>',
            f'<text class="small" x="{LEFT + most + 8:.1f}" y="{middle}">{label}</text>',
        ]
    return _svg("Minutes until somebody answers a post", parts, len(rows) * (bar + gap) + 6)


def _svg(title: str, parts: Iterable[str], height: float) -> str:
    size = f'width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    head = f"<title>{escape(title)}</title>"
    return "\n".join([opening, head, f"<style>{STYLE}</style>", *parts, "</svg>"])
