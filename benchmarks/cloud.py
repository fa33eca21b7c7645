"""The sandbox over a tenant, in a process of its own."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request

from benchmarks.served import Served


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """The size of a tenant; every channel has the same number of messages."""

    teams: int
    channels: int
    messages: int
    users: int = 60
    seed: int = 1
    tidy: bool = False
    """Whether there is no group but those of its teams."""

    @property
    def rows(self) -> int:
        """The number of messages ever written in the tenant; some are deleted for good."""
        return self.teams * self.channels * self.messages


class Cloud(Served):
    """A sandbox over a tenant; `options` are the Sandbox's. Use it as a context manager."""

    def __init__(self, tenant: Tenant, **options: float | str | list[str] | None) -> None:
        super().__init__("server", [asdict(tenant), {"compress": False, **options}])
        self.tenant = tenant

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
        answer = json.loads(self.answer(Request(url, urlencode(form).encode())))  # noqa: S310 - https
        token: str = answer["access_token"]
        return token

    def summary(self) -> dict[str, Any]:
        """The counts of the sandbox since its start."""
        found: dict[str, Any] = json.loads(self.answer(self.url("sandbox/requests")))
        return found

    def page(self, url: str, token: str) -> bytes:
        """The bytes of an answer, compressed if the sandbox compresses."""
        headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
        return self.answer(Request(url, headers=headers))  # noqa: S310 - https
