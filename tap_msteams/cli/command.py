"""Commands beside Singer's own."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from tap_msteams.auth.grant import Grant
from tap_msteams.auth.login import tell
from tap_msteams.errors import SettingsError
from tap_msteams.sdk import ConfigInput
from tap_msteams.settings import Settings, infer_method
from tap_msteams.settings.methods import REGISTERED
from tap_msteams.tap import TapMSTeams

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_msteams.auth.entry import Entry

USER_METHOD = "refresh_token"


@dataclass(frozen=True, repr=False)
class Configuration:
    """The configuration of a command."""

    config: Mapping[str, Any]

    @property
    def settings(self) -> Settings:
        """The settings, checked as for a run."""
        return Settings.from_config(self.config, TapMSTeams.config_jsonschema["properties"])

    @property
    def registration(self) -> Settings:
        """The settings of an app registration; without a way to sign in, for a user's sign-in."""
        settings = (self if infer_method(self.config) else self._for_user()).settings
        if not settings.client_id or settings.auth_method not in REGISTERED:
            msg = (
                f"auth_method '{settings.auth_method}' has no app registration: set 'client_id' "
                f"and one of {', '.join(REGISTERED)}"
            )
            raise SettingsError(msg)
        return settings

    @property
    def grant(self) -> Grant:
        """The grant of a user, to whose app registration a client secret may belong."""
        settings = (self if self.config.get("auth_method") else self._for_user()).settings
        if settings.auth_method != USER_METHOD:
            msg = (
                f"auth_method '{settings.auth_method}' needs nobody to sign in: run the tap, or "
                f"set 'auth_method' to '{USER_METHOD}' to read as a user"
            )
            raise SettingsError(msg)
        return Grant.from_settings(settings)

    def _for_user(self) -> Configuration:
        return Configuration({**self.config, "auth_method": USER_METHOD})


class Command(click.Command):
    """A command with `--config`, before or after its name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - click's own
        super().__init__(*args, **kwargs)
        self.params.append(
            click.Option(
                ["--config"],
                multiple=True,
                help="Configuration file, or 'ENV' for environment variables.",
                expose_value=False,
                callback=_hand_on,
            )
        )


def _hand_on(ctx: click.Context, param: click.Option, value: tuple[str, ...]) -> None:
    """Combine the values of `--config` in both places."""
    here = TapMSTeams.cb_config(ctx, param, value)
    before = ctx.parent.params.get("config") if ctx.parent else None
    before = before or ConfigInput()
    with _unheard():
        tap = TapMSTeams(
            config={**before.config, **here.config},
            parse_env_config=before.parse_env or here.parse_env,
            validate_config=False,
            setup_mapper=False,
        )
    ctx.obj = Configuration(dict(tap.config))


@contextmanager
def _unheard() -> Iterator[None]:
    """Hide the line that the SDK logs for each variable that it reads."""
    if logging.root.level > logging.DEBUG:
        logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


JSON = click.option("--json", "as_json", is_flag=True, help="Write JSON for a program to stdout.")

WITH_REFRESH_TOKEN = click.option(
    "--with-refresh-token", is_flag=True, help="Let that JSON have the refresh token, too."
)


def tell_kept(given: Configuration, grant: Grant, entry: Entry) -> None:
    """Tell a person whose tokens there are now, where, until when, and what makes runs use them."""
    who = f" as {entry.account}" if entry.account else ""
    ends = f"The access token ends at {_moment(entry.expires_at)} UTC"
    if not entry.refresh_token:
        ends = f"{ends}, and nothing renews it: Entra ID gave no refresh token."
    elif entry.ends:
        last = _moment(entry.ends)[:10]
        ends = f"{ends}, and runs renew it; the refresh token ends on {last} unless one uses it."
    else:
        ends = f"{ends}, and runs renew it."
    tell(f"Signed in{who}. The tokens are in {grant.store.path}. {ends}")
    if infer_method(given.config) != USER_METHOD:
        tell(f"Set 'auth_method' to '{USER_METHOD}': without it, runs do not read as this user.")


def answer(grant: Grant, entry: Entry, *, with_refresh_token: bool) -> str:
    """The same as JSON for a program, with the tokens."""
    found = {
        "access_token": entry.access_token,
        "expires_in": int(max(0.0, entry.expires_at - grant.store.clock())),
        "account": entry.account,
        "tenant_id": entry.home,
    }
    if with_refresh_token:
        found["refresh_token"] = entry.refresh_token
    return json.dumps(found)


def check_json(*, as_json: bool, with_refresh_token: bool) -> None:
    """Raise a usage error for a refresh token that would go nowhere."""
    if with_refresh_token and not as_json:
        msg = "--with-refresh-token goes with --json"
        raise click.UsageError(msg)


def _moment(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M}"
