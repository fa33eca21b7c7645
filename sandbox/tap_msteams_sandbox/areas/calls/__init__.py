"""Call records, their participants, sessions and segments, and the logs of telephone calls."""

from __future__ import annotations

from tap_msteams_sandbox.areas.calls import answers, rows
from tap_msteams_sandbox.areas.calls.area import AREA
from tap_msteams_sandbox.areas.calls.log import Calls
from tap_msteams_sandbox.areas.calls.telephony import Telephony

__all__ = ["AREA", "Calls", "Telephony", "answers", "rows"]
