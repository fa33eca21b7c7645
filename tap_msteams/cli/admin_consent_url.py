"""`admin-consent-url`: the page where an administrator grants the permissions."""

from __future__ import annotations

import click

from tap_msteams.auth.grant import admin_consent_url
from tap_msteams.auth.login import tell
from tap_msteams.cli.command import Command, Configuration


@click.command("admin-consent-url", cls=Command)
@click.pass_obj
def command(given: Configuration) -> None:
    """Print the link for an administrator's consent.

    The page behind it grants the permissions that the app registration lists.
    """
    url = admin_consent_url(given.registration)
    tell(
        "An administrator of the tenant opens this address, signs in and accepts. The page that it "
        "ends at may not load, or complain of a missing reply address: `tap-msteams doctor` tells "
        "whether the permissions are there."
    )
    click.echo(url)
