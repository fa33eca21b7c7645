from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from sandbox.tests.answers import by_id, declared, error
from tap_msteams_sandbox import Tenant
from tap_msteams_sandbox.areas.files import Files

RESETS = ["resyncChangesApplyDifferences", "resyncChangesUploadDifferences", "resyncRequired"]


def everything(entity):
    return "$select=" + ",".join(sorted(set(declared(entity))))


def changes(client, link):
    """What a delta shows, one row after the other, and the link to go on from."""
    rows = []
    for page in client.pages(link):
        assert ("@odata.nextLink" in page) != ("@odata.deltaLink" in page)
        rows += page["value"]
    return rows, page["@odata.deltaLink"]


@pytest.fixture
def client(open_client):
    return open_client(Tenant(seed=4, teams=4, channels=5, messages=0, users=12), page_size=4)


@pytest.fixture
def tenant(client):
    return client.sandbox.tenant


@pytest.fixture
def files(tenant):
    return tenant.part(Files)


@pytest.fixture
def drive(files):
    return next(files.all()).id


@pytest.fixture
def delta(drive):
    return f"/drives/{drive}/root/delta"


@pytest.mark.parametrize(("stream", "entity"), [("drives", "drive"), ("drive_items", "driveItem")])
def test_every_property_that_graph_declares_has_a_value_somewhere(tenant, stream, entity):
    named = {name for row in tenant.expected(stream) for name in row}

    # Streams are no part of a row, and what is deleted is not there any more.
    assert set(declared(entity)) - named == (
        {"content", "deleted"} if stream == "drive_items" else set()
    )


def test_drives_are_as_expected_when_all_is_selected(client, tenant):
    listed = [
        {**row, "teamId": team}
        for team in tenant.teams
        for row in client.rows(f"/groups/{team}/drives?{everything('drive')}&$top=1")
    ]

    assert listed == list(tenant.expected("drives"))


def test_system_libraries_and_sharepoint_ids_come_when_selected_only(client, tenant):
    team = next(iter(tenant.teams))
    plain = client.rows(f"/groups/{team}/drives")
    chosen = client.rows(f"/groups/{team}/drives?$select=name,system,sharePointIds")

    assert [row["name"] for row in plain] == ["Documents"]
    assert not {"system", "sharePointIds"} & plain[0].keys()
    assert [row["name"] for row in chosen] == ["Documents", "Preservation Hold Library"]
    assert chosen[0]["sharePointIds"]["tenantId"] == tenant.id


def test_the_drive_of_a_group_is_the_first_of_its_drives(client, tenant):
    team = next(iter(tenant.teams))

    assert (
        client.get(f"/groups/{team}/drive").json()["id"]
        == (client.rows(f"/groups/{team}/drives")[0]["id"])
    )
    assert error(client.get("/groups/nobody/drive")) == (404, "Request_ResourceNotFound")


def test_folders_of_channels_are_as_expected_or_not_ready_yet(client, tenant):
    expected = {row["channelId"]: row["id"] for row in tenant.expected("channel_folders")}
    found, missing = {}, []
    for team in tenant.teams.values():
        for channel in team.channels:
            answer = client.get(f"/teams/{team.id}/channels/{channel}/filesFolder")
            if answer.status_code == 200:
                found[channel] = answer.json()["id"]
            else:
                missing.append(error(answer))

    assert found == expected
    assert set(missing) == {(404, "NotFound")}


def test_a_folder_is_there_once_somebody_has_opened_the_files(client, tenant, files):
    team = next(iter(tenant.teams))
    channel = tenant.add_channel(team, "Novedades")
    path = f"/teams/{team}/channels/{channel}/filesFolder"

    assert error(client.get(path)) == (404, "NotFound")
    files.provision(team, channel)
    assert client.get(path).json()["name"] == "Novedades"


def test_a_channel_with_special_characters_has_no_folder_to_ask_for(client, tenant):
    team = next(iter(tenant.teams))
    channel = tenant.add_channel(team, "R&D")

    answer = client.get(f"/teams/{team}/channels/{channel}/filesFolder")

    assert error(answer) == (400, "BadRequest")


def test_private_channels_have_a_drive_of_their_own(client, tenant):
    team = next(iter(tenant.teams.values()))
    private = next(it for it in team.channels.values() if it.kind == "private")
    tenant.part(Files).provision(team.id, private.id)
    folder = client.get(f"/teams/{team.id}/channels/{private.id}/filesFolder").json()
    drive = folder["parentReference"]["driveId"]

    assert "root" in folder
    assert drive not in {row["id"] for row in client.rows(f"/groups/{team.id}/drives")}
    assert "root" in changes(client, f"/drives/{drive}/root/delta")[0][0]


def test_a_first_delta_is_as_expected(client, tenant, files):
    found = []
    for drive in files.all():
        rows, _ = changes(client, f"/drives/{drive.id}/root/delta?{everything('driveItem')}")
        found += [{**row, "driveId": drive.id} for row in by_id(rows).values()]

    key = lambda row: (row["driveId"], row["id"])  # noqa: E731 (twice)
    assert sorted(found, key=key) == sorted(tenant.expected("drive_items"), key=key)


def test_a_delta_shows_what_changed_and_the_folders_above_it(client, files, drive, delta):
    first, link = changes(client, delta)
    file, other = [row["id"] for row in first if "file" in row][:2]

    new = files.upload(drive, "Nový.docx")
    files.edit(drive, file)
    files.delete(drive, other)
    rows, after = changes(client, link)

    found = by_id(rows)
    assert {new, file, other} <= found.keys()
    assert found[other]["deleted"] == {"state": "deleted"}
    assert "name" not in found[other]
    assert all("folder" in row for key, row in found.items() if key not in {new, file, other})
    assert changes(client, after)[0] == []


