"""The throw-away certificate that the sandbox serves TLS with."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """A server's side of TLS for localhost, and the authority a client has to trust for it."""

    context: ssl.SSLContext
    ca_path: Path


def issue(directory: Path) -> Certificate:
    """A certificate of a new authority, whose PEM file is left in the directory."""
    authority = trustme.CA(organization_name="tap-msteams sandbox")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1", "::1").configure_cert(context)
    ca_path = directory / "sandbox-ca.pem"
    authority.cert_pem.write_to_path(str(ca_path))
    return Certificate(context, ca_path)
