"""Laws of `doctor`: it says what is wrong and what to do, and who does that has it right."""

from __future__ import annotations

import json
import re

import pytest

from tap_msteams.advice import LEFT_OUT_BY
from tap_msteams.auth.grant import Grant
from tap_msteams.auth.remedies import REMEDIES
from tap_msteams.preflight import examine
from tap_msteams.preflight.doctor import _share
from tap_msteams.preflight.permissions import BROADER, serving
from tap_msteams.readers import GraphStream
from tap_msteams.settings import Settings
from tap_msteams.streams import STREAMS
from tap_msteams_sandbox.endpoints import Routes
from tap_msteams_sandbox.graph import ENDPOINTS, ROLES
from tests.auth.person import Person
from tests.conftest import selection
from tests.patient import DEFAULTS, UNPACED, patient
from tests.target import HastyTap
from tests.ways import APP

__all__ = ["patient"]


def redirect(sandbox):
    for application in sandbox.entra.applications.values():
        application.redirect_uris = frozenset({"http://localhost"})


def test_a_tap_with_all_permissions_is_complete(patient):
    healthy = patient()

    assert healthy.examined() == 0, healthy.told
    assert {name for name, row in healthy.rows.items() if row.selected} >= DEFAULTS
    assert all(healthy.rows[name].probe == "200" for name in DEFAULTS)
    assert healthy.report.identity.kind == "application"
    assert healthy.report.identity.tenant == healthy.sandbox.tenant.id
    assert set(healthy.report.identity.permissions) == healthy.sandbox.identity.confidential.roles
    assert healthy.report.consent is None


def test_every_stream_has_a_row_and_all_of_them_can_be_tried(patient):
    healthy = patient([stream.name for stream in STREAMS])

    assert healthy.examined(parents=3) == 0, healthy.told
    assert set(healthy.rows) == {stream.name for stream in STREAMS}
    untried = {name for name, row in healthy.rows.items() if row.verdict == "untried"}
    assert untried <= {"chat_hosted_contents", "shared_with_teams"}


def test_little_is_asked_for(patient):
    healthy = patient(list(DEFAULTS))
    healthy.examined()

    asked = [entry.path for entry in healthy.sandbox.requests]
    tops = [int(top) for target in asked for top in re.findall(r"\$top=(\d+)", target)]
    assert max(tops) <= 5
    exports = [it for it in asked if re.search(r"/teams/[^/]+/channels/getAllMessages", it)]
    assert len(exports) == 1


@pytest.mark.parametrize(
    "lacking",
    [
        set(ROLES),
        {"ChannelMessage.Read.All"},
        {"Team.ReadBasic.All", "TeamSettings.Read.All"},
    ],
    ids=["all", "messages", "teams"],
)
def test_what_is_missing_is_granted_by_following_the_report(patient, lacking, caplog):
    poor = patient(list(DEFAULTS), roles=set(ROLES) - lacking)
    application = poor.sandbox.entra.applications[poor.config["client_id"]]
    application.redirect_uris = frozenset()  # an application that nobody signs in to needs none

    assert poor.examined() == 3
    missing = set(poor.report.missing)
    needed = {s.permission for s in STREAMS if s.name in DEFAULTS}
    assert missing == needed & lacking
    for row in poor.report.streams:
        if row.selected and row.permission in missing:
            assert not row.is_readable
            assert row.granted is False
            assert row.permission in row.remedy
    assert poor.report.consent.url in poor.told

    assert poor.read() == 3
    said = re.findall(r"grant ([\w.]+) with admin consent", caplog.text)
    assert said
    assert set(said) <= missing

    assert poor.grant() == missing
    assert poor.examined() == 0, poor.told
    assert poor.read() == 0


def test_a_user_is_shown_a_link_with_just_the_missing_permissions(patient):
    poor = patient(["teams", "presence"], auth="refresh_token")
    redirect(poor.sandbox)
    application = poor.sandbox.entra.applications[poor.config["client_id"]]
    application.scopes -= {"Presence.Read.All"}

    assert poor.examined() == 3
    assert poor.report.identity.kind == "user"
    assert poor.report.missing == ["Presence.Read.All"]
    assert poor.report.consent.url.count("Read") == 1

    Person(poor.sandbox.ca_bundle).visit(poor.report.consent.url)
    assert "Run `tap-msteams refresh`" in poor.told
    Grant.from_settings(HastyTap(config=poor.config).settings).refresh()
    assert poor.examined() == 0, poor.told


