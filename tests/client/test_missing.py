"""Laws of what is not found: it is gone once the address that proves it says so, too."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tap_msteams.bounds import MISSING
from tap_msteams.client import OWN, Patience
from tap_msteams.errors import ForbiddenError, MissingError, UnprovenError
from tests.client.fake_graph import Sent, body, connected, get, read

GONE = MissingError("/0", 404)
OFTEN = int(MISSING.value)
ENTITY = b'{"id": "x"}'


@pytest.mark.parametrize(
    ("proof", "answers", "error", "times"),
    [
        (None, (), UnprovenError, OFTEN),
        ("/above", (ENTITY,), UnprovenError, OFTEN),
        ("/above", (ForbiddenError("/above", 403),), UnprovenError, OFTEN),
        ("/above", (GONE,), MissingError, 1),
        ("/above", (ENTITY, GONE), MissingError, 2),
        (OWN, (), MissingError, 2),
    ],
)
async def test_what_is_not_found_is_gone_once_its_proof_is_gone_too(proof, answers, error, times):
    sent = Sent(GONE)
    sent.graph._answers["/above"] = [*answers]
    async with connected(sent.graph, patience=Patience(pause=lambda tries: 10.0 * tries)) as it:
        with pytest.raises(error) as caught:
            await it.stream("things").page(replace(get("/0"), proof=proof))

    assert type(caught.value) is error
    assert sent.pauses == [10.0 * n for n in range(1, times)]
    asked = min(times, OFTEN - 1) if answers else 0
    assert len(sent.graph.sent) == times + asked


async def test_what_is_found_a_moment_later_is_read():
    sent = Sent(GONE, GONE, body("0"))
    async with connected(sent.graph) as it:
        assert await read(it.stream("things"), "/0") == ["0"]
