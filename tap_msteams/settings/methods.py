"""The ways to sign in, with the settings that each needs."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tap_msteams.labels import env_name, label
from tap_msteams.settings.clouds import CLOUDS
from tap_msteams.settings.forms import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

AuthMethod = Literal[
    "service_principal",
    "refresh_token",
    "managed_identity",
    "workload_identity",
    "access_token",
    "azure_cli",
    "nango",
]


@dataclass(frozen=True)
class Method:
    """A way to sign in, with its settings."""

    needs: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    """Settings of which it needs exactly one."""
    uses: tuple[str, ...] = ()
    exclusive: tuple[str, ...] = ()
    """Settings of which it can use one."""
    marks: tuple[str, ...] = ()
    """Settings of which any one implies this way to sign in."""

    @property
    def settings(self) -> tuple[str, ...]:
        """All settings of this way to sign in."""
        return self.needs + self.one_of + self.uses + self.exclusive


_CERTIFICATES = ("client_certificate_path", "client_certificate")
_CREDENTIALS = ("client_secret", *_CERTIFICATES)
_BESIDE_CERTIFICATES = ("client_certificate_password", "send_certificate_chain")
_MACHINE = (
    "managed_identity_client_id",
    "managed_identity_object_id",
    "managed_identity_resource_id",
)
_BROKER = ("nango_secret_key", "nango_connection_id", "nango_integration_id")

METHODS = {
    "service_principal": Method(
        needs=("tenant_id", "client_id"),
        one_of=_CREDENTIALS,
        uses=_BESIDE_CERTIFICATES,
        marks=_CREDENTIALS,
    ),
    "refresh_token": Method(
        needs=("client_id",),
        uses=("tenant_id", "refresh_token", "oauth_verifier", "scopes", *_BESIDE_CERTIFICATES),
        exclusive=_CREDENTIALS,
        marks=("refresh_token", "oauth_verifier"),
    ),
    "managed_identity": Method(exclusive=_MACHINE, marks=_MACHINE),
    "workload_identity": Method(
        needs=("tenant_id", "client_id", "federated_token_file"), marks=("federated_token_file",)
    ),
    "access_token": Method(needs=("access_token",), marks=("access_token",)),
    "azure_cli": Method(uses=("tenant_id",)),
    "nango": Method(needs=_BROKER, uses=("nango_host", "nango_mode"), marks=_BROKER),
}

REGISTERED = ("service_principal", "workload_identity", "refresh_token")
"""Ways to sign in to an app registration, which an administrator can grant permissions to."""

ALIASES = {
    "azuread": "refresh_token",
    "azureserviceprincipal": "service_principal",
    "azureserviceprincipalcert": "service_principal",
    "azuremsi": "managed_identity",
}
"""The names that other connectors use, in small letters."""

ENVIRONMENT = {
    "tenant_id": "AZURE_TENANT_ID",
    "client_id": "AZURE_CLIENT_ID",
    "federated_token_file": "AZURE_FEDERATED_TOKEN_FILE",
}
"""Variables in which Kubernetes tells a workload its identity, by setting.

https://azure.github.io/azure-workload-identity/docs/topics/service-account-labels-and-annotations.html
"""

AUTHORITY = "AZURE_AUTHORITY_HOST"
"""The variable in which Kubernetes names the Entra ID of its cloud.

https://azure.github.io/azure-workload-identity/docs/installation/mutating-admission-webhook.html
"""

GITHUB_TOKEN_URL = "ACTIONS_ID_TOKEN_REQUEST_URL"  # noqa: S105 - the name of a variable
"""The variable with the URL of a GitHub Actions job's identity; set where it may have one.

https://docs.github.com/en/actions/reference/security/oidc
"""

# A shared configuration may hold ids and the store, but not a second credential.
_SHARED = {"tenant_id", "client_id"}

_SHARED_TENANTS = {"common", "organizations", "consumers"}


IMPLICIT_SCOPES = {"openid", "profile", "offline_access"}
"""Scopes that are always requested."""


def canonical(method: str) -> str:
    """The tap's name of a way to sign in, which other connectors may call otherwise."""
    return ALIASES.get(method.lower(), method)


def possible(config: Mapping[str, Any]) -> list[str]:
    """The ways to sign in that the given settings imply."""
    if named := config.get("auth_method"):
        return [canonical(str(named))]
    found = [name for name, way in METHODS.items() if any(config.get(key) for key in way.marks)]
    if config.get("initiate_oauth") == "GETANDREFRESH" and "refresh_token" not in found:
        found.append("refresh_token")
    if "refresh_token" in found:
        # The secret belongs to the app registration that the user signs in to, and the access
        # token is one that other connectors name beside it.
        found = [name for name in found if name not in {"service_principal", "access_token"}]
    return found


def infer_method(config: Mapping[str, Any]) -> str | None:
    """The way to sign in: the named one, or the only one that the given settings allow."""
    found = possible(config)
    return found[0] if len(found) == 1 else None


