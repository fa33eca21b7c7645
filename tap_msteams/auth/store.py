"""The token store: the tokens of a user's sign-ins, for all apps and processes."""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import msgspec
from filelock import FileLock, Timeout
from platformdirs import PlatformDirs

from tap_msteams.auth.entry import Entry, Flow, fingerprint
from tap_msteams.auth.seal import Sealed, seal_for
from tap_msteams.errors import SettingsError
from tap_msteams.settings import env_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from platformdirs.api import PlatformDirsABC

    from tap_msteams.auth.seal import Seal
    from tap_msteams.settings import Settings

__all__ = ["Entry", "Flow", "TokenStore", "fingerprint"]

logger = logging.getLogger(__name__)

VERSION = 1

OWNER_ONLY = 0o600


class _Document(msgspec.Struct, omit_defaults=True):
    tap_msteams_tokens: int
    """The version of this format."""
    apps: dict[str, Entry] = {}
    sealed: Sealed | None = None


class TokenStore:
    """A JSON file that one process at a time replaces as a whole."""

    def __init__(
        self,
        path: Path | None,
        key: str,
        seal: Seal | None = None,
        *,
        must_keep: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Use the file at `path`; with `must_keep` a file that cannot be written is an error."""
        self.path = path
        self.clock = clock
        self._key = key
        self._seal = seal
        self._must_keep = must_keep
        self._threads = threading.Lock()
        self._memory: _Document | None = None
        self._warned = self._warned_of_end = False

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        must_keep: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> TokenStore:
        """The store at `token_cache_path`, or in the user's state folder."""
        path = Path(settings.token_cache_path) if settings.token_cache_path else default_path()
        try:
            path = path.expanduser().absolute() if path else None
        except RuntimeError:  # a user without a home
            path = None
        host = settings.authority_host.partition("://")[2]
        key = f"{host}/{settings.tenant_id or 'organizations'}/{settings.client_id}".lower()
        seal = seal_for(settings, path) if path else None
        return cls(path, key, seal, must_keep=must_keep, clock=clock)

    @contextmanager
    def locked(self) -> Iterator[Entry]:
        """The entry of this app, read anew under a lock; changes are written at the end."""
        with self._threads, self._alone():
            document, outdated = self._read()
            entry = document.apps.setdefault(self._key, Entry())
            before = msgspec.json.encode(entry)
            self._warn_of_end(entry)
            try:
                yield entry
            finally:
                if outdated or msgspec.json.encode(entry) != before:
                    self._write(document)

    def forget(self) -> bool:
        """Drop the entry of this app; returns whether there was one."""
        with self._threads, self._alone():
            document, _ = self._read()
            found = document.apps.pop(self._key, None)
            if found:
                self._write(document)
        return found is not None and bool(found.refresh_token or found.access_token)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with ExitStack() as held:
            if self.path is None:
                self._not_kept(OSError("this user has no home folder"))
            else:
                try:
                    self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    held.enter_context(_locked(self.path.with_name(f"{self.path.name}.lock")))
                except OSError as error:
                    self._not_kept(error)
            yield

    def _read(self) -> tuple[_Document, bool]:
        """The document, and whether it has to be rewritten even without a change."""
        if self._memory is not None:
            return self._memory, False
        content = self._content()
        if not content:
            return _Document(VERSION), False
        try:
            document = msgspec.json.decode(content, type=_Document)
        except msgspec.MsgspecError as error:
            self._refuse("is no token store of this tap, or is damaged", error)
        if document.tap_msteams_tokens > VERSION:
            self._refuse("was written by a newer version of this tap")
        if document.sealed is None:
            return document, self._seal is not None
        if self._seal is None:
            msg = (
                f"the token store {self.path} is encrypted with a {document.sealed.by}: set "
                f"'token_cache_encryption' (env {env_name('token_cache_encryption')}) to "
                f"'{document.sealed.by}'"
            )
            raise SettingsError(msg)
        opened = self._seal.open(document.sealed)
        try:
            apps = msgspec.json.decode(opened, type=dict[str, Entry])
        except msgspec.MsgspecError as error:
            self._refuse("is damaged", error)
        return _Document(VERSION, apps), False

    def _content(self) -> bytes:
        if self.path is None:
            return b""
        try:
            # Opening a pipe would wait for a writer.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            descriptor = os.open(self.path, flags)
        except FileNotFoundError:
            return b""
        except OSError as error:
            self._refuse(f"cannot be read ({error.strerror})", error)
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            os.close(descriptor)
            self._refuse("is not a file")
        with os.fdopen(descriptor, "rb") as file:
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                self._tighten(descriptor)
            return file.read()

    def _tighten(self, descriptor: int) -> None:
        try:
            os.fchmod(descriptor, OWNER_ONLY)
        except OSError:
            logger.warning("The token store %s can be read by others", self.path)
        else:
            logger.warning("The token store %s could be read by others: no longer", self.path)

    def _write(self, document: _Document) -> None:
        if self._memory is None and self.path is not None:
            written = document
            if self._seal is not None:
                sealed = self._seal.close(msgspec.json.encode(document.apps))
                written = _Document(VERSION, sealed=sealed)
            try:
                _replace(self.path, msgspec.json.format(msgspec.json.encode(written)))
            except OSError as error:
                self._not_kept(error)
            else:
                return
        self._memory = document

    def _not_kept(self, error: OSError) -> None:
        reason = error.strerror or error
        where = f"'token_cache_path' (env {env_name('token_cache_path')})"
        if self._must_keep:
            msg = (
                f"the token store {self.path or ''} cannot be written ({reason}): set {where} to a "
                "file in a folder that can"
            )
            raise SettingsError(msg) from error
        if not self._warned:
            self._warned = True
            logger.warning(
                "The token store %s cannot be written (%s): new refresh tokens are kept in memory "
                "only, and the present one ends 90 days after it was issued; set %s to a file in a "
                "folder that can",
                self.path or "",
                reason,
                where,
            )

    def _warn_of_end(self, entry: Entry) -> None:
        text = entry.warning(self.clock())
        if text and not self._warned_of_end:
            self._warned_of_end = True
            logger.warning("%s", text)

    def _refuse(self, problem: str, cause: Exception | None = None) -> NoReturn:
        msg = (
            f"'token_cache_path' (env {env_name('token_cache_path')}): {self.path} {problem}; "
            "move it away and run `tap-msteams login`, or name another file"
        )
        raise SettingsError(msg) from cause


def default_path(folders: PlatformDirsABC | None = None) -> Path | None:
    """The store in the user's state folder; None for a user without a home."""
    folders = folders or PlatformDirs("tap-msteams", appauthor=False)
    try:
        path = folders.user_state_path / "tokens.json"
        # Earlier versions used this folder on macOS, too.
        former = Path("~/.local/state/tap-msteams/tokens.json").expanduser()
        is_default = path.is_relative_to(Path("~/Library").expanduser())
    except RuntimeError:
        return None
    return former if is_default and former.exists() and not path.exists() else path


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock of a file; raises OSError where it cannot be locked.

    The kernel releases the lock with the process that holds it; the file stays.
    """
    lock = FileLock(path, mode=OWNER_ONLY, preserve_lock_file=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        logger.info("Waiting for the process that holds %s", path)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _replace(path: Path, content: bytes) -> None:
    """Replace a file as a whole."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # left by a killed process, since this one holds the lock
    with open(new, "xb", opener=_owner_only) as file:
        if os.name == "posix":
            os.fchmod(file.fileno(), OWNER_ONLY)  # a umask may have removed permissions
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _owner_only(path: str, flags: int) -> int:
    """Create a file that only its owner can read, from its first moment on."""
    return os.open(path, flags, OWNER_ONLY)
