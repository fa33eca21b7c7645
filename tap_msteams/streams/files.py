"""Files: the drives of teams, the folders of channels, and their items."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th
from typing_extensions import override

from tap_msteams.declaration import Delegated, Query
from tap_msteams.errors import NotEntitledError, RejectedError, recast
from tap_msteams.readers import Collection, Delta, GraphStream
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
    strings,
    texts,
)
from tap_msteams.streams.teams import Channels, Teams

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids
    from tap_msteams.errors import GraphError


SharePointIds = record(
    *texts("listId", "listItemId", "listItemUniqueId", "siteId", "tenantId", "webId"),
    *strings(FileUrl, "siteUrl"),
)

ItemReference = record(
    *texts("driveId", "driveType", "id", "siteId"),
    *strings(FileUrl, "shareId"),
    *strings(FreeText, "name", "path"),
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
"""Properties that drives and their items have in common."""

Nothing = record()
"""A facet without properties, whose presence is the information."""

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

SpecialFolder = record(*strings(Public, "name"))

Video = record(
    *counts("audioBitsPerSample", "audioChannels", "audioSamplesPerSecond", "bitrate", "duration"),
    *counts("height", "width"),
    *texts("audioFormat", "fourCC"),
    *numbers("frameRate"),
)

Audio = record(
    *strings(FreeText, "album", "albumArtist", "artist", "composers", "copyright", "title"),
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
    *strings(FreeText, "name"),
    *strings(FileUrl, "webUrl", "webDavUrl"),
    *counts("size"),
    th.Property("fileSystemInfo", FileSystemInfo, description="Timestamps of the original file."),
    th.Property("file", FileFacet, description="Present if it is a file."),
    th.Property("folder", Folder, description="Present if it is a folder."),
    th.Property("package", Package, description="Present if it is both, like a notebook."),
    th.Property("image", Image),
    th.Property("video", Video),
    th.Property("shared", Shared),
    th.Property("specialFolder", SpecialFolder),
    th.Property("sharepointIds", SharePointIds),
)
"""Properties that an item and a linked item of another drive have in common."""

ITEM = (
    *ENTRY,
    *CONTENT,
    *strings(FreeText, "description"),
    *texts("cTag"),
    th.Property("audio", Audio),
    th.Property(
        "bundle",
        record(*counts("childCount"), th.Property("album", record(*texts("coverImageItemId")))),
    ),
    th.Property("location", record(*numbers("altitude", "latitude", "longitude"))),
    th.Property("malware", record(*strings(Public, "description"))),
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
        description="Item of another drive that it refers to.",
    ),
    th.Property("root", Nothing, description="Present if it is the root of its drive."),
    th.Property("searchResult", record(*texts("onClickTelemetryUrl"))),
    th.Property(
        "deleted",
        record(*texts("state")),
        description="Present if it is deleted; most other columns are then null.",
    ),
)


class Drives(GraphStream):
    """Document libraries of the sites of teams."""

    name = "drives"
    path = "/groups/{teamId}/drives"
    parents = (Teams,)
    permission = "Files.Read.All"
    delegated = Delegated(permission="Files.Read")
    entity = "drive"
    fills = "driveId"
    primary_keys = ("teamId", "id")
    on_request = ("system",)
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property(
            "teamId", th.StringType, required=True, description="Also the id of its group."
        ),
        th.Property("id", th.StringType, required=True),
        *strings(Public, "name", "description"),
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
            description="Present if it is a drive of the system; without this column Graph does "
            "not list such drives.",
        ),
    )


_PLAIN = re.compile(r"[\w ().,-]*")
"""Names of channels that are names of folders, too."""


class UnnamedFolderError(NotEntitledError):
    """Graph finds no folder for a channel with special characters in its name."""

    remedy = "rename the channel without special characters such as # % & * + / : ?"


class ChannelFolders(GraphStream):
    """Folders in which channels keep their files."""

    name = "channel_folders"
    path = "/teams/{teamId}/channels/{channelId}/filesFolder"
    query = Query(select=False)
    parents = (Channels,)
    read = Collection(single=True, absent=True)
    permission = "Files.Read.All"
    entity = "driveItem"
    parent_facts = ("membershipType", "displayName")
    primary_keys = ("teamId", "channelId", "id")
    selected_by_default = False
    properties = th.PropertiesList(
        th.Property("teamId", th.StringType, required=True),
        th.Property("channelId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True, description="Id in `drive_items`."),
        *ITEM,
    )

    @classmethod
    @override
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:
        # For drives alone folders of standard channels are not needed: their drives are the teams'.
        return (ids,) if emits or row.get("membershipType") != "standard" else ()

    @classmethod
    @override
    def meaning(
        cls, error: GraphError, ids: Ids, facts: Mapping[str, Any], *, application: bool
    ) -> GraphError:
        # https://learn.microsoft.com/graph/api/channel-get-filesfolder: special characters.
        is_spellable = _PLAIN.fullmatch(facts.get("displayName") or "")
        if is_spellable or not isinstance(error, RejectedError):
            return error
        if facts.get("membershipType") == "standard":
            return recast(UnnamedFolderError, error)
        # The folder alone leads to the drive of such a channel.
        told = recast(RejectedError, error)
        told.message = f"{error.message} (its drive is not found: {UnnamedFolderError.remedy})"
        return told


class DriveItems(GraphStream):
    """Files and folders in the drives of teams and of private and shared channels.

    The tap reads names, sizes and dates of files, and never their contents. A deleted file
    comes again with `deleted`.
    """

    name = "drive_items"
    path = "/drives/{driveId}/root/delta"
    parents = (Drives, ChannelFolders)
    distinct_parents = True
    read = Delta()
    permission = "Files.Read.All"
    delegated = Delegated(permission="Files.Read")
    entity = "driveItem"
    parent_facts = ("parentReference",)
    primary_keys = ("driveId", "id")
    automatic = ("deleted",)
    selected_by_default = False
    cost = "1 per drive and 200 changes, 1 per private or shared channel"
    properties = th.PropertiesList(
        th.Property("driveId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        *ITEM,
    )

    @classmethod
    @override
    def found_in(cls, ids: Ids, row: Row, *, emits: bool) -> Iterable[Ids]:
        drive = ids.get("driveId") or (row.get("parentReference") or {}).get("driveId")
        return ({"driveId": drive},) if drive else ()
