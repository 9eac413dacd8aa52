"""Mirrors: folders with copies of the objects in an object store, so that documents there are read like any others.

Each file has the size of its object, and a time made of the object's own time and its tag (ETag). So a listing shows what has
changed, and a file's stamp changes whenever its object does. A mirror can be deleted at any time.
"""

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from filelock import FileLock

from feeds.errors import SourceError
from feeds.storage import objectstores
from feeds.storage.objectstores import Object
from feeds.text.media_types import MARKUPS, WHOLE, media_type

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_AT_ONCE = 16
_LOCK = ".lock"
_SECOND = 1_000_000_000


def refresh(url: str, folder: Path, but: str | None = None) -> None:
    """Make `folder` hold what is at `url` now: documents, and files that they may refer to; nothing of what is below `but`,
    a URL too.

    Raises SourceError where the store can't be read, or the folder not be written.
    """
    store = objectstores.connect(url)
    with objectstores.errors(url, SourceError):
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / _LOCK):
            objects = {found.path: found for found in _wanted(url, store, but)}
            for file in _files(folder):
                if file.relative_to(folder).as_posix() not in objects:
                    file.unlink()
            changed = [found for found in objects.values() if _known(folder / found.path) != _stamp(found)]
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                list(pool.map(lambda found: _fetch(store, folder, found), changed))


def _wanted(url: str, store: "ObjectStore", but: str | None) -> Iterator[Object]:
    root = url.rstrip("/")
    for found in objectstores.listed(store):
        path = PurePosixPath(found.path)
        if but is not None and f"{root}/{found.path}".startswith(f"{but.rstrip('/')}/"):
            continue
        # Hidden files, and names that lead out of the folder, are passed over as in a folder.
        if any(part.startswith(".") for part in path.parts) or path.is_absolute():
            continue
        suffix = path.suffix.lower()
        if suffix in MARKUPS or suffix in WHOLE or media_type(f"file{suffix}") is not None:
            yield found


def _fetch(store: "ObjectStore", folder: Path, found: Object) -> None:
    body = objectstores.read(store, found.path)
    if body is None:
        # Deleted since it was listed.
        return
    place = folder / found.path
    place.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{hashlib.sha256(found.path.encode()).hexdigest()}"
    temporary.write_bytes(body)
    # An object that was replaced since it was listed has another tag: the next listing finds it.
    moment = _stamp(found)[1]
    os.utime(temporary, ns=(moment, moment))
    temporary.replace(place)


def _stamp(found: Object) -> tuple[int, int]:
    fraction = int.from_bytes(hashlib.sha256(found.tag.encode()).digest()[:4]) % _SECOND
    return found.size, int(found.moment) * _SECOND + fraction


def _known(file: Path) -> tuple[int, int] | None:
    try:
        known = file.stat()
    except OSError:
        return None
    return known.st_size, known.st_mtime_ns


def _files(folder: Path) -> Iterator[Path]:
    for here, _, names in os.walk(folder):
        yield from (Path(here, name) for name in names if name != _LOCK)
