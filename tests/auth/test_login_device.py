"""Signing in with a device code."""

from __future__ import annotations

import threading

import pytest

from tap_msteams.auth.login import with_device_code
from tap_msteams.errors import AuthenticationError, SettingsError
from tests.auth.stored import kept


def test_a_user_enters_a_code_elsewhere(grant_of, person, identity):
    grant, said = grant_of(), []

    def say(text):
        said.append(text)
        [code] = identity.entra.devices.user_codes
        assert code in text
        address = next(word for word in text.split() if word.startswith("https://"))
        threading.Thread(target=person(code=code).visit, args=(address,)).start()

    with_device_code(grant, say)
    assert len(said) == 1
    assert kept(grant.store).refresh_token
    assert kept(grant.store).account == "adele.vance@contoso.example"


def test_a_device_that_asks_too_often_asks_less_often(grant_of, identity):
    identity.entra.devices.slow_down = 1
    grant = grant_of()
    device = grant.device_code()
    with pytest.raises(AuthenticationError, match="in time"):
        grant.wait(device, lambda: True)
    assert device["interval"] == 5


@pytest.mark.parametrize("status", [429, 503])
def test_an_outage_while_a_code_is_entered_is_waited_out(grant_of, identity, status):
    pauses = []

    def say(_):
        identity.entra.outage = status

    def pause(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            identity.entra.outage = None
            identity.entra.devices.approve(identity.entra.devices.user_codes[0])

    grant = grant_of()
    with_device_code(grant, say, pause=pause)
    assert len(pauses) == 3
    assert kept(grant.store).refresh_token


def test_an_outage_ends_the_wait_with_the_code(grant_of, identity):
    times = iter([0, 100, 1000])

    def say(_):
        identity.entra.outage = 503

    with pytest.raises(AuthenticationError, match="HTTP 503"):
        with_device_code(
            grant_of(), say, timeout=900, clock=lambda: next(times), pause=lambda _: None
        )


def test_a_user_who_declines_the_device_is_told(grant_of, identity):
    def say(_):
        identity.entra.devices.decline(identity.entra.devices.user_codes[0])

    with pytest.raises(AuthenticationError) as raised:
        with_device_code(grant_of(), say)
    assert "\n" not in str(raised.value)


def test_a_device_code_that_nobody_enters_ends(grant_of, identity):
    identity.entra.devices.interval = 5
    times = iter([0, 6])
    with pytest.raises(AuthenticationError, match="in time"):
        with_device_code(grant_of(), lambda _: None, timeout=5, clock=lambda: next(times))


def test_an_expired_device_code_is_told(grant_of, identity):
    def say(_):
        identity.clock.forward(901)

    with pytest.raises(AuthenticationError, match="AADSTS70020"):
        with_device_code(grant_of(), say)


def test_a_device_code_is_not_for_an_app_with_a_secret(grant_of, identity):
    with pytest.raises(SettingsError, match="tap-msteams exchange"):
        with_device_code(
            grant_of(client_id=identity.confidential, client_secret=identity.secret), pytest.fail
        )
