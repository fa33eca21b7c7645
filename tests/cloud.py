"""A sandbox that knows the tap's settings for itself."""

from __future__ import annotations

import msgspec

import tap_msteams_sandbox
from tap_msteams.sandbox import settings


class Sandbox(tap_msteams_sandbox.Sandbox):
    """The sandbox of these tests."""

    def config(self, auth=None):
        """The tap's configuration for a way of signing in."""
        return settings(msgspec.to_builtins(self.facts(auth)))

    def unpaced(self, auth=None, **changes):
        """The same for a run that waits for no rate limit."""
        return {**self.config(auth), "rate_limit_share": 0, **changes}

    def nango(self):
        return self.config("nango")
