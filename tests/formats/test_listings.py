"""Outlines and sitemaps of a site in memory, as programs read them."""

from datetime import UTC, datetime
from typing import Any

from lxml import etree

import feeds
from feeds.formats import opml, sitemap
from feeds.model import Person, Provider
from feeds.model.listings import SITEMAP_MOST, Address, News, Outline

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SPACES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}


def site(**settings: Any) -> feeds.Site:
    article = feeds.Article(
        path="a",
        id="tag:x.example,2026:a",
        title="The & tide",
        published=MOMENT,
        updated=MOMENT,
        url="https://x.example/news/a?b&c",
        topics=("R&D",),
        provider=Provider("Courier", "courier.example"),
    )
    return feeds.Site([article], title="News & more", url="https://x.example/news", now=MOMENT, **settings)


def body(root: etree._Element) -> list[Any]:
    """Outlines as attributes, each with those below it."""
    return [(dict(each.attrib), body(each)) for each in root]


def test_an_outline_has_every_feed_with_its_attributes() -> None:
    document = site(language="en-GB", groups=["topic"])["feeds.opml"]
    assert document.media_type == "text/x-opml; charset=utf-8"
    assert document.body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<opml")
    root = etree.fromstring(document.body)
    assert (root.tag, dict(root.attrib), [each.tag for each in root]) == ("opml", {"version": "2.0"}, ["head", "body"])
    assert [(each.tag, each.text) for each in root[0]] == [
        ("title", "News & more"),
        ("ownerName", "News & more"),
        ("ownerId", "https://x.example/news/"),
    ]
    assert [(each["text"], each.get("xmlUrl")) for each, _ in body(root[1])] == [
        ("News & more", "https://x.example/news/all.rss"),
        ("Topics", None),
    ]
    (feed,) = body(root[1])[1][1]
    channel = etree.fromstring(site(language="en-GB", groups=["topic"])["topics/r-d.rss"].body).find("channel")
    assert feed == (
        {
            "text": "R&D",
            "type": "rss",
            "title": channel.findtext("title"),
            "description": channel.findtext("description"),
            "xmlUrl": "https://x.example/news/topics/r-d.rss",
            "htmlUrl": "https://x.example/news/topics/r-d/",
            "language": "en-GB",
        },
        [],
    )
    silent = etree.fromstring(site()["feeds.opml"].body)
    assert not silent.xpath("//outline/@language")
    # One line for each feed, so that diffs are small.
    assert document.body.count(b"\n") > 8


def test_an_outline_names_its_owner() -> None:
    outlines = [Outline("Heading", below=(Outline("Below"),))]
    assert [each.tag for each in etree.fromstring(opml.render("T", Person("Ada"), outlines))[0]] == ["title", "ownerName"]
    root = etree.fromstring(opml.render("T", Person("Ada", "https://x.example/ada"), outlines))
    assert [(each.tag, each.text) for each in root[0]] == [
        ("title", "T"),
        ("ownerName", "Ada"),
        ("ownerId", "https://x.example/ada"),
    ]
    assert body(root[1]) == [({"text": "Heading"}, [({"text": "Below"}, [])])]


def test_a_sitemap_has_addresses_with_the_date_of_the_last_change() -> None:
    documents = site(sitemaps=["plain", "news"], language="en", groups=[])
    document = documents["sitemap.xml"]
    assert document.media_type == "application/xml; charset=utf-8"
    assert document.body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<urlset")
    root = etree.fromstring(document.body)
    assert root.tag == f"{{{SPACES['s']}}}urlset"
    assert root.nsmap == {None: SPACES["s"]}
    assert [[(each.tag, each.text) for each in url] for url in root] == [
        [(f"{{{SPACES['s']}}}loc", url), (f"{{{SPACES['s']}}}lastmod", "2026-01-02T03:04:05Z")]
        for url in ("https://x.example/news/", "https://x.example/news/a?b&c")
    ]
    assert document.body.count(b"\n") > 8


def test_news_entries_have_what_google_requires() -> None:
    root = etree.fromstring(sitemap.render_news([News("https://x.example/a", "News & more", "en", MOMENT, "The <tide>")]))
    assert root.tag == f"{{{SPACES['s']}}}urlset"
    assert root.nsmap == {None: SPACES["s"], "news": SPACES["n"]}
    (url,) = root
    assert [(etree.QName(each).localname, each.text) for each in url.iter() if len(each) == 0] == [
        ("loc", "https://x.example/a"),
        ("name", "News & more"),
        ("language", "en"),
        ("publication_date", "2026-01-02T03:04:05Z"),
        ("title", "The <tide>"),
    ]
    assert url.findtext("n:news/n:publication/n:name", None, SPACES) == "News & more"
    assert url.findtext("n:news/n:publication/n:language", None, SPACES) == "en"
    assert url.findtext("n:news/n:publication_date", None, SPACES)
    assert url.findtext("n:news/n:title", None, SPACES) == "The <tide>"


def test_an_address_without_a_date_has_none() -> None:
    (url,) = etree.fromstring(sitemap.render([Address("https://x.example/", None)]))
    assert [(each.tag, each.text) for each in url] == [(f"{{{SPACES['s']}}}loc", "https://x.example/")]


def test_many_addresses_are_in_several_sitemaps_under_an_index() -> None:
    addresses = [Address(f"https://x.example/{number}", None) for number in range(SITEMAP_MOST + 1)]
    assert list(sitemap.parts(addresses[:-1])) == [("sitemap.xml", addresses[:-1])]
    assert list(sitemap.parts(addresses)) == [("sitemap-1.xml", addresses[:-1]), ("sitemap-2.xml", addresses[-1:])]
    assert list(sitemap.parts([])) == [("sitemap.xml", [])]
    root = etree.fromstring(sitemap.render_index(["https://x.example/sitemap-1.xml", "https://x.example/sitemap-2.xml"]))
    assert root.tag == f"{{{SPACES['s']}}}sitemapindex"
    assert root.nsmap == {None: SPACES["s"]}
    assert [[(each.tag, each.text) for each in part] for part in root] == [
        [(f"{{{SPACES['s']}}}loc", f"https://x.example/sitemap-{number}.xml")] for number in (1, 2)
    ]
    assert {part.tag for part in root} == {f"{{{SPACES['s']}}}sitemap"}
