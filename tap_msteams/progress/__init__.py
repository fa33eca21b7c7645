"""Progress: the live view, the summary and the metrics of a run."""

from __future__ import annotations

from tap_msteams.progress.meters import Meters
from tap_msteams.progress.progress import Progress
from tap_msteams.progress.summary import tell

__all__ = ["Meters", "Progress", "tell"]
