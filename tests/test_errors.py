from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from requests.structures import CaseInsensitiveDict

from tap_msteams.advice import judge
from tap_msteams.client import OWN, Request, RowDecoder
from tap_msteams.client.verdict import late_verdict, verdict
from tap_msteams.errors import (
    DisabledError,
    ExpiredError,
    ForbiddenError,
    GraphError,
    MissingError,
    NotEntitledError,
    NotGrantedError,
    NotLicensedError,
    RejectedError,
    TapError,
    ThrottledError,
    TokenRejectedError,
    UnavailableError,
    UnsupportedError,
    public_path,
    retry_after_seconds,
)

IDS = RowDecoder({"id": str})
URL = "https://graph.microsoft.com/v1.0/teams?$select=id"
NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)
TRACE = "0f9f5a1c-2b7e-4f4b-9c77-1d6d2c1a0001"
NO_ROLE = "Missing role permissions on the request. API requires one of 'Team.ReadBasic.All'."
NO_SCOPE = "Missing scope permissions on the request. API requires one of 'Team.ReadBasic.All'."
BACKEND = "Failed to execute Skype backend request GetThreadS2SRequest."
NAMED = "The principal does not have required Microsoft Graph permission(s): AuditLog.Read.All"
NO_LICENCE = "The user does not have a valid license."
NO_POLICY = "No application access policy found for this app"
PAGE = b"<html><head><title>502</title></head>\n<body><h1>Bad\nGateway</h1></body></html>"


def body(code="", message="", **inner):
    return json.dumps({"error": {"code": code, "message": message, **inner}}).encode()


def refused(status, content=b"", url=URL, **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = Request(url, IDS, proof=OWN)
    return verdict(request, status, CaseInsensitiveDict(named), content)


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
        (400, "BadRequest", BACKEND, UnavailableError),
        (401, "Unauthorized", "Teams has been disabled on the tenant.", DisabledError),
        (403, "Forbidden", "Microsoft Teams is disabled for this tenant.", DisabledError),
        (403, "Authentication_MSGraphPermissionMissing", NAMED, NotGrantedError),
        (403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", "", NotLicensedError),
        (403, "Forbidden", "The tenant does not have a valid license.", NotLicensedError),
        (423, "Locked", "", UnavailableError),
        (424, "FailedDependency", "", UnavailableError),
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


@pytest.mark.parametrize("message", [NO_POLICY, NO_LICENCE])
@pytest.mark.parametrize(
    ("url", "excused"),
    [
        ("/users/ada/onlineMeetings?$filter=x", True),
        ("https://graph.microsoft.com/v1.0/users/ada/chats?$skiptoken=x", True),
        ("/users('ada')/chats", True),
        ("/users?$top=999", False),
        ("/teams/1/members", False),
        ("/me/chats", False),
    ],
)
def test_a_licence_excuses_a_person_and_no_list(url, excused, message):
    for status in (403, 404):
        error = refused(status, body("Forbidden", message), url=url)
        assert isinstance(error, NotEntitledError) is excused
        assert (judge(error, "")[0] == "notice") is (excused or status == 404)


@pytest.mark.parametrize("status", [400, 409, 500, 503])
def test_no_word_on_a_licence_makes_an_excuse_of_trouble(status):
    error = refused(status, body("UnknownError", NO_LICENCE), url="/users/ada/chats")
    assert not isinstance(error, NotEntitledError | NotLicensedError)


@pytest.mark.parametrize(
    ("message", "remedy"), [(NO_LICENCE, "assign a licence"), (NO_POLICY, "New-Cs")]
)
def test_who_lacks_something_is_told_what_to_assign(message, remedy):
    assert remedy in refused(403, body("Forbidden", message), url="/users/ada/chats").remedy


def test_an_error_carries_what_support_asks_for_and_not_all_that_is_granted():
    granted = f"{NO_ROLE} Roles on the request 'A.Read.All, B.Read.All'."
    date = format_datetime(NOW, usegmt=True)
    more = {"request_id": TRACE, "client_request_id": "ours", "Date": date}
    error = refused(403, body("Forbidden", granted), **more)

    assert (error.message, error.date) == (NO_ROLE, NOW)
    assert (error.request_id, error.client_request_id) == (TRACE, "ours")


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"Content-Type": "text/html; charset=utf-8"}, "text/html of 78 bytes"),
        ({}, "an answer without a type of 78 bytes"),
    ],
)
def test_an_answer_that_is_no_error_of_graphs_is_told_by_its_form(named, told):
    assert refused(502, PAGE, **named).message == told


