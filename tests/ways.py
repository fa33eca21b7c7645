"""A configuration for each way to sign in, and what is wrong with one."""

from __future__ import annotations

from tap_msteams.settings import problems

SECRETS = {
    "client_secret": "Qx8Q~hunter2",
    "client_certificate": "-----BEGIN hunter4-----",
    "client_certificate_password": "hunter5",
    "refresh_token": "1.AX-hunter3",
    "oauth_verifier": "0.AX-hunter6",
    "access_token": "eyJ.hunter7.x",
    "nango_secret_key": "hunter8",
    "token_cache_passphrase": "hunter9",
    "proxy_password": "hunter10",
}
WAYS = {
    "service_principal": {
        "tenant_id": "contoso.example",
        "client_id": "6f1c2f0a",
        "client_secret": SECRETS["client_secret"],
    },
    "refresh_token": {"client_id": "6f1c2f0a", "refresh_token": SECRETS["refresh_token"]},
    "managed_identity": {"auth_method": "managed_identity"},
    "workload_identity": {
        "tenant_id": "contoso.example",
        "client_id": "6f1c2f0a",
        "federated_token_file": "/var/run/token",
    },
    "access_token": {"access_token": SECRETS["access_token"]},
    "azure_cli": {"auth_method": "azure_cli"},
    "nango": {
        "nango_secret_key": SECRETS["nango_secret_key"],
        "nango_connection_id": "6f1c2f0b",
        "nango_integration_id": "microsoft-teams",
    },
}
APP, USER, MACHINE, FEDERATED, TOKEN, _, BROKER = WAYS.values()


def told(config):
    """What is wrong with a configuration, line by line."""
    return list(problems(config))


def the_line(config):
    [line] = told(config)
    return line
