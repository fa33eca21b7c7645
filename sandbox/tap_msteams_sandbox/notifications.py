"""Notifications: requests of Graph to those who want to know of changes.

https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks
"""

from __future__ import annotations

import ssl
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Self
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

from tap_msteams_sandbox.areas.subscriptions import Subscriptions
from tap_msteams_sandbox.replies import GraphError

if TYPE_CHECKING:
    from types import TracebackType

    from tap_msteams_sandbox.company.company import Company
    from tap_msteams_sandbox.company.message import Message
    from tap_msteams_sandbox.company.team import Channel

PATIENCE = 10
"""Seconds that a listener has for its answer."""

PAUSES = (1, 2, 4, 8)
"""Seconds before a notification is sent again; Graph goes on for four hours."""


class Notifier:
    """Asks listeners whether they want notifications, and sends them one after the other.

    It does so as a context manager, while it is open.
    """

    def __init__(self, tenant: Company, ca_bundle: str) -> None:
        trust = ssl.create_default_context()
        trust.load_verify_locations(ca_bundle)
        self._opener = build_opener(ProxyHandler({}), HTTPSHandler(context=trust))
        self._closing = threading.Event()
        self._sender = ThreadPoolExecutor(1, "notifications")
        self._subscriptions = tenant.part(Subscriptions)
        self._watchers = tenant.watchers

    def __enter__(self) -> Self:
        self._subscriptions.validate = self.validate
        self._watchers.append(self.tell)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._watchers.remove(self.tell)
        self._closing.set()
        self._sender.shutdown(cancel_futures=True)

    def validate(self, url: str) -> None:
        """Ask a listener, which has to send back the token that it gets."""
        token = f"Validation: Testing client application reachability {uuid.uuid4()}"
        parts = "&" if "?" in url else "?"
        address = f"{url}{parts}validationToken={quote(token)}"
        asked = Request(address, b"", {"Content-Type": "text/plain; charset=utf-8"})  # noqa: S310 (checked when subscribed)
        try:
            with self._opener.open(asked, timeout=PATIENCE) as answer:
                good = answer.status == 200 and answer.read(4096).decode() == token  # noqa: PLR2004
        except TimeoutError as error:
            msg = "Subscription validation request timed out."
            raise GraphError(400, "ValidationError", msg) from error
        except HTTPError as error:
            raise _unwilling(error.reason) from error
        except (OSError, ValueError) as error:
            raise _unwilling() from error
        if not good:
            raise _unwilling()

    def tell(self, kind: str, where: Channel, message: Message) -> None:
        """Send what is due after a change, without waiting for it."""
        if not self._closing.is_set():
            for url, content in self._subscriptions.due(kind, where, message):
                self._sender.submit(self._send, url, content)

    def _send(self, url: str, content: bytes) -> None:
        headers = {"Content-Type": "application/json; charset=utf-8"}
        for pause in (*PAUSES, None):
            try:
                with self._opener.open(Request(url, content, headers), timeout=PATIENCE):  # noqa: S310 (as above)
                    return
            except (OSError, ValueError):
                if pause is None or self._closing.wait(pause):
                    return  # as Graph gives up


def _unwilling(status: str = "") -> GraphError:
    found = f" HTTP status code is '{status}'." if status else ""
    msg = (
        f"Subscription validation request failed.{found} Notification endpoint must respond with "
        "200 OK to validation request."
    )
    return GraphError(400, "ValidationError", msg)
