"""Parsed feeds: RSS 2.0, RSS 1.0, Atom 1.0 and JSON Feed documents, of any publisher. Pure.

Strict, so that what only lenient readers understand is found; of a document that is not well formed as much as possible is
read all the same.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson
from lxml import etree
from msgspec import Struct
from msgspec.structs import replace

from feeds.text.dates import moment
from feeds.text.text import fold

_ATOM = "{http://www.w3.org/2005/Atom}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"
_RSS_1 = "{http://purl.org/rss/1.0/}"
_TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
_DATES = frozenset({"pubDate", "published", "updated", "date", "modified", "issued", "date_published", "date_modified"})


class Item(Struct, frozen=True):
    """An item of a feed, as far as subscribers notice it.

    `id` is the identity by which readers know the item: the feed's own, else the link, else the title. `digest` covers everything
    in the item except its dates. `withdrawn` marks a notice that stands in for an article.
    """

    id: str
    link: str
    title: str
    published: datetime | None
    updated: datetime | None
    digest: bytes
    withdrawn: bool = False


class ParsedFeed(Struct, frozen=True):
    """A feed document.

    `older` is the URL of the next older archive document (RFC 5005 4, JSON Feed `next_url`). `deleted` are ids of withdrawn
    items (RFC 6721). `faults` say where the document breaks its format; `is_broken` is whether it can't be read to its end.
    """

    format: str
    id: str = ""
    title: str = ""
    self_url: str = ""
    older: str = ""
    items: tuple[Item, ...] = ()
    deleted: frozenset[str] = frozenset()
    faults: tuple[str, ...] = ()
    is_broken: bool = False

    @property
    def live(self) -> tuple[Item, ...]:
        """The items that are articles, not notices of withdrawn ones."""
        return tuple(item for item in self.items if not item.withdrawn and item.id not in self.deleted)

    @property
    def withdrawn(self) -> frozenset[str]:
        """The ids of articles that the feed says are withdrawn."""
        return self.deleted | {item.id for item in self.items if item.withdrawn}

    def by_id(self) -> dict[str, Item]:
        """Every item by its id; what is only named as deleted is an item without anything else."""
        gone = {id: Item(id, "", "", None, None, b"", withdrawn=True) for id in self.deleted}
        # Of items with one id readers take the first.
        return {item.id: item for item in reversed(self.items)} | gone


def looks_like_feed(start: bytes) -> bool:
    """Whether a document that begins with `start`, about a thousand bytes, is a feed."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return b"jsonfeed.org/version" in text
    return text.startswith(b"<") and any(mark in text for mark in (b"<rss", b"<feed", b"<rdf:RDF"))


def parse(body: bytes) -> ParsedFeed:
    """Read a feed. What can't be read at all has the format `""` and a fault that says why; nothing is raised."""
    start = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    return _parse_json(body) if start[:1] == b"{" else _parse_xml(body)


def _parse_json(body: bytes) -> ParsedFeed:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        return ParsedFeed("", faults=(f"not JSON: {error}",), is_broken=True)
    if "jsonfeed.org/version" not in str(found.get("version", "")):
        return ParsedFeed("", faults=("JSON, but no JSON Feed: it has no `version` of jsonfeed.org",), is_broken=True)
    given = found.get("items")
    faults = [] if isinstance(given, list) else ["no array `items`"]
    if not found.get("title"):
        faults.append("no `title`")
    dicts = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
    items = tuple(_json_item(item) for item in dicts)
    faults += _item_faults(items, (_json_faults(item) for item in dicts))
    return ParsedFeed(
        "json",
        id=str(found.get("feed_url", "")),
        title=fold(str(found.get("title", ""))),
        self_url=str(found.get("feed_url", "")),
        older=str(found.get("next_url", "")),
        items=items,
        faults=tuple(faults),
    )


