"""Signing in with a device code."""

from __future__ import annotations

from sandbox.tests.person import SCOPE, number, person, public

__all__ = ["person", "public"]


def device(person, **form):
    default = {"client_id": person.sandbox.identity.public.client_id, "scope": SCOPE}
    return person.post("/organizations/oauth2/v2.0/devicecode", **{**default, **form})


def poll(person, begun, **form):
    grant_type = "urn:ietf:params:oauth:grant-type:device_code"
    return person.token(grant_type, device_code=begun["device_code"], **form)


def enter(person, begun):
    path = begun["verification_uri"].removeprefix(person.sandbox.authority_host)
    return person.open(path).press("next", otc=begun["user_code"])


def test_a_device_gets_tokens_once_its_user_has_signed_in(person):
    begun = device(person)
    assert (begun["expires_in"], begun["interval"]) == (900, 5)
    assert begun["user_code"] in begun["message"]
    assert poll(person, begun)["error"] == "authorization_pending"
    enter(person, begun).press("account-0").press("accept")
    assert "You have signed in" in person.at.text
    tokens = poll(person, begun)
    assert person.sandbox.entra.claims(tokens["access_token"])["scp"] == "Chat.Read"
    assert tokens["refresh_token"]
    assert poll(person, begun)["error"] == "bad_verification_code"


def test_a_device_is_told_that_its_user_declined(person, public):
    public.scopes = frozenset()
    begun = device(person)
    enter(person, begun).press("account-0")
    assert "Chat.Read" in person.at.text
    person.press("cancel")
    assert poll(person, begun)["error"] == "authorization_declined"


def test_a_device_code_expires_for_the_device_and_its_user(person):
    begun = device(person)
    person.sandbox.entra.clock.now += 900
    assert poll(person, begun)["error"] == "expired_token"
    assert number(enter(person, begun).at.text) == 70018


def test_a_device_can_be_told_to_slow_down(person):
    begun = device(person)
    person.sandbox.entra.devices.slow_down = 1
    person.sandbox.entra.devices.approve(begun["user_code"])
    assert poll(person, begun)["error"] == "slow_down"
    assert poll(person, begun)["access_token"]


def test_a_confidential_application_has_no_device_flow_without_its_secret(person):
    client_id = person.sandbox.identity.confidential.client_id
    begun = device(person, client_id=client_id)
    assert poll(person, begun, client_id=client_id)["error_codes"] == [7000218]
    person.sandbox.identity.confidential.public_flows = True
    assert poll(person, begun, client_id=client_id)["error_codes"] == [70016]


def test_a_device_code_is_not_begun_for_strangers(person):
    assert device(person, client_id="nobody")["error_codes"] == [700016]
    assert device(person, scope="")["error_codes"] == [900144]
