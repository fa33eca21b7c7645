"""Drives: document libraries with the changes in them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from tap_msteams_sandbox.areas.files.item import Item
from tap_msteams_sandbox.company.people import guid
from tap_msteams_sandbox.instants import iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_msteams_sandbox.company.team import Channel, Team

HOST = "halyard.sharepoint.example"

FILES = (
    "Release notes.docx", "Kalibrierung Größe M.xlsx", "Prüfprotokoll #4.pdf", "会議メモ.docx",
    "Rig.jpg", "Demo.mp4", "Standup.mp3", "Old tools.zip", "Notebook.one", "Contracts.url",
)  # fmt: skip

NEEDS_SELECT = ("sharePointIds", "system")
"""Properties of a drive that come only when they are selected.

https://learn.microsoft.com/en-us/graph/api/resources/drive#properties
"""

TERABYTE = 1024**4


class Drive:
    """A document library of a team's site, or of the site of a channel of its own.

    The items are kept in the order of their last changes, which is what a delta goes by.
    """

    def __init__(
        self, team: Team, name: str, *, channel: Channel | None = None, system: bool = False
    ) -> None:
        self.team, self.name, self.channel, self.system = team, name, channel, system
        self._random = team.tenant.random("drive", str(team.n), name, channel.id if channel else "")
        self.id = f"b!{guid(self._random).replace('-', '')}{self._random.getrandbits(96):024x}"
        self.list_id, self.site_id = guid(self._random), guid(self._random)
        self.site = f"{HOST},{self.site_id},{guid(self._random)}"
        room = f"{team.nickname}-{channel.salt:x}" if channel else team.nickname
        self.site_url = f"https://{HOST}/sites/{room}"
        self.url = f"{self.site_url}/{name.replace(' ', '%20')}"
        self.used, self.modified = self._random.getrandbits(36), team.created
        self.count = 0
        """How many changes there have been."""
        self.forgotten = 0
        """Up to which change tokens are not good any more."""
        self.reset = ""
        """With which code such a token is refused."""

    @cached_property
    def items(self) -> dict[str, Item]:
        """All items, deleted ones too, by id in the order of their last change."""
        found: dict[str, Item] = {}
        for item in self._history():
            self._stamp(item)
            found[item.id] = item
        return found

    @property
    def root(self) -> Item:
        """The folder that holds all others."""
        return next(item for item in self.items.values() if item.parent is None)

    def describe(self) -> dict[str, Any]:
        """Return the drive with all that Graph shows of it."""
        tenant, people = self.team.tenant, self.team.people or self.team.tenant.people[:1]
        author = {"user": {"id": people[0].id, "displayName": people[0].display_name}}
        return {
            "id": self.id,
            "name": self.name,
            "description": "" if self.channel else f"Files of {self.team.name}",
            "driveType": "documentLibrary",
            "eTag": f'"{self.list_id},{self.modified}"',
            "createdBy": author,
            "createdDateTime": iso(self.team.created),
            "lastModifiedBy": author,
            "lastModifiedDateTime": iso(self.modified),
            "webUrl": self.url,
            "owner": {
                "group": {
                    "email": f"{self.team.nickname}@halyard.example",
                    "id": self.team.id,
                    "displayName": f"{self.team.name} Owners",
                }
            },
            "parentReference": {"siteId": self.site},
            "quota": {
                "deleted": 0,
                "remaining": 25 * TERABYTE - self.used,
                "state": "normal",
                "total": 25 * TERABYTE,
                "used": self.used,
                "storagePlanInformation": {"upgradeAvailable": False},
            },
            "sharePointIds": {
                "listId": self.list_id,
                "siteId": self.site_id,
                "siteUrl": self.site_url,
                "tenantId": tenant.id,
                "webId": self.site_id,
            },
            "system": {} if self.system else None,
        }

    def children(self, folder: Item) -> int:
        """Return how many items lie directly in a folder."""
        return sum(item.parent is folder for item in self._alive())

    def changed_since(self, number: int) -> list[Item]:
        """Return the items that have changed after a change, in the order of change."""
        return [item for item in self.items.values() if item.number > number]

    def folder_of(self, channel: Channel) -> Item | None:
        """Return the folder in which a channel keeps its files, if it is there."""
        root = self.root
        if channel.kind != "standard":
            return root
        found = (it for it in self._alive() if it.parent is root and it.name == channel.name)
        return next(found, None)

    def put(self, name: str, parent: Item, size: int = 0, *, folder: bool = False) -> Item:
        """Add an item now."""
        random = self.team.tenant.random("item", self.id, str(self.count))
        instant = self.team.tenant.tick()
        item = self._item(name, parent, instant, random.getrandbits(64), folder=folder)
        item.size = size
        self.used += size
        self.touch(item)
        return item

    def touch(self, item: Item) -> None:
        """Record a change of an item and of the folders above it."""
        step: Item | None = item
        while step is not None:
            step.modified, step.changes = self.team.tenant.tick(), step.changes + 1
            self.items.pop(step.id, None)
            self._stamp(step)
            self.items[step.id] = step
            step = step.parent
        self.modified = item.modified

    def drop(self, item: Item) -> None:
        """Delete an item and all below it."""
        for child in [it for it in self._alive() if it.parent is item]:
            self.drop(child)
        item.deleted = True
        self.touch(item)

    def _alive(self) -> Iterator[Item]:
        return (item for item in self.items.values() if not item.deleted)

    def _stamp(self, item: Item) -> None:
        self.count += 1
        item.number = self.count

    def _history(self) -> Iterator[Item]:
        """Yield the first items of the drive."""
        random = self._random
        root = self._item("", None, self.team.created, random.getrandbits(64), folder=True)
        yield root
        if self.system:
            return
        if self.channel is None:
            standard = (it for it in self.team.channels.values() if it.kind == "standard")
            folders = [it.name for it in standard if provisioned(it)] + ["Album"]
        else:
            folders = ["2026"]
        latest = max(self.team.created + 1, self.team.tenant.until)
        for name in folders:
            created = random.randrange(self.team.created, latest)
            salt = random.getrandbits(64)
            folder = self._item(name, root, created, salt, folder=True)
            yield folder
            for file in random.sample(FILES, random.randint(3, len(FILES))):
                moment, salt = random.randrange(created, latest + 1), random.getrandbits(64)
                item = self._item(file, folder, moment, salt)
                item.size = random.randrange(1, 10**8)
                yield item

    def _item(
        self, name: str, parent: Item | None, instant: int, salt: int, *, folder: bool = False
    ) -> Item:
        people = self.team.people or self.team.tenant.people[:1]
        return Item(
            drive=self,
            id=f"01{salt:020X}{self.team.n:012X}"[:34],
            parent=parent,
            name=name,
            author=people[salt % len(people)],
            created=instant,
            modified=instant,
            salt=salt,
            folder=folder,
        )


def provisioned(channel: Channel) -> bool:
    """Whether a channel had its folder when the sandbox started."""
    return channel.n == 0 or channel.salt % 4 != 0