def _json_item(item: dict[str, Any]) -> Item:
    ours = item.get("_feeds")
    link = str(item.get("url") or item.get("external_url") or "")
    title = fold(str(item.get("title", "")))
    said = orjson.dumps({name: value for name, value in item.items() if name not in _DATES}, option=orjson.OPT_SORT_KEYS)
    return Item(
        str(item.get("id") or link or title),
        link,
        title,
        _moment(str(item.get("date_published", ""))),
        _moment(str(item.get("date_modified", ""))),
        hashlib.blake2b(said, digest_size=16).digest(),
        isinstance(ours, dict) and bool(ours.get("withdrawn")),
    )


def _json_faults(item: dict[str, Any]) -> Iterator[str]:
    if not item.get("id"):
        yield "no `id`"
    if item.get("content_html") is None and item.get("content_text") is None:
        yield "neither `content_html` nor `content_text`"
    for name in ("date_published", "date_modified"):
        if name in item and _moment(str(item[name])) is None:
            yield f"`{name}` is no date: {item[name]!r}"


def _parse_xml(body: bytes) -> ParsedFeed:
    faults = []
    options = {"resolve_entities": False, "no_network": True, "huge_tree": True}
    try:
        root = etree.fromstring(body, etree.XMLParser(**options))
    except etree.XMLSyntaxError as error:
        faults.append(f"not well-formed XML: {error.msg}" if body.strip() else "empty")
        with suppress(etree.XMLSyntaxError):
            root = etree.fromstring(body, etree.XMLParser(recover=True, **options))
            if root is not None and root.tag in _PARSERS:
                return replace(_PARSERS[root.tag](root, faults), is_broken=True)
        return ParsedFeed("", faults=tuple(faults), is_broken=True)
    if root.tag not in _PARSERS:
        return ParsedFeed("", faults=(f"no feed: its root element is <{etree.QName(root).localname}>",), is_broken=True)
    return _PARSERS[root.tag](root, faults)


def _parse_rss(root: Any, faults: list[str]) -> ParsedFeed:
    channel = root.find("channel")
    if channel is None:
        return ParsedFeed("rss", faults=(*faults, "no <channel>"))
    faults += [f"the channel has no <{name}>" for name in ("title", "link", "description") if channel.find(name) is None]
    return _of_rss("rss", channel, channel.findall("item"), "", faults)


def _parse_rdf(root: Any, faults: list[str]) -> ParsedFeed:
    channel = root.find(f"{_RSS_1}channel")
    if channel is None:
        return ParsedFeed("rdf", faults=(*faults, "no <channel>"))
    return _of_rss("rdf", channel, root.findall(f"{_RSS_1}item"), _RSS_1, faults)


def _of_rss(format: str, channel: Any, elements: list[Any], space: str, faults: list[str]) -> ParsedFeed:
    items = tuple(_rss_item(item, space) for item in elements)
    faults += _item_faults(items, (_rss_faults(item, space) for item in elements))
    links = _links(channel)
    return ParsedFeed(
        format,
        title=_text(channel, f"{space}title"),
        self_url=links.get("self", ""),
        older=links.get("prev-archive", ""),
        items=items,
        deleted=_tombstones(channel),
        faults=tuple(faults),
    )


def _rss_item(item: Any, space: str) -> Item:
    guid = item.find(f"{space}guid")
    named = (guid.text or "").strip() if guid is not None else item.get(f"{_RDF}about", "")
    link = _text(item, f"{space}link") or _links(item).get("alternate", "")
    if not link and guid is not None and guid.get("isPermaLink", "true") == "true":
        link = named
    title = _text(item, f"{space}title")
    return Item(
        named or link or title,
        link,
        title,
        _rss_moment(_text(item, "pubDate") or _text(item, f"{_DC}date")),
        _moment(_text(item, f"{_ATOM}updated")),
        _digest(item),
    )


def _rss_faults(item: Any, space: str) -> Iterator[str]:
    if not _text(item, f"{space}title") and not _text(item, f"{space}description"):
        yield "neither <title> nor <description>"
    date = _text(item, "pubDate")
    if date and _rss_moment(date) is None:
        yield f"<pubDate> is no date: {date!r}"


