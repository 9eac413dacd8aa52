"""Atom 1.0 (RFC 4287), with Media RSS for pictures and players, and tombstones (RFC 6721)."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.formats import _feedgen, _forms, _media
from feeds.formats._feedgen import HISTORY, XML, element
from feeds.model import Entry, Feed
from feeds.text.dates import rfc3339
from feeds.version import __version__

MEDIA_TYPE = "application/atom+xml; charset=utf-8"
SUFFIX = "atom"
BETWEEN = b""
_NAMESPACES = {"media": _feedgen.MEDIA}


def render_entries(entries: Sequence[Entry]) -> list[bytes]:
    """Render each entry as an `atom:entry` (RFC 4287 4.1.2)."""
    return _ENTRIES.render(entries)


def render_feed(feed: Feed, entries: Sequence[bytes]) -> bytes:
    """The whole document of `feed` (RFC 4287 4.1.1), with `entries` as `render_entries` made them."""
    before, after = render_frame(feed)
    return b"".join((before, *entries, after))


def render_frame(feed: Feed) -> tuple[bytes, bytes]:
    """The document without its entries, in two parts: what comes before them and what comes after."""
    (whole,) = _FRAMES.render([feed])
    return _feedgen.halves(whole, b"</feed>", feed.stylesheet)


def _write_entries(entries: Sequence[Entry]) -> list[bytes]:
    feed = _frame("urn:entries", "entries")
    for entry in entries:
        made = _feedgen.add_entry(feed)
        made.id(entry.id)
        made.title(entry.title)
        made.updated(entry.updated)
        made.published(entry.published)
        made.author([{"name": person.name, "uri": person.url} for person in entry.authors])
        made.content(entry.content, type="html")
        if entry.summary:
            made.summary(entry.summary)
        made.category([{"term": each.term, "scheme": each.scheme, "label": each.label} for each in entry.categories])
        made.feeds.mend = lambda made, entry=entry: _mend(made, entry)
    written = _feedgen.cut(feed.atom_str(pretty=True), "entry")
    return [made + _tombstone(entry) if entry.withdrawn else made for made, entry in zip(written, entries, strict=True)]


def _tombstone(entry: Entry) -> bytes:
    """The `at:deleted-entry` of an article that was withdrawn (RFC 6721 3). Its notice was last updated at that moment."""
    name = etree.QName(_feedgen.TOMBSTONES, "deleted-entry")
    made = etree.Element(name, nsmap={"at": _feedgen.TOMBSTONES}, ref=entry.id, when=rfc3339(entry.updated))
    return f"  {etree.tostring(made, encoding='unicode')}\n".encode()


def _write_frames(feeds: Sequence[Feed]) -> list[bytes]:
    return [_write_frame(feed) for feed in feeds]


def _write_frame(feed: Feed) -> bytes:
    frame = _frame(feed.id, feed.title, {"fh": HISTORY} if feed.current else {})
    frame.generator("Feeds", version=__version__)
    frame.updated(feed.updated or _feedgen.NO_DATE)
    frame.subtitle(feed.description)
    frame.author({"name": feed.author.name, "uri": feed.author.url})
    frame.link(href=f"{feed.address}.{SUFFIX}", rel="self", type="application/atom+xml")
    frame.link(href=feed.home_url, rel="alternate", type="text/html")
    for language, address in _feedgen.translation_links(feed, SUFFIX):
        frame.link(href=address, rel="alternate", type="application/atom+xml", hreflang=language)
    for rel, address in _feedgen.archive_links(feed, SUFFIX):
        frame.link(href=address, rel=rel, type="application/atom+xml")
    for hub in feed.hubs:
        frame.link(href=hub, rel="hub")
    if feed.language:
        frame.language(feed.language)
    if feed.copyright:
        frame.rights(feed.copyright)
    if feed.image:
        frame.logo(feed.image.url)
    if feed.icon:
        frame.icon(feed.icon.url)
    if feed.current:
        frame.feeds.mend = lambda root: element(root, f"{{{HISTORY}}}archive")
    return bytes(frame.atom_str(pretty=True))


def _frame(feed_id: str, title: str, more: Mapping[str, str] = MappingProxyType({})) -> FeedGenerator:
    frame = _feedgen.new_feed({**_NAMESPACES, **more})
    frame.id(feed_id)
    frame.title(title)
    frame.updated(_feedgen.NO_DATE)
    return frame


def _mend(made: etree._Element, entry: Entry) -> None:
    links: list[dict[str, str | None]] = []
    if entry.url:
        links.append({"href": entry.url, "rel": "alternate"})
    for file in entry.enclosures:
        length = None if file.size is None else str(file.size)
        links.append(
            {
                "href": file.url,
                "rel": "enclosure",
                "type": file.media_type,
                "length": length,
                "title": file.title or None,
            }
        )
    links += [{"href": link.url, "rel": "related", "title": link.title} for link in entry.related]
    _feedgen.atom_links(made, links)
    if entry.language:
        made.set(f"{{{XML}}}lang", entry.language)
    _media.add(made, entry)


_ENTRIES = _forms.Forms(_write_entries, _forms.entry_shapes, _forms.entry_sample)
_FRAMES = _forms.Forms(_write_frames, _forms.feed_shapes, _forms.feed_sample)
