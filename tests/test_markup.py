"""Laws of HTML from anybody: it is read as a person sees it, in time that grows with its length."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_msteams.privacy import plain_text
from tap_msteams.privacy.pseudonyms import PSEUDONYM, Pseudonyms
from tap_msteams.privacy.texts import PeopleInTexts
from tap_msteams.streams.messages import hosted_in
from tests.work import LENGTH, MOST, TIMES, calls, growth

PEOPLE = PeopleInTexts(Pseudonyms("a key of the people's choice"))
PLACES = {
    "bodyText": lambda text: plain_text({"content": text}),
    "mentions": lambda text: PEOPLE.html(f"{text}<at>"),
    "cards": PEOPLE.card,
    "transcripts": PEOPLE.transcript,
    "chats": PEOPLE._pseudonyms.chat,
    "contents": lambda text: [*hosted_in(text)],
}
REPEATED = [
    "a",
    "<",
    "<a aaaa",
    "<a b='",
    '<a b="',
    "<a b=c ",
    "<!--",
    "<!",
    "<![",
    "</",
    "<?",
    "&",
    "<at>",
    '<at id="0">',
    "<span itemtype='http://schema.skype.com/Mention'>",
    "<div>",
    "<td></td>",
    " \n",
    "<i> </i>",
    "<pre>",
    "<script>",
    "<li>",
    "<v ",
    "<v.a",
    "<v a>",
    "_",
    "a_b@",
    "/messages/",
    "/messages/1/hostedContents/",
    "/personal/",
    "a.a@",
    "-",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("repeated", REPEATED)
def test_time_grows_with_the_length_of_a_text_and_no_faster(place, repeated):
    short = repeated * (LENGTH // len(repeated))
    assert growth(PLACES[place], short, short * TIMES) < MOST


@pytest.mark.parametrize("place", ["bodyText", "mentions"])
def test_what_begins_no_tag_takes_no_step_of_its_own(place):
    few, many = (calls(PLACES[place], "<" * LENGTH * times) for times in (1, TIMES))
    assert many == few


@pytest.mark.parametrize("place", PLACES)
def test_time_grows_with_the_number_of_links_in_each_other_and_no_faster(place):
    count = LENGTH // 2
    short, long = (nested(count * times) for times in (1, TIMES))
    assert growth(PLACES[place], short, long) < MOST


def nested(count):
    return '<a href="x">' * count + "y" + "</a>" * count


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("<style>p { color: red }</style>a<script>if (a < b) c()</script>b", "ab"),
        ("<title>a</title><template><p>b</p></template>c", "c"),
        ("<p>a</p>\n  <p>b</p>", "a\nb"),
        ("a</pre>  b</style>  c</ol></a>", "a\nb c"),
        ("<pre>\na\n  b</pre>  c  d", "a\n  b\nc d"),
        ("<pre>  a</pre></pre>  b  c", "a\nb c"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ('<ol start="9"><li><p>a</p></li><li value="3">b<li>c</ol>', "9. a\n3. b\n4. c"),
        ("<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>", "1. a\n- b\n2. c"),
        (f'<ol start="{"9" * 5000}"><li>a</ol>', "1. a"),
        ('<a href="x">a<a href="y">b</a></a>c', "a (x)b (y)c"),
        ('<a href="x">a', "a (x)"),
        ("a<!-->b<!--->c<!-- > -- --!>d<![CDATA[x]]>e<?x?>f<!x>g", "abcdefg"),
        ("a < b <3 AT&T &amp", "a < b <3 AT&T &"),
        ("a <", "a <"),
        ('a<img alt="1 < 0 <"><', "a[1 < 0 <]<"),
        ("a<!-- b", "a"),
        ('a<img alt="1 > 0', "a"),
        ("a<BR/>b<p/>c", "a\nb\nc"),
    ],
)
def test_plain_text_is_what_a_browser_shows(content, text):
    assert plain_text({"content": content}) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('<AT id="0"><b>Anna</b> B</AT>, hi', '<AT id="0">?</AT>, hi'),
        ('<at id="0" title="a>b">Anna</at >', '<at id="0" title="a>b">?</at >'),
        ("\n<p>\n</p><at\nid='0'>Anna\nB</at>\n", "\n<p>\n</p><at\nid='0'>?</at>\n"),
        ("<at>Anna <at>Bo</at> x", "<at>?<at>?</at> x"),
        ("<at>Anna", "<at>?"),
        (
            '<span itemtype="http://schema.skype.com/Mention"><span>Anna</span> B</span> x',
            '<span itemtype="http://schema.skype.com/Mention">?</span> x',
        ),
    ],
)
def test_only_the_names_in_mentions_change(text, left):
    assert PSEUDONYM.sub("?", PEOPLE.html(text)) == left


TAGS = ("p", "b", "ol", "li", "pre", "td", "a", "at", "span", "br", "h1", "no-such")
MARKUP = [f"<{slash}{tag} x='>' y>" for tag in TAGS for slash in ("", "/")]
MARKUP += ["<!-- <p> -->", "<![if x]>", "<style>word-0</style>", "<", "&", "\n", "<p/>"]


@given(st.lists(st.sampled_from(MARKUP) | st.just("word")))
def test_every_word_that_is_shown_is_kept_in_its_order(parts):
    numbered = [f" word-{n} " if it == "word" else it for n, it in enumerate(parts, 1)]
    text = plain_text({"content": "".join(numbered)}) or ""
    assert re.findall(r"word-\d+", text) == [it.strip() for it in numbered if "word-" in it[:6]]
