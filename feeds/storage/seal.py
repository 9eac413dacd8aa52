"""Seals: a file beside a database with its state when it was last closed, to detect changes by others.

SQLite has no checksums of its own, so what another program writes into the file would be taken for what we have written. The
last process that closes the database writes down its size and its time. The next that opens it alone compares these. A checksum
would identify a copy, too, but every close would read the whole database, however little has changed. A database that was not
closed, as after a kill, has no seal; SQLite itself sees to that nothing is lost then.
"""

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

if sys.platform != "win32":
    import fcntl

log = logging.getLogger("feeds")

# Of what a seal says, in bytes.
_LONGEST = 1000


class _State(Struct, frozen=True):
    """The state of a database when it was closed: bytes, and nanoseconds."""

    size: int
    time: int

    def is_kept(self, now: "_State") -> bool:
        """Whether a database that has the state `now` has not changed since. Archives that it was unpacked from may keep whole
        seconds only.
        """
        return now.size == self.size and now.time in {self.time, self.time - self.time % 1_000_000_000}


class Seal:
    """The seal of the database in `file`, held by every process that has it open."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._opened: int | None = None
        self._process = os.getpid()

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
            is_whole = before is None or now is None or before.is_kept(now)
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
        return None if before is None or now is None else before.is_kept(now)

    def close(self) -> None:
        """Call this after the database was closed. The last one seals it."""
        # In a process that was forked it is its parent's.
        if self._opened is None or self._process != os.getpid():
            return
        with suppress(OSError):
            now = _state(self._file)
            if now is not None and _lock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB):
                os.pwrite(self._opened, msgspec.json.encode(now), 0)
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
