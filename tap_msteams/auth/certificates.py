"""Certificates by which an application signs in."""

from __future__ import annotations

import base64
import binascii
import logging
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates
from msal.oauth2cli import JwtAssertionCreator

from tap_msteams.errors import SettingsError
from tap_msteams.settings import label

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

    from tap_msteams.settings import Settings

logger = logging.getLogger(__name__)

DAY = 86_400

WARNED_AHEAD = 30 * DAY
"""Seconds before a certificate's end at which warnings begin."""

_LIFE = 600
_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True)
class Certificate:
    """A certificate with its private key and, where given, its issuers' certificates."""

    key: RSAPrivateKey = field(repr=False)
    chain: list[x509.Certificate]
    """The certificate first."""
    sends_chain: bool
    where: str
    """The setting that it comes from."""

    @classmethod
    def from_settings(cls, settings: Settings) -> Certificate:
        """The certificate in the settings; raises SettingsError for one that cannot be used."""
        key = (
            "client_certificate_path" if settings.client_certificate_path else "client_certificate"
        )
        where = label(key)
        content = _content(settings, where)
        password = (settings.client_certificate_password or "").encode() or None
        if b"-----BEGIN" in content:
            private, found = _from_pem(content, password, where)
        else:
            private, found = _from_pfx(content, password, where)
        if not isinstance(private, RSAPrivateKey):
            msg = f"{where} has a private key that is not RSA, which Entra ID does not take"
            raise SettingsError(msg)
        numbers = private.public_key().public_numbers()
        own = [it for it in found if _numbers(it) == numbers]
        if not own:
            lacks = "no certificate for its private key" if found else "no certificate"
            msg = f"{where} has {lacks}: put the private key and its certificate into one file"
            raise SettingsError(msg)
        leaf = max(own, key=lambda it: it.not_valid_after_utc)
        return cls(
            private,
            [leaf, *(it for it in found if it not in own)],
            settings.send_certificate_chain,
            where,
        )

    def check(self, now: float) -> None:
        """Raise SettingsError for an expired certificate; warn of one that expires soon."""
        end = self.chain[0].not_valid_after_utc
        left = end.timestamp() - now
        if left <= 0:
            msg = (
                f"{self.where} ended on {end:%Y-%m-%d}: upload a new certificate to the app "
                "registration and set it here"
            )
            raise SettingsError(msg)
        if left < WARNED_AHEAD:
            logger.warning(
                "The certificate in %s ends on %s, in %d days: upload a new one to the app "
                "registration, and set it here before then",
                self.where,
                f"{end:%Y-%m-%d}",
                left // DAY,
            )

    def assertion(self, client_id: str, audience: str, now: float) -> str:
        """A signed assertion, by which the application signs in to Entra ID once.

        MSAL signs it. Its own credential would leave out the issuers' certificates, reuse the
        assertion for nine minutes and keep the time by another clock.
        https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials
        """
        chain = [base64.b64encode(it.public_bytes(Encoding.DER)).decode() for it in self.chain]
        creator = JwtAssertionCreator(
            self.key,
            algorithm="PS256",
            sha256_thumbprint=self.chain[0].fingerprint(hashes.SHA256()).hex(),
            headers={"x5c": chain} if self.sends_chain else {},
        )
        signed = creator.create_normal_assertion(
            audience,
            client_id,
            issued_at=int(now),
            not_before=int(now),
            expires_at=int(now) + _LIFE,
        )
        return cast("bytes", signed).decode()


def _content(settings: Settings, where: str) -> bytes:
    if settings.client_certificate_path:
        path = Path(settings.client_certificate_path).expanduser()
        try:
            if not path.is_file() and path.exists():
                msg = f"{where}: {path} is no file"
                raise SettingsError(msg)
            return path.read_bytes()
        except OSError as error:
            msg = f"{where}: the file {path} cannot be read ({error.strerror})"
            raise SettingsError(msg) from error
    text = settings.need("client_certificate")
    if "-----BEGIN" in text:
        # An environment variable of one line has `\n` for line breaks.
        return text.replace("\\r", "").replace("\\n", "\n").encode()
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        msg = f"{where} is neither the text of a PEM file nor a PFX file in base64: copy it again"
        # The cause is left out, since its text may be the key.
        raise SettingsError(msg) from None


def _from_pem(
    content: bytes, password: bytes | None, where: str
) -> tuple[PrivateKeyTypes, list[x509.Certificate]]:
    blocks = [(match[1], match[0]) for match in _BLOCK.finditer(content)]
    keys = [block for label, block in blocks if label.endswith(b"PRIVATE KEY")]
    if not keys:
        msg = f"{where} has no private key: put the private key and its certificate into one file"
        raise SettingsError(msg)
    encrypted = b"ENCRYPTED" in keys[0]
    if encrypted and password is None:
        raise SettingsError(_password_needed(where))
    try:
        private = load_pem_private_key(keys[0], password if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError(
            _password_wrong(where)
            if encrypted
            else f"{where} has a private key that is garbled: copy it again, line breaks included"
        ) from None
    certificates = b"\n".join(block for label, block in blocks if label.endswith(b"CERTIFICATE"))
    try:
        return private, x509.load_pem_x509_certificates(certificates) if certificates else []
    except ValueError:
        msg = f"{where} has a certificate that is garbled: copy it again, line breaks included"
        raise SettingsError(msg) from None


def _from_pfx(
    content: bytes, password: bytes | None, where: str
) -> tuple[PrivateKeyTypes, list[x509.Certificate]]:
    if not content.startswith(b"\x30"):  # every ASN.1 sequence starts so
        msg = f"{where} is neither a PEM nor a PFX file: export the certificate with its key again"
        raise SettingsError(msg)
    try:
        private, leaf, others = load_key_and_certificates(content, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError(
            _password_wrong(where) if password else _password_needed(where)
        ) from None
    if private is None:
        msg = f"{where} has no private key: export the certificate together with it"
        raise SettingsError(msg)
    return private, others if leaf is None else [leaf, *others]


def _numbers(certificate: x509.Certificate) -> object:
    try:
        numbers = getattr(certificate.public_key(), "public_numbers", None)
    except (ValueError, UnsupportedAlgorithm):  # an issuer's, of an unknown kind
        return None
    return numbers() if numbers else None


def _password_needed(where: str) -> str:
    password = label("client_certificate_password")
    return f"{where} is encrypted or garbled: set {password} to its password, or export it again"


def _password_wrong(where: str) -> str:
    password = label("client_certificate_password")
    return f"{where} does not open with {password}: the password is wrong, or the file is garbled"
