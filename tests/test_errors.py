from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from requests.structures import CaseInsensitiveDict

from tap_msteams.errors import (
    ExpiredError,
    ForbiddenError,
    GraphError,
    MissingError,
    NotEntitledError,
    NotGrantedError,
    RejectedError,
    TapError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
    UnsupportedError,
    graph_error,
    late_error,
    public_path,
    retry_after_seconds,
)

URL = "https://graph.microsoft.com/v1.0/teams?$select=id"
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
TRACE = "0f9f5a1c-2b7e-4f4b-9c77-1d6d2c1a0001"
NO_ROLE = "Missing role permissions on the request. API requires one of 'Team.ReadBasic.All'."
NO_SCOPE = "Missing scope permissions on the request. API requires one of 'Team.ReadBasic.All'."
NO_POLICY = "No application access policy found for this app"
PAGE = b"<html><head><title>502</title></head>\n<body><h1>Bad\nGateway</h1></body></html>"


def body(code="", message="", **inner):
    return json.dumps({"error": {"code": code, "message": message, **inner}}).encode()


def refused(status, content=b"", url=URL, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return graph_error(url, status, CaseInsensitiveDict(named), content)


@pytest.mark.parametrize(
    ("status", "code", "message", "kind"),
    [
        (400, "BadRequest", "Query option '$x' is not allowed.", RejectedError),
        (400, "Request_UnsupportedQuery", "", RejectedError),
        (400, "syncStateNotFound", "", ExpiredError),
        (401, "InvalidAuthenticationToken", "Access token has expired.", TokenRejectedError),
        (402, "PaymentRequired", "", UnsupportedError),
        (403, "Forbidden", NO_ROLE, NotGrantedError),
        (403, "Forbidden", NO_SCOPE, NotGrantedError),
        (403, "Authorization_RequestDenied", "Insufficient privileges.", NotGrantedError),
        (403, "Forbidden", NO_POLICY, NotEntitledError),
        (403, "UnknownError", "", ForbiddenError),
        (404, "NotFound", "No team found with Group Id x", MissingError),
        (405, "Request_BadRequest", "", UnsupportedError),
        (408, "", "", UnavailableError),
        (409, "Conflict", "", UnavailableError),
        (410, "Gone", "", ExpiredError),
        (404, "ItemNotFound", "", MissingError),
        (410, "resyncRequired", "", ExpiredError),
        (412, "PreconditionFailed", "", UnsupportedError),
        (418, "", "", RejectedError),
        (423, "Locked", "", UnavailableError),
        (429, "TooManyRequests", "", ThrottledError),
        (429, "activityLimitReached", "", ThrottledError),
        (500, "UnknownError", "", UnavailableError),
        (501, "NotImplemented", "", UnsupportedError),
        (502, "UnknownError", "", UnavailableError),
        (503, "serviceNotAvailable", "", UnavailableError),
        (504, "", "", UnavailableError),
        (509, "", "", UnavailableError),
        (302, "", "", RejectedError),
    ],
)
def test_a_refusal_becomes_the_error_that_says_what_to_do(status, code, message, kind):
    error = refused(status, body(code, message))
    assert type(error) is kind
    assert (error.status, error.code, error.message) == (status, code, message)


def test_every_kind_ends_a_run_or_leaves_a_gap():
    assert all(issubclass(kind, TapError) for kind in GraphError.__subclasses__())
    assert issubclass(NotGrantedError, ForbiddenError)


def test_a_missing_permission_is_a_matter_of_403_alone():
    assert type(refused(400, body("BadRequest", NO_ROLE))) is RejectedError


@pytest.mark.parametrize("name", ["innerError", "innererror"])
def test_the_request_id_is_found_in_the_body_where_no_header_has_it(name):
    inner = {name: {"code": "x", "request-id": TRACE, "innerError": {"code": "y"}}}
    assert refused(500, body("UnknownError", **inner)).request_id == TRACE


def test_the_request_id_of_the_header_goes_first():
    inner = {"innerError": {"request-id": "other"}}
    assert refused(500, body(**inner), Request_Id=TRACE).request_id == TRACE


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"error": "invalid_grant"}',
        b'{"error": null}',
        b'{"error": {"code": null, "message": null, "innerError": null}}',
        b'{"error": {"code": "x", "innerError": {"code": null, "request-id": null}}}',
        b'{"error": {"code": 503, "message": "a\\nb"}}',
        b'{"error": {"code": "UnknownError", "message":',
        PAGE,
        b"<" * 100_000,
    ],
)
def test_whatever_graph_sends_becomes_one_short_line(content):
    error = refused(503, content, Request_Id=TRACE)
    assert type(error) is UnavailableError
    assert len(str(error)) < 250
    assert "\n" not in str(error)
    assert str(error).startswith("/teams: 503")
    assert str(error).endswith(f"(request-id {TRACE})")


