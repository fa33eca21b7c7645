"""Change notifications: who wants to know of messages in channels, and what they are told.

https://learn.microsoft.com/en-us/graph/teams-changenotifications-chatmessage
Notifications with resource data, which are encrypted, are not served.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import urlsplit

import msgspec

from tap_msteams_sandbox.area import Area
from tap_msteams_sandbox.instants import MINUTE, iso, parse
from tap_msteams_sandbox.odata import entity, page
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.message import Message
    from tap_msteams_sandbox.company.team import Channel
    from tap_msteams_sandbox.endpoints import Call

    Row = dict[str, Any]

READ = ("ChannelMessage.Read.All",)

LONGEST, WITHOUT_LIFECYCLE = 4320, 60
"""Minutes that a subscription may last, and may last without `lifecycleNotificationUrl`."""

KINDS = frozenset({"created", "updated", "deleted"})

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
"""Where a listener needs no TLS; anywhere else it does."""

_RESOURCE = re.compile(
    r"/?teams/(?:getAllMessages|([^/?]+)/channels/(?:getAllMessages|([^/?]+)/messages))"
)

AREA = Area("Change notifications")


class _Asked(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """The body of a request."""

    change_type: str = ""
    notification_url: str = ""
    resource: str = ""
    expiration_date_time: str = ""
    lifecycle_notification_url: str | None = None
    client_state: str | None = None
    latest_supported_tls_version: str | None = None
    include_resource_data: bool | None = None


class Subscriptions:
    """The subscriptions of a tenant."""

    def __init__(self, tenant: Company) -> None:
        self._tenant = tenant
        self.all: dict[str, Row] = {}
        self.validate: Callable[[str], None] = _unheard
        """Asks a listener whether it wants notifications, or raises Graph's refusal."""

    def of(self, call: Call) -> list[Row]:
        """Return those of a caller that have not expired."""
        now = self._tenant.now()
        who = call.caller.application, call.caller.user
        return [
            row
            for row in self.all.values()
            if (row["applicationId"], row["creatorId"]) == who
            and parse(row["expirationDateTime"]) > now
        ]

    def one(self, call: Call) -> Row:
        """Return the one that a path names."""
        for row in self.of(call):
            if row["id"] == call.names[0]:
                return row
        raise GraphError(404, "ResourceNotFound", "The object was not found.")

    def due(self, kind: str, where: Channel, message: Message) -> Iterator[tuple[str, bytes]]:
        """Yield the listeners of a change, each with what it is told."""
        if not self.all:
            return  # a clock that somebody else drives is asked for nothing
        now, team = self._tenant.now(), where.team.id
        place = f"teams('{team}')/channels('{where.id}')/messages('{message.parent or message.id}')"
        address = place + (f"/replies('{message.id}')" if message.parent else "")
        data = {
            "@odata.type": "#Microsoft.Graph.chatMessage",
            "@odata.id": address,
            "id": str(message.id),
        }
        for row in self.all.values():
            found = _RESOURCE.fullmatch(row["resource"])
            wanted = found.groups() if found else ()
            if (
                kind in row["changeType"].split(",")
                and parse(row["expirationDateTime"]) > now
                and all(it in {None, own} for it, own in zip(wanted, (team, where.id), strict=True))
            ):
                told = {
                    "subscriptionId": row["id"],
                    "changeType": kind,
                    "clientState": row["clientState"],
                    "subscriptionExpirationDateTime": row["expirationDateTime"],
                    "tenantId": self._tenant.id,
                    "resource": address,
                    "resourceData": data,
                }
                yield row["notificationUrl"], msgspec.json.encode({"value": [told]})


