from __future__ import annotations

import threading
from functools import partial
from urllib.parse import parse_qs, urlsplit

import pytest

from tap_msteams.auth import login
from tap_msteams.auth.grant import admin_consent_url, parse_answer
from tap_msteams.auth.login import in_browser, with_device_code
from tap_msteams.errors import AuthenticationError, SettingsError
from tap_msteams.settings import Settings
from tap_msteams_sandbox.identity.entra import Application
from tests.auth.person import Person
from tests.conftest import PATIENCE


@pytest.fixture
def confidential(identity):
    return {"client_id": identity.confidential, "client_secret": identity.secret}


def kept(grant):
    with grant.store.locked() as entry:
        return entry


def query(url):
    return {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}


def in_a_browser(grant, person, **options):
    """Run `login` with a person who follows the page that it names."""
    pages, problems = [], []

    def say(text):
        pages.append(text.splitlines()[-1])

        def follow():
            try:
                person.sign_in(pages[0])
            except AssertionError as error:
                problems.append(error)

        threading.Thread(target=follow).start()

    try:
        in_browser(grant, say, browser=False, timeout=PATIENCE, **options)
    finally:
        assert not problems
    return pages[0]


# In a browser


@pytest.mark.parametrize("kind", ["public", "confidential"])
def test_a_user_signs_in_on_a_page(grant_of, person, confidential, kind):
    grant = grant_of(**(confidential if kind == "confidential" else {}))
    url = in_a_browser(grant, person())
    asked = query(url)
    assert asked["code_challenge_method"] == "S256"
    assert asked["scope"].split()
    assert "offline_access" in asked["scope"].split()
    entry = kept(grant)
    assert entry.refresh_token
    assert entry.access_token
    assert entry.account == "adele.vance@contoso.example"
    assert not entry.flows


def test_the_page_asks_what_the_prompt_wants(grant_of, person):
    grant, one = grant_of(), person()
    in_a_browser(grant, one)
    in_a_browser(grant, one, prompt="consent")
    assert "Permissions requested" in one.seen[-2]


def test_a_user_who_declines_is_told_how_to_go_on(grant_of, person, identity):
    identity.entra.applications[identity.public].scopes = frozenset()
    identity.entra.applications[identity.public].asks_scopes = frozenset({"Chat.Read"})
    grant = grant_of()
    with pytest.raises(AuthenticationError) as raised:
        in_a_browser(grant, person("account-0", "cancel"))
    assert "\n" not in str(raised.value)
    assert kept(grant).refresh_token is None


def test_the_answer_comes_to_a_port_of_this_machine_by_default(grant_of):
    grant = grant_of(redirect_uri=None)
    url, _ = grant.begin()
    assert query(url)["redirect_uri"] == grant.redirect_uri == "http://localhost:33333"


def test_an_unregistered_redirect_uri_leaves_the_user_on_entras_page(grant_of, person):
    grant = grant_of(redirect_uri="http://localhost/elsewhere")
    url, _ = grant.begin()
    page = person().browser.get(url)
    assert "AADSTS50011" in page.text


def test_a_store_that_cannot_be_written_is_told_before_the_user_does_anything(grant_of, tmp_path):
    (tmp_path / "file").touch()
    grant, said = grant_of(token_cache_path=str(tmp_path / "file" / "tokens.json")), []
    for sign_in in (partial(in_browser, browser=False), with_device_code):
        with pytest.raises(SettingsError, match="token_cache_path"):
            sign_in(grant, said.append)
    assert not said


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY", "BROWSER"])
def test_a_browser_needs_a_screen(monkeypatch, grant_of, variable):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(login.sys, "platform", "linux")
    assert not login.has_browser()
    with pytest.raises(AuthenticationError, match=r"login --device-code.*url.*exchange"):
        in_browser(grant_of(), pytest.fail)
    monkeypatch.setenv(variable, "x")
    assert login.has_browser()


