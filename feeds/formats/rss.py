"""RSS 2.0 (RSS Advisory Board profile), with content, dc, atom and Media RSS elements."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from urllib.parse import urlsplit

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.formats import _feedgen, _forms, _media, _podcasts
from feeds.formats._feedgen import ATOM, DC, HISTORY, SYNDICATION, element
from feeds.model import Action, Entry, Feed
from feeds.text.dates import rfc3339
from feeds.text.text import escape

MEDIA_TYPE = "application/rss+xml; charset=utf-8"
SUFFIX = "rss"
BETWEEN = b""
_NAMESPACES = {"dc": _feedgen.DC, "media": _feedgen.MEDIA}


def render_entries(entries: Sequence[Entry]) -> list[bytes]:
    """Render each entry as an `item` (RSS 2.0, "Elements of <item>")."""
    return _ENTRIES.render(entries)


def render_episodes(entries: Sequence[Entry]) -> list[bytes]:
    """Render each entry as the `item` of a podcast (PSP-1, "Required <item> elements")."""
    return _EPISODES.render(entries)


def render_feed(feed: Feed, entries: Sequence[bytes]) -> bytes:
    """The whole document of `feed`, with `entries` as `render_entries` made them."""
    before, after = render_frame(feed)
    return b"".join((before, *entries, after))


def render_frame(feed: Feed) -> tuple[bytes, bytes]:
    """The document without its entries, in two parts: what comes before them and what comes after."""
    (whole,) = _FRAMES.render([feed])
    return _feedgen.halves(whole, b"  </channel>", feed.stylesheet)


def _write_entries(entries: Sequence[Entry]) -> list[bytes]:
    feed = _frame("entries", "https://entries.invalid/", "entries")
    for entry in entries:
        enclosure = _media.main_enclosure(entry.enclosures)
        _add(feed, entry, enclosure).feeds.mend = lambda item, entry=entry: _mend(item, entry)
    return _feedgen.cut(feed.rss_str(pretty=True), "item")


def _write_episodes(entries: Sequence[Entry]) -> list[bytes]:
    feed = _frame("entries", "https://entries.invalid/", "entries", _podcasts.NAMESPACES)
    _podcasts.extend(feed)
    for entry in entries:
        made = _add(feed, entry, _podcasts.recording(entry.enclosures))
        _podcasts.add_episode(made, entry)
        made.feeds.mend = lambda item, entry=entry: _mend_episode(item, entry)
    return _feedgen.cut(feed.rss_str(pretty=True), "item")


def _add(feed: FeedGenerator, entry: Entry, enclosure: Action | None) -> FeedEntry:
    made = _feedgen.add_entry(feed)
    made.title(entry.title)
    if entry.url:
        made.link(href=entry.url)
    made.guid(entry.id, permalink=entry.id == entry.url)
    made.description(escape(entry.summary or entry.title, quote=False))
    made.content(entry.content, type="html")
    made.category([{"term": each.label, "scheme": each.scheme, "label": each.label} for each in entry.categories])
    if enclosure is not None:
        # An unknown size is 0 (RSS Best Practices Profile, "enclosure").
        made.enclosure(enclosure.url, str(enclosure.size or 0), enclosure.media_type)
    return made


def _write_frames(feeds: Sequence[Feed]) -> list[bytes]:
    return [_write_frame(feed) for feed in feeds]


def _write_frame(feed: Feed) -> bytes:
    more = {"fh": HISTORY} if feed.current else {}
    if feed.minutes_between_visits:
        more["sy"] = SYNDICATION
    if feed.podcast:
        more |= _podcasts.NAMESPACES
    frame = _frame(feed.title, feed.home_url, feed.description, more)
    # feedgen takes the last link as the channel's own.
    frame.link(href=f"{feed.address}.{SUFFIX}", rel="self", type="application/rss+xml")
    frame.link(href=feed.home_url, rel="alternate")
    frame.docs("https://www.rssboard.org/rss-specification")
    if feed.cloud:
        cloud = urlsplit(feed.cloud)
        port = cloud.port or (443 if cloud.scheme == "https" else 80)
        frame.cloud(cloud.hostname, str(port), cloud.path, "", "http-post")
    if feed.language:
        frame.language(feed.language)
    if feed.copyright:
        frame.copyright(feed.copyright)
    if feed.image and _forms.is_rss_image(feed.image):
        frame.image(feed.image.url, title=feed.title, link=feed.home_url)
    if feed.minutes_between_visits:
        frame.ttl(feed.minutes_between_visits)
    if feed.podcast:
        _podcasts.extend(frame)
        _podcasts.describe(frame, feed.podcast)
    frame.feeds.mend = lambda root: _mend_channel(root[0], feed)
    return bytes(frame.rss_str(pretty=True))


def _frame(title: str, link: str, description: str, more: Mapping[str, str] = MappingProxyType({})) -> FeedGenerator:
    frame = _feedgen.new_feed({**_NAMESPACES, **more})
    frame.title(title)
    frame.link(href=link)
    frame.description(description)
    return frame


def _mend(item: etree._Element, entry: Entry) -> None:
    _feedgen.rss_date(item, "pubDate", entry.published)
    # An RSS `author` is an e-mail address, which we never have: Dublin Core takes a name.
    for person in entry.authors:
        element(item, f"{{{DC}}}creator", person.name)
    if entry.language:
        element(item, f"{{{DC}}}language", entry.language)
    if entry.origin is not None:
        element(item, "source", entry.origin.title, url=entry.origin.feed_url)
    if entry.updated != entry.published:
        element(item, f"{{{ATOM}}}updated", rfc3339(entry.updated))
    _media.add(item, entry)


def _mend_episode(item: etree._Element, entry: Entry) -> None:
    _mend(item, entry)
    _podcasts.mend_episode(item, entry)


def _mend_channel(channel: etree._Element, feed: Feed) -> None:
    if feed.updated is not None:
        _feedgen.rss_date(channel, "lastBuildDate", feed.updated, before="ttl")
    # Keep the links together: they go after the self link, the only one that feedgen writes.
    links = [("application/rss+xml", rel, address) for rel, address in _feedgen.archive_links(feed, SUFFIX)]
    place = channel.index(channel.find(f"{{{ATOM}}}link")) + 1
    for type, rel, address in reversed([*links, *((None, "hub", hub) for hub in feed.hubs)]):
        channel.insert(place, element(channel, f"{{{ATOM}}}link", href=address, rel=rel, type=type))
    for language, address in reversed(_feedgen.translation_links(feed, SUFFIX)):
        made = element(channel, f"{{{ATOM}}}link", href=address, rel="alternate", type="application/rss+xml", hreflang=language)
        channel.insert(place, made)
    if feed.minutes_between_visits:
        period, minutes = ("hourly", 60) if feed.minutes_between_visits <= 60 else ("daily", 1440)
        element(channel, f"{{{SYNDICATION}}}updatePeriod", period)
        element(channel, f"{{{SYNDICATION}}}updateFrequency", str(minutes // feed.minutes_between_visits))
    if feed.current:
        element(channel, f"{{{HISTORY}}}archive")
    if feed.podcast:
        _podcasts.mend_channel(channel, feed.podcast)


_ENTRIES = _forms.Forms(_write_entries, _forms.entry_shapes, _forms.entry_sample)
_EPISODES = _forms.Forms(_write_episodes, _forms.entry_shapes, _forms.entry_sample)
_FRAMES = _forms.Forms(_write_frames, _forms.feed_shapes, _forms.feed_sample)
