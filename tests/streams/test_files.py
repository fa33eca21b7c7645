from __future__ import annotations

import json
from random import Random

import pytest

from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.files import Files
from tests.cloud import Sandbox
from tests.target import TalkativeTap, Target, expected_rows, key_of, opener

SMALL = {"seed": 4, "teams": 5, "channels": 5, "messages": 0, "users": 12}
EVERYTHING = ("drives", "channel_folders", "drive_items")


@pytest.fixture
def opened(open_sandbox):
    """Opens a sandbox of five teams with small pages, and a target beside it."""
    return opener(open_sandbox, *EVERYTHING, tenant=SMALL, page_size=10)


@pytest.fixture(scope="module")
def whole():
    """A target after a full read of everything, and what the tap has written."""
    with Sandbox(tenant=Tenant(**SMALL)) as sandbox:
        target = Target(sandbox, *EVERYTHING, "sync_issues")
        yield target, target.run()


def files_of(target):
    return target.sandbox.tenant.part(Files)


def first_drive(target):
    """The first drive, and the ids of the files in it."""
    drive = next(files_of(target).all())
    alive = (it for it in drive.items.values() if not it.deleted)
    return drive.id, [it.id for it in alive if not it.folder]


def items(tenant):
    """What is in the drives that can be found: of teams, and of channels whose files are open."""
    drives = {row["id"] for row in tenant.expected("drives") if "system" not in row}
    drives |= {row["parentReference"]["driveId"] for row in tenant.expected("channel_folders")}
    return {k: row for k, row in expected_rows(tenant, "drive_items").items() if k[0] in drives}


def kept(target):
    """The items that are not marked as deleted."""
    return {k: row for k, row in target.rows("drive_items").items() if "deleted" not in row}


def test_a_full_read_gives_every_drive_and_item_as_graph_shows_it(whole):
    target, output = whole
    tenant = target.sandbox.tenant
    drives = {k: row for k, row in expected_rows(tenant, "drives").items() if "system" not in row}

    assert output.code == 0
    assert target.rows("drives") == drives
    assert target.rows("drive_items") == items(tenant)


def test_each_drive_is_read_once_and_nothing_is_reported(whole):
    target, output = whole
    drives = {key[0] for key in items(target.sandbox.tenant)}

    assert target.sandbox.count()["GET /drives/{id}/root/delta"] == len(drives)
    assert output.records["sync_issues"] == []


def test_folders_of_channels_are_those_that_somebody_has_opened(whole):
    target, output = whole
    later = {"sharepointIds", "webDavUrl"}  # come when selected, which is not possible here

    assert target.rows("channel_folders") == {
        key: {name: row[name] for name in row.keys() - later}
        for key, row in expected_rows(target.sandbox.tenant, "channel_folders").items()
    }
    assert len(target.rows("channel_folders")) < sum(
        len(team.channels) for team in target.sandbox.tenant.teams.values()
    )
    assert output.code == 0


def test_addresses_that_need_no_token_are_not_written(whole):
    _, output = whole

    assert b"tempauth" not in b"".join(output.lines)


def test_small_pages_give_the_same_items(opened):
    target = opened(page_size=3)

    assert target.run().code == 0
    assert kept(target) == items(target.sandbox.tenant)


def test_system_drives_come_when_that_is_selected(opened):
    target = opened({}, "drives")
    for entry in target.catalog["streams"]:
        for item in entry["metadata"]:
            if entry["tap_stream_id"] == "drives" and item["breadcrumb"] == [
                "properties",
                "system",
            ]:
                item["metadata"]["selected"] = True
    target.run()

    assert target.rows("drives") == expected_rows(target.sandbox.tenant, "drives")


def test_items_alone_ask_only_for_folders_that_tell_of_another_drive(opened):
    target = opened({}, "drive_items")
    tenant = target.sandbox.tenant
    target.run()
    channels = [it for team in tenant.teams.values() for it in team.channels.values()]
    asked = target.sandbox.count()["GET /teams/{id}/channels/{id}/filesFolder"]

    assert kept(target) == items(tenant)
    assert asked == sum(it.kind != "standard" for it in channels)


