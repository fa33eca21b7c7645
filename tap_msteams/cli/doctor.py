"""`doctor`: a check of the sign-in, the network, the permissions and the streams."""

from __future__ import annotations

import logging
import sys

import click

from tap_msteams.cli.command import Command, Configuration
from tap_msteams.cli.selection import CATALOG, quiet, tap_of
from tap_msteams.errors import CatalogError, TapError
from tap_msteams.preflight import examine
from tap_msteams.preflight.doctor import encoded, refused
from tap_msteams.preflight.tables import tell_report


@click.command("doctor", cls=Command)
@CATALOG
@click.option("--json", "as_json", is_flag=True, help="Write JSON instead of tables.")
@click.option(
    "--parents",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Teams, channels, chats and so on to try each stream below.",
)
@click.pass_context
def command(ctx: click.Context, *, catalog: str | None, as_json: bool, parents: int) -> None:
    """Check sign-in, network, permissions and each stream.

    Exit code 0: all selected streams can be read; 3: something is missing; 1: nobody can sign in.
    """
    given: Configuration = ctx.obj
    try:
        tap = tap_of(ctx, given, catalog)
    except CatalogError:
        raise
    except TapError as error:
        report = refused(str(error).splitlines())
    else:
        with quiet(logging.ERROR):
            report = examine(tap, parents)
    if as_json:
        click.echo(encoded(report))
    else:
        tell_report(report, sys.stdout)
    ctx.exit(report.exit_code)
