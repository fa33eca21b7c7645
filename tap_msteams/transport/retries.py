"""Retries of requests for tokens, below MSAL, which remembers a refusal for a minute."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import override
from urllib3.util import Retry

from tap_msteams.errors import http_date, retry_after_seconds

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

UNAVAILABLE = frozenset({429, 500, 502, 503, 504})
"""Statuses of a service that will answer again."""

MINUTE, LONGER = 8, 9
"""Attempts after the first one, whose waits take 60 and 75 seconds with a backoff of half a second:
0, 1, 2, 4, 8 and then 15 each."""

_LONGEST = 15

_LOGGER = logging.getLogger(__name__)


class TokenRetry(Retry):
    """Attempts for about a minute: a server can make the waits in between longer, never shorter."""

    def __init__(self, *, service: str, **options: Any) -> None:  # noqa: ANN401 - urllib3's own
        """Ask `service`, which messages name, again."""
        super().__init__(**options)
        self._service = service

    @classmethod
    def with_service(  # noqa: PLR0913 - what differs between services
        cls,
        service: str,
        backoff: float,
        *,
        attempts: int = MINUTE,
        connect: int = 2,
        read: int = 1,
        statuses: frozenset[int] = UNAVAILABLE,
    ) -> TokenRetry:
        """The retries for a service; `backoff` is the unit of the waits in seconds."""
        return cls(
            service=service,
            total=attempts,
            connect=connect,
            read=read,
            other=0,  # a wrong certificate or proxy password stays wrong
            allowed_methods=None,
            status_forcelist=statuses,
            backoff_factor=backoff,
            backoff_max=_LONGEST,
            raise_on_status=False,
            retry_after_max=60,
        )

    @override
    def new(self, **changes: Any) -> Self:
        return super().new(service=self._service, **changes)

    @override
    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """The seconds to wait, of which urllib3 would take less, or fail at a fraction."""
        headers = response.headers
        asked = retry_after_seconds(headers.get("Retry-After"), http_date(headers.get("Date")))
        return max(min(asked or 0.0, self.retry_after_max), self.get_backoff_time())

    @override
    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        if response is not None and (wait := self.get_retry_after(response)):
            _LOGGER.info(
                "%s is not available (HTTP %d): trying again in %.0f s",
                self._service,
                response.status,
                wait,
            )
        super().sleep(response)
