"""Local files, such as pictures and sound beside articles: sent from the disk in pieces.

The entity tag of a file is that of its bytes, as of every document. To find it out, a file is read once, in pieces; after that
its tag is known for as long as the file stays the same by its size, times and number on the disk.
"""

import asyncio
import hashlib
import os
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from feeds.config.types import Config
from feeds.model import File
from feeds.sources.local_files import open_file

_PIECE = 256 * 1024
_MOST_KNOWN = 10_000
# Threads that read, and files that are read for their tags at once: the others still have threads to be sent by.
_READERS, _MOST_HASHED = 8, 2

# The identity of a state of a file: its device and number, size, and times of change in nanoseconds.
Stamp = tuple[int, int, int, int, int]


class FileChangesError(Exception):
    """A file is being changed while it is read."""


class Span(NamedTuple):
    """The bytes of a file from `start` up to `end`, as the body of an answer."""

    start: int
    end: int


class OpenFile:
    """A file that is open for one answer. Close it."""

    def __init__(self, number: int, found: os.stat_result) -> None:
        self._number = number
        self.stamp = _stamp(found)
        self.size = found.st_size

    def close(self) -> None:
        """Close the file."""
        os.close(self._number)

    def read(self, start: int, size: int) -> bytes:
        """At most `size` bytes from `start` on, none if the file is not the same any more."""
        if _stamp(os.fstat(self._number)) != self.stamp:
            return b""
        os.lseek(self._number, start, os.SEEK_SET)
        return os.read(self._number, size)

    def sha256(self) -> str:
        """The digest of the bytes, in hexadecimal. Raises FileChangesError."""
        made = hashlib.sha256()
        at = 0
        while at < self.size:
            piece = self.read(at, _PIECE)
            if not piece:
                raise FileChangesError
            made.update(piece)
            at += len(piece)
        return made.hexdigest()


class Files:
    """Opens files and knows the digests of their bytes."""

    def __init__(self) -> None:
        self._readers = ThreadPoolExecutor(_READERS, "files")
        self._digests: OrderedDict[Stamp, str] = OrderedDict()
        self._making: dict[Stamp, asyncio.Task[str]] = {}
        self._turn = asyncio.Semaphore(_MOST_HASHED)

    async def open(self, config: Config, file: File) -> OpenFile | None:
        """A local file, open, or None if it can't be read any more."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, _open, config, file)

    async def sha256(self, opened: OpenFile, config: Config, file: File) -> str:
        """The digest of the bytes of `opened`, which is the local file `file`. Raises FileChangesError."""
        known = self._digests.get(opened.stamp)
        if known is not None:
            self._digests.move_to_end(opened.stamp)
            return known
        task = self._making.get(opened.stamp)
        if task is None:
            task = asyncio.create_task(self._make(opened.stamp, config, file))
            self._making[opened.stamp] = task
            task.add_done_callback(lambda _: self._making.pop(opened.stamp, None))
        # A client that disconnects must not cancel the work for others that wait.
        return await asyncio.shield(task)

    async def pieces(self, file: OpenFile, span: Span) -> AsyncIterator[bytes]:
        """The bytes of `span`, piece by piece; they end early if the file changes."""
        loop = asyncio.get_running_loop()
        at = span.start
        while at < span.end:
            piece = await loop.run_in_executor(self._readers, file.read, at, min(span.end - at, _PIECE))
            if not piece:
                return
            at += len(piece)
            yield piece

    def close(self) -> None:
        """End the threads."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    async def _make(self, stamp: Stamp, config: Config, file: File) -> str:
        async with self._turn:
            found = await asyncio.get_running_loop().run_in_executor(self._readers, _digest, stamp, config, file)
        self._digests[stamp] = found
        if len(self._digests) > _MOST_KNOWN:
            self._digests.popitem(last=False)
        return found


def _digest(stamp: Stamp, config: Config, file: File) -> str:
    # The file is opened again, since the first answer may end earlier.
    opened = _open(config, file)
    if opened is None:
        raise FileChangesError
    try:
        if opened.stamp != stamp:
            raise FileChangesError
        return opened.sha256()
    finally:
        opened.close()


def _open(config: Config, file: File) -> OpenFile | None:
    try:
        number = open_file(config, file)
    except OSError:
        return None
    return OpenFile(number, os.fstat(number))


def _stamp(found: os.stat_result) -> Stamp:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
