"""A person in front of a browser without JavaScript, who clicks through the pages of Entra ID."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests


class Form(HTMLParser):
    """The form of a page: where it goes, what is in it, and its buttons by their id."""

    def __init__(self, page):
        super().__init__()
        self.action, self.fields, self.buttons = "", {}, {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "form":
            self.action = found["action"]
        elif tag == "input" and "name" in found:
            self.fields[found["name"]] = found.get("value", "")
        elif tag == "button":
            self.buttons[found.get("id", "")] = (found.get("name"), found.get("value"))


class Person:
    """Clicks what they want wherever a page offers it."""

    def __init__(self, ca_bundle, *wanted, code=""):
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.browser.verify = ca_bundle
        self.wanted = wanted or ("account-0", "accept")
        self.code = code
        self.seen = []

    def visit(self, url):
        """Go through the pages; return the address that Entra sends the browser to."""
        self.at, reply = url, self.browser.get(url, allow_redirects=False)
        while True:
            if location := reply.headers.get("Location"):
                return location
            self.seen.append(reply.text)
            form = Form(reply.text)
            if not form.action or urlsplit(form.action).netloc:
                self.form = form
                return form.action
            button = next((it for it in (*self.wanted, "next") if it in form.buttons), None)
            assert button, (reply.status_code, reply.text)
            name, value = form.buttons[button]
            fields = {**form.fields, **({name: value} if name else {})}
            if "otc" in fields:
                fields["otc"] = fields["otc"] or self.code
            self.at = urljoin(self.at, form.action)
            reply = self.browser.post(self.at, data=fields, allow_redirects=False)

    def sign_in(self, url):
        """Go through the pages and on to the application's own; return what that says."""
        location = self.visit(url)
        if hasattr(self, "form") and location:
            return self.browser.post(location, data=self.form.fields)
        return self.browser.get(location)


if __name__ == "__main__":
    # What the environment variable BROWSER can name: it opens a page, and its user signs in.
    Person(sys.argv[1]).sign_in(sys.argv[2])
