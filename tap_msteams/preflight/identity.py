"""Identity: the account that signs in, its tenant and its credential."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tap_msteams.auth.certificates import WARNED_AHEAD, Certificate
from tap_msteams.auth.grant import REDIRECT_URI, consent_url
from tap_msteams.auth.refusals import RefusedError
from tap_msteams.auth.remedies import SIGN_IN_LOG
from tap_msteams.auth.store import TokenStore
from tap_msteams.errors import TapError
from tap_msteams.preflight.check import Check
from tap_msteams.settings import label
from tap_msteams.settings.methods import REGISTERED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tap_msteams.auth import GraphAuthenticator
    from tap_msteams.settings import Settings
    from tap_msteams.settings.methods import AuthMethod

_IDENTITY = (
    "A managed identity has no consent page: an administrator assigns it the app roles of "
    "Microsoft Graph"
)
_AGAIN = "Run `tap-msteams doctor` again."


@dataclass(frozen=True)
class Identity:
    """The owner of a token."""

    kind: str
    """`application` or `user`"""
    tenant: str
    application: str
    user: str
    ends: datetime
    permissions: list[str]
    readable: bool
    """Whether the token shows its permissions."""

    @classmethod
    def of(cls, authenticator: GraphAuthenticator) -> Identity:
        """Sign in, and read the claims of the token."""
        application = authenticator.is_application
        claims: Mapping[str, Any] = authenticator.claims
        name, id_ = claims.get("app_displayname"), claims.get("appid") or claims.get("azp") or ""
        user = claims.get("upn") or claims.get("unique_name") or claims.get("name") or ""
        return cls(
            "application" if application else "user",
            str(claims.get("tid", "")),
            f"{name} ({id_})" if name else str(id_),
            "" if application else str(user or claims.get("oid", "")),
            datetime.fromtimestamp(authenticator.expires_at, UTC),
            sorted(authenticator.granted),
            bool(claims),
        )

    @property
    def granted(self) -> frozenset[str] | None:
        """The permissions in the token; None where it shows none."""
        return frozenset(self.permissions) if self.readable else None


def sign_in(authenticator: GraphAuthenticator, method: AuthMethod) -> tuple[Check, Identity | None]:
    """Check that the sign-in gives a token; says whose it is, or where its refusal is logged."""
    try:
        who = Identity.of(authenticator)
    except TapError as error:
        text, _, remedy = str(error).partition(": ")
        if isinstance(error, RefusedError) and method in SIGN_IN_LOG:
            remedy += (
                "; to see why: Entra admin center, Entra ID, Monitoring & health, Sign-in logs, "
                f"{SIGN_IN_LOG[method]}, by that correlation id"
            )
        return Check("sign-in", "failed", text, remedy), None
    nameless = "as an application" if who.kind == "application" else "as a user"
    parts = [f"as the user {who.user}" if who.user else nameless]
    parts += [who.application] if who.application else []
    parts += [f"in the tenant {who.tenant}"] if who.tenant else []
    parts.append(f"token until {who.ends:%Y-%m-%d %H:%M} UTC")
    return Check("sign-in", "ok", ", ".join(parts)), who


def credential(settings: Settings, *, is_accepted: bool) -> Check | None:
    """Check the end of the credential; None where it is unknown or a refusal says more."""
    if settings.client_certificate or settings.client_certificate_path:
        try:
            certificate = Certificate.from_settings(settings)
        except TapError as error:
            return Check("certificate", "failed", str(error))
        end = certificate.chain[0].not_valid_after_utc
        left = end.timestamp() - time.time()
        if left > WARNED_AHEAD:
            return Check("certificate", "ok", f"ends on {end:%Y-%m-%d}")
        new = "upload a new certificate to the app registration, and set it here"
        if left <= 0:
            return Check("certificate", "failed", f"ended on {end:%Y-%m-%d}", new)
        return Check("certificate", "warning", f"ends on {end:%Y-%m-%d}", new)
    if settings.client_secret and is_accepted:
        text = "the Entra admin center alone shows when it ends, under Certificates & secrets"
        return Check("client secret", "ok", text)
    return None


def token_store(settings: Settings) -> Check | None:
    """Check the token store; None for ways to sign in without one."""
    if settings.auth_method != "refresh_token":
        return None
    try:
        store = TokenStore.from_settings(settings)
        with store.locked() as entry:
            warned = entry.warning(store.clock())
            who = f"tokens of {entry.account}" if entry.account else "tokens of a user"
            text = f"{who}, in {store.path}, encryption: {settings.token_cache_encryption}"
            if entry.refresh_token and entry.ends:
                text += f", until {datetime.fromtimestamp(entry.ends, UTC):%Y-%m-%d}"
            elif not (entry.refresh_token or entry.access_token):
                text = f"nothing yet for this app registration, in {store.path}"
    except TapError as error:
        return Check("token store", "failed", str(error))
    if warned:
        return Check("token store", "warning", text, warned)
    return Check("token store", "ok", text)


@dataclass(frozen=True)
class ConsentAdvice:
    """The way to have permissions granted."""

    url: str
    """The page where an administrator consents; empty where there is none."""
    steps: list[str]


def consent(settings: Settings, who: Identity, missing: Sequence[str]) -> ConsentAdvice:
    """The way for an administrator to grant the missing permissions and no others."""
    names = ", ".join(missing)
    kind = "application" if who.kind == "application" else "delegated"
    if settings.auth_method == "managed_identity":
        return ConsentAdvice(
            "",
            [f"{_IDENTITY} {names} (New-MgServicePrincipalAppRoleAssignment).", _AGAIN],
        )
    if settings.auth_method not in REGISTERED:
        return ConsentAdvice(
            "", [f"Where this token comes from, have it given the permissions {names}.", _AGAIN]
        )
    client, redirect_uri = settings.client_id, settings.redirect_uri or REDIRECT_URI
    everything = f"{settings.graph_url}/.default"
    asked = everything if kind == "application" else _scopes(settings, missing)
    register = (
        f"In the Entra admin center, App registrations, {client}, API "
        "permissions: add a permission, Microsoft Graph, "
        f"{kind.capitalize()} permissions: {names}."
    )
    page = "on that page with Grant admin consent, or " if kind == "application" else ""
    grant = (
        f"An administrator grants them, {page}by the link below: sign in and accept. The page "
        "after that may not load, which does not matter. The link works only where the "
        f"registration has the redirect URI {redirect_uri} (Authentication, Add Redirect URI)."
    )
    steps = [register, grant] if kind == "application" else [grant]
    if kind == "delegated":
        if settings.scopes:
            steps.append(f"Add {names} to {label('scopes')}.")
        steps.append("Run `tap-msteams refresh`, so that the next token has them.")
    return ConsentAdvice(consent_url(settings, asked, who.tenant), [*steps, _AGAIN])


def _scopes(settings: Settings, names: Sequence[str]) -> str:
    return " ".join(f"{settings.graph_url}/{name}" for name in names)
