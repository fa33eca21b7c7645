"""Laws of the names that other connectors use."""

from __future__ import annotations

import re

import pytest

from docs.computed.procedures import PROCEDURES
from tap_msteams.preflight.doctor import refused
from tap_msteams.settings import json_schema, problems, wrong_environment
from tap_msteams.settings.elsewhere import PROPERTIES, advice

APP = {"tenant_id": "contoso.example", "client_id": "6f1c2f0a", "client_secret": "Qx8Q~hunter2"}


def told(config):
    """What the check of a configuration says, line by line."""
    lines = list(problems(config))
    assert not [line for line in lines if "hunter" in line]
    return lines


def spaced(name):
    return re.sub("(?<!^)([A-Z])", r" \1", name)


PUBLISHED = """
AuthScheme MsAppActsAsUserId AzureTenant AzureEnvironment InitiateOAuth OAuthVersion OAuthClientId
OAuthClientSecret OAuthAccessToken OAuthSettingsLocation CallbackURL OAuthGrantType
OAuthAuthorizationURL OAuthAccessTokenURL OAuthVerifier OAuthRefreshToken OAuthExpiresIn
OAuthTokenTimestamp OAuthJWTCert OAuthJWTCertType OAuthJWTCertPassword OAuthJWTCertSubject
OAuthJWTIssuer OAuthJWTSubject SSLClientCert SSLClientCertType SSLClientCertPassword
SSLClientCertSubject SSLServerCert UseSSL FirewallType FirewallServer FirewallPort FirewallUser
FirewallPassword ProxyAutoDetect ProxyServer ProxyPort ProxyAuthScheme ProxyUser ProxyPassword
ProxySSLType ProxyExceptions Logfile Verbosity LogModules MaxLogFileSize MaxLogFileCount Location
BrowsableSchemas Tables Views AutoCache CacheDriver CacheConnection CacheLocation CacheTolerance
CacheMetadata Offline BatchSize ConnectionLifeTime ConnectOnOpen IncludeAllGroups MaxRows Other
Pagesize PoolIdleTimeout PoolMaxSize PoolMinSize PoolWaitTime PseudoColumns Readonly RTK
SupportEnhancedSQL Timeout UseConnectionPooling UserDefinedViews OrganizationUrl Tenant
"""
"""Properties of CData's connector for Teams, and those to sign in of its kin.

https://cdn.cdata.com/help/GSM/cloud/default.htm
"""

PUBLISHED_PROCEDURES = """
ArchiveTeam CreateChat DeleteChat DeleteChatMessage DeleteMessage FetchAdditionalUserFields
GetAdminConsentURL GetAttachmentContentUrl GetOAuthAccessToken GetOAuthAuthorizationURL
GetUserActivityCount RefreshOAuthAccessToken SendChatMessage SendMessage ShareSchedule
UnArchiveTeam UpdateChat UpdateChatMessage UpdateMessage
"""

OTHERS = [name for names in PROPERTIES for name in names]


@pytest.mark.parametrize("spelt", [str, str.lower, spaced])
def test_names_of_other_connectors_are_told_with_ours(spelt):
    names = [name for name in map(spelt, OTHERS) if name != "verbosity"]
    lines = [it for it in told({**APP, **dict.fromkeys(names, "hunter8")}) if "no setting" in it]
    assert len(lines) == len(names)
    for line in lines:
        named = re.findall("'([a-z_-]+)'", line.partition("here it is ")[2])
        assert named or "it has no counterpart here: " in line


def test_variables_with_names_of_other_connectors_are_told_as_well():
    names = [name for name in OTHERS if name != "Verbosity"]
    variables = {f"TAP_MSTEAMS_{name.upper()}": "x" for name in names}
    lines = list(wrong_environment(variables, json_schema()["properties"]))
    assert len(lines) == len(names)
    assert all(re.search("here it is |no counterpart here: ", line) for line in lines)


def test_every_property_of_the_connectors_that_people_come_from_is_known():
    assert PUBLISHED.split() == [name for name in PUBLISHED.split() if advice(name)]
    done = {name for names in PROCEDURES for name in names}
    assert {*PUBLISHED_PROCEDURES.split()} <= done


@pytest.mark.parametrize(
    ("key", "value", "own"),
    [
        ("verbosity", 4, "debug"),
        ("verbosity", "2", "info"),
        ("cloud", "USGOVT", "usgov"),
        ("cloud", "AzureChinaCloud", "china"),
    ],
)
def test_a_value_of_another_connector_is_told_with_ours(key, value, own):
    [line] = told({**APP, key: value})
    assert line.endswith(f": {value} of other connectors is {own} here")


def test_about_tells_what_settings_are_called_elsewhere():
    schema = json_schema()["properties"]
    assert schema["redirect_uri"]["description"].endswith(" Elsewhere: CallbackURL.")
    assert "OAuthSettingsLocation" in schema["token_cache_path"]["description"]


def test_a_whole_configuration_of_another_connector_is_told_setting_by_setting():
    config = {
        "AuthScheme": "AzureServicePrincipal",
        "AzureTenant": "contoso.example",
        "OAuthClientId": "6f1c2f0a",
        "OAuthClientSecret": "hunter2",
        "ProxyServer": "proxy.example",
        "Verbosity": "4",
    }
    lines = told(config)
    assert len([line for line in lines if "here it is" in line]) == 6
    assert {check.text for check in refused(lines).checks} == set(lines)
