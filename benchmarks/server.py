"""`python -m benchmarks.server`: serves a tenant until its input ends."""

from __future__ import annotations

import gc
import json
import sys
from random import Random

import msgspec
from typing_extensions import override

from tap_msteams.sandbox import settings
from tap_msteams_sandbox import Sandbox, Tenant

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


def main() -> None:
    """Write all history, then listen, print the settings for the tap, and wait."""
    sizes, options = json.loads(sys.argv[1])
    tenant = Tenant(**sizes, even=True)
    for team in tenant.teams.values():
        team.settle()
    # The rows live as long as the process: garbage collection would only cost time.
    gc.freeze()
    with Distant(tenant, **options) as sandbox:
        sys.stdout.write(json.dumps(settings(msgspec.to_builtins(sandbox.facts()))) + "\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
