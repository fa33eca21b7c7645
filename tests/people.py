"""People of a sandbox's tenant, and how to find them in what the tap wrote."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections import defaultdict
from urllib.parse import unquote

from singer_sdk import typing as th

from tap_msteams.schema import Many, Union
from tap_msteams.streams import STREAMS
from tests.conftest import selection

KEY = "a key of the people's choice"
SMALL = {"seed": 7, "teams": 3, "channels": 2, "messages": 20, "users": 30}
NAMES = [stream.name for stream in STREAMS]

TOKEN = re.compile(r"[A-Za-z0-9+/_-]{16,}")


def everything(names=NAMES):
    """A catalog that selects all properties, costly ones too."""
    catalog = selection(names)
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if item["breadcrumb"]:
                item["metadata"]["selected"] = True
    return catalog


def described(text):
    """The hash as the description of `people` has it."""
    return hmac.digest(KEY.encode(), text.lower().encode(), "sha256").hex()[:32]


def names_of(person):
    """What a person goes by in the tenant: ids, names and addresses."""
    return {
        person.id,
        person.display_name.lower(),
        person.mail.lower(),
        person.principal_name.lower(),
        person.mail.partition("@")[0].lower(),
    }


def anyone(people):
    """A pattern that finds any of these people."""
    known = sorted({name for person in people for name in names_of(person)}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, known)))


def readings(text):
    """What a text says, also where it is quoted or in base64."""
    plain = unquote(text)
    yield from {text, plain}
    for token in TOKEN.findall(plain):
        padded = token.translate(str.maketrans("-_", "+/")) + "=" * (-len(token) % 4)
        try:
            yield base64.b64decode(padded).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue


def texts_in(value, where):
    """Every text in a message, keys too, and where it stands."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield where, key
            yield from texts_in(item, f"{where}.{key}")
    elif isinstance(value, list):
        for item in value:
            yield from texts_in(item, where)
    elif isinstance(value, str):
        yield where, value


def places(output, people):
    """Where in the output a person is found."""
    pattern = anyone(people)
    standing = defaultdict(set)
    for message in output.messages:
        content = message.get("record") or message
        for where, text in texts_in(content, message.get("stream", message["type"])):
            standing[text].add(where)
    found = [it for it in standing if any(pattern.search(said.lower()) for said in readings(it))]
    return {where for text in found for where in standing[text]}


def people_of(sandbox):
    """Everybody whom the tenant knows, and who else is in its chats."""
    return list(sandbox.tenant.people)


def kinds(kind, where):
    """The kinds of all texts in a type, and where they stand."""
    if isinstance(kind, Many):
        yield from kinds(kind.of, where)
    elif isinstance(kind, th.ObjectType):
        known = {**kind.wrapped, **(kind.others if isinstance(kind, Union) else {})}
        for name, item in known.items():
            yield from kinds(item.wrapped, (*where, name))
    else:
        yield where, kind if isinstance(kind, type) else type(kind)


DECLARED = [
    ((stream.name, *where), kind)
    for stream in STREAMS
    for item in stream.properties.wrapped.values()
    for where, kind in kinds(item.wrapped, (item.name,))
]
