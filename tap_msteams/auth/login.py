"""Sign-in of a user, in a browser on this machine or anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from tap_msteams.auth.grant import Grant
from tap_msteams.auth.receiver import receiving
from tap_msteams.auth.registration import NOBODY
from tap_msteams.errors import AuthenticationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tap_msteams.auth.entry import Entry
    from tap_msteams.settings import Settings

TIMEOUT = 300
"""Seconds for a user to sign in."""

NO_BROWSER = (
    "this machine has no browser: run `tap-msteams login --device-code`, or `tap-msteams url` "
    "here, open its address anywhere, and then run `tap-msteams exchange` here with the address "
    "that the browser ends at"
)


def in_browser(
    grant: Grant,
    say: Callable[[str], None],
    *,
    prompt: str | None = None,
    timeout: float = TIMEOUT,
    browser: bool = True,
) -> Entry:
    """Sign in on a page in a browser that brings the answer to this machine."""
    if browser and not has_browser():
        raise AuthenticationError(NO_BROWSER)
    with grant.store.locked(new=True):
        pass  # an unwritable store is reported before the user signs in
    with receiving(grant.redirect_uri) as receiver:
        url, state = grant.begin(prompt, receiver=receiver.redirect_uri)
        receiver.expect(state)
        say(f"Sign in on the page that your browser shows, or open it yourself:\n{url}")
        if browser:
            open_browser(url)
        answer = receiver.wait(timeout)
    return grant.finish(answer)


def with_device_code(
    grant: Grant,
    say: Callable[[str], None],
    *,
    timeout: float = TIMEOUT,
    clock: Callable[[], float] = time.monotonic,
    pause: Callable[[float], None] = time.sleep,
) -> Entry:
    """Sign in by entering a code on a page, in a browser on any device."""
    with grant.store.locked(new=True):
        pass  # as above
    device = grant.device_code()
    deadline = clock() + min(timeout, device["expires_in"])
    say(
        f"On any device, open {device['verification_uri']} and enter the code "
        f"{device['user_code']} there"
    )
    return grant.wait(device, lambda: clock() >= deadline, pause)


def at_terminal(settings: Settings, **options: Any) -> None:  # noqa: ANN401 - the grant's own
    """Sign in during a pipeline that has a user at its terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise AuthenticationError(NOBODY)
    grant = Grant.from_settings(settings, **options)
    if has_browser():
        in_browser(grant, tell)
    else:
        with_device_code(grant, tell)


def tell(text: str) -> None:
    """Write a message to stderr; stdout belongs to Singer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def has_browser() -> bool:
    """Whether this session can show a browser."""
    if os.environ.get("BROWSER"):
        return True
    if sys.platform in {"darwin", "win32"}:
        # Over SSH a page would open on a screen that the user may not see.
        return not (os.environ.get("SSH_CONNECTION") or os.environ.get("SSH_TTY"))
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_browser(url: str) -> None:
    """Open a page in a process of its own, so that no browser writes to Singer's stdout."""
    subprocess.Popen(  # noqa: S603 - this Python, and an address of Entra ID's
        [sys.executable, "-P", "-m", "webbrowser", "-t", url],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
