"""Presence of users."""

from __future__ import annotations

from singer_sdk import typing as th

from tap_msteams.readers import Action, GraphStream
from tap_msteams.schema import (
    DateTimeTimeZone,
    FreeText,
    ItemBody,
    PersonId,
    Public,
    flags,
    moments,
    record,
    strings,
    texts,
)
from tap_msteams.settings.clouds import OUTSIDE_CHINA
from tap_msteams.streams.directory import Users


class Presence(GraphStream):
    """Availability and activity of every user, one row for each observation.

    Each run adds a row for each user, so that the table is a history as dense as the
    schedule.
    """

    name = "presence"
    path = "/communications/getPresencesByUserId"
    parents = (Users,)
    # https://learn.microsoft.com/graph/api/cloudcommunications-getpresencesbyuserid
    read = Action(ids_per_call=650)
    cost = "1 per 650 users"
    appends = True
    added = ("observedDateTime",)
    permission = "Presence.Read.All"
    # https://learn.microsoft.com/graph/api/presence-get
    clouds = OUTSIDE_CHINA
    entity = "presence"
    primary_keys = ("id", "observedDateTime")
    properties = th.PropertiesList(
        th.Property("id", PersonId, required=True, description="Id of the user."),
        th.Property(
            "observedDateTime",
            th.DateTimeType,
            required=True,
            description="Time of the observation, on Graph's clock.",
        ),
        th.Property("availability", th.StringType, description="Available, Busy, Away, ..."),
        th.Property("activity", th.StringType, description="InACall, InAMeeting, Presenting, ..."),
        th.Property("sequenceNumber", Public),
        th.Property(
            "outOfOfficeSettings", record(*flags("isOutOfOffice"), *strings(FreeText, "message"))
        ),
        th.Property(
            "statusMessage",
            record(
                th.Property("message", ItemBody),
                th.Property("expiryDateTime", DateTimeTimeZone),
                *moments("publishedDateTime"),
            ),
        ),
        th.Property("workLocation", record(*texts("placeId", "source", "workLocationType"))),
    )
