"""Assertions: signed statements that authenticate an application.

https://learn.microsoft.com/en-us/entra/identity-platform/certificate-credentials
https://learn.microsoft.com/en-us/entra/workload-id/workload-identity-federation
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from tap_msteams_sandbox.identity.aadsts import Refusal
from tap_msteams_sandbox.identity.keys import Token, thumbprints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tap_msteams_sandbox.identity.registration import Application

BEARER: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SKEW: Final = timedelta(minutes=5)
"""What clocks may differ by."""


class Assertions:
    """The check of assertions, with the public keys of trusted issuers."""

    def __init__(self) -> None:
        self.issuers: dict[str, rsa.RSAPublicKey] = {}
        """What a directory would read from `/.well-known` below each issuer's address."""
        self.single_use = False
        """Whether an assertion is refused the second time."""
        self._seen: set[str] = set()

    def check(self, application: Application, form: Mapping[str, str], url: str, now: float) -> str:
        """Check an assertion of an application."""
        text = form["client_assertion"]
        if form.get("client_assertion_type") != BEARER:
            raise Refusal(900144, got="client_assertion_type")
        token = Token.read(text)
        if token is None:
            raise Refusal(50027)
        self._remember(str(token.claims.get("jti", text)))
        issuer = str(token.claims.get("iss"))
        own = issuer == application.client_id or "x5t" in token.header or "x5t#S256" in token.header
        if own:
            found = self._certificate(application, token, now)
        else:
            self._federated(application, token)
            found = issuer
        _in_time(token.claims, now)
        if own and token.claims.get("aud") not in _audiences(url):
            raise Refusal(700023)
        return found

    def _certificate(self, application: Application, token: Token, now: float) -> str:
        ids = {token.claims.get("iss"), token.claims.get("sub")}
        if ids != {application.client_id}:
            raise Refusal(700021)
        said = str(token.header.get("x5t#S256") or token.header.get("x5t"))
        registered = {it: cert for cert in application.certificates for it in thumbprints(cert)}
        chain = _chain(token.header.get("x5c"))
        # Some clients pad it.
        certificate = registered.get(said.rstrip("="))
        if certificate is None and application.subjects:
            certificate = _trusted(application, chain)
        facts = {"client_id": application.client_id, "got": said, "found": ""}
        if certificate is None:
            raise Refusal(700027, reason="The key was not found.", **facts)
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        facts["found"] = f", Found key 'Start={start:%m/%d/%Y %X}, End={end:%m/%d/%Y %X}'"
        if not start <= _instant(now) < end:
            raise Refusal(700027, reason="The key used is expired.", **facts)
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey) or not token.signed_by(public):
            reason = "The provided signature value did not match the expected signature value."
            raise Refusal(700027, reason=reason, **facts)
        return said

    def _federated(self, application: Application, token: Token) -> None:
        issuer, subject = str(token.claims.get("iss")), str(token.claims.get("sub"))
        audience = token.claims.get("aud")
        audiences = {str(it) for it in (audience if isinstance(audience, list) else [audience])}
        candidates = [it for it in application.federated if it.issuer == issuer]
        if not candidates:
            raise Refusal(700211, got=issuer)
        candidates = [it for it in candidates if it.subject == subject]
        if not candidates:
            raise Refusal(700213, got=subject)
        if not any(it.audience in audiences for it in candidates):
            raise Refusal(700212, got=", ".join(sorted(audiences)))
        public = self.issuers.get(issuer)
        if public is None or not token.signed_by(public):
            raise Refusal(50013, "invalid_client")

    def _remember(self, identifier: str) -> None:
        if self.single_use and identifier in self._seen:
            raise Refusal(50013, "invalid_client")
        self._seen.add(identifier)


def _in_time(claims: Mapping[str, Any], now: float) -> None:
    try:
        start, end = _instant(claims.get("nbf", now)), _instant(claims["exp"])
    except (KeyError, OverflowError, TypeError, ValueError):
        raise Refusal(50027) from None
    present = _instant(now)
    if not start - SKEW <= present < end + SKEW:
        times = {"now": present, "start": start, "end": end}
        facts = {name: f"{it:%Y-%m-%dT%H:%M:%SZ}" for name, it in times.items()}
        raise Refusal(700024, **facts)


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(float(seconds), UTC)


def _audiences(url: str) -> frozenset[str]:
    """The token endpoint, with and without its version, and the issuer are accepted."""
    tenant = url.partition("/oauth2/")[0]
    return frozenset({url, f"{tenant}/oauth2/token", f"{tenant}/v2.0"})


def _chain(x5c: object) -> list[x509.Certificate]:
    """Return the certificates of a token's header, the signer's first."""
    texts = x5c if isinstance(x5c, list) else [x5c] if isinstance(x5c, str) else []
    try:
        return [x509.load_der_x509_certificate(base64.b64decode(str(it))) for it in texts]
    except (binascii.Error, ValueError):
        raise Refusal(50027) from None


def _trusted(application: Application, chain: list[x509.Certificate]) -> x509.Certificate | None:
    """The signer's certificate if its subject name and its issuer are registered."""
    if not chain:
        return None
    leaf, *above = chain
    names = {str(it.value) for it in leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)}
    for subject in application.subjects:
        if subject.name in names and _issued_by(leaf, above, subject.authority):
            return leaf
    raise Refusal(700030, client_id=application.client_id)


def _issued_by(
    leaf: x509.Certificate, above: list[x509.Certificate], authority: x509.Certificate
) -> bool:
    found = leaf
    for issuer in (*above, authority):
        if issuer == found:
            continue
        try:
            found.verify_directly_issued_by(issuer)
        except (InvalidSignature, TypeError, ValueError):
            return False
        found = issuer
    return found == authority
