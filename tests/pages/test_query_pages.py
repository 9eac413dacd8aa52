"""Queries as pages, and the composer, which works as a plain form."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import feedparser
import pytest
import yaml
from lxml import html
from support import Server, Site, doc

CONFIG = "site: {title: Tidings, url: 'https://feeds.example.org'}\nsources: [articles]\n"
ARTICLES: dict[str, dict[str, Any]] = {
    "both": {"topics": ["Sea", "Ice"], "provider": {"name": "Courier", "domain": "courier.example"}, "quality": 80},
    "sea": {"topics": ["Sea"], "provider": {"name": "Notes", "domain": "notes.example"}, "quality": 20},
    "ice": {"topics": ["Ice"], "provider": {"name": "Notes", "domain": "notes.example"}, "category": "news"},
}


@pytest.fixture
def composed(site: Site) -> Site:
    site.write({"config.yaml": CONFIG})
    for day, (name, fields) in enumerate(ARTICLES.items(), 1):
        site.write({f"articles/{name}.md": doc({"title": name, "publishedDateTime": f"2026-01-0{day}"} | fields, "Text")})
    return site


@pytest.fixture
def server(composed: Site) -> Iterator[Server]:
    with composed.serve() as server:
        yield server


def stories(server: Server, path: str) -> list[str]:
    answer = server.get(path)
    assert answer.status_code == 200, (path, answer.text)
    found: list[str] = html.fromstring(answer.content).xpath("//article//h3/a/text()")
    return found


def test_a_query_has_a_page(server: Server) -> None:
    assert stories(server, "feeds/topic=sea/") == ["sea", "both"]
    page = html.fromstring(server.get("feeds/topic=sea/").content)
    (atom,) = page.xpath("//link[@rel='alternate'][@type='application/atom+xml']/@href")
    feed = feedparser.parse(server.get(atom.removeprefix("https://feeds.example.org/")).content)
    assert [entry.title for entry in feed.entries] == ["sea", "both"]
    assert feed.feed.link == "https://feeds.example.org/feeds/topic=sea/"
    for link in page.xpath("//a/@href"):
        if not link.startswith(("http", "feed:", "#")):
            assert str(server.client.get(f"{server.url}/feeds/topic=sea/{link}", follow_redirects=True).status_code) == "200", (
                link
            )


def test_every_other_address_of_a_query_leads_to_its_page(server: Server) -> None:
    for asked in ("feeds/topic=Sea", "q?topic=sea", "feeds/limit=5;topic=ice;topic=sea"):
        answer = server.client.get(f"{server.url}/{asked}", headers={"Accept": "text/html"}, follow_redirects=True)
        assert answer.status_code == 200
        assert "/feeds/topic=" in str(answer.url)
        assert answer.headers["content-type"].startswith("text/html")
    assert server.get("q?topic=sea", Accept="application/atom+xml").headers["content-type"].startswith("application/atom+xml")
    assert server.get("feeds/topic=nowhere/").status_code == 404
    assert server.get("feeds/colour=red/").status_code == 400


def test_a_page_of_a_query_is_not_sent_again(server: Server) -> None:
    first = server.get("feeds/topic=sea/")
    assert server.get("feeds/topic=sea/", If_None_Match=first.headers["etag"]).status_code == 304


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ([("topic", "Sea"), ("topic", "Ice")], ["ice", "sea", "both"]),
        ([("all_topic", "Sea"), ("all_topic", "ice")], ["both"]),
        ([("topic", "Sea"), ("not_provider", "notes.example")], ["both"]),
        ([("minimum_quality", "50"), ("category", "")], ["ice", "both"]),
        ([("text", "text"), ("topic", "ice")], ["ice", "both"]),
    ],
)
def test_the_composer_answers_as_a_plain_form(server: Server, chosen: list[tuple[str, str]], expected: list[str]) -> None:
    form = html.fromstring(server.get("compose/").content).xpath("//form[@data-compose]")[0]
    fields = {field.get("name") for field in form.xpath(".//input")}
    assert {name for name, _ in chosen} <= fields
    # A browser sends the empty fields too.
    pairs = [*chosen, *((name, "") for name in sorted(fields))]
    path = f"compose/?{urlencode(pairs)}"
    assert stories(server, path) == expected
    page = html.fromstring(server.get(path).content)
    (address,) = (link for link in page.xpath("//*[@class='addresses']//a/text()") if link.endswith(".atom"))
    feed = feedparser.parse(server.get(address.removeprefix("https://feeds.example.org/")).content)
    assert [entry.title for entry in feed.entries] == expected


def test_the_lines_for_the_config_make_the_same_feed(server: Server, composed: Site) -> None:
    page = html.fromstring(server.get("compose/?topic=sea&minimum_quality=50").content)
    lines = page.xpath("string(//pre)")
    (name,) = yaml.safe_load(lines)["feeds"]
    composed.write({"config.yaml": CONFIG + lines + "\n"})
    assert [item["title"] for item in composed.items(f"feeds/{name}.json")] == ["both"]
    # Queries that the config can't express have no lines.
    assert not html.fromstring(server.get("compose/?not_topic=sea").content).xpath("//pre")


def test_an_invalid_choice_is_an_error(server: Server) -> None:
    assert server.get("compose/?topic=nowhere").status_code == 404
    assert server.get("compose/?limit=many").status_code == 400


def test_an_export_has_the_composer_and_search_which_say_what_needs_a_server(composed: Site) -> None:
    files = composed.export()
    assert b"files alone" in files["compose/index.html"]
    assert b"files alone" in files["search/index.html"]
