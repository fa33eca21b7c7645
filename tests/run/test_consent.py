"""Laws of consent: when a permission or a product counts as missing, and what is told of it."""

from __future__ import annotations

import pytest

from tap_msteams.errors import LackingError, NotGrantedError, UnavailableError
from tap_msteams.run import Consent
from tap_msteams.run.consent import REFUSALS


def places(number):
    """A refusal of each of so many teams."""
    return [({"teamId": f"{n}"}, NotGrantedError(f"/{n}", 403)) for n in range(number)]


def test_asking_others_is_of_no_use_once_ten_places_have_refused_and_none_has_not():
    consent = Consent()
    told = [consent.refuse(*it) for it in places(REFUSALS + 1)]
    assert told == [False] * (REFUSALS - 1) + [True] * 2
    consent.grant({"teamId": "other"})
    assert not consent.refuse(*places(1)[0])


def test_nobody_else_is_asked_where_the_tenant_has_refused():
    assert Consent().refuse({}, NotGrantedError("/x", 403)) is True


def test_each_place_is_told_where_one_like_it_has_granted_and_the_first_alone_elsewhere():
    consent, teams = Consent(), places(3)
    users = [({"userId": it}, NotGrantedError(f"/{it}", 403)) for it in "ab"]
    consent.grant({"teamId": "other"})
    for place in (*users, *teams):
        consent.refuse(*place)

    assert consent.told() == [*teams, ({}, users[0][1])]
    assert consent.told() == []


@pytest.mark.parametrize("is_read", [False, True])
def test_a_product_is_told_once_with_the_number_of_places_that_were_refused(is_read):
    consent = Consent()
    errors = [LackingError(f"/{n}", 403) for n in range(3)]
    for n, error in enumerate(errors):
        consent.lack({"teamId": f"{n}"}, error)
    consent.grant({"teamId": "other"} if is_read else {"userId": "other"})

    ids, error, number = consent.told_of_product()
    assert (ids, error.path, number) == ({"teamId": "0"} if is_read else {}, "/0", 3)
    assert type(error) is (UnavailableError if is_read else LackingError)
    assert consent.told_of_product() is None
