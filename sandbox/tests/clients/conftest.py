from __future__ import annotations

import os

import pytest
from requests.adapters import HTTPAdapter

from sandbox.tests.clients import pointed
from tap_msteams_sandbox import Sandbox, Tenant

SIZES = {"seed": 7, "teams": 3, "channels": 3, "messages": 40, "users": 30}


@pytest.fixture(scope="package")
def sandbox():
    """A sandbox that no client changes, in a tenant without a group that misleads them."""
    with Sandbox(Tenant(**SIZES, tidy=True)) as opened:
        yield opened


@pytest.fixture
def facts(sandbox):
    return sandbox.facts()


@pytest.fixture(autouse=True)
def _trusting(sandbox, monkeypatch):
    """Every library trusts the sandbox, and goes past all proxies."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.setenv(name, sandbox.ca_bundle)
    monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1")


@pytest.fixture
def pointed_here(sandbox, monkeypatch):
    """Requests for Microsoft come here instead."""
    for name, value in sandbox.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(HTTPAdapter, "send", pointed.send)


@pytest.fixture
def environment(sandbox):
    """The environment of a client that is a program."""
    return {**os.environ, **sandbox.environment()}


@pytest.fixture(scope="package")
def expected_rows(sandbox):
    """The ids of a collection, or the whole rows."""

    def told(collection, *names):
        rows = list(sandbox.tenant.expected(collection))
        return {tuple(row[it] for it in names) for row in rows} if names else rows

    return told
