"""Laws of the texts that name people: what is left of them, and what plain text is made of."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_msteams.privacy import Privacy, plain_text
from tap_msteams.privacy.pseudonyms import Pseudonyms
from tap_msteams.privacy.texts import PeopleInTexts
from tap_msteams.settings import Settings
from tests.conftest import run_tap, selection
from tests.people import KEY, described
from tests.target import UNPACED

ANNA = "0c6e2f6a-93c1-4d3b-8f7a-2a5b1c9d7e01"
BO = "7b1d9a52-0d4e-4f0c-9c35-6fd2f4b8e902"
TEAM = "e2a4c6d8-1234-4abc-9def-0123456789ab"


@pytest.fixture(scope="module")
def pseudonyms():
    return Pseudonyms(KEY)


@pytest.fixture(scope="module")
def people(pseudonyms):
    return PeopleInTexts(pseudonyms)


def mention(number, name, **mentioned):
    return {"id": number, "mentionText": name, "mentioned": mentioned}


USER = mention(0, "Anna", user={"id": ANNA, "displayName": "Anna O'Brien"})
CHANNEL = mention(1, "General", user=None, conversation={"id": "19:x", "displayName": "General"})


# Pseudonyms


def test_an_id_has_one_pseudonym_however_it_is_written(pseudonyms):
    forms = (ANNA, ANNA.upper(), f"8:orgid:{ANNA}")
    assert {pseudonyms.id(form) for form in forms} == {described(ANNA)}


def test_an_address_keeps_its_scheme_only(pseudonyms):
    assert pseudonyms.mail("SMTP:Anna@x.example") == f"SMTP:{described('anna@x.example')}"
    assert pseudonyms.mail("Anna@x.example") == described("anna@x.example")


@pytest.mark.parametrize("domain", ["unq.gbl.spaces", "fed.unq.gbl.spaces"])
def test_a_chat_of_two_keeps_its_shape(pseudonyms, domain):
    hidden = pseudonyms.chat(f"19:{ANNA}_{BO}@{domain}")
    assert hidden == f"19:{described(ANNA)}_{described(BO)}@{domain}"
    assert pseudonyms.chat(hidden) == hidden


@pytest.mark.parametrize("thread", ["19:abc@thread.v2", "19:meeting_MDAx@thread.v2", "48:notes"])
def test_other_chats_stay_as_they_are(pseudonyms, thread):
    assert pseudonyms.chat(thread) == thread


def test_a_joining_address_is_the_same_however_it_is_quoted(pseudonyms):
    address = 'https://teams.microsoft.com/l/meetup-join/19:m@thread.v2/0?context={"Oid":"x"}'
    assert pseudonyms.url(address) == pseudonyms.url(address.replace('"', "%22"))


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"ask {ANNA}.", f"ask {described(ANNA)}."),
        (
            "to anna.o'brien+x@x.example,",
            f"to {described('anna.o' + chr(39) + 'brien+x@x.example')},",
        ),
        ("?users=anna%40x.example&a=b", f"?users={described('anna@x.example')}&a=b"),
        (
            "https://h-my.sharepoint.com/personal/anna_x_example/Documents/a.docx",
            f"https://h-my.sharepoint.com/personal/{described('anna_x_example')}/Documents/a.docx",
        ),
        (
            f"l/chat/19%3A{ANNA}_{BO}%40unq.gbl.spaces/0",
            f"l/chat/19%3A{described(ANNA)}_{described(BO)}%40unq.gbl.spaces/0",
        ),
    ],
    ids=["id", "mail", "quoted-mail", "site", "chat"],
)
def test_people_in_prose_and_addresses_are_hidden(pseudonyms, text, hidden):
    assert pseudonyms.scrub(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        f"https://graph.microsoft.com/v1.0/teams/{TEAM}/channels/19:abc@thread.tacv2/messages/1",
        f"l/message/1?tenantId={TEAM}&groupId={TEAM}",
        f'<attachment id="{TEAM}"></attachment>',
        "well-known, at 10 o'clock @ the office",
    ],
    ids=["team", "tenant", "attachment", "prose"],
)
def test_what_is_nobodys_stays(pseudonyms, text):
    assert pseudonyms.scrub(text) == text


# Texts


def test_a_mention_goes_by_the_whole_name_and_others_stay(people):
    text = '<p><at id="0">Anna</at>&nbsp;<at id="0">O&#39;Brien</at> in <at id="1">General</at></p>'
    name = described("Anna O'Brien")
    assert people.html(text, [USER, CHANNEL]) == (
        f'<p><at id="0">{name}</at>&nbsp;<at id="0">{name}</at> in <at id="1">General</at></p>'
    )
    assert people.mention_name("Anna", USER) == name
    assert people.mention_name("General", CHANNEL) == "General"


def test_a_mention_that_nothing_explains_is_a_persons(people):
    assert (
        people.html("<at>O&#39;Brien</at>") == f"<at>{described(chr(79) + chr(39) + 'Brien')}</at>"
    )
    quoted = '<span itemtype="http://schema.skype.com/Mention" itemid="0">Anna</span>'
    assert "Anna" not in people.html(quoted)


def test_cards_and_quotes_hide_who_is_named_in_them(people):
    content = {
        "messageSender": {
            "user": {"id": ANNA, "displayName": "Anna"},
            "application": {"id": "1", "displayName": "Dispatch"},
        },
        "msteams": {"entities": [{"mentioned": {"id": f"8:orgid:{BO}", "name": "Bo"}}]},
        "body": [{"type": "TextBlock", "text": "<at>Bo</at> or bo@x.example", "size": 2}],
        "name": "form",
    }
    hidden = json.loads(people.card(json.dumps(content)))
    assert hidden["messageSender"]["user"] == {
        "id": described(ANNA),
        "displayName": described("Anna"),
    }
    assert hidden["messageSender"]["application"] == content["messageSender"]["application"]
    assert hidden["msteams"]["entities"][0]["mentioned"] == {
        "id": described(BO),
        "name": described("Bo"),
    }
    assert hidden["body"][0]["text"] == f"<at>{described('Bo')}</at> or {described('bo@x.example')}"
    assert hidden["name"] == "form"


def test_long_texts_take_no_longer_than_they_are_long(people):
    """Pictures stand in cards as one word of a million letters."""
    text = "-" + "aB3" * 400_000
    assert people.html(text) == text
    assert people.html("<at " * 2_000) == "<at " * 2_000


def test_what_is_no_card_is_text(people):
    assert people.card("see bo@x.example {") == f"see {described('bo@x.example')} {{"


def test_a_transcript_keeps_who_spoke_apart(people):
    spoken = "WEBVTT\n\n00:00:01.000 --> 00:00:02.000\n<v Anna O'Brien>Call bo@x.example</v>"
    name, mail = described("Anna O'Brien"), described("bo@x.example")
    assert people.transcript(spoken).splitlines()[-1] == f"<v {name}>Call {mail}</v>"


# Plain text


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<p>one</p><p>two</p>", "one\ntwo"),
        ("<p>one</p><p>&nbsp;</p><p>two</p>", "one\n\ntwo"),
        ("one<br>two<br/><br/>three", "one\ntwo\n\nthree"),
        ("<ul><li>one</li><li>two</li></ul>", "- one\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a\tb\nc"),
        ('<at id="0">Anna</at>, look', "@Anna, look"),
        ('well <emoji id="smile" alt="🙂" title="Smile"></emoji>', "well 🙂"),
        ('<img itemtype="http://schema.skype.com/Emoji" alt="👍">', "👍"),
        ('<img src="x" alt="image">', "[image]"),
        ('<a href="https://x.example/?a=1&amp;b=2">this</a>', "this (https://x.example/?a=1&b=2)"),
        ('<a href="https://x.example/">https://x.example</a>', "https://x.example"),
        ('<a href="mailto:bo@x.example">bo@x.example</a>', "bo@x.example"),
        ('see<attachment id="1"></attachment>', "see\n[plan.docx]"),
        ('see<attachment id="2"></attachment>', "see\n[quoted message]"),
        ('see<attachment id="3"></attachment>', "see\n[attachment]"),
        ("a &lt;b&gt; &amp; c", "a <b> & c"),
        ('<img alt="1 > 0">x', "[1 > 0]x"),
        ("<pre>if a:\n    b</pre>", "if a:\n    b"),
        ("a <!-- not --> b", "a  b"),
        ("<systemEventMessage/>", ""),
        ("", ""),
        (None, None),
    ],
)
def test_plain_text_is_what_somebody_reads(content, text):
    attachments = [{"id": "1", "name": "plan.docx"}, {"id": "2", "contentType": "messageReference"}]
    assert plain_text({"contentType": "html", "content": content}, attachments) == text


def test_plain_text_of_plain_text_is_the_same():
    assert plain_text({"contentType": "text", "content": "a < b\n & c"}) == "a < b\n & c"


@given(st.text(alphabet="<>a/ \"'=&;p!-\n", max_size=60))
def test_any_html_has_a_plain_text(content):
    assert isinstance(plain_text({"contentType": "html", "content": content}), str)


@given(st.text(), st.text(alphabet="<>at/ \"'=id0&;v.@-", max_size=60))
def test_any_text_can_be_hidden_in(prose, markup):
    people = PeopleInTexts(Pseudonyms(KEY))
    for text in (prose, markup):
        assert all(
            isinstance(it(text), str) for it in (people.html, people.card, people.transcript)
        )


# bodyText in a run


def test_body_text_comes_only_when_wanted(shared_sandbox):
    config = {**shared_sandbox.config(), **UNPACED}
    without = run_tap(config, streams=["messages"])
    wanted = run_tap({**config, "body_text": True}, streams=["messages"])
    assert "bodyText" not in without.schemas["messages"]["schema"]["properties"]
    rows = without.rows("messages")
    for key, row in wanted.rows("messages").items():
        assert row.pop("bodyText") == plain_text(row["body"], row["attachments"])
        assert row == rows[key]


def test_body_text_needs_no_body(shared_sandbox):
    catalog = selection(["messages"], messages=["body", "mentions", "attachments"])
    config = {**shared_sandbox.config(), **UNPACED, "body_text": True}
    rows = run_tap(config, catalog=catalog).records["messages"]
    assert any(row["bodyText"] for row in rows)
    assert not any({"body", "mentions", "attachments"} & set(row) for row in rows)


def test_body_text_names_people_as_all_else_does(shared_sandbox):
    config = {**shared_sandbox.config(), **UNPACED, "body_text": True}
    hidden = run_tap({**config, "people": "hash", "people_key": KEY}, streams=["messages"])
    (mentioning, *_) = (
        row
        for row in hidden.records["messages"]
        if any(it["mentioned"]["user"] for it in row["mentions"])
    )
    assert (
        "@" + mentioning["mentions"][0]["mentioned"]["user"]["displayName"]
        in mentioning["bodyText"]
    )


def test_guests_are_not_named_in_mentions():
    privacy = Privacy(Settings.from_config({"auth_method": "managed_identity", "guests": "drop"}))
    privacy.guests._known.add(ANNA)
    message = {"body": {"content": '<at id="0">Anna</at> and <at id="1">General</at>'}}
    message["mentions"] = [USER, CHANNEL]
    assert privacy.body(message)["content"] == '<at id="0">guest</at> and <at id="1">General</at>'
