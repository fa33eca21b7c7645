"""Transport: connections to Graph, Entra ID, a broker and a machine's identity endpoint.

Nothing of the environment works unseen: no `~/.netrc`, and proxies and certificate authorities
are looked up here.
"""

from __future__ import annotations

from tap_msteams.transport.adapter import DirectTransport
from tap_msteams.transport.failures import reason
from tap_msteams.transport.sessions import (
    MACHINE_TIMEOUTS,
    UPDATING,
    broker_session,
    identity_session,
    machine_session,
    session,
)
from tap_msteams.transport.trust import PinnedContext

__all__ = [
    "MACHINE_TIMEOUTS",
    "UPDATING",
    "DirectTransport",
    "PinnedContext",
    "broker_session",
    "identity_session",
    "machine_session",
    "reason",
    "session",
]
