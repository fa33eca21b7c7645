"""Refusals of Graph: how each shows in the log, its cause, and where to see more."""

from __future__ import annotations

from typing import NamedTuple

from tap_msteams.advice import DOCTOR
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

_ISSUES = "the row in `sync_issues`, and the last lines of the log"


class Refusal(NamedTuple):
    """How one kind of error shows, and what it means."""

    sign: str
    """Graph's status, or the words in the log."""
    cause: str
    more: str
    """Where to see more."""


REFUSALS: dict[type[GraphError], Refusal] = {
    NotGrantedError: Refusal(
        "403, `Missing role permissions`, `Missing scope permissions`, "
        "`Authorization_RequestDenied`",
        "The token lacks a permission. Nobody granted it, or a token from before is still in use.",
        DOCTOR,
    ),
    SwitchedOffError: Refusal(
        "403, `GraphAccessToTranscriptsDisabled`",
        "Access to transcripts through Graph is off in this tenant, which is Microsoft's default.",
        _ISSUES,
    ),
    ForbiddenError: Refusal(
        "403, anything else",
        "The permission is there, but this team, channel or chat refuses this caller.",
        _ISSUES,
    ),
    NotLicensedError: Refusal(
        "403 that mentions a licence, for more than one person",
        "The tenant lacks a licence, or has lost it. What was loaded before stays.",
        _ISSUES,
    ),
    DisabledError: Refusal(
        "`Teams is disabled`, `Teams has been disabled on the tenant`",
        "The tenant has switched Teams off.",
        _ISSUES,
    ),
    UnprovenError: Refusal(
        "404, although the parent is there",
        "Graph does not find it at the moment, but nothing says that it was deleted.",
        _ISSUES,
    ),
    UnofferedListError: Refusal(
        "402, 405, 412, 501 on a list of the whole tenant",
        "Graph does not offer the list to this tenant, in this cloud or with this sign-in, or has "
        "a disturbance. What was loaded before stays.",
        DOCTOR,
    ),
    UnlistedError: Refusal(
        "its parents come from a stream that was not read",
        "Without that stream, nobody knows what to ask for.",
        _ISSUES,
    ),
    ExcessError: Refusal(
        "an answer or a list without end",
        "The answer reached a bound of the tap, which is far above what Graph sends.",
        _ISSUES,
    ),
    MissingError: Refusal(
        "404 for the object itself",
        "It was deleted after it had been listed.",
        _ISSUES,
    ),
    NotEntitledError: Refusal(
        "403 or 404 that mentions a licence or an application access policy",
        "A person has no licence, no mailbox or no policy for this.",
        _ISSUES,
    ),
    LackingError: Refusal(
        "this tenant seems to lack",
        "The tenant has no licence for the product behind the stream, or has switched it off. "
        "What was loaded before stays.",
        DOCTOR,
    ),
    UnsupportedError: Refusal(
        "402, 405, 412, 501",
        "Graph does not offer it to this tenant, in this cloud or with this sign-in.",
        DOCTOR,
    ),
    ThrottledError: Refusal(
        "429",
        "Too many requests: other programs share the limits of this app registration, or Graph "
        "lowered them.",
        "the live view, or the column `throttled` of the summary at the end",
    ),
    UnavailableError: Refusal(
        "5xx, a dropped connection, an answer cut short",
        "Microsoft's service or the network had a disturbance that lasted longer than the tap's "
        "attempts.",
        "'verbosity' (env TAP_MSTEAMS_VERBOSITY) set to `debug`",
    ),
    TokenRejectedError: Refusal("401", "Graph accepts neither the token nor a new one.", DOCTOR),
    ExpiredError: Refusal(
        "410, `syncStateNotFound`, `resyncRequired`",
        "Graph no longer knows the position that is kept in STATE.",
        "the line in the log that names the stream and the parent",
    ),
    RejectedError: Refusal(
        "400 and all other refusals",
        "Graph does not accept this request: Microsoft has changed it, or the tap has a mistake.",
        _ISSUES,
    ),
    DamagedError: Refusal(
        "a row that could not be read",
        "Graph sent a row without its key, with a value of another type, or with broken text.",
        _ISSUES,
    ),
    UnforeseenError: Refusal(
        "an unforeseen error",
        "The tap has a mistake.",
        "'verbosity' (env TAP_MSTEAMS_VERBOSITY) set to `debug`",
    ),
    GraphError: Refusal("any other", "Not known.", _ISSUES),
}
"""Refusals by kind of error."""
