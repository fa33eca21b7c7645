from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from tap_msteams.auth.store import TokenStore
from tap_msteams.errors import SettingsError
from tests.auth.stored import APP, NOW, SCOPES, answer, kept, path, posix, store

__all__ = ["path", "store"]

NOBODY = 65_534
ROOT = Path(__file__).parent.parent.parent


@contextmanager
def read_only(folder):
    """A folder that may not be written to, for whoever the tests run as."""
    folder.chmod(0o555)
    try:
        if os.geteuid() == 0:
            os.seteuid(NOBODY)
        yield
    finally:
        os.seteuid(os.getuid())
        folder.chmod(0o755)


@pytest.fixture
def public_folder():
    """A folder that any user can get at."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


# Who may read it


@posix
@pytest.mark.parametrize("umask", [0, 0o022, 0o777])
def test_nobody_else_can_read_it_at_any_moment(path, umask):
    path.parent.mkdir()
    seen, done = set(), threading.Event()

    def watch():
        while not done.is_set():
            for item in path.parent.iterdir():
                try:
                    seen.add(mode(item))
                except FileNotFoundError:
                    continue

    watcher = threading.Thread(target=watch)
    watcher.start()
    before = os.umask(umask)
    try:
        for turn in range(60):
            with TokenStore(path, APP).locked() as entry:
                entry.keep(answer(turn), SCOPES, NOW)
    finally:
        os.umask(before)
        done.set()
        watcher.join()
    assert mode(path) == 0o600
    assert not any(found & 0o077 for found in seen)


@posix
def test_the_folder_is_the_users_alone(store, path):
    with store.locked() as entry:
        entry.redeem("x")
    assert mode(path.parent) == 0o700


@posix
def test_a_store_that_others_can_read_is_closed_to_them(store, path, caplog):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    path.chmod(0o644)
    assert kept(store).refresh_token == "refresh 1"
    assert mode(path) == 0o600
    assert "could be read by others" in caplog.text


@posix
def test_a_link_of_ones_own_stays_and_leads_to_the_store(path, tmp_path):
    target = tmp_path / "elsewhere" / "tokens.json"
    path.parent.mkdir()
    path.symlink_to(target)
    for number in (1, 2):
        with TokenStore(path, APP, clock=lambda: NOW).locked() as entry:
            entry.keep(answer(number), SCOPES, NOW)
    assert path.is_symlink()
    assert (
        kept(TokenStore(tmp_path / "elsewhere" / "tokens.json", APP)).refresh_token == "refresh 2"
    )
    assert list(path.parent.iterdir()) == [path]


@posix
def test_links_in_a_circle_are_told_by_the_setting(path):
    path.parent.mkdir()
    path.symlink_to(path)
    with pytest.raises(SettingsError, match=r"'token_cache_path'.* cannot be read"):
        kept(TokenStore(path, APP))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")
def test_no_link_of_another_user_is_followed(path, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("")
    path.parent.mkdir()
    path.symlink_to(victim)
    os.lchown(path, NOBODY, NOBODY)
    store = TokenStore(path, APP)
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    assert victim.read_text() == ""
    assert not path.is_symlink()
    assert kept(store).refresh_token == "refresh 1"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")
def test_a_run_of_root_leaves_the_store_to_its_user(store, path):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    os.chown(path, NOBODY, NOBODY)
    with store.locked() as entry:
        entry.keep(answer(2), SCOPES, NOW)
    assert {it.stat().st_uid for it in path.parent.iterdir()} == {NOBODY}


@posix
def test_no_link_is_followed_to_a_file_that_is_being_written(store, path, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("")
    path.parent.mkdir()
    path.with_name("tokens.json.new").symlink_to(victim)
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    assert victim.read_text() == ""
    assert kept(store).refresh_token == "refresh 1"


BOUND = """
import sys
from pathlib import Path
from tap_msteams.auth.store import TokenStore

for number in range(3):
    with TokenStore(Path(sys.argv[1]), "app", must_keep=True).locked() as entry:
        entry.refresh_token = "refresh " + "x" * (40 if number == 1 else 0) + str(number)
