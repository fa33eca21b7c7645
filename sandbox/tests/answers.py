"""Answers of Graph, and what Microsoft's metadata declares of them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[2]
TYPES = json.loads((ROOT / "tests" / "graph" / "types.json").read_text())
"""The types of Graph's published metadata."""


def declared(entity):
    """The names of a type's properties."""
    return [item["name"] for item in TYPES[entity]["properties"]]


def error(response):
    """The status of a refusal, and Graph's code."""
    return response.status_code, response.json()["error"]["code"]


def by_id(rows):
    return {row["id"]: row for row in rows}


def said_by(token):
    """What a token says of itself."""
    return json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def in_channel(channel, below):
    return f"/teams/{channel.team.id}/channels/{quote(channel.id)}/{below}"


def in_chat(chat, below=""):
    return f"/chats/{quote(chat.id)}{below}"


def chat_export(client, user, query=""):
    return client.rows(f"/users/{user}/chats/getAllMessages{query}")
