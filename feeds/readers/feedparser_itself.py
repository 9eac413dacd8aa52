"""feedparser itself, on which many readers and bots in Python are built."""

import calendar
from datetime import UTC, datetime
from time import struct_time
from typing import Any

from feeds.readers.kept import Kept, KeptFile, KeptItem

NAME = "feedparser"
RULES = "itself, as it is installed"


def keep(body: bytes, url: str) -> Kept:
    """A document as feedparser reads it."""
    import feedparser

    found = feedparser.parse(body, response_headers={"content-location": url})
    if not found.version:
        return Kept(refused="it knows no such format; feedparser 6 reads RSS and Atom, no JSON Feed")
    return Kept(found.feed.get("title", ""), tuple(_item(entry) for entry in found.entries))


def _item(entry: Any) -> KeptItem:
    files = tuple(KeptFile(file.get("href", ""), file.get("type", "")) for file in entry.get("enclosures", ()))
    media = [each["url"] for each in entry.get("media_content", ()) if each.get("url")]
    image = next(iter(media), "")
    contents = entry.get("content", ())
    return KeptItem(
        entry.get("id", ""),
        entry.get("title", ""),
        entry.get("link", ""),
        _moment(entry.get("published_parsed")),
        # Where an item has none, it is made of `published`, with a warning.
        _moment(entry.get("updated_parsed")) if "updated" in entry else None,
        tuple(author["name"] for author in entry.get("authors", ()) if author.get("name")),
        tuple(tag.get("label") or tag.get("term") or "" for tag in entry.get("tags", ())),
        contents[0].value if contents else entry.get("summary", ""),
        entry.get("summary", "") if contents else "",
        image,
        files,
        (contents[0].get("language") or "") if contents else "",
    )


def _moment(value: struct_time | None) -> datetime | None:
    return datetime.fromtimestamp(calendar.timegm(value), UTC) if value is not None else None
