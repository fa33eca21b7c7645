"""Advice: what to do about each error of Graph's, and whether rows may be missing.

The refusals of Entra ID have a table of their own, `tap_msteams.auth.remedies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tap_msteams.errors import (
    ACCESS_SWITCHED_OFF,
    SWITCHES,
    DamagedError,
    DisabledError,
    ExcessError,
    ExpiredError,
    ForbiddenError,
    GraphError,
    LackingError,
    MissingError,
    NotEntitledError,
    NotGrantedError,
    NotLicensedError,
    RejectedError,
    SwitchedOffError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
    UnforeseenError,
    UnlistedError,
    UnofferedListError,
    UnprovenError,
    UnsupportedError,
)
from tap_msteams.labels import label

if TYPE_CHECKING:
    from collections.abc import Mapping

Severity = Literal["gap", "notice"]

LEFT_OUT_BY = {"channelId": "channels", "teamId": "teams", "userId": "users"}
"""The setting that leaves out a parent, by the path variable of its id; narrowest first."""

DOCTOR = "`tap-msteams doctor`"
_LATER = "the next run reads it again; if it persists, give the ids in the brackets to Microsoft"


@dataclass(frozen=True)
class Advice:
    """What to do about one kind of error."""

    remedy: str
    """The remedy; `{permission}` and `{exception}` are filled in."""
    verdict: str
    """The code in `sync_issues`."""
    severity: Severity = "gap"
    """Whether rows may be missing: a gap, or just a notice."""
    outcome: str = "was not read"
    """The outcome for the thing concerned, in words."""


GRAPH: dict[type[GraphError], Advice] = {
    NotGrantedError: Advice(
        "grant {permission} with admin consent (`tap-msteams doctor` gives the link)",
        verdict="notGranted",
    ),
    SwitchedOffError: Advice(SWITCHES[ACCESS_SWITCHED_OFF], verdict="switchedOff"),
    ForbiddenError: Advice(
        "have its owner let the caller read it ({permission} alone is not enough there), or leave "
        "it out{exception}",
        verdict="refused",
    ),
    NotLicensedError: Advice(
        "renew or buy the licence that the message names; deselect it if it is not wanted",
        verdict="notLicensed",
    ),
    DisabledError: Advice(
        "have an administrator switch Teams on in the Microsoft 365 admin center",
        verdict="disabled",
    ),
    UnprovenError: Advice(_LATER, verdict="notFound"),
    UnofferedListError: Advice(
        "if this lasts, deselect it and the streams that are read below it",
        verdict="listNotOffered",
    ),
    UnlistedError: Advice("do what the line about that stream says", verdict="notListed"),
    ExcessError: Advice(
        f"check what answers at {label('graph_url')}, and the proxy; if it is Graph, report it",
        verdict="excess",
    ),
    MissingError: Advice("nothing to do", verdict="gone", outcome="is gone", severity="notice"),
    NotEntitledError: Advice(
        "assign a licence or have a Teams administrator grant the application access policy, if "
        "these people are meant to have it",
        verdict="notEntitled",
        outcome="has none",
        severity="notice",
    ),
    LackingError: Advice(
        "deselect the stream, or buy the product or switch it on",
        verdict="lacking",
        outcome="is not there",
        severity="notice",
    ),
    UnsupportedError: Advice(
        "not offered to this tenant, cloud or sign-in: deselect it",
        verdict="notOffered",
        outcome="is not offered",
        severity="notice",
    ),
    ThrottledError: Advice(
        f"run it when less else is running, or set {label('rate_limit_share')} to 0.5 or less; "
        "the next run reads it again",
        verdict="throttled",
    ),
    UnavailableError: Advice(_LATER, verdict="unavailable"),
    TokenRejectedError: Advice(
        f"check {label('tenant_id')}, {label('cloud')} and {label('graph_url')}, or ask an "
        "administrator for a policy that blocks this sign-in",
        verdict="tokenRejected",
    ),
    ExpiredError: Advice("nothing: it is read from the start", verdict="expired"),
    RejectedError: Advice(
        "upgrade tap-msteams; if it persists, report it with the line of the log",
        verdict="rejected",
    ),
    DamagedError: Advice(
        "the next run reads it again, unless it only lacks its key; if it persists, report it "
        "with the line of the log",
        verdict="damaged",
    ),
    UnforeseenError: Advice(
        f"report it, with the log of a run at {label('verbosity')} `debug`",
        verdict="unforeseen",
    ),
    GraphError: Advice(_LATER, verdict="unknown"),
}
"""Advice by kind of error; the nearest base class counts."""

UNMATCHED = "correct the entry: it is an id, a whole name, or a pattern like `Sales*`"
"""The remedy for an entry of a setting that fits nothing."""


def advice_on(error: GraphError) -> Advice:
    """The advice on an error of Graph's."""
    return next(GRAPH[kind] for kind in type(error).__mro__ if kind in GRAPH)


def judge(
    error: GraphError, permission: str, subject: Mapping[str, str] | None = None
) -> tuple[Severity, str]:
    """The severity of an error and its remedy; `subject` are the ids of what was not read."""
    advice = advice_on(error)
    if isinstance(error, NotEntitledError | SwitchedOffError | LackingError):
        return advice.severity, error.remedy
    remedy = advice.remedy.format(
        permission=permission or "the permission",
        exception=_exception(subject or {}),
    )
    return advice.severity, remedy


def _exception(subject: Mapping[str, str]) -> str:
    """The setting and the entry that leave out what was not read."""
    for variable, setting in LEFT_OUT_BY.items():
        if id_ := subject.get(variable):
            return f""": add "!{id_}" to {label(setting)}"""
    return ""
