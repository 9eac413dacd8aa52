"""The library: where a site's articles are, whole, and the entries that have been rendered already.

A site holds what it needs to select and to group (`Listing`) and asks for the rest when it renders.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from feeds.model import Article, File, Listing, records

# Bytes of encoded entries that are held beside a database: those of a change, not of a whole site.
_MOST_RECENT = 4_000_000


class Library(Protocol):
    """What a site asks of whoever keeps its articles. Safe for use by several threads."""

    def articles(self, listings: Sequence[Listing]) -> list[Article]:
        """The articles that `listings` are of, in their order."""

    def has_entries(self) -> bool:
        """Whether any were kept."""

    def kept(self, names: Mapping[bytes, bytes]) -> set[bytes]:
        """Which of what `entries` is asked for it has."""

    def entries(self, names: Mapping[bytes, bytes]) -> dict[bytes, tuple[bytes, ...]]:
        """The entries that have been kept, each in every format, by the digest of their article: those that were rendered with
        the same `names`, which are digests by that of the article too.
        """

    def keep(self, entries: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Keep rendered `entries`: of each the digest of its article, that of the names it was rendered with, and its encoded
        bodies.
        """

    def file(self, file: File) -> bytes:
        """The bytes of a local file. Raises OSError where it can't be read any more."""


class Memory:
    """A library of articles that are at hand, for as long as the process lives."""

    def __init__(self, articles: Iterable[Article]) -> None:
        whole = ((article, records.digest(records.encode(article))) for article in articles)
        self._articles = {digest: article for article, digest in whole}
        self._entries: dict[bytes, tuple[bytes, bytes]] = {}
        self._lock = threading.Lock()

    def listings(self) -> list[Listing]:
        """What has to be known of the articles to group them."""
        return [records.listing(article, digest) for digest, article in self._articles.items()]

    def articles(self, listings: Sequence[Listing]) -> list[Article]:
        """As `Library` says."""
        return [self._articles[listing.digest] for listing in listings]

    def has_entries(self) -> bool:
        """As `Library` says."""
        return bool(self._entries)

    def kept(self, names: Mapping[bytes, bytes]) -> set[bytes]:
        """As `Library` says."""
        return set(self.entries(names))

    def entries(self, names: Mapping[bytes, bytes]) -> dict[bytes, tuple[bytes, ...]]:
        """As `Library` says."""
        with self._lock:
            kept = {digest: self._entries.get(digest) for digest in names}
        found = {digest: entry[1] for digest, entry in kept.items() if entry is not None and entry[0] == names[digest]}
        return dict(zip(found, records.decode_bodies(found.values()), strict=True))

    def keep(self, entries: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """As `Library` says."""
        with self._lock:
            self._entries.update({digest: (names, bodies) for digest, names, bodies in entries})

    def file(self, file: File) -> bytes:
        """As `Library` says: there is none here."""
        raise FileNotFoundError(file.path)


class Recent:
    """The entries that were rendered last, at most so many bytes of them: soon after, feeds are put together of them."""

    def __init__(self) -> None:
        self._held: dict[bytes, tuple[bytes, bytes]] = {}
        self._size = 0
        self._lock = threading.Lock()

    def get(self, names: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
        """What `Library.entries` is asked for, as far as it is held: encoded bodies."""
        held = self._held
        found = ((digest, held.get(digest)) for digest in names)
        return {digest: entry[1] for digest, entry in found if entry is not None and entry[0] == names[digest]}

    def add(self, entries: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        """Hold `entries`, and let go of all before them where that is too much."""
        with self._lock:
            for digest, names, bodies in entries:
                self._held[digest] = (names, bodies)
                self._size += len(bodies)
            if self._size > _MOST_RECENT:
                self._held, self._size = {}, 0
