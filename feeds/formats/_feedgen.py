"""Workarounds for feedgen's defects, each in one place.

feedgen writes every element that it can. Extension classes, which feedgen calls with each element that it has made, add
the elements that it can't write and correct those that it writes wrong.
"""

import email.utils
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.model import Feed
from feeds.version import __version__

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
ITUNES = "http://www.itunes.com/dtds/podcast-1.0.dtd"
MEDIA = "http://search.yahoo.com/mrss/"
PODCAST = "https://podcastindex.org/namespace/1.0"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
TOMBSTONES = "http://purl.org/atompub/tombstones/1.0"
XML = "http://www.w3.org/XML/1998/namespace"

# An Atom feed needs a date, for which feedgen would use the clock.
NO_DATE = datetime.fromisoformat("2000-01-01T00:00:00Z")

Mend = Callable[[etree._Element], None]


def rss_date(parent: etree._Element, name: str, moment: datetime, before: str = "") -> None:
    """Add a date to an RSS element, before its child `before` if it has one.

    Defect: feedgen's RSS dates call `setlocale`, which changes the whole process while other threads run.
    """
    made = element(parent, name, email.utils.format_datetime(moment))
    if before and (next_one := parent.find(before)) is not None:
        next_one.addprevious(made)


class _FeedExtension:
    """An extension that adds to a feed what feedgen can't write. `namespaces` are always declared on the root."""

    def __init__(self) -> None:
        self.namespaces: dict[str, str] = {}
        self.mend: Mend = lambda root: None

    def extend_ns(self) -> dict[str, str]:
        return self.namespaces

    def extend_atom(self, atom_feed: etree._Element) -> etree._Element:
        self.mend(atom_feed)
        return atom_feed

    def extend_rss(self, rss_feed: etree._Element) -> etree._Element:
        self.mend(rss_feed)
        return rss_feed


class _EntryExtension:
    """An extension that adds to an entry what feedgen can't write, and corrects what it wrote."""

    def __init__(self) -> None:
        self.mend: Mend = lambda element: None

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        self.mend(entry)
        return entry

    def extend_rss(self, item: etree._Element) -> etree._Element:
        self.mend(item)
        return item


def new_feed(namespaces: dict[str, str]) -> FeedGenerator:
    """A feedgen feed whose root declares `namespaces`, whether or not they are used."""
    made = FeedGenerator()
    made.register_extension("feeds", _FeedExtension, _EntryExtension)
    made.feeds.namespaces = namespaces
    made.generator(f"Feeds {__version__}")
    # Defect: it is the clock's where it is not set, and no setter takes None (see `rss_date`).
    made._FeedGenerator__rss_lastBuildDate = None
    return made


def add_entry(feed: FeedGenerator) -> FeedEntry:
    """Add an entry after the others. Defect: feedgen's `add_entry` puts it before them."""
    return feed.add_entry(order="append")


def element(parent: etree._Element, name: str, text: str | None = None, **attributes: Any) -> etree._Element:
    """Add a child to `parent`. Attributes that are None are left out."""
    made = etree.SubElement(parent, name)
    for key, value in attributes.items():
        if value is not None:
            made.set(key, str(value))
    made.text = text
    return made


def atom_links(entry: etree._Element, links: Iterable[dict[str, str | None]]) -> None:
    """Add the links of an Atom entry, before its summary.

    Defect: feedgen drops their rel, type, length and title, so that an enclosure becomes a second alternate (python-feedgen
    #135, #143), and allows only five rels (#138).
    """
    summary = entry.find("summary")
    for link in links:
        made = element(entry, "link", **link)
        if summary is not None:
            summary.addprevious(made)


def archive_links(feed: Feed, suffix: str) -> list[tuple[str, str]]:
    """The rel and URL of each archive document that `feed` links to (RFC 5005 4)."""
    found = (("current", feed.current), ("prev-archive", feed.older), ("next-archive", feed.newer))
    return [(rel, f"{address}.{suffix}") for rel, address in found if address]


def translation_links(feed: Feed, suffix: str) -> list[tuple[str, str]]:
    """The language and URL of each feed that says the same as `feed` in another language (RFC 4287 4.2.7.4)."""
    return [(language, f"{address}.{suffix}") for language, address in feed.translations]


def cut(document: bytes, tag: str) -> list[bytes]:
    """Cut the elements named `tag` out of a pretty-printed feed, each with its indentation and line end.

    `<` is always escaped in text and attributes, so each match is a real tag.
    """
    name = tag.encode()
    return re.findall(rb"^ *<%s[ >].*?</%s>\n" % (name, name), document, re.DOTALL | re.MULTILINE)


def halves(frame: bytes, closing: bytes, stylesheet: str) -> tuple[bytes, bytes]:
    """Split a feed without entries in two at its tag `closing`, where the entries go.

    With `stylesheet` (a URL), browsers style the feed with it (W3C, Associating Style Sheets with XML documents); feed
    readers ignore it.
    """
    head, found, tail = frame.rpartition(closing)
    assert found, "a frame always ends with its closing tag"
    if stylesheet:
        declaration, line_end, head = head.partition(b"\n")
        head = b'%b%b<?xml-stylesheet type="text/css" href="%b"?>\n%b' % (declaration, line_end, stylesheet.encode(), head)
    return head, found + tail
