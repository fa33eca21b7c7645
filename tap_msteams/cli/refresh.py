"""`refresh`: new tokens in the place of those in the store."""

from __future__ import annotations

import click

from tap_msteams.cli.command import (
    JSON,
    WITH_REFRESH_TOKEN,
    Command,
    Configuration,
    answer,
    check_json,
    tell_kept,
)


@click.command("refresh", cls=Command)
@click.option("--show-token", is_flag=True, help="Print the access token.")
@JSON
@WITH_REFRESH_TOKEN
@click.pass_obj
def command(
    given: Configuration, *, show_token: bool, as_json: bool, with_refresh_token: bool
) -> None:
    """Ask for new tokens, and keep them."""
    check_json(as_json=as_json, with_refresh_token=with_refresh_token)
    if as_json and show_token:
        msg = "--show-token and --json both write the access token: give one of them"
        raise click.UsageError(msg)
    grant = given.grant
    entry = grant.refresh()
    tell_kept(given, grant, entry)
    if as_json:
        click.echo(answer(grant, entry, with_refresh_token=with_refresh_token))
    elif show_token:
        click.echo(entry.access_token)
