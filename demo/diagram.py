"""The diagram of all tables: their keys, what is read below what, and where a column leads."""

from __future__ import annotations

import re
import sys
from itertools import groupby
from typing import TYPE_CHECKING

from tap_msteams.schema import PersonId
from tap_msteams.streams import STREAMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.base import TapStream

    Table = type[TapStream]

TABLES = {stream.name: stream for stream in STREAMS}

ELSEWHERE = {
    ("groups", "id"): "teams",
    ("messages", "chatId"): None,
    ("deleted_team_messages", "chatId"): None,
    ("deleted_team_messages", "channelId"): None,
    ("messages", "replyToId"): "messages",
    ("deleted_team_messages", "replyToId"): "deleted_team_messages",
    ("transcripts", "callId"): "call_records",
    ("recordings", "callId"): "call_records",
    ("sync_issues", "runId"): "sync_runs",
}
"""Where columns lead whose names do not tell; None: nowhere, empty as they or their tables are."""

NESTED = (
    ("messages", ("from", "user", "id"), "users"),
    ("messages", ("channelIdentity", "teamId"), "teams"),
    ("chat_messages", ("from", "user", "id"), "users"),
    ("installed_apps", ("teamsApp", "id"), "apps"),
    ("user_installed_apps", ("teamsApp", "id"), "apps"),
    ("chat_installed_apps", ("teamsApp", "id"), "apps"),
    ("tabs", ("teamsApp", "id"), "apps"),
    ("chats", ("onlineMeetingInfo", "joinWebUrl"), "online_meetings"),
    ("call_records", ("organizer", "user", "id"), "users"),
    ("sync_issues", ("subject", "teamId"), "teams"),
)
"""What leads from within an object of one table to another table."""

COLOURS = {
    "users": "#c2410c",
    "teams": "#4f52b2",
    "channels": "#0e7490",
    "messages": "#15803d",
    "chats": "#a21caf",
    "online_meetings": "#b45309",
    "call_records": "#be123c",
    "drives": "#0369a1",
}
OTHER = "#6e7681"

