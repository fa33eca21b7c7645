"""Managed identities, which Azure assigns to machines.

The requests are MSAL's, as they are in azure-identity, which adds 1.7 MB for its own retries, hides
the endpoint's reason behind "no response" and does not verify Service Fabric's certificate.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import msal
import requests

from tap_msteams.auth.answers import UNTYPED, answer, checked
from tap_msteams.auth.refusals import OutageError, machine_refusal
from tap_msteams.auth.service_fabric import ask_service_fabric, in_service_fabric
from tap_msteams.errors import AuthenticationError, SettingsError
from tap_msteams.transport import UPDATING, machine_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams.auth.provider import TokenAnswer
    from tap_msteams.settings import Settings


def endpoint_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for the machine's endpoint, which raises for every answer without a token."""
    name, _ = _identity(settings)
    session = machine_session(settings, backoff)
    session.hooks["response"].append(_check_update)
    return checked(
        session, "The managed identity endpoint", lambda body, _: machine_refusal(body, name)
    )


class ManagedIdentity:
    """A managed identity: the machine's own, or a user-assigned one."""

    is_application = True

    def __init__(self, settings: Settings, session: requests.Session) -> None:
        """Request the tokens of the identity in the settings through an `endpoint_session`."""
        self._settings = settings
        self._name, self._identity = _identity(settings)
        self._resource = settings.graph_url
        self._session = session

    def acquire(self, claims: str | None = None, rejected: str | None = None) -> TokenAnswer:  # noqa: ARG002 - the endpoint takes none
        """A token with the permissions of the identity."""
        if "MSI_ENDPOINT" in os.environ and "MSI_SECRET" not in os.environ:
            msg = (
                "Azure Cloud Shell has no managed identity that may read Teams: set 'auth_method' "
                "to azure_cli, or sign in with `tap-msteams login --device-code`"
            )
            raise SettingsError(msg)
        try:
            result = self._ask(rejected)
        except requests.exceptions.RequestException as error:
            url = urlsplit((error.request and error.request.url) or "")
            msg = (
                f"No managed identity endpoint answers at {url.scheme}://{url.netloc}: run the "
                "tap on an Azure machine that has an identity, or choose another 'auth_method'"
            )
            raise AuthenticationError(msg) from error
        except (msal.ManagedIdentityError, OSError) as error:
            msg = f"This machine's kind of managed identity cannot be used: {error}"
            raise AuthenticationError(msg) from error
        except UNTYPED as error:
            msg = "The managed identity endpoint does not answer as one does: try again later"
            raise AuthenticationError(msg) from error
        if "error" in result:
            raise machine_refusal(result, self._name)
        return answer(result)

    def _ask(self, rejected: str | None) -> Mapping[str, Any]:
        if in_service_fabric():
            if self._name:
                msg = (
                    "Service Fabric assigns the identity itself: remove "
                    f"{self._name.split(maxsplit=1)[0]}"
                )
                raise SettingsError(msg)
            return ask_service_fabric(self._session, self._resource, rejected)
        # A new client for each token, since MSAL's clients answer from their cache.
        client = msal.ManagedIdentityClient(self._identity, http_client=self._session)
        found: dict[str, Any] = client.acquire_token_for_client(resource=self._resource)
        return found


def _check_update(response: requests.Response, **_options: object) -> None:
    """Raise for a metadata service that is still being updated, or is not Azure's at all."""
    if response.status_code in UPDATING:
        _ = response.content  # gives the connection back
        msg = (
            f"The managed identity endpoint is being updated (HTTP {response.status_code}), which "
            "takes Azure up to 70 seconds: try again later, or, on a machine outside Azure, choose "
            "another 'auth_method'"
        )
        raise OutageError(msg)


def _identity(settings: Settings) -> tuple[str | None, Any]:
    """The identity in the settings: its description and MSAL's object."""
    for name in ("client_id", "object_id", "resource_id"):
        key = f"managed_identity_{name}"
        if found := getattr(settings, key):
            return f"'{key}' {found}", msal.UserAssignedManagedIdentity(**{name: found})
    return None, msal.SystemAssignedManagedIdentity()