def complete(config: dict[str, Any]) -> dict[str, Any]:
    """The given settings, completed from the environment of the way to sign in."""
    named = str(config.get("auth_method") or "")
    config = {**config, "auth_method": infer_method(config)}
    if config["auth_method"] == "workload_identity":
        for key, name in ENVIRONMENT.items():
            if not config.get(key) and (value := os.environ.get(name)):
                config[key] = value
        config |= _cloud(config)
    if named.lower() == "azuremsi" and not any(config.get(key) for key in _MACHINE):
        # In that environment the client id is the identity's.
        config["managed_identity_client_id"] = config.get("client_id")
    return config


def _cloud(config: Mapping[str, Any]) -> dict[str, str]:
    """The Entra ID of Kubernetes' cloud and that cloud, where the settings leave it open."""
    host = os.environ.get(AUTHORITY, "").rstrip("/")
    if not host or config.get("authority_host") or config.get("cloud", "global") != "global":
        return {}
    clouds = {authority: cloud for cloud, (authority, _) in reversed(CLOUDS.items())}
    clouds["https://login.partner.microsoftonline.cn"] = "china"
    found = {"authority_host": host}
    return {**found, "cloud": clouds[host]} if host in clouds else found


def wrong_sign_in(config: Mapping[str, Any]) -> Iterator[str]:
    """One line for each setting that the way to sign in lacks or cannot use."""
    found = possible(config)
    if len(found) != 1:
        yield from _unclear(found, config)
        return
    [name] = found
    if name not in METHODS:
        return
    config = complete(dict(config))
    way, given = METHODS[name], {key for key, value in config.items() if value}
    yield from _missing(name, way, given)
    for group in (way.one_of, way.exclusive):
        both = [key for key in group if key in given]
        if len(both) > 1:
            yield f"auth_method '{name}' takes only one of {_listed(both)}: remove the others"
    credentials = {key for other in METHODS.values() for key in other.settings}
    for key in sorted(given & credentials - set(way.settings) - _SHARED):
        if (name, key) == ("refresh_token", "access_token"):
            yield f"'{key}' is not needed beside the refresh token, which brings one: remove it"
        else:
            yield f"auth_method '{name}' does not use '{key}': remove it or change 'auth_method'"
    if {*way.settings} & {*_CERTIFICATES} and not given & {*_CERTIFICATES}:
        for key in sorted(given & {*_BESIDE_CERTIFICATES}):
            yield f"{label(key)} is of no use without a certificate: remove it"
    if name == "workload_identity" and not ORIGIN.fits(config.get("authority_host", "https://x")):
        where = label("authority_host")
        yield f"the environment variable {AUTHORITY} must be {ORIGIN.what}, or set {where}"
    yield from _wrong_tenant(name, config)
    yield from _wrong_scopes(config.get("scopes"))


def _wrong_tenant(name: str, config: Mapping[str, Any]) -> Iterator[str]:
    tenant = str(config.get("tenant_id") or "").lower()
    if name in {"service_principal", "workload_identity"} and tenant in _SHARED_TENANTS:
        where = label("tenant_id")
        yield f"{where} must be the tenant's GUID or domain for an application, not '{tenant}'"


def _unclear(found: list[str], config: Mapping[str, Any]) -> Iterator[str]:
    where = label("auth_method")
    if not found and config.get("client_id"):
        secret, *others = _CREDENTIALS
        lacking = "" if config.get("tenant_id") else f" and {label('tenant_id')}"
        yield (
            f"{label(secret)}{lacking} is missing for an application, or one of {_listed(others)} "
            f"instead: set it, or to read as a user set {where} to refresh_token"
        )
        return
    if not found:
        yield f"{where} is missing: set it to one of {', '.join(METHODS)}"
        return
    marks = [next((key for key in METHODS[name].marks if config.get(key)), name) for name in found]
    yield (
        f"{_listed(marks)} belong to different ways to sign in: remove all but one, or set "
        f"{where} to one of {', '.join(found)}"
    )


def _missing(name: str, way: Method, given: set[str]) -> Iterator[str]:
    for key in way.needs:
        if key in given:
            continue
        if name != "workload_identity":
            yield f"auth_method '{name}' needs {label(key)}"
        elif key != "federated_token_file" or not os.environ.get(GITHUB_TOKEN_URL):
            yield f"auth_method '{name}' needs '{key}' (env {env_name(key)} or {ENVIRONMENT[key]})"
    if way.one_of and not given & {*way.one_of}:
        yield f"auth_method '{name}' needs one of {_listed(way.one_of)}"


def _wrong_scopes(scopes: object) -> Iterator[str]:
    where = label("scopes")
    if not isinstance(scopes, list) or not all(isinstance(scope, str) for scope in scopes):
        return
    asked = asked_scopes(scopes)
    if len(asked) > 1 and any(scope.lower().endswith("/.default") for scope in asked):
        yield (
            f"{where}: '.default' stands for everything that was consented to, and cannot be "
            "combined with other permissions: remove it or the others"
        )
    if any(scope.strip() and scope != "".join(scope.split()) for scope in scopes):
        yield f"{where}: each permission is an item of the list, without white space"


def asked_scopes(scopes: Iterable[str]) -> list[str]:
    """The permissions to request by name; a bare `.default` gets Graph's prefix."""
    return [
        f"/{scope}" if scope.lower() == ".default" else scope
        for scope in scopes
        if scope.lower() not in IMPLICIT_SCOPES
    ]


def _listed(keys: Iterable[str]) -> str:
    return ", ".join(f"'{key}'" for key in keys)
