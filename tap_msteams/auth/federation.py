"""Workload identity federation: the token of another identity provider instead of a secret.

https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from typing_extensions import override

from tap_msteams.auth.answers import checked, reached
from tap_msteams.auth.registration import Application
from tap_msteams.errors import AuthenticationError, SettingsError
from tap_msteams.settings import label
from tap_msteams.settings.methods import GITHUB_TOKEN_URL
from tap_msteams.transport import identity_session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    from tap_msteams.settings import Settings

AUDIENCE = "api://AzureADTokenExchange"
"""https://learn.microsoft.com/en-us/graph/api/resources/federatedidentitycredential"""

_GITHUB = "GitHub Actions"

_GITHUB_TOKEN = "ACTIONS_ID_TOKEN_REQUEST_TOKEN"  # noqa: S105 - the name of a variable


def github_session(settings: Settings, backoff: float = 0.5) -> requests.Session:
    """The session for GitHub, which raises for every answer without a token."""
    return checked(identity_session(settings, backoff), _GITHUB, _refused)


class WorkloadIdentity(Application):
    """An application that signs in with another identity provider's token."""

    def __init__(
        self,
        settings: Settings,
        session: requests.Session,
        clock: Callable[[], float],
        github: requests.Session,
    ) -> None:
        """Sign in through an `entra_session`, and through a `github_session` in its jobs."""
        super().__init__(settings, session, clock)
        self._github = github

    @override
    def _credential(self) -> Any:
        # Requested each time, since these tokens live for minutes.
        return {"client_assertion": self._assertion}

    def _assertion(self) -> str:
        if path := self._settings.federated_token_file:
            return _read(Path(path))
        return self._ask_github()

    def _ask_github(self) -> str:
        """Request the token that identifies this job of GitHub Actions.

        https://docs.github.com/en/actions/reference/security/oidc
        """
        url, bearer = os.environ.get(GITHUB_TOKEN_URL), os.environ.get(_GITHUB_TOKEN)
        if not url or not bearer or urlsplit(url).scheme != "https":
            msg = (
                f"{_GITHUB} offers this job no token: give it the permission `id-token: write`, "
                f"or set {label('federated_token_file')}"
            )
            raise SettingsError(msg)
        with reached(_GITHUB, _GITHUB, "federated_token_file"):
            found = self._github.get(
                url, params={"audience": AUDIENCE}, headers={"Authorization": f"Bearer {bearer}"}
            )
            return str(found.json()["value"])


def _refused(body: Mapping[str, Any], status: int) -> AuthenticationError:
    said = body.get("message") or body["error"]
    return AuthenticationError(f"{_GITHUB} gave no token: {said} (HTTP {status})")


def _read(path: Path) -> str:
    where = label("federated_token_file")
    try:
        text = path.read_text("ascii").strip()
    except OSError as error:
        msg = f"{where}: the file {path} cannot be read ({error.strerror})"
        raise SettingsError(msg) from error
    except UnicodeDecodeError:
        text = ""
    if not text or len(text.split()) != 1:
        msg = f"{where}: the file {path} holds no token"
        # The cause is left out, since its text may be the token.
        raise SettingsError(msg)
    return text