def test_a_second_run_gives_only_what_has_changed(opened):
    target = opened()
    target.run()
    drive, (edited, deleted, *_) = first_drive(target)
    files = files_of(target)

    new = files.upload(drive, "Änderung.docx")
    files.edit(drive, edited)
    files.delete(drive, deleted)
    output = target.run()

    found = {row["id"]: row for row in output.records["drive_items"]}
    assert {row["driveId"] for row in found.values()} == {drive}
    assert {new, edited, deleted} <= found.keys()
    assert found[deleted]["deleted"] == {"state": "deleted"}
    assert all("folder" in row for key, row in found.items() if key not in {new, edited, deleted})
    assert kept(target) == items(target.sandbox.tenant)
    assert target.run().records["drive_items"] == []


def test_a_deleted_folder_marks_all_that_was_in_it(opened):
    target = opened()
    target.run()
    drive = next(files_of(target).all())
    folder = next(it for it in drive.items.values() if it.folder and it.parent)
    inside = {(drive.id, it.id) for it in drive.items.values() if it.parent is folder}

    files_of(target).delete(drive.id, folder.id)
    target.run()

    assert inside
    assert not inside & kept(target).keys()
    assert kept(target) == items(target.sandbox.tenant)


def test_a_renamed_folder_is_told_by_itself(opened):
    target = opened()
    target.run()
    drive = next(files_of(target).all())
    folder = next(it for it in drive.items.values() if it.folder and it.parent)

    files_of(target).rename(drive.id, folder.id, "Archiv")
    output = target.run()

    assert target.rows("drive_items")[drive.id, folder.id]["name"] == "Archiv"
    assert {row["id"] for row in output.records["drive_items"]} == {folder.id, drive.root.id}


def test_days_of_work_lose_nothing(opened):
    target = opened()
    for _ in range(4):
        target.run()
        target.sandbox.tenant.change()
    target.run()

    assert kept(target) == items(target.sandbox.tenant)


def test_no_version_is_activated_over_what_did_not_change(opened):
    target = opened(settings={"emit_activate_version_messages": True})
    target.run()

    output = target.run()

    active = {it["stream"] for it in output.messages if it["type"] == "ACTIVATE_VERSION"}
    assert active == {"drives", "channel_folders"}


def test_a_full_read_that_the_catalog_asks_for_is_whole_whatever_the_state(opened):
    target = opened({}, "drive_items", settings={"emit_activate_version_messages": True})
    target.run()
    for entry in target.catalog["streams"]:
        if entry["tap_stream_id"] == "drive_items":
            entry["replication_method"] = "FULL_TABLE"

    output = target.run()

    assert output.rows("drive_items") == items(target.sandbox.tenant)
    assert [it["type"] for it in output.messages].count("ACTIVATE_VERSION") == 1


@pytest.mark.parametrize(
    "code",
    [
        "resyncRequired",
        "resyncChangesApplyDifferences",
        "resyncChangesUploadDifferences",
        "syncStateNotFound",
    ],
)
def test_an_expired_link_is_dropped_and_its_drive_read_again(opened, code, caplog):
    target = opened()
    target.run()
    drive, _ = first_drive(target)
    files_of(target).forget(drive, code)
    new = files_of(target).upload(drive)

    output = target.run()

    assert output.code == 0
    assert {row["driveId"] for row in output.records["drive_items"]} == {drive}
    assert (drive, new) in kept(target)
    assert kept(target) == items(target.sandbox.tenant)
    assert [drive in it.message for it in caplog.records].count(True) == 1
    assert target.run().records["drive_items"] == []


