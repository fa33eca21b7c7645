from __future__ import annotations

import hashlib
import logging
import shutil
import ssl
import subprocess
from contextlib import suppress
from dataclasses import replace

import pytest
import requests
import trustme

from tap_msteams import transport
from tap_msteams.errors import SettingsError
from tap_msteams.transport.trust import INSECURE, tls
from tap_msteams_sandbox import certificate
from tap_msteams_sandbox.proxy import Proxy

SSLError = requests.exceptions.SSLError
SESSIONS = [transport.session, transport.identity_session, transport.broker_session]


def shown_by(server):
    """The fingerprint of the certificate that a server shows."""
    pem = ssl.get_server_certificate(("127.0.0.1", server.server_port))
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()


def refusal(settings, url, error=SSLError):
    """The line that tells why a server was not reached."""
    with transport.session(settings) as session, pytest.raises(error) as caught:
        session.get(url)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_setting_decides_whom_to_trust_before_the_environment(
    server, settings, monkeypatch, tmp_path
):
    other = certificate.issue(tmp_path).ca_path
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(other))
    with transport.session(settings()) as session:
        assert session.get(server.url).ok


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_environment_decides_whom_to_trust_without_a_setting(
    server, settings, issued, monkeypatch, name
):
    monkeypatch.setenv(name, str(issued.ca_path))
    with transport.session(settings(ca_bundle=None)) as session:
        assert session.get(server.url).ok


@pytest.mark.parametrize("spelling", ["as it is", "in one line", "with spaces around"])
def test_the_authorities_can_be_given_as_a_text(server, settings, issued, spelling):
    text = issued.ca_path.read_text()
    text = {"in one line": text.replace("\n", "\\n"), "as it is": text}.get(spelling, f"\n{text} ")
    with transport.session(settings(ca_bundle=text)) as session:
        assert session.get(server.url).ok


@pytest.mark.parametrize("name", ["ca.pem", "network.crt"])
def test_the_authorities_can_be_given_as_a_folder(server, settings, issued, tmp_path, name):
    (tmp_path / name).write_bytes(issued.ca_path.read_bytes())
    (tmp_path / "README").write_text("no certificate")
    with transport.session(settings(ca_bundle=str(tmp_path))) as session:
        assert session.get(server.url).ok


@pytest.mark.skipif(not shutil.which("openssl"), reason="only OpenSSL's program names such files")
def test_the_authorities_can_be_given_as_a_folder_that_openssl_made(
    server, settings, issued, tmp_path
):
    asked = ["openssl", "x509", "-subject_hash", "-noout", "-in", str(issued.ca_path)]
    name = subprocess.run(asked, capture_output=True, check=True, text=True).stdout.strip()
    (tmp_path / f"{name}.0").write_bytes(issued.ca_path.read_bytes())
    with transport.session(settings(ca_bundle=str(tmp_path))) as session:
        assert session.get(server.url).ok


def test_a_folder_without_certificates_is_told(settings, tmp_path):
    with pytest.raises(SettingsError, match=r"'ca_bundle' .*holds no PEM files"):
        transport.session(settings(ca_bundle=str(tmp_path)))


def test_the_authorities_of_the_system_can_be_trusted(server, settings, issued, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.ca_path))
    with transport.session(settings(ca_bundle="system")) as session:
        assert session.get(server.url).ok
    monkeypatch.delenv("SSL_CERT_FILE")
    assert "is not trusted" in refusal(settings(ca_bundle="system"), server.url)


def test_an_authority_in_the_middle_of_the_chain_is_enough(serve, settings, tmp_path):
    middle = trustme.CA().create_child_ca()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    middle.issue_cert("localhost").configure_cert(context)
    path = tmp_path / "middle.pem"
    middle.cert_pem.write_to_path(str(path))
    with transport.session(settings(ca_bundle=str(path))) as session:
        assert session.get(serve(context).url).ok


@pytest.mark.parametrize("opened", SESSIONS)
def test_public_authorities_alone_are_trusted_otherwise(server, settings, opened):
    with opened(settings(ca_bundle=None)) as session, pytest.raises(SSLError):
        session.get(server.url)


def test_who_is_not_trusted_is_told_with_the_setting_to_change(server, settings):
    line = refusal(settings(ca_bundle=None), server.url)
    assert line.startswith("its certificate is not trusted (")
    assert "'ca_bundle' (env TAP_MSTEAMS_CA_BUNDLE)" in line


def test_another_name_in_the_certificate_is_told_with_the_setting_of_the_address(
    serve, settings, tmp_path
):
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("graph.contoso.example").configure_cert(context)
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    line = refusal(settings(ca_bundle=str(path)), serve(context).url)
    assert "its certificate is for another name than localhost:" in line
    assert "'graph_url' (env TAP_MSTEAMS_GRAPH_URL)" in line


def test_a_server_without_tls_is_told_with_the_setting_of_the_address(plain, settings):
    line = refusal(settings(), f"https://localhost:{plain.server_port}")
    assert line.startswith("no TLS connection comes about (")
    assert "'graph_url'" in line


@pytest.mark.parametrize("content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nx"])
def test_an_unusable_bundle_is_told_by_its_setting(settings, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=r"'ca_bundle' \(env TAP_MSTEAMS_CA_BUNDLE\)") as caught:
        transport.session(settings(ca_bundle=str(path)))
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unusable_text_is_told_by_its_setting_and_not_repeated(settings):
    text = "-----BEGIN PRIVATE KEY-----\nsecret\n-----END PRIVATE KEY-----"
    with pytest.raises(SettingsError, match=r"'ca_bundle' .*its text holds no readable") as caught:
        transport.session(settings(ca_bundle=text))
    assert "secret" not in str(caught.value)


