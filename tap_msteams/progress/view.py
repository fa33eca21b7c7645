"""The live view: a table on the terminal, with the log above it."""

from __future__ import annotations

import logging
import os
import sys
from typing import IO, TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text
from singer_sdk.metrics import METRICS_LOGGER_NAME
from typing_extensions import override

from tap_msteams import logs
from tap_msteams.progress.status import left_of
from tap_msteams.progress.words import duration, plural, rate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_msteams.progress.status import StreamStatus

WIDE = 110
"""Columns of a terminal at which all columns of the table fit."""

_AROUND = 5
"""Lines of the view that are not rows of the table."""

_ORDER = {"held": 0, "reading": 1, "waiting": 2, "ended": 3}
_STYLES = {"held": "yellow", "reading": "", "waiting": "cyan", "ended": "dim"}


def is_wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether stderr is a terminal that nothing else writes to."""
    if environ.get("CI", "").lower() not in {"", "0", "false"}:
        return False
    if (
        environ.get("TERM", "").lower() in {"dumb", "unknown"}
        or logging.root.level <= logging.DEBUG
    ):
        return False
    return _is_terminal(sys.stderr) and not _is_terminal(sys.stdout)


def _is_terminal(stream: IO[str] | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


class Terminal:
    """A terminal whose failures are ignored: a broken view must not end the run."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self.encoding = getattr(stream, "encoding", None) or "utf-8"
        self.is_broken = False

    def write(self, text: str) -> int:
        """Write a text, if possible."""
        if not self.is_broken:
            try:
                self._stream.write(text)
            except (OSError, ValueError):
                self.is_broken = True
        return len(text)

    def flush(self) -> None:
        """Show the written text, if possible."""
        if not self.is_broken:
            try:
                self._stream.flush()
            except (OSError, ValueError):
                self.is_broken = True

    def isatty(self) -> bool:
        """True: rich draws on terminals only."""
        return True

    def fileno(self) -> int:
        """The file descriptor."""
        return self._stream.fileno()


class _Screen(Console):
    """A console that never hides the cursor, which a killed process could not show again."""

    @override
    def show_cursor(self, show: bool = True) -> bool:
        return False


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a line of the log says more than the table."""
    return record.name != METRICS_LOGGER_NAME


class _Above:
    """A stream that shows the log's lines above the table."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def write(self, text: str) -> int:
        self._console.print(Text(text.rstrip("\n")), soft_wrap=True, highlight=False)
        return len(text)

    def flush(self) -> None:
        """Do nothing: lines are shown at once."""


class View:
    """A table of all streams that is drawn anew each time."""

    def __init__(self, stream: IO[str] | None = None, width: int | None = None) -> None:
        """Draw on standard error, unless another stream is given."""
        self._stream = stream or sys.stderr
        self._terminal = Terminal(self._stream)
        self._console = _Screen(
            file=self._terminal,  # type: ignore[arg-type]  # as much of a file as rich needs
            force_terminal=True,
            width=width,
        )
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._moved: list[logging.StreamHandler[IO[str]]] = []

    @property
    def is_broken(self) -> bool:
        """Whether the terminal has failed."""
        return self._terminal.is_broken

    def open(self) -> None:
        """Take over the terminal from the log."""
        self._live.start()
        above = _Above(self._console)
        for handler in _handlers_of(self._stream):
            handler.setStream(above)  # type: ignore[arg-type]  # as much of a file as logging needs
            handler.addFilter(_is_news)
            self._moved.append(handler)

    def close(self) -> None:
        """Give the terminal back to the log."""
        for handler in self._moved:
            handler.setStream(self._stream)
            handler.removeFilter(_is_news)
        self._moved.clear()
        self._live.stop()

    def show(self, statuses: list[StreamStatus], seconds: float) -> None:
        """Draw the present state."""
        self._live.update(Group(heading(statuses, seconds), self._table(statuses)), refresh=True)

    def _table(self, statuses: list[StreamStatus]) -> Table:
        is_wide = self._console.width >= WIDE
        table = Table(box=None, padding=(0, 2, 0, 0) if is_wide else (0, 1, 0, 0))
        table.add_column("stream", no_wrap=True)
        table.add_column("rows", justify="right", no_wrap=True)
        table.add_column("parents", justify="right", no_wrap=True)
        if is_wide:
            table.add_column("requests", justify="right", no_wrap=True)
        table.add_column("a second", justify="right", no_wrap=True)
        if is_wide:
            table.add_column("waited", justify="right", no_wrap=True)
            table.add_column("left", justify="right", no_wrap=True)
        table.add_column("now", no_wrap=True, ratio=1)
        room = max(1, self._console.height - _AROUND)
        shown = sorted(statuses, key=lambda it: _ORDER[it.phase])[:room]
        for it in statuses:
            if it in shown:
                table.add_row(*_cells(it, is_wide=is_wide), style=_STYLES[it.phase])
        if len(shown) < len(statuses):
            table.add_row(f"and {len(statuses) - len(shown)} more", style="dim")
        return table


def _cells(it: StreamStatus, *, is_wide: bool) -> Iterator[str]:
    yield it.stream
    yield f"{it.rows:,}"
    of = " of " if is_wide else "/"
    more = "" if it.is_final else "+"
    yield "" if it.known is None else f"{it.done:,}{of}{it.known:,}{more}"
    if is_wide:
        yield f"{it.requests:,}"
    if it.phase == "ended":
        yield ""
    else:
        yield rate(it.rate) + (f"{of}{rate(it.allowed)}" if it.allowed else "")
    left = "" if it.left is None else f"~{duration(it.left)}"
    if is_wide:
        yield duration(it.waited) if it.waited >= 1 else ""
        yield left
        yield it.doing
    else:
        yield f"{it.doing}, {left}" if left else it.doing


def heading(statuses: list[StreamStatus], seconds: float) -> Text:
    """The status of the whole run in one line."""
    parts = [
        duration(seconds),
        plural(sum(it.rows for it in statuses), "row"),
        plural(sum(it.requests for it in statuses), "request"),
        f"{rate(sum(it.rate for it in statuses))}/s",
    ]
    if (left := left_of(statuses)) is not None:
        parts.append(f"~{duration(left)} left")
    return Text(" · ".join(parts), style="bold", no_wrap=True, overflow="ellipsis")


def _handlers_of(stream: IO[str]) -> list[logging.StreamHandler[IO[str]]]:
    """The handlers that write to a stream."""
    return [
        it
        for it in logs.handlers()
        if isinstance(it, logging.StreamHandler) and it.stream is stream
    ]
