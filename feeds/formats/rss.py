"""RSS 2.0 (RSS Advisory Board profile), with content, dc, atom and Media RSS elements."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.formats import _feedgen, _forms, _media
from feeds.formats._feedgen import ATOM, DC, HISTORY, SYNDICATION, element
from feeds.model import Entry, Feed
from feeds.text.dates import rfc3339
from feeds.text.text import escape

MEDIA_TYPE = "application/rss+xml; charset=utf-8"
SUFFIX = "rss"
BETWEEN = b""
_NAMESPACES = {"dc": _feedgen.DC, "media": _feedgen.MEDIA}


def render_entries(entries: Sequence[Entry]) -> list[bytes]:
    """Each of `entries` as an `item`."""
    return _ENTRIES.written(entries)


def render_feed(feed: Feed, entries: Sequence[bytes]) -> bytes:
    """The whole document around rendered `entries`."""
    before, after = render_frame(feed)
    return b"".join((before, *entries, after))


def render_frame(feed: Feed) -> tuple[bytes, bytes]:
    """What stands before and after the entries of `feed`."""
    (whole,) = _FRAMES.written([feed])
    return _feedgen.halves(whole, b"  </channel>", feed.stylesheet)


def _write_entries(entries: Sequence[Entry]) -> list[bytes]:
    feed = _frame("entries", "https://entries.invalid/", "entries")
    for entry in entries:
        made = _feedgen.add_entry(feed)
        made.title(entry.title)
        if entry.url:
            made.link(href=entry.url)
        made.guid(entry.id, permalink=entry.id == entry.url)
        made.pubDate(entry.published)
        made.description(escape(entry.summary or entry.title, quote=False))
        made.content(entry.content, type="html")
        made.category([{"term": each.label, "scheme": each.scheme, "label": each.label} for each in entry.categories])
        if enclosure := _media.main_enclosure(entry.enclosures):
            made.enclosure(enclosure.url, str(enclosure.size), enclosure.media_type)
        made.feeds.mend = lambda item, entry=entry: _mend(item, entry)
    return _feedgen.cut(feed.rss_str(pretty=True), "item")


def _write_frames(feeds: Sequence[Feed]) -> list[bytes]:
    return [_write_frame(feed) for feed in feeds]


def _write_frame(feed: Feed) -> bytes:
    more = {"fh": HISTORY} if feed.current else {}
    if feed.minutes_between_visits:
        more["sy"] = SYNDICATION
    frame = _frame(feed.title, feed.home_url, feed.description, more)
    # The profile's order of importance; the channel's link is the last one that feedgen is given.
    frame.link(href=f"{feed.address}.{SUFFIX}", rel="self", type="application/rss+xml")
    frame.link(href=feed.home_url, rel="alternate")
    frame.lastBuildDate(feed.updated or _feedgen.NO_DATE)
    frame.docs("https://www.rssboard.org/rss-specification")
    if feed.language:
        frame.language(feed.language)
    if feed.copyright:
        frame.copyright(feed.copyright)
    if feed.image and _forms.is_rss_image(feed.image):
        frame.image(feed.image.url, title=feed.title, link=feed.home_url)
    if feed.minutes_between_visits:
        frame.ttl(feed.minutes_between_visits)
    frame.feeds.mend = lambda root: _mend_channel(root[0], feed)
    return bytes(frame.rss_str(pretty=True))


def _frame(title: str, link: str, description: str, more: Mapping[str, str] = MappingProxyType({})) -> FeedGenerator:
    frame = _feedgen.new_feed({**_NAMESPACES, **more})
    frame.title(title)
    frame.link(href=link)
    frame.description(description)
    frame.lastBuildDate(_feedgen.NO_DATE)
    return frame


def _mend(item: etree._Element, entry: Entry) -> None:
    # An author without an address can't be an RSS author: Dublin Core names people as they are.
    for person in entry.authors:
        element(item, f"{{{DC}}}creator", person.name)
    if entry.language:
        element(item, f"{{{DC}}}language", entry.language)
    if entry.origin is not None:
        element(item, "source", entry.origin.title, url=entry.origin.feed_url)
    if entry.updated != entry.published:
        element(item, f"{{{ATOM}}}updated", rfc3339(entry.updated))
    _media.add(item, entry)


def _mend_channel(channel: etree._Element, feed: Feed) -> None:
    if feed.updated is None:
        for date in channel.findall("lastBuildDate"):
            channel.remove(date)
    # Links stand together, after the self link, which is the only one that feedgen writes.
    links = [("application/rss+xml", rel, address) for rel, address in _feedgen.archive_links(feed, SUFFIX)]
    place = channel.index(channel.find(f"{{{ATOM}}}link")) + 1
    for type, rel, address in reversed([*links, *((None, "hub", hub) for hub in feed.hubs)]):
        channel.insert(place, element(channel, f"{{{ATOM}}}link", href=address, rel=rel, type=type))
    if feed.minutes_between_visits:
        period, minutes = ("hourly", 60) if feed.minutes_between_visits <= 60 else ("daily", 1440)
        element(channel, f"{{{SYNDICATION}}}updatePeriod", period)
        element(channel, f"{{{SYNDICATION}}}updateFrequency", str(minutes // feed.minutes_between_visits))
    if feed.current:
        element(channel, f"{{{HISTORY}}}archive")


_ENTRIES = _forms.Forms(_write_entries, _forms.entry_shapes, _forms.entry_sample)
_FRAMES = _forms.Forms(_write_frames, _forms.feed_shapes, _forms.feed_sample)
