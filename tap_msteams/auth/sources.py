"""The source of tokens for each way to sign in; the protocols are MSAL's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_msteams.auth.borrowed import AccessToken, AzureCli
from tap_msteams.auth.broker import Broker, nango_session
from tap_msteams.auth.delegated import User
from tap_msteams.auth.federation import WorkloadIdentity, github_session
from tap_msteams.auth.machine import ManagedIdentity, endpoint_session
from tap_msteams.auth.registration import Application, entra_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams.auth.provider import Source
    from tap_msteams.settings import Settings


def source_for(  # noqa: PLR0911 - one for each way to sign in
    settings: Settings, clock: Callable[[], float], backoff: float
) -> Source:
    """The source for `auth_method`."""
    method = settings.auth_method
    if method == "managed_identity":
        return ManagedIdentity(settings, endpoint_session(settings, backoff))
    if method == "access_token":
        return AccessToken(settings, clock)
    if method == "azure_cli":
        return AzureCli(settings, clock)
    if method == "nango":
        return Broker(settings, nango_session(settings, backoff), clock)
    session = entra_session(settings, backoff)
    if method == "workload_identity":
        github = github_session(settings, backoff)
        return WorkloadIdentity(settings, session, clock, github)
    if method == "refresh_token":
        return User(settings, session, clock, backoff)
    return Application(settings, session, clock)
