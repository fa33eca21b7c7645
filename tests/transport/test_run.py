from __future__ import annotations

import hashlib
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tap_msteams_sandbox.proxy import Proxy
from tests.conftest import run_tap

PASSWORD = "p@ss:w/rd #%40?&"


@pytest.fixture
def config(shared_sandbox):
    return shared_sandbox.config()


def read(config, **changes):
    return run_tap({**config, **changes}, streams={"teams"}).records["teams"]


@pytest.mark.parametrize("kind", ["url", "socks_url"])
def test_sign_in_and_data_both_take_the_proxy(config, kind):
    with Proxy(username="user", password=PASSWORD) as proxy:
        rows = read(
            config,
            proxy_url=getattr(proxy, kind),
            proxy_username="user",
            proxy_password=PASSWORD,
        )
    assert rows
    wanted = {urlsplit(config[key]).netloc for key in ("graph_url", "authority_host")}
    assert set(proxy.hosts) == wanted


def test_a_text_of_authorities_serves_sign_in_and_data(config):
    assert read(config, ca_bundle=Path(config["ca_bundle"]).read_text())


def test_a_pin_alone_serves_sign_in_and_data(config):
    url = urlsplit(config["graph_url"])
    pem = ssl.get_server_certificate((url.hostname, url.port))
    pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    assert read(config, ca_bundle=None, certificate_fingerprint=pin)