@pytest.mark.parametrize("system", ["darwin", "win32"])
@pytest.mark.parametrize("variable", ["SSH_CONNECTION", "SSH_TTY"])
def test_over_ssh_no_browser_opens_on_a_screen_that_nobody_sees(monkeypatch, system, variable):
    for name in ("BROWSER", "SSH_CONNECTION", "SSH_TTY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(login.sys, "platform", system)
    assert login.has_browser()
    monkeypatch.setenv(variable, "x")
    assert not login.has_browser()
    monkeypatch.setenv("BROWSER", "x")
    assert login.has_browser()


def test_the_store_is_not_locked_while_the_user_signs_in(grant_of, person):
    grant, another = grant_of(), grant_of()

    def say(text):
        assert kept(another).refresh_token is None
        url = text.splitlines()[-1]
        threading.Thread(target=person().sign_in, args=(url,)).start()

    in_browser(grant, say, browser=False, timeout=PATIENCE)
    assert kept(another).refresh_token


# By hand


def test_the_address_that_the_browser_ended_at_is_enough(grant_of, person):
    url, _ = grant_of().begin()
    address = person().visit(url)
    assert address.startswith(grant_of().redirect_uri)
    grant = grant_of()  # another process
    grant.finish(parse_answer(f"  {address}\n"))
    assert kept(grant).refresh_token
    assert not kept(grant).flows


def test_so_is_the_code_alone(grant_of, person):
    url, _ = grant_of().begin()
    code = query(person().visit(url))["code"]
    grant = grant_of()
    grant.finish(parse_answer(code))
    assert kept(grant).refresh_token


@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("kind", ["public", "confidential"])
def test_without_pkce_another_machine_redeems_the_code(grant_of, person, confidential, kind, bare):
    more = confidential if kind == "confidential" else {}
    url, _ = grant_of("laptop", **more).begin(pkce=False)
    assert "code_challenge" not in url
    address = person().visit(url)
    server = grant_of("server", **more)
    server.finish(parse_answer(query(address)["code"] if bare else address))
    assert kept(server).refresh_token


def test_without_pkce_the_same_machine_can_redeem_it_too(grant_of, person):
    url, _ = grant_of().begin(pkce=False)
    grant = grant_of()
    grant.finish(parse_answer(person().visit(url)))
    assert kept(grant).refresh_token


def test_with_pkce_another_machine_cannot(grant_of, person):
    url, _ = grant_of("laptop").begin()
    address = person().visit(url)
    with pytest.raises(AuthenticationError):
        grant_of("server").finish(parse_answer(address))


def test_the_redirect_uri_can_be_a_page_of_ones_own(grant_of, person):
    grant = grant_of(redirect_uri="https://app.example/answer")
    url, _ = grant.begin()
    grant.finish(parse_answer(person().visit(url)))
    assert kept(grant).refresh_token


def test_a_code_works_once(grant_of, person):
    grant = grant_of()
    url, _ = grant.begin()
    address = person().visit(url)
    grant.finish(parse_answer(address))
    before = kept(grant).refresh_token
    with pytest.raises(AuthenticationError, match="used before"):
        grant.finish(parse_answer(address))
    assert kept(grant).refresh_token == before


def test_a_code_that_met_an_outage_can_be_used_again(grant_of, person, identity):
    grant = grant_of()
    url, _ = grant.begin()
    address = person().visit(url)
    identity.entra.outage = 503
    with pytest.raises(AuthenticationError, match="503"):
        grant.finish(parse_answer(address))
    identity.entra.outage = None
    grant.finish(parse_answer(address))
    assert kept(grant).refresh_token


def test_an_old_code_is_refused(grant_of, person, identity):
    grant = grant_of()
    url, _ = grant.begin()
    address = person().visit(url)
    identity.clock.forward(601)
    with pytest.raises(AuthenticationError, match="AADSTS70008"):
        grant.finish(parse_answer(address))


def test_the_answer_to_another_sign_in_is_not_taken_for_this_one(grant_of, person):
    grant = grant_of()
    first, _ = grant.begin()
    second, _ = grant.begin()
    codes = {name: query(person().visit(url)) for name, url in (("1", first), ("2", second))}
    with pytest.raises(AuthenticationError):
        grant.finish({**codes["1"], "state": codes["2"]["state"]})
    assert kept(grant).refresh_token is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "https://localhost/?state=x",
        "not a code",
        "http://[::1?code=x",
        "\udcff\udcfe",
        "http://localhost/?code=\udcff",
        "http://localhost/?code=%1b%5b2J",
    ],
)
def test_what_holds_no_code_is_told(text):
    with pytest.raises(AuthenticationError, match="no authorization code"):
        parse_answer(text)


