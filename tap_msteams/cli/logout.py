"""`logout`: the tokens of a user are forgotten."""

from __future__ import annotations

import click

from tap_msteams.auth.login import tell
from tap_msteams.cli.command import Command, Configuration


@click.command("logout", cls=Command)
@click.pass_obj
def command(given: Configuration) -> None:
    """Forget the tokens of this app registration."""
    grant = given.grant
    if grant.store.forget():
        tell(f"The tokens are no longer in {grant.store.path}.")
    else:
        tell(f"There were no tokens in {grant.store.path}.")
    if grant.settings.refresh_token:
        tell("'refresh_token' of the configuration still works: remove it there, too.")