def test_a_broader_permission_counts(patient):
    rich = patient(["teams"], roles={"TeamSettings.ReadWrite.All"})

    assert rich.examined() == 0
    assert (rich.rows["teams"].granted, rich.rows["teams"].by) == (
        True,
        "TeamSettings.ReadWrite.All",
    )


def test_a_stream_below_one_that_cannot_be_read_says_so(patient):
    poor = patient(["members"], roles={"TeamMember.Read.All"})

    assert poor.examined() == 3
    assert poor.rows["members"].verdict == "blocked"
    assert poor.report.missing == ["Team.ReadBasic.All"]


def test_a_wrong_tenant_is_put_right_by_the_setting_named(patient):
    lost = patient(settings={"tenant_id": "00000000-0000-0000-0000-000000000001"})

    assert lost.examined() == 1
    assert "'tenant_id'" in lost.checks["sign-in"].remedy
    del lost.settings["tenant_id"]
    assert lost.examined() == 0


def test_an_expired_secret_is_put_right_by_the_setting_named(patient):
    late = patient()
    application = late.sandbox.identity.confidential
    application.secret_expires = 0

    assert late.examined() == 1
    assert late.checks["sign-in"].remedy.startswith(REMEDIES[7000222])
    assert "client secret" not in late.checks, "nothing is said to be well that is not"
    application.secret, application.secret_expires = "another~secret", float("inf")
    late.settings["client_secret"] = "another~secret"
    assert late.examined() == 0


@pytest.mark.parametrize(
    ("auth", "tab"),
    [
        ("service_principal", "Service principal sign-ins"),
        ("refresh_token", "User sign-ins (non-interactive)"),
        ("managed_identity", "Managed identity sign-ins"),
    ],
)
def test_a_refusal_is_told_with_where_the_sign_in_log_explains_it(open_sandbox, auth, tab):
    at = "machine" if auth == "managed_identity" else "entra"
    sandbox = open_sandbox(faults=[f"aadsts:at={at},where=/token,number=53003,times=0"])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.machine("vm").items():
            patch.setenv(name, value)
        config = {**sandbox.config(auth), **UNPACED}
        report = examine(HastyTap(config=config))

    [check] = [it for it in report.checks if it.name == "sign-in"]
    assert (report.exit_code, check.state) == (1, "failed")
    assert "AADSTS53003" in check.remedy
    assert f"Sign-in logs, {tab}" in check.remedy


def test_shares_of_single_services_are_said():
    shares = {"rate_limit_share": 0.5, "rate_limit_shares": ["files=1"]}
    told = _share(Settings.from_config({**APP, **shares})).text

    assert told == "at most 50% of the documented ones are used, of files 100%"


def test_a_throttling_tenant_is_said_to_throttle_and_nobody_waits_for_it(patient):
    busy = patient(["teams"], faults=["429:where=teams,times=0,retry_after=600"])

    assert busy.examined() == 3
    assert busy.rows["teams"].verdict == "throttled"
    assert "rate_limit_share" in busy.rows["teams"].remedy
    busy.sandbox.faults.clear()
    assert busy.examined() == 0


def test_a_team_that_refuses_can_be_left_out_as_the_report_says(patient, caplog):
    closed = patient(["teams", "channels", "members", "messages"])
    team = next(iter(closed.sandbox.tenant.teams))
    closed.sandbox.faults.add(f"403:where=teams/{team}/,times=0")

    assert closed.examined(parents=10) == 3
    row = closed.rows["members"]
    assert row.verdict == "partly"
    assert team in row.remedy
    assert closed.read() == 3
    assert row.remedy in caplog.text

    [(entry, setting)] = re.findall(r'add "(.*?)" to \'(\w+)\'', row.remedy)
    assert setting in LEFT_OUT_BY.values()
    closed.settings[setting] = [entry]
    assert closed.examined(parents=10) == 0, closed.told
    assert closed.read() == 0


