"""Calls: their records, and the logs of telephone calls."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from singer_sdk import typing as th

from tap_msteams.declaration import Query
from tap_msteams.readers import GraphStream, Nested, Window
from tap_msteams.schema import (
    Identity,
    IdentitySet,
    MailAddress,
    Many,
    PersonalUrl,
    PersonalValue,
    PersonId,
    PersonName,
    Public,
    ThingIdentity,
    counts,
    flags,
    moments,
    numbers,
    record,
    strings,
    texts,
)
from tap_msteams.settings.clouds import OUTSIDE_CHINA
from tap_msteams.streams.media import Endpoint, FailureInfo, Media

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_msteams.client import Row
    from tap_msteams.declaration import Ids

LATE = timedelta(days=3)
"""How long after its start a call may still come or change: a meeting lasts up to 30 hours, and
what clients report of it comes later."""

LOG = Window(
    replication_key="startDateTime",
    reread=LATE,
    # Microsoft does not say how long it keeps them; a year's worth takes five requests.
    kept=timedelta(days=365),
    # https://learn.microsoft.com/graph/api/callrecords-callrecord-getpstncalls
    span=timedelta(days=90),
)
"""Logs of telephone calls."""

CommunicationsIdentitySet = record(
    th.Property("user", Identity),
    th.Property("application", ThingIdentity),
    th.Property("applicationInstance", ThingIdentity),
    th.Property("assertedIdentity", Identity),
    th.Property("azureCommunicationServicesUser", Identity),
    th.Property("device", Identity),
    th.Property("encrypted", Identity),
    th.Property("guest", Identity, description="Somebody who joined without an account."),
    th.Property("onPremises", Identity),
    th.Property("phone", Identity, description="Somebody who dialled in."),
    *texts("endpointType"),
)

AdministrativeUnits = Many(record(*texts("id")))


class CallStream(GraphStream):
    """Calls, or what belongs to one."""

    permission = "CallRecords.Read.All"
    sign_in = "application"
    # https://learn.microsoft.com/graph/api/callrecords-cloudcommunications-list-callrecords
    clouds: ClassVar[Sequence[str]] = OUTSIDE_CHINA
    appends = True
    selected_by_default = False


class CallRecords(CallStream):
    """Calls and meetings that took place, one row each; kept for 30 days only.

    A record may be made again days after the call, with a higher `version`: the row is then
    replaced, and all below it read again. Each run reads the list of the last three days for that.
    """

    name = "call_records"
    path = "/communications/callRecords"
    query = Query(select=False, filter="startDateTime ge {since}")
    entity = "callRecords.callRecord"
    fills = "callId"
    read = Window(
        replication_key="startDateTime",
        reread=LATE,
        kept=timedelta(days=30),
        version="version",
    )
    # Graph sends it with every record, though it is declared as a navigation property.
    added = ("organizer_v2",)
    cost = "1 per 60 rows"
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property(
            "version",
            th.IntegerType,
            description="Rises with each new version of the record, which may be made days later.",
        ),
        th.Property("type", th.StringType, description="groupCall or peerToPeer."),
        th.Property("modalities", Many(th.StringType), description="audio, video, ..."),
        *moments("startDateTime", "endDateTime", "lastModifiedDateTime"),
        th.Property("joinWebUrl", PersonalUrl, description="Address of the online meeting."),
        th.Property(
            "organizer_v2",
            record(
                *strings(PersonId, "id"),
                th.Property("identity", CommunicationsIdentitySet),
                th.Property("administrativeUnitInfos", AdministrativeUnits),
            ),
        ),
        th.Property(
            "organizer", IdentitySet, description="Null since 2026-06-30: see organizer_v2."
        ),
        th.Property(
            "participants",
            Many(IdentitySet),
            description="Empty since 2026-06-30: see call_participants.",
        ),
    )


class CallParticipants(CallStream):
    """Participants of a call."""

    name = "call_participants"
    path = "/communications/callRecords/{callId}/participants_v2"
    query = Query(select=False)
    parents = (CallRecords,)
    entity = "callRecords.participant"
    primary_keys = ("callId", "id")
    cost = "1 per version of a call record and 130 rows"
    properties = th.PropertiesList(
        th.Property("callId", th.StringType, required=True),
        th.Property("id", PersonId, required=True, description="For telephones the number."),
        th.Property("identity", CommunicationsIdentitySet),
        th.Property("administrativeUnitInfos", AdministrativeUnits),
    )


class CallSessions(CallStream):
    """Sessions of a call: one between two people; in a meeting one for each participant."""

    name = "call_sessions"
    path = "/communications/callRecords/{callId}/sessions"
    query = Query(select=False, expand=("segments",))
    parents = (CallRecords,)
    entity = "callRecords.session"
    primary_keys = ("callId", "id")
    fills = "sessionId"
    cost = "1 per version of a call record and 60 rows"
    properties = th.PropertiesList(
        th.Property("callId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        *moments("startDateTime", "endDateTime"),
        th.Property("modalities", Many(th.StringType)),
        th.Property("caller", Endpoint),
        th.Property("callee", Endpoint),
        th.Property("failureInfo", FailureInfo, description="Null if nothing failed."),
        *flags("isTest"),
    )


class CallSegments(CallStream):
    """Segments of a session, with the quality of their media."""

    name = "call_segments"
    path = CallSessions.path
    parents = (CallSessions,)
    read = Nested(inside="segments")
    entity = "callRecords.segment"
    primary_keys = ("callId", "sessionId", "id")
    cost = "none beyond those of call_sessions"
    properties = th.PropertiesList(
        th.Property("callId", th.StringType, required=True),
        th.Property("sessionId", th.StringType, required=True),
        th.Property("id", th.StringType, required=True),
        *moments("startDateTime", "endDateTime"),
        th.Property("caller", Endpoint),
        th.Property("callee", Endpoint),
        th.Property("failureInfo", FailureInfo, description="Null if nothing failed."),
        th.Property("media", Many(Media)),
    )


class PstnCalls(CallStream):
    """Telephone calls over Microsoft's lines, with their costs."""

    name = "pstn_calls"
    path = "/communications/callRecords/getPstnCalls(fromDateTime={since},toDateTime={until})"
    query = Query(select=False)
    permission = "CallRecord-PstnCalls.Read.All"
    entity = "callRecords.pstnCallLogRow"
    read = LOG
    cost = "1 per 90 days and 1,000 rows"
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        th.Property("callId", th.StringType, description="Not the id of a call record."),
        *strings(PersonId, "userId"),
        *strings(MailAddress, "userPrincipalName"),
        *strings(PersonName, "userDisplayName"),
        *moments("startDateTime", "endDateTime"),
        th.Property("duration", th.IntegerType, description="In seconds."),
        th.Property("callType", th.StringType, description="user_in, user_out, conf_in, ..."),
        *strings(PersonalValue, "callerNumber", "calleeNumber"),
        *numbers("charge", "connectionCharge"),
        *texts("currency", "destinationContext", "conferenceId"),
        *strings(Public, "destinationName"),
        *texts("licenseCapability", "inventoryType", "operator"),
        *texts("usageCountryCode", "tenantCountryCode", "callDurationSource"),
    )