@pytest.mark.parametrize(
    "text",
    [
        "1.AX-code",
        "code=1.AX-code",
        "http://localhost:33333/?code=1.AX-code",
        "http://localhost:33333/#code=1.AX-code",
        " http://localhost:33333/a?x=y&code=1.AX-code&session_state=1\r\n",
    ],
)
def test_the_code_is_found_wherever_it_is(text):
    assert parse_answer(text)["code"] == "1.AX-code"


# Answers to other sign-ins


def strange(person, grant_of):
    """The address that another machine's sign-in ended at."""
    url, _ = grant_of("attacker").begin(pkce=False)
    return person().visit(url)


def test_an_address_of_another_sign_in_is_refused_while_one_is_under_way(grant_of, person):
    grant = grant_of()
    url, _ = grant.begin()
    address = strange(person, grant_of)
    with pytest.raises(AuthenticationError, match=r"another sign-in than those.*--no-pkce"):
        grant.finish(parse_answer(address))
    assert not kept(grant).has_token
    grant.finish(parse_answer(person().visit(url)))
    assert kept(grant).refresh_token


def test_unless_whoever_gives_it_says_so(grant_of, person):
    grant = grant_of()
    grant.begin()
    grant.finish(parse_answer(strange(person, grant_of)), elsewhere=True)
    assert kept(grant).refresh_token


@pytest.mark.parametrize("bare", [True, False])
def test_a_code_from_elsewhere_needs_no_counterpart_from_here(grant_of, person, bare):
    grant = grant_of()
    grant.begin()
    answer = parse_answer(strange(person, grant_of))
    if bare:
        del answer["state"]
    grant.finish(answer, elsewhere=True)
    assert kept(grant).refresh_token


# Afterwards


def test_new_tokens_come_on_request_and_replace_the_old(grant_of, person):
    grant = grant_of()
    url, _ = grant.begin()
    grant.finish(parse_answer(person().visit(url)))
    before = kept(grant)
    grant.refresh()
    after = kept(grant)
    assert after.refresh_token != before.refresh_token
    assert after.access_token != before.access_token
    assert after.account == before.account


def test_who_has_not_signed_in_is_told_what_to_run(grant_of):
    with pytest.raises(AuthenticationError, match="tap-msteams login"):
        grant_of().refresh()


def test_a_revoked_token_leaves_the_store_as_it_was(grant_of, person, identity):
    grant = grant_of()
    url, _ = grant.begin()
    grant.finish(parse_answer(person().visit(url)))
    before = kept(grant)
    identity.entra.revoke_all()
    with pytest.raises(AuthenticationError, match="AADSTS50173"):
        grant.refresh()
    assert kept(grant) == before


def test_the_page_for_an_administrator_grants_everything(grant_of, person, identity):
    application = Application("app-of-admin", asks_roles=frozenset({"Chat.Read.All"}))
    identity.entra.applications[application.client_id] = application
    for user in identity.entra.users.values():
        user.admin = True
    grant = grant_of(client_id=application.client_id, redirect_uri="http://localhost")
    answer = query(person().visit(admin_consent_url(grant.settings)))
    assert answer["admin_consent"] == "True"
    assert "Chat.Read.All" in application.roles


@pytest.mark.parametrize("decision", ["accept", "cancel"])
def test_an_application_that_signs_in_nobody_needs_no_redirect_uri(identity, decision):
    application = Application(
        "app-of-nobody",
        "secret",
        asks_roles=frozenset({"Chat.Read.All"}),
        redirect_uris=frozenset(),
    )
    identity.entra.applications[application.client_id] = application
    for user in identity.entra.users.values():
        user.admin = True
    config = identity.config(
        "service_principal", client_id=application.client_id, client_secret="secret"
    )
    administrator = Person(identity.ca_bundle, "account-0", decision)
    administrator.visit(admin_consent_url(Settings.from_config(config)))
    assert "AADSTS500113" in administrator.seen[-1]
    assert ("Chat.Read.All" in application.roles) == (decision == "accept")
