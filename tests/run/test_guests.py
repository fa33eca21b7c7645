"""Laws of guests: who is one is known before anything is read."""

from __future__ import annotations

import pytest

from tap_msteams.errors import TapError
from tap_msteams.privacy import Guests
from tap_msteams.run import learn_guests
from tests.client.fake_graph import FakeGraph, connected


async def test_a_guest_whose_row_cannot_be_read_ends_the_run():
    graph = FakeGraph(default=lambda _: b'{"value":[{"id":"1"},{"id":"2","mail":5}]}')
    async with connected(graph) as client:
        with pytest.raises(TapError, match=r"guests cannot be listed.*`int`"):
            await learn_guests(client, Guests())
