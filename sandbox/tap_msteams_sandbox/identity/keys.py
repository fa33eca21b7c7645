"""Keys: certificates and signed tokens, as clients and other issuers bring them."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

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


def thumbprints(found: x509.Certificate) -> frozenset[str]:
    """How a token's header can name a certificate: x5t and x5t#S256."""
    der = found.public_bytes(serialization.Encoding.DER)
    digests = (hashlib.sha1(der, usedforsecurity=False), hashlib.sha256(der))
    return frozenset(_base64url(it.digest()) for it in digests)


class Token(NamedTuple):
    """A signed token taken apart."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]
    signed: bytes
    signature: bytes

    @classmethod
    def read(cls, text: str) -> Token | None:
        """Return the token of a text, if it is one."""
        try:
            header, claims, signature = text.split(".")
            found = cls(
                json.loads(_from_base64url(header)),
                json.loads(_from_base64url(claims)),
                f"{header}.{claims}".encode(),
                _from_base64url(signature),
            )
        except ValueError:
            return None
        return found if isinstance(found.header, dict) and isinstance(found.claims, dict) else None

    def signed_by(self, public: rsa.RSAPublicKey) -> bool:
        """Whether that key has signed it, with RS256 or PS256."""
        ways: dict[Any, padding.AsymmetricPadding] = {
            "RS256": padding.PKCS1v15(),
            "PS256": padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size),
        }
        way = ways.get(self.header.get("alg"))
        if way is None:
            return False
        try:
            public.verify(self.signature, self.signed, way, hashes.SHA256())
        except InvalidSignature:
            return False
        return True


def sign(claims: Mapping[str, object], private: rsa.RSAPrivateKey, **header: object) -> str:
    """A token of a public issuer."""
    parts = ({"typ": "JWT", "alg": "RS256", **header}, claims)
    signed = ".".join(_base64url(json.dumps(it, separators=(",", ":")).encode()) for it in parts)
    signature = private.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64url(signature)}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
