"""Readers: one for each kind of stream."""

from __future__ import annotations

from tap_msteams.readers.action import Action
from tap_msteams.readers.archived import TeamCollection
from tap_msteams.readers.collection import Collection
from tap_msteams.readers.delta import Delta
from tap_msteams.readers.export import Export
from tap_msteams.readers.history import Distribution, History
from tap_msteams.readers.messages import ExportOrLists
from tap_msteams.readers.nested import Made, Nested
from tap_msteams.readers.owned import Owned
from tap_msteams.readers.report import Report
from tap_msteams.readers.run_log import IssueStream, OutcomeStream, RunLogStream
from tap_msteams.readers.stream import GraphStream
from tap_msteams.readers.window import Window

__all__ = [
    "Action",
    "Collection",
    "Delta",
    "Distribution",
    "Export",
    "ExportOrLists",
    "GraphStream",
    "History",
    "IssueStream",
    "Made",
    "Nested",
    "OutcomeStream",
    "Owned",
    "Report",
    "RunLogStream",
    "TeamCollection",
    "Window",
]
