"""`exchange`: tokens for the code of a sign-in on another machine."""

from __future__ import annotations

import sys

import click

from tap_msteams import logs
from tap_msteams.auth.grant import parse_answer
from tap_msteams.cli.command import (
    JSON,
    WITH_REFRESH_TOKEN,
    Command,
    Configuration,
    answer,
    check_json,
    tell_kept,
)
from tap_msteams.cli.terminal import ask
from tap_msteams.errors import AuthenticationError


@click.command("exchange", cls=Command)
@click.argument("code", required=False)
@click.option(
    "--no-pkce", is_flag=True, help="The code was asked for by `url --no-pkce` on another machine."
)
@JSON
@WITH_REFRESH_TOKEN
@click.pass_obj
def command(
    given: Configuration,
    *,
    code: str | None,
    no_pkce: bool,
    as_json: bool,
    with_refresh_token: bool,
) -> None:
    """Finish a sign-in that `url` began.

    CODE may also be the whole address that the browser ended at; the command asks for what is
    left out.
    """
    check_json(as_json=as_json, with_refresh_token=with_refresh_token)
    grant = given.grant
    found = parse_answer(code or _asked())
    logs.hide(found.get("code"))
    entry = grant.finish(found, elsewhere=no_pkce)
    tell_kept(given, grant, entry)
    if as_json:
        click.echo(answer(grant, entry, with_refresh_token=with_refresh_token))


def _asked() -> str:
    """The hidden input of a user, or the stdin of a program."""
    if sys.stdin.isatty():
        return ask("Code, or address that the browser ended at")
    if text := sys.stdin.readline().strip():
        return text
    msg = (
        "there is no code: give the address that the browser ended at to `tap-msteams exchange`, "
        "as its argument or on its stdin"
    )
    raise AuthenticationError(msg)
