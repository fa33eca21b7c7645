from __future__ import annotations

import json
from contextlib import suppress

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from tap_msteams.auth.entry import DAY, INACTIVITY, Entry
from tap_msteams.auth.store import TokenStore, default_path
from tests.auth.stored import APP, NOW, SCOPES, answer, kept, path, posix, store

__all__ = ["path", "store"]


def test_what_one_process_keeps_the_next_one_finds(store, path):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    found = kept(TokenStore(path, APP))
    assert (found.refresh_token, found.access_token) == ("refresh 1", "access 1")
    assert found.ends == NOW + INACTIVITY


def test_several_apps_share_a_file_without_seeing_each_other(store, path):
    other = TokenStore(path, APP + "2")
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    with other.locked() as entry:
        assert entry.refresh_token is None
        entry.keep(answer(2), SCOPES, NOW)
    assert kept(store).refresh_token == "refresh 1"
    assert other.forget()
    assert not other.forget()
    assert kept(store).refresh_token == "refresh 1"


def test_an_error_on_the_way_loses_nothing_that_was_kept_before_it(store):
    with suppress(KeyError), store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
        raise KeyError
    assert kept(store).refresh_token == "refresh 1"


def test_what_did_not_change_is_not_written(store, path):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    before = path.stat()
    kept(store)
    assert path.stat().st_ino == before.st_ino


# Which refresh token


def test_the_successor_of_the_configured_token_is_used(store):
    with store.locked() as entry:
        assert entry.token_to_redeem("seed") == "seed"
        entry.keep(answer(1), SCOPES, NOW, "seed")
        entry.keep(answer(2), SCOPES, NOW, "seed")
    with store.locked() as entry:
        assert entry.token_to_redeem("seed") == "refresh 2"
        assert entry.fresh(NOW, SCOPES, "seed")


def test_a_new_token_in_the_configuration_wins(store):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW, "seed")
    with store.locked() as entry:
        assert entry.token_to_redeem("new seed") == "new seed"
        assert not entry.fresh(NOW, SCOPES, "new seed")
        entry.keep(answer(2), SCOPES, NOW, "new seed")
        assert entry.token_to_redeem("new seed") == "refresh 2"


def test_a_sign_in_supersedes_the_token_that_the_configuration_still_has(store):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW, "revoked seed")
        assert entry.token_to_redeem("revoked seed") == "refresh 1"


def test_without_a_configured_token_the_stored_one_is_used(store):
    with store.locked() as entry:
        assert entry.token_to_redeem(None) is None
        entry.keep(answer(1), SCOPES, NOW, "seed")
        assert entry.token_to_redeem(None) == "refresh 1"


def test_a_configured_token_that_is_not_rotated_stays_in_use(store):
    with store.locked() as entry:
        entry.keep({"access_token": "a", "expires_in": 3600}, SCOPES, NOW, "seed")
        assert entry.token_to_redeem("seed") == "seed"


# Whether to ask at all


@pytest.mark.parametrize(
    ("life", "refresh_in", "served"),
    [(3600, None, 3300), (3600, 1000, 1000), (200, None, 100), (86_400, 43_200, 43_200)],
)
def test_a_token_serves_until_it_is_time_for_the_next(store, life, refresh_in, served):
    with store.locked() as entry:
        entry.keep(answer(1, expires_in=life, refresh_in=refresh_in), SCOPES, NOW)
        assert entry.fresh(NOW + served - 1, SCOPES)
        assert not entry.fresh(NOW + served, SCOPES)


def test_a_token_serves_only_what_it_was_asked_for_and_was_not_rejected(store):
    with store.locked() as entry:
        entry.keep(answer(1), ["A", "B"], NOW)
        assert entry.fresh(NOW, ["B", "A"])
        assert not entry.fresh(NOW, ["A"])
        assert not entry.fresh(NOW, ["A", "B"], rejected="access 1")


def test_the_end_of_a_single_page_applications_token_is_known(store):
    with store.locked() as entry:
        entry.keep(answer(1, refresh_token_expires_in=DAY), SCOPES, NOW)
        assert entry.ends == NOW + DAY


def test_a_token_that_was_not_used_for_long_is_warned_of_once(path, caplog):
    now = NOW
    store = TokenStore(path, APP, clock=lambda: now)
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    now = NOW + 75 * DAY
    kept(store)
    assert not caplog.records
    now = NOW + 77 * DAY
    kept(store)
    kept(store)
    [record] = caplog.records
    assert "ends on 2026-12-20" in record.getMessage()


def test_a_token_that_ends_after_a_day_whatever_one_does_is_warned_of(store, caplog):
    with store.locked() as entry:
        entry.keep(answer(1, refresh_token_expires_in=DAY), SCOPES, NOW)
    kept(store)
    assert "single-page" in caplog.text


def test_sign_ins_that_nobody_came_back_from_are_forgotten(store):
    with store.locked() as entry:
        entry.begin("one", {"code_verifier": "v"}, NOW)
        entry.begin("two", {}, NOW + DAY - 1)
        assert set(entry.flows) == {"one", "two"}
        entry.begin("three", {}, NOW + DAY)
        assert set(entry.flows) == {"two", "three"}


def test_a_used_code_is_remembered_without_being_told(store, path):
    with store.locked() as entry:
        assert not entry.was_redeemed("the-code")
        entry.redeem("the-code")
    assert kept(store).was_redeemed("the-code")
    assert "the-code" not in path.read_text()


def test_nothing_secret_shows_in_a_repr(store):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
        entry.begin("state", {"code_verifier": "verifier"}, NOW)
        assert "1" not in repr(entry)
        assert "verifier" not in repr(entry.flows)


# Where it is


@posix
def test_it_is_in_the_users_state_folder(monkeypatch, tmp_path):
    folders = Unix("tap-msteams", appauthor=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert default_path(folders) == tmp_path / ".local/state/tap-msteams/tokens.json"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    assert default_path(folders) == tmp_path / ".local/state/tap-msteams/tokens.json"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "x"))
    assert default_path(folders) == tmp_path / "x/tap-msteams/tokens.json"


@posix
def test_a_store_where_earlier_versions_had_it_on_a_mac_is_found(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    folders = MacOS("tap-msteams", appauthor=False)
    path = tmp_path / "Library/Application Support/tap-msteams/tokens.json"
    former = tmp_path / ".local/state/tap-msteams/tokens.json"
    assert default_path(folders) == path
    for found in (former, path):
        found.parent.mkdir(parents=True)
        found.touch()
        assert default_path(folders) == found
    former.unlink()
    path.unlink()
    former.touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "x"))
    assert default_path(folders) == tmp_path / "x/tap-msteams/tokens.json"


def test_it_is_a_json_document_that_says_whose_it_is(store, path):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    document = json.loads(path.read_text())
    assert document["tap_msteams_tokens"] == 1
    assert list(document["apps"]) == [APP]


@pytest.mark.parametrize("name", ["\ud800", "a\x1b[2J", "a\nb", "a" * 10_000, 5, ""])
def test_a_name_that_cannot_be_shown_leaves_the_one_before(name):
    entry = Entry()
    for number, (user, tenant) in enumerate([("adele@contoso.example", "6f1c2f0a"), (name, name)]):
        claims = {"preferred_username": user, "tid": tenant}
        entry.keep(answer(number, id_token_claims=claims), SCOPES, NOW)
    assert (entry.account, entry.tenant) == ("adele@contoso.example", "6f1c2f0a")
    assert entry.refresh_token == "refresh 1"