"""


@pytest.mark.skipif(os.name != "nt", reason="only Windows keeps an open file from being replaced")
def test_a_store_that_another_program_has_open_is_replaced_once_it_lets_go(store, path):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    reader = path.open("rb")
    threading.Timer(0.3, reader.close).start()
    with store.locked() as entry:
        entry.keep(answer(2), SCOPES, NOW)
    assert kept(store).refresh_token == "refresh 2"


@posix
def test_a_store_that_a_container_has_as_a_single_file_is_written_in_place(path, tmp_path):
    if not shutil.which("unshare"):
        pytest.skip("needs a mount namespace of its own")
    path.parent.mkdir()
    path.touch(0o600)
    host = tmp_path / "tokens-of-the-host.json"
    host.touch(0o600)
    script = tmp_path / "bound.py"
    script.write_text(BOUND)
    mounted = f"mount --bind {host} {path} && exec {sys.executable} {script} {path}"
    command = ["unshare", "--mount", "--map-root-user", "sh", "-c", mounted]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"no mount namespace: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert kept(TokenStore(host, "app")).refresh_token == "refresh 2"
    assert not path.with_name("tokens.json.new").exists()


@posix
def test_a_link_in_the_place_of_the_lock_is_not_followed(store, path, tmp_path, caplog):
    path.parent.mkdir()
    path.with_name("tokens.json.lock").symlink_to(tmp_path / "made")
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    assert not (tmp_path / "made").exists()
    assert "cannot be written" in caplog.text


# Where it cannot be written


@posix
def test_a_read_only_folder_warns_once_and_the_run_goes_on_in_memory(public_folder, caplog):
    path = public_folder / "tokens.json"
    store = TokenStore(path, APP, clock=lambda: NOW)
    with read_only(public_folder):
        for turn in range(3):
            with store.locked() as entry:
                assert entry.token_to_redeem("seed") == (f"refresh {turn - 1}" if turn else "seed")
                entry.keep(answer(turn), SCOPES, NOW, "seed")
    ours = [record for record in caplog.records if record.name.startswith("tap_msteams")]
    warnings = [record.getMessage() for record in ours]
    assert len(warnings) == 1
    assert str(path) in warnings[0]
    assert "token_cache_path" in warnings[0]
    assert not path.exists()


@posix
def test_a_read_only_store_is_read_all_the_same(public_folder):
    path = public_folder / "tokens.json"
    with TokenStore(path, APP).locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    path.chmod(0o644)
    with read_only(public_folder):
        assert kept(TokenStore(path, APP)).refresh_token == "refresh 1"


@posix
def test_a_command_that_must_keep_says_that_it_cannot(public_folder):
    store = TokenStore(public_folder / "tokens.json", APP, must_keep=True)
    with read_only(public_folder), pytest.raises(SettingsError, match="cannot be written"):
        kept(store)


def test_a_user_without_a_home_goes_on_in_memory(caplog):
    store = TokenStore(None, APP)
    for turn in range(2):
        with store.locked() as entry:
            entry.keep(answer(turn), SCOPES, NOW)
    assert kept(store).refresh_token == "refresh 1"
    assert len(caplog.records) == 1


# What is no store


@pytest.mark.parametrize(
    "content",
    [
        b"\x00\xff",
        b"[]",
        b"{}",
        b'{"refresh_token": "of another program"}',
        b'{"tap_msteams_tokens": 1, "apps": {"app": {"refresh_token": 7}}}',
        b'{"tap_msteams_tokens": 2}',
        b'{"tap_msteams_tokens": 1, "apps": {"a',
    ],
)
def test_a_file_that_is_no_store_is_named_and_left_as_it_is(store, path, content):
    path.parent.mkdir()
    path.write_bytes(content)
    with pytest.raises(SettingsError) as raised:
        kept(store)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "another program" not in str(raised.value)
    assert path.read_bytes() == content


def test_an_empty_file_is_a_new_store(store, path):
    path.parent.mkdir()
    path.touch()
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW)
    assert kept(store).refresh_token == "refresh 1"


@posix
@pytest.mark.parametrize("make", ["mkdir", "mkfifo"])
def test_what_is_not_even_a_file_is_named(store, path, make):
    path.parent.mkdir()
    getattr(os, make)(path)
    with pytest.raises(SettingsError, match=str(path)):
        kept(store)
