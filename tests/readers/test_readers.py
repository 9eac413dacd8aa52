"""`feeds show --as`: what readers keep of a feed. feedparser is called; other readers are modelled by their sources."""

import calendar
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from support import Site

CONFIG = """\
site: {title: Tidings, url: https://feeds.example.org, language: en}
sources: [a]
pages: false
"""
FULL = """\
---
id: tag:example.org,2026:full
title: "Tides &amp; <i>winds</i>: 3 < 4"
excerpt: Short & plain
publishedDateTime: 2026-05-11T06:00:00Z
updatedDateTime: 2026-05-12T06:00:00Z
webUrl: https://courier.example/full?a=1&b=2
locale: fr
category: Features, More
topics: [Sound, Oceans]
provider: {name: Courier, domain: courier.example, authors: [Zoe Z., Ann Author]}
images: [{url: https://courier.example/lead.jpg, width: 1600, height: 900}]
actions: [{url: https://courier.example/1.mp3, title: Listen, size: 12345}]
related: [{title: Other coverage, webUrl: "https://other.example/1"}]
---
The whole *text*.
"""
BARE = "title: Only a title\npublishedDateTime: 2026-05-09\nwebUrl: https://bare.example/3\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site")).write({"config.yaml": CONFIG, "a/full.md": FULL, "a/bare.yaml": BARE})


def kept(site: Site, path: str, reader: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(site.run("show", path, "--as", reader, "--json").out)
    return found


def full(site: Site, path: str, reader: str) -> dict[str, Any]:
    found: dict[str, Any] = kept(site, path, reader)["items"][0]
    return found


@pytest.mark.parametrize("path", ["all.rss", "all.atom", "topics/sound.rss"])
def test_feedparser_is_feedparser(site: Site, path: str) -> None:
    real = feedparser.parse(site.run("show", path).out.encode())
    items = kept(site, path, "feedparser")["items"]
    assert len(items) == len(real.entries) > 0
    for item, entry in zip(items, real.entries, strict=True):
        assert (item["id"], item["title"], item["link"]) == (entry.id, entry.title, entry.link)
        assert item["published"] == f"{datetime.fromtimestamp(calendar.timegm(entry.published_parsed), UTC):%Y-%m-%dT%H:%M:%SZ}"
        assert item["authors"] == [author["name"] for author in entry.authors]
        assert item["categories"] == [tag["label"] or tag["term"] for tag in entry.get("tags", [])]
        assert item["content"] == entry.content[0]["value"]
        assert [file["url"] for file in item["files"]] == [file["href"] for file in entry.enclosures]


def test_feedparser_reads_no_json_feed(site: Site) -> None:
    assert "no JSON Feed" in site.run("show", "all.json", "--as", "feedparser", status=2).err


READ = [(reader, format) for reader in ("freshrss", "miniflux", "netnewswire") for format in ("rss", "atom", "json")]


@pytest.mark.parametrize(("reader", "format"), [("feedparser", "rss"), ("feedparser", "atom"), *READ])
def test_what_every_reader_keeps(site: Site, reader: str, format: str) -> None:
    found = kept(site, f"all.{format}", reader)
    assert found["title"] == "Tidings"
    assert [item["id"] for item in found["items"]] == ["tag:example.org,2026:full", "https://bare.example/3"]
    item = found["items"][0]
    assert item["title"] == "Tides & winds: 3 < 4"
    assert item["link"] == "https://courier.example/full?a=1&b=2"
    assert item["published"] == "2026-05-11T06:00:00Z"
    assert "The whole <em>text</em>." in item["content"]


def test_netnewswire_keeps_neither_categories_nor_files(site: Site) -> None:
    for format in ("rss", "atom", "json"):
        item = full(site, f"all.{format}", "netnewswire")
        assert item["categories"] == item["files"] == []
        assert item["lost"]["categories"] == 3
        assert item["lost"]["files"] == 1
    assert full(site, "all.atom", "netnewswire")["authors"] == ["Zoe Z.", "Ann Author"]
    assert full(site, "all.json", "netnewswire")["image"] == "https://courier.example/lead.jpg"


def test_miniflux_sorts_names_and_keeps_the_last_author_of_rss(site: Site) -> None:
    assert full(site, "all.rss", "miniflux")["authors"] == ["Ann Author"]
    assert full(site, "all.atom", "miniflux")["authors"] == ["Ann Author, Zoe Z."]
    # It uses the feed's author as the author of each item.
    assert full(site, "all.json", "miniflux")["authors"] == ["Ann Author, Tidings, Zoe Z."]
    assert full(site, "all.rss", "miniflux")["categories"] == ["Features, More", "Oceans", "Sound"]


def test_freshrss_splits_categories_at_commas_and_keeps_no_author_of_json(site: Site) -> None:
    assert "Features" in full(site, "all.rss", "freshrss")["categories"]
    assert "More" in full(site, "all.rss", "freshrss")["categories"]
    item = full(site, "all.json", "freshrss")
    assert item["authors"] == []
    assert item["lost"]["authors"] == 2


def test_freshrss_drops_json_items_without_an_address(tmp_path: Path) -> None:
    site = Site(tmp_path).write(
        {"config.yaml": CONFIG, "a/one.yaml": BARE, "a/note.md": "---\ndate: 2026-01-01\ntitle: A note\n---\nText."}
    )
    report = site.run("show", "all.json", "--as", "freshrss").out
    assert "keeps 1 item" in report
    assert "left out: item 2: it has no `url`" in report


def test_the_text_counts_what_is_lost(site: Site) -> None:
    output = site.run("show", "all.atom", "--as", "netnewswire").out
    assert output.startswith("NetNewsWire keeps 2 items of all.atom")
    assert "lost in 1 item: categories" in output


def test_a_page_is_not_a_feed(site: Site) -> None:
    assert "takes nothing of feeds.opml" in site.run("show", "feeds.opml", "--as", "miniflux", status=2).err
    assert "--json goes with --as" in site.run("show", "all.json", "--json", status=2).err
