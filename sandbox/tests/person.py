"""Somebody in front of a browser, and the pages there."""

from __future__ import annotations

import base64
import hashlib
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from sandbox.tests.clock import Clock
from tap_msteams_sandbox import Sandbox, Tenant

SCOPE = "Chat.Read offline_access openid profile"
VERIFIER = "v" * 50
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=")
CALLBACK = "http://localhost:33333"


class Page(HTMLParser):
    """The one form of a page, and its buttons by their ids."""

    def __init__(self, text):
        super().__init__()
        self.action, self.fields, self.buttons = "", {}, {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.action = found["action"]
        elif tag == "input" and "value" in found:
            self.fields[found["name"]] = found["value"]
        elif tag == "button":
            pair = {found["name"]: found["value"]} if "name" in found else {}
            self.buttons[found["id"]] = pair


class Person:
    """Somebody in front of a browser without JavaScript."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = sandbox.ca_bundle

    def open(self, path, **query):
        query = {key: value for key, value in query.items() if value is not None}
        url = self.sandbox.authority_host + path
        self.at = self.session.get(url, params=query, allow_redirects=False)
        return self

    def authorize(self, **query):
        default = {
            "client_id": self.sandbox.identity.public.client_id,
            "code_challenge": CHALLENGE.decode(),
            "code_challenge_method": "S256",
            "nonce": "once",
            "redirect_uri": CALLBACK,
            "response_type": "code",
            "scope": SCOPE,
            "state": "mine",
        }
        return self.open("/organizations/oauth2/v2.0/authorize", **{**default, **query})

    def press(self, button, **fields):
        page = Page(self.at.text)
        data = {**page.fields, **fields, **page.buttons[button]}
        url = self.sandbox.authority_host + page.action
        self.at = self.session.post(url, data=data, allow_redirects=False)
        return self

    @property
    def answer(self):
        """What the application was told in the address it was called at."""
        assert self.at.status_code == 302, self.at.text
        return dict(parse_qsl(urlsplit(self.at.headers["Location"]).query))

    def post(self, path, **form):
        url = self.sandbox.authority_host + path
        found = self.session.post(url, data=form)
        return found.json()

    def token(self, grant_type, **form):
        default = {"client_id": self.sandbox.identity.public.client_id, "grant_type": grant_type}
        form = {key: it for key, it in {**default, **form}.items() if it is not None}
        return self.post("/organizations/oauth2/v2.0/token", **form)

    def redeem(self, **form):
        code = {"code": self.answer.get("code"), "code_verifier": VERIFIER}
        return self.token("authorization_code", **{**code, "redirect_uri": CALLBACK, **form})


@pytest.fixture
def person():
    with Sandbox(tenant=Tenant(seed=7, teams=1, users=9), clock=Clock()) as sandbox:
        person = Person(sandbox)
        with person.session:
            yield person


@pytest.fixture
def public(person):
    return person.sandbox.identity.public


@pytest.fixture
def colleague(person):
    return person.sandbox.identity.colleague


def number(text):
    """The number of the error on a page."""
    return int(text.partition("AADSTS")[2].partition(":")[0])
