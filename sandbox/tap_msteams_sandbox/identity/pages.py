"""Pages for the browser, which work without JavaScript."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from html import escape
from typing import TYPE_CHECKING

from aiohttp import web

from tap_msteams_sandbox.identity.aadsts import Refusal
from tap_msteams_sandbox.identity.form import Form, correlation_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tap_msteams_sandbox.identity.registration import Application, User

Handler = Callable[[web.Request], Awaitable[web.Response]]

STYLE = (
    "html{background:#f2f2f2}"
    "body{font:15px/1.4 'Segoe UI',sans-serif;margin:10vh auto;max-width:27em;padding:2em;"
    "background:#fff}"
    "button{font:inherit;display:block;margin:.5em 0;padding:.5em 1em}"
)


def page(title: str, *content: str, status: int = 200) -> web.Response:
    """A page with a heading; what follows it is HTML."""
    body = "".join(content)
    text = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(title)}</h1>{body}</body></html>"
    )
    headers = {"Cache-Control": "no-store"}
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)


def paragraph(text: str) -> str:
    """A paragraph."""
    return f"<p>{escape(text)}</p>"


def form(action: str, fields: Mapping[str, str], *content: str) -> str:
    """A form with hidden fields; what follows them is HTML."""
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    return f'<form method="post" action="{escape(action)}">{hidden}{"".join(content)}</form>'


def button(text: str, name: str = "", value: str = "", *, id_: str = "") -> str:
    """A button that sends the form it is in."""
    said = "".join(
        f' {key}="{escape(it)}"'
        for key, it in (("id", id_), ("name", name), ("value", value))
        if it
    )
    return f'<button type="submit"{said}>{escape(text)}</button>'


def accounts(action: str, fields: Mapping[str, str], users: Iterable[User]) -> web.Response:
    """The choice of an account."""
    buttons = [
        button(
            f"{user.name} ({user.user_principal_name})", "account", user.user_principal_name,
            id_=f"account-{number}",
        )
        for number, user in enumerate(users)
    ]  # fmt: skip
    return page("Pick an account", form(action, fields, *buttons))


def consent(
    action: str,
    fields: Mapping[str, str],
    application: Application,
    scopes: Iterable[str],
    *,
    everybody: bool = False,
) -> web.Response:
    """The question whether an application may have permissions."""
    items = "".join(f"<li>{escape(scope)}</li>" for scope in sorted(scopes))
    buttons = (
        button("Accept", "decision", "accept", id_="accept"),
        button("Cancel", "decision", "cancel", id_="cancel"),
    )
    title = "Permissions requested"
    return page(
        f"{title} - review for your organization" if everybody else title,
        paragraph(f"{application.name} would like to:"),
        f"<ul>{items}</ul>",
        form(action, fields, *buttons),
    )


def needs_admin(action: str, fields: Mapping[str, str], application: Application) -> web.Response:
    """The page for a user who may not consent."""
    text = (
        f"{application.name} needs permission to access resources in your organization that only "
        "an admin can grant. Please ask an admin to grant permission to this app."
    )
    leave = button(
        "Return to the application without granting consent", "decision", "no_admin", id_="cancel"
    )
    return page("Need admin approval", paragraph(text), form(action, fields, leave))


def post_back(address: str, fields: Mapping[str, str]) -> web.Response:
    """The page that posts a form to the application."""
    submit = f"<noscript>{button('Continue', id_='continue')}</noscript>"
    script = "<script>document.forms[0].submit()</script>"
    return page("Working...", form(address, fields, submit), script)


def trouble(text: str) -> web.Response:
    """A page with a refusal."""
    title = "Sorry, but we're having trouble signing you in."
    return page(title, f'<p id="error">{escape(text)}</p>', status=400)


def shown(
    clock: Callable[[], float], handler: Callable[[web.Request, Form], Awaitable[web.Response]]
) -> Handler:
    """Return a handler that shows refusals as pages."""

    async def handle(request: web.Request) -> web.Response:
        try:
            return await handler(request, await Form.of(request))
        except Refusal as refused:
            return trouble(refused.description(clock(), correlation_id(request)))

    return handle
