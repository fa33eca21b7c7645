"""App registrations at Entra ID, through MSAL."""

from __future__ import annotations

import logging
import re
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msal

from tap_msteams.auth.answers import answer, checked, reached
from tap_msteams.auth.certificates import Certificate
from tap_msteams.auth.claims import CAPABILITIES, asked_claims
from tap_msteams.auth.refusals import SignInError, refusal
from tap_msteams.errors import AuthenticationError, SettingsError
from tap_msteams.settings import label
from tap_msteams.settings.methods import asked_scopes
from tap_msteams.transport import identity_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    import requests

    from tap_msteams.auth.entry import Entry
    from tap_msteams.auth.provider import TokenAnswer
    from tap_msteams.settings import Settings

logger = logging.getLogger(__name__)

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

NOBODY = (
    "nobody has signed in yet: run `tap-msteams login` with this configuration, or "
    "`tap-msteams login --device-code` on a machine without a browser"
)


def entra_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for Entra ID, which raises for every answer without a token."""

    def refused(body: Mapping[str, Any], _status: int) -> AuthenticationError:
        return refusal(body, settings.auth_method, settings.tenant_id)

    return checked(identity_session(settings, backoff), _where(settings), refused)


def _where(settings: Settings) -> str:
    return f"Entra ID at {settings.authority_host}"


class Registration:
    """An app registration: a public one, or one with a secret or certificate."""

    def __init__(
        self,
        settings: Settings,
        session: requests.Session,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Sign in with the registration in the settings, through an `entra_session`."""
        self._settings = settings
        self._session = session
        self._clock = clock
        self._tenant = quote(settings.tenant_id or "organizations", safe="")
        everything = f"{settings.graph_url}/.default"
        self.scopes = [
            f"{settings.graph_url}{scope}" if scope.startswith("/.") else scope
            for scope in asked_scopes(settings.scopes or ())
        ] or [everything]
        """The delegated permissions to request."""

    @cached_property
    def app(self) -> Any:  # noqa: ANN401 - MSAL has no types
        """MSAL's client; use it within `reached`."""
        options = {
            "authority": f"{self._settings.authority_host}/{self._tenant}",
            "http_client": self._session,
            "client_capabilities": CAPABILITIES,
            # Both would ask Microsoft's public cloud about an authority in another cloud.
            "instance_discovery": False,
            "azure_region": False,
        }
        client_id, credential = self._settings.client_id, self._credential()
        if credential:
            return msal.ConfidentialClientApplication(
                client_id, client_credential=credential, **options
            )
        return msal.PublicClientApplication(client_id, **options)

    def tenant(self) -> str | None:
        """The id of the configured tenant, as Entra ID knows it; None for any tenant."""
        with self.reached():
            path = urlsplit(self.app.authority.token_endpoint).path
        found = path.strip("/").partition("/")[0].lower()
        return found if _GUID.fullmatch(found) else None

    @property
    def is_confidential(self) -> bool:
        """Whether the application proves itself by a secret or certificate."""
        settings = self._settings
        return bool(
            settings.client_secret
            or settings.client_certificate
            or settings.client_certificate_path
        )

    def reached(self) -> AbstractContextManager[None]:
        """A context that turns failures on the way to Entra ID into one line."""
        return reached(_where(self._settings), "Entra ID", "authority_host")

    def redeem(self, entry: Entry, claims: str | None = None) -> dict[str, Any]:
        """Redeem a user's refresh token at Entra ID; raises AuthenticationError.

        The configured refresh token is tried where the stored one is refused.
        """
        configured = self._settings.refresh_token
        refresh_token = entry.token_to_redeem(configured)
        if refresh_token is None:
            raise AuthenticationError(NOBODY)
        self.check_credential(entry)
        try:
            return self._redeem(refresh_token, claims)
        except SignInError as error:
            if not configured or configured == refresh_token:
                raise
            logger.warning(
                "The refresh token of the token store was refused, using that of the "
                "configuration: %s",
                error,
            )
        result = self._redeem(configured, claims)
        entry.seed = None  # the stored token no longer replaces the configured one
        return result

    def check_credential(self, entry: Entry) -> None:
        """Raise SettingsError where the sign-in took a secret or certificate that is not set."""
        if entry.confidential and not self.is_confidential:
            msg = (
                "the user has signed in to an application that proves itself, too: set "
                f"{label('client_secret')} or the certificate as for the sign-in"
            )
            raise SettingsError(msg)

    def _redeem(self, refresh_token: str, claims: str | None) -> dict[str, Any]:
        with self.reached():
            # In this call alone MSAL leaves out the capabilities of the tap.
            result = self.app.acquire_token_by_refresh_token(
                refresh_token, self.scopes, data={"claims": asked_claims(claims)}
            )
        return {**result, "refresh_in": answer(result).refresh_in}

    def _credential(self) -> Any:  # noqa: ANN401 - MSAL has no types
        """The credential of the application in MSAL's form; None for a public one."""
        settings = self._settings
        if not (settings.client_certificate or settings.client_certificate_path):
            return settings.client_secret
        certificate = Certificate.from_settings(settings)
        certificate.check(self._clock())
        audience = f"{settings.authority_host}/{self._tenant}/oauth2/v2.0/token"

        def assertion() -> str:
            return certificate.assertion(settings.need("client_id"), audience, self._clock())

        return {"client_assertion": assertion}


class Application(Registration):
    """An application that signs in as itself."""

    is_application = True

    def acquire(self, claims: str | None = None, rejected: str | None = None) -> TokenAnswer:  # noqa: ARG002 - a new one each time
        """A token for the application's own permissions."""
        with self.reached():
            self.app.remove_tokens_for_client()
            return answer(
                self.app.acquire_token_for_client(
                    [f"{self._settings.graph_url}/.default"], claims_challenge=claims
                )
            )
