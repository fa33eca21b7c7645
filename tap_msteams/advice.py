"""Advice: what can go wrong with Graph, why, and what to do; for the tap and its documents.

The refusals of Entra ID have a table of their own, `tap_msteams.auth.remedies`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tap_msteams.errors import (
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

if TYPE_CHECKING:
    from collections.abc import Mapping

Severity = Literal["gap", "notice"]

LEFT_OUT_BY = {"channelId": "channels", "teamId": "teams", "userId": "users"}
"""The setting that leaves out a parent, by the path variable of its id; narrowest first."""

DOCTOR = "`tap-msteams doctor`"
_ISSUES = "the row in `sync_issues`, and the last lines of the log"
_LATER = "the next run reads it again; if it persists, give the ids in the brackets to Microsoft"


@dataclass(frozen=True)
class Advice:
    """One thing that can go wrong."""

    sign: str
    """The words in the log, or Graph's status."""
    cause: str
    remedy: str
    """The remedy; `{permission}` and `{exception}` are filled in."""
    more: str
    """How to see more."""
    severity: Severity = "gap"
    """Whether rows may be missing: a gap, or just a notice."""
    verdict: str = ""
    """The code in `sync_issues`."""
    outcome: str = "was not read"
    """The outcome for the thing concerned, in words."""


