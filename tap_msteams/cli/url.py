"""`url`: the address of the sign-in page, for a browser on any machine."""

from __future__ import annotations

import json

import click

from tap_msteams.auth.grant import PROMPTS
from tap_msteams.auth.login import tell
from tap_msteams.cli.command import JSON, Command, Configuration


@click.command("url", cls=Command)
@click.option("--no-pkce", is_flag=True, help="Let another machine than this one redeem the code.")
@click.option(
    "--prompt", type=click.Choice(PROMPTS), help="What Entra ID asks even if it knows the user."
)
@JSON
@click.pass_obj
def command(given: Configuration, *, no_pkce: bool, prompt: str | None, as_json: bool) -> None:
    """Print the address of the sign-in page."""
    url, state = given.grant.begin(prompt=prompt, pkce=not no_pkce)
    if as_json:
        click.echo(json.dumps({"url": url, "state": state}))
        return
    where = "here, or there with its option `--no-pkce`," if no_pkce else "here"
    tell(
        "Open this address in any browser and sign in. The page that it ends at may not load: copy "
        f"its address, and give it to `tap-msteams exchange` {where} within ten minutes."
    )
    click.echo(url)
