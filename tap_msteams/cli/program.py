"""The program: Singer's command line with more commands, and errors in one line."""

from __future__ import annotations

import sqlite3
import sys
from typing import Any, cast

import click
from singer_sdk.exceptions import MappingError
from singer_sdk.plugin_base import SingerCommand

from tap_msteams import logs, stdout
from tap_msteams.cli import (
    admin_consent_url,
    doctor,
    estimate,
    exchange,
    login,
    logout,
    merge_states,
    refresh,
    url,
)
from tap_msteams.errors import TapError
from tap_msteams.settings import label
from tap_msteams.tap import TapMSTeams

COMMANDS = (
    login,
    url,
    exchange,
    refresh,
    logout,
    admin_consent_url,
    doctor,
    estimate,
    merge_states,
)
"""The commands, each in a module of its own."""


class Program(click.Group, SingerCommand):
    """Singer's command as a group: without the name of a command it reads streams."""

    @classmethod
    def beside(cls, singer: SingerCommand) -> Program:
        """Singer's command with this tap's commands beside it."""

        def run(**options: Any) -> Any:  # noqa: ANN401 - whatever Singer's options hold
            if click.get_current_context().invoked_subcommand is None:
                return cast("Any", singer.callback)(**options)
            return None

        return cls(
            name=singer.name,
            callback=run,
            params=singer.params,
            help=singer.help,
            context_settings=singer.context_settings,
            logger=singer.logger,
            invoke_without_command=True,
            no_args_is_help=False,
            commands=[module.command for module in COMMANDS],
        )


def main() -> None:
    """Run the program; errors of the user end in a line each and exit code 1."""
    try:
        singer = cast("SingerCommand", TapMSTeams.cli)  # sets up the log
        logs.install()
        stdout.install()
        try:
            Program.beside(singer)()
        finally:
            sys.stdout.flush()
    except TapError as error:
        lines = str(error).splitlines()
    except MappingError as error:
        lines = [f"{label('stream_maps')}: {error}"]
    except MemoryError:
        lines = ["there is not enough memory"]
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        lines = [f"the system refuses: {error.strerror or error}{where}"]
    except sqlite3.OperationalError as error:
        lines = [f"the bookmarks have no room in the folder for temporary files: {error}"]
    else:
        return
    for line in lines:
        TapMSTeams.logger.error("%s", line)
    sys.exit(1)