GRAPH: dict[type[GraphError], Advice] = {
    NotGrantedError: Advice(
        "403, `Missing role permissions`, `Missing scope permissions`, "
        "`Authorization_RequestDenied`",
        "The token lacks a permission. Nobody granted it, or a token from before is still in use.",
        "grant {permission} with admin consent ({doctor} gives the link)",
        DOCTOR,
        verdict="notGranted",
    ),
    SwitchedOffError: Advice(
        "403, `GraphAccessToTranscriptsDisabled`",
        "Access to transcripts through Graph is off in this tenant, which is Microsoft's default.",
        "have a Teams administrator switch it on "
        "(Set-CsTeamsMeetingConfiguration -EnableGraphTranscriptAccess $true)",
        _ISSUES,
    ),
    ForbiddenError: Advice(
        "403, anything else",
        "The permission is there, but this team, channel or chat refuses this caller.",
        "have its owner let the caller read it ({permission} alone is not enough there), or leave "
        "it out{exception}",
        _ISSUES,
        verdict="refused",
    ),
    NotLicensedError: Advice(
        "403 that mentions a licence, for more than one person",
        "The tenant lacks a licence, or has lost it. What was loaded before stays.",
        "renew or buy the licence that the message names; deselect it if it is not wanted",
        _ISSUES,
        verdict="notLicensed",
    ),
    DisabledError: Advice(
        "`Teams is disabled`, `Teams has been disabled on the tenant`",
        "The tenant has switched Teams off.",
        "have an administrator switch Teams on in the Microsoft 365 admin center",
        _ISSUES,
        verdict="disabled",
    ),
    UnprovenError: Advice(
        "404, although the parent is there",
        "Graph does not find it at the moment, but nothing says that it was deleted.",
        _LATER,
        _ISSUES,
        verdict="notFound",
    ),
    UnofferedListError: Advice(
        "402, 405, 412, 501 on a list of the whole tenant",
        "Graph does not offer the list to this tenant, in this cloud or with this sign-in, or has "
        "a disturbance. What was loaded before stays.",
        "if this lasts, deselect it and the streams that are read below it",
        DOCTOR,
        verdict="listNotOffered",
    ),
    UnlistedError: Advice(
        "its parents come from a stream that was not read",
        "Without that stream, nobody knows what to ask for.",
        "do what the line about that stream says",
        _ISSUES,
        verdict="notListed",
    ),
    ExcessError: Advice(
        "an answer or a list without end",
        "The answer reached a bound of the tap, which is far above what Graph sends.",
        "check what answers at 'graph_url', and the proxy; if it is Graph, report it",
        _ISSUES,
        verdict="excess",
    ),
    MissingError: Advice(
        "404 for the object itself",
        "It was deleted after it had been listed.",
        "nothing to do",
        _ISSUES,
        "notice",
        verdict="gone",
        outcome="is gone",
    ),
    NotEntitledError: Advice(
        "403 or 404 that mentions a licence or an application access policy",
        "A person has no licence, no mailbox or no policy for this.",
        "assign a licence or have a Teams administrator grant the application access policy, if "
        "these people are meant to have it",
        _ISSUES,
        "notice",
        verdict="notEntitled",
        outcome="has none",
    ),
    LackingError: Advice(
        "this tenant seems to lack",
        "The tenant has no licence for the product behind the stream, or has switched it off. "
        "What was loaded before stays.",
        "deselect the stream, or buy the product or switch it on",
        DOCTOR,
        "notice",
        verdict="lacking",
        outcome="is not there",
    ),
    UnsupportedError: Advice(
        "402, 405, 412, 501",
        "Graph does not offer it to this tenant, in this cloud or with this sign-in.",
        "not offered to this tenant, cloud or sign-in: deselect it",
        DOCTOR,
        "notice",
        verdict="notOffered",
        outcome="is not offered",
    ),
    ThrottledError: Advice(
        "429",
        "Too many requests: other programs share the limits of this app registration, or Graph "
        "lowered them.",
        "run it when less else is running, or set 'rate_limit_share' (env "
        "TAP_MSTEAMS_RATE_LIMIT_SHARE) to 0.5 or less; the next run reads it again",
        "the live view, or the column `throttled` of the summary at the end",
        verdict="throttled",
    ),
    UnavailableError: Advice(
        "5xx, a dropped connection, an answer cut short",
        "Microsoft's service or the network had a disturbance that lasted longer than the tap's "
        "attempts.",
        _LATER,
        "'verbosity' (env TAP_MSTEAMS_VERBOSITY) set to `debug`",
        verdict="unavailable",
    ),
    TokenRejectedError: Advice(
        "401",
        "Graph accepts neither the token nor a new one.",
        "check 'tenant_id', 'cloud' and 'graph_url', or ask an administrator for a policy that "
        "blocks this sign-in",
        DOCTOR,
        verdict="tokenRejected",
    ),
    ExpiredError: Advice(
        "410, `syncStateNotFound`, `resyncRequired`",
        "Graph no longer knows the position that is kept in STATE.",
        "nothing: it is read from the start",
        "the line in the log that names the stream and the parent",
        verdict="expired",
    ),
    RejectedError: Advice(
        "400 and all other refusals",
        "Graph does not accept this request: Microsoft has changed it, or the tap has a mistake.",
        "upgrade tap-msteams; if it persists, report it with the line of the log",
        _ISSUES,
        verdict="rejected",
    ),
    DamagedError: Advice(
        "a row that could not be read",
        "Graph sent a row without its key, with a value of another type, or with broken text.",
        "the next run reads it again, unless it only lacks its key; if it persists, report it "
        "with the line of the log",
        _ISSUES,
        verdict="damaged",
    ),
    UnforeseenError: Advice(
        "an unforeseen error",
        "The tap has a mistake.",
        "report it, with the log of a run at 'verbosity' (env TAP_MSTEAMS_VERBOSITY) `debug`",
        "'verbosity' (env TAP_MSTEAMS_VERBOSITY) set to `debug`",
        verdict="unforeseen",
    ),
    GraphError: Advice("any other", "Not known.", _LATER, _ISSUES, verdict="unknown"),
}
"""Advice by kind of error; the nearest base class counts."""

UNMATCHED = Advice(
    "nothing is called ",
    "An entry of 'teams', 'channels' or 'users' fits nothing that Graph lists.",
    "correct the entry: it is an id, a whole name, or a pattern like `Sales*`",
    "the streams `teams`, `channels` and `users`",
)
"""An entry of a setting that fits nothing."""


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
        doctor=DOCTOR,
    )
    return advice.severity, remedy


def _exception(subject: Mapping[str, str]) -> str:
    """The setting and the entry that leave out what was not read."""
    for variable, setting in LEFT_OUT_BY.items():
        if id_ := subject.get(variable):
            return f""": add "!{id_}" to '{setting}' (env TAP_MSTEAMS_{setting.upper()})"""
    return ""
