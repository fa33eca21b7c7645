"""Form: the fields of a request to Entra."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import unquote_plus

from aiohttp import BasicAuth

from tap_msteams_sandbox.identity.aadsts import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aiohttp import web


class Form(dict[str, str]):
    """The fields; a missing one is refused as Entra does."""

    @classmethod
    async def of(cls, request: web.Request) -> Self:
        """The posted fields or those of the query; an empty field counts as absent."""
        fields: Mapping[str, object] = (
            await request.post() if request.method == "POST" else request.query
        )
        return cls({k: v for k, v in fields.items() if v and isinstance(v, str)})

    def __missing__(self, key: str) -> str:
        raise Refusal(900144, got=key)

    def take_credentials(self, header: str | None) -> None:
        """Take an application's credentials from the header, where there are any.

        https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-auth-code-flow#request-an-access-token-with-a-client_secret
        https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1
        """
        proven = {"client_secret", "client_assertion"} & set(self)
        if proven or header is None or not header.lower().startswith("basic "):
            return
        try:
            found = BasicAuth.decode(header)
        except ValueError:
            raise Refusal(9002313, "invalid_request") from None
        self["client_id"] = unquote_plus(found.login)
        self["client_secret"] = unquote_plus(found.password)

    @property
    def claims(self) -> dict[str, Any]:
        """The requested claims of the access token.

        https://learn.microsoft.com/en-us/entra/identity-platform/claims-challenge
        """
        try:
            return dict(json.loads(self.get("claims", "{}")).get("access_token") or {})
        except (AttributeError, TypeError, ValueError):
            raise Refusal(9002313, "invalid_request") from None


def correlation_id(request: web.Request) -> str:
    """The client's id of the request, or a new one."""
    return request.headers.get("client-request-id") or str(uuid.uuid4())
