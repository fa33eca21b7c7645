"""Issues: the parts of a run that were not read, with reasons."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_msteams.advice import advice_on, judge
from tap_msteams.errors import (
    ForbiddenError,
    NotGrantedError,
    SwitchedOffError,
    TapError,
    UnsupportedError,
    evidence,
    visible,
)
from tap_msteams.labels import label

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from tap_msteams.advice import Severity
    from tap_msteams.declaration import Declaration
    from tap_msteams.errors import GraphError
    from tap_msteams.privacy import Privacy
    from tap_msteams.settings import Settings

logger = logging.getLogger("tap-msteams")

ALIKE = 20
"""Issues of one kind that are logged one by one; more of them are counted."""

CIRCLE = "linkToItself"
"""The code of the notice that the last page of a list has a link, which leads to itself."""

DAYS_LEFT_OUT = "daysLeftOut"
"""The code of the notice that a report has no row for some days in its middle."""

DOUBLES = "rowsWithOneId"
"""The code of the notice that Graph sends several rows with one id."""

LEFT_OUT = "propertiesLeftOut"
"""The code of the notice that a property needs a permission of its own."""

UNDECLARED = "undeclaredProperties"
"""The code of the notice that Graph sends undeclared properties."""

UNSELECTED = "selectRefused"
"""The code of the notice that Graph refuses `$select`."""


@dataclass(kw_only=True, slots=True)
class Issue:
    """A part that was not read. A gap may miss rows; a notice tells why there are none."""

    severity: Severity
    stream: str
    subject: Mapping[str, str]
    verdict: str
    """The kind of what happened, as `sync_issues` tells it."""
    outcome: str = "was not read"
    """The outcome for the subject, in words."""
    status: int | None = None
    code: str = ""
    message: str
    request_id: str = ""
    client_request_id: str = ""
    """The tap's own id of the request, which Microsoft keeps as well."""
    permission: str = ""
    """The permission to grant; empty where none would help."""
    remedy: str
    occurred: datetime
    count: int = 1
    """The number of parents concerned; `subject` is the first of them."""

    @override
    def __str__(self) -> str:
        where = " ".join(f"{key}={value}" for key, value in self.subject.items())
        answer = " ".join(str(part) for part in (self.status, self.code) if part)
        parts = [
            " ".join(it for it in (f"{self.severity}: {self.stream}", where, self.outcome) if it),
            ": ".join(part for part in (answer, " ".join(self.message.split())) if part),
            self.remedy,
        ]
        others = f" (and {self.count - 1} more alike)" if self.count > 1 else ""
        return "; ".join(part for part in parts if part) + others + self.trace

    @property
    def trace(self) -> str:
        """What Microsoft's support asks for, in brackets."""
        found = evidence(self.request_id, self.client_request_id, self.occurred)
        return f" ({found})" if found else ""


class Issues:
    """The issues of one run, each written to the log when it arises."""

    def __init__(
        self,
        settings: Settings,
        privacy: Privacy | None,
        now: Callable[[], datetime],
        *,
        application: bool,
    ) -> None:
        """Hide people as `privacy` demands; `now` is the time on Graph's clock."""
        self._stops = settings.on_error == "fail"
        self._privacy = privacy
        self._now = now
        self._application = application
        self.all: list[Issue] = []
        self.gaps = 0
        """The number of gaps."""
        self._alike: Counter[tuple[str, ...]] = Counter()
        self._texts: dict[str, str] = {}
        self._warned: set[str] = set()

    def report(
        self, stream: type[Declaration], ids: Mapping[str, str], error: GraphError, count: int = 1
    ) -> None:
        """Record what was not read of so many parents; raises TapError if `on_error` is `fail`."""
        permission = stream.needs(application=self._application)
        if isinstance(error, NotGrantedError):
            # A request of another stream, which could not list the ids that this one needs.
            permission = error.permission = error.permission or permission
        advice = advice_on(error)
        alike = stream.name, advice.verdict, str(error.status), error.code
        # What leaves one thing out is of no use where many have failed.
        severity, remedy = judge(error, permission, ids if self._alike[alike] < ALIKE else {})
        if severity == "notice" and isinstance(error, UnsupportedError):
            for known in self.all:
                signs = (known.stream, known.status, known.code, known.remedy)
                if signs == (stream.name, error.status, error.code, remedy):
                    known.count += count
                    return
        subject, message, remedy = self._told(ids, error.message, remedy)
        subject = {name: visible(id_) for name, id_ in subject.items()}
        issue = Issue(
            severity=severity,
            stream=stream.name,
            subject=subject,
            verdict=advice.verdict,
            outcome=advice.outcome,
            status=error.status,
            code=self._once(error.code),
            message=self._once(message),
            request_id=error.request_id,
            client_request_id=error.client_request_id,
            permission=permission if _is_for_lack_of_it(error) else "",
            remedy=self._once(remedy),
            occurred=error.date or self._now(),
            count=count,
        )
        self._add(issue, alike)
        if severity == "gap" and self._stops:
            msg = f"stopped at the first gap, as {label('on_error')} says: {issue}"
            raise TapError(msg) from error

    def notice(
        self,
        stream: type[Declaration],
        message: str,
        remedy: str,
        code: str = "",
        permission: str = "",
    ) -> None:
        """Record a notice about a whole stream."""
        self._add(
            Issue(
                severity="notice",
                stream=stream.name,
                subject={},
                verdict=code or "notOffered",
                outcome="" if code else "was not read",
                code=code,
                message=message,
                permission=permission,
                remedy=remedy,
                occurred=self._now(),
            ),
            (stream.name, code, message),
        )

    def warn_once(self, topic: str, text: str) -> None:
        """Write a warning to the log, once for each topic."""
        if topic not in self._warned:
            self._warned.add(topic)
            logger.warning("%s", text)

    def _told(
        self, ids: Mapping[str, str], message: str, remedy: str
    ) -> tuple[Mapping[str, str], str, str]:
        """The ids, message and remedy without what the privacy settings hide."""
        if not self._privacy:
            return ids, message, remedy
        subject = self._privacy.subject(ids)
        for name, id_ in ids.items():
            remedy = remedy.replace(id_, subject[name])
        return subject, self._privacy.text(message), remedy

    def _once(self, text: str) -> str:
        """The text, of which thousands of issues share one copy."""
        return self._texts.setdefault(text, text) if len(self._texts) < ALIKE**2 else text

    def _add(self, issue: Issue, alike: tuple[str, ...]) -> None:
        self.all.append(issue)
        self.gaps += issue.severity == "gap"
        self._alike[alike] += 1
        level = logging.INFO if issue.severity == "notice" else logging.WARNING
        if self._alike[alike] <= ALIKE:
            logger.log(level, "%s", issue)
        if self._alike[alike] == ALIKE:
            more = "more like this are not logged one by one: sync_issues names them all"
            logger.log(level, "%s: %s", issue.stream, more)


def _is_for_lack_of_it(error: GraphError) -> bool:
    """Whether a permission would help against a refusal."""
    return isinstance(error, ForbiddenError) and not isinstance(error, SwitchedOffError)
