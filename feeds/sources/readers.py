"""Readers: processes that read documents beside each other."""

import gc
from collections.abc import Callable, Iterator, Sequence

import msgspec

from feeds.config.types import Config
from feeds.pool import Pool
from feeds.sources import reading
from feeds.sources.reader import Reader
from feeds.sources.reading import Record
from feeds.sources.scan import Found

# Documents that a process is given at a time.
_DOCUMENTS = 100
# Records are handed over in a third of the time that pickle takes.
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(list[Record]).decode
_decode_place = msgspec.msgpack.Decoder(int).decode
_Wanted = Sequence[tuple[Found, bytes | None]]


def read(config: Config, wanted: _Wanted, meanwhile: Callable[[], None] = lambda: None) -> Iterator[Record]:
    """Records of documents, each given with the digest of the content that it was known to have. `meanwhile` is called as soon
    as other processes read, if they do.
    """
    reader = Reader(config)
    pool = Pool((reader, wanted), (_read,), _begin)
    if not pool.is_worth_it(len(wanted)):
        yield from reading.read(reader, wanted)
        return
    try:
        records = pool.spread(_read, _tasks(pool, len(wanted)))
        meanwhile()
        for some in records:
            yield from _decode(some)
    finally:
        pool.close()


def _tasks(pool: "Pool[tuple[Reader, _Wanted]]", count: int) -> Iterator[bytes]:
    yield from map(_encode, range(0, count, _DOCUMENTS))
    # The processes end while the last records are waited for.
    pool.end()


def _begin(given: tuple[Reader, _Wanted]) -> None:
    gc.enable()


def _read(given: tuple[Reader, _Wanted], task: bytes) -> bytes:
    """The records of some of what is wanted, which need not be handed over: `task` tells the place of the first."""
    reader, wanted = given
    start = _decode_place(task)
    return _encode(list(reading.read(reader, wanted[start : start + _DOCUMENTS])))
