"""Laws of lists without end: each has one, or is a gap."""

from __future__ import annotations

import pytest

from tap_msteams.errors import ExcessError, RejectedError
from tests.client.fake_graph import FakeGraph, body, connected, read


async def test_empty_pages_without_end_are_a_gap():
    graph = FakeGraph(default=lambda url: body(following=f"{url}x"))
    async with connected(graph) as it:
        with pytest.raises(ExcessError, match="500 pages in a row are empty"):
            await read(it.stream("things"), "/0")


async def test_a_last_page_that_leads_to_itself_is_the_end_and_counted():
    graph = FakeGraph({"/0": [body("0", "1", following="/1")], "/1": [body("2", following="/1")]})
    async with connected(graph) as it:
        stream = it.stream("things")
        assert await read(stream, "/0") == ["0", "1", "2"]
        assert stream.circles == 1


@pytest.mark.parametrize(
    "pages",
    [
        pytest.param({"/0": [body("0", following="/0")]}, id="the only one"),
        pytest.param(
            {"/0": [body("0", "1", following="/1")], "/1": [body(following="/1")]}, id="empty"
        ),
        pytest.param(
            {
                "/0": [body("0", following="/1")],
                "/1": [body("0", "1", following="/2")],
                "/2": [body("2", following="/2")],
            },
            id="as short as another",
        ),
        pytest.param(
            {
                "/0": [body("0", "1", following="/1")],
                "/1": [body("2", following="/1"), body("2", "3", following="/1")],
            },
            id="shorter once",
        ),
        pytest.param(
            {
                "/0": [body("0", following="/1")],
                "/1": [body(following="/1"), body("1", following="/2")],
                "/2": [body("2")],
            },
            id="empty once",
        ),
    ],
)
async def test_a_page_that_may_not_be_the_last_and_leads_to_itself_is_a_gap(pages):
    async with connected(FakeGraph(pages)) as it:
        with pytest.raises(RejectedError, match="leads back"):
            await read(it.stream("things"), "/0")


async def test_a_page_that_leads_to_itself_once_costs_nothing():
    pages = [body("0", following="/0"), body("0", following="/1")]
    async with connected(FakeGraph({"/0": pages, "/1": [body("1")]})) as it:
        assert await read(it.stream("things"), "/0") == ["0", "1"]
