"""The table of settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from singer_sdk import typing as th

from tap_msteams.errors import SettingsError
from tap_msteams.labels import label
from tap_msteams.settings.checks import wrong_config
from tap_msteams.settings.clouds import CLOUDS, Cloud
from tap_msteams.settings.forms import (
    FINGERPRINT,
    HEADER,
    ORIGIN,
    PAGE,
    PROXY,
    SHARES,
    TENANT,
    WORD,
    shares_of,
)
from tap_msteams.settings.methods import AuthMethod, complete
from tap_msteams.settings.privacy import PrivacySettings, wrong_privacy
from tap_msteams.settings.reading import Reading
from tap_msteams.settings.rules import rules, setting
from tap_msteams.settings.sharding import Sharding, numbered, wrong_shards

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings(Sharding, PrivacySettings, Reading):
    """The checked settings of a run; attributes are named like the keys of the configuration."""

    auth_method: AuthMethod = setting(
        "How to sign in. Default: inferred, if the other settings allow only one way.",
        default=...,
    )
    tenant_id: str | None = setting("The tenant's GUID or domain.", form=TENANT)
    client_id: str | None = setting("Application (client) id of the app registration.", form=WORD)
    client_secret: str | None = setting(
        "Client secret of the app registration.",
        form=WORD,
        secret=True,
    )
    client_certificate_path: str | None = setting(
        "File with the certificate of the app registration and its private key: PEM or PFX.",
    )
    client_certificate: str | None = setting(
        "The certificate itself: the text of a PEM file, or a PFX file in base64.",
        secret=True,
    )
    client_certificate_password: str | None = setting(
        "Password of the certificate's private key.",
        secret=True,
    )
    send_certificate_chain: bool = setting(
        "Send the certificate with each sign-in, for apps that trust it by subject name and "
        "issuer.",
        default=False,
    )
    refresh_token: str | None = setting(
        "Refresh token of the user to read as.",
        form=WORD,
        secret=True,
    )
    oauth_verifier: str | None = setting(
        "Authorization code of a user who signed in elsewhere, or the whole address that the "
        "browser ended at; used once.",
        form=WORD,
        secret=True,
    )
    redirect_uri: str | None = setting(
        "Redirect URI of the app registration. Default: http://localhost:33333.",
        form=PAGE,
    )
    scopes: list[str] | None = setting(
        "Delegated permissions to request with a refresh token. "
        "Default: all consented ones (`.default`).",
    )
    initiate_oauth: Literal["GETANDREFRESH", "REFRESH", "OFF"] = setting(
        "Whether a run lets a user sign in at its terminal (`GETANDREFRESH`), only renews the "
        "tokens of `login` (`REFRESH`), or never requests a token (`OFF`).",
        default="REFRESH",
    )
    access_token: str | None = setting(
        "Access token for Graph, used until it expires: for a first try, that of Graph Explorer.",
        form=WORD,
        secret=True,
    )
    federated_token_file: str | None = setting(
        "File with the token of another identity provider, which the app registration trusts. "
        "Default: the token of Kubernetes or GitHub Actions.",
    )
    managed_identity_client_id: str | None = setting(
        "Client id of a user-assigned managed identity. Default: system-assigned.",
        form=WORD,
    )
    managed_identity_object_id: str | None = setting(
        "Object id of a user-assigned managed identity.",
        form=WORD,
    )
    managed_identity_resource_id: str | None = setting(
        "Azure resource id of a user-assigned managed identity.",
        form=HEADER,
    )
    nango_secret_key: str | None = setting(
        "Secret key of the Nango environment.",
        form=WORD,
        secret=True,
    )
    nango_connection_id: str | None = setting("Connection id in Nango.", form=WORD)
    nango_integration_id: str | None = setting(
        "Integration id (provider config key) in Nango.",
        form=WORD,
    )
    nango_host: str = setting(
        "Origin of Nango's API.",
        default="https://api.nango.dev",
        form=ORIGIN,
    )
    nango_mode: Literal["token", "proxy"] = setting(
        "Whether the tap uses the token of Nango, or Nango sends each request.",
        default="token",
    )
    token_cache_path: str | None = setting(
        "File with a user's tokens. Default: `tap-msteams/tokens.json` in the user's state folder.",
    )
    token_cache_encryption: Literal["none", "passphrase", "keyring"] = setting(
        "Encryption of the token file.",
        default="none",
    )
    token_cache_passphrase: str | None = setting("Passphrase of the token file.", secret=True)
    cloud: Cloud = setting("Microsoft cloud of the tenant.", default="global")
    graph_url: str = setting(
        "Origin of Graph, instead of the cloud's own.",
        default=...,
        form=ORIGIN,
    )
    authority_host: str = setting(
        "Origin of Entra ID, instead of the cloud's own.",
        default=...,
        form=ORIGIN,
    )
    ca_bundle: str | None = setting(
        "Certificate authorities to trust: path of a PEM file or of a folder, the text of a PEM "
        "file, or `system`.",
    )
    certificate_fingerprint: str | None = setting(
        "SHA-256 fingerprint of the only server certificate to trust; several separated by commas.",
        form=FINGERPRINT,
    )
    tls_verify: bool = setting(
        "Verify the certificates of servers. Off only together with the environment variable "
        "TAP_MSTEAMS_ALLOW_INSECURE_TLS=1.",
        default=True,
    )
    proxy_url: str | None = setting(
        "Proxy for Graph, Entra ID and Nango: http, https, socks5 or socks5h. "
        "Default: HTTPS_PROXY.",
        form=PROXY,
    )
    proxy_username: str | None = setting("User name for the proxy.")
    proxy_password: str | None = setting("Password for the proxy.", secret=True)
    no_proxy: str | None = setting(
        "Hosts to reach without the proxy, separated by commas. Default: NO_PROXY.",
    )
    connect_timeout: float = setting(
        "Seconds to wait for a connection; 0 for no limit.",
        default=10.0,
        minimum=0,
        maximum=86_400,  # a day
    )
    request_timeout: float = setting(
        "Seconds to wait for the next piece of an answer; 0 for no limit.",
        default=60.0,
        minimum=0,
        maximum=86_400,  # a day
    )
    log_file: str | None = setting("File for a copy of the log.")
    verbosity: Literal["warning", "info", "debug"] = setting(
        "Level of the log.",
        default="info",
    )
    user_agent: str | None = setting(
        "Name or address of the operator, added to the user agent.",
        form=HEADER,
    )
    lookback_minutes: int = setting(
        "Minutes by which an incremental run overlaps with the last one, for late arrivals.",
        default=5,
        minimum=0,
        maximum=525_600,  # a year
    )
    on_error: Literal["report", "fail_at_end", "fail"] = setting(
        "What to do about gaps: continue and exit with 0 (`report`), continue and exit with 3 "
        "(`fail_at_end`), or stop at the first one (`fail`).",
        default="fail_at_end",
    )
    concurrency: int = setting("Number of requests in flight.", default=40, minimum=1, maximum=1000)
    rate_limit_share: float = setting(
        "Share of Graph's documented rate limits to use; above 1 for raised quotas, "
        "0 for no pacing.",
        default=1.0,
        minimum=0,
    )
    rate_limit_shares: list[str] | None = setting(
        "Shares of single services instead, such as `files=0.5`: `calls`, `directory`, `files`, "
        "`presence`, `reports`, `teams`.",
        form=SHARES,
    )
    licenses: int | None = setting(
        "Number of the tenant's licenses, with which SharePoint's limits for files grow. Default: "
        "up to 1,000.",
        minimum=0,
    )
    emit_activate_version_messages: bool = setting(
        "Let the target remove rows that a complete full read no longer has.",
        default=False,
    )

    @classmethod
    def from_config(
        cls, config: Mapping[str, Any], known: Mapping[str, Any] | None = None
    ) -> Settings:
        """The settings in a configuration; raises SettingsError with one line per problem."""
        if found := list(problems(config, known)):
            raise SettingsError("\n".join(found))
        given = {
            name: rule.coerce(config[name])
            for name, rule in RULES.items()
            if config.get(name) is not None
        }
        given = numbered(complete(given))
        authority, graph = CLOUDS[given.get("cloud", "global")]
        for key, usual in (("authority_host", authority), ("graph_url", graph)):
            given[key] = given.get(key, usual).rstrip("/")
        if "nango_host" in given:
            given["nango_host"] = given["nango_host"].rstrip("/")
        return cls(**given)

    @property
    def shares(self) -> dict[str, float]:
        """The shares of single services."""
        return shares_of(self.rate_limit_shares or ())

    def need(self, key: str) -> str:
        """A text that the other settings require, which the checks have ensured."""
        value: str | None = getattr(self, key)
        if not value:
            msg = f"{label(key)} is missing"
            raise SettingsError(msg)
        return value


RULES = rules(Settings)
"""The rules for all settings."""


def json_schema() -> dict[str, Any]:
    """The settings as the JSON schema that the SDK shows in `--about`."""
    return th.PropertiesList(*(rule.json_property for rule in RULES.values())).to_dict()


def problems(config: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> Iterator[str]:
    """One line for each problem of a configuration, without values, which may be secret.

    `known` are further allowed properties: the SDK's own.
    """
    yield from wrong_config(config, RULES, known or {})
    yield from wrong_privacy(config)
    yield from wrong_shards(config)
