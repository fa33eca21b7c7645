"""Whose sign-in the token store has, by whichever name of the tenant."""

from __future__ import annotations

import json

import pytest

from tap_msteams.auth.grant import parse_answer
from tap_msteams.errors import SettingsError
from tap_msteams_sandbox.identity.entra import User


def kept(grant):
    with grant.store.locked() as entry:
        return entry


NAMES = ("6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a001", "contoso.onmicrosoft.com", None)


@pytest.mark.parametrize("later", NAMES)
@pytest.mark.parametrize("first", NAMES)
def test_a_sign_in_is_found_under_any_name_of_its_tenant(grant_of, person, first, later):
    grant = grant_of(tenant_id=first)
    url, _ = grant.begin()
    grant.finish(parse_answer(person().visit(url)))
    for _ in range(2):
        assert kept(grant_of(tenant_id=later)).refresh_token
    grant_of(tenant_id=later).refresh()
    assert kept(grant_of(tenant_id=first)).refresh_token
    assert len(json.loads(grant.store.path.read_bytes())["apps"]) == 1
    assert grant_of(tenant_id=later).store.forget()
    assert not kept(grant).has_token


@pytest.mark.parametrize("later", NAMES)
@pytest.mark.parametrize("named", ["organizations", *NAMES[:2]])
def test_a_store_of_an_earlier_version_is_found_as_well(grant_of, person, named, later):
    grant = grant_of(tenant_id=NAMES[0])
    url, _ = grant.begin()
    grant.finish(parse_answer(person().visit(url)))
    document = json.loads(grant.store.path.read_bytes())
    [(key, entry)] = document["apps"].items()
    del entry["tenant"]
    document["apps"] = {key.replace(NAMES[0], named): entry}
    grant.store.path.write_text(json.dumps(document))
    assert kept(grant_of(tenant_id=later)).refresh_token


def other_tenant(grant, entry):
    """The entry, as a user of another tenant would have it."""
    with grant.store.locked(new=True) as own:
        another = grant.store.entry_of("other-tenant", own)
        another.keep({**entry, "id_token_claims": {"tid": "other-tenant"}}, [], 0)
        another.account = "somebody@other.example"


TOKENS = {"access_token": "x", "refresh_token": "y", "expires_in": 3600}


def test_a_tenant_has_its_own_users_tokens_and_no_others(grant_of, person):
    other_tenant(grant_of(tenant_id=None), TOKENS)
    assert not kept(grant_of(tenant_id=NAMES[0])).has_token
    assert not kept(grant_of(tenant_id=NAMES[1])).has_token
    grant = grant_of(tenant_id=None)
    url, _ = grant.begin()
    grant.finish(parse_answer(person().visit(url)))
    assert kept(grant_of(tenant_id=NAMES[0])).account == "adele.vance@contoso.example"
    assert kept(grant_of(tenant_id="other-tenant")).account == "somebody@other.example"


def test_of_several_tenants_one_has_to_be_named(grant_of, person):
    grant = grant_of(tenant_id=None)
    url, _ = grant.begin()
    grant.finish(parse_answer(person().visit(url)))
    other_tenant(grant, TOKENS)
    for call in (grant.refresh, grant.store.forget):
        with pytest.raises(SettingsError, match=r"adele.*somebody@other.*'tenant_id'"):
            call()
    grant_of(tenant_id=NAMES[0]).refresh()


def test_who_takes_the_place_of_somebody_is_said(grant_of, person, identity, caplog):
    second = User("6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a098", "", "second@contoso.example")
    identity.entra.users[second.oid] = second
    for account in ("account-0", "account-1", "account-1"):
        grant = grant_of()
        url, _ = grant.begin()
        grant.finish(parse_answer(person(account, "accept").visit(url)))
    [line] = [it for it in caplog.messages if "takes the place of" in it]
    assert line.startswith("second@contoso.example takes the place of adele.vance@contoso.example")
    assert kept(grant).account == "second@contoso.example"
