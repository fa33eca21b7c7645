"""The table of settings."""

from __future__ import annotations

from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any

from singer_sdk import typing as th

from tap_msteams.errors import SettingsError
from tap_msteams.settings.checks import wrong_config
from tap_msteams.settings.clouds import CLOUDS
from tap_msteams.settings.methods import METHODS, complete
from tap_msteams.settings.privacy import PrivacySettings, wrong_privacy
from tap_msteams.settings.reading import Reading
from tap_msteams.settings.rules import coerce, setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ON_ERROR = ("report", "fail_at_end", "fail")


@dataclass(frozen=True, kw_only=True, repr=False)
class Settings(PrivacySettings, Reading):
    """What a run was told, checked; attribute names are the keys of the configuration."""

    auth_method: str = setting(
        th.StringType,
        "How to sign in. Inferred when the other settings allow just one way.",
        choices=tuple(METHODS),
    )
    tenant_id: str = setting(th.StringType, "The tenant's GUID or domain.", form="tenant")
    client_id: str = setting(
        th.StringType, "Application (client) id of the app registration.", form="word"
    )
    client_secret: str = setting(
        th.StringType, "Client secret of the app registration.", form="word", secret=True
    )
    client_certificate_path: str = setting(
        th.StringType,
        "File with the certificate of the app registration and its private key: PEM or PFX.",
    )
    client_certificate: str = setting(
        th.StringType,
        "The same inline: the text of a PEM file, or a PFX file in base64.",
        secret=True,
    )
    client_certificate_password: str = setting(
        th.StringType, "Password of the certificate's private key.", secret=True
    )
    send_certificate_chain: bool = setting(
        th.BooleanType,
        "Send the certificate with each sign-in, for apps that trust it by subject name and "
        "issuer.",
        default=False,
    )
    refresh_token: str = setting(
        th.StringType, "Refresh token of the user to read as.", form="word", secret=True
    )
    oauth_verifier: str = setting(
        th.StringType,
        "Authorization code of a user who signed in elsewhere, or the whole address that the "
        "browser ended at; used once.",
        form="word",
        secret=True,
    )
    redirect_uri: str = setting(
        th.StringType,
        "Redirect URI of the app registration. Absent: http://localhost:33333.",
        form="page",
    )
    scopes: list[str] = setting(
        th.ArrayType(th.StringType),
        "Delegated permissions to ask for with a refresh token. "
        "Absent: everything that was consented to (`.default`).",
    )
    initiate_oauth: str = setting(
        th.StringType,
        "Whether a run may have a user sign in at its terminal (`GETANDREFRESH`), only renews "
        "what `login` left (`REFRESH`), or asks for no token at all (`OFF`).",
        default="REFRESH",
        choices=("GETANDREFRESH", "REFRESH", "OFF"),
    )
    access_token: str = setting(
        th.StringType,
        "Access token for Graph, used until it ends, for example Graph Explorer's for a first try.",
        form="word",
        secret=True,
    )
    federated_token_file: str = setting(
        th.StringType,
        "File with the token of another identity provider, which the app registration trusts. "
        "Absent: what Kubernetes or GitHub Actions provide.",
    )
    managed_identity_client_id: str = setting(
        th.StringType,
        "Client id of a user-assigned managed identity. Absent: system-assigned.",
        form="word",
    )
    managed_identity_object_id: str = setting(
        th.StringType, "Object id of a user-assigned managed identity.", form="word"
    )
    managed_identity_resource_id: str = setting(
        th.StringType, "Azure resource id of a user-assigned managed identity.", form="header"
    )
    nango_secret_key: str = setting(
        th.StringType, "Secret key of the Nango environment.", form="word", secret=True
    )
    nango_connection_id: str = setting(th.StringType, "Connection id in Nango.", form="word")
    nango_integration_id: str = setting(
        th.StringType, "Integration id (provider config key) in Nango.", form="word"
    )
    nango_host: str = setting(
        th.StringType,
        "Origin of Nango's API.",
        default="https://api.nango.dev",
        form="origin",
    )
    nango_mode: str = setting(
        th.StringType,
        "Whether Nango gives its token, or sends each request itself.",
        default="token",
        choices=("token", "proxy"),
    )
    token_cache_path: str = setting(
        th.StringType,
        "File that keeps a user's tokens. Absent: `tap-msteams/tokens.json` in the user's state "
        "folder.",
    )
    token_cache_encryption: str = setting(
        th.StringType,
        "What the token file is encrypted with.",
        default="none",
        choices=("none", "passphrase", "keyring"),
    )
    token_cache_passphrase: str = setting(
        th.StringType, "Passphrase of the token file.", secret=True
    )
    cloud: str = setting(
        th.StringType,
        "Which Microsoft cloud the tenant lives in.",
        default="global",
        choices=tuple(CLOUDS),
    )
    graph_url: str = setting(
        th.StringType, "Origin of Graph, where the cloud's own does not fit.", form="origin"
    )
    authority_host: str = setting(
        th.StringType, "Origin of Entra ID, where the cloud's own does not fit.", form="origin"
    )
    ca_bundle: str = setting(
        th.StringType,
        "Certificate authorities to trust: path of a PEM file or of a folder, the text of a PEM "
        "file, or `system`.",
    )
    certificate_fingerprint: str = setting(
        th.StringType,
        "SHA-256 fingerprint of the only server certificate to trust; several with commas.",
        form="fingerprint",
    )
    tls_verify: bool = setting(
        th.BooleanType,
        "Verify the certificates of servers. Off only together with the environment variable "
        "TAP_MSTEAMS_ALLOW_INSECURE_TLS=1.",
        default=True,
    )
    proxy_url: str = setting(
        th.StringType,
        "Proxy for Graph, Entra ID and Nango: http, https, socks5 or socks5h. Absent: HTTPS_PROXY.",
        form="proxy",
    )
    proxy_username: str = setting(th.StringType, "User at the proxy.")
    proxy_password: str = setting(th.StringType, "Password at the proxy.", secret=True)
    no_proxy: str = setting(
        th.StringType, "Hosts to reach without the proxy, with commas. Absent: NO_PROXY."
    )
    connect_timeout: float = setting(
        th.NumberType,
        "Seconds to wait for a connection; 0 for no limit.",
        default=10.0,
        minimum=0,
        maximum=86_400,  # a day
    )
    request_timeout: float = setting(
        th.NumberType,
        "Seconds to wait for the next piece of an answer; 0 for no limit.",
        default=60.0,
        minimum=0,
        maximum=86_400,  # a day
    )
    log_file: str = setting(th.StringType, "File that the log is written to as well.")
    verbosity: str = setting(
        th.StringType,
        "How much the log tells.",
        default="info",
        choices=("warning", "info", "debug"),
    )
    user_agent: str = setting(
        th.StringType,
        "Who operates this tap, added to its user agent (a name or an address).",
        form="header",
    )
    lookback_minutes: int = setting(
        th.IntegerType,
        "Overlap of an incremental run with the one before, against late arrivals.",
        default=5,
        minimum=0,
        maximum=525_600,  # a year
    )
    on_error: str = setting(
        th.StringType,
        "What to do where something could not be read: go on and exit 0 (`report`), go on and "
        "exit 3 (`fail_at_end`), stop at once (`fail`).",
        default="fail_at_end",
        choices=ON_ERROR,
    )
    concurrency: int = setting(
        th.IntegerType, "Requests in flight.", default=40, minimum=1, maximum=1000
    )
    rate_limit_share: float = setting(
        th.NumberType,
        "Share of Graph's documented rate limits to use; above 1 for raised quotas, "
        "0 for no pacing.",
        default=1.0,
        minimum=0,
    )
    emit_activate_version_messages: bool = setting(
        th.BooleanType,
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
            item.name: coerce(item.metadata["type"], config[item.name])
            for item in fields(cls)
            if config.get(item.name) is not None
        }
        given = complete(given)
        authority, graph = CLOUDS[given.get("cloud", "global")]
        for key, usual in (("authority_host", authority), ("graph_url", graph)):
            given[key] = given.get(key, usual).rstrip("/")
        if "nango_host" in given:
            given["nango_host"] = given["nango_host"].rstrip("/")
        return cls(**given)


def json_schema() -> dict[str, Any]:
    """The settings as the JSON schema that the SDK shows in `--about`."""
    return th.PropertiesList(
        *(
            th.Property(
                item.name,
                item.metadata["type"],
                description=item.metadata["description"],
                allowed_values=item.metadata["choices"] and list(item.metadata["choices"]),
                secret=item.metadata["secret"],
                default=None if item.default is MISSING else item.default,
            )
            for item in fields(Settings)
        )
    ).to_dict()


def problems(config: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> Iterator[str]:
    """One line for each thing wrong with a configuration; never a value that may be secret.

    `known` are further properties that are allowed, the SDK's own.
    """
    yield from wrong_config(config, {item.name: item for item in fields(Settings)}, known or {})
    yield from wrong_privacy(config)