def _parse_atom(root: Any, faults: list[str]) -> ParsedFeed:
    entries = root.findall(f"{_ATOM}entry")
    items = tuple(_atom_item(entry) for entry in entries)
    faults += [f"the feed has no <{name}>" for name in ("id", "title", "updated") if not _text(root, f"{_ATOM}{name}")]
    faults += _item_faults(items, (_atom_faults(entry) for entry in entries))
    links = _links(root)
    return ParsedFeed(
        "atom",
        id=_text(root, f"{_ATOM}id"),
        title=_text(root, f"{_ATOM}title"),
        self_url=links.get("self", ""),
        older=links.get("prev-archive", ""),
        items=items,
        deleted=_tombstones(root),
        faults=tuple(faults),
    )


def _atom_item(entry: Any) -> Item:
    link = _links(entry).get("alternate", "")
    title = _text(entry, f"{_ATOM}title")
    return Item(
        _text(entry, f"{_ATOM}id") or link or title,
        link,
        title,
        _moment(_text(entry, f"{_ATOM}published")),
        _moment(_text(entry, f"{_ATOM}updated")),
        _digest(entry),
    )


def _atom_faults(entry: Any) -> Iterator[str]:
    for name in ("id", "title", "updated"):
        if entry.find(f"{_ATOM}{name}") is None:
            yield f"no <{name}>"
    for name in ("published", "updated"):
        date = _text(entry, f"{_ATOM}{name}")
        if date and _moment(date) is None:
            yield f"<{name}> is no date: {date!r}"


def _item_faults(items: Iterable[Item], faults: Iterable[Iterable[str]]) -> list[str]:
    """The faults of each item, with its number and title, and ids that several items have."""
    every = list(items)
    said = [
        f"item {number}{f' “{item.title}”' if item.title else ''}: {fault}"
        for number, (item, of_item) in enumerate(zip(every, faults, strict=True), 1)
        for fault in of_item
    ]
    for id, times in Counter(item.id for item in every if item.id).items():
        if times > 1:
            said.append(f"{times} items have the id {id}")
    return said


def _links(element: Any) -> dict[str, str]:
    """The first Atom link of each relation, which is `alternate` where none is given (RFC 4287 4.2.7.2)."""
    found: dict[str, str] = {}
    for link in element.findall(f"{_ATOM}link"):
        found.setdefault(link.get("rel", "alternate"), link.get("href", "").strip())
    return found


def _tombstones(feed: Any) -> frozenset[str]:
    return frozenset(each.get("ref", "") for each in feed.iter(f"{_TOMBSTONES}deleted-entry"))


def _text(element: Any, name: str) -> str:
    found = element.find(name)
    if found is None:
        return ""
    return fold("".join(found.itertext()))


def _digest(element: Any) -> bytes:
    """A digest of all elements, attributes and text of an item, except its dates and white space between elements."""
    digest = hashlib.blake2b(digest_size=16)
    for each in element.iter(etree.Element):
        name = each.tag
        if name.rpartition("}")[2] in _DATES:
            continue
        pieces = (name, *(f"{key}={value}" for key, value in sorted(each.attrib.items())), (each.text or "").strip())
        digest.update("\0".join(pieces).encode())
        digest.update(b"\1")
    return digest.digest()


def _moment(text: str) -> datetime | None:
    try:
        return moment(text) if text else None
    except ValueError:
        return None


def _rss_moment(text: str) -> datetime | None:
    # A tenth of the time that `moment` takes for RFC 822.
    with suppress(ValueError):
        found = parsedate_to_datetime(text)
        return found.astimezone(UTC).replace(microsecond=0) if found.tzinfo else found.replace(tzinfo=UTC)
    return _moment(text)


_PARSERS = {"rss": _parse_rss, f"{_RDF}RDF": _parse_rdf, f"{_ATOM}feed": _parse_atom}
