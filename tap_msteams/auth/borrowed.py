"""Tokens of other programs: one in the settings, or the Azure CLI's."""

from __future__ import annotations

import json
import logging
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tap_msteams.auth.claims import claims_of
from tap_msteams.auth.provider import TokenAnswer, bounded_life, is_token
from tap_msteams.auth.refusals import refusal
from tap_msteams.errors import AuthenticationError
from tap_msteams.settings import label

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams.settings import Settings

logger = logging.getLogger(__name__)

_SOON = 600
_UNKNOWN_LIFE = 86_400
_CLI_TIMEOUT = 60.0
_NEW_TOKEN = "set a new one, or choose an 'auth_method' that renews its token"  # noqa: S105 - words


class AccessToken:
    """An access token from the settings, which cannot be renewed."""

    is_application = False

    def __init__(self, settings: Settings, clock: Callable[[], float]) -> None:
        self._token = settings.need("access_token")
        self._clock = clock
        self._warned = False

    def acquire(self, claims: str | None = None, rejected: str | None = None) -> TokenAnswer:
        """The token, until it expires."""
        where = label("access_token")
        if rejected == self._token:
            why = "a policy asks for another sign-in" if claims else "it was revoked, or is not for"
            what = why if claims else f"{why} this 'graph_url'"
            msg = f"Graph rejected the {where}: {what}; {_NEW_TOKEN}"
            raise AuthenticationError(msg)
        try:
            ends = float(claims_of(self._token)["exp"])
            left, moment = ends - self._clock(), datetime.fromtimestamp(ends, UTC)
        except (LookupError, OSError, OverflowError, TypeError, ValueError):
            return TokenAnswer(self._token, _UNKNOWN_LIFE)
        if left <= 0:
            msg = f"the {where} ended at {moment:%Y-%m-%d %H:%M} UTC: {_NEW_TOKEN}"
            raise AuthenticationError(msg)
        if left <= _SOON and not self._warned:
            self._warned = True
            logger.warning(
                "The access token ends at %s UTC, in %d minutes, and cannot be renewed",
                f"{moment:%H:%M}",
                left // 60,
            )
        return TokenAnswer(self._token, left)


class AzureCli:
    """The sign-in of the Azure CLI on this machine.

    https://learn.microsoft.com/en-us/cli/azure/account#az-account-get-access-token
    """

    is_application = False

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._resource = settings.graph_url
        self._tenant = settings.tenant_id
        self._clock = clock

    def acquire(self, claims: str | None = None, rejected: str | None = None) -> TokenAnswer:  # noqa: ARG002 - it takes none
        """A token of the account that is signed in to the Azure CLI."""
        body = self._output()
        try:
            found = json.loads(body)
            token = found["accessToken"]
            if not is_token(token):
                raise TypeError  # noqa: TRY301 - told as all other wrong types
            ends = found.get("expires_on") or _local(found["expiresOn"])
            return TokenAnswer(token, bounded_life(float(ends) - self._clock()))
        except (AttributeError, LookupError, OverflowError, RecursionError, TypeError, ValueError):
            msg = "the Azure CLI (`az`) does not answer as it should: run `az upgrade`"
            # The cause is left out, since its text may be the token.
            raise AuthenticationError(msg) from None

    def _output(self) -> str:
        program = shutil.which("az")
        if program is None:
            msg = (
                "the Azure CLI (`az`) is not installed or not on the PATH: install it and run "
                "`az login`, or choose another 'auth_method'"
            )
            raise AuthenticationError(msg)
        command = [program, "account", "get-access-token", "--resource", self._resource]
        command += ["--output", "json"]
        if self._tenant:
            command += ["--tenant", self._tenant]
        try:
            done = subprocess.run(  # noqa: S603 - no shell, and arguments that were checked
                command,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_CLI_TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            msg = f"the Azure CLI (`az`) did not answer within {_CLI_TIMEOUT:.0f} s: try it by hand"
            raise AuthenticationError(msg) from None
        except OSError as error:
            msg = f"the Azure CLI {program} cannot be run ({error.strerror}): install it again"
            raise AuthenticationError(msg) from error
        if done.returncode:
            raise self._refused(done.stderr.decode("utf-8", "replace"))
        return done.stdout.decode("utf-8", "replace")

    def _refused(self, said: str) -> AuthenticationError:
        if re.search(r"AADSTS\d+", said):
            body = {"error": "invalid_grant", "error_description": " ".join(said.split())}
            return refusal(body, "azure_cli", self._tenant)
        if "az login" in said:
            msg = "nobody is signed in to the Azure CLI: run `az login`"
        else:
            lines = [line for line in said.splitlines() if line.startswith("ERROR:")]
            reason = " ".join((lines or ["it gives no reason"])[0].split())[:200]
            msg = f"the Azure CLI gave no token: {reason}; try `az account show`"
        return AuthenticationError(msg)


def _local(text: str) -> float:
    """The moment in a local time, the only one that older versions of the CLI give."""
    return datetime.fromisoformat(text).timestamp()
