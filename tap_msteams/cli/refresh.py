"""`refresh`: new tokens in the place of those in the store."""

from __future__ import annotations

import click

from tap_msteams.auth.login import tell
from tap_msteams.cli.command import Command, Given, kept


@click.command("refresh", cls=Command)
@click.option("--show-token", is_flag=True, help="Print the access token.")
@click.pass_obj
def command(given: Given, *, show_token: bool) -> None:
    """Ask for new tokens, and keep them."""
    grant = given.grant
    grant.refresh()
    tell(kept(grant))
    if show_token:
        with grant.store.locked() as entry:
            click.echo(entry.access_token)
