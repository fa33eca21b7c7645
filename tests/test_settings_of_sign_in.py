"""Settings of the ways to sign in: what each needs, infers and refuses."""

from __future__ import annotations

import pytest

from tap_msteams.settings import CLOUDS, Settings, env_name, infer_method, rules
from tap_msteams.settings.methods import ALIASES, METHODS
from tests.ways import APP, BROKER, FEDERATED, MACHINE, USER, WAYS, the_line, told

NO_ENVIRONMENT = {"AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE"}


@pytest.mark.parametrize("method", sorted({*METHODS} - {"workload_identity"}))
def test_what_a_way_to_sign_in_lacks_is_told_setting_by_setting(method):
    way = METHODS[method]
    lines = [f"auth_method '{method}' needs '{key}' (env {env_name(key)})" for key in way.needs]
    if way.one_of:
        listed = ", ".join(f"'{key}'" for key in way.one_of)
        lines.append(f"auth_method '{method}' needs one of {listed}")
    assert told({"auth_method": method}) == lines


def test_a_workload_is_told_of_the_places_to_look_for_its_identity():
    assert told({"auth_method": "workload_identity"}) == [
        "auth_method 'workload_identity' needs "
        f"'{key}' (env {env_name(key)} or AZURE_{key.upper()})"
        for key in METHODS["workload_identity"].needs
    ]


def test_a_workload_in_kubernetes_knows_its_identity(monkeypatch):
    for name in NO_ENVIRONMENT:
        monkeypatch.setenv(name, name.lower())
    settings = Settings.from_config({"auth_method": "workload_identity", "client_id": "mine"})
    assert settings.tenant_id == "azure_tenant_id"
    assert settings.client_id == "mine"
    assert settings.federated_token_file == "azure_federated_token_file"


@pytest.mark.parametrize(
    ("host", "config", "cloud", "authority"),
    [
        ("https://login.microsoftonline.us/", {}, "usgov", "https://login.microsoftonline.us"),
        (
            "https://login.partner.microsoftonline.cn/",
            {"cloud": "global"},
            "china",
            "https://login.partner.microsoftonline.cn",
        ),
        ("https://entra.example/", {}, "global", "https://entra.example"),
        (
            "https://login.microsoftonline.us/",
            {"cloud": "usgov_dod"},
            "usgov_dod",
            "https://login.microsoftonline.us",
        ),
        (
            "https://x.example",
            {"authority_host": "https://y.example"},
            "global",
            "https://y.example",
        ),
    ],
)
def test_a_workload_in_a_national_cloud_knows_it(monkeypatch, host, config, cloud, authority):
    for name in NO_ENVIRONMENT:
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", host)
    settings = Settings.from_config({"auth_method": "workload_identity", **config})
    assert (settings.cloud, settings.authority_host) == (cloud, authority)
    assert settings.graph_url == CLOUDS[cloud][1]


@pytest.mark.parametrize("host", ["http://login.microsoftonline.us", "login", "https://a@b/"])
def test_an_entra_id_that_kubernetes_names_badly_is_told(monkeypatch, host):
    for name in NO_ENVIRONMENT:
        monkeypatch.setenv(name, name.lower())
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", host)
    assert "AZURE_AUTHORITY_HOST" in the_line({"auth_method": "workload_identity"})


def test_a_workload_in_github_needs_no_file(monkeypatch):
    config = {"auth_method": "workload_identity", "tenant_id": "x", "client_id": "y"}
    assert told(config) != []
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "https://vstoken.example/?x=1")
    assert told(config) == []


@pytest.mark.parametrize(
    ("config", "extra"),
    [
        ({**APP, "auth_method": "service_principal"}, "refresh_token"),
        ({**APP, "auth_method": "service_principal"}, "managed_identity_client_id"),
        (USER, "managed_identity_client_id"),
        (MACHINE, "client_secret"),
        (MACHINE, "refresh_token"),
        (APP, "managed_identity_client_id"),
        (APP, "client_certificate_path"),
        (APP, "access_token"),
        (APP, "federated_token_file"),
        (APP, "nango_secret_key"),
        ({**USER, "client_secret": "x"}, "client_certificate"),
        ({"auth_method": "managed_identity", "managed_identity_object_id": "x"}, "refresh_token"),
        (
            {"auth_method": "managed_identity", "managed_identity_object_id": "x"},
            "managed_identity_client_id",
        ),
        (BROKER, "client_secret"),
        (FEDERATED, "client_secret"),
    ],
)
def test_a_second_credential_is_a_contradiction(config, extra):
    line = the_line({**config, extra: "hunter2"})
    assert extra in line or "'auth_method'" in line
    assert "hunter2" not in line


def test_scopes_are_for_users_alone():
    assert "does not use 'scopes'" in the_line({**APP, "scopes": ["Chat.Read"]})
    assert told({**USER, "scopes": ["Chat.Read"]}) == []


@pytest.mark.parametrize("method", METHODS)
def test_ids_may_stand_in_a_shared_configuration(method):
    config = {"tenant_id": "contoso.example", "client_id": "6f1c2f0a", **WAYS[method]}
    assert told({**config, "auth_method": method}) == []