@AREA.endpoint(
    "POST /subscriptions", "subscription-post-subscriptions", application=READ, delegated=READ
)
def create(call: Call) -> Reply:
    """POST /subscriptions: the listener is asked first."""
    asked = _asked(call)
    kinds = [kind.strip() for kind in asked.change_type.split(",")]
    if not KINDS.issuperset(kinds):
        _refuse(f"Unsupported change type '{asked.change_type}'.")
    found = _RESOURCE.fullmatch(asked.resource)
    if found is None:
        _refuse(f"Resource '{asked.resource}' is not served here: only messages of channels are.")
    if call.caller.user is not None and not found[2]:
        _refuse("Subscriptions to all messages are not supported in delegated context.")
    if asked.include_resource_data:
        _refuse("Notifications with resource data are not served here.")
    key, url = str(uuid.uuid4()), _listener(asked.notification_url)
    row: Row = {
        "id": key,
        "resource": asked.resource,
        "applicationId": call.caller.application,
        "changeType": ",".join(kinds),
        "clientState": asked.client_state,
        "notificationUrl": url,
        "notificationQueryOptions": None,
        "lifecycleNotificationUrl": asked.lifecycle_notification_url,
        "expirationDateTime": _end(call, asked, asked.lifecycle_notification_url),
        "creatorId": call.caller.user,
        "includeResourceData": None,
        "latestSupportedTlsVersion": asked.latest_supported_tls_version or "v1_2",
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationUrlAppId": None,
    }
    known = call.tenant.part(Subscriptions)

    def check() -> None:
        known.validate(url)
        with call.tenant.lock:
            known.all[key] = row

    return Reply(201, _entity(call, row), check=check)


@AREA.endpoint("GET /subscriptions", "subscription-list", application=(), delegated=())
def subscriptions(call: Call) -> bytes:
    """GET /subscriptions: those of the application, or of the user in it."""
    rows = [msgspec.json.encode(row) for row in call.tenant.part(Subscriptions).of(call)]
    return page(call.context("subscriptions"), rows)


@AREA.endpoint("GET /subscriptions/{id}", "subscription-get", application=(), delegated=())
def subscription(call: Call) -> bytes:
    """GET /subscriptions/{id}."""
    return _entity(call, call.tenant.part(Subscriptions).one(call))


@AREA.endpoint("PATCH /subscriptions/{id}", "subscription-update", application=(), delegated=())
def renew(call: Call) -> Reply:
    """PATCH /subscriptions/{id}: another end, or another listener, which is asked first."""
    known, asked = call.tenant.part(Subscriptions), _asked(call)
    row = known.one(call)
    new: Row = {}
    if asked.expiration_date_time:
        new["expirationDateTime"] = _end(call, asked, row["lifecycleNotificationUrl"])
    if asked.notification_url:
        new["notificationUrl"] = _listener(asked.notification_url)

    def check() -> None:
        if asked.notification_url:
            known.validate(new["notificationUrl"])
        with call.tenant.lock:
            row.update(new)

    return Reply(200, _entity(call, {**row, **new}), check=check)


@AREA.endpoint("DELETE /subscriptions/{id}", "subscription-delete", application=(), delegated=())
def delete(call: Call) -> Reply:
    """DELETE /subscriptions/{id}."""
    known = call.tenant.part(Subscriptions)
    del known.all[known.one(call)["id"]]
    return Reply(204)


def _entity(call: Call, row: Row) -> bytes:
    return entity(call.context("subscriptions/$entity"), msgspec.json.encode(row))


def _asked(call: Call) -> _Asked:
    try:
        return msgspec.json.decode(call.body, type=_Asked)
    except msgspec.MsgspecError as error:
        msg = f"Unable to read JSON request payload: {error}"
        raise GraphError.bad_request(msg) from error


def _end(call: Call, asked: _Asked, lifecycle: str | None) -> str:
    """Return the end that is asked for, if it is one that Graph takes."""
    try:
        end = int(parse(asked.expiration_date_time))
    except ValueError:
        _refuse("ExpirationDateTime is missing, or is no moment.")
    minutes = (end - call.tenant.now()) / MINUTE
    if minutes <= 0:
        _refuse("Subscription expiration must be in the future.")
    if minutes > LONGEST:
        _refuse(f"Subscription expiration can only be {LONGEST} minutes in the future.")
    if minutes > WITHOUT_LIFECYCLE and not lifecycle:
        _refuse(
            "lifecycleNotificationUrl is a required property for subscription creation on this "
            "resource when the expirationDateTime value is set to greater than 1 hour."
        )
    return iso(end)


def _listener(url: str) -> str:
    parts = urlsplit(url)
    plain = parts.scheme == "http" and parts.hostname in HERE
    if not parts.hostname or not (plain or parts.scheme == "https"):
        _refuse("The notificationUrl must use HTTPS.")
    return url


def _refuse(message: str) -> NoReturn:
    raise GraphError(400, "InvalidRequest", message)


def _unheard(url: str) -> None:
    msg = f"Nobody asks {url}: the sandbox is closed."
    raise GraphError(400, "ValidationError", msg)
