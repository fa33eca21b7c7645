"""What a run is doing and what came of it, for the person who watches and for machines."""

from __future__ import annotations

from tap_msteams.progress.meters import Meters
from tap_msteams.progress.progress import Progress
from tap_msteams.progress.summary import tell

__all__ = ["Meters", "Progress", "tell"]