@pytest.mark.parametrize("last", [30, 90])
def test_resumes_after_a_kill_at_the_page_that_was_not_written(open_sandbox, last):
    target = opener(open_sandbox, "drive_items", tap=TalkativeTap, tenant=SMALL, page_size=3)()
    target.run(last)
    left = {it["next"] for it in target.state["bookmarks"]["drive_items"]["open"].values()}
    before = len(target.sandbox.requests)

    target.run()

    asked = [entry.path for entry in list(target.sandbox.requests)[before:]]
    assert kept(target) == items(target.sandbox.tenant)
    assert left
    assert all(any(link.endswith(it) for it in asked) for link in left)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_to_the_files_and_to_the_tap_the_target_agrees_at_the_end(
    open_sandbox, seed
):
    target = opener(open_sandbox, "drive_items", tap=TalkativeTap, tenant=SMALL, page_size=2)()
    random, files = Random(seed), files_of(target)
    for _ in range(4):
        target.run(random.choice([None, random.randrange(2, 60)]))
        for drive in random.sample(list(files.all()), 4):
            alive = [it for it in drive.items.values() if it.parent and not it.deleted]
            for item in random.sample(alive, min(len(alive), 3)):
                ways = [files.edit, files.delete, files.upload]
                change = random.choice(ways if item.folder else [*ways, files.rename])
                arguments = [] if change == files.upload else [item.id]
                arguments += [f"{random.random()}.docx"] if change == files.rename else []
                if not item.deleted and not drive.system:
                    change(drive.id, *arguments)
    target.run()

    assert kept(target) == items(target.sandbox.tenant)


def test_a_property_selected_later_comes_with_the_next_change(opened):
    target = opened({}, "drive_items")
    everything, narrow = target.catalog, json.loads(json.dumps(target.catalog))
    for entry in narrow["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"] == ["properties", "size"]:
                item["metadata"]["selected"] = False
    target.catalog = narrow
    target.run()
    drive, (file, *_) = first_drive(target)

    target.catalog = everything
    files_of(target).edit(drive, file, 77)
    target.run()

    assert target.rows("drive_items")[drive, file]["size"] == 77


def test_links_in_the_state_are_short(opened):
    target = opened()
    target.run()
    links = [it["next"] for it in target.state["bookmarks"]["drive_items"]["open"].values()]

    assert len(links) == len({key[0] for key in target.rows("drive_items")})
    assert max(map(len, links)) < 1000


def test_a_channel_with_special_characters_is_a_notice_that_says_what_to_do(opened):
    target = opened({}, "channel_folders", "sync_issues")
    team = next(iter(target.sandbox.tenant.teams))
    target.sandbox.tenant.add_channel(team, "R&D")

    output = target.run()

    (issue,) = output.records["sync_issues"]
    assert output.code == 0
    assert (issue["severity"], issue["status"]) == ("notice", 400)
    assert "rename the channel" in issue["remedy"]


def test_a_refusal_of_another_kind_is_no_matter_of_names(opened):
    faults = ["html:status=400,where=filesFolder,times=0"]
    target = opened({"faults": faults}, "channel_folders", "sync_issues")

    output = target.run()

    issues = output.records["sync_issues"]
    assert output.code == 3
    assert {issue["severity"] for issue in issues} == {"gap"}
    assert not [issue for issue in issues if "rename the channel" in issue["remedy"]]


def test_what_is_in_a_deleted_team_is_not_read_any_more(opened):
    target = opened()
    target.run()
    tenant = target.sandbox.tenant
    drive, _ = first_drive(target)

    tenant.remove_team(next(iter(tenant.teams)))
    output = target.run()

    assert output.code == 0
    assert drive not in {row["id"] for row in output.records["drives"]}


def test_a_user_reads_the_drives_of_the_own_teams(opened):
    target = opened({"auth": "refresh_token"}, "drives", "drive_items")
    tenant = target.sandbox.tenant
    mine = {team.id for team in tenant.teams.values() if tenant.me in team.people}

    target.run()

    assert {key[0] for key in target.rows("drives")} == mine
    theirs = {key_of("drive_items", row)[0] for row in target.rows("drive_items").values()}
    assert {row["id"] for row in target.rows("drives").values()} <= theirs
