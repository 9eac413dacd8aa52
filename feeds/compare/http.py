"""The feeds of a site over HTTP, as a polite reader finds and fetches them."""

import urllib.error
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException
from itertools import takewhile
from urllib.parse import urljoin

from lxml import etree, html

from feeds.compare.parsed import looks_like_feed, parse
from feeds.compare.snapshots import MISSING, Answer
from feeds.errors import SnapshotError
from feeds.fetching import ElsewhereError, fetched

_OPML = "feeds.opml"
_SUFFIXES = ("rss", "atom", "json")
_FEED_TYPES = {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/json"}
_MOST = 100_000_000
_AT_ONCE = 8
_START = 1000


class Http:
    """The feeds of the site at a URL, or the single feed there.

    A site's feeds are those in its `feeds.opml`, in every format, else those that its page links to. Archives are followed
    (RFC 5005).
    """

    def __init__(self, url: str) -> None:
        self.name = url
        self.single = ""
        self._base = url if url.endswith("/") else f"{url}/"
        # The site's URL in its feeds, if it is fetched by another.
        self._called = self._base
        self._feeds = self._find(url)

    def feeds(self) -> list[str]:
        """See `Snapshot`."""
        return self._feeds

    def documents(self, feed: str) -> dict[str, Answer]:
        """See `Snapshot`. The archive is found by walking it, from page to page."""
        found = {feed: self.get(feed)}
        at = found[feed]
        while at.body and (older := self._path_of(parse(at.body).older)) and older not in found:
            at = self.get(older)
            if at.status == 200:
                found[older] = at
        return found

    def get(self, path: str) -> Answer:
        """See `Snapshot`."""
        found = _get(urljoin(self._base, path))
        return Answer(found.status, found.body, self._path_of(found.moved_to) or found.moved_to)

    def _find(self, url: str) -> list[str]:
        # Without the file, a server may answer with any status.
        with suppress(SnapshotError):
            if addresses := _outlines(self.get(_OPML).body):
                return self._in_every_format(addresses)
        first = _get(url)
        if first.status == 200 and looks_like_feed(first.body[:_START]):
            head, _, last = url.rstrip("/").rpartition("/")
            self._base = self._called = f"{head}/"
            self.single = f"{last}/" if url.endswith("/") else last
            return [self.single]
        found = [path for address in _alternates(first.body, url) if (path := self._path_of(address))]
        if not found:
            raise SnapshotError(f"{url}: no feed there: the answer is {first.status}, and there is no {_OPML}")
        return found

    def _in_every_format(self, addresses: list[str]) -> list[str]:
        if not addresses[0].startswith(self._base):
            # The site has moved, or this is a preview at another address.
            self._called = _common_folder(addresses)
        listed = [path for address in addresses if (path := self._path_of(address))]
        stems = [path.rpartition(".") for path in listed]
        paths = sorted({f"{stem}.{suffix}" for stem, dot, own in stems for suffix in {own, *_SUFFIXES} if dot})
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            # The formats of one group are those of all.
            of_first = [path for path in paths if path.rpartition(".")[0] == stems[0][0]]
            answers = zip(of_first, pool.map(self.get, of_first), strict=True)
            there = {path.rpartition(".")[2] for path, answer in answers if answer.status == 200}
        return [path for path in paths if path.rpartition(".")[2] in there or path in listed]

    def _path_of(self, address: str) -> str:
        """The path of a URL of this site; empty where it is elsewhere."""
        for base in (self._called, self._base):
            if address.startswith(base) and address != base:
                return address[len(base) :]
        return ""


def _get(url: str) -> Answer:
    try:
        with fetched(url, within=True) as answer:
            return Answer(answer.status, answer.read(_MOST + 1), answer.url if answer.url != url else "")
    except ElsewhereError as error:
        return Answer(301, moved_to=str(error))
    except urllib.error.HTTPError as error:
        if error.code in (404, 410):
            return Answer(error.code) if error.code == 410 else MISSING
        raise SnapshotError(f"{url}: the server answers {error.code} {error.reason}") from error
    except (OSError, HTTPException, ValueError) as error:
        raise SnapshotError(f"{url}: no answer: {getattr(error, 'reason', None) or error}") from error


def is_url(place: str) -> bool:
    """Whether `place` is a URL that can be fetched here."""
    return place.startswith(("http://", "https://"))


def _outlines(opml: bytes) -> list[str]:
    try:
        root = etree.fromstring(opml, etree.XMLParser(resolve_entities=False))
    except etree.XMLSyntaxError:
        return []
    return [str(each.get("xmlUrl")) for each in root.iter("outline") if each.get("xmlUrl")]


def _alternates(page: bytes, url: str) -> Iterator[str]:
    if not page.strip():
        return
    for link in html.fromstring(page).iter("link"):
        if "alternate" in link.get("rel", "").split() and link.get("type", "").partition(";")[0] in _FEED_TYPES:
            yield urljoin(url, link.get("href", ""))


def _common_folder(addresses: Iterable[str]) -> str:
    """The longest URL of a folder that all `addresses` are in."""
    folders = [address.split("/")[:-1] for address in addresses]
    common = folders[0]
    for folder in folders[1:]:
        alike = zip(common, folder, strict=False)
        common = [a for a, _ in takewhile(lambda pair: pair[0] == pair[1], alike)]
    return "/".join(common) + "/"
