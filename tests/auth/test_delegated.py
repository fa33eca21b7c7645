"""A user's sign-in from run to run: the store, its seed, and what is asked when."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, urlsplit

import pytest

from tap_msteams.auth.delegated import User as DelegatedUser
from tap_msteams.auth.grant import Grant
from tap_msteams.auth.registration import entra_session
from tap_msteams.auth.store import TokenStore
from tap_msteams.errors import AuthenticationError, SettingsError, TapError
from tap_msteams.settings import Settings
from tap_msteams_sandbox.identity.entra import User
from tests.auth.person import Person

REDIRECT_URI = "http://localhost/signed-in"
OUTDATED = "1.AXa-refresh-token-that-was-revoked"


@pytest.fixture
def run(identity, sign):
    """One run of its own: what it sends to Graph. All runs share the store."""

    def once(**changes):
        return sign(identity.authenticator("refresh_token", **changes))

    return once


@pytest.fixture
def used(identity):
    """The refresh tokens that Entra ID was shown."""
    return lambda: [it["refresh_token"] for it in identity.asked if "refresh_token" in it]


@pytest.fixture
def entry(identity):
    """What the store has now."""

    def found(**changes):
        settings = Settings.from_config(identity.config("refresh_token", **changes))
        with TokenStore.from_settings(settings, clock=identity.clock).locked() as entry:
            return entry

    return found


@pytest.fixture
def code(identity):
    """A code that the user carries over from another machine."""

    def carried(**changes):
        for application in identity.entra.applications.values():
            application.redirect_uris |= {REDIRECT_URI}
        changes = {"refresh_token": None, "redirect_uri": REDIRECT_URI, **changes}
        config = identity.config("refresh_token", **changes)
        grant = Grant.from_settings(Settings.from_config(config), clock=identity.clock, backoff=0)
        url, _ = grant.begin(pkce=False)
        return Person(identity.ca_bundle).visit(url)

    return carried


def test_the_next_run_takes_the_token_of_the_one_before(run, identity):
    assert run() == run()
    assert identity.entra.requests == 1


def test_a_run_after_its_end_goes_on_with_the_rotated_token(run, identity, used):
    identity.entra.strict = True
    for _ in range(4):
        run()
        identity.clock.forward(4000)
    assert used()[0] == identity.seed
    assert len(set(used())) == 4


def test_a_new_token_in_the_configuration_wins_over_the_store(run, identity, used):
    run()
    user = User("6f1c2f0a-30b4-4a44-9a3e-b8a6d5b0a099", "")
    application = identity.entra.applications[identity.public]
    fresh = identity.entra.issue_refresh_token(user, application)
    run(refresh_token=fresh)
    assert used() == [identity.seed, fresh]
    # And the former one, were it set again, is a new one to the store.
    run()
    assert used() == [identity.seed, fresh, identity.seed]


def test_a_wrong_new_token_leaves_the_good_one_in_the_store(run, entry):
    run()
    before = entry().refresh_token
    with pytest.raises(AuthenticationError):
        run(refresh_token="1.AXwrong")
    assert entry().refresh_token == before


# A stored token that is refused


@pytest.fixture
def outdated(run, identity):
    """A store whose refresh token Entra ID does not take any more."""
    run()
    settings = Settings.from_config(identity.config("refresh_token"))
    with TokenStore.from_settings(settings, clock=identity.clock).locked() as entry:
        entry.refresh_token, entry.access_token = OUTDATED, None


@pytest.mark.usefixtures("outdated")
def test_the_configured_token_is_tried_where_the_stored_one_is_refused(
    run, identity, used, entry, caplog
):
    assert run()
    assert used() == [identity.seed, OUTDATED, identity.seed]
    [line] = [it for it in caplog.messages if "was refused, using that of the configuration" in it]
    assert "AADSTS" in line
    assert OUTDATED not in line
    assert identity.seed not in line
    successor = entry().refresh_token
    identity.clock.forward(4000)
    run()
    assert used()[3:] == [successor]


@pytest.mark.usefixtures("outdated")
def test_so_it_is_when_new_tokens_are_asked_for_by_hand(identity, used, entry):
    Grant.from_settings(
        Settings.from_config(identity.config("refresh_token")), clock=identity.clock, backoff=0
    ).refresh()
    assert used() == [identity.seed, OUTDATED, identity.seed]
    assert entry().refresh_token not in {OUTDATED, identity.seed}


@pytest.mark.usefixtures("outdated")
def test_the_configured_token_takes_the_place_of_the_refused_one_without_a_successor(
    run, identity, entry
):
    identity.entra.issue_refresh_token = lambda *_: ""
    run()
    assert entry().refresh_token == identity.seed


def test_where_both_tokens_are_refused_each_is_tried_once(run, identity, used, entry):
    run()
    before = entry()
    identity.entra.revoke_all()
    identity.clock.forward(4000)
    with pytest.raises(AuthenticationError, match="AADSTS50173"):
        run()
    assert used() == [identity.seed, before.refresh_token, identity.seed]
    assert entry() == before


def test_an_outage_is_no_reason_to_try_the_configured_token(run, identity, used, entry):
    run()
    identity.entra.outage = 503
    identity.clock.forward(4000)
    with pytest.raises(AuthenticationError, match="try again later"):
        run()
    assert set(used()[1:]) == {entry().refresh_token}


def test_a_run_needs_no_token_in_its_configuration(run, used):
    run()
    run(refresh_token=None)
    assert len(used()) == 1


def test_nobody_having_signed_in_is_told_with_the_command(run):
    with pytest.raises(AuthenticationError, match="tap-msteams login"):
        run(refresh_token=None)


def test_nobody_is_asked_to_sign_in_without_a_terminal(run):
    with pytest.raises(AuthenticationError, match="tap-msteams login"):
        run(refresh_token=None, initiate_oauth="GETANDREFRESH")


@pytest.mark.parametrize("initiate", ["REFRESH", "GETANDREFRESH"])
def test_a_refusal_stands_where_nobody_is_there_to_sign_in(run, identity, initiate):
    identity.entra.revoke_all()
    with pytest.raises(AuthenticationError, match="AADSTS50173"):
        run(initiate_oauth=initiate)


@pytest.fixture
def user(identity):
    """A source whose user signs in when asked, and how often that was."""

    def made(**changes):
        settings = Settings.from_config(identity.config("refresh_token", **changes))
        asked = []

        def ask(settings, *, clock, **_):
            asked.append(settings)
            application = identity.entra.applications[identity.public]
            [somebody] = identity.entra.users.values()
            token = identity.entra.issue_refresh_token(somebody, application)
            with TokenStore.from_settings(settings, clock=clock).locked() as entry:
                entry.refresh_token, entry.access_token = token, None

        session = entra_session(settings, 0)
        return DelegatedUser(settings, session, identity.clock, 0, ask), asked

    return made


def test_somebody_at_the_terminal_signs_in_where_nobody_has(user, identity):
    source, asked = user(refresh_token=None, initiate_oauth="GETANDREFRESH")
    assert identity.entra.claims(source.acquire().access_token)
    source.acquire()
    assert len(asked) == 1


def test_somebody_at_the_terminal_signs_in_again_after_a_refusal(user, run, identity):
    run()
    identity.entra.revoke_all()
    identity.clock.forward(4000)
    source, asked = user(initiate_oauth="GETANDREFRESH")
    assert identity.entra.claims(source.acquire().access_token)
    assert len(asked) == 1


def test_an_outage_is_no_reason_to_sign_in(user, identity):
    identity.entra.outage = 503
    source, asked = user(initiate_oauth="GETANDREFRESH")
    with pytest.raises(AuthenticationError, match="try again later"):
        source.acquire()
    assert asked == []


def test_off_asks_for_no_token(run, identity):
    with pytest.raises(AuthenticationError, match="'initiate_oauth' is OFF"):
        run(initiate_oauth="OFF")
    assert identity.entra.requests == 0
    header = run()
    identity.clock.forward(3500)
    assert run(initiate_oauth="OFF") == header
    identity.clock.forward(100)
    with pytest.raises(AuthenticationError, match="tap-msteams refresh"):
        run(initiate_oauth="OFF")
    assert identity.entra.requests == 1


def test_off_leaves_a_code_of_another_machine_unused(run, identity, code):
    options = {"refresh_token": None, "oauth_verifier": code(), "redirect_uri": REDIRECT_URI}
    with pytest.raises(AuthenticationError, match="'initiate_oauth' is OFF"):
        run(initiate_oauth="OFF", **options)
    assert identity.entra.requests == 0
    assert run(**options)


def test_off_has_no_answer_to_a_rejected_token(identity, sign):
    sign(identity.authenticator("refresh_token"))
    authenticator = identity.authenticator("refresh_token", initiate_oauth="OFF")
    with pytest.raises(AuthenticationError, match="OFF"):
        authenticator.renew(sign(authenticator))


def test_two_runs_that_were_rejected_share_one_new_token(identity, sign):
    one, other = (identity.authenticator("refresh_token") for _ in range(2))
    rejected = sign(one)
    assert sign(other) == rejected
    one.renew(rejected)
    other.renew(rejected)
    assert sign(one) == sign(other) != rejected
    assert identity.entra.requests == 2


def test_a_challenge_is_answered_even_where_the_store_has_a_fresh_token(identity, sign):
    authenticator = identity.authenticator("refresh_token")
    rejected = sign(authenticator)
    identity.entra.challenge()
    challenge = identity.entra.challenge_to(rejected.removeprefix("Bearer "))
    authenticator.renew(rejected, challenge)
    renewed = sign(authenticator).removeprefix("Bearer ")
    assert identity.entra.challenge_to(renewed) is None


def test_nor_is_what_another_run_got_without_the_claims_an_answer(identity, sign):
    one, other = (identity.authenticator("refresh_token") for _ in range(2))
    rejected = sign(one)
    other.renew(sign(other))
    identity.entra.challenge()
    one.renew(rejected, identity.entra.challenge_to(rejected.removeprefix("Bearer ")))
    assert identity.entra.challenge_to(sign(one).removeprefix("Bearer ")) is None


def test_a_code_of_another_machine_is_redeemed_once(run, identity, code, used):
    carried = code()
    options = {"refresh_token": None, "oauth_verifier": carried, "redirect_uri": REDIRECT_URI}
    header = run(**options)
    assert run(**options) == header
    identity.clock.forward(4000)
    assert run(**options) != header
    codes = [
        it for it in identity.asked if "code" in it and it.get("grant_type") != "refresh_token"
    ]
    assert len([it for it in codes if it["grant_type"] == "authorization_code"]) == 1
    assert len(used()) == 1


def test_a_new_code_is_a_new_sign_in(run, identity, code):
    options = {"refresh_token": None, "redirect_uri": REDIRECT_URI}
    first = run(oauth_verifier=code(), **options)
    assert run(oauth_verifier=code(), **options) != first
    assert identity.entra.requests == 2


def test_the_code_alone_will_do(run, code):
    carried = parse_qs(urlsplit(code()).query)["code"][0]
    assert run(refresh_token=None, oauth_verifier=carried, redirect_uri=REDIRECT_URI)


@pytest.mark.parametrize(
    ("verifier", "what"),
    [
        ("http://localhost/?error=access_denied&error_description=AADSTS65004:+no", "AADSTS65004"),
        ("http://localhost/?nothing=hunter", "no authorization code"),
        ("1.AXhunter", "authorization code"),
    ],
)
def test_a_code_that_is_none_is_told(run, verifier, what):
    with pytest.raises(TapError) as caught:
        run(refresh_token=None, oauth_verifier=verifier, redirect_uri=REDIRECT_URI)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert what in line or "code" in line
    assert "hunter" not in line


def test_a_store_that_cannot_be_written_is_warned_of_once(identity, tmp_path, caplog, sign):
    caplog.set_level(logging.WARNING)
    # Not even whoever may write everywhere can write to a folder as if it were a file.
    (tmp_path / "tokens.json.lock").mkdir()
    authenticator = identity.authenticator(
        "refresh_token", token_cache_path=str(tmp_path / "tokens.json")
    )
    for _ in range(3):
        sign(authenticator)
        identity.clock.forward(4000)
    assert len([it for it in caplog.messages if "cannot be written" in it]) == 1
    assert identity.entra.requests == 3


def test_applications_of_one_store_keep_out_of_each_others_way(run, identity, used):
    own = {"client_id": identity.confidential, "client_secret": identity.secret}
    run()
    run(**own)
    identity.clock.forward(4000)
    run()
    run(**own)
    assert used()[:2] == [identity.seed, identity.seed]
    assert len(set(used())) == 3


def test_who_signed_in_to_an_application_with_a_secret_is_told_at_once(run, identity, code, used):
    own = {"client_id": identity.confidential, "refresh_token": None}
    run(**own, client_secret=identity.secret, oauth_verifier=code(client_id=identity.confidential))
    with pytest.raises(SettingsError, match=r"'client_secret'.*as for the sign-in"):
        run(**own)
    assert used() == []
    assert run(**own, client_secret=identity.secret)
