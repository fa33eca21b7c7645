"""A day of work on tabs, apps and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams_sandbox.areas.workspace import catalog, installations, tabs, tags
from tap_msteams_sandbox.areas.workspace.area import AREA

if TYPE_CHECKING:
    from random import Random

    from tap_msteams_sandbox.company.company import Company


@AREA.day
def work(tenant: Company, random: Random) -> dict[str, int]:
    """Add a tab and a tag to a team, and install or remove an app."""
    team = random.choice(list(tenant.teams.values()) or [None])
    if team is None or not team.people:
        return {}
    channel = random.choice(list(team.channels))
    tenant.part(tabs.Tabs).add(team.id, channel, random.choice(tabs.NAMES))
    tenant.part(tags.Tags).add(team.id, random.choice(tags.NAMES))
    app = random.choice(list(tenant.part(catalog.Catalog).apps))
    installed = tenant.part(installations.Installations)
    had = any(it.id == app for it in installed.of(team.id))
    (installed.remove if had else installed.install)(team.id, app)
    return {"tabs": 1, "tags": 1, "apps": 1}
