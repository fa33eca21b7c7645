"""Privacy: people and what they wrote, kept out of what leaves the tap."""

from __future__ import annotations

from tap_msteams.privacy.guests import GUEST_NAMES, PERMISSION, Guests
from tap_msteams.privacy.plain import plain_text
from tap_msteams.privacy.privacy import Privacy

__all__ = ["GUEST_NAMES", "PERMISSION", "Guests", "Privacy", "plain_text"]
