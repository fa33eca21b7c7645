"""Tabs of channels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tap_msteams_sandbox.areas.lookup import channel_of
from tap_msteams_sandbox.areas.workspace.area import AREA, BROAD, EXPAND, IN_CHANNEL
from tap_msteams_sandbox.areas.workspace.catalog import Catalog
from tap_msteams_sandbox.areas.workspace.channels import own_channels
from tap_msteams_sandbox.areas.workspace.rows import collection, expansions, fitting
from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.filters import conditions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.team import Channel
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

ALLOWED = ("TeamsTab.Read.All", "TeamsTab.ReadWrite.All", "TeamsTab.ReadWriteForTeam.All", *BROAD)
MY_ALLOWED = ("TeamsTab.Read.All", "TeamsTab.ReadWrite.All", "TeamsTab.ReadWriteForTeam", *BROAD)

TAB = ("id", "displayName", "webUrl", "configuration")
NOTHING = dict.fromkeys(("entityId", "contentUrl", "removeUrl", "websiteUrl"))
NAMES = ("Dashboard 📈", "Übergabe", "Sprint board", "校正結果", "Who is on call?")


class Tabs:
    """The tabs of every channel, without the native tab of files.

    https://learn.microsoft.com/en-us/graph/api/channel-list-tabs
    """

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        self._tabs: dict[str, list[Row]] = {}

    def of(self, channel: Channel) -> list[Row]:
        """Return the tabs of a channel, each with its app."""
        if channel.id not in self._tabs:
            random = self.tenant.random("tabs", channel.key)
            # The first channel has one of each kind, some have none.
            count = 3 if channel.key == "0/0" else random.randrange(3)
            kinds = ("Website", "Wiki", "Planner")[:count]
            self._tabs[channel.id] = [
                self._tab(channel, kind, random.choice(NAMES), guid(random)) for kind in kinds
            ]
        return self._tabs[channel.id]

    def add(self, team: str, channel: str, name: str = "New tab") -> str:
        """Pin a website; return the tab's id."""
        with self.tenant.lock:
            where = self.tenant.teams[team].channels[channel]
            key = guid(self.tenant.random("tab", str(self.tenant.tick())))
            self.of(where).append(self._tab(where, "Website", name, key))
            return key

    def rename(self, team: str, channel: str, tab: str, name: str) -> None:
        """Give a tab another name."""
        with self.tenant.lock:
            where = self.tenant.teams[team].channels[channel]
            next(row for row in self.of(where) if row["id"] == tab)["displayName"] = name

    def remove(self, team: str, channel: str, tab: str) -> None:
        """Take a tab away."""
        with self.tenant.lock:
            found = self.of(self.tenant.teams[team].channels[channel])
            found[:] = [row for row in found if row["id"] != tab]

    def _tab(self, channel: Channel, kind: str, name: str, key: str) -> Row:
        """Return a tab with a configuration that depends on its app."""
        app = self.tenant.part(Catalog).named(kind)
        path = quote(f"{app.id}/tab::{key}", safe="/")
        more: dict[str, Row] = {
            "Website": {
                "contentUrl": "https://charts.halyard.example/plant?lang={locale}",
                "websiteUrl": "https://charts.halyard.example/plant",
            },
            "Wiki": {"wikiTabId": 1, "wikiDefaultTab": True, "hasContent": False},
            "Planner": {
                "entityId": f"tt.c_{channel.id}_p_{key[:12]}_h_0",
                "contentUrl": f"https://tasks.office.com/plan/{key[:12]}",
                "removeUrl": f"https://tasks.office.com/plan/{key[:12]}/remove",
                "websiteUrl": f"https://tasks.office.com/plan/{key[:12]}?web=1",
                "dateAdded": "2026-03-02T09:15:21.12Z",
            },
        }
        return {
            "id": key,
            "displayName": name,
            "webUrl": f"https://teams.microsoft.com/l/entity/{path}?{channel.message_query}",
            "configuration": {**NOTHING, **more[kind]},
            "teamsApp": app.row(),
        }


@AREA.endpoint(
    f"{IN_CHANNEL}/tabs",
    "channel-list-tabs",
    application=ALLOWED,
    delegated=MY_ALLOWED,
    options=EXPAND,
)
def tabs(call: Call) -> bytes:
    """GET /teams/{id}/channels/{id}/tabs."""
    channel = channel_of(call)
    expanded = expansions(call, ("teamsApp",))
    rows: Sequence[Mapping[str, Any]] = call.tenant.part(Tabs).of(channel)
    text = call.query.get("$filter") or ""
    if text.startswith("teamsApp/"):
        tests = conditions(text, equal=("teamsApp/id", "teamsApp/externalId"))
        rows = [row for row in rows if all(test(row["teamsApp"]) for test in tests)]
    else:
        rows = fitting(call, rows, ("id", "displayName"))
    if not expanded:
        rows = [{k: v for k, v in row.items() if k != "teamsApp"} for row in rows]
    what = f"teams('{channel.team.id}')/channels('{channel.id}')/tabs"
    return collection(call, what, rows, TAB, expanded)


@AREA.rows("tabs")
def true_tabs(tenant: Company) -> Iterator[Row]:
    """Yield the tabs of every channel with their apps."""
    for channel in own_channels(tenant):
        for row in tenant.part(Tabs).of(channel):
            yield {"teamId": channel.team.id, "channelId": channel.id, **row}