PANEL, GUTTER, MARGIN = 452, 16, 12
INDENT, LINE, CHIP, HEAD = 18, 20, 21, 40
LETTER = 6.7
"""Width of a letter in a chip."""

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.head { font-weight: 600; font-size: 14px }
.table { font-weight: 600 }
.chip { font: 11px ui-monospace, monospace }
.panel { fill: none; stroke: #d0d7de }
.branch { fill: none; stroke: #8c959f }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .panel { stroke: #3d444d }
}
"""


def leads_to(table: Table) -> dict[str, str]:
    """The columns of a table that hold keys of others, with the names of these."""
    return {
        name: found
        for name in table.properties.wrapped
        if (found := _target(table, name)) and (found, name) != (table.name, "id")
    }


def _target(table: Table, column: str) -> str | None:
    """The table that a column leads to, if any."""
    if (table.name, column) in ELSEWHERE:
        return ELSEWHERE[table.name, column]
    for above in _above(table):
        if getattr(above, "fills", None) == column:
            return above.name
    if column == "id":
        kind = table.properties.wrapped["id"].wrapped
        return "users" if kind is PersonId else None
    words = re.findall("[A-Za-z][a-z]*", column)
    if words.pop() != "Id":
        return None
    for start in range(len(words)):
        name = "_".join(words[start:]).lower() + "s"
        if name in TABLES and name not in {"apps", "messages"}:
            return name
    return None


def _above(table: Table) -> Iterator[Table]:
    """The tables that one is read below, the nearest first."""
    parent = getattr(table, "parent", None)
    while parent:
        yield parent
        parent = parent.parent


def _own(table: Table) -> list[str]:
    """Columns of the primary key, then those that lead elsewhere."""
    return list(dict.fromkeys([*table.primary_keys, *leads_to(table)]))


def mermaid() -> str:
    """The diagram as text, for whoever draws it with Mermaid."""
    lines = ["erDiagram"]
    for table in STREAMS:
        far = leads_to(table)
        lines.append(f"  {table.name} {{")
        for name in _own(table):
            marks = ["PK"] * (name in table.primary_keys) + ["FK"] * (name in far)
            lines.append(f"    {_type(table, name)} {name} {', '.join(marks)}")
        lines.append("  }")
    for table in STREAMS:
        for name, target in leads_to(table).items():
            lines.append(f'  {target} ||--o{{ {table.name} : "{name}"')
    return "\n".join(lines)


def _type(table: Table, column: str) -> str:
    declared = table.properties.wrapped[column].to_dict()[column]
    return {"date-time": "timestamp", "date": "date"}.get(declared.get("format", ""), "text")


def svg() -> str:
    """The diagram as a picture: a panel for each area, and in it what is read below what."""
    heights = [MARGIN, MARGIN]
    drawn = []
    for module, tables in groupby(STREAMS, key=lambda stream: stream.__module__):
        side = heights.index(min(heights))
        x, y = MARGIN + side * (PANEL + GUTTER), heights[side]
        title = re.split(r"[:.\n]", sys.modules[module].__doc__ or "")[0]
        inside, height = _panel(list(tables))
        drawn.append(
            f'<g transform="translate({x} {y})">'
            f'<rect class="panel" width="{PANEL}" height="{height}" rx="6"/>'
            f'<text class="head" x="12" y="25">{title}</text>{inside}</g>'
        )
        heights[side] += height + GUTTER
    width, height = 2 * (MARGIN + PANEL) + GUTTER, max(heights) + LINE
    legend = (
        f'<text x="{MARGIN}" y="{height - 12}">Filled: the primary key. Outlined: leads to another '
        "table, the one of that colour. ● read by default, ○ when selected.</text>"
    )
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">'
    title = "<title>All tables and their keys</title>"
    return "\n".join([opening, title, f"<style>{STYLE}</style>", *drawn, legend, "</svg>"])


def _panel(tables: list[Table]) -> tuple[str, int]:
    """What is in a panel, and how high the panel is."""
    parts, y = [], HEAD
    ends: dict[str, tuple[int, int]] = {}
    for table, depth in _tree(tables):
        x = 14 + depth * INDENT
        mark = "●" if table.selected_by_default else "○"
        colour = COLOURS.get(table.name, OTHER)
        parent = getattr(table, "parent", None)
        if depth and parent:
            left, top = ends[parent.name]
            parts.append(f'<path class="branch" d="M{left} {top}V{y + 9}H{x - 2}"/>')
        parts.append(
            f'<text class="table" x="{x}" y="{y + 13}"><tspan fill="{colour}">{mark}</tspan> '
            f"{table.name}</text>"
        )
        ends[table.name] = (x + 5, y + 17)
        y += LINE
        chips, y = _chips(table, x + INDENT, y)
        parts += chips
    return "".join(parts), y + 4


def _tree(tables: list[Table], above: Table | None = None, depth: int = 0) -> Iterator[tuple]:
    """Yield the tables of an area with their depths, each after what it is read below."""
    for table in tables:
        parent = getattr(table, "parent", None)
        if (parent if parent in tables else None) is above:
            yield table, depth
            yield from _tree(tables, table, depth + 1)


def _chips(table: Table, left: int, y: int) -> tuple[list[str], int]:
    """The key columns of a table, in as many lines as they take, and where the last one ends."""
    parts: list[str] = []
    x: float = left
    far = leads_to(table)
    for name in _own(table):
        width = len(name) * LETTER + 12
        if x > left and x + width > PANEL - 10:
            x, y = left, y + CHIP
        colour = COLOURS.get(far.get(name, table.name if name == "id" else ""), OTHER)
        fill = 0.22 if name in table.primary_keys else 0
        parts.append(
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="17" rx="4" fill="{colour}" '
            f'fill-opacity="{fill}" stroke="{colour}"/>'
            f'<text class="chip" x="{x + 6:.1f}" y="{y + 12.5}">{name}</text>'
        )
        x += width + 5
    return parts, y + CHIP + 3
