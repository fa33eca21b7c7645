from __future__ import annotations

import json
import re
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tap_msteams.auth.seal import Passphrase, Sealed
from tests.commands.machine import SECRET, at_terminal, confidential


@pytest.mark.parametrize("way", ["argument", "stdin"])
@pytest.mark.parametrize("kind", ["public", "confidential"])
def test_a_server_redeems_what_a_laptop_signed_in(machine, kind, way):
    more = confidential() if kind == "confidential" else {}
    laptop, server = machine("laptop", **more), machine("server", **more)
    url = laptop.run("url", "--no-pkce").stdout.strip()
    address = laptop.person().visit(url)
    if way == "argument":
        code = parse_qs(urlsplit(address).query)["code"][0]
        done = server.run("exchange", code)
    else:
        done = server.run("exchange", given=f"{address}\n")
    assert done.stdout == ""
    assert len(server.tokens) == 2
    assert not [token for token in server.tokens if token in done.stderr]


def test_a_server_asks_and_a_laptop_has_the_browser(machine):
    server, laptop = machine("server"), machine("laptop")
    done = server.run("url")
    assert server.tokens[0] not in done.stdout + done.stderr
    address = laptop.person().visit(done.stdout.strip())
    server.run("exchange", address)
    assert len(server.tokens) == 2
    assert "used before" in server.refused("exchange", address)


def test_a_store_can_be_copied_to_a_server(machine):
    laptop, server = machine("laptop"), machine("server")
    laptop.sign_in()
    server.store.parent.mkdir(parents=True)
    server.store.write_bytes(laptop.store.read_bytes())
    server.run("refresh")
    assert server.tokens != laptop.tokens


def test_a_store_with_a_passphrase_can_be_copied_too(machine):
    sealed = {"token_cache_encryption": "passphrase", "token_cache_passphrase": "correct horse"}
    laptop, server = machine("laptop", **sealed), machine("server", **sealed)
    laptop.sign_in()
    server.store.parent.mkdir(parents=True)
    server.store.write_bytes(laptop.store.read_bytes())
    server.run("refresh")
    server.config["token_cache_passphrase"] = "wrong horse"
    line = server.refused("refresh")
    assert "token_cache_passphrase" in line
    assert "horse" not in line


def test_exchange_without_a_code_says_what_to_give(machine):
    assert "browser ended at" in machine().refused("exchange")
    assert "no authorization code" in machine().refused("exchange", "http://localhost/?x=y")


def test_exchange_asks_at_a_terminal_and_shows_nothing_of_the_answer(machine):
    here = machine()
    url = here.run("url").stdout.strip()
    address = here.person().visit(url)
    with at_terminal(here, "exchange") as terminal:
        terminal.says(rb"ended at(:)")
        terminal.types(address)
        terminal.says(rb"Signed in( as)")
        assert terminal.rest() == b""
        said = terminal.said
    assert parse_qs(urlsplit(address).query)["code"][0].encode() not in said
    assert len(here.tokens) == 2


# What is never told


def test_no_log_at_debug_has_a_secret_of_a_sign_in(machine):
    here = machine(
        **confidential(),
        token_cache_encryption="passphrase",
        token_cache_passphrase="correct horse",
    )
    here.variables = {"TAP_MSTEAMS_LOGLEVEL": "DEBUG"}
    here.config["verbosity"] = "debug"
    secrets, told = {SECRET, "correct horse"}, []

    def tell(done):
        told.extend([done.stderr, done.stdout])
        seal = Passphrase("correct horse", str(here.store))
        document = json.loads(here.store.read_text())["sealed"]
        content = seal.open(msgspec.convert(document, Sealed))
        secrets.update(re.findall(r'"(?:\w+_token|code_verifier)":"([^"]+)"', content.decode()))
        return done

    address = here.person().visit(tell(here.run("url")).stdout.strip())
    secrets.add(parse_qs(urlsplit(address).query)["code"][0])
    tell(here.run("exchange", address))
    tell(here.run("exchange", address, code=1))  # used before
    tell(here.run("refresh"))
    tell(here.run("exchange", "1.AX" + "x" * 60, code=1))
    assert len(secrets) == 2 + 1 + 1 + 2 * 2
    assert "DEBUG" in "".join(told)
    assert not [secret for secret in secrets for text in told if secret in text]
