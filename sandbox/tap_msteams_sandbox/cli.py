"""The command `tap-msteams-sandbox`: a sandbox around another command, or on its own."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

import click
import msgspec

from tap_msteams_sandbox.areas.meetings import Meetings, Transcripts
from tap_msteams_sandbox.company.own import OwnDataError
from tap_msteams_sandbox.description import description
from tap_msteams_sandbox.facts import AUTH_METHODS
from tap_msteams_sandbox.faults import FaultError
from tap_msteams_sandbox.graph import ROLES, UnknownPermissionError, granted
from tap_msteams_sandbox.server import Sandbox
from tap_msteams_sandbox.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_msteams_sandbox.facts import AuthMethod

NOT_FOUND, NOT_EXECUTABLE, SIGNALLED = 127, 126, 128
"""Exit codes as shells use them."""

LOOPBACK = "localhost,127.0.0.1"

PIECE: Final = 0.5
"""Seconds of a wait."""


def _names(
    _: click.Context, option: click.Parameter, texts: tuple[str, ...]
) -> frozenset[str] | None:
    """Return the permissions that an option names, with commas or by being repeated."""
    names = [name.strip() for text in texts for name in text.split(",")]
    try:
        return granted(names) if texts else None
    except UnknownPermissionError as error:
        raise click.BadParameter(str(error), param=option) from None


def _describe(context: click.Context, _: click.Parameter, asked: bool) -> None:  # noqa: FBT001
    """Print the description, and end."""
    if asked:
        click.echo(msgspec.json.format(msgspec.json.encode(description())))
        context.exit()


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
@click.option("--tidy", is_flag=True, help="No groups but those of the teams.")
@click.option("--users", type=click.IntRange(1), default=60, show_default=True)
@click.option(
    "--data",
    type=click.Path(exists=True, file_okay=False),
    help="Folder with users.json, teams.json or messages.json to serve instead.",
)
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
    metavar="METHOD",
    help=f"Sign-in that the environment is set for: {', '.join(AUTH_METHODS)}.",
)
@click.option(
    "--roles",
    multiple=True,
    callback=_names,
    metavar="PERMISSION,...",
    help="Permissions to grant. Default: all that reading takes.",
)
@click.option(
    "--without",
    multiple=True,
    callback=_names,
    metavar="PERMISSION,...",
    help="Permissions not to grant.",
)
@click.option("--no-export", is_flag=True, help="Refuse the export of messages.")
@click.option(
    "--faults",
    multiple=True,
    metavar="KIND[:OPTION=VALUE,...]",
    help="A fault, such as 429:where=messages,times=3; can be repeated.",
)
@click.option("--limits", is_flag=True, help="Enforce Graph's documented limits.")
@click.option(
    "--transcripts",
    type=click.Choice(get_args(Transcripts)),
    default="speakers",
    show_default=True,
    help="How much of its transcripts the tenant gives out; Microsoft's default is off.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(1, 65531),
    help="Port of Graph; the next four are taken, too. Without it free ones are found.",
)
@click.option(
    "--name",
    default="localhost",
    show_default=True,
    help="The name that clients know this machine by.",
)
@click.option(
    "--describe",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_describe,
    help="Print all that is served as JSON, and end.",
)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
def main(  # noqa: PLR0913 (the options of the command line)
    *,
    seed: int,
    teams: int,
    channels: int,
    messages: int,
    even: bool,
    tidy: bool,
    users: int,
    data: str | None,
    page_size: int | None,
    latency: float,
    auth: AuthMethod,
    roles: frozenset[str] | None,
    without: frozenset[str] | None,
    no_export: bool,
    faults: tuple[str, ...],
    limits: bool,
    transcripts: Transcripts,
    host: str,
    port: int | None,
    name: str,
    command: tuple[str, ...],
) -> None:
    """Run COMMAND against a local Entra ID and Microsoft Graph with a synthetic tenant.

    Environment variables point COMMAND at them: MSTEAMS_SANDBOX_*, those of Azure's libraries and
    those of the connectors that are installed beside the sandbox. Its exit code is passed on.
    Without COMMAND the sandbox serves until Ctrl-C and prints the variables for a shell.
    """
    tenant = Tenant(seed, teams, channels, messages, users, even=even, tidy=tidy)
    if data is not None:
        try:
            tenant.load(data)
        except OwnDataError as error:
            raise click.BadParameter(str(error), param_hint="--data") from None
    tenant.part(Meetings).transcripts = transcripts
    try:
        sandbox = Sandbox(
            tenant,
            export=not no_export,
            page_size=page_size,
            latency=latency / 1000,
            auth=auth,
            roles=granted(ROLES if roles is None else roles, without=without or ()),
            faults=faults,
            limits=limits,
            host=host,
            port=port or 0,
            name=name,
        )
    except FaultError as error:
        raise click.BadParameter(str(error), param_hint="--faults") from None
    with _opened(sandbox):
        if command:
            sys.exit(run(command, environment(sandbox)))
        end = threading.Event()
        with _signals(lambda _: end.set()):
            variables = sandbox.environment().items()
            # At once: whoever waits for one of them may go away then.
            click.echo("\n".join(f"export {key}={shlex.quote(value)}" for key, value in variables))
            while not end.wait(PIECE):
                pass  # in pieces, since Ctrl-C does not end a wait on Windows


@contextmanager
def _opened(sandbox: Sandbox) -> Iterator[None]:
    """Open the sandbox, or say where it cannot listen."""
    with ExitStack() as stack:
        try:
            stack.enter_context(sandbox)
        except OSError as error:
            raise click.BadParameter(str(error), param_hint="--host, --port") from None
        yield


def environment(sandbox: Sandbox) -> dict[str, str]:
    """Return this process's environment, pointed at the sandbox past any proxy."""
    exempt = {
        name: ",".join(filter(None, (os.environ.get(name), LOOPBACK, sandbox.name)))
        for name in ("NO_PROXY", "no_proxy")
    }
    return {**os.environ, **exempt, **sandbox.environment(), **_trusting(sandbox)}


TRUST = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
"""Variables that name a machine's authorities, such as those of a proxy that inspects TLS."""


def _trusting(sandbox: Sandbox) -> dict[str, str]:
    """Return bundles of the machine's authorities and the sandbox's.

    Many libraries heed such a variable more than the file that a program gives them.
    """
    bundles = {}
    for name in TRUST:
        named = Path(os.environ.get(name, ""))
        if named.is_file():
            bundle = Path(sandbox.facts().directory, f"{name.lower()}.pem")
            bundle.write_bytes(named.read_bytes() + b"\n" + Path(sandbox.ca_bundle).read_bytes())
            bundles[name] = str(bundle)
    return bundles


def run(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command to its end, forward signals to it, and return its exit code."""
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
    """Let SIGINT and SIGTERM call the handler instead of ending this process."""
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
    """Whether a terminal sends its signals to both this process and the command."""
    if sys.platform == "win32":
        return True  # as a console does with all of its processes
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False
