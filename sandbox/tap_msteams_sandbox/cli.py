"""The command `tap-msteams-sandbox`: a sandbox around another command, or on its own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from tap_msteams_sandbox.faults import FaultError
from tap_msteams_sandbox.server import AUTH_METHODS, AuthMethod, Sandbox
from tap_msteams_sandbox.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

NOT_FOUND, NOT_EXECUTABLE, SIGNALLED = 127, 126, 128
"""Exit codes as shells use them."""

LOOPBACK = "localhost,127.0.0.1"


@click.command(context_settings={"allow_interspersed_args": False})
@click.option("--seed", default=1, show_default=True, help="Another seed, another company.")
@click.option("--teams", type=click.IntRange(0), default=6, show_default=True)
@click.option(
    "--channels", type=click.IntRange(1), default=4, show_default=True, help="In each team."
)
@click.option(
    "--messages",
    type=click.IntRange(0),
    default=60,
    show_default=True,
    help="In each channel, posts and replies together, on average.",
)
@click.option("--even", is_flag=True, help="In each channel exactly as many messages.")
@click.option("--users", type=click.IntRange(1), default=60, show_default=True)
@click.option(
    "--page-size", type=click.IntRange(1), help="The server's largest page, below Graph's own."
)
@click.option(
    "--latency",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    help="Milliseconds before each answer.",
)
@click.option(
    "--auth",
    type=click.Choice(AUTH_METHODS),
    default=AUTH_METHODS[0],
    show_default=True,
    help="The way of signing in that the environment is set for.",
)
@click.option("--no-export", is_flag=True, help="Refuse the export of messages.")
@click.option(
    "--faults",
    multiple=True,
    metavar="KIND[:OPTION=VALUE,...]",
    help="Something that goes wrong, such as 429:where=messages,times=3; can be repeated.",
)
@click.option("--limits", is_flag=True, help="Enforce Graph's documented limits.")
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def main(  # noqa: PLR0913 (the options of the command line)
    *,
    seed: int,
    teams: int,
    channels: int,
    messages: int,
    even: bool,
    users: int,
    page_size: int | None,
    latency: float,
    auth: AuthMethod,
    no_export: bool,
    faults: tuple[str, ...],
    limits: bool,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND against a local Entra ID and Microsoft Graph with a synthetic tenant.

    The environment variables TAP_MSTEAMS_* point COMMAND at them; its exit code is passed on.
    Without COMMAND the sandbox serves until Ctrl-C and prints the variables for a shell.
    """
    try:
        sandbox = Sandbox(
            Tenant(seed, teams, channels, messages, users, even=even),
            export=not no_export,
            page_size=page_size,
            latency=latency / 1000,
            auth=auth,
            faults=faults,
            limits=limits,
        )
    except FaultError as error:
        raise click.BadParameter(str(error), param_hint="--faults") from None
    with sandbox:
        if command:
            sys.exit(run(command, environment(sandbox)))
        end = threading.Event()
        with _signals(lambda _: end.set()):
            for name, value in sandbox.environment().items():
                click.echo(f"export {name}={shlex.quote(value)}")
            sys.stdout.flush()
            end.wait()


def environment(sandbox: Sandbox) -> dict[str, str]:
    """Return this process's environment, pointed at the sandbox past any proxy."""
    exempt = {
        name: ",".join(filter(None, (os.environ.get(name), LOOPBACK)))
        for name in ("NO_PROXY", "no_proxy")
    }
    return {**os.environ, **exempt, **sandbox.environment()}


def run(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command to its end, hand signals on to it, and return its exit code."""
    early: list[int] = []
    with _signals(early.append):
        try:
            process = subprocess.Popen(command, env=variables)  # noqa: S603 (the user's command)
        except FileNotFoundError:
            click.echo(f"tap-msteams-sandbox: {command[0]}: command not found", err=True)
            return NOT_FOUND
        except OSError as error:
            click.echo(f"tap-msteams-sandbox: {command[0]}: {error.strerror}", err=True)
            return NOT_EXECUTABLE

        def hand_on(number: int) -> None:
            # Ctrl-C in a terminal reaches the command by itself.
            if number != signal.SIGINT or not _in_foreground():
                process.send_signal(number)

        with process, _signals(hand_on):
            for number in early:
                hand_on(number)
            code = process.wait()
    return code if code >= 0 else SIGNALLED - code


@contextmanager
def _signals(handler: Callable[[int], object]) -> Iterator[None]:
    """Let Ctrl-C and a polite kill call the handler instead of ending this process."""
    before = {
        number: signal.signal(number, lambda number, _: handler(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, previous in before.items():
            signal.signal(number, previous)


def _in_foreground() -> bool:
    """Whether a terminal sends its signals to this process and to the command alike."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
