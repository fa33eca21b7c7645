"""The sandbox: its endpoints, faults, roles and facts."""

from __future__ import annotations

from docs.computed.markdown import code, flat, grid
from tap_msteams_sandbox import batch
from tap_msteams_sandbox.areas import AREAS
from tap_msteams_sandbox.endpoints import API
from tap_msteams_sandbox.environment import PREFIX
from tap_msteams_sandbox.facts import descriptions
from tap_msteams_sandbox.faults import DOCS, KINDS, SIGN_IN_KINDS
from tap_msteams_sandbox.graph import ROLES
from tap_msteams_sandbox.identity.aadsts import REFUSALS

HEADS = ("request", "an application needs one of", "a user needs one of")


def facts() -> str:
    """The facts with their variables."""
    rows = [
        (f"`{name}`", f"`{PREFIX}{name.upper()}`", text) for name, text in descriptions().items()
    ]
    return grid(("fact", "variable", "what it is"), rows)


def endpoints() -> str:
    """Each endpoint with Microsoft's page and the permissions of which a token needs one."""
    parts = []
    for area in (*AREAS, batch.AREA):
        rows = [
            (
                f"[{it.pattern}]({API}{it.page})",
                _permissions(it.application),
                "the same" if it.delegated == it.application else _permissions(it.delegated),
            )
            for it in sorted(area.endpoints, key=lambda it: (it.path, it.method))
        ]
        parts.append(f"### {area.name}\n\n{grid(HEADS, rows)}")
    return "\n\n".join(parts)


def _permissions(names: tuple[str, ...] | None) -> str:
    return "not answered" if names is None else ", ".join(names) or "no permission"


def faults() -> str:
    """Each kind of fault with its options and their defaults."""
    rows = [
        (
            f"[`{name}`]({DOCS}{kind.page})",
            flat((kind.act.__doc__ or "").partition("\n")[0]),
            code(f"{option}={value}" for option, value in kind.options.items()),
        )
        for name, kind in KINDS.items()
    ]
    return grid(("kind", "what happens", "options"), rows)


def sign_in_faults() -> str:
    """Each kind of fault of sign-ins, and the AADSTS numbers."""
    rows = [
        (
            f"[`{name}`]({kind.page})",
            flat((kind.act.__doc__ or "").partition("\n")[0]),
            code(f"{option}={value}" for option, value in kind.options.items()),
        )
        for name, kind in SIGN_IN_KINDS.items()
    ]
    table = grid(("kind", "what happens", "options"), rows)
    return f"{table}\n\n`number` is one of {', '.join(map(str, REFUSALS))}."


def roles() -> str:
    """The permissions that are granted by default."""
    return code(sorted(ROLES))