@pytest.mark.parametrize("status", [402, 405, 412, 501])
def test_a_list_of_the_whole_tenant_that_is_not_offered_is_a_gap(status):
    def severity(**asked):
        request = Request("/x", IDS, **asked)
        return judge(verdict(request, status, {}, body("NotImplemented")), "")[0]

    assert severity() == "gap"
    assert severity(proof="/teams/1") == severity(body={"ids": []}) == "notice"


def test_the_permission_that_graph_names_wins_unless_the_declared_one_is_among_them():
    error = refused(403, body("Authentication_MSGraphPermissionMissing", NAMED))
    assert error.grant("User.Read.All") == "AuditLog.Read.All"
    error = refused(403, body("Forbidden", f"{NO_ROLE[:-2]}, Group.Read.All'. Roles on x.Read.All"))
    assert error.grant("Team.ReadBasic.All") == "Team.ReadBasic.All"
    assert error.grant("Group.Read.All") == "Group.Read.All"
    assert error.grant("User.Read.All") == "Team.ReadBasic.All"
    assert refused(403, body("Authorization_RequestDenied")).grant("X.Read") == "X.Read"


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


def test_a_page_of_a_proxy_is_told_by_its_form_and_not_by_its_words():
    told = str(refused(502, PAGE, Content_Type="text/html; charset=utf-8"))
    assert told == f"/teams: 502: text/html of {len(PAGE)} bytes"
    assert "Gateway" not in str(refused(502, PAGE))


@pytest.mark.parametrize("status", [206, 302, 403, 404, 500])
def test_no_part_of_an_answer_that_is_no_error_of_graphs_is_a_message(status):
    rows = b'{"value":[{"id":"1","displayName":"Ada Lovelace"}]}'
    error = refused(status, rows, Content_Type="application/json", Request_Id=TRACE)
    assert f"application/json of {len(rows)} bytes" in str(error)
    assert "Ada" not in str(error)


def test_a_message_is_cut():
    error = refused(400, body("x" * 5_000_000, "y" * 5_000_000))
    assert len(str(error)) < 2_100


def test_a_part_of_an_answer_is_called_so_and_asked_for_again():
    error = refused(206, b'{"value":[]}', Request_Id=TRACE)
    assert type(error) is UnavailableError
    assert "a part of an answer only" in str(error)


@pytest.mark.parametrize("status", [402, 404, 405, 410, 412, 501])
def test_only_graph_itself_can_say_that_there_is_nothing(status):
    error = refused(status, PAGE)
    assert type(error) is RejectedError
    assert "no answer of Graph's, check 'graph_url' " in str(error)
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
    error = late_verdict(
        Request(URL, IDS, proof=OWN), CaseInsensitiveDict({"Retry-After": "3"}), body(code, **inner)
    )
    assert type(error) is kind
    assert (error.code, error.retry_after) == (code, 3)


@pytest.mark.parametrize("content", [b"", b'{"value":[]}', b'{"value":[', b"[]", PAGE])
def test_a_good_answer_without_an_error_has_none(content):
    assert late_verdict(Request(URL, IDS, proof=OWN), CaseInsensitiveDict(), content) is None


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
        ("0, 120", 120.0),
        ("120, 0", 120.0),
        ("soon, 5", 5.0),
        ("1e300", 1e300),
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
        (
            "https://graph.microsoft.com/v1.0/users/a/adhocCalls/getAllTranscripts(userId='a',x=1)",
            "/users/{id}/adhocCalls/getAllTranscripts(userId='{id}',x=1)",
        ),
        (
            "https://graph.microsoft.com/v1.0/a/getAllTranscripts(meetingOrganizerUserId=%27a%27)",
            "/a/getAllTranscripts(meetingOrganizerUserId=%27{id}%27)",
        ),
        ("/users", "/users"),
    ],
)
def test_no_query_and_no_id_of_a_person_is_in_a_path_that_is_shown(url, shown):
    assert public_path(url) == shown
    assert refused(500, url=url).path == shown
