"""Laws of texts from anybody on their way to a log or a terminal."""

from __future__ import annotations

import io
import json
import logging

import pytest
from singer_sdk.logging import ConsoleFormatter

from tap_msteams.client.metrics import endpoint
from tap_msteams.client.request import Request
from tap_msteams.client.verdict import verdict
from tap_msteams.errors import GraphError, public_path
from tap_msteams.logs import RedactingFormatter, redact
from tap_msteams.preflight.check import Check
from tap_msteams.preflight.doctor import Report
from tap_msteams.preflight.tables import tell_report
from tap_msteams.settings import problems
from tests.work import LENGTH, MOST, TIMES, growth

ROOT = "https://graph.microsoft.com/v1.0"


def refusal(message):
    body = json.dumps({"error": {"code": "Forbidden", "message": message}}).encode()
    return str(verdict(Request(f"{ROOT}/teams/1", None), 403, {}, body))


PLACES = {
    "the log": redact,
    "an error": refusal,
    "a page of a proxy": lambda text: str(
        verdict(Request(f"{ROOT}/teams", None), 502, {}, text.encode())
    ),
    "an address in the metrics": lambda text: endpoint(f"{ROOT}/{text}"),
    "an address in an error": lambda text: public_path(f"{ROOT}/{text}"),
}
REPEATED = [
    "a",
    " ",
    "A-",
    "(",
    "<",
    "eyJ-",
    "eyJa",
    "eyJa.",
    "0.A",
    "://a:",
    "a@",
    "Bearer ",
    "code=",
    "client_secret=",
    'password": "',
    "authorization: a ",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "/users/",
    "/users('",
    "Roles on the request",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("repeated", REPEATED)
def test_time_grows_with_the_length_of_a_text_and_no_faster(place, repeated):
    short = repeated * (LENGTH // len(repeated))
    assert growth(PLACES[place], short, short * TIMES) < MOST


HOSTILE = "a\x1b]0;title\x07b\r\nERROR c\x9b2J\u202ed"
SHOWN = "a\\x1b]0;title\\x07b\\r\\nERROR c\\x9b2J\\u202ed"


def test_a_line_of_the_log_is_one_line_that_moves_no_cursor():
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(RedactingFormatter(ConsoleFormatter()))
    error = ValueError(HOSTILE)
    for text, found in ((HOSTILE, None), ("once more", (ValueError, error, None))):
        handler.handle(logging.LogRecord("tap", logging.ERROR, "", 0, "%s", (text,), found))

    first, second, *traceback = stream.getvalue().splitlines()
    assert first.endswith(SHOWN)
    assert second.endswith("once more")
    assert traceback
    assert "\x1b" not in stream.getvalue()


def test_an_error_of_graphs_moves_no_cursor():
    error = GraphError("/teams", 403, code=HOSTILE, message=HOSTILE)

    assert error.code == SHOWN
    assert error.message == SHOWN.replace("\\r\\n", " ")
    assert str(error) == f"/teams: 403 {error.code}: {error.message}"


def test_a_key_of_the_configuration_begins_no_line():
    found = [line for line in problems({HOSTILE: 1}) if "there is no setting" in line]

    assert found
    assert all("\n" not in line and "\x1b" not in line for line in found)


def test_the_report_of_the_doctor_moves_no_cursor():
    file = io.StringIO()
    tell_report(Report(checks=[Check("sign-in", "ok", HOSTILE, HOSTILE)]), file)

    assert not {"\x1b", "\x07", "\r", "\x9b"} & {*file.getvalue()}
    assert "ERROR" in file.getvalue()
