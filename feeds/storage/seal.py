"""Seals: a file beside a database with its state when it was last closed, to detect changes by others.

SQLite has no checksums of its own, so what another program writes into the file would be taken for what we have written. The
last process that closes the database writes down its size, its time and a checksum of its bytes. The next that opens it alone
compares these. A database that was not closed, as after a kill, has no seal; SQLite itself sees to that nothing is lost then.
"""

import logging
import os
import sys
import zlib
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

if sys.platform != "win32":
    import fcntl

log = logging.getLogger("feeds")

# To read more would take longer than is worth it: then only size and time are compared.
_MOST = 1 << 29
_PIECE = 1 << 18
# Of what a seal says, in bytes.
_LONGEST = 1000


class _State(Struct, frozen=True):
    """The state of a database when it was closed. `checksum` is None for a large one."""

    size: int
    time: int
    checksum: int | None = None


class Seal:
    """The seal of the database in `file`, held by every process that has it open."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._opened: int | None = None
        self._process = os.getpid()
        self._left: _State | None = None

    def open(self) -> bool:
        """Call this before the database is opened. Returns False if it has changed since it was sealed."""
        if sys.platform == "win32":
            # There are no such locks, and no seals.
            return True
        try:
            self._opened = os.open(f"{self._file}.seal", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError:
            # What can't be written has no seal, and is not changed by us.
            return True
        is_whole = True
        if _lock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB):
            before, now = _decoded(os.read(self._opened, _LONGEST)), _state(self._file)
            is_whole = before is None or now is None or _is_same(self._file, before, now)
            if before is not None and now is not None and is_whole:
                self._left = msgspec.structs.replace(now, checksum=before.checksum)
            os.ftruncate(self._opened, 0)
        _lock(self._opened, fcntl.LOCK_SH)
        return is_whole

    @staticmethod
    def checked(file: Path) -> bool | None:
        """Whether a database has its sealed state; None if unknown, since it is open or has no seal. Changes nothing."""
        try:
            before = _decoded(Path(f"{file}.seal").read_bytes()[:_LONGEST])
        except OSError:
            return None
        now = _state(file)
        return None if before is None or now is None else _is_same(file, before, now)

    def close(self) -> None:
        """Call this after the database was closed. The last one seals it."""
        # In a process that was forked it is its parent's.
        if self._opened is None or self._process != os.getpid():
            return
        with suppress(OSError):
            now = _state(self._file)
            if now is not None and _lock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB):
                is_same = self._left is not None and (now.size, now.time) == (self._left.size, self._left.time)
                left = self._left if is_same else msgspec.structs.replace(now, checksum=_checksum(self._file, now.size))
                os.pwrite(self._opened, msgspec.json.encode(left), 0)
        os.close(self._opened)
        self._opened = None


def _lock(opened: int, how: int) -> bool:
    try:
        fcntl.flock(opened, how)
    except OSError:
        # Another has it, or the file system knows no locks.
        return False
    return True


def _decoded(data: bytes) -> _State | None:
    try:
        return msgspec.json.decode(data, type=_State) if data else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _state(file: Path) -> _State | None:
    try:
        known = file.stat()
    except OSError:
        return None
    return _State(known.st_size, known.st_mtime_ns)


def _is_same(file: Path, before: _State, now: _State) -> bool:
    """Whether a database has the sealed state. A copy has another time and the same bytes."""
    if (before.size, before.time) == (now.size, now.time):
        return True
    return before.size == now.size and before.checksum is not None and before.checksum == _checksum(file, now.size)


def _checksum(file: Path, size: int) -> int | None:
    if size > _MOST:
        return None
    checksum, piece = 0, memoryview(bytearray(_PIECE))
    with file.open("rb", buffering=0) as opened:
        while count := opened.readinto(piece):
            checksum = zlib.crc32(piece[:count], checksum)
    return checksum
