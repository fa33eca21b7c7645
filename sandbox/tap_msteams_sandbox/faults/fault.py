"""Faults: what goes wrong, where, and how often."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import msgspec

from tap_msteams_sandbox.faults.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ALWAYS = 0
NUMBERS = frozenset({"seconds", "share", "status"})
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_OPTION = re.compile(r"(\w+)=((?:[^,\\]|\\.)*)(?:,|$)")


class FaultError(ValueError):
    """A fault that the sandbox does not know."""


@dataclass
class Fault:
    """Something that goes wrong with requests.

    It meets the requests whose method, path and query `where` is found in, lets `after` of them
    pass and then strikes `times` of them (0: all), each with the probability `rate`.
    """

    kind: str
    where: str = ""
    times: int = 1
    rate: float = 1.0
    after: int = 0
    seed: int = 0
    batched: bool = False
    """Whether only the items of a batch are met."""
    options: dict[str, str] = field(default_factory=dict)
    """What the kind can be told, such as `retry_after`."""
    struck: int = 0
    """How often it has struck."""

    def __post_init__(self) -> None:
        if (kind := KINDS.get(self.kind)) is None:
            msg = f"there is no fault '{self.kind}', only {', '.join(KINDS)}"
            raise FaultError(msg)
        if unknown := sorted(set(self.options) - set(kind.options)):
            msg = f"a fault '{self.kind}' has no option '{unknown[0]}'"
            raise FaultError(msg)
        for name in NUMBERS & self.options.keys():
            if not _NUMBER.fullmatch(self.options[name]):
                msg = f"{name}={self.options[name]} is no number"
                raise FaultError(msg)
        try:
            self._pattern = re.compile(self.where)
        except re.error as error:
            msg = f"'{self.where}' is no regular expression: {error}"
            raise FaultError(msg) from None
        self.chance = Random(self.seed)  # noqa: S311 (chance that can be repeated)

    @classmethod
    def parse(cls, text: str) -> Fault:
        r"""Return the fault that a text like `429:where=messages,times=3` describes.

        A comma inside of a value is written `\,`.
        """
        kind, _, rest = text.partition(":")
        if _OPTION.sub("", rest):
            msg = f"'{rest}' is no list of option=value"
            raise FaultError(msg)
        given = {name: value.replace("\\,", ",") for name, value in _OPTION.findall(rest)}
        own = {name: given.pop(name) for name in _FIELDS & given.keys()}
        defaults = {"times": "0", "rate": "0.05"} if kind == "random" else {}
        try:
            return msgspec.convert(
                {**defaults, **own, "kind": kind, "options": given}, cls, strict=False
            )
        except msgspec.ValidationError as error:
            raise FaultError(str(error)) from None

    def meets(self, request: str, *, batched: bool) -> bool:
        """Whether the fault strikes this request; counts the ones that it lets pass."""
        if (self.batched and not batched) or not self._pattern.search(request):
            return False
        if self.after:
            self.after -= 1
            return False
        if self.times != ALWAYS and self.struck >= self.times:
            return False
        if self.rate < 1 and self.chance.random() >= self.rate:
            return False
        self.struck += 1
        return True

    def told(self) -> dict[str, str]:
        """Return the options of the kind, with defaults."""
        return KINDS[self.kind].options | self.options


_FIELDS = frozenset({"where", "times", "rate", "after", "seed", "batched"})


class Faults:
    """The plan of what goes wrong; it can be changed while the sandbox is used."""

    def __init__(self, faults: Iterable[Fault | str] = ()) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.add(*faults)

    def add(self, *faults: Fault | str) -> None:
        """Add faults; earlier ones strike first."""
        read = [Fault.parse(fault) if isinstance(fault, str) else fault for fault in faults]
        with self._lock:
            self._faults.extend(read)

    def clear(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._faults.clear()

    def __iter__(self) -> Iterator[Fault]:
        with self._lock:
            return iter(tuple(self._faults))

    def strike(self, request: str, *, batched: bool = False) -> Fault | None:
        """Return the fault that strikes a request, if any does."""
        if not self._faults:
            return None
        with self._lock:
            return next((it for it in self._faults if it.meets(request, batched=batched)), None)
