"""Trust: verification of servers' certificates."""

from __future__ import annotations

import hashlib
import os
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Self

import truststore
from requests.utils import DEFAULT_CA_BUNDLE_PATH
from typing_extensions import override

from tap_msteams.errors import SettingsError
from tap_msteams.settings import label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_msteams.settings import Settings

INSECURE = "TAP_MSTEAMS_ALLOW_INSECURE_TLS"
"""The environment variable without which `tls_verify` cannot be switched off."""

SYSTEM = "system"
"""The value of `ca_bundle` for the operating system's authorities."""

_HASHES = {40: "sha1", 64: "sha256"}
"""Hash functions of fingerprints, by their number of hex digits."""

_HASHED_NAME = re.compile(r"[0-9a-f]{8}\.\d+")
"""The file names by which OpenSSL finds certificates in a folder."""


_PROTOCOLS = ("http/1.1",)
"""What is spoken on a connection, by ALPN."""


class _Complete:
    """A TLS context that is complete before the connections of several threads share it.

    urllib3 sets the protocols anew for each connection, which frees memory that others use:
    https://github.com/python/cpython/issues/141012
    """

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Do nothing: they have been set."""


class _Context(_Complete, ssl.SSLContext):
    """A client's context."""

    def __new__(cls) -> Self:
        """Make a context, which is complete before `__init__` is called."""
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        ssl.SSLContext.set_alpn_protocols(made, _PROTOCOLS)
        return made


class _SystemContext(_Complete, truststore.SSLContext):
    """A client's context with the authorities of the operating system."""

    def __init__(self, protocol: int) -> None:
        super().__init__(protocol)
        truststore.SSLContext.set_alpn_protocols(self, _PROTOCOLS)


class PinMismatchError(ssl.SSLError):
    """The server's certificate is not a pinned one."""

    def __init__(self, shown: str) -> None:
        super().__init__(f"the certificate shown has the fingerprint {shown}")
        self.shown = shown


class _PinnedSocket(ssl.SSLSocket):
    """A connection that ends after the handshake unless the certificate is a pinned one."""

    @override
    def do_handshake(self, block: bool = False) -> None:
        super().do_handshake(block)
        _check(self)


class _PinnedObject(ssl.SSLObject):
    """A pinned connection within the TLS of a proxy."""

    @override
    def do_handshake(self) -> None:
        super().do_handshake()
        _check(self)


class PinnedContext(_Context):
    """Trusts the certificates with these fingerprints and no others.

    A known certificate needs neither an issuer nor the right name.
    """

    pins: frozenset[str]
    sslsocket_class = _PinnedSocket
    sslobject_class = _PinnedObject

    def __new__(cls, pins: Iterable[str]) -> Self:
        """Make a context, which is complete before `__init__` is called."""
        made = super().__new__(cls)
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        made.pins = frozenset(pin.lower() for pin in pins)
        return made

    def check(self, certificate: bytes) -> None:
        """Raise PinMismatchError unless this certificate, in DER, is a pinned one."""
        if not any(_fingerprint(certificate, len(pin)) == pin for pin in self.pins):
            raise PinMismatchError(_fingerprint(certificate).upper())


def _check(connection: ssl.SSLSocket | ssl.SSLObject) -> None:
    context = connection.context
    if isinstance(context, PinnedContext):
        context.check(connection.getpeercert(binary_form=True) or b"")


def _fingerprint(certificate: bytes, digits: int = 64) -> str:
    return hashlib.new(_HASHES[digits], certificate, usedforsecurity=False).hexdigest()


def tls(settings: Settings) -> ssl.SSLContext:
    """The TLS context for services on the network: pinned, unverified, or with authorities."""
    if settings.certificate_fingerprint:
        return PinnedContext(pins(settings.certificate_fingerprint))
    if not settings.tls_verify:
        return _unverified()
    return authorities(settings.ca_bundle)


def pins(fingerprints: str) -> list[str]:
    """The fingerprints in a comma-separated text, in small letters without colons."""
    return re.split(r"[,\s]+", fingerprints.strip().replace(":", "").lower())


def _unverified() -> ssl.SSLContext:
    if os.environ.get(INSECURE) != "1":
        msg = (
            f"{label('tls_verify')} is false, which lets anyone on the way read the data and the "
            "token: set 'ca_bundle' instead, or, if that is what you want, also the environment "
            f"variable {INSECURE}=1"
        )
        raise SettingsError(msg)
    context = _Context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def authorities(ca_bundle: str | None) -> ssl.SSLContext:
    """The TLS context with the authorities of the setting, the environment or certifi."""
    where, given = "the certificate authorities that come with requests", DEFAULT_CA_BUNDLE_PATH
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        if value := os.environ.get(name):
            where, given = f"the environment variable {name}", value
    if ca_bundle:
        where, given = label("ca_bundle"), ca_bundle.strip()
        if given == SYSTEM:
            return _SystemContext(ssl.PROTOCOL_TLS_CLIENT)
        if "-----BEGIN" in given:
            return _loaded(where, "its text holds", text=given)
    path = Path(given).expanduser()
    if path.is_dir():
        return _folder(where, path)
    return _loaded(where, f"{path} holds", path)


def _folder(where: str, folder: Path) -> ssl.SSLContext:
    context = _Context()
    files = sorted(path for path in folder.iterdir() if path.is_file())
    if any(_HASHED_NAME.fullmatch(path.name) for path in files):
        context.load_verify_locations(capath=folder)
        return _chains(context)
    for path in files:
        if path.suffix in {".pem", ".crt", ".cer"}:
            _loaded(where, f"{path} holds", path, context=context)
    if not context.cert_store_stats()["x509"]:
        msg = f"{where}: the folder {folder} holds no PEM files (.pem, .crt or .cer)"
        raise SettingsError(msg)
    return context


def _loaded(
    where: str,
    holder: str,
    path: Path | None = None,
    *,
    text: str | None = None,
    context: ssl.SSLContext | None = None,
) -> ssl.SSLContext:
    """The context with the authorities of a file or a text."""
    # Some shells and orchestrators turn line breaks into `\n`.
    data = text.replace("\\n", "\n") if text else None
    context = context or _Context()
    try:
        context.load_verify_locations(cafile=path, cadata=data)
    except FileNotFoundError as error:
        msg = f"{where}: there is no file {path}"
        raise SettingsError(msg) from error
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        msg = f"{where}: {holder} no readable certificates in PEM"
        raise SettingsError(msg) from error
    return _chains(context)


def _chains(context: ssl.SSLContext) -> ssl.SSLContext:
    """The context, which takes a given certificate as the end of a chain without its issuer."""
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return context
