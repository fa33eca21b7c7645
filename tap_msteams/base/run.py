"""What the streams of one run share: Graph, the parents listed so far, what went wrong."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from typing_extensions import override

from tap_msteams.advice import judge
from tap_msteams.base.choice import Choice
from tap_msteams.base.feed import Feed
from tap_msteams.errors import (
    ForbiddenError,
    GraphError,
    NotGrantedError,
    TapError,
    UnsupportedError,
    evidence,
)
from tap_msteams.privacy import Privacy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_msteams.advice import Severity
    from tap_msteams.base.collection import GraphStream
    from tap_msteams.base.declaration import DeclaredStream
    from tap_msteams.base.stream import Ids
    from tap_msteams.graph import Graph, Record
    from tap_msteams.settings import Settings
    from tap_msteams.sweep import Lane

T = TypeVar("T")

logger = logging.getLogger("tap-msteams")

EXIT_WITH_GAPS = 3

CHOICES = ("teams", "channels", "users", "membership_types")
"""The settings that choose among records."""


@dataclass(kw_only=True)
class Issue:
    """Something that was not read. A gap may miss rows; a notice tells why there are none."""

    severity: Severity
    stream: str
    subject: dict[str, str]
    status: int | None
    code: str
    message: str
    request_id: str
    client_request_id: str
    """The tap's own id of the request, which Microsoft keeps, too."""
    permission: str
    """The permission to grant; empty where that is not the matter."""
    remedy: str
    occurred: datetime
    count: int = 1
    """How many parents it is about; `subject` is the first of them."""

    @override
    def __str__(self) -> str:
        where = " ".join(f"{key}={value}" for key, value in self.subject.items())
        answer = " ".join(str(part) for part in (self.status, self.code) if part)
        parts = [
            f"{self.severity}: {self.stream}" + (f" {where}" if where else "") + " was not read",
            ": ".join(part for part in (answer, " ".join(self.message.split())) if part),
            self.remedy,
        ]
        trace = evidence(self.request_id, self.client_request_id, self.occurred)
        trace = f" ({trace})" if trace else ""
        others = f" (and {self.count - 1} more alike)" if self.count > 1 else ""
        return "; ".join(part for part in parts if part) + others + trace