def test_a_page_of_a_proxy_is_told_by_its_words():
    assert str(refused(502, PAGE)) == "/teams: 502: 502 Bad Gateway"


@pytest.mark.parametrize("status", [402, 404, 405, 410, 412, 501])
def test_only_graph_itself_can_say_that_there_is_nothing(status):
    error = refused(status, PAGE)
    assert type(error) is RejectedError
    assert "no answer of Graph's, check `graph_url` and the proxy" in str(error)
    assert type(refused(status, PAGE, Request_Id=TRACE)) is not RejectedError
    assert type(refused(status, body("NotFound"))) is not RejectedError


def test_one_line_has_the_path_the_answer_and_the_id_to_quote():
    error = refused(403, body("Forbidden", "Not\r\nyou."), Request_Id=TRACE)
    assert str(error) == f"/teams: 403 Forbidden: Not you. (request-id {TRACE})"


def test_an_error_without_an_answer_is_a_line_too():
    assert str(UnavailableError("/teams", message="timed out")) == "/teams: timed out"


@pytest.mark.parametrize(
    ("code", "inner", "kind"),
    [
        ("TooManyRequests", {"innerError": {"code": "429", "request-id": TRACE}}, ThrottledError),
        ("NotFound", {"innererror": {"code": 404}}, MissingError),
        ("UnknownError", {"innerError": {"code": "somethingElse"}}, UnavailableError),
        ("UnknownError", {}, UnavailableError),
    ],
)
def test_an_error_in_the_body_of_a_good_answer_is_one(code, inner, kind):
    error = late_error(URL, CaseInsensitiveDict({"Retry-After": "3"}), body(code, **inner))
    assert type(error) is kind
    assert (error.code, error.retry_after) == (code, 3)


@pytest.mark.parametrize("content", [b"", b'{"value":[]}', b'{"value":[', b"[]", PAGE])
def test_a_good_answer_without_an_error_has_none(content):
    assert late_error(URL, CaseInsensitiveDict(), content) is None


def test_the_challenge_of_a_rejected_token_is_kept():
    assert refused(401, WWW_Authenticate='Bearer claims="x"').challenge == 'Bearer claims="x"'
    assert refused(401).challenge == ""


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        ("2.128", 2.128),
        ("0", 0.0),
        ("-3", 0.0),
        ("soon", None),
        ("7 seconds", None),
        ("nan", None),
        ("inf", None),
        ("1e999", None),
        ("Fri, 20 Nov 2026 03:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 03:00:30", 30.0),
        ("Fri, 20 Nov 2026 03:00:30 -0000", 30.0),
        ("Fri, 20 Nov 2026 04:00:30 +0100", 30.0),
        ("Fri, 20 Nov 2026 02:59:00 GMT", 0.0),
        ("Fri, 99 Nov 2026 03:00:30 GMT", None),
        ("Fri, 20 Nov 99999999999999999999 03:00:30 GMT", None),
    ],
)
def test_graph_says_how_long_to_wait_in_several_ways(header, seconds):
    assert retry_after_seconds(header, NOW) == seconds


@pytest.mark.parametrize("status", [429, 503])
def test_the_wait_is_kept_with_the_error(status):
    assert refused(status, Retry_After="2.5").retry_after == 2.5
    assert refused(status).retry_after is None


def test_a_date_to_wait_for_is_one_of_graphs_own_clock():
    there = datetime(2031, 5, 6, tzinfo=UTC)
    error = refused(
        429,
        Date=format_datetime(there, usegmt=True),
        Retry_After=format_datetime(there.replace(second=20), usegmt=True),
    )
    assert error.retry_after == 20


@pytest.mark.parametrize("date", [None, "", "today", "Fri, 20 Nov 99999999999999999999 03:00 GMT"])
def test_a_date_to_wait_for_is_one_of_our_clock_where_graph_names_no_time(date):
    headers = {"Retry_After": "Thu, 01 Jan 2026 00:00:00 GMT"} | ({"Date": date} if date else {})
    assert refused(429, **headers).retry_after == 0


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "/teams"),
        ("/teams/1/channels/19:a@thread.tacv2?$top=5", "/teams/1/channels/19:a@thread.tacv2"),
        ("https://graph.microsoft.com/v1.0/users/ada@contoso.com", "/users/{id}"),
        ("https://graph.microsoft.com/v1.0/users/1/chats?$skiptoken=x", "/users/{id}/chats"),
        ("https://graph.microsoft.com/v1.0/users('1')/chats", "/users('{id}')/chats"),
        ("https://graph.microsoft.com/v1.0/users(%27a%40b%27)/chats", "/users(%27{id}%27)/chats"),
        ("/users", "/users"),
    ],
)
def test_no_query_and_no_id_of_a_person_is_in_a_path_that_is_shown(url, shown):
    assert public_path(url) == shown
    assert refused(500, url=url).path == shown
