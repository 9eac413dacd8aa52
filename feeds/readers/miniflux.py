"""Miniflux: what its feed parser and its storage keep.

The rules are those of `internal/reader/{rss,atom,json}` and `internal/storage/entry.go`.
"""

import html
import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from feeds.readers.documents import ATOM, CONTENT, DC, MEDIA, XML, by_format, text, texts, when
from feeds.readers.kept import Kept, KeptFile, KeptItem, lost

NAME = "Miniflux"
RULES = "its source of 2026-08-11 (106cdd0)"
# HTTP_CLIENT_MAX_BODY_SIZE, in bytes.
LARGEST = 15 * 1024 * 1024
_TITLE = 100
_TAG = re.compile("<[^>]*>")


def keep(body: bytes, url: str) -> Kept:
    """A document as Miniflux keeps it."""
    if len(body) > LARGEST:
        return Kept(refused="larger than 15 MiB (HTTP_CLIENT_MAX_BODY_SIZE)")
    return by_format(
        body,
        rss=lambda channel: _of_rss(channel, url),
        atom=lambda feed: _of_atom(feed, url),
        json=lambda feed: _of_json(feed, url),
    )


def _of_rss(channel: Any, url: str) -> Kept:
    site = urljoin(url, text(channel, "link"))
    items, seen = [], set()
    for item in channel.findall("item"):
        guid = item.find("guid")
        named = (guid.text or "") if guid is not None else ""
        address = text(item, "link") or _atom_link(item)
        if not address and named and guid.get("isPermaLink", "") in ("", "true"):
            address = named.strip()
        files = _files([*_media(item, "thumbnail", site), *_enclosures(item, site), *_media(item, "content", site)])
        # Where a feed repeats an element that Miniflux keeps once, Go's decoder leaves the last.
        creators = texts(item, f"{DC}creator")
        content = text(item, f"{CONTENT}encoded") or text(item, "description")
        link = urljoin(site, address) if address else files[0].url if files else site
        title = html.unescape(html.unescape(text(item, f"{DC}title") or text(item, "title")))
        id = named if named and named not in seen else f"{named}|{link}" if named else address or title + content
        seen.add(named)
        author = creators[-1] if creators else text(item, "author")
        items.append(
            KeptItem(
                id,
                title or _start_of(content) or link,
                link,
                when(text(item, f"{DC}date") or text(item, "pubDate")),
                authors=(_TAG.sub("", author),) if author else (),
                categories=_sorted(texts(item, "category")) or _sorted(texts(channel, "category")),
                content=content,
                files=files,
                language=_language(text(item, f"{DC}language") or text(channel, "language")),
                lost=lost(
                    authors=max(len(creators) - 1, 0),
                    date_of_change=item.find(f"{ATOM}updated") is not None,
                    summary=bool(text(item, f"{CONTENT}encoded") and text(item, "description")),
                ),
            )
        )
    return Kept(html.unescape(text(channel, "title")), tuple(items))


def _of_atom(feed: Any, url: str) -> Kept:
    site = urljoin(url, _atom_link(feed)) if _atom_link(feed) else url
    items = []
    for entry in feed.findall(f"{ATOM}entry"):
        id = text(entry, f"{ATOM}id")
        address = _atom_link(entry)
        content = text(entry, f"{ATOM}content")
        summary = text(entry, f"{ATOM}summary")
        link = urljoin(site, address) if address else id if "://" in id else site
        links = [link for link in entry.findall(f"{ATOM}link") if link.get("rel", "").lower() == "enclosure" and link.get("href")]
        enclosures = [KeptFile(urljoin(site, link.get("href").strip()), link.get("type", "")) for link in links]
        items.append(
            KeptItem(
                id or address,
                text(entry, f"{ATOM}title") or _start_of(content or summary) or link,
                link,
                when(text(entry, f"{ATOM}published")) or when(text(entry, f"{ATOM}updated")),
                authors=_people(entry) or _people(feed),
                categories=_categories(entry) or _categories(feed),
                content=content or summary,
                files=_files([*_media(entry, "thumbnail", site), *enclosures, *_media(entry, "content", site)]),
                language=_language(entry.get(f"{XML}lang") or feed.get(f"{XML}lang", "")),
                lost=lost(
                    date_of_change=bool(text(entry, f"{ATOM}published") and text(entry, f"{ATOM}updated")),
                    summary=bool(content and summary),
                    related_links=sum(each.get("rel") == "related" for each in entry.findall(f"{ATOM}link")),
                ),
            )
        )
    return Kept(text(feed, f"{ATOM}title"), tuple(items))


