"""Throttling: a gate for all requests that keeps Graph's documented limits."""

from __future__ import annotations

from tap_msteams.throttle.gate import HEADROOM, Gate
from tap_msteams.throttle.limits import SCOPED_LIMITS, SERVICES, TENANT_LIMITS, Limit

__all__ = ["HEADROOM", "SCOPED_LIMITS", "SERVICES", "TENANT_LIMITS", "Gate", "Limit"]