def _when_it_failed(_: Ids, call: Row) -> str | None:
    """The time of a failure; Graph's "year 1" for none becomes null, since targets refuse it."""
    when: str | None = call.get("failureDateTime")
    return None if when and when.startswith("0001-") else when


class DirectRoutingCalls(CallStream):
    """Telephone calls over the company's own lines, with their outcome."""

    name = "direct_routing_calls"
    path = (
        "/communications/callRecords/getDirectRoutingCalls(fromDateTime={since},toDateTime={until})"
    )
    query = Query(select=False)
    permission = "CallRecord-PstnCalls.Read.All"
    clouds = ("global",)
    entity = "callRecords.directRoutingLogRow"
    read = LOG
    facts = ("failureDateTime",)
    computed = {"failureDateTime": _when_it_failed}
    cost = "1 per 90 days and 1,000 rows"
    properties = th.PropertiesList(
        th.Property("id", th.StringType, required=True),
        *texts("correlationId"),
        *strings(PersonId, "userId"),
        *strings(MailAddress, "userPrincipalName"),
        *strings(PersonName, "userDisplayName"),
        *moments("inviteDateTime", "startDateTime"),
        th.Property(
            "failureDateTime", th.DateTimeType, description="Null if the call did not fail."
        ),
        *moments("endDateTime"),
        th.Property("duration", th.IntegerType, description="In seconds."),
        th.Property("callType", th.StringType, description="ByotIn, ByotOut, ..."),
        *flags("successfulCall", "mediaBypassEnabled"),
        th.Property("callerNumber", PersonalValue, description="The last digits are masked."),
        th.Property("calleeNumber", PersonalValue, description="The last digits are masked."),
        *texts("mediaPathLocation", "signalingLocation", "trunkFullyQualifiedDomainName"),
        *counts("finalSipCode", "callEndSubReason"),
        *texts("finalSipCodePhrase"),
    )
