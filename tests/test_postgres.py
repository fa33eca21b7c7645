"""The PostgreSQL of the demo and of the end-to-end test."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
from postgres import ROOT, Postgres, PostgresError


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server in a folder that only its owner may enter."""
    closed = tmp_path_factory.mktemp("closed")
    closed.chmod(0o700)
    server = Postgres(closed / "postgres")
    server.start(port=0)
    yield server
    server.remove()


def test_starting_it_twice_is_starting_it_once(server):
    assert server.start(port=0) == server.port


def test_data_outlive_a_stop(server):
    server.execute("create table kept as select 'hello' as word")
    server.stop()
    stopped = server.port
    server.start(port=0)

    assert stopped is None
    assert server.rows("table kept") == [{"word": "hello"}]


def test_a_port_that_somebody_has_is_left_alone(tmp_path):
    server = Postgres(tmp_path / "postgres")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        try:
            assert server.start(port) not in {port, None}
            assert server.rows("select 1 as one") == [{"one": 1}]
        finally:
            server.remove()


def test_the_password_is_needed_and_stands_nowhere_but_in_its_file(server):
    password = server.passfile.read_text().strip().rpartition(":")[2]
    address, _, _ = server.url.partition("?")
    command = (*server.psql("--no-password", "-c", "select 1")[:-1], address)
    nobody = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    done = subprocess.run(
        command, env=nobody | {"PGPASSFILE": os.devnull}, capture_output=True, check=False
    )

    assert done.returncode != 0
    assert password not in server.url
    assert server.passfile.stat().st_mode & 0o077 == 0


def test_a_query_that_fails_says_why(server):
    with pytest.raises(PostgresError, match='relation "nothing" does not exist'):
        server.rows("table nothing")


def test_removing_it_leaves_nothing(tmp_path):
    server = Postgres(tmp_path / "postgres")
    server.start(port=0)
    server.remove()

    assert not server.home.exists()
    assert list(tmp_path.iterdir()) == []


def test_its_command_says_in_one_line_what_is_wrong(tmp_path):
    obstacle = tmp_path / "file"
    obstacle.touch()
    command = (sys.executable, ROOT / "demo" / "postgres.py", "--directory", obstacle, "start")
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("postgres: ")
    assert len(done.stderr.splitlines()) == 1
