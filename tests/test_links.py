"""Links of the documents lead somewhere, at GitHub and on the site."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from docs.computed import areas, topics
from tap_msteams.settings import Settings, problems, rules
from tap_msteams.streams import STREAMS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "sandbox/README.md", "examples/airflow/README.md")),
    *(ROOT / ".github").glob("*.md"),
    *PAGES,
]
SITE = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]


def plain(path):
    """A page without its blocks of code."""
    return re.sub(r"^( *)```.*?^\1```", "", path.read_text(), flags=re.MULTILINE | re.DOTALL)


def links(path):
    """The relative links of a page, each as a path and an anchor."""
    found = re.findall(r"\]\((?!https?:)([^)\s#]*)(?:#([^)]*))?\)", plain(path))
    return [((path.parent / target).resolve() if target else path, it) for target, it in found]


def anchors(path):
    """What can be linked to in a page: the same for GitHub and the site."""
    heads = re.findall(r"^#+ (.*)$", plain(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).strip().replace(" ", "-") for head in heads}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path):
    for target, anchor in links(path):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), f"{target}#{anchor}"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(DOCS)))
def test_no_link_of_a_page_leaves_the_site(path):
    assert [target for target, _ in links(path) if not target.is_relative_to(DOCS)] == []


def test_the_readme_leads_to_every_page():
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        reached.add(page)
        ahead += {it for it, _ in links(page) if it.suffix == ".md"} - reached

    assert set(PAGES) <= reached


def test_the_site_has_every_page():
    listed = []
    for entry in SITE["nav"]:
        [found] = entry.values()
        listed += found if isinstance(found, list) else [found]

    assert sorted(listed) == [str(path.relative_to(DOCS)) for path in PAGES]


def test_the_site_loads_nothing_from_another_server():
    assert SITE["theme"]["font"] is False
    for path in PAGES:
        assert not re.search(r"```mermaid|!\[[^]]*\]\(https?:", path.read_text()), path


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


# Computed pages


def test_every_area_has_a_page():
    pages = {path.stem for path in (DOCS / "streams").glob("*.md")} - {"index"}

    assert pages == {*areas.AREAS}
    assert {*areas.QUERIES} <= pages


@pytest.mark.parametrize("stream", STREAMS, ids=lambda stream: stream.name)
def test_the_page_of_an_area_has_all_columns_of_a_stream(stream):
    [name] = [name for name, found in areas.AREAS.items() if stream in found]
    text = (DOCS / "streams" / f"{name}.md").read_text()
    section = text.partition(f"\n## `{stream.name}`\n")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `(\S+)` \|", section, re.MULTILINE) == [
        *stream.all_properties().wrapped
    ]


def test_every_setting_has_one_topic():
    named = [name for topic in topics.TOPICS for name in topic.names]

    assert sorted(named) == sorted(rules(Settings))


@pytest.mark.parametrize("topic", topics.TOPICS, ids=lambda topic: topic.title)
def test_the_example_of_a_topic_is_accepted(topic):
    application = {"tenant_id": "contoso.com", "client_id": "0"}
    secret = {} if topic.title.startswith("Sign-in") else {"client_secret": "0"}

    assert list(problems(application | secret | topic.example)) == []
