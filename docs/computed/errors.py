"""Tables of errors: the words in the log, the reason and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs.computed import mistakes
from docs.computed.markdown import flat, grid
from docs.computed.refusals import REFUSALS
from tap_msteams.advice import GRAPH
from tap_msteams.auth.remedies import BY_NAME, REMEDIES, SIGN_IN_LOG, words

if TYPE_CHECKING:
    from collections.abc import Iterable

IN_THE_LOG = (
    "To see more: the sign-in log in the Entra admin center (**Entra ID** > **Monitoring & "
    "health** > **Sign-in logs**), by the correlation id of the line; it is in Entra ID's own "
    "words in the tap's log with `verbosity` at `debug`."
)
DEPENDS = (
    "The remedies are those for a user. Where they say to sign in again or to ask for a policy or "
    "consent, the other ways to sign in say:"
)


def tables() -> str:
    """All tables of errors."""
    parts = [
        ("Microsoft Graph refuses", _of_graph()),
        ("The way to Microsoft", _mistakes(mistakes.NETWORK)),
        ("The configuration", _mistakes(mistakes.CONFIGURATION)),
        ("State and catalog", _mistakes(mistakes.STATE)),
        ("Entra ID refuses", f"{IN_THE_LOG}\n\n{_refusals()}"),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)


def _of_graph() -> str:
    rows = []
    for kind, advice in GRAPH.items():
        refusal = REFUSALS[kind]
        remedy = advice.remedy.format(permission="the permission", exception="")
        rows.append((refusal.sign, refusal.cause, remedy, refusal.more))
    return _grid(rows)


def _mistakes(found: Iterable[mistakes.Mistake]) -> str:
    return _grid((f"… {it.sign.strip()} …", it.cause, it.remedy, it.more) for it in found)


def _grid(rows: Iterable[tuple[str, ...]]) -> str:
    heads = ("the log says", "why", "what to do", "to see more")
    return grid(heads, [[flat(text) for text in row] for row in rows])


def _refusals() -> str:
    user = words("refresh_token")
    rows = [(f"AADSTS{number}", flat(remedy.format(**user))) for number, remedy in REMEDIES.items()]
    rows += [(name, flat(remedy.format(**user))) for name, remedy in BY_NAME.items()]
    others = [
        (f"`{method}`", log, words(method)["policy"], words(method)["consent"])
        for method, log in SIGN_IN_LOG.items()
    ]
    ways = grid(("`auth_method`", "in the sign-in log", "policy", "consent"), others)
    return f"{grid(('code', 'what it means, and what to do'), rows)}\n\n{DEPENDS}\n\n{ways}"
