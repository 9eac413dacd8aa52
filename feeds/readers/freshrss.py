"""FreshRSS: what SimplePie reads and FreshRSS keeps; it converts a JSON Feed to RSS first.

The rules are those of `app/Models/Feed.php`, `app/Utils/dotNotationUtil.php` and `lib/simplepie`.
"""

import html
import re
from collections.abc import Iterable
from typing import Any

from feeds.readers.documents import ATOM, CONTENT, DC, MEDIA, by_format, text, texts, when
from feeds.readers.kept import Kept, KeptFile, KeptItem, lost

NAME = "FreshRSS"
RULES = "its source of 2024-10-24 (1.25.0-dev, 6c58b90)"
_TAG = re.compile("<[^>]*>")


def keep(body: bytes, url: str) -> Kept:
    """A document as FreshRSS keeps it."""
    return by_format(body, rss=_of_rss, atom=_of_atom, json=_of_json)


def _of_rss(channel: Any) -> Kept:
    items = []
    for item in channel.findall("item"):
        guid = item.find("guid")
        named = (guid.text or "").strip() if guid is not None else ""
        link = text(item, "link")
        if not link and guid is not None and guid.get("isPermaLink", "true").strip().lower() == "true":
            link = named
        files = _media(item) + [
            KeptFile(each.get("url"), each.get("type", "")) for each in item.findall("enclosure") if each.get("url")
        ]
        content = text(item, f"{CONTENT}encoded") or text(item, "description")
        items.append(
            KeptItem(
                named or link,
                _title(text(item, "title")),
                link or (files[0].url if files else ""),
                when(text(item, "pubDate") or text(item, f"{DC}date") or text(item, f"{ATOM}updated")),
                authors=_once([*texts(item, "author"), *texts(item, f"{DC}creator")]),
                categories=_split(texts(item, "category")),
                content=content,
                image=_thumbnail(item),
                files=_each_once(files),
                lost=lost(
                    date_of_change=bool(text(item, "pubDate")) and item.find(f"{ATOM}updated") is not None,
                    summary=bool(text(item, f"{CONTENT}encoded") and text(item, "description")),
                    language=len(item.findall(f"{DC}language")),
                ),
            )
        )
    return _without_repeated(text(channel, "title"), items)


def _of_atom(feed: Any) -> Kept:
    of_feed = texts(feed, f"{ATOM}author/{ATOM}name")
    items = []
    for entry in feed.findall(f"{ATOM}entry"):
        links = [(link.get("rel", "alternate"), link) for link in entry.findall(f"{ATOM}link") if link.get("href")]
        enclosures = [KeptFile(link.get("href"), link.get("type", "")) for rel, link in links if rel == "enclosure"]
        files = [*_media(entry), *enclosures]
        link = next((str(link.get("href")) for rel, link in links if rel == "alternate"), files[0].url if files else "")
        content, summary = text(entry, f"{ATOM}content"), text(entry, f"{ATOM}summary")
        labels = [each.get("label") or each.get("term") or "" for each in entry.findall(f"{ATOM}category")]
        items.append(
            KeptItem(
                text(entry, f"{ATOM}id") or link,
                _title(html.escape(text(entry, f"{ATOM}title"), quote=False)),
                link,
                when(text(entry, f"{ATOM}published") or text(entry, f"{ATOM}updated")),
                authors=_once(texts(entry, f"{ATOM}author/{ATOM}name") or of_feed),
                categories=_split(labels),
                content=content or summary,
                image=_thumbnail(entry),
                files=_each_once(files),
                lost=lost(
                    date_of_change=bool(text(entry, f"{ATOM}published") and text(entry, f"{ATOM}updated")),
                    summary=bool(content and summary),
                    related_links=sum(rel == "related" for rel, _ in links),
                ),
            )
        )
    return _without_repeated(text(feed, f"{ATOM}title"), items)


def _of_json(feed: dict[str, Any]) -> Kept:
    items, dropped = [], []
    for number, item in enumerate(feed.get("items", ()), 1):
        link = str(item.get("url") or "")
        if not link:
            dropped.append(f"item {number}: it has no `url`")
            continue
        files = [KeptFile(str(file.get("url", "")), str(file.get("mime_type", ""))) for file in item.get("attachments", ())]
        image = str(item.get("image") or "")
        items.append(
            KeptItem(
                str(item.get("id") or link),
                _title(html.escape(str(item.get("title") or ""), quote=False)),
                link,
                when(str(item.get("date_published") or "")),
                categories=_split(str(tag) for tag in item.get("tags", ())),
                # `content_text` is ignored.
                content=str(item.get("content_html") or ""),
                image=image,
                files=_each_once([*([KeptFile(image)] if image else []), *(file for file in files if file.url)]),
                lost=lost(
                    authors=len(item.get("authors", ())),
                    date_of_change="date_modified" in item,
                    summary="summary" in item,
                    content_text="content_text" in item and "content_html" not in item,
                    language="language" in item,
                ),
            )
        )
    if not items:
        return Kept(refused="a JSON Feed without an item that has a `url`", dropped=tuple(dropped))
    return _without_repeated(str(feed.get("title") or ""), items, dropped)


def _title(said: str) -> str:
    """A title, given as HTML: tags are taken out, and it is kept as HTML, of which the text is shown here."""
    return html.unescape(_TAG.sub("", said)).strip()


def _media(item: Any) -> list[KeptFile]:
    every = [*item.findall(f"{MEDIA}content"), *item.findall(f"{MEDIA}group/{MEDIA}content")]
    return [KeptFile(each.get("url"), each.get("type", "").lower()) for each in every if each.get("url")]


def _thumbnail(item: Any) -> str:
    found = item.find(f"{MEDIA}thumbnail")
    return str(found.get("url", "")) if found is not None else ""


def _split(labels: Iterable[str]) -> tuple[str, ...]:
    """Categories: one with commas is taken for several."""
    return _once(part.strip() for label in labels for part in label.split(","))


def _once(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))


def _each_once(files: Iterable[KeptFile]) -> tuple[KeptFile, ...]:
    return tuple({file.url: file for file in files}.values())


def _without_repeated(title: str, items: Iterable[KeptItem], dropped: Iterable[str] = ()) -> Kept:
    """Of items with the same id, only the last in the feed is kept, which FreshRSS reads first."""
    kept: dict[str, KeptItem] = {}
    repeated = []
    for item in reversed(list(items)):
        if item.id in kept:
            repeated.append(f"“{item.title}”: its id {item.id} is that of “{kept[item.id].title}”")
        else:
            kept[item.id] = item
    return Kept(title, tuple(reversed(kept.values())), dropped=(*dropped, *repeated))
