"""Delta feeds (RFC 3229 with the instance manipulation `feed`): only the entries that are not in a reader's copy."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from feeds.model import Document, Group
from feeds.text.compression import CODINGS

# The number of entries remembered, over all versions, unless `limit` says otherwise.
MOST_ENTRIES = 200_000
# The memory of an entry of a version, in bytes: its hash and its place in a dictionary. Versions share the ids.
_ENTRY = 150


class Versions:
    """Remembers the entries of each version of a feed, and a hash of each entry's wording. Thread-safe."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self._most = most
        self._held = 0
        self._versions: OrderedDict[tuple[str, str], Mapping[str, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def limit(self, memory: int) -> None:
        """Take so many bytes of memory from now on, at most."""
        self._most = memory // _ENTRY

    def knows(self, document: Document) -> bool:
        """Whether this version is remembered. If so, it is forgotten last."""
        key = (document.path, document.etag)
        with self._lock:
            if key in self._versions:
                self._versions.move_to_end(key)
            return key in self._versions

    def remember(self, document: Document, entries: Mapping[str, bytes]) -> None:
        """Remember the `entries` of this version, and forget the oldest versions if there are too many."""
        key = (document.path, document.etag)
        with self._lock:
            if key in self._versions:
                self._versions.move_to_end(key)
                return
        digests = {id: hashlib.blake2b(entry, digest_size=16).digest() for id, entry in entries.items()}
        with self._lock:
            if key not in self._versions:
                self._versions[key] = digests
                self._held += len(digests) + 1
            while self._held > self._most and len(self._versions) > 1:
                _, oldest = self._versions.popitem(last=False)
                self._held -= len(oldest) + 1

    def lacking(self, path: str, etags: Iterable[str], group: Group, entries: Mapping[str, bytes]) -> Group | None:
        """`group` with only the articles whose entries, as now worded, are in none of the versions `etags`.

        None if no such version is known, or if that leaves no article or all of them.
        """
        with self._lock:
            known = [version for etag in etags if (version := self._versions.get((path, _plain(etag)))) is not None]
        if not known:
            return None
        lacking = tuple(
            article
            for article in group.shown
            if not any(
                version.get(article.id) == hashlib.blake2b(entries[article.id], digest_size=16).digest() for version in known
            )
        )
        if not lacking or len(lacking) == len(entries):
            return None
        return replace(group, articles=lacking, notices=())


def _plain(etag: str) -> str:
    """The entity tag of the document, given that of any of its codings."""
    for coding in CODINGS:
        if etag.endswith(f'-{coding}"'):
            return f'{etag[: -len(coding) - 2]}"'
    return etag
