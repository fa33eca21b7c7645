"""Services that give tokens late, after a while, or piece by piece."""

from __future__ import annotations

import time

import pytest

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.auth.grant import Grant
from tap_msteams.errors import AuthenticationError
from tap_msteams.settings import Settings
from tap_msteams_sandbox import Tenant
from tests.cloud import Sandbox
from tests.conftest import SMALL


@pytest.fixture(scope="module")
def opened():
    with Sandbox(tenant=Tenant(**SMALL)) as opened:
        yield opened


@pytest.fixture
def sandbox(opened, monkeypatch, tmp_path):
    for name, value in opened.machine("vm").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    yield opened
    opened.faults.clear()


@pytest.fixture
def token(sandbox, tmp_path):
    """The token that a way to sign in brings while these faults are planned."""

    def of(method, *faults, backoff=0.0, **changes):
        sandbox.faults.add(*faults)
        store = {"token_cache_path": str(tmp_path / "tokens.json")}
        settings = Settings.from_config({**sandbox.config(method), **store, **changes})
        authenticator = GraphAuthenticator.from_settings(settings, backoff=backoff)
        return authenticator._tokens.get().value

    return of


def test_a_metadata_service_that_is_updated_is_waited_for(token):
    assert token("managed_identity", "410:at=machine,times=5", "404:at=machine,times=4")


@pytest.mark.parametrize("status", [404, 410])
def test_one_that_stays_so_is_told_to_be_updated(token, status):
    with pytest.raises(AuthenticationError) as caught:
        token("managed_identity", f"{status}:at=machine,times=0")
    line = str(caught.value)
    assert f"is being updated (HTTP {status})" in line
    assert "70 seconds" in line
    assert "check the identities" not in line


@pytest.mark.parametrize("method", ["service_principal", "refresh_token", "workload_identity"])
def test_an_entra_id_that_is_busy_is_waited_for(token, method):
    assert token(method, "503:at=entra,where=/token,times=8")


@pytest.mark.parametrize("asked", ["0", "0.02", "-1", "0, 0.02", "soon"])
def test_a_time_to_come_back_that_is_odd_is_no_traceback(token, asked):
    asked = asked.replace(",", "\\,")
    assert token("service_principal", f"503:at=entra,where=/token,times=2,retry_after={asked}")


def test_each_wait_for_entra_id_is_told(token, caplog):
    with caplog.at_level("INFO"):
        assert token("service_principal", "503:at=entra,where=/token,times=3", backoff=0.001)
    told = [it for it in caplog.messages if "trying again in" in it]
    assert told
    assert told[0].startswith("Entra ID is not available (HTTP 503)")


def test_a_slow_answer_is_an_answer(token):
    assert token("managed_identity", "slow:at=machine,seconds=0.3")
    assert token("service_principal", "slow:at=entra,where=/token,seconds=0.3")


@pytest.mark.parametrize("part", ["header", "body"])
def test_an_answer_that_drips_lets_go_of_the_store(token, part):
    fault = f"drip:at=entra,where=/token,seconds=0.05,part={part},times=0"
    began = time.monotonic()
    with pytest.raises(AuthenticationError, match=r"had not ended after 2 seconds"):
        token("refresh_token", fault, request_timeout=1)
    assert time.monotonic() - began < 60


def test_a_refused_device_code_says_which_policy(sandbox, tmp_path):
    sandbox.faults.add("aadsts:at=entra,where=/devicecode,number=530036")
    config = sandbox.config("public_client")
    settings = Settings.from_config({**config, "token_cache_path": str(tmp_path / "t.json")})
    with pytest.raises(AuthenticationError, match=r"tap-msteams url.*AADSTS530036"):
        Grant.from_settings(settings, backoff=0).device_code()
