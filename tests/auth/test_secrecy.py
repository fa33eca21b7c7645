"""At DEBUG, of every way to sign in: no secret, token, code or verifier, tracebacks included."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.auth.grant import Grant
from tap_msteams.auth.store import default_path
from tap_msteams.errors import TapError
from tap_msteams.settings import Settings
from tap_msteams.settings.methods import METHODS
from tap_msteams_sandbox import Tenant
from tests.auth.person import Person
from tests.cloud import Sandbox
from tests.conftest import SMALL

WAYS = (
    "service_principal",
    "certificate",
    "subject_name",
    "refresh_token",
    "workload_identity",
    "access_token",
    "nango",
    "nango proxy",
    "azure_cli",
    "github",
    "app_service",
    "azure_ml",
    "service_fabric",
    "oauth_verifier",
)


@pytest.fixture
def sandbox():
    with Sandbox(tenant=Tenant(**SMALL)) as opened:
        yield opened


@pytest.fixture
def config_of(sandbox, monkeypatch):
    """The settings of a way to sign in, in the surroundings that it needs."""

    def made(way):
        machine = {"app_service", "azure_ml", "service_fabric", "github", "azure_cli"}
        for name, value in (sandbox.machine(way) if way in machine else {}).items():
            monkeypatch.setenv(name, value)
        if way == "nango proxy":
            return {**sandbox.nango(), "nango_mode": "proxy"}
        if way == "oauth_verifier":
            config = {**sandbox.config("public_client"), "redirect_uri": "http://localhost/x"}
            sandbox.identity.public.redirect_uris |= {"http://localhost/x"}
            url, _ = Grant.from_settings(Settings.from_config(config)).begin()
            return {**config, "oauth_verifier": Person(sandbox.ca_bundle).visit(url)}
        if way == "github":
            config = sandbox.config("workload_identity")
            del config["federated_token_file"]
            return config
        known = {"app_service", "azure_ml", "service_fabric"}
        return sandbox.config("managed_identity" if way in known else way)

    return made


def secrets_of(sandbox, config):
    """Everything that was secret: set, issued, asked for, or kept."""
    identity, entra = sandbox.identity, sandbox.entra
    found = {value for key, value in config.items() if key in SECRET}
    found |= {identity.nango.secret_key, identity.app_service.key, identity.machine_learning.key}
    found |= {identity.service_fabric.key, entra.federation.request_token}
    found |= {identity.confidential.secret, *entra._grants, *entra._issued}
    if verifier := config.get("oauth_verifier"):
        found.add(parse_qs(urlsplit(verifier).query)["code"][0])
    if path := config.get("federated_token_file"):
        found.add(Path(path).read_text())
    store = default_path()
    for name in ("code_verifier",):
        if store.exists() and name in (text := store.read_text()):
            found.add(text.partition(f'"{name}": "')[2].partition('"')[0])
    return {secret for secret in found if secret}


SECRET = {
    "client_secret",
    "refresh_token",
    "access_token",
    "oauth_verifier",
    "nango_secret_key",
}


def nothing(_):
    pass


def outage(sandbox):
    sandbox.entra.outage = 503


def nonsense(sandbox):
    sandbox.entra.outage = 200


def refusals(sandbox):
    sandbox.entra.outage = None
    sandbox.entra.applications.clear()
    sandbox.entra.revoke_all()
    sandbox.identity.nango.exhausted = True
    sandbox.identity.azure_cli.signed_in = False


TROUBLES = (nothing, outage, nonsense, refusals)


def test_every_method_is_looked_at():
    assert {*METHODS} - {"managed_identity"} <= {*WAYS}


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_told_anywhere(sandbox, config_of, caplog, way):
    caplog.set_level(logging.DEBUG)
    for name in ("urllib3", "requests"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    logging.getLogger("msal").setLevel(logging.INFO)  # the least that a log is set up for
    config = config_of(way)
    known = secrets_of(sandbox, config)
    settings = Settings.from_config(config)
    authenticator = GraphAuthenticator.from_settings(settings, backoff=0)
    tokens = authenticator._tokens
    told = [repr(settings), repr(authenticator), repr(vars(authenticator))]
    told += [repr(tokens.source), repr(vars(tokens)), repr(tokens.get())]
    lines = []
    for trouble in TROUBLES:
        known |= secrets_of(sandbox, config) | {tokens.get().value}
        trouble(sandbox)
        try:
            tokens.renew(tokens.get().value)
        except TapError as error:
            lines.append(str(error))
            told += traceback.format_exception(error)
    everything = "\n".join([*told, caplog.text, *(repr(vars(it)) for it in caplog.records)])
    assert len(known) >= 5
    assert [secret for secret in known if secret in everything] == []
    assert lines
    assert [line for line in lines if len(line.splitlines()) != 1] == []
    assert "tap_msteams" in caplog.text
