"""Checks of everything but the streams, with their results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Check:
    """One check with its result."""

    name: str
    state: State
    text: str
    """The finding."""
    remedy: str = ""
    """The remedy; empty where none is needed."""
