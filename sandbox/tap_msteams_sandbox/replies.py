"""Replies: answers and refusals of Graph."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable

TOO_MANY = "TooManyRequests"


@dataclass
class Reply:
    """An answer as it goes over the wire."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    manner: Literal["", "drop", "reset", "stall", "drip", "endless", "line"] = ""
    """How the connection is mistreated, if at all."""
    share: float = 0.0
    """How much of the body goes out before that; 0: not even the status."""
    seconds: float = 0.0
    """How long a stalled connection lasts, or the time between two bytes of a dripping one."""
    line: str = ""
    """A line between the headers."""
    check: Callable[[], None] | None = None
    """What the answer waits for, outside of Graph's own work; it may raise a refusal instead."""
    informational: tuple[int, float] | None = None
    """The status of an answer before this one, and the seconds between them."""


class GraphError(Exception):
    """A refusal, with Graph's own code and message."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: dict[str, str] | None = None,
        *,
        inner: str | None = None,
    ) -> None:
        """Refuse with these words; `inner` is a more precise code, which some refusals have."""
        super().__init__(message)
        self.inner = "429" if code == TOO_MANY else inner
        self.status, self.code, self.message = status, code, message
        self.headers = headers or {}

    @override
    def __str__(self) -> str:
        return f"{self.status} {self.code}: {self.message}"

    @classmethod
    def bad_request(cls, message: str) -> Self:
        """The request asks for something that is not documented."""
        return cls(400, "BadRequest", message)

    @classmethod
    def unknown_segment(cls, segment: str) -> Self:
        """The path leads nowhere."""
        return cls(400, "BadRequest", f"Resource not found for the segment '{segment}'.")

    @classmethod
    def no_team(cls, team: str) -> Self:
        """The team does not exist."""
        return cls(404, "NotFound", f"No team found with Group Id {team}")

    @classmethod
    def not_found(cls, what: str) -> Self:
        """Something below a team does not exist."""
        return cls(404, "NotFound", f"{what} not found")

    @classmethod
    def not_a_member(cls) -> Self:
        """The user may call the endpoint but is not a member of the team or chat."""
        return cls(403, "Forbidden", "The caller does not have access to this resource.")

    @classmethod
    def unauthorized(cls, message: str) -> Self:
        """The token is missing, unknown or no longer valid."""
        challenge = (
            'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/'
            'authorize", client_id="00000003-0000-0000-c000-000000000000"'
        )
        headers = {"WWW-Authenticate": challenge}
        return cls(401, "InvalidAuthenticationToken", message, headers)

    def reply(self, date: str, request_id: str, client_request_id: str) -> Reply:
        """Return the error in Graph's shape.

        https://learn.microsoft.com/en-us/graph/errors
        """
        inner: dict[str, Any] = {
            "date": date,
            "request-id": request_id,
            "client-request-id": client_request_id,
        }
        if self.inner:
            inner = {"code": self.inner, **inner}
        error = {"code": self.code, "message": self.message, "innerError": inner}
        return Reply(self.status, msgspec.json.encode({"error": error}), dict(self.headers))


def request_id() -> str:
    """Return a new id of a request."""
    return str(uuid.uuid4())
