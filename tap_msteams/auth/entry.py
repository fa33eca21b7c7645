"""Entries of the token store, one for each app registration."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
from typing_extensions import override

from tap_msteams.auth.claims import claims_of
from tap_msteams.auth.provider import early_refresh

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeGuard

DAY = 86_400

INACTIVITY = 90 * DAY
"""https://learn.microsoft.com/en-us/entra/identity-platform/refresh-tokens#token-lifetime"""

SOON = 14 * DAY

FLOW_LIFE = DAY
"""Seconds after which a sign-in that has begun is dropped."""

_CODES_KEPT = 50
_LONGEST_NAME = 1024


class Flow(msgspec.Struct, omit_defaults=True):
    """A sign-in that has begun, with the data to check its answer."""

    begun: float
    content: dict[str, Any]
    """MSAL's own data about the sign-in."""

    @override
    def __repr__(self) -> str:
        return "Flow(...)"


class Entry(msgspec.Struct, omit_defaults=True):
    """One user's sign-in to one app registration; times are seconds since 1970."""

    refresh_token: str | None = None
    issued: float = 0.0
    """The time at which the refresh token was issued."""
    ends: float = 0.0
    """The time at which the refresh token expires unless it is used."""
    seed: str | None = None
    """The fingerprint of the configured refresh token that this one replaces."""
    access_token: str | None = None
    scopes: list[str] = []
    """The scopes of the access token."""
    refresh_at: float = 0.0
    expires_at: float = 0.0
    account: str | None = None
    """The name of the user at Entra ID."""
    tenant: str | None = None
    """The id of the user's tenant."""
    names: list[str] = []
    """Domains by which that tenant is known."""
    confidential: bool = False
    """Whether the application proved itself by a secret or certificate."""
    flows: dict[str, Flow] = {}
    """Sign-ins that have begun, by their state."""
    redeemed: list[str] = []
    """Fingerprints of used authorization codes, which cannot be used again."""

    @override
    def __repr__(self) -> str:
        return "Entry(...)"

    @property
    def has_token(self) -> bool:
        """Whether a user has signed in."""
        return bool(self.refresh_token or self.access_token)

    @property
    def home(self) -> str | None:
        """The id of the user's tenant, from the token where an earlier version kept the entry."""
        return self.tenant or tenant_of({"access_token": self.access_token})

    def token_to_redeem(self, configured: str | None) -> str | None:
        """The refresh token to use: a new one in the configuration, otherwise the stored one."""
        if configured and fingerprint(configured) != self.seed:
            return configured
        return self.refresh_token or configured

    def fresh(
        self,
        now: float,
        scopes: Sequence[str],
        configured: str | None = None,
        rejected: str | None = None,
    ) -> bool:
        """Whether the access token can still be used."""
        return (
            self.access_token not in {None, rejected}
            and now < self.refresh_at
            and sorted(scopes) == sorted(self.scopes)
            and (not configured or fingerprint(configured) == self.seed)
        )

    def keep(
        self,
        answer: Mapping[str, Any],
        scopes: Sequence[str],
        now: float,
        configured: str | None = None,
    ) -> None:
        """Keep the answer to a token request sent at `now`.

        `configured` is the configured refresh token, which the answer replaces.
        """
        life = float(answer["expires_in"])
        self.access_token = answer["access_token"]
        self.scopes = list(scopes)
        self.expires_at = now + life
        self.refresh_at = now + early_refresh(life, float(answer.get("refresh_in") or 0))
        if refresh_token := answer.get("refresh_token"):
            self.refresh_token = refresh_token
            self.issued = now
            # Present for single-page applications, whose tokens expire after a day.
            self.ends = now + float(answer.get("refresh_token_expires_in") or INACTIVITY)
        elif configured and fingerprint(configured) != self.seed:
            self.refresh_token, self.issued, self.ends = configured, now, 0.0
        if configured:
            self.seed = fingerprint(configured)
        account = (answer.get("id_token_claims") or {}).get("preferred_username")
        self.account = account if _is_name(account) else self.account
        self.tenant = tenant_of(answer) or self.tenant

    def begin(self, state: str, content: dict[str, Any], now: float) -> None:
        """Remember a sign-in that has begun."""
        recent = {key: flow for key, flow in self.flows.items() if now < flow.begun + FLOW_LIFE}
        self.flows = {**recent, state: Flow(now, content)}

    def warning(self, now: float) -> str | None:
        """A warning of a refresh token that expires soon; None otherwise."""
        if not self.refresh_token or not self.ends or now < self.ends - SOON:
            return None
        ends = datetime.fromtimestamp(self.ends, UTC)
        if self.ends - self.issued < INACTIVITY:
            why = "after a day, as those of single-page applications do: register the redirect URI "
            why += "under mobile and desktop applications, and sign in again"
        else:
            why = "90 days after it was last used: run the tap more often, with a token store that "
            why += "it can write to"
        return f"The refresh token ends on {ends:%Y-%m-%d %H:%M} UTC, {why}"

    def was_redeemed(self, code: str) -> bool:
        """Whether an authorization code has been used."""
        return fingerprint(code) in self.redeemed

    def redeem(self, code: str) -> None:
        """Note that an authorization code has been used."""
        self.redeemed = [*self.redeemed, fingerprint(code)][-_CODES_KEPT:]


def tenant_of(answer: Mapping[str, Any]) -> str | None:
    """The id of the tenant in an answer to a token request; None where no token tells it."""
    tenant = (answer.get("id_token_claims") or claims_of(answer["access_token"] or "")).get("tid")
    return tenant.lower() if _is_name(tenant) else None


def _is_name(value: object) -> TypeGuard[str]:
    """Whether a claim can be the name of a user or tenant, to be kept and shown."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and value.isprintable()


def fingerprint(secret: str) -> str:
    """A hash that identifies a secret without revealing it."""
    return hashlib.sha256(secret.encode()).hexdigest()
