from __future__ import annotations

import pytest

from tap_msteams_sandbox import Tenant

SMALL = {"seed": 7, "teams": 3, "channels": 3, "messages": 40, "users": 30}


@pytest.fixture
def tenant():
    return Tenant(**SMALL)


@pytest.fixture
def place(tenant):
    team = next(iter(tenant.teams.values()))
    return team.id, next(iter(team.channels))


def rows(tenant):
    return {(row["channelIdentity"]["channelId"], row["id"]): row for row in tenant.expected()}


def modified(tenant):
    return max(row["lastModifiedDateTime"] for row in tenant.expected())


def test_a_day_of_work_is_the_same_for_the_same_tenant_and_seed():
    one, other = Tenant(**SMALL), Tenant(**SMALL)

    assert one.change(seed=3) == other.change(seed=3)
    assert list(one.expected()) == list(other.expected())


def test_days_differ_and_leave_something_of_every_kind(tenant):
    before = rows(tenant)
    total = {}
    for _ in range(8):
        for what, times in tenant.change().items():
            total[what] = total.get(what, 0) + times

    assert set(total) >= {
        "posts", "replies", "edits", "reactions", "deletions", "events", "channels", "joined",
        "left", "presences",
    }  # fmt: skip
    written = total["posts"] + total["replies"] + total["events"]
    assert len(rows(tenant)) == len(before) + written


def test_each_change_is_stamped_later_than_all_before(tenant, place):
    last = modified(tenant)
    post = tenant.post(*place, text="One")
    for act in (
        lambda: tenant.reply(*place, post),
        lambda: tenant.edit(*place, post, "Two"),
        lambda: tenant.react(*place, post),
        lambda: tenant.delete(*place, post),
    ):
        act()
        assert modified(tenant) > last
        last = modified(tenant)


def test_a_clock_that_goes_back_does_not_take_the_stamps_with_it(tenant, place):
    tenant.clock = lambda: 0.0
    before = modified(tenant)

    tenant.post(*place)

    assert modified(tenant) > before


def test_posts_and_replies_appear_where_they_were_written(tenant, place):
    post = tenant.post(*place, text="Where is the torque sheet?")
    answer = tenant.reply(*place, post, text="In the usual place")

    found = rows(tenant)
    assert found[place[1], post]["replyToId"] is None
    assert found[place[1], post]["body"]["content"] == "<p>Where is the torque sheet?</p>"
    assert found[place[1], answer]["replyToId"] == post
    assert found[place[1], answer]["channelIdentity"] == {"teamId": place[0], "channelId": place[1]}


def test_an_edit_is_dated_as_an_edit_and_a_reaction_only_as_a_modification(tenant, place):
    post = tenant.post(*place)
    tenant.react(*place, post, kind="heart")
    reacted = rows(tenant)[place[1], post]
    tenant.edit(*place, post, "New text")
    edited = rows(tenant)[place[1], post]

    assert reacted["lastEditedDateTime"] is None
    assert reacted["lastModifiedDateTime"] > reacted["createdDateTime"]
    assert reacted["reactions"][0]["reactionType"] == "❤️"
    assert edited["lastEditedDateTime"] == edited["lastModifiedDateTime"]
    assert edited["reactions"] == reacted["reactions"]


def test_a_reply_can_be_changed_like_a_post(tenant, place):
    answer = tenant.reply(*place, tenant.post(*place))

    tenant.delete(*place, answer)

    assert rows(tenant)[place[1], answer]["deletedDateTime"]


def test_changing_a_message_that_is_not_there_says_so(tenant, place):
    with pytest.raises(KeyError, match="no message 1 in channel"):
        tenant.edit(*place, "1")


def test_teams_come_and_go(tenant):
    before = {row["id"] for row in tenant.expected("teams")}

    team = tenant.add_team("Task force", messages=3)
    assert {row["id"] for row in tenant.expected("teams")} == {*before, team}
    assert sum(row["channelIdentity"]["teamId"] == team for row in tenant.expected()) == 3

    tenant.remove_team(team)
    assert {row["id"] for row in tenant.expected("teams")} == before


def test_a_new_team_never_takes_the_place_of_a_removed_one(tenant):
    first = tenant.add_team("One")
    tenant.remove_team(first)

    assert tenant.add_team("Two") != first


def test_channels_come_empty_and_leave_their_messages_to_the_export(tenant, place):
    team, _ = place
    channel = tenant.add_channel(team, "Secrets", "private")
    tenant.post(team, channel)
    listed = {row["id"]: row for row in tenant.expected("channels")}
    assert listed[channel]["membershipType"] == "private"

    tenant.remove_channel(team, channel)

    assert channel not in {row["id"] for row in tenant.expected("channels")}
    assert any(row["channelIdentity"]["channelId"] == channel for row in tenant.expected())


def test_people_join_and_leave(tenant, place):
    team = tenant.teams[place[0]]
    stranger = next(person for person in tenant.people if person not in team.people)

    tenant.add_member(team.id, stranger.id)
    tenant.add_member(team.id, stranger.id)
    joined = [row for row in tenant.expected("members") if row["teamId"] == team.id]
    tenant.remove_member(team.id, stranger.id)
    left = [row for row in tenant.expected("members") if row["teamId"] == team.id]

    assert [row["userId"] for row in joined].count(stranger.id) == 1
    assert len(left) == len(joined) - 1


def test_a_channel_that_everybody_has_left_can_still_be_written_in(tenant, place):
    team = tenant.teams[place[0]]
    for person in list(team.people):
        tenant.remove_member(team.id, person.id)

    assert tenant.post(*place)
    assert tenant.announce(*place, "membersLeft")
    assert tenant.change()


def test_archiving_and_renaming_show_in_the_team(tenant, place):
    tenant.archive(place[0])
    tenant.rename(place[0], "Phoenix")

    row = next(row for row in tenant.expected("teams") if row["id"] == place[0])
    assert (row["isArchived"], row["displayName"]) == (True, "Phoenix")


def test_presence_turns(tenant):
    person = tenant.people[4]
    before = [row for row in tenant.expected("presence") if row["id"] == person.id]

    tenant.turn(person.id)

    assert [row for row in tenant.expected("presence") if row["id"] == person.id] != before
