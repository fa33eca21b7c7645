"""A sandbox: a local Entra ID and Microsoft Graph over one deterministic synthetic tenant."""

from __future__ import annotations

from tap_msteams_sandbox.faults import Fault, FaultError
from tap_msteams_sandbox.server import Sandbox
from tap_msteams_sandbox.tenant import Tenant

__all__ = ["Fault", "FaultError", "Sandbox", "Tenant"]
