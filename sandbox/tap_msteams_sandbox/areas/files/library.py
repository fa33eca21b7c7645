"""The files of a tenant: its drives, and the operations on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.files.drive import Drive, provisioned
from tap_msteams_sandbox.company.prose import SLOTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tap_msteams_sandbox.areas.files.item import Item
    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.team import Channel, Team


class Files:
    """The drives of a tenant, each filled when it is first asked for."""

    def __init__(self, tenant: Company) -> None:
        self.tenant = tenant
        self._of_teams: dict[str, list[Drive]] = {}
        self._of_channels: dict[str, Drive] = {}
        self._by_id: dict[str, Drive] = {}
        self._provisioned: set[str] = set()

    def drives(self, team: Team) -> list[Drive]:
        """Return the drives of a team's own site, its main one first."""
        if team.id not in self._of_teams:
            found = [Drive(team, "Documents")]
            if team.n % 3 == 1:
                found.append(Drive(team, "Teams Wiki Data"))
            if team.n % 2 == 0:
                found.append(Drive(team, "Preservation Hold Library", system=True))
            self._of_teams[team.id] = found
            self._by_id.update((drive.id, drive) for drive in found)
        return self._of_teams[team.id]

    def drive_of(self, channel: Channel) -> Drive:
        """Return the drive of a channel; private and shared channels have their own.

        https://learn.microsoft.com/en-us/microsoftteams/private-channels
        """
        if channel.kind == "standard":
            return self.drives(channel.team)[0]
        if channel.id not in self._of_channels:
            drive = Drive(channel.team, "Documents", channel=channel)
            self._of_channels[channel.id] = drive
            self._by_id[drive.id] = drive
        return self._of_channels[channel.id]

    def find(self, drive: str) -> Drive | None:
        """Return the drive of that id, unless its team or channel is deleted."""
        if drive not in self._by_id:
            next((it for it in self.all() if it.id == drive), None)
        found = self._by_id.get(drive)
        return found if found is not None and self._is_there(found) else None

    def all(self) -> Iterator[Drive]:
        """Yield all drives: those of teams, then those of channels."""
        for team in self.tenant.teams.values():
            yield from self.drives(team)
        for team in self.tenant.teams.values():
            for channel in team.channels.values():
                if channel.kind != "standard":
                    yield self.drive_of(channel)

    def folder(self, channel: Channel) -> Item | None:
        """Return the folder of a channel, or None before it is provisioned."""
        if channel.id not in self._provisioned:
            new = channel.created > self.tenant.until and channel.n > 0
            if new or not provisioned(channel):
                return None
        return self.drive_of(channel).folder_of(channel)

    def provision(self, team: str, channel: str) -> None:
        """Provision the folder of a channel."""
        with self.tenant.lock:
            where = self.tenant.teams[team].channels[channel]
            drive = self.drive_of(where)
            self._provisioned.add(channel)
            if drive.folder_of(where) is None:
                drive.put(where.name, drive.root, folder=True)

    def upload(self, drive: str, name: str = "New.docx", size: int = 1234) -> str:
        """Put a file into the first folder of a drive; return its id."""
        with self.tenant.lock:
            where = self._by_id[drive]
            folders = (it for it in where.items.values() if it.folder and not it.deleted)
            return where.put(name, max(folders, key=lambda it: it.parent is not None), size).id

    def edit(self, drive: str, item: str, size: int = 4321) -> None:
        """Write to a file."""
        with self.tenant.lock:
            found = self._item(drive, item)
            found.size = size
            self._by_id[drive].touch(found)

    def rename(self, drive: str, item: str, name: str) -> None:
        """Give a file or a folder another name."""
        with self.tenant.lock:
            found = self._item(drive, item)
            found.name = name
            self._by_id[drive].touch(found)

    def delete(self, drive: str, item: str) -> None:
        """Delete a file, or a folder with all that is in it."""
        with self.tenant.lock:
            self._by_id[drive].drop(self._item(drive, item))

    def forget(self, drive: str, code: str = "resyncChangesApplyDifferences") -> None:
        """Make all tokens of a drive expire, with one of Graph's codes."""
        with self.tenant.lock:
            found = self._by_id[drive]
            _ = found.items
            found.forgotten, found.reset = found.count, code
            found.count += 1

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the items of all drives with the ids of the drives."""
        for drive in self.all():
            for item in drive.items.values():
                if not item.deleted:
                    yield {**item.describe(), "driveId": drive.id}

    def folders(self) -> Iterator[dict[str, Any]]:
        """Yield the folders of channels, with the ids of the channels and teams."""
        for team in self.tenant.teams.values():
            for channel in team.channels.values():
                if item := self.folder(channel):
                    yield {**item.describe(), "teamId": team.id, "channelId": channel.id}

    def libraries(self) -> Iterator[dict[str, Any]]:
        """Yield the drives of teams, with the ids of the teams."""
        for team in self.tenant.teams.values():
            for drive in self.drives(team):
                row = {key: value for key, value in drive.describe().items() if value is not None}
                yield {**row, "teamId": team.id}

    def _item(self, drive: str, item: str) -> Item:
        return self._by_id[drive].items[item]

    def _is_there(self, drive: Drive) -> bool:
        team = self.tenant.teams.get(drive.team.id)
        return team is not None and (drive.channel is None or drive.channel.id in team.channels)


BUSY = 5
"""The most teams in whose files a day leaves traces."""


def day(tenant: Company, random: Random) -> dict[str, int]:
    """Write a document, change another and delete a third, in some teams."""
    files = tenant.part(Files)
    teams = random.sample(list(tenant.teams.values()), min(len(tenant.teams), BUSY))
    for team in teams:
        drive = files.drives(team)[0]
        files.upload(drive.id, f"{random.choice(SLOTS['document']).capitalize()}.docx")
        alive = [it.id for it in drive.items.values() if not it.folder and not it.deleted]
        files.edit(drive.id, random.choice(alive), random.randrange(10**6))
        files.delete(drive.id, random.choice(alive))
    return {"files": 3 * len(teams)}
