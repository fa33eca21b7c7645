"""Azure CLI: a program `az` that is signed in at the sandbox.

https://learn.microsoft.com/en-us/cli/azure/account#az-account-get-access-token
"""

from __future__ import annotations

import os
import secrets
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from pathlib import Path

    from tap_msteams_sandbox.identity.entra import Application, Entra, User

SCRIPT: Final = """#!{python}
import argparse, ssl, sys, urllib.parse, urllib.request
parser = argparse.ArgumentParser(prog="az")
parser.add_argument("words", nargs=2)
for name in ("resource", "scope", "tenant", "output"):
    parser.add_argument("--" + name, default="")
given = parser.parse_args()
if given.words != ["account", "get-access-token"]:
    sys.exit("az: not a known command")
query = urllib.parse.urlencode(
    {{"resource": given.resource or given.scope.removesuffix("/.default"), "tenant": given.tenant}}
)
context = ssl.create_default_context(cafile={ca_path!r})
opener = urllib.request.build_opener(
    urllib.request.ProxyHandler({{}}), urllib.request.HTTPSHandler(context=context)
)
with opener.open({url!r} + "&" + query) as response:
    status, _, text = response.read().decode().partition("\\n")
print(text, file=sys.stderr if status != "0" else sys.stdout)
sys.exit(int(status))
"""


class AzureCli:
    """A computer with the Azure CLI, signed in."""

    path: Final = "/azure-cli/token"

    def __init__(self, entra: Entra, application: Application, user: User) -> None:
        self.signed_in = True
        """Whether the user has."""
        self.directory: Path | None = None
        """Where the program is put."""
        self._key = secrets.token_hex(16)
        self._entra, self._application, self._user = entra, application, user

    def routes(self) -> list[web.RouteDef]:
        """The endpoint of the program."""
        return [web.get(self.path, self._token)]

    def install(self, authority_host: str, ca_path: Path) -> dict[str, str]:
        """Write the program; return the environment in which a shell finds it."""
        if self.directory is None:
            return {}
        self.directory.mkdir(exist_ok=True)
        script = self.directory / "az"
        url = f"{authority_host}{self.path}?key={self._key}"
        script.write_text(
            SCRIPT.format(python=sys.executable, url=url, ca_path=str(ca_path)), "utf-8"
        )
        script.chmod(0o700)
        return {"PATH": os.pathsep.join((str(self.directory), os.environ.get("PATH", "")))}

    async def _token(self, request: web.Request) -> web.Response:
        """Return the program's exit code on a line, then its output."""
        query = request.query
        if query.get("key") != self._key:
            raise web.HTTPForbidden
        tenant = query.get("tenant") or self._entra.tenant_id
        resource = query["resource"].rstrip("/")
        if not self.signed_in:
            return web.Response(text="1\nERROR: Please run 'az login' to setup account.")
        if tenant not in {self._entra.tenant_id, self._entra.domain}:
            text = f"1\nERROR: AADSTS90002: Tenant '{tenant}' not found."
            return web.Response(text=text)
        self._entra.requests += 1
        token, claims = self._entra.issue_user_token(
            self._application, self._user, resource, self._application.scopes
        )
        local = datetime.fromtimestamp(claims["exp"], UTC).astimezone()
        answer = {
            "accessToken": token,
            "expiresOn": f"{local:%Y-%m-%d %H:%M:%S.%f}",
            "expires_on": claims["exp"],
            "subscription": str(self._application.object_id),
            "tenant": self._entra.tenant_id,
            "tokenType": "Bearer",
        }
        return web.Response(text=f"0\n{web.json_response(answer).text}")
