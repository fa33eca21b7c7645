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
from platformdirs import PlatformDirs

from tap_msteams.auth.entry import Entry
from tap_msteams.auth.files import OWNER_ONLY, followed, locked, replace
from tap_msteams.auth.seal import Sealed, seal_for
from tap_msteams.errors import SettingsError
from tap_msteams.settings import label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from platformdirs.api import PlatformDirsABC

    from tap_msteams.auth.seal import Seal
    from tap_msteams.settings import Settings

logger = logging.getLogger(__name__)

VERSION = 1

_SHARED = {"common", "organizations"}
"""Names that stand for the tenant of whoever signs in."""


class _Document(msgspec.Struct, omit_defaults=True):
    tap_msteams_tokens: int
    """The version of this format."""
    apps: dict[str, Entry] = {}
    sealed: Sealed | None = None


class TokenStore:
    """A JSON file that one process at a time replaces as a whole."""

    def __init__(  # noqa: PLR0913 - each of these is a decision of its own
        self,
        path: Path | None,
        key: str,
        seal: Seal | None = None,
        *,
        must_keep: bool = False,
        clock: Callable[[], float] = time.time,
        resolve: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Use the file at `path`; with `must_keep` a file that cannot be written is an error.

        `key` is made of the host of Entra ID, the tenant and the application; `resolve` asks
        Entra ID for the id of the tenant.
        """
        self.path = followed(path) if path else None
        self._resolve = resolve
        self._document = _Document(VERSION)
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
        resolve: Callable[[], str | None] = lambda: None,
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
        return cls(path, key, seal, must_keep=must_keep, clock=clock, resolve=resolve)

    @contextmanager
    def locked(self, *, new: bool = False) -> Iterator[Entry]:
        """The entry of this app, read anew under a lock; changes are written at the end.

        With `new` the user may be another than those who have signed in before.
        """
        with self._threads, self._alone():
            document, outdated = self._read()
            key = self._find(document, new=new)
            entry = document.apps.setdefault(key, Entry())
            before = msgspec.json.encode(document)
            self._document = document
            self._warn_of_end(entry)
            try:
                yield entry
            finally:
                self._rename(document)
                if outdated or msgspec.json.encode(document) != before:
                    self._write(document)

    def entry_of(self, tenant: str | None, entry: Entry) -> Entry:
        """The entry for a user of this tenant: the given one, unless it is another tenant's.

        Call it while the store is locked.
        """
        if tenant is None or entry.home in {None, tenant}:
            return entry
        return self._document.apps.setdefault(self._key_of(tenant), Entry())

    def forget(self) -> bool:
        """Drop the entry of this app; returns whether there was one."""
        with self._threads, self._alone():
            document, _ = self._read()
            found = document.apps.pop(self._find(document, new=False), None)
            if found:
                self._write(document)
        return found is not None and found.has_token

    def _find(self, document: _Document, *, new: bool) -> str:
        """The key of the entry for the configured tenant, by whichever name it was kept."""
        host, named, client = _parts(self._key)
        found = {
            key: entry
            for key, entry in document.apps.items()
            if _parts(key)[::2] == (host, client) and entry.has_token
        }
        if named in _SHARED:
            if len(found) == 1:
                return next(iter(found))
            if len(found) > 1 and not new:
                who = ", ".join(sorted(it.account or it.home or "a user" for it in found.values()))
                msg = (
                    f"users of several tenants have signed in ({who}): set {label('tenant_id')} to "
                    "one of them"
                )
                raise SettingsError(msg)
        elif self._key not in found and found:
            same = [key for key, entry in found.items() if named in {entry.home, *entry.names}]
            if not same and "." in named and (tenant := self._resolve()):
                same = [key for key, entry in found.items() if entry.home == tenant]
            if same:
                entry = document.apps[same[0]]
                if "." in named and named not in entry.names:
                    entry.names = [*entry.names, named]
                return same[0]
        return self._key

    def _rename(self, document: _Document) -> None:
        """Keep each entry by the id of its tenant, once that is known."""
        for key, entry in list(document.apps.items()):
            _, named, _ = _parts(key)
            if entry.tenant and named != entry.tenant:
                if "." in named and named not in entry.names:
                    entry.names = [*entry.names, named]
                document.apps[self._key_of(entry.tenant, key)] = document.apps.pop(key)

    def _key_of(self, tenant: str, key: str = "") -> str:
        host, _, client = _parts(key or self._key)
        return f"{host}/{tenant}/{client}"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with ExitStack() as held:
            if self.path is None:
                self._not_kept(OSError("this user has no home folder"))
            else:
                try:
                    self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                    held.enter_context(locked(self.path.with_name(f"{self.path.name}.lock")))
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
        if self._seal is None or self._seal.kind != document.sealed.by:
            msg = (
                f"the token store {self.path} is encrypted with a {document.sealed.by}: set "
                f"{label('token_cache_encryption')} to '{document.sealed.by}'"
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
                replace(self.path, msgspec.json.format(msgspec.json.encode(written)))
            except OSError as error:
                self._not_kept(error)
            else:
                return
        self._memory = document

    def _not_kept(self, error: OSError) -> None:
        reason = error.strerror or error
        store = f"token store {self.path}" if self.path else "token store"
        where = label("token_cache_path")
        if self._must_keep:
            msg = (
                f"the {store} cannot be written ({reason}): set {where} to a file in a folder that "
                "can"
            )
            raise SettingsError(msg) from error
        if not self._warned:
            self._warned = True
            logger.warning(
                "The %s cannot be written (%s): new refresh tokens are kept in memory "
                "only, and the present one ends 90 days after it was issued; set %s to a file in a "
                "folder that can",
                store,
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
            f"{label('token_cache_path')}: {self.path} {problem}; move it away and run "
            "`tap-msteams login`, or name another file"
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


def _parts(key: str) -> tuple[str, str, str]:
    """The host of Entra ID, the tenant and the application in a key."""
    host, _, rest = key.partition("/")
    tenant, _, client = rest.rpartition("/")
    return host, tenant, client
