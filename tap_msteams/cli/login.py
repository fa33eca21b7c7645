"""`login`: the sign-in of a user, whose tokens are kept in the token store."""

from __future__ import annotations

import click

from tap_msteams.auth.entry import DAY
from tap_msteams.auth.grant import PROMPTS
from tap_msteams.auth.login import TIMEOUT, in_browser, tell, with_device_code
from tap_msteams.cli.command import Command, Configuration, tell_kept


@click.command("login", cls=Command)
@click.option("--device-code", is_flag=True, help="Show a code to enter with any browser anywhere.")
@click.option(
    "--no-browser", is_flag=True, help="Open no browser: you open the page, on this machine."
)
@click.option(
    "--prompt", type=click.Choice(PROMPTS), help="What Entra ID asks even if it knows the user."
)
@click.option(
    "--timeout",
    type=click.IntRange(min=1, max=DAY),
    default=TIMEOUT,
    show_default=True,
    help="Seconds to wait.",
)
@click.pass_obj
def command(
    given: Configuration, *, device_code: bool, no_browser: bool, prompt: str | None, timeout: int
) -> None:
    """Sign in as a user and keep the tokens."""
    if device_code and (no_browser or prompt):
        msg = "--device-code goes with neither --no-browser nor --prompt"
        raise click.UsageError(msg)
    grant = given.grant
    if device_code:
        entry = with_device_code(grant, tell, timeout=timeout)
    else:
        entry = in_browser(grant, tell, prompt=prompt, timeout=timeout, browser=not no_browser)
    tell_kept(given, grant, entry)
