"""What the streams of one run share: Graph, the parents listed so far, what went wrong."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal

from typing_extensions import override

from tap_msteams.errors import (
    ForbiddenError,
    GraphError,
    MissingError,
    NotGrantedError,
    TapError,
    UnsupportedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.base.collection import GraphStream
    from tap_msteams.graph import Graph
    from tap_msteams.settings import Settings
    from tap_msteams.sweep import Lane

logger = logging.getLogger("tap-msteams")

ISSUES_TOLD = 20
"""How many issues the end of the log repeats."""

Severity = Literal["gap", "notice"]


@dataclass(frozen=True, kw_only=True)
class Issue:
    """Something that was not read. A gap may miss rows; a notice tells why there are none."""

    severity: Severity
    stream: str
    subject: dict[str, str]
    status: int | None
    code: str
    message: str
    request_id: str
    permission: str
    """The permission to grant; empty where that is not the matter."""
    remedy: str
    occurred: datetime

    @override
    def __str__(self) -> str:
        where = " ".join(f"{key}={value}" for key, value in self.subject.items())
        answer = " ".join(str(part) for part in (self.status, self.code) if part)
        parts = [
            f"{self.severity}: {self.stream}" + (f" {where}" if where else "") + " was not read",
            ": ".join(part for part in (answer, " ".join(self.message.split())) if part),
            self.remedy,
        ]
        trace = f" (request-id {self.request_id})" if self.request_id else ""
        return "; ".join(part for part in parts if part) + trace


class Feed:
    """Ids of one kind of parent, in the order they were listed."""

    def __init__(self) -> None:
        """Start empty and open."""
        self.items: list[dict[str, str]] = []
        self.lane: Lane | None = None

    def follow(self) -> Iterator[dict[str, str] | None]:
        """Yield each parent once, None while more may come, and end after the last."""
        position = 0
        while True:
            while position < len(self.items):
                yield self.items[position]
                position += 1
            if self.lane is None or self.lane.finished:
                return
            yield None


@dataclass
class Run:
    """One run over all selected streams."""

    graph: Graph
    settings: Settings
    streams: dict[type[GraphStream], GraphStream] = field(default_factory=dict)
    lanes: list[Lane] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)

    @property
    def start(self) -> datetime:
        """The moment up to which this run reads, on Graph's clock."""
        return self.graph.started or datetime.now(UTC)

    def report(self, stream: GraphStream, subject: dict[str, str], error: GraphError) -> None:
        """Record what was not read; raises TapError where `on_error` is `fail`."""
        permission = stream.permission
        if isinstance(error, NotGrantedError):
            # Another stream's, where the ids that this one needs could not be listed.
            permission = error.permission = error.permission or permission
        severity, remedy = judge(error, permission)
        issue = Issue(
            severity=severity,
            stream=stream.name,
            subject=subject,
            status=error.status,
            code=error.code,
            message=error.message,
            request_id=error.request_id,
            permission=permission if isinstance(error, ForbiddenError) else "",
            remedy=remedy,
            occurred=self.graph.now(),
        )
        self.issues.append(issue)
        if severity == "notice":
            logger.info("%s", issue)
            return
        logger.warning("%s", issue)
        if self.settings.on_error == "fail":
            msg = f"stopped at the first gap, as `on_error` says: {issue}"
            raise TapError(msg) from error

    def sum_up(self) -> None:
        """Say at the end what was not read."""
        if not self.issues:
            logger.info("Complete: nothing was left out.")
            return
        logger.warning(
            "Finished with %d gaps and %d notices:", self.gaps, len(self.issues) - self.gaps
        )
        for issue in self.issues[:ISSUES_TOLD]:
            logger.warning("%s", issue)
        if len(self.issues) > ISSUES_TOLD:
            more = len(self.issues) - ISSUES_TOLD
            logger.warning("... and %d more; all of them are rows of sync_issues", more)

    @property
    def gaps(self) -> int:
        """How many issues may miss rows."""
        return sum(issue.severity == "gap" for issue in self.issues)


def judge(error: GraphError, permission: str) -> tuple[Severity, str]:
    """Whether an error may miss rows, and what to do about it."""
    if isinstance(error, NotGrantedError):
        return "gap", f"grant {permission} with admin consent"
    if isinstance(error, ForbiddenError):
        return "gap", f"check that the caller may read it ({permission})"
    if isinstance(error, MissingError):
        return "notice", "it is gone: nothing to do"
    if isinstance(error, UnsupportedError):
        return "notice", "this tenant, cloud or way to sign in does not offer it: deselect it"
    return "gap", "the next run reads it again; if it persists, quote the request-id to Microsoft"
