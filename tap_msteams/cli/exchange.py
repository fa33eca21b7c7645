"""`exchange`: tokens for the code of a sign-in on another machine."""

from __future__ import annotations

import sys

import click

from tap_msteams import logs
from tap_msteams.auth.grant import parse_answer
from tap_msteams.auth.login import tell
from tap_msteams.cli.command import Command, Given, kept
from tap_msteams.errors import AuthenticationError


@click.command("exchange", cls=Command)
@click.argument("code", required=False)
@click.pass_obj
def command(given: Given, *, code: str | None) -> None:
    """Redeem CODE, or the whole address that the browser ended at; asked for when left out."""
    grant = given.grant
    answer = parse_answer(code or _asked())
    logs.hide(answer.get("code"))
    grant.finish(answer)
    tell(kept(grant))


def _asked() -> str:
    """The hidden input of a user, or the stdin of a program."""
    if sys.stdin.isatty():
        prompt = "Code, or address that the browser ended at"
        return str(click.prompt(prompt, hide_input=True, err=True))
    if text := sys.stdin.readline().strip():
        return text
    msg = (
        "there is no code: give the address that the browser ended at to `tap-msteams exchange`, "
        "as its argument or on its stdin"
    )
    raise AuthenticationError(msg)