def test_an_unusable_bundle_of_the_environment_is_told_by_its_variable(settings, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with pytest.raises(SettingsError, match="REQUESTS_CA_BUNDLE: there is no file"):
        transport.session(settings(ca_bundle=None))


@pytest.mark.parametrize("opened", SESSIONS)
@pytest.mark.parametrize("spelling", ["small", "capital with colons", "one of two"])
def test_a_pinned_certificate_needs_no_authority(server, settings, opened, spelling):
    pin = shown_by(server)
    if spelling == "capital with colons":
        pin = ":".join(pin[at : at + 2] for at in range(0, 64, 2)).upper()
    elif spelling == "one of two":
        pin = f"{'0' * 64}, {pin}"
    with opened(replace(settings(ca_bundle=None), certificate_fingerprint=pin)) as session:
        for host in ("localhost", "127.0.0.1"):
            assert session.get(server.url.replace("localhost", host)).ok


@pytest.mark.parametrize("opened", SESSIONS)
def test_no_authority_makes_up_for_another_certificate_than_the_pinned_one(
    server, settings, opened
):
    pinned = settings(certificate_fingerprint="0" * 64)
    with (
        opened(pinned) as session,
        pytest.raises(SSLError, match="another than the pinned one") as caught,
    ):
        session.get(server.url, headers={"Authorization": "Bearer token"})
    assert shown_by(server).upper() in str(caught.value)
    assert "'certificate_fingerprint' (env TAP_MSTEAMS_CERTIFICATE_FINGERPRINT)" in str(
        caught.value
    )
    assert server.seen == []


def test_the_pin_holds_behind_a_proxy(server, settings):
    with Proxy() as proxy:
        for url in (proxy.url, proxy.socks_url):
            wrong = settings(proxy_url=url, certificate_fingerprint="0" * 64)
            assert "another than the pinned one" in refusal(wrong, server.url)
            right = settings(proxy_url=url, certificate_fingerprint=shown_by(server))
            with transport.session(right) as session:
                assert session.get(server.url).ok
    assert len(server.seen) == 2


def test_an_older_thumbprint_can_be_pinned_where_a_machine_knows_no_other(server):
    pem = ssl.get_server_certificate(("127.0.0.1", server.server_port))
    thumbprint = hashlib.sha1(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    for pin, answers in ((thumbprint.upper(), True), ("0" * 40, False)):
        with requests.Session() as session:
            pinned = transport.PinnedContext([pin])
            session.mount("https://", transport.DirectTransport(pinned, (1.0, 1.0)))
            if answers:
                assert session.get(server.url).ok
            else:
                with pytest.raises(SSLError):
                    session.get(server.url)


def test_verification_cannot_be_switched_off_for_a_request(server, settings):
    with transport.session(settings(ca_bundle=None)) as session:
        session.verify = False
        with pytest.raises(SSLError):
            session.get(server.url, verify=False)
    assert server.seen == []


@pytest.mark.parametrize("value", [None, "", "0", "true"])
def test_verification_cannot_be_switched_off_by_the_setting_alone(
    settings, monkeypatch, caplog, value
):
    if value is not None:
        monkeypatch.setenv(INSECURE, value)
    with pytest.raises(SettingsError, match=f"'tls_verify' .*{INSECURE}=1"):
        transport.session(settings(tls_verify=False))
    assert caplog.text == ""


def test_verification_cannot_be_switched_off_by_the_environment_alone(
    server, settings, monkeypatch
):
    monkeypatch.setenv(INSECURE, "1")
    assert "not trusted" in refusal(settings(ca_bundle=None), server.url)


@pytest.mark.parametrize("opened", SESSIONS)
def test_verification_switched_off_twice_is_off_and_warned_about_each_time(
    server, settings, monkeypatch, caplog, opened
):
    monkeypatch.setenv(INSECURE, "1")
    for _ in range(2):
        with opened(settings(ca_bundle=None, tls_verify=False)) as session:
            assert session.get(server.url).ok
    warnings = [it for it in caplog.records if it.levelno == logging.WARNING]
    assert len(warnings) == 2
    assert all("'tls_verify'" in it.message for it in warnings)


def test_a_pin_is_checked_even_where_verification_is_off(server, settings, monkeypatch):
    monkeypatch.setenv(INSECURE, "1")
    unsafe = settings(tls_verify=False, certificate_fingerprint="0" * 64)
    assert "another than the pinned one" in refusal(unsafe, server.url)


def protocol(context, issued):
    """The protocol that a client with a context agrees on with a server."""
    issued.context.set_alpn_protocols(["http/1.1", "other"])
    one, two = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(one, two, server_hostname="localhost")
    server = issued.context.wrap_bio(two, one, server_side=True)
    for side in (client, server, client, server):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return client.selected_alpn_protocol()


@pytest.mark.parametrize("trusts", ["authorities", "the system", "a pin", "everybody"])
def test_what_connections_share_is_complete_before_the_first_of_them(
    settings, issued, monkeypatch, trusts
):
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.ca_path))
    monkeypatch.setenv(INSECURE, "1")
    changes = {
        "authorities": {},
        "the system": {"ca_bundle": "system"},
        "a pin": {"certificate_fingerprint": issued.fingerprint},
        "everybody": {"tls_verify": False},
    }
    context = tls(settings(**changes[trusts]))
    context.set_alpn_protocols(["other"])  # as urllib3 does for each connection

    assert protocol(context, issued) == "http/1.1"
