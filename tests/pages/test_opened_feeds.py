"""Feeds opened in a browser: a page at the feed's own address, and the feed for every other client."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin

import feedparser
import pytest
from lxml import html
from support import BASE, Server, Site

# The headers of Chromium for a page; readers that pretend to be browsers send only the first.
HTML = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
PERSON = {"accept": HTML, "sec_fetch_dest": "document", "sec_fetch_mode": "navigate"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    site = Site(tmp_path_factory.mktemp("site")).configure(limit=1)
    site.article("old", title="R&D & more", excerpt="A & B", publishedDateTime="2026-01-05", topics=["Sea"])
    site.article("new", title="<3 tides", excerpt="Fish &amp; chips", publishedDateTime="2026-03-07", topics=["Sea"])
    with site.serve() as server:
        yield server


def opened(server: Server, path: str) -> Any:
    answer = server.get(path, **PERSON)
    assert answer.status_code == 200, path
    assert answer.headers["content-type"] == "text/html; charset=utf-8", path
    # No shared cache may store it in place of the feed.
    assert answer.headers["cache-control"] == "private, no-cache"
    assert "Sec-Fetch-Dest" in answer.headers["vary"]
    return html.document_fromstring(answer.content)


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_a_browser_shows_titles_links_and_dates(server: Server, format: str) -> None:
    page = opened(server, f"topics/sea.{format}")
    assert [(link.text, link.get("href")) for link in page.xpath("//article//h3/a")] == [
        ("<3 tides", "https://news.example.com/new")
    ]
    assert page.xpath("//article//time/text()") == ["7 March 2026"]
    assert page.xpath("//article//p[@class='excerpt']/text()") == ["Fish & chips"]
    assert page.xpath("//main//a[text()='go to its page']/@href") == ["../topics/sea/"]
    assert page.xpath("//ul[@class='addresses']//a/text()") == [f"{BASE}/topics/sea.{format}"]
    assert page.xpath("//link[@rel='canonical']/@href") == [f"{BASE}/topics/sea/"]


def test_archives_and_queries_open_in_a_browser(server: Server) -> None:
    archive = opened(server, "topics/sea/archive/2026-01.atom")
    assert archive.xpath("//article//h3/a/text()") == ["R&D & more"]
    assert archive.xpath("//main//a[text()='go to its page']/@href") == ["../../../topics/sea/archive/2026-01/"]
    query = opened(server, "feeds/topic=sea.json")
    assert query.xpath("//main//a[text()='go to its page']/@href") == ["../feeds/topic=sea/"]
    assert server.get("q.atom?topic=sea", **PERSON).headers["location"] == "feeds/topic=sea.atom"


def test_readers_get_the_feed_even_with_a_browsers_name(server: Server) -> None:
    opened(server, "topics/sea.atom")
    for headers in ({}, {"accept": "*/*"}, {"accept": HTML}, {"accept": "*/*", "sec_fetch_dest": "empty"}):
        answer = server.get("topics/sea.atom", **headers)
        assert feedparser.parse(answer.content).entries[0].link == "https://news.example.com/new"
        assert "html" not in answer.headers["content-type"]
    assert server.get("topics/sea.atom%1Fopened").status_code == 400


def test_no_link_of_a_page_leads_a_person_to_raw_xml(server: Server) -> None:
    seen, waiting = {""}, [""]
    while waiting:
        path = waiting.pop()
        answer = server.client.get(f"{server.url}/{path}", headers={"Accept": HTML, "Sec-Fetch-Dest": "document"})
        assert answer.headers["content-type"].startswith("text/html"), path
        for link in html.document_fromstring(answer.content).xpath("//a[not(@download)]/@href"):
            target = urljoin(f"{server.url}/{path}", link)
            found = target.removeprefix(f"{server.url}/")
            if found != target and "#" not in found and found not in seen:
                seen.add(found)
                waiting.append(found)
    assert {"topics/sea.atom", "all/archive/2026-01/", "compose/"} <= seen
