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

    def nango(self):
        return self.config("nango")
