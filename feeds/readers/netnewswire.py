"""NetNewsWire: what its parsers read and its database keeps, in an account on the device itself.

The rules are those of `Modules/RSParser` and `Modules/ArticlesDatabase`.
"""

import hashlib
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from feeds.readers.documents import ATOM, CONTENT, DC, MEDIA, by_format, text, texts, when
from feeds.readers.kept import Kept, KeptItem, lost

NAME = "NetNewsWire"
RULES = "its source of 2026-08-22 (834decf), an account on the device"


def keep(body: bytes, url: str) -> Kept:
    """A document as NetNewsWire keeps it."""
    return by_format(body, rss=_of_rss, atom=lambda feed: _of_atom(feed, url), json=_of_json)


def _of_rss(channel: Any) -> Kept:
    home = text(channel, "link")
    items = []
    for item in channel.findall("item"):
        guid = item.find("guid")
        named = (guid.text or "").strip() if guid is not None else ""
        is_permalink = guid is not None and guid.get("isPermaLink", "true").lower() != "false" and _is_address(named)
        permalink = _resolved(named, home) if is_permalink else ""
        link = _resolved(text(item, "link"), home)
        title = text(item, "title")
        content = text(item, f"{CONTENT}encoded") or text(item, "description")
        published = when(text(item, "pubDate") or text(item, f"{DC}date"))
        items.append(
            KeptItem(
                named or _made_id(permalink or link or title, text(item, "pubDate"), content),
                title,
                permalink or link,
                published,
                authors=_people([*texts(item, f"{DC}creator"), *texts(item, "author")]),
                content=content,
                lost=lost(
                    date_of_change=item.find(f"{ATOM}updated") is not None,
                    categories=len(item.findall("category")),
                    files=len(item.findall("enclosure")),
                    media_content=len(item.findall(f"{MEDIA}content")),
                    language=len(item.findall(f"{DC}language")),
                    summary=bool(text(item, f"{CONTENT}encoded") and text(item, "description")),
                ),
            )
        )
    return Kept(text(channel, "title"), tuple(items))


def _of_atom(feed: Any, url: str) -> Kept:
    home = next((link.get("href", "") for link in feed.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate"), "")
    of_feed = texts(feed, f"{ATOM}author/{ATOM}name")[:1]
    items = []
    for entry in feed.findall(f"{ATOM}entry"):
        links = [
            (link.get("rel", "alternate"), urljoin(home or url, link.get("href", ""))) for link in entry.findall(f"{ATOM}link")
        ]
        permalink = next((href for rel, href in links if rel == "alternate"), "")
        # The first related link is the subject of an entry, as in a link blog.
        about = next((href for rel, href in links if rel == "related"), "")
        content, summary = text(entry, f"{ATOM}content"), text(entry, f"{ATOM}summary")
        title = text(entry, f"{ATOM}title")
        people = texts(entry, f"{ATOM}author/{ATOM}name") or of_feed
        published, updated = when(text(entry, f"{ATOM}published")), when(text(entry, f"{ATOM}updated"))
        items.append(
            KeptItem(
                text(entry, f"{ATOM}id") or _made_id(permalink or about or title, text(entry, f"{ATOM}published"), content),
                title,
                permalink or about,
                published or updated,
                updated,
                authors=tuple(dict.fromkeys(people)),
                content=content or summary,
                summary=summary if content else "",
                lost=lost(
                    categories=len(entry.findall(f"{ATOM}category")),
                    files=sum(rel == "enclosure" for rel, _ in links),
                    media_content=len(entry.findall(f"{MEDIA}content")),
                    related_links=max(sum(rel == "related" for rel, _ in links) - 1, 0),
                ),
            )
        )
    return Kept(text(feed, f"{ATOM}title"), tuple(items))


def _of_json(feed: dict[str, Any]) -> Kept:
    if "://jsonfeed.org/version/" not in str(feed.get("version", "")):
        return Kept(refused="no JSON Feed: it has no `version` of jsonfeed.org")
    if not isinstance(feed.get("title"), str) or not isinstance(feed.get("items"), list):
        return Kept(refused="a JSON Feed without `title` or `items`")
    items, dropped = [], []
    for number, item in enumerate(feed["items"], 1):
        id = item.get("id")
        if not isinstance(id, str | int | float):
            dropped.append(f"item {number}: it has no `id`")
            continue
        if item.get("content_html") is None and item.get("content_text") is None:
            dropped.append(f"item {number}: it has neither `content_html` nor `content_text`")
            continue
        modified = when(str(item.get("date_modified") or ""))
        authors = item.get("authors") or ([item["author"]] if item.get("author") else [])
        items.append(
            KeptItem(
                str(id),
                str(item.get("title") or ""),
                str(item.get("url") or item.get("external_url") or ""),
                when(str(item.get("date_published") or "")) or modified,
                modified,
                authors=tuple(author["name"] for author in authors if author.get("name")),
                content=str(item.get("content_html") or item.get("content_text") or ""),
                summary=str(item.get("summary") or ""),
                image=str(item.get("image") or ""),
                lost=lost(
                    categories=len(item.get("tags", ())), files=len(item.get("attachments", ())), language="language" in item
                ),
            )
        )
    return Kept(feed["title"], tuple(items), dropped=tuple(dropped))


def _is_address(guid: str) -> bool:
    """Whether NetNewsWire takes a guid for an address: not numbers, which bad guids often are, and not `tag:` URIs."""
    return " " not in guid and "/" in guid and not guid.lower().startswith("tag:")


def _resolved(address: str, home: str) -> str:
    if not address or address.lower().startswith("http") or not home:
        return address
    return urljoin(home, address)


def _made_id(named: str, date: str, content: str) -> str:
    published = when(date)
    said = f"{named}{int(published.timestamp())}" if published else named or content
    return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()


def _people(names: Iterable[str]) -> tuple[str, ...]:
    """People, each once; a text with an `@` is an address whole, one that begins with `http` a page."""
    return tuple(dict.fromkeys(names))
