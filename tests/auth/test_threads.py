from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tap_msteams.auth.provider import HOLD_OFF, TokenAnswer, TokenProvider
from tap_msteams.errors import AuthenticationError
from tests.conftest import PATIENCE

METHODS = ("service_principal", "refresh_token", "managed_identity")


@pytest.mark.parametrize("method", METHODS)
def test_a_cold_start_takes_one_request(identity, sign, at_once, method):
    authenticator = identity.authenticator(method)
    assert len(set(at_once(lambda: sign(authenticator)))) == 1
    assert identity.entra.requests == 1


@pytest.mark.parametrize("method", METHODS)
def test_an_expiry_takes_one_request(identity, sign, at_once, method):
    authenticator = identity.authenticator(method)
    first = sign(authenticator)
    identity.clock.forward(3600)
    headers = set(at_once(lambda: sign(authenticator)))
    assert len(headers) == 1
    assert first not in headers
    assert identity.entra.requests == 2


def test_one_thread_refreshes_early_while_the_others_go_on(identity, sign, at_once):
    authenticator = identity.authenticator()
    first = sign(authenticator)
    identity.waiting.acquire()
    identity.clock.forward(3400)
    identity.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        refreshing = pool.submit(sign, authenticator)
        assert identity.waiting.acquire(timeout=PATIENCE)
        assert set(at_once(lambda: sign(authenticator))) == {first}
        identity.gate.set()
        second = refreshing.result(PATIENCE)
    assert second != first
    assert sign(authenticator) == second
    assert identity.entra.requests == 2


def test_a_failed_early_refresh_keeps_the_token_and_tries_again_later(identity, sign, caplog):
    authenticator = identity.authenticator()
    first = sign(authenticator)
    identity.clock.forward(3400)
    identity.entra.outage = 503
    before = identity.entra.requests
    assert [sign(authenticator) for _ in range(5)] == [first] * 5
    once = identity.entra.requests - before
    assert "could not be refreshed ahead of time" in caplog.text
    identity.entra.outage = None
    identity.clock.forward(HOLD_OFF - 1)
    assert sign(authenticator) == first
    assert identity.entra.requests == before + once
    identity.clock.forward(2)
    assert sign(authenticator) != first


def test_a_failed_early_refresh_never_stretches_a_token_beyond_its_end(identity, sign):
    authenticator = identity.authenticator()
    sign(authenticator)
    identity.entra.outage = 503
    identity.clock.forward(3530)
    sign(authenticator)
    identity.clock.forward(HOLD_OFF - 1)
    with pytest.raises(AuthenticationError):
        sign(authenticator)


def test_a_revoked_token_is_replaced_once_for_all_who_were_rejected(identity, sign, at_once):
    authenticator = identity.authenticator()
    rejected = sign(authenticator)
    identity.entra.revoke_access_tokens()

    def renewed():
        authenticator.renew(rejected)
        return sign(authenticator)

    headers = set(at_once(renewed))
    assert len(headers) == 1
    assert identity.entra.claims(headers.pop().removeprefix("Bearer "))
    assert identity.entra.requests == 2


def test_who_was_rejected_with_an_older_token_takes_the_newer_one(identity, sign):
    authenticator = identity.authenticator()
    first = sign(authenticator)
    authenticator.renew(first)
    second = sign(authenticator)
    authenticator.renew(first)
    assert sign(authenticator) == second
    assert identity.entra.requests == 2


def test_the_token_just_rejected_is_not_taken_again(identity, sign):
    # The metadata service hands out what it remembers, revoked or not.
    authenticator = identity.authenticator("managed_identity")
    rejected = sign(authenticator)
    identity.entra.revoke_access_tokens()
    with pytest.raises(AuthenticationError, match="the same one came back"):
        authenticator.renew(rejected)


def test_short_lived_tokens_are_not_asked_for_again_and_again(identity, sign):
    identity.entra.lifetime = 200
    authenticator = identity.authenticator()
    for _ in range(10):
        sign(authenticator)
    assert identity.entra.requests == 1


def test_a_long_lived_token_is_replaced_at_half_its_life(identity, sign):
    identity.entra.lifetime = 86_400
    identity.imds.remembers = False
    for method in METHODS:
        authenticator = identity.authenticator(method)
        first = sign(authenticator)
        identity.clock.forward(43_000)
        assert sign(authenticator) == first
        identity.clock.forward(300)
        assert sign(authenticator) != first


@pytest.mark.parametrize("method", METHODS)
def test_ten_hours_pass_without_a_token_that_graph_would_refuse(identity, sign, method):
    identity.imds.remembers = False
    authenticator = identity.authenticator(method)
    for _ in range(600):
        assert identity.entra.claims(sign(authenticator).removeprefix("Bearer "))
        identity.clock.forward(60)
    assert identity.entra.requests <= 12


def test_a_token_that_the_machine_hands_out_again_serves_until_its_end(identity, sign):
    authenticator = identity.authenticator("managed_identity")
    for _ in range(600):
        assert identity.entra.claims(sign(authenticator).removeprefix("Bearer "))
        identity.clock.forward(60)
    assert identity.entra.requests <= 12 * 4


class Failing:
    """A source that fails once all callers are there: each reads the clock when it comes."""

    is_application = True

    def __init__(self):
        self.came = threading.Semaphore(0)
        self.asked = 0

    def clock(self):
        self.came.release()
        return 0.0

    def acquire(self, _claims=None, _rejected=None):
        self.asked += 1
        if self.asked == 1:
            for _ in range(33):  # the one who asks reads it once more
                self.came.acquire(timeout=PATIENCE)
        message = "no token"
        raise AuthenticationError(message)


def test_all_who_waited_share_one_failure(at_once):
    source = Failing()
    tokens = TokenProvider(source, source.clock)
    errors = at_once(tokens.get)
    assert {str(error) for error in errors} == {"no token"}
    assert source.asked == 1


class Refreshed(TokenProvider):
    """A provider whose token another thread replaces between a look at it and its refresh."""

    def _refresh(self, token):
        self._token = replace(token, value="newer")
        return super()._refresh(token)


def test_who_finds_the_token_refreshed_by_another_takes_it():
    clock = iter([0, 0, 3400]).__next__
    source = Failing()
    source.acquire = lambda _claims=None, _rejected=None: TokenAnswer("older", 3599)
    tokens = Refreshed(source, clock)
    assert tokens.get().value == "older"
    assert tokens.get().value == "newer"


def test_who_comes_after_a_failure_asks_anew():
    class Source:
        is_application = True
        answers = iter([AuthenticationError("no token"), TokenAnswer("t", 3599)])

        def acquire(self, _claims=None, _rejected=None):
            answer = next(self.answers)
            if isinstance(answer, Exception):
                raise answer
            return answer

    tokens = TokenProvider(Source(), lambda: 0.0)
    with pytest.raises(AuthenticationError):
        tokens.get()
    assert tokens.get().value == "t"
