"""Online meetings: who attended them, what was said and what was recorded."""

from __future__ import annotations

from tap_msteams_sandbox.areas.meetings import answers, insights, organizer, questions, rows
from tap_msteams_sandbox.areas.meetings.area import AREA
from tap_msteams_sandbox.areas.meetings.calendar import Meetings, Transcripts

__all__ = [
    "AREA",
    "Meetings",
    "Transcripts",
    "answers",
    "insights",
    "organizer",
    "questions",
    "rows",
]