def test_a_column_that_needs_a_permission_of_its_own_is_named(patient):
    named = "required Microsoft Graph permission(s): AuditLog.Read.All"
    code = "code=Authentication_MSGraphPermissionMissing"
    fault = f"error:where=signInActivity,times=0,{code},message={named}"
    lacking = patient(["users"], faults=[fault])
    catalog = selection(["users"])
    for item in catalog["streams"][0]["metadata"]:
        item["metadata"]["selected"] = True
    report = examine(HastyTap(config=lacking.config, catalog=catalog))

    [check] = [it for it in report.checks if it.name == "users"]
    assert (report.exit_code, check.state) == (0, "warning")
    assert "`signInActivity` is left out" in check.text
    assert "grant AuditLog.Read.All" in check.remedy


def test_a_choice_that_matches_nothing_is_said_before_the_run(patient):
    picky = patient(["teams", "channels"], {"teams": ["*", "Nobody's*"], "channels": ["Nobody"]})

    picky.examined()
    assert picky.checks["teams"].text == "nothing is called 'Nobody's*'"
    assert "pattern" in picky.checks["teams"].remedy
    assert "channels" not in picky.checks, "not all of them were looked at"


def test_what_an_application_alone_may_read_is_not_offered_to_a_user(patient):
    user = patient(["call_records"], auth="refresh_token")

    assert user.examined() == 3
    assert user.rows["call_records"].verdict == "unoffered"


@pytest.mark.parametrize(
    ("settings", "name", "step", "setting"),
    [
        ({"graph_url": "https://nowhere.invalid"}, "Graph", "DNS fails", "graph_url"),
        ({"proxy_url": "http://127.0.0.1:9"}, "Graph", "TCP fails", "proxy_url"),
        ({"ca_bundle": None}, "Entra ID", "TLS fails", "ca_bundle"),
    ],
)
def test_the_step_at_which_the_way_ends_is_named(patient, settings, name, step, setting):
    cut_off = patient(settings=settings)

    assert cut_off.examined() == 1
    check = cut_off.checks[name]
    assert (check.state, step in check.text) == ("failed", True)
    assert f"'{setting}'" in check.text + check.remedy


def test_somebody_else_who_answers_is_not_taken_for_graph(patient):
    astray = patient()
    astray.settings["graph_url"] = astray.sandbox.authority_host
    astray.examined()

    assert astray.checks["Graph"].state == "failed"


def test_a_wrong_clock_is_said(patient):
    ahead = patient()
    now = ahead.sandbox.tenant.clock
    ahead.sandbox.tenant.clock = lambda: now() + 3600
    ahead.examined()

    assert ahead.checks["clock"].state == "warning"


def test_no_secret_is_in_a_report(patient):
    kinds = ("client_secret", "refresh_token", "access_token")
    for auth in ("service_principal", "refresh_token", "access_token"):
        healthy = patient(auth=auth)
        healthy.examined()
        told = healthy.told + json.dumps(healthy.report.to_dict(), default=str)
        secrets = [healthy.config[it] for it in kinds if it in healthy.config]
        assert secrets
        assert not any(secret in told for secret in secrets)


def routes():
    """What the sandbox, after Microsoft's documentation, takes for each stream."""
    found = Routes(ENDPOINTS)
    for stream in STREAMS:
        if not issubclass(stream, GraphStream):
            continue
        for application in (True, False):
            path = re.sub(r"\(.*\)", "()", stream.route(application=application))
            path = path.replace("{events}", "webinars")  # or townhalls, alike
            segments = ["x" if "{" in it else it for it in path.strip("/").split("/")]
            method = "POST" if "getPresences" in path else "GET"
            endpoint, _ = found.find(method, segments)
            taken = endpoint.application if application else endpoint.delegated
            if taken:
                yield stream, application, set(taken)


def test_what_counts_as_broader_is_what_graph_takes():
    known = set()
    for stream, application, taken in routes():
        needed = stream.needs(application=application)
        broader = {it for it in BROADER.get(needed, ()) if serving(needed, {it}, stream.name)}
        if application or stream.sign_in != "application":
            assert (stream.name, broader - taken) == (stream.name, set())
            known.add(needed)
    assert known >= BROADER.keys()
