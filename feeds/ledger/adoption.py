"""Adoption: the identities of a feed that another tool has published, as lines of the ledger."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from feeds.errors import LedgerError
from feeds.ledger import line as lines
from feeds.ledger.line import Line
from feeds.text import dates, urls
from feeds.text.text import plain


def of_feed(data: bytes, site_url: str) -> list[Line]:
    """A line for each entry of a feed in RSS, Atom or JSON Feed. Raises LedgerError where it is no feed."""
    entries = list(_of_json(data) if data.lstrip()[:1] == b"{" else _of_xml(data))
    if not entries:
        raise LedgerError("no entries of a feed; expected RSS, Atom or JSON Feed")
    found = []
    for id, url, title, published in entries:
        address = urls.web_address(url) if url else None
        identity = id or address or ""
        if identity:
            known = lines.address(address, site_url) if address else ""
            line = Line(adopted=lines.key(identity), id=identity, address=known, title=plain(title), published=published)
            found.append(line)
    return found


def adopted(known: Iterable[Line], new: Iterable[Line]) -> tuple[list[Line], int]:
    """The lines of a ledger with those of a feed, and how many are new. An article that is `known` under another identity gets
    that of the feed, whose subscribers know it so.
    """
    by_id = {line.id: line for line in known}
    by_clue = {clue: line for line in by_id.values() if not line.withdrawn for clue in _clues(line)}
    count = 0
    for line in new:
        if line.id in by_id:
            continue
        count += 1
        same = next((by_clue[clue] for clue in _clues(line) if clue in by_clue), None)
        if same is not None and by_id.pop(same.id, None) is not None:
            by_id[line.id] = replace(same, id=line.id, article=lines.key(line.id)) if same.article else line
        else:
            by_id[line.id] = line
    return list(by_id.values()), count


def _clues(line: Line) -> Iterator[tuple[str, str]]:
    """The two keys of a line: lines with either in common are of one article."""
    if line.address:
        yield "address", line.address
    if line.title and line.published is not None:
        yield "title", f"{line.published}\n{line.title}"


_Facts = tuple[str, str, str, datetime | None]


def _of_xml(data: bytes) -> Iterator[_Facts]:
    import feedparser

    for entry in feedparser.parse(data).entries:
        moment = entry.get("published_parsed") or entry.get("updated_parsed")
        yield (
            entry.get("id") or "",
            entry.get("link") or "",
            entry.get("title") or "",
            datetime(*moment[:6]).replace(tzinfo=UTC) if moment else None,
        )


def _of_json(data: bytes) -> Iterator[_Facts]:
    try:
        feed: Any = json.loads(data)
    except ValueError as error:
        raise LedgerError(f"no JSON ({error})") from error
    items = feed.get("items") if isinstance(feed, Mapping) else None
    for item in items if isinstance(items, list) else ():
        yield (
            str(item.get("id") or ""),
            str(item.get("url") or ""),
            str(item.get("title") or ""),
            _moment(str(item.get("date_published") or "")),
        )


def _moment(text: str) -> datetime | None:
    try:
        return dates.moment(text) if text else None
    except ValueError:
        return None
