"""A Graph in a process of its own, so that its time and memory are not counted."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from typing import TYPE_CHECKING, Any, Self
from urllib.request import urlopen

if TYPE_CHECKING:
    from types import TracebackType
    from urllib.request import Request


class Served:
    """What a module of the benchmarks serves. Use it as a context manager."""

    def __init__(self, module: str, asked: object) -> None:
        """Name the module, and what it is asked to serve."""
        self._command = (sys.executable, "-m", f"benchmarks.{module}", json.dumps(asked))
        self.config: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        self.config = json.loads(line)
        self._trust = ssl.create_default_context(cafile=self.config["ca_bundle"])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def url(self, path: str) -> str:
        """The address of something that is served."""
        return f"{self.config['graph_url']}/{path}"

    def answer(self, request: Request | str) -> bytes:
        """The bytes of an answer."""
        with urlopen(request, context=self._trust) as answer:  # noqa: S310 - https, on loopback
            body: bytes = answer.read()
        return body
