"""The ledger's file: mapped or read line by line, written atomically, by one writer at a time."""

import mmap
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from feeds.errors import LedgerError
from feeds.ledger import line as lines
from feeds.ledger.line import Line

# How lines of each state begin, in their order in the file.
_ADOPTED, _ARTICLE, _WITHDRAWN = b'{"adopted":"', b'{"article":"', b'{"withdrawn":"'
_STATES = (_ADOPTED, _ARTICLE, _WITHDRAWN)
_MARKERS = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
_PATIENCE = 60.0
NO_FILE = ""


class Ledger:
    """The lines of a ledger, in order, each identity once. `stamp` changes when the file does, and is empty without one.

    It may be mapped from its file, so that only the pages in use are read: to find a line in 100,000 takes 20 µs.
    """

    def __init__(self, data: bytes | mmap.mmap, stamp: str) -> None:
        self._data = data
        self.stamp = stamp

    @property
    def data(self) -> bytes:
        """All of it."""
        return self._data if isinstance(self._data, bytes) else self._data[:]

    def __iter__(self) -> Iterator[bytes]:
        """The lines, each with its end. Not all of them are in memory at once."""
        return self._lines(0)

    def get(self, id: str) -> Line | None:
        """The line of an identity."""
        place = self._place(lines.key(id))
        return lines.decode(self._data[slice(*place)]) if place is not None else None

    def unclaimed(self) -> Iterator[Line]:
        """The lines of articles that were withdrawn, or that no document has claimed yet."""
        for state in (_ADOPTED, _WITHDRAWN):
            for data in self._lines(self._first(state)):
                if not data.startswith(state):
                    break
                yield lines.decode(data)

    def withdrawn(self) -> Iterator[Line]:
        """The lines of articles that were withdrawn."""
        return (each for each in self.unclaimed() if each.withdrawn)

    def changed(self, changes: Mapping[str, Line | None]) -> Iterator[bytes | memoryview]:
        """The parts of a ledger with other lines for some identities; None removes a line."""
        places = [place for id in changes if (place := self._place(lines.key(id))) is not None]
        edits = [(start, end, b"") for start, end in places]
        for line in changes.values():
            if line is not None:
                data = written(line)
                edits.append((start := self._first(data), start, data))
        at = 0
        with memoryview(self._data) as whole:
            # At one place removals come before additions, and additions are sorted.
            for start, end, data in sorted(edits, key=lambda edit: (edit[0], edit[2])):
                with whole[at : max(start, at)] as part:
                    yield part
                yield data
                at = max(at, end)
            with whole[at:] as part:
                yield part

    def _lines(self, start: int) -> Iterator[bytes]:
        """The lines from the one that begins at `start`."""
        while data := self._data[start : (end := self._end(start))]:
            yield data
            start = end

    def _place(self, key: str) -> tuple[int, int] | None:
        """The start and the end of the line of an identity."""
        for state in _STATES:
            beginning = state + key.encode()
            start = self._first(beginning)
            if self._has(beginning, start):
                return start, self._end(start)
        return None

    def _has(self, beginning: bytes, start: int) -> bool:
        return self._data[start : start + len(beginning)] == beginning

    def _end(self, start: int) -> int:
        """The end of the line that begins at `start`."""
        return self._data.find(b"\n", start) + 1 or len(self._data)

    def _first(self, beginning: bytes) -> int:
        """The start of the first line that does not sort before `beginning`."""
        low, high = 0, len(self._data)
        while low < high:
            start = self._data.rfind(b"\n", low, (low + high) // 2) + 1 or low
            end = self._end(start)
            if self._data[start:end] < beginning:
                low = end
            else:
                high = start
        return low


def written(line: Line) -> bytes:
    """A line as the file has it."""
    return lines.encode(line) + b"\n"


def read(file: Path) -> Ledger:
    """The ledger in `file`, empty without a file. Raises LedgerError if it can't be read."""
    with opened(file) as ledger:
        return Ledger(ledger.data, ledger.stamp)


@contextmanager
def opened(file: Path) -> Iterator[Ledger]:
    """The same, mapped from the file as long as this lasts."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(file.open("rb"))
            stamp = _stamp(os.fstat(found.fileno()))
            # An empty file can't be mapped.
            data = stack.enter_context(mmap.mmap(found.fileno(), 0, access=mmap.ACCESS_READ)) if found.seek(0, 2) else b""
        except FileNotFoundError:
            data, stamp = b"", NO_FILE
        except OSError as error:
            raise LedgerError(f"{file}: can't be read ({error.strerror})") from error
        yield Ledger(data, stamp)


def checked(ledger: Ledger, file: Path) -> Ledger:
    """The same, sorted and each identity once, as it may not be after an edit or a merge.

    Raises LedgerError for an invalid line.
    """
    return ledger if _is_in_order(ledger) else Ledger(joined(_parsed(ledger, file)), ledger.stamp)


def _is_in_order(ledger: Ledger) -> bool:
    """Whether lines are sorted, whole, and each identity is in one of them."""
    last = b""
    for line in ledger:
        # These bytes are the state and the digest of the identity.
        if last[:30] >= line[:30]:
            return False
        last = line
    return not last or last.endswith(b"\n")


def joined(some: Iterable[Line]) -> bytes:
    """The bytes of a ledger with these lines. Of several for one identity, the one that was last updated counts."""
    best: dict[str, tuple[tuple[str, bytes], bytes]] = {}
    for each in some:
        data = written(each)
        rank = (str(max(filter(None, (each.at, each.updated, each.published)), default="")), data)
        if each.id not in best or best[each.id][0] < rank:
            best[each.id] = (rank, data)
    return b"".join(sorted(data for _, data in best.values()))


def parsed(ledger: Ledger, file: Path) -> list[Line]:
    """All lines. Raises LedgerError for an invalid one."""
    return list(_parsed(ledger, file))


def update(file: Path, change: Callable[[Ledger], Iterable[bytes | memoryview] | None]) -> tuple[str, str]:
    """Put the parts that `change` makes of the ledger in its place, alone of all processes. With None, it stays as it is.

    The stamps before and after. Raises LedgerError where it can't be written.
    """
    from filelock import FileLock, Timeout

    place = file.resolve()
    # Beside the ledger, wherever the index is: each writer may have one of its own.
    lock = place.parent / ".feeds" / f"{place.name}.lock"
    other = place.with_name(f".{place.name}.{os.getpid()}.new")
    try:
        lock.parent.mkdir(exist_ok=True)
        with FileLock(lock, timeout=_PATIENCE):
            with opened(file) as before:
                parts = change(before)
                if parts is not None:
                    with other.open("wb") as written:
                        written.writelines(parts)
            if parts is not None:
                if before.stamp:
                    other.chmod(place.stat().st_mode & 0o7777)
                os.replace(other, place)
            return before.stamp, stamp_of(file)
    except Timeout as error:
        raise LedgerError(f"{file}: another process is writing it, for more than {_PATIENCE:.0f} seconds") from error
    except OSError as error:
        raise LedgerError(f"{file}: can't be written ({error.strerror})") from error
    finally:
        other.unlink(missing_ok=True)


def stamp_of(file: Path) -> str:
    """The stamp of a ledger's file."""
    try:
        return _stamp(os.stat(file))
    except FileNotFoundError:
        return NO_FILE


def _stamp(known: os.stat_result) -> str:
    # Each write makes a new file.
    return f"{known.st_ino}-{known.st_size}-{known.st_mtime_ns}"


def parse(number: int, data: bytes, file: Path) -> Line | None:
    """The line `number` of the ledger in `file`; None for a blank one. Raises LedgerError for an invalid one."""
    if not data.strip():
        return None
    if data.startswith(_MARKERS):
        advice = "a conflict of version control; keep the lines of both sides, in any order, and delete its marks"
        raise LedgerError(f"{file}:{number}: {advice}")
    try:
        line = lines.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise LedgerError(f"{file}:{number}: found {data[:40]!r}, expected a line that Feeds wrote ({error})") from error
    if line.key == lines.key(line.id):
        return line
    # Edited by hand.
    return line.as_withdrawn(line.at) if line.withdrawn and line.at is not None else line.as_article()


def _parsed(ledger: Ledger, file: Path) -> Iterator[Line]:
    return filter(None, (parse(number, data, file) for number, data in enumerate(ledger, 1)))
