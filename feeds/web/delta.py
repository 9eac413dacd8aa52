"""Delta feeds (RFC 3229 with the instance manipulation `feed`): only the entries that a reader's copy lacks."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping

from msgspec.structs import replace

from feeds.model import Document, Group
from feeds.text.compression import CODINGS

# Entries that are remembered of all earlier versions together: an id is shared, a hash is some 70 bytes.
MOST_ENTRIES = 500_000


class Versions:
    """Which entries, in which wording, each version of a feed held. Safe for use by several threads."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self._most = most
        self._held = 0
        self._versions: OrderedDict[tuple[str, str], Mapping[str, bytes]] = OrderedDict()
        self._lock = threading.Lock()

    def knows(self, document: Document) -> bool:
        """Whether this version is remembered; it is then the last to be forgotten."""
        key = (document.path, document.etag)
        with self._lock:
            if key in self._versions:
                self._versions.move_to_end(key)
            return key in self._versions

    def remember(self, document: Document, entries: Mapping[str, bytes]) -> None:
        """Keep what this version holds, and forget the oldest versions where there are too many."""
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
        """`group` with only those of its entries that none of the versions `etags` holds in this wording.

        None where no such version is known, or where a part would say no more or no less than the whole.
        """
        with self._lock:
            known = [version for etag in etags if (version := self._versions.get((path, _plain(etag)))) is not None]
        if not known:
            return None
        lacking = tuple(
            article
            for article in group.articles[: group.limit]
            if not any(
                version.get(article.id) == hashlib.blake2b(entries[article.id], digest_size=16).digest() for version in known
            )
        )
        if not lacking or len(lacking) == len(entries):
            return None
        return replace(group, articles=lacking)


def _plain(etag: str) -> str:
    """The tag of the document, from that of any of its codings."""
    for coding in CODINGS:
        if etag.endswith(f'-{coding}"'):
            return f'{etag[: -len(coding) - 2]}"'
    return etag
