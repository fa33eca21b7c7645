"""`python -m benchmarks.server`: serves a tenant until its input ends."""

from __future__ import annotations

import gc
import gzip
import json
import sys
from dataclasses import replace
from functools import cached_property
from http import HTTPStatus
from random import Random
from typing import TYPE_CHECKING

import msgspec
from typing_extensions import override

from tap_msteams.sandbox import settings
from tap_msteams_sandbox import Sandbox, Tenant

if TYPE_CHECKING:
    from tap_msteams_sandbox.replies import Reply
    from tap_msteams_sandbox.request import Request

SPREAD = 0.2
"""The largest deviation of a time, as a share."""


class Distant(Sandbox):
    """A sandbox at the distance of `latency`, which varies a little.

    With equal times answers would come in bursts: the sandbox has one thread, and the requests
    during one burst would be the next one.
    """

    _random = Random(1)  # noqa: S311 - chance that can be repeated

    @property  # type: ignore[explicit-override] # mypy does not see it where there is a setter
    @override
    def latency(self) -> float:
        """Seconds of the current answer."""
        return self._latency * self._random.uniform(1 - SPREAD, 1 + SPREAD)

    @latency.setter
    def latency(self, seconds: float) -> None:
        self._latency = seconds


class Remembering(Distant):
    """A sandbox that gives an answer that it has given before without computing it anew.

    Its work would slow down the tap: the cores of a virtual machine may be threads of one core.
    """

    @cached_property
    def _replies(self) -> dict[tuple[str, str], Reply]:
        return {}

    @override
    def _serve(self, request: Request) -> Reply:
        key = (request.path, request.query)
        if (known := self._replies.get(key)) is None:
            known = self.service.serve(request)
            if self._compress:
                known.body = gzip.compress(known.body, compresslevel=6)
                known.headers["Content-Encoding"] = "gzip"
            if request.method == "GET" and known.status == HTTPStatus.OK:
                self._replies[key] = known
        reply = replace(known, headers=dict(known.headers))
        self.service.stamp(reply, request.headers)
        return reply


def main() -> None:
    """Write all history, then listen, print the settings for the tap, and wait."""
    sizes, options = json.loads(sys.argv[1])
    kind = Remembering if options.pop("remembers", False) else Distant
    tenant = Tenant(**sizes, even=True)
    for team in tenant.teams.values():
        team.settle()
    # The rows live as long as the process: garbage collection would only cost time.
    gc.freeze()
    with kind(tenant, **options) as sandbox:
        sys.stdout.write(json.dumps(settings(msgspec.to_builtins(sandbox.facts()))) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
