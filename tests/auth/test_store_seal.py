from __future__ import annotations

import sys

import pytest

from tap_msteams.auth.seal import Keyring, Passphrase
from tap_msteams.auth.store import TokenStore
from tap_msteams.errors import SettingsError
from tap_msteams.settings import Settings
from tests.auth.stored import APP, NOW, SCOPES, answer, kept, path

__all__ = ["path"]

KINDS = ("none", "keyring")
SECRETS = ("access 1", "refresh 1", "Team.ReadBasic.All", "contoso", "correct horse")


def opened(path, passphrase=None, seal=None):
    seal = Passphrase(passphrase, str(path)) if passphrase else seal
    return TokenStore(path, APP, seal, clock=lambda: NOW)


def fill(store):
    with store.locked() as entry:
        entry.keep(answer(1), SCOPES, NOW, "seed")


@pytest.fixture
def keyring():
    """The system's keyring, which holds nothing yet and belongs to this test."""
    package = pytest.importorskip("keyring", reason="the extra `keyring` is not installed")

    class Backend(package.backend.KeyringBackend):
        priority = 1

        def __init__(self):
            super().__init__()
            self.held = {}

        def get_password(self, service, username):
            return self.held.get((service, username))

        def set_password(self, service, username, password):
            self.held[service, username] = password

    before = package.get_keyring()
    backend = Backend()
    package.set_keyring(backend)
    yield backend
    package.set_keyring(before)


def test_a_store_with_a_passphrase_shows_nothing(path):
    fill(opened(path, "correct horse"))
    text = path.read_text()
    assert not [secret for secret in SECRETS if secret in text]
    assert kept(opened(path, "correct horse")).refresh_token == "refresh 1"


def test_a_store_with_a_passphrase_opens_on_another_machine(path, tmp_path):
    fill(opened(path, "correct horse"))
    copy = tmp_path / "copied.json"
    copy.write_bytes(path.read_bytes())
    assert kept(opened(copy, "correct horse")).refresh_token == "refresh 1"


def test_no_two_writes_are_encrypted_alike(path):
    store = opened(path, "correct horse")
    fill(store)
    first = path.read_bytes()
    with store.locked() as entry:
        entry.redeem("x")
    with store.locked() as entry:
        entry.redeemed = []
    assert path.read_bytes() != first


@pytest.mark.parametrize("passphrase", ["wrong horse", None])
def test_without_the_passphrase_it_stays_closed_and_as_it_is(path, passphrase):
    fill(opened(path, "correct horse"))
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="token_cache_") as raised:
        fill(opened(path, passphrase))
    assert not [secret for secret in (*SECRETS, "wrong horse") if secret in str(raised.value)]
    assert path.read_bytes() == before


def test_a_changed_byte_is_noticed(path):
    fill(opened(path, "correct horse"))
    text = path.read_text()
    place = text.index('"content": "') + 20
    path.write_text(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :])
    with pytest.raises(SettingsError, match="damaged"):
        kept(opened(path, "correct horse"))


def test_a_plain_store_is_encrypted_as_soon_as_that_is_asked_for(path):
    fill(opened(path))
    assert "refresh 1" in path.read_text()
    assert kept(opened(path, "correct horse")).refresh_token == "refresh 1"
    assert "refresh 1" not in path.read_text()


def test_the_systems_keyring_holds_the_key_and_not_the_tokens(path, keyring):
    fill(opened(path, seal=Keyring(str(path))))
    text = path.read_text()
    assert not [secret for secret in SECRETS if secret in text]
    assert kept(opened(path, seal=Keyring(str(path)))).refresh_token == "refresh 1"
    assert len(keyring.held) == 1
    assert not [secret for secret in SECRETS if secret in str(keyring.held)]


def test_a_store_whose_key_another_keyring_holds_stays_closed_and_as_it_is(path, keyring):
    fill(opened(path, seal=Keyring(str(path))))
    keyring.held.clear()
    before = path.read_bytes()
    with pytest.raises(SettingsError, match="another user or machine"):
        fill(opened(path, seal=Keyring(str(path))))
    assert path.read_bytes() == before


def test_a_store_of_the_other_kind_is_named(path, keyring):  # noqa: ARG001 - none is asked
    fill(opened(path, "correct horse"))
    with pytest.raises(SettingsError, match="encrypted with a passphrase"):
        kept(opened(path, seal=Keyring(str(path))))


def test_a_session_without_a_keyring_is_told_what_else_there_is(path):
    package = pytest.importorskip("keyring", reason="the extra `keyring` is not installed")
    before = package.get_keyring()
    package.set_keyring(package.backends.fail.Keyring())
    try:
        with pytest.raises(SettingsError, match="choose 'passphrase'"):
            fill(opened(path, seal=Keyring(str(path))))
    finally:
        package.set_keyring(before)


@pytest.mark.parametrize("encryption", [{}, *({"token_cache_encryption": it} for it in KINDS)])
def test_a_passphrase_that_encrypts_nothing_is_told(encryption):
    config = {"access_token": "x", "token_cache_passphrase": "correct horse", **encryption}
    with pytest.raises(SettingsError, match="encrypts nothing") as caught:
        Settings.from_config(config)
    assert "correct horse" not in str(caught.value)
    assert Settings.from_config({**config, "token_cache_encryption": "passphrase"})


def test_an_absent_package_is_named(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(SettingsError, match=r"tap-msteams\[keyring\]"):
        fill(opened(path, seal=Keyring(str(path))))
