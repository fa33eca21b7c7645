"""Streams about the run itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar
from uuid import uuid4

from typing_extensions import override

from tap_msteams.base.stream import TapStream
from tap_msteams.state import moment
from tap_msteams.sweep import Walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams.base.stream import Ids
    from tap_msteams.errors import GraphError
    from tap_msteams.sweep import Lane, Steps


class IssueStream(TapStream):
    """What was not read, written once all other streams have come to their end."""

    appends: ClassVar[bool] = True

    @override
    def walks(self) -> Iterator[Walk | None]:
        while not all(lane.finished for lane in self._others):
            yield None
        yield Walk({}, self._tell())

    @override
    def failed(self, subject: Ids, error: GraphError) -> None:
        raise error  # it asks nothing of Graph

    @property
    def _others(self) -> list[Lane]:
        return [lane for lane in self.run.lanes if lane is not self.lane]

    def _tell(self) -> Steps:
        """Write a row for each issue of the run."""
        yield self.prune(
            [
                {
                    "id": str(uuid4()),
                    "severity": issue.severity,
                    "stream": issue.stream,
                    "subject": issue.subject,
                    "status": issue.status,
                    "code": issue.code,
                    "message": issue.message,
                    "requestId": issue.request_id,
                    "permission": issue.permission,
                    "remedy": issue.remedy,
                    "occurredDateTime": moment(issue.occurred),
                }
                for issue in self.run.issues
            ]
        )
