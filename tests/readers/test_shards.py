"""Laws of shards: together they read what one process reads, each its own part."""

from __future__ import annotations

from functools import partial
from itertools import chain

import pytest

from tests.conftest import selection
from tests.readers.library import (
    Books,
    LibraryTap,
    Loans,
    Reading,
    Reminders,
    Shelves,
    numbered,
    shelves,
)
from tests.readers.tenant import page, read


class Visits(Books):
    """Visits of a shelf, which are not split, and come after loans in the catalog."""

    name = "visits"
    path = "/shelves/{shelfId}/visits"
    entity = "visit"


class ShardTap(LibraryTap):
    """A tap that notes of which streams a version is active."""

    kinds = (Shelves, Loans, Reminders, Visits)

    def discover_streams(self):
        self.activated = []
        streams = super().discover_streams()
        for it in streams:
            it.activate_version = partial(self.activated.append, type(it))
        return streams


@pytest.mark.parametrize("streams", [(Loans, Reminders), (Shelves, Loans, Reminders, Visits)])
async def test_shards_divide_shelves_and_what_is_below_loans_from_them(streams):
    names, parts = numbered(9), []
    for shard in range(3):
        wanted = [it for it in streams if not shard or it in (Loans, Reminders)]
        reading = Reading(shelves(*names), *wanted, tap=ShardTap, shards=3, shard=shard)
        await reading.read()
        parts.append(reading)

    found = [[row["id"] for row in it.rows["loans"]] for it in parts]
    assert sorted(chain(*found)) == [f"/shelves/{it}/loans" for it in names]
    assert all(found)
    assert [len(it.ids(Reminders)) for it in parts] == [len(it) for it in found]
    whole = [it for it in streams if it in (Shelves, Visits)]
    for kind in whole:
        assert [len(it.ids(kind)) for it in parts] == [9, 0, 0]
    assert sum(len(it.tap.graph.sent) for it in parts) == 3 + 9 + 9 + 9 * (Visits in streams)
    assert [it.tap.activated for it in parts] == [whole, [], []]


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_each_shard_lists_the_drives_that_the_first_one_writes(is_asked_for):
    catalog = selection(["drives", "drive_items"])
    for item in (it for entry in catalog["streams"] for it in entry["metadata"]):
        if item["breadcrumb"] == ["properties", "system"]:
            item["metadata"]["selected"] = is_asked_for
    answers = {"/teams?": page(*({"id": it} for it in "abcd")), "/": page()}
    asked = [it for n in range(2) for it in read(answers, catalog=catalog, shards=2, shard=n).asked]
    assert {"system" in it for it in asked if "/drives?" in it} == {is_asked_for}
