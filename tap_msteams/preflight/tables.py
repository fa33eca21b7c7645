"""Tables: the findings of the doctor and the estimate on the terminal."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.markup import escape as escaped
from rich.table import Table

from tap_msteams.errors import visible
from tap_msteams.progress.words import plural

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import IO

    from tap_msteams.preflight.doctor import Report
    from tap_msteams.preflight.estimate import Estimate
    from tap_msteams.preflight.verdicts import StreamRow

_STATES = {"ok": "green", "warning": "yellow", "failed": "red"}
_SAYS = {"ok": "ok", "warning": "warning", "failed": "FAILED"}
_VERDICTS = {"ok": "green", "untried": "green", "partly": "yellow", "unoffered": "yellow"}
_GRANTED = {True: "yes", False: "no", None: "?"}

WIDE = 100
"""Columns in which the longest row of a stream has room."""

FEW = 12
"""Names that a reader looks through; of more, the number is enough."""

_SUMMARY = {
    "complete": "All selected streams can be read, as far as was tried (`--parents` tries more).",
    "incomplete": "Some of the selected streams cannot be read.",
    "no sign-in": "Nobody could sign in: nothing can be read.",
    "wrong configuration": "The configuration cannot be used.",
}


def tell_report(report: Report, file: IO[str]) -> None:
    """Write the doctor's report."""
    console = Console(file=file, highlight=False)
    checks = _table("", "", "")
    checks.show_header = False
    for check in report.checks:
        told = escape(check.text) + (f"\n→ {escape(check.remedy)}" if check.remedy else "")
        state = f"[{_STATES[check.state]}]{_SAYS[check.state]}[/]"
        checks.add_row(check.name, state, told)
    console.print(checks)
    if report.identity:
        names = report.identity.permissions
        held = _some(names, "permission") if names else "none"
        told = held if report.identity.readable else "not readable"
        console.print(f"\nPermissions in the token: {escape(told)}")
    if report.streams:
        _tell_streams(report.streams, console)
    _tell_what_to_do(report, console)
    console.print(f"\n[bold]{_SUMMARY[report.verdict]}[/]")


def _tell_streams(rows: list[StreamRow], console: Console) -> None:
    """Write a table of the selected streams, and a line on the others."""
    selected = [row for row in rows if row.selected]
    console.print(f"\n{len(selected)} of {len(rows)} streams selected")
    # Beyond a narrow terminal rather than broken: a permission is copied from here.
    wide = Console(file=console.file, highlight=False, width=max(console.width, WIDE))
    wide.print(_streams(selected))
    console.print("has: the token has it or a broader one; got: Graph's answer", style="dim")
    others = [row for row in rows if not row.selected]
    readable = [row.stream for row in others if row.is_readable]
    if readable:
        console.print(f"\nNot selected, but readable: {_some(readable, 'stream')}", style="dim")
    if rest := len(others) - len(readable):
        told = f"Not selected, and not readable: {plural(rest, 'stream')}; `--json` says why"
        console.print(f"\n{told}", style="dim")


def _some(names: Sequence[str], noun: str) -> str:
    """A few names, or the number of many."""
    return (
        ", ".join(names) if len(names) <= FEW else f"{plural(len(names), noun)}; `--json` has them"
    )


def _streams(rows: list[StreamRow]) -> Table:
    table = _table("stream", "permission", "has", "got", "verdict")
    for row in rows:
        colour = _VERDICTS.get(row.verdict, "red")
        table.add_row(
            row.stream,
            row.permission,
            _GRANTED[row.granted] if row.permission else "",
            row.probe or "-",
            f"[{colour}]{row.verdict}[/]",
        )
    return table


def _tell_what_to_do(report: Report, console: Console) -> None:
    troubled = [row for row in report.streams if row.selected and not row.is_readable]
    if not troubled:
        return
    # On a terminal a name is not broken; elsewhere a line is one for whoever searches it.
    whole = not console.is_terminal
    console.print("\n[bold]What to do[/]")
    key = "{0.remedy}".format
    for _, group in groupby(sorted(troubled, key=key), key=key):
        rows = list(group)
        names = ", ".join(row.stream for row in rows)
        console.print(f"- {names}: {escape(rows[0].problem)}", soft_wrap=whole)
        console.print(f"  → {escape(rows[0].remedy)}", soft_wrap=whole)
    if report.consent:
        console.print("\n[bold]To have the missing permissions granted[/]")
        for number, step in enumerate(report.consent.steps, 1):
            console.print(f"{number}. {escape(step)}", soft_wrap=whole)
        if report.consent.url:
            # The URL stays on one line, so that it can be clicked and copied.
            console.print(f"\n{escape(report.consent.url)}", soft_wrap=True)


def tell_estimate(estimate: Estimate, file: IO[str]) -> None:
    """Write an estimate."""
    console = Console(file=file, highlight=False)
    sizes = ", ".join(f"{size.told} {name}" for name, size in estimate.sizes.items())
    console.print(f"Found: {sizes or 'nothing to count'}.\n")
    table = _table("stream", "first run", "", "later runs", "")
    for cost in estimate.streams:
        table.add_row(
            cost.stream,
            cost.first.told,
            span(cost.first_seconds),
            cost.later.told,
            span(cost.later_seconds),
        )
    table.add_section()
    total = estimate.total
    table.add_row(
        "[bold]together[/]",
        f"[bold]{total.first.told}[/]",
        f"[bold]{span(total.first_seconds)}[/]",
        f"[bold]{total.later.told}[/]",
        f"[bold]{span(total.later_seconds)}[/]",
    )
    for column in table.columns[1:]:
        column.justify = "right"
    console.print(table)
    console.print(
        "Requests, and the time that they take at "
        f"{estimate.share or 1:.0%} of the rates that Microsoft documents.\n"
        f"The estimate took {estimate.requests} requests; ≥ is a minimum: not all was looked at.",
        style="dim",
    )
    for note in estimate.notes:
        console.print(f"- {escape(note)}", soft_wrap=True)


def span(seconds: float) -> str:
    """A duration in words."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{max(seconds, 0):.0f} s"


def escape(text: str) -> str:
    """A text that may be anybody's, as it is shown."""
    return "\n".join(visible(line) for line in escaped(text).split("\n"))


def _table(*heads: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    return table