def _of_json(feed: dict[str, Any], url: str) -> Kept:
    site = urljoin(url, str(feed.get("home_page_url") or feed.get("feed_url") or url))
    items = []
    for item in feed.get("items", ()):
        address = str(item.get("url") or item.get("external_url") or "").strip()
        link = urljoin(site, address) if address else ""
        content = str(item.get("content_html") or "").strip() or html.escape(
            str(item.get("content_text") or item.get("summary") or "").strip()
        )
        starts = (_start_of(str(item.get(name) or "")) for name in ("summary", "content_text", "content_html"))
        names = [author.get("name", "").strip() for author in [*feed.get("authors", ()), *item.get("authors", ())]]
        files = [
            KeptFile(urljoin(site, file["url"]), file.get("mime_type", ""))
            for file in item.get("attachments", ())
            if file.get("url")
        ]
        items.append(
            KeptItem(
                str(item.get("id") or address or content),
                str(item.get("title") or "").strip() or next(filter(None, starts), "") or link,
                link,
                when(str(item.get("date_published") or "")) or when(str(item.get("date_modified") or "")),
                # The feed's own authors are taken for authors of each item, too.
                authors=(", ".join(_sorted(names)),) if any(names) else (),
                categories=_sorted(str(tag).strip() for tag in item.get("tags", ())),
                content=content,
                files=tuple(files),
                language=_language(str(item.get("language") or feed.get("language") or "")),
                lost=lost(
                    date_of_change="date_published" in item and "date_modified" in item,
                    picture_beside_the_text="image" in item,
                    summary="summary" in item and bool(item.get("content_html")),
                ),
            )
        )
    return Kept(str(feed.get("title") or "").strip(), tuple(items))


def _people(element: Any) -> tuple[str, ...]:
    names = _sorted(texts(element, f"{ATOM}author/{ATOM}name"))
    return (", ".join(names),) if names else ()


def _categories(element: Any) -> tuple[str, ...]:
    every = element.findall(f"{ATOM}category")
    return _sorted((each.get("label") or "").strip() or (each.get("term") or "").strip() for each in every)


def _atom_link(element: Any) -> str:
    """The first alternate link, or one without a relation that is HTML or of no type."""
    for link in element.findall(f"{ATOM}link"):
        rel, type = link.get("rel", ""), link.get("type", "")
        if rel.lower() == "alternate" or (not rel and type in ("", "text/html")):
            return str(link.get("href", "")).strip()
    return ""


def _media(item: Any, name: str, site: str) -> list[KeptFile]:
    every = [*item.findall(f"{MEDIA}{name}"), *item.findall(f"{MEDIA}group/{MEDIA}{name}")]
    kind = "image/*" if name == "thumbnail" else ""
    return [
        KeptFile(urljoin(site, each.get("url")), each.get("type") or kind or _kind(each)) for each in every if each.get("url")
    ]


def _kind(content: Any) -> str:
    kinds = {"image": "image/*", "audio": "audio/*", "video": "video/*"}
    return kinds.get(content.get("medium", ""), "application/octet-stream")


def _enclosures(item: Any, site: str) -> list[KeptFile]:
    every = item.findall("enclosure")
    return [KeptFile(urljoin(site, each.get("url")), each.get("type", "")) for each in every if each.get("url")]


def _files(files: Iterable[KeptFile]) -> tuple[KeptFile, ...]:
    """Each file once, by its address."""
    found: dict[str, KeptFile] = {}
    for file in files:
        found.setdefault(file.url, file)
    return tuple(found.values())


def _language(tag: str) -> str:
    return tag.strip().lower().replace("_", "-")


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({name for name in names if name}))


def _start_of(content: str) -> str:
    """The first hundred characters of an HTML text, for an item without a title."""
    plain = " ".join(html.unescape(_TAG.sub("", content)).split())
    return plain if len(plain) <= _TITLE else f"{plain[:_TITLE]}…"
