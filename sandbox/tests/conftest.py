from __future__ import annotations

import os
from contextlib import ExitStack

import pytest
import requests

from tap_msteams_sandbox import Sandbox, Tenant
from tap_msteams_sandbox.areas.chats import Chats

SMALL = {"seed": 7, "teams": 3, "channels": 3, "messages": 40, "users": 30}
PREFER = {"Prefer": "include-unknown-enum-members"}

# What a machine may have set, and what would change what a test means.
FOREIGN = ("AZURE_", "IDENTITY_", "MSI_", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in list(os.environ):
        if name.startswith(FOREIGN) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


class Client:
    """A plain HTTP client that is signed in at a sandbox."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.root = f"{sandbox.graph_url}/v1.0"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = sandbox.ca_bundle
        self.sign_in()

    def sign_in(self):
        facts = self.sandbox.facts()
        form = {
            "client_id": facts.client_id,
            "client_secret": facts.client_secret,
            "grant_type": "client_credentials",
            "scope": f"{facts.graph_url}/.default",
        }
        if facts.auth == "refresh_token":
            form |= {"grant_type": facts.auth, "refresh_token": facts.refresh_token}
        url = f"{facts.authority_host}/{facts.tenant_id}/oauth2/v2.0/token"
        token = self.session.post(url, data=form).json()["access_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"

    @property
    def teams(self):
        return list(self.sandbox.tenant.teams.values())

    def send(self, method, path, **options):
        url = path if path.startswith("https://") else self.root + path
        return self.session.request(
            method, url, headers={**PREFER, **options.pop("headers", {})}, **options
        )

    def get(self, path, **options):
        return self.send("GET", path, **options)

    def pages(self, path):
        """The pages of a collection, as long as there is a next link."""
        link = path
        while link:
            response = self.get(link)
            assert response.status_code == 200, response.text
            page = response.json()
            yield page
            link = page.get("@odata.nextLink")

    def rows(self, path):
        return [row for page in self.pages(path) for row in page["value"]]


@pytest.fixture(scope="session")
def shared_sandbox():
    """A sandbox that no test changes."""
    with Sandbox(tenant=Tenant(**SMALL)) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def quiet(shared_sandbox):
    """A client of it."""
    return Client(shared_sandbox)


@pytest.fixture
def open_client():
    """Opens sandboxes of their own for a test, and signs in."""
    with ExitStack() as stack:

        def opened(tenant=None, **options):
            tenant = tenant or Tenant(**SMALL)
            return Client(stack.enter_context(Sandbox(tenant=tenant, **options)))

        yield opened


@pytest.fixture
def connect():
    """Signs in at a sandbox."""
    return Client


@pytest.fixture
def team(quiet):
    """The first team of the quiet tenant."""
    return next(iter(quiet.sandbox.tenant.teams.values()))


@pytest.fixture
def channel(team):
    """Its General channel."""
    return next(iter(team.channels.values()))


@pytest.fixture
def messages(team, channel):
    """The path of that channel's messages."""
    return f"/teams/{team.id}/channels/{channel.id}/messages"


@pytest.fixture
def chats(quiet):
    """Its chats."""
    return quiet.sandbox.tenant.part(Chats)


@pytest.fixture
def hosts(quiet):
    """Those who may use Teams."""
    return [person for person in quiet.sandbox.tenant.people if person.licensed]


@pytest.fixture
def crowd(chats):
    """The chat with nearly everybody."""
    return next(iter(chats.all.values()))
