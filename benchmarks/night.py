"""Nights: the time that requests take at the rates that Graph allows."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tap_msteams.throttle import TENANT_LIMITS, Gate
from tap_msteams.throttle.gate import HEADROOM

if TYPE_CHECKING:
    from collections.abc import Mapping

_RATES = {limit.name: limit.rate for limit in TENANT_LIMITS}


def seconds(asked: Mapping[str, int]) -> float:
    """The time of requests, which are counted by path, side by side within the tenant's limits.

    Limits of single teams and chats are not counted: at night each gets a few requests.
    """
    gate, loads = Gate(), Counter[str]()
    for path, requests in asked.items():
        loads[gate.keys(path)[0][0]] += requests
    return max(requests / (_RATES[name] * HEADROOM) for name, requests in loads.items())
