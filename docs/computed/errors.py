"""Tables of errors: the words in the log, the reason and the remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docs.computed import mistakes
from docs.computed.markdown import flat, grid
from tap_msteams import advice
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
        ("Microsoft Graph refuses", _advice(advice.GRAPH.values())),
        ("The way to Microsoft", _advice(mistakes.NETWORK)),
        ("The configuration", _advice(mistakes.CONFIGURATION)),
        ("State and catalog", _advice(mistakes.STATE)),
        ("Entra ID refuses", f"{IN_THE_LOG}\n\n{_refusals()}"),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts)


def _advice(found: Iterable[advice.Advice]) -> str:
    rows = []
    for it in found:
        remedy = it.remedy.format(permission="the permission", exception="", doctor=advice.DOCTOR)
        whole = "`" in it.sign or it.sign[:3].isdigit() or it in advice.GRAPH.values()
        sign = it.sign if whole else f"… {it.sign.strip()} …"
        rows.append([flat(text) for text in (sign, it.cause, remedy, it.more)])
    return grid(("the log says", "why", "what to do", "to see more"), rows)


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
