"""RSS 2.0 (RSS Advisory Board profile), with content, dc, atom and Media RSS elements."""

from collections.abc import Sequence

from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.dates import rfc3339
from feeds.generators import _feedgen, _media
from feeds.generators._feedgen import ATOM, DC, element
from feeds.model import Action, Entry, Feed
from feeds.text import escape

MEDIA_TYPE = "application/rss+xml; charset=utf-8"
SUFFIX = "rss"
_NAMESPACES = {"dc": _feedgen.DC, "media": _feedgen.MEDIA}
_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".gif")


def render_entries(entries: Sequence[Entry]) -> list[bytes]:
    """Each of `entries` as an `item`."""
    feed = _frame("entries", "https://entries.invalid/", "entries")
    for entry in entries:
        made = _feedgen.add_entry(feed)
        made.title(entry.title)
        if entry.url:
            made.link(href=entry.url)
        made.guid(entry.id, permalink=entry.id == entry.url)
        made.pubDate(entry.published)
        made.description(escape(entry.summary) or escape(entry.title))
        made.content(entry.content, type="html")
        made.category([{"term": each.label, "scheme": each.scheme, "label": each.label} for each in entry.categories])
        if enclosure := _enclosure(entry.enclosures):
            made.enclosure(enclosure.url, str(enclosure.size), enclosure.media_type)
        made.feeds.mend = lambda item, entry=entry: _mend(item, entry)
    return _feedgen.cut(feed.rss_str(pretty=True), "item")


def render_feed(feed: Feed, entries: Sequence[bytes]) -> bytes:
    """The whole document around rendered `entries`."""
    frame = _frame(feed.title, feed.home_url, feed.description)
    # The profile's order of importance; the channel's link is the last one that feedgen is given.
    frame.link(href=f"{feed.address}.{SUFFIX}", rel="self", type="application/rss+xml")
    frame.link(href=feed.home_url, rel="alternate")
    frame.lastBuildDate(feed.updated or _feedgen.NO_DATE)
    frame.docs("https://www.rssboard.org/rss-specification")
    if feed.language:
        frame.language(feed.language)
    if feed.copyright:
        frame.copyright(feed.copyright)
    if feed.image and feed.image.url.lower().partition("?")[0].endswith(_IMAGE_SUFFIXES):
        frame.image(feed.image.url, title=feed.title, link=feed.home_url)
    frame.feeds.mend = lambda root: _mend_channel(root[0], feed)
    return _feedgen.splice(frame.rss_str(pretty=True), entries, b"  </channel>", feed.stylesheet)


def _frame(title: str, link: str, description: str) -> FeedGenerator:
    frame = _feedgen.new_feed(_NAMESPACES)
    frame.title(title)
    frame.link(href=link)
    frame.description(description)
    frame.lastBuildDate(_feedgen.NO_DATE)
    return frame


def _enclosure(files: tuple[Action, ...]) -> Action | None:
    """The one file that a reader offers to play or fetch: sound or moving pictures first, and only where its bytes are known."""
    known = [file for file in files if file.size is not None and file.media_type is not None]
    return next((file for file in known if file.medium in ("audio", "video")), known[0] if known else None)


def _mend(item: etree._Element, entry: Entry) -> None:
    # An author without an address can't be an RSS author: Dublin Core names people as they are.
    for person in entry.authors:
        element(item, f"{{{DC}}}creator", person.name)
    if entry.language:
        element(item, f"{{{DC}}}language", entry.language)
    if entry.updated != entry.published:
        element(item, f"{{{ATOM}}}updated", rfc3339(entry.updated))
    _media.add(item, entry)


def _mend_channel(channel: etree._Element, feed: Feed) -> None:
    if feed.updated is None:
        for date in channel.findall("lastBuildDate"):
            channel.remove(date)
    for hub in feed.hubs:
        element(channel, f"{{{ATOM}}}link", href=hub, rel="hub")
