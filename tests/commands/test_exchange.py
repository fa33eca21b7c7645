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


PASTED = b"\x15http://localhost/done?nothing=x\x7f\x08\x15"
"""Ctrl-U, an address, Backspace in both kinds, and Ctrl-U again."""


@pytest.mark.parametrize("length", [1500, 4095, 10_000])
def test_an_address_of_any_length_is_taken_at_a_terminal(machine, length):
    here = machine()
    address = here.person().visit(here.run("url").stdout.strip())
    assert len(parse_qs(urlsplit(address).query)["code"][0]) > 1400
    address += "&session_state=" + "x" * (length - len(address))
    with at_terminal(here, "exchange") as terminal:
        terminal.says(rb"ended at(:)")
        terminal.types(PASTED.decode() + address)
        terminal.says(rb"Signed in( as)")
        assert terminal.rest() == b""
        said = terminal.said
    assert b"code=" not in said
    assert len(here.tokens) == 2


def test_an_address_of_another_sign_in_needs_a_word(machine):
    here, elsewhere = machine("here"), machine("elsewhere")
    here.run("url")
    address = elsewhere.person().visit(elsewhere.run("url", "--no-pkce").stdout.strip())
    assert "--no-pkce" in here.refused("exchange", address)
    done = here.run("exchange", "--no-pkce", address)
    assert "Signed in as" in done.stderr


# For programs


def test_a_web_application_signs_a_user_in(machine):
    here = machine(**confidential())
    begun = json.loads(here.run("url", "--json").stdout)
    assert set(begun) == {"url", "state"}
    address = here.person().visit(begun["url"])
    assert parse_qs(urlsplit(address).query)["state"] == [begun["state"]]
    done = here.run("exchange", "--json", "--with-refresh-token", given=f"{address}\n")
    found = json.loads(done.stdout)
    assert here.sandbox.entra.claims(found["access_token"])["tid"] == found["tenant_id"]
    assert 3000 < found["expires_in"] <= 3599
    assert "@" in found["account"]
    assert found["access_token"] not in done.stderr
    assert found["refresh_token"] not in done.stderr
    again = json.loads(here.run("refresh", "--json").stdout)
    assert set(again) == {"access_token", "expires_in", "account", "tenant_id"}
    assert again["access_token"] != found["access_token"]


def test_which_token_ends_when_is_told(machine):
    here = machine()
    address = here.person().visit(here.run("url").stdout.strip())
    told = here.run("exchange", address).stderr
    assert re.search(r"access token ends at [-0-9]{10} [0-9:]{5} UTC, and runs renew it", told)
    assert re.search(r"the refresh token ends on [-0-9]{10} unless one uses it", told)


@pytest.mark.parametrize(
    "arguments",
    [
        ("exchange", "code", "--with-refresh-token"),
        ("refresh", "--with-refresh-token"),
        ("refresh", "--json", "--show-token"),
    ],
)
def test_options_that_say_nothing_together_are_a_usage_error(machine, arguments):
    assert "Usage" in machine().run(*arguments, code=2).stderr


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

    address = here.person().visit(tell(here.launch("url")).stdout.strip())
    secrets.add(parse_qs(urlsplit(address).query)["code"][0])
    tell(here.launch("exchange", address))
    tell(here.launch("exchange", address, code=1))  # used before
    tell(here.launch("refresh"))
    tell(here.launch("exchange", "1.AX" + "x" * 60, code=1))
    assert len(secrets) == 2 + 1 + 1 + 2 * 2
    assert "DEBUG" in "".join(told)
    assert not [secret for secret in secrets for text in told if secret in text]
