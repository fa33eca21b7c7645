"""Mischief: how each kind of fault is committed."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import unquote

from tap_msteams_sandbox import pages
from tap_msteams_sandbox.instants import SECOND
from tap_msteams_sandbox.limits import too_many
from tap_msteams_sandbox.replies import GraphError, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from tap_msteams_sandbox.entra import Entra
    from tap_msteams_sandbox.faults import Fault
    from tap_msteams_sandbox.tenant import Tenant

    Act = Callable[["Exchange", Fault], Reply]


@dataclass
class Exchange:
    """One request that a fault has struck, and what can be done to it."""

    path: str
    """The path with its version, without a slash in front."""
    query: str
    origin: str
    tenant: Tenant
    entra: Entra
    normal: Callable[[], Reply]
    """Gives the answer that would have come without the fault."""
    earlier: dict[str, msgspec.Raw]
    """The last row of the last page of each collection that was answered."""

    @property
    def team(self) -> str:
        """The id of the team in the path."""
        _, _, rest = self.path.partition("/teams/")
        return unquote(rest.partition("/")[0])

    @property
    def now(self) -> float:
        """The present in seconds since 1970."""
        return self.tenant.now() / SECOND


@dataclass(frozen=True)
class Kind:
    """A kind of fault."""

    act: Act
    page: str
    """Where Microsoft says that clients have to expect it, below the Graph documentation."""
    options: dict[str, str] = field(default_factory=dict)
    """What it can be told, with the defaults."""


def _throttle(exchange: Exchange, fault: Fault) -> Reply:
    error = too_many(_retry_after(exchange, fault))
    error.status = int(fault.option("status"))
    raise error


def _fail(exchange: Exchange, fault: Fault) -> Reply:
    retry_after = _retry_after(exchange, fault)
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    raise GraphError(int(fault.kind), CODES[fault.kind], "", headers)


def _retry_after(exchange: Exchange, fault: Fault) -> str | None:
    """Return the header: a date for `date`, nothing for `none`, else what was given."""
    match fault.option("retry_after"):
        case "none":
            return None
        case "date":
            return formatdate(exchange.now + 2, usegmt=True)
        case given:
            return given


def _reject_token(_: Exchange, __: Fault) -> Reply:
    msg = "Access token validation failure."
    raise GraphError.unauthorized(msg)


def _revoke(exchange: Exchange, _: Fault) -> Reply:
    exchange.entra.revoke_all()
    return exchange.normal()


def _forbid(_: Exchange, fault: Fault) -> Reply:
    if permission := fault.option("permission"):
        msg = f"Missing role permissions on the request. API requires one of '{permission}'. "
        raise GraphError(403, "Forbidden", f"{msg}Roles on the request ''.")
    raise GraphError(403, "UnknownError", "")


def _lose_team(exchange: Exchange, _: Fault) -> Reply:
    raise GraphError.no_team(exchange.team)


def _delete_team(exchange: Exchange, _: Fault) -> Reply:
    with exchange.tenant.lock:
        if exchange.team in exchange.tenant.teams:
            exchange.tenant.remove_team(exchange.team)
    return exchange.normal()


def _change(exchange: Exchange, fault: Fault) -> Reply:
    exchange.tenant.change(fault.seed or None)
    return exchange.normal()


def _hang_up(exchange: Exchange, fault: Fault) -> Reply:
    reply = exchange.normal()
    reply.manner = "reset" if fault.kind == "reset" else "drop"
    reply.share = float(fault.option("share"))
    return reply


def _stall(exchange: Exchange, fault: Fault) -> Reply:
    reply = exchange.normal()
    reply.manner, reply.share = "stall", float(fault.option("share"))
    reply.seconds = float(fault.option("seconds"))
    return reply


def _malform(exchange: Exchange, _: Fault) -> Reply:
    reply = exchange.normal()
    reply.body = reply.body[: len(reply.body) * 2 // 3]
    return reply


def _html(_: Exchange, fault: Fault) -> Reply:
    headers = {"Content-Type": "text/html; charset=us-ascii"}
    return Reply(int(fault.option("status")), HTML, headers)


def _skew(exchange: Exchange, fault: Fault) -> Reply:
    reply = exchange.normal()
    seconds = exchange.now + float(fault.option("seconds"))
    reply.headers["Date"] = formatdate(seconds, usegmt=True)
    return reply


def _at_random(exchange: Exchange, fault: Fault) -> Reply:
    """Commit one of the faults that a second attempt gets past."""
    kind, options = fault.chance.choice(TRANSIENT)
    given = {"retry_after": fault.option("retry_after")}
    known = {
        name: value for name, value in {**given, **options}.items() if name in KINDS[kind].options
    }
    return KINDS[kind].act(exchange, type(fault)(kind, options=known))


HTML = b"""<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>Bad Gateway</h1><p>The web server reported a bad gateway error.</p></body></html>
"""

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

DOCS = "https://learn.microsoft.com/en-us/graph/"
"""Where the pages of the kinds are."""

KINDS: dict[str, Kind] = {
    "429": Kind(_throttle, "throttling", {"retry_after": "1", "status": "429"}),
    **{status: Kind(_fail, "errors", {"retry_after": "none"}) for status in CODES},
    "401": Kind(_reject_token, "resolve-auth-errors"),
    "revoke": Kind(_revoke, "resolve-auth-errors"),
    "403": Kind(_forbid, "resolve-auth-errors", {"permission": ""}),
    "404": Kind(_lose_team, "errors"),
    "delete-team": Kind(_delete_team, "api/group-delete"),
    "change": Kind(_change, "paging"),
    "drop": Kind(_hang_up, "best-practices-concept", {"share": "0"}),
    "reset": Kind(_hang_up, "best-practices-concept", {"share": "0"}),
    "truncate": Kind(_hang_up, "best-practices-concept", {"share": "0.5"}),
    "stall": Kind(_stall, "best-practices-concept", {"share": "0", "seconds": "120"}),
    "malformed": Kind(_malform, "best-practices-concept"),
    "html": Kind(_html, "errors", {"status": "502"}),
    "skew": Kind(_skew, "best-practices-concept", {"seconds": "300"}),
    "empty-page": Kind(pages.empty, "paging"),
    "link-to-itself": Kind(pages.link_to_itself, "paging"),
    "link-to-start": Kind(pages.link_to_start, "paging"),
    "link-elsewhere": Kind(pages.link_elsewhere, "paging", {"origin": "https://graph.example"}),
    "repeat-row": Kind(pages.repeat_row, "paging"),
    "no-replies-link": Kind(pages.no_replies_link, "api/channel-list-messages"),
    "random": Kind(_at_random, "best-practices-concept", {"retry_after": "0"}),
}
"""The kinds of faults by name."""

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
)
"""What chance picks from; a stalled connection would only cost time."""
