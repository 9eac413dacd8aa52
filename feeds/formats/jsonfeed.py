"""JSON Feed 1.1. Members that Feeds adds are in the extension `_feeds` (JSON Feed 1.1, "Extensions")."""

from collections.abc import Sequence
from typing import Any

import orjson

from feeds.model import Action, Entry, Feed, Person
from feeds.text.dates import rfc3339
from feeds.version import __version__

MEDIA_TYPE = "application/feed+json; charset=utf-8"
SUFFIX = "json"
BETWEEN = b","


def render_entries(entries: Sequence[Entry]) -> list[bytes]:
    """Render each entry as an item (JSON Feed 1.1, "Items"), on a line of its own."""
    return [b"\n%b" % orjson.dumps(_item(entry)) for entry in entries]


def render_feed(feed: Feed, entries: Sequence[bytes]) -> bytes:
    """The whole document of `feed`, with `entries` as `render_entries` made them. Each member and item has its own line."""
    before, after = render_frame(feed)
    if not entries:
        return before + after
    # One join: an archive page may have megabytes.
    first, *others = entries
    return BETWEEN.join((before + first, *others)) + after


def render_frame(feed: Feed) -> tuple[bytes, bytes]:
    """The document without its entries, in two parts: what comes before them and what comes after."""
    image = feed.image.url if feed.image else None
    members = _present(
        version="https://jsonfeed.org/version/1.1",
        title=feed.title,
        home_page_url=feed.home_url,
        feed_url=f"{feed.address}.{SUFFIX}",
        description=feed.description,
        next_url=f"{feed.older}.{SUFFIX}" if feed.older else None,
        icon=image,
        favicon=feed.icon.url if feed.icon else None,
        authors=[_author(feed.author)],
        language=feed.language,
        hubs=[{"type": "WebSub", "url": hub} for hub in feed.hubs],
        _feeds=_present(generator=f"Feeds {__version__}", copyright=feed.copyright, translations=_translations(feed)),
    )
    head = b",\n".join(b"%b: %b" % (orjson.dumps(name), orjson.dumps(value)) for name, value in members.items())
    return b'{\n%b,\n"items": [' % head, b"]\n}\n"


def _translations(feed: Feed) -> list[dict[str, str]]:
    return [{"language": language, "url": f"{address}.{SUFFIX}"} for language, address in feed.translations]


def _item(entry: Entry) -> dict[str, Any]:
    return _present(
        id=entry.id,
        url=entry.url,
        title=entry.title,
        content_html=entry.content,
        summary=entry.summary,
        image=entry.images[0].url if entry.images else None,
        date_published=rfc3339(entry.published),
        date_modified=rfc3339(entry.updated),
        authors=[_author(person) for person in entry.authors],
        tags=[category.label for category in entry.categories],
        language=entry.language,
        attachments=[_attachment(file) for file in entry.enclosures],
        _feeds=_present(
            quality=entry.quality,
            heat=entry.heat,
            amp_url=entry.amp_url,
            withdrawn=rfc3339(entry.withdrawn) if entry.withdrawn else None,
            related=[
                _present(
                    title=link.title,
                    url=link.url,
                    summary=link.excerpt,
                    provider=link.provider,
                    date_published=rfc3339(link.published) if link.published else None,
                )
                for link in entry.related
            ],
        ),
    )


def _author(person: Person) -> dict[str, Any]:
    return _present(name=person.name, url=person.url, avatar=person.avatar)


def _attachment(file: Action) -> dict[str, Any]:
    return _present(
        url=file.url,
        mime_type=file.media_type or "application/octet-stream",
        title=file.title,
        size_in_bytes=file.size,
        duration_in_seconds=file.seconds,
    )


def _present(**members: Any) -> dict[str, Any]:
    """Leave out members that are None or empty."""
    return {name: value for name, value in members.items() if value or value == 0}
