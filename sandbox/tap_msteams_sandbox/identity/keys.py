"""Keys: certificates and signed tokens, as clients and other issuers bring them."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from jwt.algorithms import RSAAlgorithm

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXPONENT, _BITS = 65537, 2048


@cache
def key(owner: str) -> rsa.RSAPrivateKey:
    """One throw-away key for each owner; making one takes time."""
    del owner
    return rsa.generate_private_key(_EXPONENT, _BITS)


def certificate(
    name: str,
    owner: str = "",
    *,
    issuer: tuple[x509.Certificate, rsa.RSAPrivateKey] | None = None,
    start: datetime | None = None,
    end: datetime | None = None,
) -> x509.Certificate:
    """A certificate for the owner's key, self-signed without an issuer."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    mine = key(owner or name)
    start = start or datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder(
        issuer[0].subject if issuer else subject,
        subject,
        mine.public_key(),
        x509.random_serial_number(),
        start,
        end or start + timedelta(days=365 * 30),
    ).add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    return builder.sign(issuer[1] if issuer else mine, hashes.SHA256())


def pem(*items: x509.Certificate | rsa.RSAPrivateKey, password: str = "") -> str:
    """Certificates and keys in one text, as `openssl` writes them."""
    protection = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    return "".join(
        item.public_bytes(serialization.Encoding.PEM).decode()
        if isinstance(item, x509.Certificate)
        else item.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection
        ).decode()
        for item in items
    )


def pfx(
    found: x509.Certificate,
    private: rsa.RSAPrivateKey,
    *above: x509.Certificate,
    password: str = "",
) -> bytes:
    """A certificate, its key and those above it in one PFX file."""
    protection = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    return pkcs12.serialize_key_and_certificates(b"tap", private, found, above or None, protection)


class Token(NamedTuple):
    """A signed token taken apart."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @classmethod
    def read(cls, text: str) -> Token | None:
        """Return the token of a text, if it is one."""
        try:
            found = jwt.decode_complete(text, options={"verify_signature": False})
        except jwt.InvalidTokenError:
            return None
        return cls(text, found["header"], found["payload"])

    def signed_by(self, public: rsa.RSAPublicKey) -> bool:
        """Whether that key has signed it, with RS256 or PS256."""
        try:
            jwt.PyJWS().decode(self.text, public, algorithms=["RS256", "PS256"])
        except jwt.InvalidTokenError:
            return False
        return True


def sign(claims: Mapping[str, object], private: rsa.RSAPrivateKey, **header: object) -> str:
    """A token of a public issuer."""
    return jwt.encode(dict(claims), private, "RS256", header)


def published(found: x509.Certificate) -> dict[str, Any]:
    """A certificate's key as an issuer publishes it.

    https://learn.microsoft.com/en-us/entra/identity-platform/access-tokens#validate-the-signature
    """
    public = found.public_key()
    assert isinstance(public, rsa.RSAPublicKey)  # noqa: S101 (all keys of this module are)
    der = found.public_bytes(serialization.Encoding.DER)
    return {
        **RSAAlgorithm.to_jwk(public, as_dict=True),
        "use": "sig",
        "kid": thumbprint(found),
        "x5t": thumbprint(found),
        "x5c": [base64.b64encode(der).decode()],
    }


def thumbprint(found: x509.Certificate) -> str:
    """How a token's header names a certificate: x5t."""
    der = found.public_bytes(serialization.Encoding.DER)
    return _base64url(hashlib.sha1(der, usedforsecurity=False).digest())


def thumbprints(found: x509.Certificate) -> frozenset[str]:
    """How it can name one: x5t and x5t#S256."""
    der = found.public_bytes(serialization.Encoding.DER)
    return frozenset({thumbprint(found), _base64url(hashlib.sha256(der).digest())})


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
