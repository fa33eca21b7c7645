"""Names that other connectors for Teams use, and what they are called here."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PROPERTIES: dict[tuple[str, ...], str] = {
    ("AuthScheme", "AuthType"): "`auth_method`",
    ("Credentials",): "the keys in it, each a setting of its own: `tenant_id`, `client_id`, "
    "`client_secret`, `refresh_token`",
    ("EnableMSI",): "`auth_method`: `managed_identity`",
    ("MsiEndpoint",): "nothing: the environment of the machine tells",
    ("User", "UserName", "Password"): "nothing: no password of a person is taken; `auth_method` "
    "has the ways to sign in",
    (
        "ADFSServer",
        "KerberosKDC",
        "KerberosKeytabFile",
        "KerberosRealm",
        "KerberosServiceKDC",
        "KerberosServiceRealm",
        "KerberosSPN",
        "KerberosTicketCache",
        "KerberosUser",
    ): "nothing: Entra ID alone signs in",
    ("MsAppActsAsUserId",): "`acts_as_user_id`",
    ("InitiateOAuth",): "`initiate_oauth`: `GETANDREFRESH`, `REFRESH` or `OFF`",
    ("OAuthVersion",): "nothing: Entra ID knows 2.0 alone",
    ("OAuthClientId", "AppId", "ApplicationId"): "`client_id`; of a managed identity "
    "`managed_identity_client_id`",
    ("OAuthClientSecret", "AppSecret", "SecretValue"): "`client_secret`",
    ("OAuthJWTCert", "OAuthJWTCertType", "CertificatePath"): "`client_certificate_path` for a PEM "
    "or PFX file, `client_certificate` for its text; the tap sees which it is",
    ("OAuthJWTCertPassword", "CertificatePassword"): "`client_certificate_password`",
    ("OAuthJWTCertSubject", "OAuthJWTIssuer", "OAuthJWTSubject"): "nothing: the certificate and "
    "`client_id` tell",
    ("OAuthGrantType",): "nothing: `auth_method` decides",
    (
        "OAuthAuthorizationURL",
        "OAuthRequestTokenURL",
        "OAuthAccessTokenURL",
        "OAuthRefreshTokenURL",
    ): "nothing: Entra ID tells them; `authority_host` is its origin",
    ("OAuthParams",): "nothing: Entra ID needs none beside the other settings",
    ("CallbackURL",): "`redirect_uri`",
    ("OAuthAccessToken",): "`access_token`",
    ("OAuthAccessTokenSecret", "AuthToken", "AuthKey"): "nothing: they belong to OAuth 1.0",
    ("OAuthRefreshToken",): "`refresh_token`",
    ("OAuthExpiresIn", "OAuthTokenTimestamp"): "nothing: the token and the token store tell; "
    "`exchange --json` and `refresh --json` give `expires_in`",
    ("OAuthVerifier", "Verifier"): "`oauth_verifier`, or the command `exchange`",
    ("OAuthSettingsLocation",): "`token_cache_path`; encrypted with `token_cache_encryption` and "
    "`token_cache_passphrase`",
    ("Tenant", "AzureTenant", "AzureADTenant", "DirectoryId"): "`tenant_id`",
    ("AzureEnvironment", "Environment"): "`cloud`: `global`, `usgov`, `usgov_dod` or `china`",
    ("OrganizationUrl", "ServiceUrl"): "`graph_url`, and `authority_host` for sign-ins; `cloud` "
    "for those of a national cloud",
    ("AzureResource", "AzureADResource", "GraphAPIHost"): "`graph_url`",
    ("ApiVersion", "Edition"): "nothing: the tap reads v1.0 of Graph",
    ("Permissions", "Scope", "OAuthScopes"): "`scopes`",
    ("AuthMode",): "nothing: `url` and `exchange` are for the web, `login` for this machine",
    ("Prompt", "AuthorizationParams"): "the option `--prompt` of `login` and `url`",
    ("State",): "nothing: `url --json` gives the state",
    ("ProviderConfigKey",): "`nango_integration_id`",
    ("ConnectionId",): "`nango_connection_id`",
    ("SecretKey",): "`nango_secret_key`",
    ("SSLServerCert",): "`ca_bundle`, or `certificate_fingerprint` for one certificate",
    ("SSLClientCert", "SSLClientCertType", "SSLClientCertPassword", "SSLClientCertSubject"): (
        "nothing: no server asks for one; that of the app registration is `client_certificate_path`"
    ),
    ("UseSSL",): "nothing: every connection is encrypted",
    ("ProxyAutoDetect",): "nothing: without `proxy_url` the variables HTTPS_PROXY and NO_PROXY "
    "count",
    ("ProxyServer", "ProxyPort", "FirewallServer", "FirewallPort"): "`proxy_url`",
    ("ProxyExceptions",): "`no_proxy`",
    ("ProxyUser", "FirewallUser"): "`proxy_username`",
    ("ProxyPassword", "FirewallPassword"): "`proxy_password`",
    ("ProxyAuthScheme",): "nothing: Basic alone",
    ("ProxySSLType", "FirewallType"): "the scheme of `proxy_url`: `http` for TUNNEL, `https`, "
    "`socks5` or `socks5h`",
    ("Logfile",): "`log_file`",
    ("MaxLogFileSize", "MaxLogFileCount"): "nothing: the system's log rotation is for `log_file`",
    ("Verbosity", "LogModules"): "`verbosity`: `warning`, `info` or `debug`",
    ("Timeout",): "`request_timeout` and `connect_timeout`; 0 for no limit",
    ("Pagesize", "MaxRows"): "nothing: pages are as large as Graph allows, and all of them are "
    "read",
    ("MaxThreads", "NumWorkers"): "`concurrency`",
    (
        "ConnectionLifeTime",
        "ConnectOnOpen",
        "PoolIdleTimeout",
        "PoolMaxSize",
        "PoolMinSize",
        "PoolWaitTime",
        "UseConnectionPooling",
    ): "nothing: connections are opened and kept as `concurrency` needs them",
    ("Period", "StartDate"): "`start_date`",
    ("IncludeAllGroups",): "nothing: an application reads all teams, a user those of their own; "
    "`teams` chooses among them",
    ("BrowsableSchemas", "Tables", "Views"): "nothing: the catalog selects streams and properties",
    ("Location", "GenerateSchemaFiles", "TypeDetectionScheme"): "nothing: the catalog has the "
    "schemas",
    ("PseudoColumns", "UserDefinedViews", "SupportEnhancedSQL", "QueryPassthrough"): "nothing: "
    "the tap takes no SQL; stream maps compute columns",
    (
        "AutoCache",
        "CacheConnection",
        "CacheDriver",
        "CacheLocation",
        "CacheMetadata",
        "CacheProvider",
        "CacheQueryResult",
        "CacheTolerance",
        "Offline",
    ): "nothing: rows are kept by the target",
    ("Readonly", "BatchSize", "ContinueOnError"): "nothing: the tap never writes to Teams",
    ("CustomHeaders", "CustomUrlParams", "Cookies"): "nothing: requests are as Graph documents "
    "them; `user_agent` is added to theirs",
    ("Other", "RTK"): "nothing: there are no hidden settings and no license keys",
}
"""The properties of other connectors, with what to set here."""

VALUES: dict[str, dict[str, str]] = {
    "verbosity": {
        "0": "warning",
        "1": "info",
        "2": "info",
        "3": "debug",
        "4": "debug",
        "5": "debug",
    },
    "cloud": {
        "default": "global",
        "usgovt": "usgov",
        "usgovtl4": "usgov",
        "usgovtl5": "usgov_dod",
        "usgovtdod": "usgov_dod",
        "azureusgovernment": "usgov",
        "azurechinacloud": "china",
        "azurepubliccloud": "global",
    },
}
"""Values of other connectors, by our setting, with ours."""

_NAMES = {
    re.sub(r"[\W_]", "", name).lower(): meaning
    for names, meaning in PROPERTIES.items()
    for name in names
}


def advice(name: str) -> str | None:
    """What to set instead of another connector's property; None for a name of nobody's."""
    meaning = _NAMES.get(re.sub(r"[\W_]", "", name).lower())
    if meaning is None:
        return None
    kind, _, why = meaning.replace("`", "'").partition("nothing: ")
    return f"it has no counterpart here: {why}" if why else f"here it is {kind}"


def value_here(setting: str, value: Any) -> str | None:  # noqa: ANN401 - whatever the configuration holds
    """Our value for another connector's; None for a value of nobody's."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return VALUES.get(setting, {}).get(re.sub(r"[\W_]", "", str(value)).lower())


def names_of(setting: str) -> Iterator[str]:
    """What other connectors call one of our settings."""
    for names, meaning in PROPERTIES.items():
        if meaning.startswith(f"`{setting}`"):
            yield from names
