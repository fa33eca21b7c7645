"""The run log: streams about the run itself."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from typing_extensions import override

from tap_msteams.declaration import TapStream
from tap_msteams.run import moment, outcomes

if TYPE_CHECKING:
    from tap_msteams.run import Run
    from tap_msteams.writer import Record


class RunLogStream(TapStream):
    """A stream of rows about the run itself, written however the run ends."""

    appends: ClassVar[bool] = True

    @abstractmethod
    def rows(self, run: Run) -> list[Record]:
        """The rows at the end of the run."""

    def write_rows(self, run: Run) -> None:
        """Write the rows, as far as the catalog selects and the privacy rules allow."""
        selected = self.selected_properties
        rows = [{name: row[name] for name in selected if name in row} for row in self.rows(run)]
        if prune := self.pruned:
            rows = [prune(row) for row in rows]
        properties = self.properties.wrapped.values()
        rewrite = run.privacy.of_rows(properties, self.name) if run.privacy else None
        self.write(rewrite(rows) if rewrite else rows)


class IssueStream(RunLogStream):
    """The issues of each run."""

    @override
    def rows(self, run: Run) -> list[Record]:
        return [
            {
                "id": str(uuid4()),
                "runId": run.id,
                "severity": issue.severity,
                "stream": issue.stream,
                "subject": dict(issue.subject),
                "count": issue.count,
                "verdict": issue.verdict,
                "status": issue.status,
                "code": issue.code,
                "message": issue.message,
                "requestId": issue.request_id,
                "clientRequestId": issue.client_request_id,
                "permission": issue.permission,
                "remedy": issue.remedy,
                "occurredDateTime": moment(issue.occurred),
            }
            for issue in run.issues.all
        ]


class OutcomeStream(RunLogStream):
    """The outcome of each run, stream by stream."""

    @override
    def rows(self, run: Run) -> list[Record]:
        version = self._tap.plugin_version
        more = {"runId": run.id, "exitCode": run.exit_code, "version": version}
        return [{**outcome.row(), **more} for outcome in outcomes(run)]
