"""Laws of links in STATE that are of no use: nothing is lost, deletions included."""

from __future__ import annotations

import pytest

from tests.conftest import selection
from tests.streams.test_files import SMALL, files_of, first_drive, items, kept
from tests.target import HastyTap, TalkativeTap, opener

STREAMS = ("drive_items", "sync_issues")


class SilentTap(HastyTap):
    """Writes STATE before the first record, and then only at the ends of streams."""

    clock = staticmethod(lambda: 0.0)


@pytest.fixture
def opened(open_sandbox):
    return opener(open_sandbox, *STREAMS, tenant=SMALL, page_size=10)


def links(target):
    return target.state["bookmarks"]["drive_items"]["open"]


def alive(target, drive):
    """The files of a drive that are there."""
    found = files_of(target).find(drive).items.values()
    return [it.id for it in found if it.parent and not it.folder and not it.deleted]


def change(target):
    """Delete a file and add another one; returns the drive."""
    drive, (gone, *_) = first_drive(target)
    files_of(target).delete(drive, gone)
    files_of(target).upload(drive)
    return drive


@pytest.mark.parametrize(
    "code", ["resyncRequired", "syncStateNotFound", "resyncChangesUploadDifferences"]
)
def test_what_was_deleted_before_a_link_expired_is_deleted(opened, clock, code):
    target = opened(clock=clock)
    target.run()
    clock.forward(3600)
    drive = change(target)
    files_of(target).forget(drive, code)

    assert target.run().code == 0
    assert kept(target) == items(target.sandbox.tenant)
    assert "deletions" not in target.state["bookmarks"]["drive_items"]
    assert target.run().records["drive_items"] == []


@pytest.mark.parametrize("fault", ["404", "405", "412", "html:status=400", "html:status=409"])
def test_a_link_that_is_refused_in_whatever_way_is_read_from_the_start(opened, clock, fault):
    target = opened(clock=clock)
    target.run()
    clock.forward(3600)
    drive = change(target)
    where = f"{drive}/root/delta.token=".replace("!", ".")
    separator = "," if ":" in fault else ":"
    times = 8 if "409" in fault else 1
    target.sandbox.faults.add(f"{fault}{separator}where={where},times={times}")

    assert target.run().code == 0
    assert kept(target) == items(target.sandbox.tenant)


def test_deletions_that_graph_can_no_longer_tell_are_said_once(opened, clock):
    target = opened(clock=clock)
    target.run()
    clock.forward(3600)
    drive = change(target)
    files_of(target).forget(drive, "resyncRequired")
    target.sandbox.faults.add("html:status=400,where=token=20,times=0")

    first, second = target.run(), target.run()

    (issue,) = first.records["sync_issues"]
    assert (first.code, issue["severity"], issue["subject"]) == (3, "gap", {"driveId": drive})
    assert "deleted" in issue["message"]
    assert items(target.sandbox.tenant).keys() <= kept(target).keys()
    assert (second.code, second.records["sync_issues"]) == (0, [])


def test_a_kill_before_deletions_are_read_leaves_them_to_the_next_run(opened, clock):
    target = opened(clock=clock)
    target.run()
    clock.forward(3600)
    drive = change(target)
    files_of(target).forget(drive, "resyncRequired")
    target.sandbox.faults.add("503:where=token=20,times=8")

    first = target.run()
    assert first.code == 3
    assert target.state["bookmarks"]["drive_items"]["deletions"]

    assert target.run().code == 0
    assert kept(target) == items(target.sandbox.tenant)


def test_a_link_that_expires_after_two_broken_readings_hides_no_deletion(open_sandbox, clock):
    opened = opener(open_sandbox, "drive_items", tap=TalkativeTap, tenant=SMALL, page_size=2)
    target = opened(clock=clock, settings={"concurrency": 1})
    target.run(50)
    first, files = links(target), files_of(target)
    gone = {drive: alive(target, drive)[0] for drive in first}
    assert {*gone.items()} <= kept(target).keys()
    clock.forward(3600)
    for drive, item in gone.items():
        files.delete(drive, item)
    clock.forward(3600)
    target.run(120)
    later = {drive for drive, link in links(target).items() if link != first.get(drive)}
    assert any(drive in later and (drive, item) in kept(target) for drive, item in gone.items())
    for drive in gone:
        files.forget(drive, "resyncRequired")

    assert target.run().code == 0
    assert kept(target) == items(target.sandbox.tenant)


@pytest.mark.parametrize("last", [3, 4, 6])
def test_a_first_reading_that_is_killed_before_its_first_link_hides_no_deletion(
    open_sandbox, last, clock
):
    opened = opener(open_sandbox, "drive_items", tap=SilentTap, tenant=SMALL, page_size=4)
    target = opened(clock=clock)
    target.run(last)
    assert kept(target)
    assert "open" not in target.state["bookmarks"]["drive_items"]

    clock.forward(3600)
    files = files_of(target)
    for drive, item in list(kept(target)):
        if files.find(drive).items[item].parent:
            files.delete(drive, item)

    assert target.run().code == 0
    assert kept(target) == items(target.sandbox.tenant)
    assert "begun" not in target.state["bookmarks"]["drive_items"]


def test_a_round_without_a_link_at_its_end_begins_again(opened):
    target = opened()
    target.run()
    before = links(target)
    sandbox = target.sandbox
    sandbox.faults.add("no-delta-link:where=root/delta,times=0")

    output = target.run()

    assert output.code == 3
    assert {it["severity"] for it in output.records["sync_issues"]} == {"gap"}
    assert "open" not in target.state["bookmarks"]["drive_items"]

    sandbox.faults.clear()
    drive = change(target)
    assert target.run().code == 0
    assert kept(target) == items(target.sandbox.tenant)
    assert links(target).keys() == before.keys()
    assert drive in links(target)


# Deletions and folders


def test_a_deletion_is_one_whatever_is_deselected(opened):
    target = opened()
    target.catalog = selection(["drive_items"], drive_items=["deleted"])
    target.run()
    drive, (file, *_) = first_drive(target)
    files_of(target).delete(drive, file)
    output = target.run()

    assert "deleted" in output.schemas["drive_items"]["schema"]["properties"]
    assert target.rows("drive_items")[drive, file]["deleted"]


@pytest.mark.parametrize(("kind", "severity"), [("private", "gap"), ("standard", "notice")])
def test_a_folder_that_cannot_be_named_is_a_gap_where_it_alone_leads_to_a_drive(
    open_sandbox, kind, severity
):
    target = opener(open_sandbox, "channel_folders", "sync_issues", tenant=SMALL)()
    tenant = target.sandbox.tenant
    channels = [it for team in tenant.teams.values() for it in team.channels.values()]
    next(it for it in channels if it.kind == kind).name = "R&D"
    output = target.run()

    (issue,) = output.records["sync_issues"]
    assert issue["severity"] == severity
    assert "rename the channel" in issue["message"] + issue["remedy"]
    assert output.code == (3 if severity == "gap" else 0)
