"""Run a program whose addresses of Microsoft cannot be changed: MODULE:FUNCTION ARGUMENTS...

Requests to Entra ID and to Graph go to the sandbox of the environment instead, which is trusted;
nothing else of the program is touched.
"""

from __future__ import annotations

import importlib
import os
import sys
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter

PLACES = {
    "login.microsoftonline.com": "MSTEAMS_SANDBOX_AUTHORITY_HOST",
    "graph.microsoft.com": "MSTEAMS_SANDBOX_GRAPH_URL",
}

_send = HTTPAdapter.send


def send(self, request, *args, **options):
    """Send a request to the sandbox if it is for Microsoft."""
    parts = urlsplit(request.url)
    if parts.hostname in PLACES:
        here = urlsplit(os.environ[PLACES[parts.hostname]])
        request.url = parts._replace(scheme=here.scheme, netloc=here.netloc).geturl()
    options["verify"] = os.environ["MSTEAMS_SANDBOX_CA_BUNDLE"]
    return _send(self, request, *args, **options)


if __name__ == "__main__":
    HTTPAdapter.send = send
    module, _, function = sys.argv.pop(1).partition(":")
    sys.exit(getattr(importlib.import_module(module), function)())
