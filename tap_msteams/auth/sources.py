"""Where tokens come from: one class for each way to sign in, the protocol left to MSAL."""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import msal
import requests

from tap_msteams.auth.provider import Answer, Source
from tap_msteams.auth.refusals import machine_refusal, refusal
from tap_msteams.errors import AuthenticationError
from tap_msteams.transport import identity_session, machine_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_msteams.settings import Settings

_IMPLICIT_SCOPES = {"openid", "profile", "offline_access"}
"""MSAL asks for these itself, and refuses to be told."""

_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = 500


def source_for(settings: Settings, backoff: float) -> Source:
    """The source that `auth_method` names."""
    if settings.auth_method == "managed_identity":
        return ManagedIdentity(settings, machine_session(settings, backoff))
    session = identity_session(settings, backoff)
    if settings.auth_method == "refresh_token":
        return RefreshToken(settings, session)
    return ServicePrincipal(settings, session)


class _Registration:
    """An app registration, as MSAL acts for it at Entra ID."""

    def __init__(self, settings: Settings, session: requests.Session) -> None:
        self._settings = settings
        self._where = f"Entra ID at {settings.authority_host}"
        self._session = _checked(session, self._where, refusal)

    @cached_property
    def _app(self) -> Any:  # noqa: ANN401 - MSAL has no types
        settings = self._settings
        tenant = quote(settings.tenant_id or "organizations", safe="")
        options = {
            "authority": f"{settings.authority_host}/{tenant}",
            "http_client": self._session,
            # Either would ask Microsoft's public cloud about an authority of another one.
            "instance_discovery": False,
            "azure_region": False,
        }
        if settings.client_secret:
            return msal.ConfidentialClientApplication(
                settings.client_id, client_credential=settings.client_secret, **options
            )
        return msal.PublicClientApplication(settings.client_id, **options)

    @contextmanager
    def _reached(self) -> Iterator[None]:
        """Turn what can happen on the way into one line."""
        try:
            yield
        except requests.exceptions.ProxyError as error:
            msg = (
                f"The proxy does not let this tap through to {self._where}: check HTTPS_PROXY, "
                "its user and password, and NO_PROXY"
            )
            raise AuthenticationError(msg) from error
        except requests.exceptions.SSLError as error:
            msg = (
                f"{self._where} shows a certificate that is not trusted: set 'ca_bundle' to a PEM "
                "file with the certificate authority of your network"
            )
            raise AuthenticationError(msg) from error
        except requests.exceptions.RequestException as error:
            msg = (
                f"{self._where} cannot be reached: check the network, 'authority_host' and, "
                "behind a proxy, HTTPS_PROXY"
            )
            raise AuthenticationError(msg) from error
        except (KeyError, ValueError) as error:
            msg = f"{self._where} does not answer as Entra ID does: check 'authority_host'"
            raise AuthenticationError(msg) from error


class ServicePrincipal(_Registration):
    """An application by its client secret."""

    is_application = True

    def acquire(self, claims: str | None = None) -> Answer:
        """A token for the application's own permissions."""
        with self._reached():
            self._app.remove_tokens_for_client()
            return _answer(
                self._app.acquire_token_for_client(
                    [f"{self._settings.graph_url}/.default"],
                    claims_challenge=claims,
                )
            )


class RefreshToken(_Registration):
    """A user who has signed in before; each answer brings the next refresh token."""

    is_application = False

    def __init__(self, settings: Settings, session: requests.Session) -> None:
        super().__init__(settings, session)
        self._refresh_token = settings.refresh_token
        self._scopes = [
            scope for scope in settings.scopes or () if scope.lower() not in _IMPLICIT_SCOPES
        ] or [f"{settings.graph_url}/.default"]

    def acquire(self, claims: str | None = None) -> Answer:
        """A token for what the user consented to."""
        with self._reached():
            result = self._app.acquire_token_by_refresh_token(
                self._refresh_token,
                self._scopes,
                data={"claims": claims} if claims else {},
            )
            self._keep(result.get("refresh_token") or self._refresh_token)
            return _answer(result)

    def _keep(self, refresh_token: str) -> None:
        """Use it from now on."""
        self._refresh_token = refresh_token


class ManagedIdentity:
    """An identity that Azure has assigned to the machine."""

    is_application = True

    def __init__(self, settings: Settings, session: requests.Session) -> None:
        self._client_id = settings.managed_identity_client_id
        self._resource = settings.graph_url
        self._session = _checked(
            session,
            "The managed identity endpoint",
            lambda body: machine_refusal(body, self._client_id),
        )

    def acquire(self, claims: str | None = None) -> Answer:  # noqa: ARG002 - the endpoint takes none
        """A token for what the identity was granted."""
        identity = (
            msal.UserAssignedManagedIdentity(client_id=self._client_id)
            if self._client_id
            else msal.SystemAssignedManagedIdentity()
        )
        try:
            # A client of its own for each token: MSAL's would answer from its cache.
            client = msal.ManagedIdentityClient(identity, http_client=self._session)
            result = client.acquire_token_for_client(resource=self._resource)
        except requests.exceptions.RequestException as error:
            url = urlsplit((error.request and error.request.url) or "")
            msg = (
                f"No managed identity endpoint answers at {url.scheme}://{url.netloc}: run the "
                "tap on an Azure machine that has an identity, or choose another 'auth_method'"
            )
            raise AuthenticationError(msg) from error
        except msal.ManagedIdentityError as error:
            msg = f"This machine's kind of managed identity cannot be used: {error}"
            raise AuthenticationError(msg) from error
        if "error" in result:
            raise machine_refusal(result, self._client_id)
        return _answer(result)


def _checked(
    session: requests.Session,
    where: str,
    refused: Callable[[Mapping[str, Any]], AuthenticationError],
) -> requests.Session:
    """The session, raising for every answer that holds no token or configuration.

    MSAL would hide the reason of some, and answer from memory for a minute after others.
    """

    def check(response: requests.Response, **_options: object) -> None:
        status = response.status_code
        _ = response.content  # gives the connection back
        if status == _TOO_MANY_REQUESTS or status >= _SERVER_ERRORS:
            msg = f"{where} is not available (HTTP {status}): try again later"
            raise AuthenticationError(msg)
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            msg = (
                f"{where} is hidden behind something else, which answers with HTTP {status} and "
                "no JSON: check the address and the proxy"
            )
            raise AuthenticationError(msg)
        if "error" in body:
            raise refused(body)

    session.hooks["response"].append(check)
    return session


def _answer(result: Mapping[str, Any]) -> Answer:
    token, expires_in = result.get("access_token"), result.get("expires_in")
    if not token or not expires_in:
        msg = "The answer to a sign-in has no token: check 'authority_host' and the proxy"
        raise AuthenticationError(msg)
    # MSAL tells this time by the wall clock.
    refresh_on = result.get("refresh_on")
    return Answer(token, float(expires_in), refresh_on - time.time() if refresh_on else None)
