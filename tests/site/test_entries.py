"""Entries: one article in each format, and its HTML."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import html5lib
import pytest
from lxml import etree

from feeds.config import loader
from feeds.site.build import build

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}
LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
FULL = """\
---
title: The ports
excerpt: "Short & plain <3"
publishedDateTime: 2026-01-02T03:04:05Z
updatedDateTime: 2026-01-03T03:04:05Z
webUrl: https://www.courier.example/ports?a=1&b=2
locale: en_GB
category: Features
topics: [Oceans]
tags: [sea walls]
provider:
  name: Harbour Courier
  domain: courier.example
  images: [{url: https://courier.example/logo.png, width: 96, height: 96}]
  authors: [{name: Moira Tennent, url: https://courier.example/moira, avatar: https://courier.example/moira.jpg}, Jonas]
images:
  - {url: https://i.example/lead.jpg, width: 1600, height: 900, title: "Waves & walls", attribution: Ruth Ansell}
  - {url: https://i.example/plan.png, width: 12, height: 8}
actions:
  - {url: https://d.example/1.mp3, type: audio/mpeg, title: Listen, length: PT1H2M3S, size: 31204864}
  - {url: https://d.example/notes.pdf, title: Notes, size: 96450}
related:
  - {title: A start, webUrl: https://skerry.example/1, publishedDateTime: 2026-01-04, provider: {name: Skerry Times}}
  - {title: Again, webUrl: https://skerry.example/1}
  - {title: Itself, webUrl: "https://www.courier.example/ports?a=1&b=2"}
---
## What the money buys

One [wall](../walls).
"""


@dataclass(frozen=True)
class Made:
    """One article in three formats."""

    item: etree._Element
    entry: etree._Element
    record: dict[str, Any]
    html: etree._Element


def made(folder: Path, text: str, name: str = "a.md", extra: str = "", site: str = "language: en") -> Made:
    (folder / "articles").mkdir(exist_ok=True)
    (folder / "articles" / name).write_text(text, encoding="utf-8")
    (folder / "config.yaml").write_text(
        f'site: {{title: Tidings, url: "https://feeds.example.org", {site}}}\nsources: [articles]\n{extra}', encoding="utf-8"
    )
    published = build(loader.load(folder / "config.yaml"), datetime(2026, 6, 1, tzinfo=UTC)).site
    bodies = [document.body for suffix in ("rss", "atom", "json") if (document := published.document(f"all.{suffix}"))]
    item = etree.fromstring(bodies[0]).find(".//item")
    entry = etree.fromstring(bodies[1]).find("a:entry", NAMES)
    (record,) = json.loads(bodies[2])["items"]
    assert (
        item.findtext("content:encoded", namespaces=NAMES)
        == entry.findtext("a:content", namespaces=NAMES)
        == record["content_html"]
    )
    html = html5lib.parseFragment(record["content_html"], treebuilder="lxml", namespaceHTMLElements=False)
    root = etree.Element("body")
    root.extend([part for part in html if not isinstance(part, str)])
    return Made(item, entry, record, root)


def article(body: str = "", **fields: str) -> str:
    lines = {"title": "A story", "publishedDateTime": "2026-01-01", "webUrl": "https://a.example/1/"} | fields
    return "---\n" + "".join(f"{name}: {value}\n" for name, value in lines.items() if value) + f"---\n{body}\n"


def text(element: etree._Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_the_html_is_picture_body_files_source_and_coverage(tmp_path: Path) -> None:
    html = made(tmp_path, FULL).html
    assert [part.tag for part in html] == ["figure", "h2", "p", "ul", "p", "p", "ul"]
    figure, heading, body, files, source, _, coverage = html
    image = figure.find(".//img")
    assert dict(image.attrib) == {"src": "https://i.example/lead.jpg", "alt": "Waves & walls", "width": "1600", "height": "900"}
    assert figure.find("a").get("href") == "https://www.courier.example/ports?a=1&b=2"
    assert text(figure.find("figcaption")) == "Ruth Ansell"
    assert text(heading) == "What the money buys"
    assert body.find("a").get("href") == "https://www.courier.example/walls"
    assert [text(each) for each in files] == ["Listen (1:02:03, 31.2 MB)", "Notes (96 kB)"]
    assert source.find("a").get("href") == "https://www.courier.example/ports?a=1&b=2"
    assert "Harbour Courier" in text(source)
    assert [(text(each), each.find("a").get("href")) for each in coverage] == [
        ("A start – Skerry Times, 2026-01-04", "https://skerry.example/1")
    ]


def test_media_rss_has_pictures_sound_and_credits(tmp_path: Path) -> None:
    each = made(tmp_path, FULL)
    for parent in (each.item, each.entry):
        lead, plan, notes, sound = parent.findall("media:content", NAMES)
        assert dict(lead.attrib) == {
            "url": "https://i.example/lead.jpg",
            "medium": "image",
            "type": "image/jpeg",
            "width": "1600",
            "height": "900",
        }
        assert lead.findtext("media:title", namespaces=NAMES) == "Waves & walls"
        assert lead.findtext("media:credit", namespaces=NAMES) == "Ruth Ansell"
        assert plan.get("url") == "https://i.example/plan.png"
        assert (sound.get("medium"), sound.get("duration"), sound.get("fileSize")) == ("audio", "3723", "31204864")
        assert (notes.get("medium"), notes.get("type")) == ("document", "application/pdf")
        thumbnail = parent.find("media:thumbnail", NAMES)
        assert thumbnail.get("url") == "https://i.example/lead.jpg"


def test_each_format_names_authors_categories_language_and_files_its_own_way(tmp_path: Path) -> None:
    each = made(tmp_path, FULL)
    assert [author.text for author in each.item.findall("dc:creator", NAMES)] == ["Moira Tennent", "Jonas"]
    assert each.item.find("author") is None
    assert [author.findtext("a:name", namespaces=NAMES) for author in each.entry.findall("a:author", NAMES)] == [
        "Moira Tennent",
        "Jonas",
    ]
    assert each.record["authors"] == [
        {"name": "Moira Tennent", "url": "https://courier.example/moira", "avatar": "https://courier.example/moira.jpg"},
        {"name": "Jonas"},
    ]
    topics, categories = "https://feeds.example.org/topics/", "https://feeds.example.org/categories/"
    assert [(c.text, c.get("domain")) for c in each.item.findall("category")] == [
        ("Oceans", topics),
        ("Features", categories),
        ("sea walls", None),
    ]
    assert [(c.get("term"), c.get("scheme"), c.get("label")) for c in each.entry.findall("a:category", NAMES)] == [
        ("oceans", topics, "Oceans"),
        ("features", categories, "Features"),
        ("sea walls", None, "sea walls"),
    ]
    assert each.record["tags"] == ["Oceans", "Features", "sea walls"]
    assert (each.item.findtext("dc:language", namespaces=NAMES), each.entry.get(LANGUAGE), each.record["language"]) == (
        "en-GB",
    ) * 3
    assert [dict(e.attrib) for e in each.item.findall("enclosure")] == [
        {"url": "https://d.example/1.mp3", "length": "31204864", "type": "audio/mpeg"}
    ]
    links = [(link.get("rel"), link.get("href")) for link in each.entry.findall("a:link", NAMES)]
    assert links == [
        ("alternate", "https://www.courier.example/ports?a=1&b=2"),
        ("enclosure", "https://d.example/1.mp3"),
        ("enclosure", "https://d.example/notes.pdf"),
        ("related", "https://skerry.example/1"),
    ]
    assert [file["url"] for file in each.record["attachments"]] == ["https://d.example/1.mp3", "https://d.example/notes.pdf"]
    assert each.record["image"] == "https://i.example/lead.jpg"
    assert [link["url"] for link in each.record["_feeds"]["related"]] == ["https://skerry.example/1"]


def test_feedparser_reads_one_link_with_its_attributes(tmp_path: Path) -> None:
    made(tmp_path, FULL)
    site = build(loader.load(tmp_path / "config.yaml"), datetime(2026, 6, 1, tzinfo=UTC)).site
    for suffix in ("rss", "atom"):
        document = site.document(f"all.{suffix}")
        assert document is not None
        parsed = feedparser.parse(document.body)
        assert not parsed.bozo
        (entry,) = parsed.entries
        assert (entry.title, entry.link) == ("The ports", "https://www.courier.example/ports?a=1&b=2")
        assert entry.id == "https://www.courier.example/ports?a=1&b=2"
        assert entry.media_thumbnail[0]["url"] == "https://i.example/lead.jpg"


def test_coverage_keeps_its_order_and_the_first_of_two(tmp_path: Path) -> None:
    related = "[{title: A, webUrl: https://b.example/a}, {title: B, webUrl: https://b.example/b}, {title: C, webUrl: https://b.example/a}]"
    each = made(tmp_path, article(related=related))
    assert [link["title"] for link in each.record["_feeds"]["related"]] == ["A", "B"]
    assert [text(link) for link in each.html.findall("ul/li")] == ["A", "B"]


def test_a_picture_that_the_body_shows_is_not_shown_twice(tmp_path: Path) -> None:
    html = made(tmp_path, article("![x](/p.png?a=1&b='2')", images="\"https://a.example/p.png?a=1&b='2'\"")).html
    assert len(html.findall(".//img")) == 1


def test_a_linked_picture_has_an_accessible_name(tmp_path: Path) -> None:
    assert made(tmp_path, article(images="https://a.example/p.png")).html.find(".//img").get("alt") == "A story"


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"excerpt": "Only an excerpt"}, "Only an excerpt"),
        ({}, "A story"),
        ({"excerpt": "' '"}, "A story"),
    ],
)
def test_an_entry_is_never_blank(tmp_path: Path, fields: dict[str, str], shown: str) -> None:
    assert shown in text(made(tmp_path, article(**fields)).html)


FRAME = '\'<iframe src="https://www.player.example/e/1" width="640" height="360"></iframe>\''


def test_a_frame_of_a_listed_host_stays(tmp_path: Path) -> None:
    each = made(tmp_path, article(featuredContent=FRAME, images="https://a.example/p.png"), extra="embeds: [player.example]\n")
    (frame,) = each.html.findall(".//iframe")
    assert (frame.get("src"), frame.get("width"), frame.get("height")) == ("https://www.player.example/e/1", "640", "360")
    assert each.html.find(".//img") is None


def test_a_frame_of_another_host_is_a_linked_picture(tmp_path: Path) -> None:
    each = made(tmp_path, article(featuredContent=FRAME, images="https://a.example/p.png"))
    assert each.html.find(".//iframe") is None
    assert each.html.find(".//figure/a").get("href") == "https://www.player.example/e/1"
    assert each.html.find(".//figure/a/img").get("src") == "https://a.example/p.png"
    for parent in (each.item, each.entry):
        assert parent.find("media:content/media:player", NAMES).get("url") == "https://www.player.example/e/1"


@pytest.mark.parametrize("embed", [FRAME, "https://www.player.example/e/1"])
def test_a_frame_without_a_picture_is_a_link_with_the_title(tmp_path: Path, embed: str) -> None:
    first = made(tmp_path, article(featuredContent=embed)).html[0]
    assert (first.find("a").get("href"), text(first)) == ("https://www.player.example/e/1", "A story")


def test_an_embed_that_is_no_frame_is_sanitised(tmp_path: Path) -> None:
    embed = '\'<blockquote onclick="x()">Said</blockquote><script src="https://evil.example/"></script>\''
    html = made(tmp_path, article(featuredContent=embed)).html
    assert text(html.find("blockquote")) == "Said"
    assert html.find(".//script") is None


def test_a_right_to_left_article_has_its_direction(tmp_path: Path) -> None:
    each = made(tmp_path, article("שלום", locale="he_IL"))
    (outer,) = each.html
    assert (outer.get("dir"), outer.get("lang")) == ("rtl", "he-IL")
    assert (each.item.findtext("dc:language", namespaces=NAMES), each.entry.get(LANGUAGE), each.record["language"]) == (
        "he-IL",
    ) * 3


def test_an_article_without_a_language_has_the_sites(tmp_path: Path) -> None:
    each = made(tmp_path, article("سلام"), site="language: fa")
    assert each.html[0].get("dir") == "rtl"
    assert each.entry.get(LANGUAGE) == "fa"


def test_the_source_is_named_where_config_knows_the_providers_feed(tmp_path: Path) -> None:
    provider = "{name: Courier, domain: courier.example}"
    assert made(tmp_path, article(provider=provider)).item.find("source") is None
    each = made(
        tmp_path, article(provider=provider), extra="providers: {courier.example: {feed: https://courier.example/feed.xml}}\n"
    )
    assert (each.item.findtext("source"), each.item.find("source").get("url")) == ("Courier", "https://courier.example/feed.xml")
    # RFC 4287 4.2.11: a source needs an id, a title and a date, which are unknown.
    assert each.entry.find("a:source", NAMES) is None


def test_an_enclosure_needs_its_size(tmp_path: Path) -> None:
    actions = "[{url: https://d.example/a.pdf, size: 5}, {url: https://d.example/b.mp3}, {url: https://d.example/c.mp4, size: 7}]"
    each = made(tmp_path, article(actions=actions))
    assert [e.get("url") for e in each.item.findall("enclosure")] == ["https://d.example/c.mp4"]
    assert len(each.entry.findall("a:link[@rel='enclosure']", NAMES)) == 3


def test_without_a_provider_the_author_is_the_site(tmp_path: Path) -> None:
    each = made(tmp_path, article())
    assert each.item.findtext("dc:creator", namespaces=NAMES) == "Tidings"
    assert each.record["authors"][0]["name"] == "Tidings"


def test_readers_that_hide_linked_enclosures_still_show_a_player(tmp_path: Path) -> None:
    actions = "[{url: https://d.example/a.mp3, size: 5}, {url: 'https://d.example/b.mp4?x=1&y=2', size: 7}]"
    body = '[Hear it](https://d.example/a.mp3 "Now") and <a hreflang="en" href="https://d.example/b.mp4?x=1&amp;y=2">see it</a>.'
    each = made(tmp_path, article(body, actions=actions, webUrl="https://d.example/a.mp3"))
    links = [link.get("href").partition("#")[0] for link in each.html.iter("a")]
    for file in each.record["attachments"]:
        # As FreshRSS does (Entry::containsLink in app/Models/Entry.php).
        for address in (file["url"], file["url"].replace("&", "&amp;")):
            assert re.search(rf"""(['"]){re.escape(address)}\1""", each.record["content_html"]) is None
        assert file["url"] in links
    assert len(each.record["attachments"]) == 2
