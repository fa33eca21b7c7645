"""Items: the folders and files of a drive, as Graph describes them.

https://learn.microsoft.com/en-us/graph/api/resources/driveitem
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from tap_msteams_sandbox.instants import DAY, HOUR, iso

if TYPE_CHECKING:
    from tap_msteams_sandbox.company.people import Person
    from tap_msteams_sandbox.company.team import Team

    Row = dict[str, Any]

TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "jpg": "image/jpeg",
    "mp4": "video/mp4",
    "mp3": "audio/mpeg",
    "zip": "application/zip",
}
"""The kinds of files by the end of their names."""

SELECTED_ONLY = frozenset({"sharepointIds", "webDavUrl"})
"""Properties that come only when they are selected.

https://learn.microsoft.com/en-us/graph/api/resources/driveitem#properties
"""

NAMES = frozenset({
    "id", "createdBy", "createdDateTime", "description", "eTag", "lastModifiedBy",
    "lastModifiedDateTime", "name", "parentReference", "webUrl", "audio", "bundle", "content",
    "cTag", "deleted", "file", "fileSystemInfo", "folder", "image", "location", "malware",
    "package", "pendingOperations", "photo", "publication", "remoteItem", "root", "searchResult",
    "shared", "sharepointIds", "size", "specialFolder", "video", "webDavUrl",
})  # fmt: skip
"""What can be selected; `content` is a stream, which no list shows."""


class DriveLike(Protocol):
    """The attributes of a drive that its items need."""

    id: str
    team: Team
    url: str
    list_id: str
    site: str
    site_id: str
    site_url: str

    def children(self, folder: Item) -> int:
        """Return how many items lie directly in a folder."""


@dataclass(slots=True, eq=False)
class Item:
    """A folder, a file or another item."""

    drive: DriveLike
    id: str
    parent: Item | None
    name: str
    author: Person
    created: int
    modified: int
    salt: int
    """A number of the item's own, from which the small print is made."""
    size: int = 0
    folder: bool = False
    deleted: bool = False
    number: int = 0
    """Where the last change stands among all of the drive's."""
    changes: int = 1

    @property
    def path(self) -> str:
        """The way from the root of the drive."""
        return f"{self.parent.path}/{self.name}" if self.parent else ""

    def describe(self) -> Row:
        """Return the item as Graph shows it, with only the facets that it has."""
        row = self._gone() if self.deleted else {**self._head(), **self._facets()}
        return {name: value for name, value in row.items() if value is not None}

    def reference(self) -> Row:
        """Return the parent's reference; a delta leaves its path out."""
        drive = {"driveId": self.drive.id, "driveType": "documentLibrary"}
        parent = {"id": self.parent.id, "name": self.parent.name or "root"} if self.parent else {}
        return {**drive, **parent, "siteId": self.drive.site}

    def _gone(self) -> Row:
        """Return a deleted item as a delta shows it."""
        return {
            "@odata.type": "#microsoft.graph.driveItem",
            "id": self.id,
            "deleted": {"state": "deleted"},
            "parentReference": self.reference(),
            "folder": {} if self.folder else None,
            "file": None if self.folder else {},
            "size": 0,
        }

    def _head(self) -> Row:
        digest = hashlib.blake2b(self.id.encode(), digest_size=16).hexdigest().upper()
        created = {"createdDateTime": iso(self.created)}
        modified = {"lastModifiedDateTime": iso(self.modified)}
        tag = f"{{{digest}}},{self.changes}"
        return {
            "@odata.type": "#microsoft.graph.driveItem",
            "id": self.id,
            "name": self.name if self.parent else "root",
            "description": "Signed off by the quality team ✓" if self.salt % 6 == 0 else None,
            "eTag": f'"{tag}"',
            "cTag": None if self.folder else f'"c:{tag}"',
            "createdBy": self._identity(),
            "lastModifiedBy": self._identity(),
            **created,
            **modified,
            "fileSystemInfo": {**created, **modified},
            "parentReference": self.reference(),
            "webUrl": f"{self.drive.url}{quote(self.path)}",
            "webDavUrl": f"{self.drive.url}{quote(self.path)}",
            "size": self.size,
            "sharepointIds": {
                "listId": self.drive.list_id,
                "listItemId": str(self.salt % 1000),
                "listItemUniqueId": digest.lower(),
                "siteId": self.drive.site_id,
                "siteUrl": self.drive.site_url,
                "tenantId": self.drive.team.tenant.id,
                "webId": self.drive.site_id,
            },
        }

    def _facets(self) -> Row:
        """Return the facets of the item."""
        if self.parent is None:
            return {"root": {}, "folder": {"childCount": self.drive.children(self)}}
        if self.folder:
            return {"folder": {"childCount": self.drive.children(self)}, **self._folder()}
        end = self.name.rpartition(".")[2]
        if end == "one":
            return {"package": {"type": "oneNote"}}
        if end == "url":
            return {"remoteItem": self._remote()}
        return {
            "file": {
                "mimeType": TYPES.get(end, "application/octet-stream"),
                "hashes": {"quickXorHash": f"{self.salt:027x}="},
            },
            "shared": self._shared(),
            "publication": {"level": "published", "versionId": f"{self.changes}.0"}
            if self.salt % 3
            else {
                "level": "checkout",
                "versionId": f"{self.changes}.1",
                "checkedOutBy": self._identity(),
            },
            "pendingOperations": {"pendingContentUpdate": {"queuedDateTime": iso(self.modified)}}
            if self.salt % 7 == 0
            else None,
            **self._media(end),
        }

    def _folder(self) -> Row:
        """Return the facets that only some folders have."""
        if self.name == "Album":
            return {
                "bundle": {"childCount": 0, "album": {"coverImageItemId": None}},
                "searchResult": {"onClickTelemetryUrl": f"{self.drive.site_url}/_click"},
            }
        return {"specialFolder": {"name": "documents"}} if self.name == "General" else {}

    def _media(self, end: str) -> Row:
        """Return the facets of pictures, videos, audio and infected files."""
        wide = {"width": 4032, "height": 3024}
        match end:
            case "jpg":
                return {
                    "image": wide,
                    "location": {"altitude": 9.5, "latitude": 54.352, "longitude": 18.646},
                    "photo": {
                        "cameraMake": "Skylark",
                        "cameraModel": "S-9 「海」",
                        "exposureDenominator": 125.0,
                        "exposureNumerator": 1.0,
                        "fNumber": 1.8,
                        "focalLength": 4.25,
                        "iso": 80,
                        "orientation": 1,
                        "takenDateTime": iso(self.created - DAY),
                    },
                }
            case "mp4":
                sound = {"audioBitsPerSample": 16, "audioChannels": 2, "audioFormat": "AAC"}
                return {
                    "video": {
                        **wide,
                        **sound,
                        "audioSamplesPerSecond": 48000,
                        "bitrate": 2_500_000,
                        "duration": 93_500,
                        "fourCC": "H264",
                        "frameRate": 29.97,
                    }
                }
            case "mp3":
                names = dict.fromkeys(("album", "albumArtist", "artist", "composers"), "Halyard")
                return {
                    "audio": {
                        **names,
                        "bitrate": 192,
                        "copyright": None,
                        "disc": 1,
                        "discCount": 1,
                        "duration": 61_000,
                        "genre": "Speech",
                        "hasDrm": False,
                        "isVariableBitrate": True,
                        "title": "Standup 🎧",
                        "track": 1,
                        "trackCount": 1,
                        "year": 2026,
                    }
                }
            case "zip":
                return {"malware": {"description": "Infected with EICAR-Test-File"}}
        return {}

    def _shared(self) -> Row | None:
        if self.salt % 4:
            return None
        who = self._identity()
        when = iso(self.created + HOUR)
        return {"scope": "users", "owner": who, "sharedBy": who, "sharedDateTime": when}

    def _remote(self) -> Row:
        """Return the item of another drive that this one leads to."""
        return {
            "id": f"01{self.salt:032X}",
            "name": "Supplier contracts",
            "size": 4096,
            "webUrl": "https://halyard.sharepoint.example/sites/legal/contracts",
            "folder": {"childCount": 3},
            "createdDateTime": iso(self.created),
            "lastModifiedDateTime": iso(self.modified),
            "parentReference": {"driveId": f"b!{self.salt:x}", "driveType": "documentLibrary"},
        }

    def _identity(self) -> Row:
        person = self.author
        named = {"id": person.id, "displayName": person.display_name, "email": person.mail}
        return {"user": named}
