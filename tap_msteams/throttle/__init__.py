"""Throttling: a gate for all requests that keeps Graph's documented limits."""

from __future__ import annotations

from tap_msteams.throttle.gate import Gate
from tap_msteams.throttle.limits import TENANT_LIMITS

__all__ = ["TENANT_LIMITS", "Gate"]
