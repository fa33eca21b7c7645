"""The documents in pieces, and the examples in them with a sandbox's values."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

from tap_msteams.streams import STREAMS
from tests.auth.person import Person
from tests.commands.machine import shown
from tests.conftest import PATIENCE

ROOT = Path(__file__).parent.parent

WAYS = {
    "Client secret": "service_principal",
    "Certificate": "certificate",
    "Workload identity federation": "workload_identity",
    "Managed identity": "managed_identity",
    "A user": "public_client",
    "Refresh token": "refresh_token",
    "Code from another machine": "public_client",
    "Access token": "access_token",
    "Azure CLI": "azure_cli",
    "Nango": "nango",
}
"""The sections of `docs/sign-in.md` with examples, and what the sandbox calls each way."""


def page(name):
    return (ROOT / "docs" / f"{name}.md").read_text()


def sections(text):
    """What is below each heading."""
    parts = re.split(r"^##+ (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def blocks(text, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def code(text):
    """What is between backticks outside of blocks."""
    plain = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", plain)


def tables(text):
    """The rows of each table below its head, as cells."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line] for line in lines]
    heads = [number - 1 for number, row in enumerate(rows) if set(row[0]) == {"-"}]
    ends = [*heads[1:], len(rows)]
    return [rows[head + 2 : end] for head, end in zip(heads, ends, strict=True)]


def chosen_by_default():
    """The `select` of a first Meltano project: no column that costs much or needs more."""
    usual = [stream for stream in STREAMS if stream.selected_by_default]
    costly = [f"!{stream.name}.{name}" for stream in usual for name in stream.on_request]
    return [f"{stream.name}.*" for stream in usual] + costly


def example(title):
    """A section's example as JSON, as Meltano's `config`, and what is in its `.env`."""
    text = sections(page("sign-in"))[title]
    [config] = blocks(text, "json")
    [extractor] = blocks(text, "yaml")
    lines = "".join(blocks(text, "dotenv")).splitlines()
    return (
        json.loads(config),
        yaml.safe_load(extractor)["config"],
        dict(line.split("=", 1) for line in lines),
    )


def filled(sandbox, title, given):
    """An example with the sandbox's values in the place of those in the document."""
    config = sandbox.config(WAYS[title])
    hosts = {"graph_url", "authority_host", "ca_bundle", "nango_host"} & {*config}
    if "oauth_verifier" in given:
        config["oauth_verifier"] = address_after_sign_in(sandbox)
    own = {
        key: value if key == "auth_method" else config.get(key, value)
        for key, value in given.items()
    }
    return {**own, **{key: config[key] for key in hosts}, "rate_limit_share": 0}


def started(sandbox, *arguments):
    """A command of the tap, for the sandbox's public application."""
    settings = sandbox.environment("public_client")
    del settings["TAP_MSTEAMS_TOKEN_CACHE_PATH"]
    return subprocess.Popen(
        [sys.executable, "-m", "tap_msteams", "--config=ENV", *arguments],
        env={**os.environ, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def address_after_sign_in(sandbox):
    """What `url` and a person on another machine bring."""
    url, said = started(sandbox, "url", "--no-pkce").communicate(timeout=PATIENCE)
    assert url, said
    return Person(sandbox.ca_bundle).visit(url.strip())


def sign_in(sandbox, process):
    """Enter the code that a command shows; return what else it says."""
    sandbox.entra.devices.approve(shown(process, r"code (\w+) "))
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    return said
