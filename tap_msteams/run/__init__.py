"""A run: the plan, issues, bookmarks and queues that its readers share."""

from __future__ import annotations

from tap_msteams.run.bookmarks import Bookmarks, bookmark_keys
from tap_msteams.run.consent import Consent
from tap_msteams.run.feed import Parent, Receipt
from tap_msteams.run.guests import learn_guests
from tap_msteams.run.issues import (
    CIRCLE,
    DAYS_LEFT_OUT,
    DOUBLES,
    LEFT_OUT,
    UNDECLARED,
    UNSELECTED,
    Issue,
    Issues,
)
from tap_msteams.run.ledger import Ledger
from tap_msteams.run.moments import ENDLESS, NEWEST, comparable, moment
from tap_msteams.run.outcomes import Outcome, outcomes
from tap_msteams.run.plan import Plan
from tap_msteams.run.run import Run
from tap_msteams.run.seen import Seen, digest
from tap_msteams.run.selection import Selection
from tap_msteams.run.shard import WHOLE, Shard, is_split
from tap_msteams.run.stream_run import Listing, Listings, StreamRun, open_streams

__all__ = [
    "CIRCLE",
    "DAYS_LEFT_OUT",
    "DOUBLES",
    "ENDLESS",
    "LEFT_OUT",
    "NEWEST",
    "UNDECLARED",
    "UNSELECTED",
    "WHOLE",
    "Bookmarks",
    "Consent",
    "Issue",
    "Issues",
    "Ledger",
    "Listing",
    "Listings",
    "Outcome",
    "Parent",
    "Plan",
    "Receipt",
    "Run",
    "Seen",
    "Selection",
    "Shard",
    "StreamRun",
    "bookmark_keys",
    "comparable",
    "digest",
    "is_split",
    "learn_guests",
    "moment",
    "open_streams",
    "outcomes",
]
