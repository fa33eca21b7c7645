"""The sandbox in a process of its own, so that its time and memory are not counted."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode
from urllib.request import Request, urlopen

if TYPE_CHECKING:
    from types import TracebackType


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """The size of a tenant; every channel has the same number of messages."""

    teams: int
    channels: int
    messages: int
    users: int = 60
    seed: int = 1

    @property
    def rows(self) -> int:
        """The number of messages ever written in the tenant; some are deleted for good."""
        return self.teams * self.channels * self.messages


class Cloud:
    """A sandbox over a tenant; `options` are the Sandbox's. Use it as a context manager."""

    def __init__(self, tenant: Tenant, **options: float | str | None) -> None:
        self.tenant = tenant
        self._options = {"compress": False, **options}
        self.config: dict[str, Any] = {}

    def __enter__(self) -> Self:
        command = (sys.executable, "-m", "benchmarks.server")
        asked = json.dumps([asdict(self.tenant), self._options])
        self._process = subprocess.Popen(
            (*command, asked), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
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

    def token(self) -> str:
        """An access token of the application, for programs without a sign-in."""
        config = self.config
        form = {
            "client_id": config["client_id"],
            "client_secret": config["client_secret"],
            "grant_type": "client_credentials",
            "scope": f"{config['graph_url']}/.default",
        }
        url = f"{config['authority_host']}/{config['tenant_id']}/oauth2/v2.0/token"
        answer = json.loads(self._open(Request(url, urlencode(form).encode())))  # noqa: S310 - https
        token: str = answer["access_token"]
        return token

    def summary(self) -> dict[str, Any]:
        """The counts of the sandbox since its start."""
        url = f"{self.config['graph_url']}/sandbox/requests"
        found: dict[str, Any] = json.loads(self._open(Request(url)))  # noqa: S310 - https
        return found

    def page(self, url: str, token: str) -> bytes:
        """The bytes of an answer, compressed if the sandbox compresses."""
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        return self._open(Request(url, headers=headers))  # noqa: S310 - https

    def _open(self, request: Request) -> bytes:
        with urlopen(request, context=self._trust) as answer:  # noqa: S310 - https
            body: bytes = answer.read()
        return body
