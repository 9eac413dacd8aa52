"""Snapshots: the feed documents of a folder, a file or a site over HTTP, by path, as a subscriber would get them.

A path that is asked for and not there is answered as a web server would: with a redirect where one is set up, as gone, or as
missing.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from feeds.compare.host_files import read_rules
from feeds.compare.parsed import looks_like_feed
from feeds.errors import SnapshotError
from feeds.storage import objectstores

_SUFFIXES = (".rss", ".atom", ".json", ".xml", ".rdf")
# A document with one of these is a feed, whatever is in it.
_FEED_SUFFIXES = (".rss", ".atom")
_ARCHIVE = re.compile(r"(.+)/archive/[^/]+(\.\w+)")
_HOPS = 10
_START = 1000


class Answer(Struct, frozen=True):
    """The answer that a subscriber gets for a path.

    `status` is that of HTTP: 200, 404 or 410, or 301 where a redirect leads to another site, which is not followed. `moved_to`
    is the path or the URL that redirects lead to.
    """

    status: int
    body: bytes = b""
    moved_to: str = ""


MISSING = Answer(404)


class Snapshot(Protocol):
    """The feeds of a site at one moment. Every method raises SnapshotError where they can't be read."""

    @property
    def name(self) -> str:
        """The name that the user gave it."""

    @property
    def single(self) -> str:
        """The path of the only feed, where the snapshot is one of a document; else empty."""

    def feeds(self) -> Iterable[str]:
        """The paths of the feeds that people subscribe to, without those of their archives."""

    def documents(self, feed: str) -> Mapping[str, Answer]:
        """The document at the path of a feed, and its archive documents (RFC 5005) by their paths."""

    def get(self, path: str) -> Answer:
        """The answer at `path`."""


class Documents:
    """Feeds by path. `redirect` gives the new place, a path or a URL, of what is not there; the empty one is for what is gone on
    purpose (410), None for what is missing.
    """

    def __init__(
        self, documents: Mapping[str, bytes], name: str = "", redirect: Callable[[str], str | None] = lambda path: None
    ) -> None:
        self.name = name
        self.single = ""
        self._documents = documents
        self._redirect = redirect
        self._archives: dict[str, list[str]] = {}
        self._feeds: list[str] = []
        for path in sorted(documents):
            match = _ARCHIVE.fullmatch(path)
            of = f"{match[1]}{match[2]}" if match else path
            if of != path and of in documents:
                self._archives.setdefault(of, []).append(path)
            else:
                self._feeds.append(path)

    def feeds(self) -> list[str]:
        """See `Snapshot`."""
        return self._feeds

    def documents(self, feed: str) -> dict[str, Answer]:
        """See `Snapshot`."""
        found = {feed: self.get(feed)}
        return found | {path: self.get(path) for path in self._archives.get(found[feed].moved_to or feed, ())}

    def get(self, path: str) -> Answer:
        """See `Snapshot`."""
        at, moved = path, ""
        for _ in range(_HOPS):
            body = self._documents.get(at)
            if body is not None:
                return Answer(200, body, moved)
            target = self._redirect(at)
            if target is None:
                return MISSING
            if not target:
                return Answer(410)
            if "://" in target:
                return Answer(301, moved_to=target)
            at = moved = target.strip("/")
        return MISSING


class Folder(Documents):
    """The feeds in a folder, such as an export's. Redirects of `_redirects` (Netlify, Cloudflare Pages), `.htaccess` (Apache) and
    `.nginx.conf` are heeded.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise SnapshotError(f"{folder}: no such folder or file; name a folder of feeds, a feed's file, or a URL")
        super().__init__(_Files(folder), str(folder), read_rules(folder).find)


class _Files(Mapping[str, bytes]):
    """The feeds in a folder, read when they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._paths = dict.fromkeys(sorted(self._find()))

    def _find(self) -> Iterator[str]:
        for file in self._folder.rglob("*"):
            if file.suffix not in _SUFFIXES or not file.is_file():
                continue
            if file.suffix in _FEED_SUFFIXES or looks_like_feed(_read(file, _START)):
                yield file.relative_to(self._folder).as_posix()

    def __getitem__(self, path: str) -> bytes:
        # A broken feed is not recognised as one, but it is where a feed was.
        file = self._folder / path
        if path not in self._paths and not file.is_file():
            raise KeyError(path)
        return _read(file)

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        return path in self._paths


class Store(Documents):
    """The feeds in an object store (`s3://`, `gs://`, `az://`)."""

    def __init__(self, url: str) -> None:
        store = objectstores.connect(url)
        with objectstores.errors(url, SnapshotError):
            paths = [each.path for each in objectstores.listed(store) if each.path.endswith(_SUFFIXES)]
            bodies = {path: objectstores.read(store, path) or b"" for path in paths}
        found = {path: body for path, body in bodies.items() if path.endswith(_FEED_SUFFIXES) or looks_like_feed(body[:_START])}
        super().__init__(found, url)


class File:
    """A single feed, in a file."""

    def __init__(self, file: Path) -> None:
        self.name = str(file)
        self.single = file.name
        self._file = file

    def feeds(self) -> list[str]:
        """See `Snapshot`."""
        return [self.single]

    def documents(self, feed: str) -> dict[str, Answer]:
        """See `Snapshot`."""
        return {feed: self.get(feed)}

    def get(self, path: str) -> Answer:
        """See `Snapshot`."""
        return Answer(200, _read(self._file)) if path == self.single else MISSING


def _read(file: Path, most: int = -1) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(most)
    except OSError as error:
        raise SnapshotError(f"{file}: {error.strerror or error}") from error