@dataclass
class Run:
    """One run over all selected streams."""

    graph: Graph
    settings: Settings
    streams: dict[type[DeclaredStream], GraphStream] = field(default_factory=dict)
    lanes: list[Lane] = field(default_factory=list)
    issues: list[Issue] = field(default_factory=list)
    feeds: dict[type[DeclaredStream], list[Feed[Any]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """By stream: who waits for its records."""
    reads: dict[type[DeclaredStream], set[str]] = field(default_factory=lambda: defaultdict(set))
    """By stream: what others look at in its records."""
    listed: set[type[DeclaredStream]] = field(default_factory=set)
    """Streams whose ids are needed parent by parent."""
    clock: Callable[[], float] = time.monotonic
    """The one that its sweeps go by."""
    id: str = field(default_factory=lambda: str(uuid4()))
    bookmarks: dict[str, str | None] = field(default_factory=dict)
    """By stream: up to when it had been read before."""
    ended_by: int | None = None
    """The exit code of what has ended it before its end."""

    def __post_init__(self) -> None:
        """Take the choices and the rules of privacy out of the settings."""
        self.begun = self.clock()
        self._choices = {
            name: Choice(name, entries)
            for name in CHOICES
            if (entries := getattr(self.settings, name))
        }
        ids = {
            stream.fills: stream.properties.wrapped["id"].wrapped
            for stream in self.streams
            if stream.fills
        }
        self.privacy = Privacy(self.settings, ids) or None
        """What is to be kept out of what leaves the tap; None: nothing."""
        hidden = self.privacy and self.privacy.hides_people
        # The addresses that it tells of have ids of people in them.
        logging.getLogger("urllib3").setLevel(logging.INFO if hidden else logging.NOTSET)

    def choice_names(self, stream: type[DeclaredStream]) -> set[str]:
        """The properties by which a stream's records are chosen; none where all of them are."""
        return {name for _, names in self._choices_for(stream) for name in names}

    def _told_names(self, stream: type[DeclaredStream], record: Record) -> list[str]:
        """What a record goes by in the output, where that is another name."""
        if not (self.privacy and stream.fills and self.privacy.is_personal(stream.fills)):
            return []
        return [self.privacy.key(stream.fills, record["id"])]

    def _choices_for(self, stream: type[DeclaredStream]) -> list[tuple[Choice, Sequence[str]]]:
        """The choices among a stream's records, with the properties that they name."""
        return [
            (self._choices[setting], names)
            for setting, *names in stream.chosen_by
            if setting in self._choices
        ]

    def admits(self, stream: type[DeclaredStream], record: Record) -> bool:
        """Whether a record of a stream is one of those chosen."""
        # Each choice looks at each record, to know at the end which entries matched nothing.
        verdicts = [
            choice.admits([*(record.get(it) for it in names), *self._told_names(stream, record)])
            for choice, names in self._choices_for(stream)
        ]
        return all(verdicts)

    def narrows(self, stream: type[DeclaredStream]) -> bool:
        """Whether settings leave out some of a stream's records, or of what it is read below."""
        if self._choices_for(stream) or self.settings.guests == "drop":
            return True
        if not self.settings.archived_teams and stream.fills == "teamId":
            return True
        parents = stream.parents(application=self.graph.is_application)
        return any(self.narrows(parent) for parent in parents)

    @property
    def until(self) -> datetime:
        """The moment up to which changes are read."""
        end = self.settings.end
        return min(end, self.start) if end else self.start

    @property
    def start(self) -> datetime:
        """The moment up to which this run reads, on Graph's clock."""
        return self.graph.started or datetime.now(UTC)

    def clear(self) -> None:
        """Forget who reads below whom."""
        self.feeds.clear()
        self.reads.clear()
        self.listed.clear()

    def subscribe(
        self,
        reader: GraphStream,
        parents: Sequence[type[DeclaredStream]],
        find: Callable[[Ids, Record], Iterable[T]],
        reads: Iterable[str],
    ) -> Feed[T]:
        """What `find` yields for the records of some streams, of which it looks at `reads`."""
        feed = Feed(reader, [self.streams[parent] for parent in parents], find)
        for parent in parents:
            self.feeds[parent].append(feed)
            self.reads[parent] |= {*reads}
        return feed

    def is_busy_below(self, stream: type[DeclaredStream]) -> bool:
        """Whether something that a stream has published is still being read below it."""
        return any(
            feed.is_busy or self.is_busy_below(type(feed.reader)) for feed in self.feeds[stream]
        )

    def offers(self, stream: type[DeclaredStream]) -> bool:
        """Whether the cloud and the sign-in have a stream at all."""
        return not self.why_not(stream)

    def why_not(self, stream: type[DeclaredStream]) -> tuple[str, str] | None:
        """Why a stream is not to be had, and what to do; None if it is."""
        cloud = self.settings.cloud
        if cloud not in stream.clouds:
            have = ", ".join(stream.clouds)
            return f"Graph has it in the cloud {have} only, not in {cloud}", "deselect it"
        if stream.sign_in == "application" and not self.graph.is_application:
            return (
                "Graph has it for applications only, not for a signed-in user",
                "use an `auth_method` of an application, or deselect it",
            )
        reasons = [
            self.why_not(parent) for parent in stream.parents(application=self.graph.is_application)
        ]
        return reasons[0] if reasons and all(reasons) else None

    def leave_out(self, stream: GraphStream) -> bool:
        """Whether a stream is not to be had; then it is said, once."""
        found = self.why_not(type(stream))
        if found is None:
            return False
        if stream.emits:
            self._note(stream, {}, UnsupportedError("", message=found[0]), ("notice", found[1]))
        return True

    def report(self, stream: GraphStream, subject: dict[str, str], error: GraphError) -> None:
        """Record what was not read; raises TapError where `on_error` is `fail`."""
        permission = stream.needs(application=self.graph.is_application)
        if isinstance(error, NotGrantedError):
            # Another stream's, where the ids that this one needs could not be listed.
            permission = error.permission = error.permission or permission
        severity, remedy = judge(error, permission, subject)
        if severity == "notice" and isinstance(error, UnsupportedError):
            for known in self.issues:
                signs = (known.stream, known.status, known.code, known.remedy)
                if signs == (stream.name, error.status, error.code, remedy):
                    known.count += 1
                    return
        issue = self._note(stream, subject, error, (severity, remedy), permission)
        if severity == "gap" and self.settings.on_error == "fail":
            msg = f"stopped at the first gap, as `on_error` says: {issue}"
            raise TapError(msg) from error

    def _note(
        self,
        stream: GraphStream,
        subject: dict[str, str],
        error: GraphError,
        judgement: tuple[Severity, str],
        permission: str = "",
    ) -> Issue:
        severity, remedy = judgement
        message = error.message
        if self.privacy:
            told, message = self.privacy.subject(subject), self.privacy.text(message)
            for name, id_ in subject.items():
                remedy = remedy.replace(id_, told[name])
            subject = told
        issue = Issue(
            severity=severity,
            stream=stream.name,
            subject=subject,
            status=error.status,
            code=error.code,
            message=message,
            request_id=error.request_id,
            client_request_id=error.client_request_id,
            permission=permission if isinstance(error, ForbiddenError) else "",
            remedy=remedy,
            occurred=error.date or self.graph.now(),
        )
        self.issues.append(issue)
        logger.log(logging.INFO if severity == "notice" else logging.WARNING, "%s", issue)
        return issue

    @property
    def exit_code(self) -> int:
        """How the process ends."""
        if self.ended_by is not None:
            return self.ended_by
        return EXIT_WITH_GAPS if self.gaps and self.settings.on_error != "report" else 0

    @property
    def unmatched(self) -> list[tuple[str, str]]:
        """Entries of the settings that choose which nothing is called by."""
        return [
            (choice.setting, entry)
            for choice in self._choices.values()
            for entry in choice.unmatched
        ]

    @property
    def gaps(self) -> int:
        """How many issues may miss rows."""
        return sum(issue.severity == "gap" for issue in self.issues)
