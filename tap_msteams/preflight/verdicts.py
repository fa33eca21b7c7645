"""Verdicts: whether a run could read each stream, judged by a sample."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from tap_msteams.advice import judge
from tap_msteams.errors import (
    ForbiddenError,
    GraphError,
    MissingError,
    NotEntitledError,
    NotGrantedError,
    SwitchedOffError,
    ThrottledError,
    UnsupportedError,
)
from tap_msteams.preflight.permissions import serving

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tap_msteams.declaration import Declaration, TapStream
    from tap_msteams.preflight.sample import Part
    from tap_msteams.run import Plan
    from tap_msteams.tap import TapMSTeams

Verdict = Literal[
    "ok", "untried", "partly", "missing", "blocked", "refused", "unoffered", "throttled", "failed"
]

READABLE: frozenset[Verdict] = frozenset({"ok", "untried"})

_LEADS_ON: frozenset[Verdict] = READABLE | {"partly"}

_CAUSES: tuple[tuple[type[GraphError], Verdict], ...] = (
    (SwitchedOffError, "refused"),
    (NotGrantedError, "missing"),
    (NotEntitledError, "untried"),
    (ForbiddenError, "refused"),
    (MissingError, "untried"),
    (UnsupportedError, "unoffered"),
    (ThrottledError, "throttled"),
    (GraphError, "failed"),
)
"""The verdict on a stream by the error that refused it; the first kind that fits counts."""

_GRAVEST: tuple[type[GraphError], ...] = (
    NotGrantedError,
    ForbiddenError,
    UnsupportedError,
    ThrottledError,
)
"""Errors by importance: of several that refused a stream the first counts."""


@dataclass
class StreamRow:
    """The verdict on one stream."""

    stream: str
    selected: bool
    permission: str = ""
    """The least privileged permission that the stream needs."""
    granted: bool | None = None
    """Whether the token has it or a broader one; None where the token shows none."""
    by: str = ""
    """The granted permission that serves for it."""
    probe: str = ""
    """Graph's status; empty without a request or an answer."""
    verdict: Verdict = "ok"
    problem: str = ""
    remedy: str = ""
    grant: list[str] = field(default_factory=list)
    """The permissions to grant, those of its parents included."""

    @property
    def is_readable(self) -> bool:
        """Whether a run would read the stream without a gap, as far as the sample tells."""
        return self.verdict in READABLE


class Judge:
    """Judges whether each stream can be read."""

    def __init__(
        self,
        tap: TapMSTeams,
        plan: Plan,
        parts: Mapping[str, Part],
        granted: Collection[str] | None,
    ) -> None:
        """Judge by the samples of the streams and by the permissions in the token."""
        self._tap, self._plan, self._parts, self._granted = tap, plan, parts, granted
        self._rows: dict[str, StreamRow] = {}

    def rows(self) -> list[StreamRow]:
        """The verdicts on all streams."""
        return [self._row(stream) for stream in self._tap.all_streams]

    def _row(self, stream: TapStream) -> StreamRow:
        if stream.name not in self._rows:
            row = self._rows[stream.name] = StreamRow(stream.name, stream.selected)
            if type(stream) in self._tap.graph_streams:
                self._judge(row, cast("Declaration", stream))
        return self._rows[stream.name]

    def _judge(self, row: StreamRow, stream: Declaration) -> None:
        row.permission = stream.needs(application=self._plan.application)
        if self._granted is not None:
            row.by = serving(row.permission, self._granted, stream.name) or ""
            row.granted = bool(row.by)
        part = self._parts.get(stream.name)
        if found := self._plan.why_not(type(stream)):
            row.verdict, row.problem, row.remedy = "unoffered", found[0], found[1]
        elif part and part.refusals:
            self._refused(row, part)
        elif part and part.good:
            row.probe = "200" if part.requests else ""
        else:
            self._unasked(row, stream)

    def _refused(self, row: StreamRow, part: Part) -> None:
        """Fill the row of a stream with a refusal."""
        subject, error = max(part.refusals, key=lambda it: -_rank(it[1]))
        verdict = next(name for kind, name in _CAUSES if isinstance(error, kind))
        permission = row.permission
        if isinstance(error, NotGrantedError) and not isinstance(error, SwitchedOffError):
            permission = error.permission or permission
            row.grant = [permission]
        row.probe = str(error.status or "")
        if part.good and verdict == "untried":
            row.probe = "200"
            return
        row.verdict = "partly" if part.good and verdict == "refused" else verdict
        row.problem = str(error)
        row.remedy = judge(error, permission, subject)[1].partition(" (`tap-msteams doctor`")[0]

    def _unasked(self, row: StreamRow, stream: Declaration) -> None:
        """Fill the row of a stream without a request."""
        if row.granted is False:
            row.verdict, row.grant = "missing", [row.permission]
            row.problem = f"the token lacks {row.permission}"
            row.remedy = f"grant {row.permission} with admin consent"
            if stream.name not in self._parts:
                return
        parents = [
            self._row(self._tap.graph_streams[parent])
            for parent in self._plan.parents(type(stream))
        ]
        barred = [it for it in parents if it.verdict not in _LEADS_ON]
        if parents and len(barred) == len(parents):
            row.grant = sorted({*row.grant, *(name for it in barred for name in it.grant)})
            names = " and ".join(f"`{it.stream}`" for it in barred)
            if row.verdict == "ok":
                row.verdict = "blocked"
                row.problem = f"it is read below {names}, which cannot be read"
                row.remedy = f"see {names}"
        elif row.verdict == "ok":
            row.verdict = "untried"
            row.problem = "nothing was found to try it on"


def _rank(error: GraphError) -> int:
    """The rank of an error: the most important one, a missing permission, is the lowest."""
    if isinstance(error, NotEntitledError | MissingError):
        return len(_GRAVEST) + 1
    return next((n for n, kind in enumerate(_GRAVEST) if isinstance(error, kind)), len(_GRAVEST))
