"""Files: the drives of teams, the folders of channels, and what is in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.base import DeltaStream, GraphStream
from tap_msteams.errors import NotEntitledError, RejectedError, taken_for
from tap_msteams.schema import (
    FileUrl,
    FreeText,
    IdentitySet,
    Public,
    counts,
    flags,
    moments,
    numbers,
    record,
    texts,
    these,
)
from tap_msteams.streams.teams import Channels, Teams

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.base import Run
    from tap_msteams.base.stream import Ids
    from tap_msteams.errors import GraphError
    from tap_msteams.graph import Record
    from tap_msteams.sweep import Lane


SharePointIds = record(
    *texts("listId", "listItemId", "listItemUniqueId", "siteId", "tenantId", "webId"),
    *these(FileUrl, "siteUrl"),
)

ItemReference = record(
    *texts("driveId", "driveType", "id", "siteId"),
    *these(FileUrl, "shareId"),
    *these(FreeText, "name", "path"),
    th.Property("sharepointIds", SharePointIds),
)

ENTRY = (
    *texts("eTag"),
    *moments("createdDateTime", "lastModifiedDateTime"),
    th.Property("createdBy", IdentitySet),
    th.Property("lastModifiedBy", IdentitySet),
    # https://learn.microsoft.com/graph/api/driveitem-delta#remarks
    th.Property(
        "parentReference",
        ItemReference,
        description="Go by its ids: a folder that is renamed does not bring what is in it again.",
    ),
)
"""What drives and what is in them have in common."""

Nothing = record()
"""A facet that says everything by being there."""

FileFacet = record(
    *texts("mimeType"),
    *flags("processingMetadata"),
    th.Property("hashes", record(*texts("crc32Hash", "quickXorHash", "sha1Hash", "sha256Hash"))),
)

FileSystemInfo = record(*moments("createdDateTime", "lastAccessedDateTime", "lastModifiedDateTime"))

Folder = record(
    *counts("childCount"),
    th.Property("view", record(*texts("sortBy", "sortOrder", "viewType"))),
)

Image = record(*counts("height", "width"))

Package = record(*texts("type"))

Shared = record(
    *texts("scope"),
    *moments("sharedDateTime"),
    th.Property("owner", IdentitySet),
    th.Property("sharedBy", IdentitySet),
)

SpecialFolder = record(*these(Public, "name"))

Video = record(
    *counts("audioBitsPerSample", "audioChannels", "audioSamplesPerSecond", "bitrate", "duration"),
    *counts("height", "width"),
    *texts("audioFormat", "fourCC"),
    *numbers("frameRate"),
)

Audio = record(
    *these(FreeText, "album", "albumArtist", "artist", "composers", "copyright", "title"),
    *texts("genre"),
    *counts("bitrate", "disc", "discCount", "duration", "track", "trackCount", "year"),
    *flags("hasDrm", "isVariableBitrate"),
)

Photo = record(
    *texts("cameraMake", "cameraModel"),
    *numbers("exposureDenominator", "exposureNumerator", "fNumber", "focalLength"),
    *counts("iso", "orientation"),
    *moments("takenDateTime"),
)

CONTENT = (
    *these(FreeText, "name"),
    *these(FileUrl, "webUrl", "webDavUrl"),
    *counts("size"),
    th.Property("fileSystemInfo", FileSystemInfo, description="Times of the file it came from."),
    th.Property("file", FileFacet, description="There if it is a file."),
    th.Property("folder", Folder, description="There if it is a folder."),
    th.Property("package", Package, description="There if it is both, like a notebook."),
    th.Property("image", Image),
    th.Property("video", Video),
    th.Property("shared", Shared),
    th.Property("specialFolder", SpecialFolder),
    th.Property("sharepointIds", SharePointIds),
)
"""What an item and an item of another drive that it leads to have in common."""

ITEM = (
    *ENTRY,
    *CONTENT,
    *these(FreeText, "description"),
    *texts("cTag"),
    th.Property("audio", Audio),
    th.Property(
        "bundle",
        record(*counts("childCount"), th.Property("album", record(*texts("coverImageItemId")))),
    ),
    th.Property("location", record(*numbers("altitude", "latitude", "longitude"))),
    th.Property("malware", record(*these(Public, "description"))),
    th.Property(
        "pendingOperations",
        record(th.Property("pendingContentUpdate", record(*moments("queuedDateTime")))),
    ),
    th.Property("photo", Photo),
    th.Property(
        "publication",
        record(*texts("level", "versionId"), th.Property("checkedOutBy", IdentitySet)),
    ),
    th.Property(
        "remoteItem",
        record(
            *texts("id"),
            *moments("createdDateTime", "lastModifiedDateTime"),
            th.Property("createdBy", IdentitySet),
            th.Property("lastModifiedBy", IdentitySet),
            th.Property("parentReference", ItemReference),
            *CONTENT,
        ),
        description="The item of another drive that it leads to.",
    ),
    th.Property("root", Nothing, description="There if it is the root of its drive."),
    th.Property("searchResult", record(*texts("onClickTelemetryUrl"))),
    th.Property(
        "deleted",
        record(*texts("state")),
        description="There if it is deleted; then little else is.",
    ),
)


class Drives(GraphStream):
    """Document libraries of the sites of teams."""

    name = "drives"
    path = "/groups/{teamId}/drives"
    parent = Teams
    permission = "Files.Read.All"
    delegated_permission = "Files.Read"
    entity = "drive"
    fills = "driveId"
    primary_keys = ("teamId", "id")
    on_request = ("system",)
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True, description="Also its group's id."),
        th.Property("id", th.StringType, required=True),
        *these(Public, "name", "description"),
        *ENTRY,
        *texts("driveType", "webUrl"),
        th.Property("owner", IdentitySet),
        th.Property(
            "quota",
            record(
                *counts("deleted", "remaining", "total", "used"),
                *texts("state"),
                th.Property("storagePlanInformation", record(*flags("upgradeAvailable"))),
            ),
        ),
        th.Property("sharePointIds", SharePointIds),
        th.Property(
            "system",
            Nothing,
            description="There if it is a system's. When selected, Graph lists such drives, too.",
        ),
    )


_PLAIN = re.compile(r"[\w ().,-]*")
"""Names of channels that are names of folders, too."""


class UnnamedFolderError(NotEntitledError):
    """Graph has no folder for a channel that it cannot spell."""

    remedy = "rename the channel without special characters such as # % & * + / : ?"


class ChannelFolders(GraphStream):
    """Folders in which channels keep their files."""

    name = "channel_folders"
    path = "/teams/{teamId}/channels/{channelId}/filesFolder"
    parent = Channels
    single = True
    absent = True
    permission = "Files.Read.All"
    selects = False
    entity = "driveItem"
    reads = ("membershipType", "displayName")
    primary_keys = ("teamId", "channelId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("channelId", th.StringType, required=True),
        th.Property(
            "id", th.StringType, required=True, description="Id among the items of its drive."
        ),
        *ITEM,
    )

    @override
    def begin(self, run: Run, *, emits: bool) -> Lane:
        self._unspellable: set[str] = set()
        return super().begin(run, emits=emits)

    @override
    def found_in(self, ids: Ids, record: Record) -> Iterable[Ids]:
        if not _PLAIN.fullmatch(record.get("displayName") or ""):
            self._unspellable.add(ids["channelId"])
        # For the sake of drives alone: those of standard channels are the teams'.
        if self.emits or record.get("membershipType") != "standard":
            yield ids

    @override
    def failed(self, subject: Ids, error: GraphError) -> None:
        # https://learn.microsoft.com/graph/api/channel-get-filesfolder: special characters.
        if isinstance(error, RejectedError) and subject.get("channelId") in self._unspellable:
            error = taken_for(UnnamedFolderError, error)
        super().failed(subject, error)


class DriveItems(DeltaStream):
    """Files and folders in the drives of teams and of private and shared channels."""

    name = "drive_items"
    path = "/drives/{driveId}/root/delta"
    parent = Drives
    other_parents = (ChannelFolders,)
    permission = "Files.Read.All"
    delegated_permission = "Files.Read"
    entity = "driveItem"
    reads = ("parentReference",)
    primary_keys = ("driveId", "id")
    selected_by_default = False
    cost = "1 per drive and 200 changes, 1 per private or shared channel"
    properties = th.PropertiesList(
        th.Property("driveId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        *ITEM,
    )

    @override
    def found_in(self, ids: Ids, record: Record) -> Iterable[Ids]:
        drive = ids.get("driveId") or (record.get("parentReference") or {}).get("driveId")
        if not drive or drive in self._parents_seen:
            return ()
        return super().found_in({"driveId": drive}, record)
