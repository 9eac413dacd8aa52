"""A prefix of an object store.

Its contents are known from one listing and two objects: `.feeds-manifest` (the form of sha256sum) and `.feeds-tags`, which keeps
the tag (ETag) that each object got when it was put, and a digest of its Cache-Control. An object with another tag was changed by
someone else, and is put again.

Objects are put in batches, several at once. Before a batch is begun, a manifest of it is put into `.feeds-journal/`, so a killed
export leaves nothing that the next would not know to be its own. The next asks for the SHA-256 that is among the metadata of
every object in a journal, and uploads again only those that were not reached. Journals are removed after the new manifest is
written.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from msgspec.structs import replace

from feeds.errors import OutputError
from feeds.publish.targets import Upload, manifest
from feeds.publish.targets.lease import Lease
from feeds.publish.targets.manifest import MANIFEST, Manifest, Mark
from feeds.storage import objectstores

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_LOCK = ".feeds-lock"
_TAGS = ".feeds-tags"
_JOURNAL = ".feeds-journal/"
_AT_ONCE = 16
# A batch: so many objects, or so many bytes. One is made while the one before is on its way.
_MOST = 128
_MOST_BYTES = 8_000_000
# How long at a time to wait for uploads, in seconds: the lease must be renewed all along.
_TURN = 5.0


class _Standing(NamedTuple):
    """An object as an export uploaded it."""

    sha256: str
    tag: str
    caching: str


class Objects:
    """The output at `url`, such as `s3://bucket/prefix`."""

    is_remote = True

    def __init__(self, url: str) -> None:
        self.url = url
        self.name = url.rstrip("/")
        self._store: ObjectStore
        self._lease: Lease
        self._pool: ThreadPoolExecutor
        self._mark: Mark
        self._cache_control: Callable[[str], str]
        self._earlier: dict[str, set[str]] = {}
        self._there: dict[str, str] = {}
        self._journals: list[str] = []
        self._standing: dict[str, _Standing] = {}
        self._batch: list[Upload] = []
        self._under_way: list[Future[None]] = []
        self._gone: list[str] = []

    @contextmanager
    def opened(self, mark: Mark, cache_control: Callable[[str], str]) -> Iterator[Manifest]:
        """As `Output` says. The lock is a lease: that of an export that was killed runs out."""
        self._cache_control = cache_control
        self._store = objectstores.connect(self.url)
        with objectstores.errors(self.url, OutputError):
            self._lease = Lease(self._store, _LOCK, self.url)
            self._lease.take()
            # Its threads begin with the first upload: before that, this process may fork.
            self._pool = ThreadPoolExecutor(_AT_ONCE)
            try:
                self._mark = mark
                yield self._list()
            finally:
                self._pool.shutdown(cancel_futures=True)
                self._lease.give()

    def earlier(self) -> Mapping[str, set[str]]:
        """As `Output` says."""
        return self._earlier

    def recall(self, digests: Mapping[str, str]) -> None:
        """As `Output` says. Each object says itself which digest it was put with."""
        paths = [path for path in {*self._earlier, *digests} if path in self._there]
        self._standing |= self._asked(paths)
        self._earlier = {path: {self._standing[path].sha256} for path in paths if self._standing[path].sha256}

    def foreign(self, paths: Iterable[str]) -> list[str]:
        """As `Output` says. An object that has our digest as an attribute is ours, even if the manifest is lost."""
        unknown = [path for path in paths if path in self._there and path not in self._earlier]
        found = self._asked(unknown)
        self._standing |= {path: standing for path, standing in found.items() if standing.sha256}
        return [path for path in unknown if not found[path].sha256]

    def verify(self, path: str, sha256: str, stamp: str) -> str | None:
        """As `Output` says: as it should be means with the Cache-Control that it should have."""
        standing = self._standing.get(path)
        if standing is None or standing.sha256 != sha256 or standing.tag != self._there.get(path):
            return None
        return standing.tag if standing.caching == _short(self._cache_control(path)) else None

    def set_aside(self, upload: Upload) -> Upload:
        """As `Output` says: what is uploaded is uploaded at once."""
        return upload

    def put(self, upload: Upload) -> None:
        """As `Output` says."""
        self._batch.append(upload)
        if len(self._batch) >= _MOST or sum(len(each.body) for each in self._batch) >= _MOST_BYTES:
            self._send()

    def settle(self) -> None:
        """As `Output` says."""
        self._send()
        self._wait()

    def remove(self, path: str, digests: set[str]) -> bool:
        """As `Output` says; it goes in `finish`, together with all others."""
        standing = self._standing.get(path)
        if standing is None or standing.sha256 not in digests or standing.tag != self._there.get(path):
            return False
        self._gone.append(path)
        return True

    def stamp(self, path: str) -> str:
        """As `Output` says."""
        return self._standing[path].tag

    def finish(self, digests: Mapping[str, str], articles: int) -> None:
        """As `Output` says."""
        self._lease.renew()
        objectstores.delete(self._store, self._gone)
        tags = {path: f"{self._standing[path].tag} {self._standing[path].caching}" for path in digests}
        # The manifest goes first: tags that are older than it match no object that it has another digest for.
        self._replace(MANIFEST, manifest.text(digests, replace(self._mark, articles=articles)).encode())
        self._replace(_TAGS, json.dumps(tags, sort_keys=True, separators=(",", ":")).encode())
        objectstores.delete(self._store, self._journals)

    def _list(self) -> Manifest:
        """List the store, and read its manifest, tags and journals."""
        self._there = {found.path: found.tag for found in objectstores.listed(self._store)}
        self._journals = [path for path in self._there if path.startswith(_JOURNAL)]
        found = manifest.read(self._bytes(MANIFEST))
        self._earlier = found.digests
        tags = _tags(self._text(_TAGS))
        for path, digests in self._earlier.items():
            tag, _, caching = tags.get(path, "").rpartition(" ")
            if tag and len(digests) == 1:
                self._standing[path] = _Standing(next(iter(digests)), tag, caching)
        doubtful = [path for path in self._earlier if path not in self._standing]
        for journal in self._journals:
            for path, digests in manifest.read(self._bytes(journal)).digests.items():
                self._earlier.setdefault(path, set()).update(digests)
                doubtful.append(path)
        doubtful = [path for path in dict.fromkeys(doubtful) if path in self._there]
        self._standing |= self._asked(doubtful)
        return found

    def _asked(self, paths: Sequence[str]) -> dict[str, _Standing]:
        if not paths:
            return {}
        # A pool of its own: its threads are gone before anything forks.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return dict(zip(paths, pool.map(self._ask, paths), strict=True))

    def _ask(self, path: str) -> _Standing:
        found = objectstores.attributes(self._store, path)
        return _Standing(found.get("sha256", ""), self._there[path], _short(found.get("Cache-Control", "")))

    def _send(self) -> None:
        self._wait()
        batch, self._batch = self._batch, []
        if not batch:
            return
        self._lease.renew()
        journal = f"{_JOURNAL}{uuid4().hex}"
        objectstores.put(self._store, journal, manifest.text({each.path: each.sha256 for each in batch}).encode())
        self._journals.append(journal)
        self._under_way = [self._pool.submit(self._upload, each, self._cache_control(each.path)) for each in batch]

    def _wait(self) -> None:
        waiting: Iterable[Future[None]] = self._under_way
        while waiting:
            done, waiting = wait(waiting, timeout=_TURN)
            for each in done:
                each.result()
            self._lease.renew()
        self._under_way = []

    def _upload(self, upload: Upload, cache_control: str) -> None:
        headers = {"Content-Type": upload.media_type, "Cache-Control": cache_control, "sha256": upload.sha256}
        tag = objectstores.put(self._store, upload.path, upload.body, {name: text for name, text in headers.items() if text})
        self._standing[upload.path] = _Standing(upload.sha256, tag, _short(cache_control))

    def _text(self, path: str) -> str:
        return self._bytes(path).decode("utf-8", "replace")

    def _bytes(self, path: str) -> bytes:
        return (objectstores.read(self._store, path) if path in self._there else None) or b""

    def _replace(self, path: str, body: bytes) -> None:
        if self._bytes(path) != body:
            objectstores.put(self._store, path, body, {"Content-Type": "text/plain; charset=utf-8"})


def _tags(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return {path: tag for path, tag in found.items() if isinstance(tag, str)} if isinstance(found, dict) else {}


def _short(cache_control: str) -> str:
    return hashlib.sha256(cache_control.encode()).hexdigest()[:8]