def test_a_deleted_folder_takes_all_that_is_in_it_along(client, files, drive, delta):
    first, link = changes(client, delta)
    folder = next(row["id"] for row in first if "folder" in row and "root" not in row)
    inside = {row["id"] for row in first if row["parentReference"].get("id") == folder}

    files.delete(drive, folder)

    gone = {row["id"] for row in changes(client, link)[0] if "deleted" in row}
    assert inside
    assert gone == {folder, *inside}


def test_a_renamed_folder_does_not_bring_what_is_in_it(client, files, drive, delta):
    first, link = changes(client, delta)
    folder = next(row["id"] for row in first if "folder" in row and "root" not in row)

    files.rename(drive, folder, "Archiv")

    assert [row["id"] for row in changes(client, link)[0] if "root" not in row] == [folder]


def test_what_was_deleted_before_is_not_in_a_first_delta(client, files, drive, delta):
    item = next(row["id"] for row in changes(client, delta)[0] if "file" in row)

    files.delete(drive, item)

    assert item not in by_id(changes(client, delta)[0])


def test_what_changes_while_it_is_read_is_shown(client, files, drive, delta):
    pages = client.pages(delta)
    rows = next(pages)["value"]
    seen = next(row["id"] for row in rows if "file" in row)

    new = files.upload(drive)
    files.delete(drive, seen)
    rows += [row for page in pages for row in page["value"]]

    assert new in by_id(rows)
    assert "deleted" in by_id(rows)[seen]


def test_an_item_may_come_more_than_once(client, delta):
    rows, _ = changes(client, delta)

    assert len(by_id(rows)) < len(rows)


def test_the_latest_token_shows_only_what_comes_after_it(client, files, drive, delta):
    for link in (f"{delta}?token=latest", f"{delta}(token='latest')"):
        rows, after = changes(client, link)
        assert rows == []
        new = files.upload(drive)
        assert new in by_id(changes(client, after)[0])


def test_a_moment_serves_as_a_token(client, files, drive, delta):
    changes(client, delta)
    new = files.upload(drive)

    assert new in by_id(changes(client, f"{delta}?token=2026-11-01T08:00:00Z")[0])


def test_a_selection_goes_on_in_the_links(client, files, drive, delta):
    rows, link = changes(client, f"{delta}?$select=id,name,deleted&$top=2")
    file = next(row["id"] for row in rows if row["name"].endswith("x"))
    files.delete(drive, file)

    assert all(row.keys() - {"@odata.type"} == {"id", "name"} for row in rows)
    assert by_id(changes(client, link)[0])[file].keys() - {"@odata.type"} == {"id", "deleted"}
    assert "select" not in urlsplit(link).query


def test_links_to_bytes_come_unasked_only(client, delta):
    assert "@microsoft.graph.downloadUrl" in client.get(delta).text
    assert "downloadUrl" not in client.get(f"{delta}?$select=id,file").text


@pytest.mark.parametrize("code", RESETS)
def test_an_expired_token_is_gone_and_says_where_to_begin(client, files, drive, delta, code):
    _, link = changes(client, delta)
    files.forget(drive, code)

    answer = client.get(link)

    assert error(answer) == (410, code)
    assert answer.headers["Location"] == client.root + delta
    rows, after = changes(client, answer.headers["Location"])
    assert rows
    assert changes(client, after)[0] == []


def test_an_expired_token_may_be_a_bad_request(client, files, drive, delta):
    _, link = changes(client, delta)
    files.forget(drive, "syncStateNotFound")

    assert error(client.get(link)) == (400, "syncStateNotFound")


def test_a_token_of_another_drive_is_refused(client, files):
    one, other = [drive.id for drive in files.all()][:2]
    _, link = changes(client, f"/drives/{one}/root/delta")

    assert error(client.get(link.replace(one, other))) == (400, "invalidRequest")
    assert error(client.get(link[:-2])) == (400, "invalidRequest")


def test_a_drive_of_nobody_is_not_found(client, tenant, delta):
    assert error(client.get("/drives/b!none/root/delta")) == (404, "itemNotFound")
    tenant.remove_team(next(iter(tenant.teams)))
    assert error(client.get(delta)) == (404, "itemNotFound")


def test_users_see_the_drives_of_their_own_teams(open_client):
    client = open_client(auth="refresh_token")
    tenant = client.sandbox.tenant
    for team in tenant.teams.values():
        drive = tenant.part(Files).drives(team)[0].id
        mine = tenant.me in team.people
        assert client.get(f"/drives/{drive}/root/delta").status_code == (200 if mine else 403)


def test_a_day_of_work_changes_drives(tenant):
    before = list(tenant.expected("drive_items"))

    tenant.change()

    assert list(tenant.expected("drive_items")) != before


def test_a_list_costs_two_units_unless_it_goes_on_at_a_token(open_client):
    tenant = Tenant(seed=4, teams=1, channels=1, messages=0, users=5)
    client = open_client(tenant, limits=True, clock=lambda: 1_800_000_000.0)
    team = next(iter(tenant.teams))
    drive = tenant.part(Files).drives(tenant.teams[team])[0].id
    _, link = changes(client, f"/drives/{drive}/root/delta")

    lists = [client.get(f"/groups/{team}/drives").status_code for _ in range(599 - 10)]
    links = [client.get(link).status_code for _ in range(20)]

    assert {*lists, *links} == {200}
    assert error(client.get(f"/groups/{team}/drives")) == (429, "TooManyRequests")
