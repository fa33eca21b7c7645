"""Faults: what goes wrong, where, how often, and how."""

from __future__ import annotations

from tap_msteams_sandbox.faults import actions, pages, wire
from tap_msteams_sandbox.faults.exchange import Exchange
from tap_msteams_sandbox.faults.fault import Fault, FaultError, Faults
from tap_msteams_sandbox.faults.kinds import DOCS, KINDS
from tap_msteams_sandbox.faults.middleware import struck
from tap_msteams_sandbox.faults.sign_in import SIGN_IN_KINDS

__all__ = [
    "DOCS",
    "KINDS",
    "SIGN_IN_KINDS",
    "Exchange",
    "Fault",
    "FaultError",
    "Faults",
    "actions",
    "pages",
    "struck",
    "wire",
]
