"""The options of a declaration, as their own classes document them."""

from __future__ import annotations

import ast
import inspect
from typing import TYPE_CHECKING, Any

from docs.computed.markdown import grid
from tap_msteams.declaration import (
    Content,
    Declaration,
    Delegated,
    Details,
    Paged,
    Query,
    TapStream,
)
from tap_msteams.readers.kind import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAM = (TapStream, Declaration)
"""The classes whose attributes a stream may set."""

GROUPS = (Query, Paged, Delegated, Details, Content)
"""Options that belong together."""


def attributes() -> str:
    """The attributes that a stream may set."""
    rows = [row for kind in STREAM for row in _documented(kind)]
    return grid(("attribute", "what it says"), rows)


def groups() -> str:
    """The options that come as one object."""
    rows = [
        (f"`{kind.__name__}({name})`", text)
        for kind in (*GROUPS, *_kinds(Kind))
        for name, text in _documented(kind, mark=False)
    ]
    return grid(("option", "what it says"), rows)


def _kinds(base: type[Any]) -> Iterator[type[Any]]:
    """The kinds of readers below one of them."""
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _documented(kind: type, *, mark: bool = True) -> Iterator[tuple[str, str]]:
    """The attributes of a class that have a docstring, with it."""
    body = ast.parse(inspect.getsource(kind)).body[0]
    if not isinstance(body, ast.ClassDef):
        return
    for attribute, below in zip(body.body, body.body[1:], strict=False):
        if not (isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            name, text = attribute.target.id, " ".join(str(below.value.value).split())
            yield (f"`{name}`" if mark else name, text.replace("|", "\\|"))
