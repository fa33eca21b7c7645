"""Laws of listings: what one stream finds below a parent, for another that waits for it."""

from __future__ import annotations

import asyncio

import pytest

from tap_msteams.errors import EnoughError, MissingError
from tap_msteams.run import Listing, Listings

FIRST, SECOND = {"teamId": "1"}, {"teamId": "2"}


async def test_who_waits_goes_on_once_the_ids_are_known():
    listings = Listings()
    waiting = [asyncio.create_task(listings.below(it)) for it in (FIRST, SECOND)]
    await asyncio.sleep(0)
    listings.settle(SECOND, Listing(["b"]))
    assert await waiting[1] == Listing(["b"])
    assert not waiting[0].done()
    listings.settle(FIRST, Listing(["a", "c"]))
    assert await waiting[0] == Listing(["a", "c"])


async def test_what_is_known_is_not_waited_for():
    listings = Listings()
    listings.settle(FIRST, Listing([]))
    assert await listings.below(FIRST) == Listing([])


@pytest.mark.parametrize("before", [True, False])
async def test_a_refusal_of_a_parent_is_an_error_of_whoever_waits_for_it(before):
    listings, error = Listings(), MissingError("/1", 404)
    if before:
        listings.settle(FIRST, error)
    waiting = asyncio.create_task(listings.below(FIRST))
    await asyncio.sleep(0)
    if not before:
        listings.settle(FIRST, error)
    listings.settle(SECOND, Listing(["b"]))

    with pytest.raises(MissingError) as caught:
        await waiting
    assert caught.value is error
    assert await listings.below(SECOND) == Listing(["b"])


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("error", [MissingError("/1", 404), EnoughError()])
async def test_where_nobody_lists_any_more_nobody_waits(error, before):
    listings = Listings()
    listings.settle(SECOND, Listing(["b"]))
    if before:
        listings.refuse(error)
    waiting = [asyncio.create_task(listings.below({"teamId": it})) for it in "34"]
    await asyncio.sleep(0)
    if not before:
        listings.refuse(error)

    assert await asyncio.gather(*waiting, return_exceptions=True) == [error, error]


async def test_ids_that_are_known_are_not_lost_where_nobody_lists_any_more():
    listings = Listings()
    listings.settle(FIRST, Listing(["a"]))
    listings.refuse(EnoughError())
    assert await listings.below(FIRST) == Listing(["a"])


async def test_the_first_word_counts():
    listings = Listings()
    listings.settle(FIRST, Listing(["a"]))
    listings.settle(FIRST, Listing(["b"]))
    listings.settle(FIRST, MissingError("/1", 404))
    assert await listings.below(FIRST) == Listing(["a"])


async def test_the_first_reason_counts_too():
    listings, error = Listings(), MissingError("/1", 404)
    listings.refuse(error)
    listings.refuse(EnoughError())
    with pytest.raises(MissingError):
        await listings.below(FIRST)


@pytest.mark.parametrize("before", [True, False])
async def test_what_nobody_will_ask_for_is_not_kept(before):
    listings = Listings()
    for ids in (FIRST, SECOND):
        if before:
            listings.decline(ids)
        listings.settle(ids, Listing(["a"] * 100))
        if not before:
            listings.decline(ids)

    assert not listings._found
    assert not listings._unwanted
