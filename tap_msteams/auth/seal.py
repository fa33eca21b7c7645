"""Encryption of the token store: with a passphrase, which is portable, or the system's keyring."""

from __future__ import annotations

import base64
import importlib
import os
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from tap_msteams.errors import SettingsError
from tap_msteams.settings import label

if TYPE_CHECKING:
    from pathlib import Path

    from tap_msteams.settings import Settings

_COST = {"length": 32, "n": 2**15, "r": 8, "p": 3}
"""https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt"""

_PURPOSE = b"tap-msteams token store"
_SERVICE = "tap-msteams"


class Sealed(msgspec.Struct, omit_defaults=True):
    """Encrypted content, with the parameters of the encryption."""

    by: str
    """The kind of the seal."""
    nonce: bytes
    content: bytes
    salt: bytes = b""


class Seal(Protocol):
    """Encrypts and decrypts the token store."""

    kind: str
    """The value of `token_cache_encryption`."""

    def close(self, content: bytes) -> Sealed:
        """Encrypt it."""

    def open(self, sealed: Sealed) -> bytes:
        """Decrypt it; raises SettingsError where that cannot be."""


def seal_for(settings: Settings, path: Path) -> Seal | None:
    """The seal that `token_cache_encryption` names."""
    kind = settings.token_cache_encryption
    if kind == "passphrase":
        if not settings.token_cache_passphrase:
            msg = f"token_cache_encryption 'passphrase' needs {label('token_cache_passphrase')}"
            raise SettingsError(msg)
        return Passphrase(settings.token_cache_passphrase, str(path))
    if kind == "keyring":
        return Keyring(str(path))
    return None


class Passphrase:
    """A seal by a passphrase, which opens on any machine."""

    kind = "passphrase"

    def __init__(self, passphrase: str, where: str) -> None:
        self._where = where
        self._passphrase = passphrase.encode()
        self._salt = b""
        self._key = b""

    def close(self, content: bytes) -> Sealed:
        """Encrypt it."""
        salt = self._salt or os.urandom(16)
        return _encrypt(self.kind, self._derived(salt), content, salt)

    def open(self, sealed: Sealed) -> bytes:
        """Decrypt it."""
        try:
            return _decrypt(self._derived(sealed.salt), sealed)
        except (InvalidTag, ValueError) as error:
            msg = (
                f"{label('token_cache_passphrase')} does not open the token store {self._where}: "
                "it is another one, or the file is damaged"
            )
            raise SettingsError(msg) from error

    def _derived(self, salt: bytes) -> bytes:
        """The key for a salt, computed once since it is costly."""
        if salt != self._salt or not self._key:
            self._salt, self._key = salt, Scrypt(salt=salt, **_COST).derive(self._passphrase)
        return self._key


class Keyring:
    """A seal whose key is in the keyring of the operating system's user."""

    kind = "keyring"

    def __init__(self, where: str) -> None:
        self._where = where

    def close(self, content: bytes) -> Sealed:
        """Encrypt it, with a new key where the keyring has none."""
        key = self._key()
        if key is None:
            key = AESGCM.generate_key(256)
            self._ask("set_password", _SERVICE, self._where, base64.b64encode(key).decode())
        return _encrypt(self.kind, key, content)

    def open(self, sealed: Sealed) -> bytes:
        """Decrypt it."""
        try:
            return _decrypt(self._key() or b"", sealed)
        except (InvalidTag, ValueError) as error:
            msg = (
                f"the system's keyring does not hold the key of the token store {self._where}: it "
                "belongs to another user or machine; delete the file and run `tap-msteams login`"
            )
            raise SettingsError(msg) from error

    def _key(self) -> bytes | None:
        found = self._ask("get_password", _SERVICE, self._where)
        return base64.b64decode(found) if found else None

    @staticmethod
    def _ask(what: str, *arguments: str) -> Any:  # noqa: ANN401 - the package is optional
        where = "token_cache_encryption 'keyring'"
        try:
            keyring = importlib.import_module("keyring")
            errors = importlib.import_module("keyring.errors")
        except ImportError as error:
            msg = (
                f"{where} needs the package `keyring`: install `tap-msteams[keyring]`, or choose "
                "'passphrase'"
            )
            raise SettingsError(msg) from error
        try:
            return getattr(keyring, what)(*arguments)
        except errors.KeyringError as error:
            msg = (
                f"{where}: this session has no keyring that answers ({type(error).__name__}); "
                "choose 'passphrase' on a machine without a desktop"
            )
            raise SettingsError(msg) from error


def _encrypt(by: str, key: bytes, content: bytes, salt: bytes = b"") -> Sealed:
    nonce = os.urandom(12)
    return Sealed(by, nonce, AESGCM(key).encrypt(nonce, content, _PURPOSE), salt)


def _decrypt(key: bytes, sealed: Sealed) -> bytes:
    return AESGCM(key).decrypt(sealed.nonce, sealed.content, _PURPOSE)
