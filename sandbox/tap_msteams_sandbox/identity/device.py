"""Device: sign-ins that begin in a terminal and that a person finishes in any browser.

https://learn.microsoft.com/en-us/entra/identity-platform/v2-oauth2-device-code
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from aiohttp import web

from tap_msteams_sandbox.identity import pages
from tap_msteams_sandbox.identity.aadsts import Refusal
from tap_msteams_sandbox.identity.form import Form
from tap_msteams_sandbox.identity.scopes import WITHOUT_ADMIN

if TYPE_CHECKING:
    from tap_msteams_sandbox.identity.authority import Authority
    from tap_msteams_sandbox.identity.authorize import Authorize
    from tap_msteams_sandbox.identity.registration import Application, User

LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
PAGE: Final = "/common/oauth2/deviceauth"


@dataclass
class _Waiting:
    """A device that waits for a sign-in."""

    application: Application
    scope: str
    user_code: str
    ends: float
    user: User | None = None
    refusal: Refusal | None = None


@dataclass(frozen=True)
class SignIn:
    """A finished sign-in on a device."""

    user: User
    scope: str


class Devices:
    """The device authorization endpoint of a directory."""

    def __init__(self, authority: Authority, accounts: Authorize) -> None:
        self.interval = 5
        """Seconds that a device is told to wait between two questions."""
        self.expires_in = 900
        self.slow_down = 0
        """How many of the next questions come too soon."""
        self._authority, self._accounts = authority, accounts
        self._waiting: dict[str, _Waiting] = {}

    @property
    def user_codes(self) -> list[str]:
        """The codes that people have been given, oldest first."""
        return [it.user_code for it in self._waiting.values()]

    def approve(self, user_code: str, user: User | None = None) -> None:
        """Sign a person in and accept; the first user unless another is given."""
        waiting = self._find(user_code)
        waiting.user = user or self._accounts.users()[0]
        waiting.user.consent(waiting.application, self._missing(waiting, waiting.user))

    def decline(self, user_code: str) -> None:
        """Decline in a person's name."""
        self._find(user_code).refusal = Refusal(65004, "authorization_declined")

    def redeem(self, application: Application, device_code: str) -> SignIn:
        """Return the sign-in of a device, or tell it to wait."""
        waiting = self._waiting.get(device_code)
        if waiting is None or waiting.application is not application:
            raise Refusal(70018)
        if self._authority.clock() >= waiting.ends:
            raise Refusal(70020)
        if waiting.refusal is not None:
            raise waiting.refusal
        if self.slow_down > 0:
            self.slow_down -= 1
            raise Refusal(90055, "slow_down")
        if waiting.user is None:
            raise Refusal(70016)
        del self._waiting[device_code]
        return SignIn(waiting.user, waiting.scope)

    def routes(self) -> list[web.RouteDef]:
        """The endpoint, and the page that people are sent to."""
        shown = partial(pages.shown, self._authority.clock)
        return [
            web.post("/{tenant}/oauth2/v2.0/devicecode", self._begin),
            web.get(PAGE, shown(self._ask)),
            web.post(PAGE, shown(self._enter)),
            web.post(f"{PAGE}/login", shown(self._login)),
            web.post(f"{PAGE}/decide", shown(self._decide)),
        ]

    async def _begin(self, request: web.Request) -> web.Response:
        form = await Form.of(request)
        try:
            self._authority.tenant(request.match_info["tenant"])
            application = self._authority.application(form["client_id"])
            self._authority.read(application, form["scope"])
        except Refusal as refused:
            return self._authority.refuse(request, refused)
        device_code = f"HAQ{secrets.token_urlsafe(48)}"
        user_code = "".join(secrets.choice(LETTERS) for _ in range(9))
        ends = self._authority.clock() + self.expires_in
        self._waiting[device_code] = _Waiting(application, form["scope"], user_code, ends)
        uri = f"{request.scheme}://{request.host}{PAGE}"
        return web.json_response(
            {
                "user_code": user_code,
                "device_code": device_code,
                "verification_uri": uri,
                "expires_in": self.expires_in,
                "interval": self.interval,
                "message": f"To sign in, use a web browser to open the page {uri} and enter the "
                f"code {user_code} to authenticate.",
            }
        )

    async def _ask(self, _: web.Request, __: Form) -> web.Response:
        field = '<input name="otc" id="otc" maxlength="9" autofocus>'
        content = pages.form(PAGE, {}, field, pages.button("Next", id_="next"))
        return pages.page("Enter code to allow access", content)

    async def _enter(self, _: web.Request, form: Form) -> web.Response:
        waiting = self._find(form["otc"])
        users = self._accounts.users()
        return pages.accounts(f"{PAGE}/login", {"otc": waiting.user_code}, users)

    async def _login(self, _: web.Request, form: Form) -> web.Response:
        waiting = self._find(form["otc"])
        user, _session = self._accounts.sign_in(form["account"])
        fields = {"otc": waiting.user_code, "account": form["account"]}
        action = f"{PAGE}/decide"
        missing = self._missing(waiting, user)
        if not user.admin and not missing <= WITHOUT_ADMIN:
            return pages.needs_admin(action, fields, waiting.application)
        if missing:
            return pages.consent(action, fields, waiting.application, missing)
        question = f"Are you trying to sign in to {waiting.application.name}?"
        text = "Only continue if you downloaded the app from a store or website that you trust."
        buttons = (
            pages.button("Continue", "decision", "accept", id_="accept"),
            pages.button("Cancel", "decision", "cancel", id_="cancel"),
        )
        return pages.page(question, pages.paragraph(text), pages.form(action, fields, *buttons))

    async def _decide(self, _: web.Request, form: Form) -> web.Response:
        user, _session = self._accounts.sign_in(form["account"])
        if form["decision"] != "accept":
            self.decline(form["otc"])
            return pages.page("You have not signed in", pages.paragraph("You can close this page."))
        self.approve(form["otc"], user)
        text = "You have signed in on your device. You may now close this window."
        return pages.page("You have signed in", pages.paragraph(text))

    def _find(self, user_code: str) -> _Waiting:
        wanted = user_code.replace("-", "").strip().upper()
        now = self._authority.clock()
        for waiting in self._waiting.values():
            if waiting.user_code == wanted and now < waiting.ends:
                return waiting
        raise Refusal(70018)

    def _missing(self, waiting: _Waiting, user: User) -> frozenset[str]:
        return self._authority.missing(waiting.application, user, waiting.scope)
