"""feedgen, with its defects mended: each in one place, named after the defect.

feedgen writes every element that it can. What it can't write, or writes wrong, is added or mended by
the extension classes below, which feedgen calls with each element that it has just made.
"""

import email.utils
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds import __version__
from feeds.model import Feed

ATOM = "http://www.w3.org/2005/Atom"
CONTENT = "http://purl.org/rss/1.0/modules/content/"
DC = "http://purl.org/dc/elements/1.1/"
HISTORY = "http://purl.org/syndication/history/1.0"
MEDIA = "http://search.yahoo.com/mrss/"
SYNDICATION = "http://purl.org/rss/1.0/modules/syndication/"
XML = "http://www.w3.org/XML/1998/namespace"

# Stands for a date where feedgen would otherwise take the clock's; whoever sets no date removes it again.
NO_DATE = datetime.fromisoformat("2000-01-01T00:00:00Z")

Mend = Callable[[etree._Element], None]


def dates_without_setlocale(date: datetime) -> str:
    """Defect: feedgen's RSS dates call process-wide `setlocale`, so two threads could write each other's language."""
    return email.utils.format_datetime(date)


feedgen.feed.formatRFC2822 = dates_without_setlocale
feedgen.entry.formatRFC2822 = dates_without_setlocale


class _FeedExtension:
    """Adds to a feed what feedgen has no door for. `namespaces` are declared on the root, always, so that all roots are alike."""

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
    """Adds to an entry what feedgen has no door for, and mends what it wrote."""

    def __init__(self) -> None:
        self.mend: Mend = lambda element: None

    def extend_atom(self, entry: etree._Element) -> etree._Element:
        self.mend(entry)
        return entry

    def extend_rss(self, item: etree._Element) -> etree._Element:
        self.mend(item)
        return item


def new_feed(namespaces: dict[str, str]) -> FeedGenerator:
    """A feedgen feed whose root declares `namespaces` whatever it holds."""
    made = FeedGenerator()
    made.register_extension("feeds", _FeedExtension, _EntryExtension)
    made.feeds.namespaces = namespaces
    made.generator(f"Feeds {__version__}")
    return made


def add_entry(feed: FeedGenerator) -> FeedEntry:
    """Defect: `add_entry` puts a new entry before the others."""
    return feed.add_entry(order="append")


def element(parent: etree._Element, name: str, text: str | None = None, **attributes: Any) -> etree._Element:
    """Add an element that feedgen can't write; attributes that are None are left out."""
    made = etree.SubElement(parent, name)
    for key, value in attributes.items():
        if value is not None:
            made.set(key, str(value))
    made.text = text
    return made


def atom_links(entry: etree._Element, links: Iterable[dict[str, str | None]]) -> None:
    """Defect: an Atom entry's links lose rel, type, length and title, so that an enclosure becomes a second
    alternate (python-feedgen #135, #143), and only five rels are let through (#138).
    """
    for link in entry.findall("link"):
        entry.remove(link)
    summary = entry.find("summary")
    for link in links:
        made = element(entry, "link", **link)
        if summary is not None:
            summary.addprevious(made)


def archive_links(feed: Feed, suffix: str) -> list[tuple[str, str]]:
    """The rel and address of each document that `feed` is read on in (RFC 5005 section 4)."""
    found = (("current", feed.current), ("prev-archive", feed.older), ("next-archive", feed.newer))
    return [(rel, f"{address}.{suffix}") for rel, address in found if address]


def cut(document: bytes, tag: str) -> list[bytes]:
    """The rendered elements `tag` of a pretty-printed feed, each with its indentation and line end.

    In text and attributes `<` is always escaped, so the tags found are real ones.
    """
    name = tag.encode()
    return re.findall(rb"^ *<%s[ >].*?</%s>\n" % (name, name), document, re.DOTALL | re.MULTILINE)


def halves(frame: bytes, closing: bytes, stylesheet: str) -> tuple[bytes, bytes]:
    """The feed `frame`, which has no entries, before and after the place of its entries: its tag `closing`.

    Where `stylesheet` (a URL) is given, a browser shows the feed by it (W3C, Associating Style Sheets with XML documents);
    readers pass it over.
    """
    head, found, tail = frame.rpartition(closing)
    assert found, "a frame always ends with its closing tag"
    if stylesheet:
        declaration, line_end, head = head.partition(b"\n")
        head = b'%b%b<?xml-stylesheet type="text/css" href="%b"?>\n%b' % (declaration, line_end, stylesheet.encode(), head)
    return head, found + tail
