"""Requests, compared with the fewest possible."""

from __future__ import annotations

from collections import Counter
from math import ceil
from typing import TYPE_CHECKING

from benchmarks.cloud import Cloud, Tenant
from benchmarks.limits import MESSAGES
from benchmarks.row import Row
from tap_msteams_sandbox import Tenant as Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks.process import Taps

TENANT = Tenant(teams=12, channels=4, messages=90, users=700)
PAGE_SIZES = (5, 20, 50, 250)
"""The largest pages of the sandbox; Graph's own limits apply as well."""

# https://learn.microsoft.com/graph/api/channel-list-messages
LIST_PAGE = 50
# https://learn.microsoft.com/microsoftteams/export-teams-content
EXPORT_PAGE = 250
# https://learn.microsoft.com/graph/api/team-list-members, .../user-list
ROSTER_PAGE = 999
# https://learn.microsoft.com/graph/api/cloudcommunications-getpresencesbyuserid
PRESENCES = 650


def requests(taps: Taps) -> list[Row]:
    """All streams by both routes at several page sizes, then messages alone without a change."""
    content = Content(TENANT)
    rows = []
    for export in (True, False):
        route = "export" if export else "list"
        made = [_made(taps, size, export=export) for size in PAGE_SIZES]
        fewest = [content.fewest(size, export=export) for size in PAGE_SIZES]
        worst = max(zip(made, fewest, strict=True), key=lambda pair: pair[0] / pair[1])
        sizes = ", ".join(map(str, PAGE_SIZES))
        rows += [
            Row(
                what=f"Requests by {route}, worst of pages of {sizes}",
                ours=worst[0],
                other=worst[1],
                unit="",
                against="the fewest possible",
                ratio=worst[0] / worst[1],
                at_most=1.02,
            ),
            _no_change(taps, export=export),
        ]
    return rows


class Content:
    """The content of a tenant, counted in the tenant itself."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant
        tree = Tree(
            tenant.seed, tenant.teams, tenant.channels, tenant.messages, tenant.users, even=True
        )
        messages = list(tree.expected("messages"))
        where = [message["channelIdentity"] for message in messages]
        self._messages = Counter(place["teamId"] for place in where)
        self._posts = Counter(
            (place["teamId"], place["channelId"])
            for place, message in zip(where, messages, strict=True)
            if message["replyToId"] is None
        )
        # Messages of a shared channel are read in the team that owns it.
        self._channels = [
            (row["teamId"], row["id"])
            for row in tree.expected("channels")
            if row["hostTeamId"] == row["teamId"]
        ]
        self._members = Counter(row["teamId"] for row in tree.expected("members"))

    def fewest(self, size: int, *, export: bool) -> int:
        """The fewest requests that read everything with pages of at most `size`."""
        teams, users = self._tenant.teams, self._tenant.users
        roster = min(size, ROSTER_PAGE)
        return sum(
            (
                ceil(teams / roster),
                teams,  # the details of each
                teams,  # the channels of each come on one page
                sum(ceil(count / roster) for count in self._members.values()),
                ceil(users / roster),
                ceil(users / PRESENCES),
                self._exported(size) if export else self._listed(size),
            )
        )

    def _exported(self, size: int) -> int:
        page = min(size, EXPORT_PAGE)
        return sum(max(1, ceil(count / page)) for count in self._messages.values())

    def _listed(self, size: int) -> int:
        """The requests by list, with the one whose export is refused."""
        page = min(size, LIST_PAGE)
        return 1 + sum(max(1, ceil(self._posts[channel] / page)) for channel in self._channels)


def _made(taps: Taps, size: int, *, export: bool) -> int:
    with Cloud(TENANT, export=export, page_size=size) as cloud:
        taps.ours(cloud)
        return _all(cloud.summary()["endpoints"])


def _no_change(taps: Taps, *, export: bool) -> Row:
    """The second of two runs: one page of each team or channel shows no change."""
    with Cloud(TENANT, export=export) as cloud:
        state = taps.ours(cloud, MESSAGES).state
        before = _all(cloud.summary()["endpoints"])
        records = taps.ours(cloud, MESSAGES, state=state).records
        made = _all(cloud.summary()["endpoints"]) - before
    teams, channels = TENANT.teams, TENANT.teams * TENANT.channels
    # One page of teams; by list also the probe of the export and the channels of each team.
    fewest = 1 + teams if export else 1 + 1 + teams + channels
    return Row(
        what=f"Requests by {'export' if export else 'list'}, no change, {records} records",
        ours=made,
        other=fewest,
        unit="",
        against="the fewest possible",
        ratio=made / fewest,
        at_most=1.0,
    )


def _all(endpoints: Mapping[str, int]) -> int:
    return sum(endpoints.values())
