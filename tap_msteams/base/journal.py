"""Streams about the run itself."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from typing_extensions import override

from tap_msteams.base.outcome import outcomes
from tap_msteams.base.stream import TapStream
from tap_msteams.state import moment
from tap_msteams.sweep import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.base.stream import Ids
    from tap_msteams.errors import GraphError
    from tap_msteams.graph import Record
    from tap_msteams.sweep import Steps


class JournalStream(TapStream):
    """Rows that a run writes about itself, whatever has ended it."""

    appends: ClassVar[bool] = True

    is_open = False
    """Whether its SCHEMA is written."""

    @override
    def open(self, version: int) -> None:
        super().open(version)
        self.is_open = True

    @abstractmethod
    def rows(self) -> list[Record]:
        """What there is to tell at the end of the run."""

    @override
    def walks(self) -> Iterator[Walk | None]:
        yield Walk({}, self._tell())

    def _tell(self) -> Steps:
        yield self.prune(self.rows())

    @override
    def failed(self, subject: Ids, error: GraphError) -> None:
        raise error  # it asks nothing of Graph


class IssueStream(JournalStream):
    """What was not read."""

    @override
    def rows(self) -> list[Record]:
        return [
            {
                "id": str(uuid4()),
                "runId": self.run.id,
                "severity": issue.severity,
                "stream": issue.stream,
                "subject": issue.subject,
                "count": issue.count,
                "status": issue.status,
                "code": issue.code,
                "message": issue.message,
                "requestId": issue.request_id,
                "clientRequestId": issue.client_request_id,
                "permission": issue.permission,
                "remedy": issue.remedy,
                "occurredDateTime": moment(issue.occurred),
            }
            for issue in self.run.issues
        ]


class RunStream(JournalStream):
    """What was read, stream by stream."""

    @override
    def rows(self) -> list[Record]:
        run, version = self.run, self._tap.plugin_version
        more = {"runId": run.id, "exitCode": run.exit_code, "version": version}
        return [{**outcome.row(), **more} for outcome in outcomes(run, run.clock())]
