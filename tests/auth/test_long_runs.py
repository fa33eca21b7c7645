"""Hours of a run with many workers, whichever way the token comes."""

from __future__ import annotations

import pytest

from tap_msteams.auth import GraphAuthenticator
from tap_msteams.settings import Settings
from tap_msteams_sandbox import Tenant
from tests.clock import Clock
from tests.cloud import Sandbox
from tests.conftest import SMALL, run_tap

WAYS = (
    "service_principal",
    "certificate",
    "subject_name",
    "refresh_token",
    "workload_identity",
    "nango",
)
CAPABLE = ("service_principal", "certificate", "refresh_token", "workload_identity")


@pytest.fixture(scope="module")
def clock():
    return Clock(1_900_000_000.0)


@pytest.fixture(scope="module")
def shared(clock):
    with Sandbox(tenant=Tenant(**SMALL), clock=clock) as opened:
        yield opened


@pytest.fixture
def sandbox(shared):
    yield shared
    shared.entra.long_lived = shared.entra.strict = False
    shared.entra._challenged = {}


@pytest.fixture
def authenticator(sandbox, clock):
    """Signs in one way, with a store of its own."""

    def made(way, **changes):
        settings = Settings.from_config({**sandbox.config(way), **changes})
        return GraphAuthenticator.from_settings(settings, clock=clock, backoff=0)

    return made


def asked(sandbox):
    """How often anybody was asked for a token."""
    nango = sandbox.identity.nango.requests
    return sandbox.entra.requests + len([path for path in nango if "/connections/" in path])


def token(authenticator):
    return authenticator._tokens.get().value


@pytest.mark.parametrize("way", WAYS)
def test_ten_hours_pass_without_a_token_that_graph_would_refuse(sandbox, authenticator, clock, way):
    signed_in, before = authenticator(way), asked(sandbox)
    for minute in range(600):
        if minute % 30 == 0 and way == "workload_identity":
            sandbox.identity.write_federated_token()
        assert sandbox.entra.claims(token(signed_in)), minute
        clock.forward(60)
    # A broker renews just before the end, and so is asked a few times in vain.
    assert asked(sandbox) - before <= (80 if way == "nango" else 12)


@pytest.mark.parametrize("way", WAYS)
def test_an_expiry_takes_one_request_however_many_wait(sandbox, authenticator, clock, at_once, way):
    signed_in, before = authenticator(way), asked(sandbox)
    assert len(set(at_once(lambda: token(signed_in)))) == 1
    assert asked(sandbox) - before == 1
    clock.forward(3700)
    sandbox.identity.write_federated_token()
    assert len(set(at_once(lambda: token(signed_in)))) == 1
    assert asked(sandbox) - before == 2


@pytest.mark.parametrize("way", WAYS)
def test_a_revocation_takes_one_request_however_many_were_rejected(
    sandbox, authenticator, at_once, way
):
    signed_in = authenticator(way)
    rejected, before = token(signed_in), asked(sandbox)
    sandbox.entra.revoke_access_tokens()

    def renewed():
        signed_in.renew(f"Bearer {rejected}")
        return token(signed_in)

    [header] = set(at_once(renewed))
    assert sandbox.entra.claims(header)
    assert asked(sandbox) - before == 1


@pytest.mark.parametrize("way", CAPABLE)
def test_tokens_live_longer_for_who_can_answer_challenges(sandbox, authenticator, clock, way):
    sandbox.entra.long_lived = True
    signed_in, before = authenticator(way), asked(sandbox)
    for _ in range(10):
        assert sandbox.entra.claims(token(signed_in))
        clock.forward(3600)
    assert asked(sandbox) - before == 1


@pytest.mark.parametrize("way", CAPABLE)
def test_a_challenge_is_answered_with_the_claims_and_one_request(
    sandbox, authenticator, at_once, way
):
    signed_in = authenticator(way)
    rejected, before = token(signed_in), asked(sandbox)
    sandbox.entra.challenge()
    challenge = sandbox.entra.challenge_to(rejected)
    assert challenge

    def answered():
        signed_in.renew(f"Bearer {rejected}", challenge)
        return token(signed_in)

    [renewed] = set(at_once(answered))
    assert sandbox.entra.challenge_to(renewed) is None
    assert asked(sandbox) - before == 1


@pytest.mark.parametrize("way", ["service_principal", "refresh_token"])
def test_a_run_goes_on_through_a_challenge(open_sandbox, way):
    sandbox = open_sandbox()
    sandbox.entra.challenge()
    found = run_tap(sandbox.config(way), streams=["teams"])
    assert found.code == 0
    assert found.records["teams"]
    assert any(entry.status == 401 for entry in sandbox.requests)
