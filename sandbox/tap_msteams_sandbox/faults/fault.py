"""Faults: what goes wrong, where, and how often."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import msgspec

from tap_msteams_sandbox.faults.kinds import KINDS
from tap_msteams_sandbox.faults.sign_in import SIGN_IN_KINDS
from tap_msteams_sandbox.identity.aadsts import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ALWAYS = 0
GRAPH = "graph"
PLACES = (GRAPH, "entra", "machine")
NUMBERS = frozenset({"megabytes", "number", "seconds", "share", "status"})
_FIELDS = frozenset({"where", "times", "rate", "after", "seed", "batched", "at"})
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
    at: str = GRAPH
    """Whose requests are met: those to Graph, to Entra ID or to a machine's token service."""
    options: dict[str, str] = field(default_factory=dict)
    """What the kind can be told, such as `retry_after`."""
    struck: int = 0
    """How often it has struck."""

    def __post_init__(self) -> None:
        if self.at not in PLACES:
            msg = f"at={self.at} is none of {', '.join(PLACES)}"
            raise FaultError(msg)
        kinds = KINDS if self.at == GRAPH else SIGN_IN_KINDS
        if (kind := kinds.get(self.kind)) is None:
            where = "" if self.at == GRAPH else f" at {self.at}"
            msg = f"there is no fault '{self.kind}'{where}, only {', '.join(kinds)}"
            raise FaultError(msg)
        if unknown := sorted(set(self.options) - set(kind.options)):
            msg = f"a fault '{self.kind}' has no option '{unknown[0]}'"
            raise FaultError(msg)
        for name in NUMBERS & self.options.keys():
            if not _NUMBER.fullmatch(self.options[name]):
                msg = f"{name}={self.options[name]} is no number"
                raise FaultError(msg)
        if "number" in self.options and int(self.options["number"]) not in REFUSALS:
            msg = f"number={self.options['number']} is none of {', '.join(map(str, REFUSALS))}"
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

    def meets(self, request: str, *, batched: bool, at: str) -> bool:
        """Whether the fault strikes this request; counts the ones that it lets pass."""
        if at != self.at or (self.batched and not batched) or not self._pattern.search(request):
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
        kind = KINDS[self.kind] if self.at == GRAPH else SIGN_IN_KINDS[self.kind]
        return kind.options | self.options


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

    def strike(self, request: str, *, batched: bool = False, at: str = GRAPH) -> Fault | None:
        """Return the fault that strikes a request, if any does."""
        if not self._faults:
            return None
        with self._lock:
            met = (it for it in self._faults if it.meets(request, batched=batched, at=at))
            return next(met, None)