@pytest.mark.parametrize(
    ("config", "method"),
    [
        ({}, None),
        ({"client_id": "x"}, None),
        ({"client_secret": "x"}, "service_principal"),
        ({"refresh_token": "x"}, "refresh_token"),
        ({"refresh_token": "x", "client_secret": "y"}, "refresh_token"),
        ({"managed_identity_client_id": "x"}, "managed_identity"),
        ({"managed_identity_client_id": "x", "client_secret": "y"}, None),
        ({"managed_identity_client_id": "x", "refresh_token": "y"}, None),
        ({"auth_method": "managed_identity", "client_secret": "x"}, "managed_identity"),
        ({"client_secret": "", "refresh_token": "x"}, "refresh_token"),
        ({"client_certificate_path": "x"}, "service_principal"),
        ({"client_certificate": "x"}, "service_principal"),
        ({"oauth_verifier": "x", "client_certificate": "y"}, "refresh_token"),
        ({"client_id": "x", "initiate_oauth": "GETANDREFRESH"}, "refresh_token"),
        ({"client_id": "x", "initiate_oauth": "REFRESH"}, None),
        ({"managed_identity_resource_id": "x"}, "managed_identity"),
        ({"federated_token_file": "x"}, "workload_identity"),
        ({"access_token": "x"}, "access_token"),
        ({"access_token": "x", "refresh_token": "y"}, "refresh_token"),
        ({"nango_connection_id": "x"}, "nango"),
        ({"auth_method": "AzureAD"}, "refresh_token"),
        ({"auth_method": "azureserviceprincipal"}, "service_principal"),
        ({"auth_method": "AzureServicePrincipalCert"}, "service_principal"),
        ({"auth_method": "AZUREMSI"}, "managed_identity"),
    ],
)
def test_a_way_to_sign_in_is_inferred_where_it_is_the_only_one(config, method):
    assert infer_method(config) == method


@pytest.mark.parametrize("tenant", [{"tenant_id": "contoso.example"}, {}])
def test_an_application_without_a_credential_is_told_which_one_lacks(tenant):
    line = the_line({"client_id": "6f1c2f0a", **tenant})
    assert line.startswith("'client_secret' (env TAP_MSTEAMS_CLIENT_SECRET)")
    assert "'client_certificate_path', 'client_certificate'" in line
    assert "refresh_token" in line
    assert ("'tenant_id'" in line) == (not tenant)


def test_an_access_token_beside_a_refresh_token_is_told_to_be_of_no_use():
    line = the_line({"client_id": "6f1c2f0a", "refresh_token": "x", "access_token": "hunter9"})
    assert line.startswith("'access_token' is not needed beside the refresh token")


def test_a_way_to_sign_in_that_cannot_be_inferred_is_asked_for():
    line = the_line({})
    assert "'auth_method' (env TAP_MSTEAMS_AUTH_METHOD) is missing" in line
    assert all(method in line for method in METHODS)


@pytest.mark.parametrize("tenant", ["common", "Organizations", "consumers"])
def test_an_application_needs_a_tenant_of_its_own(tenant):
    assert "'tenant_id' (env TAP_MSTEAMS_TENANT_ID) must be the tenant's GUID" in the_line(
        {**APP, "tenant_id": tenant}
    )
    assert told({**USER, "tenant_id": tenant}) == []


def test_ways_to_sign_in_that_contradict_each_other_are_named():
    line = the_line({**APP, "nango_secret_key": "hunter8"})
    assert line == (
        "'client_secret', 'nango_secret_key' belong to different ways to sign in: remove all but "
        "one, or set 'auth_method' (env TAP_MSTEAMS_AUTH_METHOD) to one of service_principal, nango"
    )


@pytest.mark.parametrize(("alias", "method"), ALIASES.items())
def test_the_names_of_other_connectors_mean_the_same(alias, method):
    config = {**WAYS[method], "auth_method": alias.upper()}
    assert told(config) == []
    assert Settings.from_config(config).auth_method == method


def test_the_client_id_beside_another_connectors_name_is_the_identitys():
    config = {"auth_method": "AzureMSI", "client_id": "6f1c2f0a"}
    assert Settings.from_config(config).managed_identity_client_id == "6f1c2f0a"
    config["auth_method"] = "managed_identity"
    assert Settings.from_config(config).managed_identity_client_id is None


@pytest.mark.parametrize("method", METHODS)
def test_defaults_that_are_set_change_nothing(method):
    # Meltano hands them on.
    defaults = {
        rule.name: rule.default for rule in rules(Settings).values() if rule.default is not None
    }
    assert told({**defaults, **WAYS[method]}) == []


@pytest.mark.parametrize("everything", [".default", "https://graph.microsoft.com/.default"])
def test_everything_consented_to_is_not_combined_with_single_permissions(everything):
    [line] = told({**USER, "scopes": [everything, "Chat.Read"]})
    assert line.startswith("'scopes' (env TAP_MSTEAMS_SCOPES): '.default' stands for everything")
    assert told({**USER, "scopes": [everything, "offline_access", "openid", "profile"]}) == []
