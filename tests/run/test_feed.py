"""Laws of the way from parents to the streams below them."""

from __future__ import annotations

import asyncio

import pytest

from tap_msteams.run import Parent, Receipt
from tap_msteams.run.feed import Feed


def parent(number, receipt=None):
    return Parent({"id": str(number)}, receipt=receipt)


async def rest(feed):
    """The ids that a feed still hands out."""
    return [found.ids["id"] async for found in feed]


async def turns():
    """Let everybody go as far as they can."""
    for _ in range(50):
        await asyncio.sleep(0)


# Parents


async def test_parents_come_once_and_in_order_until_the_last_producer_has_ended():
    feed = Feed(2)
    reading = asyncio.create_task(rest(feed))
    for number in range(3):
        await feed.put(parent(number))
    await feed.close()
    await feed.put(parent(3))
    await turns()
    assert not feed.is_complete
    assert not reading.done()
    await feed.close()

    assert await reading == ["0", "1", "2", "3"]
    assert (feed.is_complete, feed.found, feed.waiting) == (True, 4, 0)
    assert asyncio.get_running_loop().time() == 0.0  # nobody looks again after a while


async def test_what_is_listed_last_is_read_too():
    feed = Feed(1)
    await feed.put(parent(0))
    await feed.close()
    assert await rest(feed) == ["0"]


async def test_who_finds_more_than_enough_waits_for_the_reader():
    feed = Feed(1, maxsize=3)
    found = []

    async def find():
        for number in range(10):
            await feed.put(parent(number))
            found.append(number)
        await feed.close()

    finding = asyncio.create_task(find())
    await turns()
    assert (len(found), feed.waiting) == (3, 3)
    reading = aiter(feed)
    assert (await anext(reading)).ids == {"id": "0"}
    await turns()
    assert (len(found), feed.waiting) == (4, 3)
    await reading.aclose()
    assert await rest(feed) == [str(number) for number in range(1, 10)]
    await finding


# Stopped


async def test_a_reader_that_has_enough_holds_nobody_up():
    feed = Feed(2, maxsize=3)
    receipt = Receipt()

    async def find():
        for number in range(10):
            await feed.put(parent(number, receipt))
        await feed.close()

    finding = [asyncio.create_task(find()) for _ in range(2)]
    await turns()
    assert feed.waiting == 3
    feed.stop()
    await asyncio.gather(*finding)

    assert await rest(feed) == []
    assert feed.is_complete
    assert not await receipt.read()


async def test_a_stop_ends_a_reader_once_nobody_lists_any_more():
    feed = Feed(1)
    reading = asyncio.create_task(rest(feed))
    await turns()
    feed.stop()
    await feed.put(parent(0))
    await turns()
    assert not reading.done()
    await feed.close()
    assert await reading == []


async def test_a_stop_after_the_last_parent_ends_the_reader_too():
    feed = Feed(1)
    receipt = Receipt()
    await feed.put(parent(0, receipt))
    await feed.close()
    feed.stop()

    assert await rest(feed) == []
    assert not await receipt.read()


# Receipts


async def test_a_parent_that_shows_nothing_has_been_read():
    assert await Receipt().read()


async def test_a_receipt_comes_when_all_that_was_shown_has_been_read():
    feed, receipt = Feed(1), Receipt()
    for number in range(3):
        await feed.put(parent(number, receipt))
    waiting = asyncio.create_task(receipt.read())
    async for found in feed:
        await turns()
        assert not waiting.done()
        found.receipt.give_back()
        if found.ids["id"] == "2":
            break

    assert await waiting


async def test_a_receipt_covers_what_is_shown_later():
    receipt = Receipt()
    receipt.take()
    receipt.give_back()
    receipt.take()
    waiting = asyncio.create_task(receipt.read())
    await turns()
    assert not waiting.done()
    receipt.give_back()
    assert await waiting


@pytest.mark.parametrize("missed", range(3))
async def test_one_that_was_missed_is_remembered(missed):
    receipt = Receipt()
    for _ in range(3):
        receipt.take()
    for number in range(3):
        if number == missed:
            receipt.miss()
        receipt.give_back()

    assert not await receipt.read()
