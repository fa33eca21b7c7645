"""Permissions, limits and consent of call records."""

from __future__ import annotations

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.limits import Limit

RECORDS = ("CallRecords.Read.All",)
TELEPHONE = ("CallRecord-PstnCalls.Read.All", *RECORDS)

BASE = "/communications/callRecords"
PAGE = "https://learn.microsoft.com/en-us/graph/throttling-limits#call-records-limits"

AREA = Area(
    "Calls",
    roles=TELEPHONE,
    limits=(
        Limit("call records", rf"GET {BASE}.*", 1500, 20, PAGE),
        Limit("one call record", rf"GET {BASE}/\{{id\}}.*", 10, 20, PAGE, "chat"),
    ),
)
