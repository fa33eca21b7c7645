"""`estimate`: how many requests a run takes, and how long."""

from __future__ import annotations

import logging
import sys

import click

from tap_msteams.cli.command import Command, Configuration
from tap_msteams.cli.selection import CATALOG, quiet, tap_of
from tap_msteams.preflight import estimate
from tap_msteams.preflight.estimate import PAGES, SAMPLE, encoded
from tap_msteams.preflight.tables import tell_estimate


@click.command("estimate", cls=Command)
@CATALOG
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of a table.")
@click.option(
    "--sample",
    type=click.IntRange(min=1),
    default=SAMPLE,
    show_default=True,
    help="Teams, channels, chats and so on to look at for each stream.",
)
@click.option(
    "--pages",
    type=click.IntRange(min=1),
    default=PAGES,
    show_default=True,
    help="Pages to read of each of them.",
)
@click.pass_context
def command(
    ctx: click.Context, *, catalog: str | None, as_json: bool, sample: int, pages: int
) -> None:
    """Say how many requests a run takes, and how long.

    The numbers come from a sample of the tenant.
    """
    given: Configuration = ctx.obj
    tap = tap_of(ctx, given, catalog)
    with quiet(logging.WARNING):
        result = estimate(tap, sample, pages)
    if as_json:
        click.echo(encoded(result))
    else:
        tell_estimate(result, sys.stdout)
