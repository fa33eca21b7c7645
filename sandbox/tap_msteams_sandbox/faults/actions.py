"""Fault actions: how each kind of fault is committed."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING

from tap_msteams_sandbox.faults.kinds import KINDS, kind
from tap_msteams_sandbox.limits import too_many
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from tap_msteams_sandbox.faults.exchange import Exchange

CODES = {
    "402": "PaymentRequired",
    "405": "Request_BadRequest",
    "412": "PreconditionFailed",
    "500": "UnknownError",
    "501": "NotImplemented",
    "502": "UnknownError",
    "503": "serviceNotAvailable",
    "504": "UnknownError",
}
"""Statuses and the codes that Graph sends with them.

https://learn.microsoft.com/en-us/graph/errors
"""

HTML = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>Bad Gateway</h1><p>The web server reported a bad gateway error.</p></body></html>
"""

TRANSIENT: tuple[tuple[str, dict[str, str]], ...] = (
    ("429", {}),
    ("429", {"retry_after": "none"}),
    ("500", {}),
    ("502", {}),
    ("503", {}),
    ("504", {}),
    ("401", {}),
    ("drop", {}),
    ("reset", {}),
    ("truncate", {}),
    ("malformed", {}),
    ("html", {}),
    ("empty-page", {}),
    ("repeat-row", {}),
    ("foreign-id", {}),
    ("byte-order-mark", {}),
    ("partial", {}),
    ("error", {"status": "424", "code": "FailedDependency"}),
)
"""What chance picks from; a stalled connection would only cost time."""


@kind("429", "throttling", retry_after="1", status="429")
def throttle(exchange: Exchange) -> Reply:
    """Refuse as throttled, with the time to wait."""
    error = too_many(_retry_after(exchange))
    error.status = int(exchange.options["status"])
    raise error


def fail(exchange: Exchange) -> Reply:
    """Answer with this status and Graph's code for it."""
    retry_after = _retry_after(exchange)
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    raise GraphError(int(exchange.kind), CODES[exchange.kind], "", headers)


for _status in CODES:
    kind(_status, "errors", retry_after="none")(fail)


def _retry_after(exchange: Exchange) -> str | None:
    """Return the header: a date for `date`, nothing for `none`, else the given value."""
    match exchange.options["retry_after"]:
        case "none":
            return None
        case "date":
            return formatdate(exchange.now + 2, usegmt=True)
        case given:
            return given


@kind("401", "resolve-auth-errors")
def reject_token(_: Exchange) -> Reply:
    """Refuse the access token."""
    msg = "Access token validation failure."
    raise GraphError.unauthorized(msg)


@kind("revoke", "resolve-auth-errors")
def revoke(exchange: Exchange) -> Reply:
    """Revoke all tokens: users have to sign in again."""
    exchange.entra.revoke_all()
    return exchange.normal()


@kind("403", "resolve-auth-errors", permission="")
def forbid(exchange: Exchange) -> Reply:
    """Refuse, and name the missing permission if one is given."""
    if permission := exchange.options["permission"]:
        msg = f"Missing role permissions on the request. API requires one of '{permission}'. "
        raise GraphError(403, "Forbidden", f"{msg}Roles on the request ''.")
    raise GraphError(403, "UnknownError", "")


@kind("error", "errors", status="403", code="Forbidden", message="")
def refuse(exchange: Exchange) -> Reply:
    """Answer with this status, code and message, for example of a licence or of one property."""
    given = exchange.options
    raise GraphError(int(given["status"]), given["code"], given["message"])


@kind("404", "errors")
def lose_team(exchange: Exchange) -> Reply:
    """Answer that the team of the path does not exist."""
    raise GraphError.no_team(exchange.team)


@kind("delete-team", "api/group-delete")
def delete_team(exchange: Exchange) -> Reply:
    """Delete the team of the path, then answer."""
    with exchange.tenant.lock:
        if exchange.team in exchange.tenant.teams:
            exchange.tenant.remove_team(exchange.team)
    return exchange.normal()


@kind("change", "paging")
def change(exchange: Exchange) -> Reply:
    """Change the tenant by a day of work, then answer."""
    exchange.tenant.change(exchange.seed or None)
    return exchange.normal()


@kind("truncate", "best-practices-concept", share="0.5")
@kind("drop", "best-practices-concept", share="0")
def hang_up(exchange: Exchange) -> Reply:
    """Close the connection after a share of the answer."""
    reply = exchange.normal()
    reply.manner, reply.share = "drop", exchange.number("share")
    return reply


@kind("reset", "best-practices-concept", share="0")
def reset(exchange: Exchange) -> Reply:
    """Reset the connection after a share of the answer."""
    reply = exchange.normal()
    reply.manner, reply.share = "reset", exchange.number("share")
    return reply


@kind("stall", "best-practices-concept", share="0", seconds="120")
def stall(exchange: Exchange) -> Reply:
    """Send a share of the answer, then nothing for so many seconds."""
    reply = exchange.normal()
    reply.manner, reply.share = "stall", exchange.number("share")
    reply.seconds = exchange.number("seconds")
    return reply


@kind("malformed", "best-practices-concept")
def malform(exchange: Exchange) -> Reply:
    """Send JSON that ends too early."""
    reply = exchange.normal()
    reply.body = reply.body[: len(reply.body) * 2 // 3]
    return reply


@kind("html", "errors", status="502")
def html(exchange: Exchange) -> Reply:
    """Answer with a page of HTML, as gateways do."""
    headers = {"Content-Type": "text/html; charset=us-ascii"}
    return Reply(int(exchange.options["status"]), HTML, headers)


@kind("skew", "best-practices-concept", seconds="300")
def skew(exchange: Exchange) -> Reply:
    """Date the answer so many seconds ahead."""
    reply = exchange.normal()
    seconds = exchange.now + exchange.number("seconds")
    reply.headers["Date"] = formatdate(seconds, usegmt=True)
    return reply


@kind("random", "best-practices-concept", retry_after="0")
def at_random(exchange: Exchange) -> Reply:
    """Pick one of the faults that are over at the second attempt."""
    name, told = exchange.chance.choice(TRANSIENT)
    chosen = KINDS[name]
    given = {"retry_after": exchange.options["retry_after"], **told}
    known = {option: value for option, value in given.items() if option in chosen.options}
    return chosen.act(replace(exchange, kind=name, options=chosen.options | known))
