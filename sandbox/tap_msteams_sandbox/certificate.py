"""The throw-away certificate that the sandbox serves TLS with."""

from __future__ import annotations

import hashlib
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Certificate:
    """A server's side of TLS, and the authority a client has to trust for it."""

    context: ssl.SSLContext
    ca_path: Path
    der: bytes = b""
    """The server's own certificate."""

    @property
    def fingerprint(self) -> str:
        """The certificate's SHA-256, in hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def thumbprint(self) -> str:
        """Its SHA-1, as Azure names certificates."""
        return hashlib.sha1(self.der, usedforsecurity=False).hexdigest().upper()


def issue(directory: Path, *names: str) -> Certificate:
    """A certificate of a new authority, whose PEM file is left in the directory.

    It is for this machine, and for further names or addresses.
    """
    authority = trustme.CA(organization_name="Sandbox of Microsoft Graph")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = authority.issue_cert(*dict.fromkeys(("localhost", "127.0.0.1", "::1", *names)))
    leaf.configure_cert(context)
    ca_path = directory / "sandbox-ca.pem"
    authority.cert_pem.write_to_path(str(ca_path))
    der = ssl.PEM_cert_to_DER_cert(leaf.cert_chain_pems[0].bytes().decode())
    return Certificate(context, ca_path, der)
