"""Readers: processes that read documents beside each other."""

import gc
from collections.abc import Callable, Iterator, Sequence

import msgspec

from feeds import reading
from feeds.config import Config
from feeds.pool import Pool
from feeds.reading import Record
from feeds.scanning import Found
from feeds.sources import Reader

# Documents that a process is given at a time.
_DOCUMENTS = 100
# Records are handed over in a third of the time that pickle takes.
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(list[Record]).decode
_Wanted = Sequence[tuple[Found, bytes | None]]


def read(config: Config, wanted: _Wanted, meanwhile: Callable[[], None] = lambda: None) -> Iterator[Record]:
    """Records of documents, each given with the digest of the content that it was known to have. `meanwhile` is called as soon
    as other processes read, if they do.
    """
    reader = Reader(config)
    pool = Pool(_begin, (reader, wanted))
    if not pool.is_worth_it(len(wanted)):
        yield from reading.read(reader, wanted)
        return
    try:
        records = pool.spread(_read, range(len(wanted)), _DOCUMENTS)
        meanwhile()
        for some in records:
            yield from _decode(some)
    finally:
        pool.close()


class _Own:
    """What this process was begun with: all that is wanted, which it need not be told again."""

    reader: Reader
    wanted: _Wanted


def _begin(given: tuple[Reader, _Wanted]) -> None:
    gc.enable()
    _Own.reader, _Own.wanted = given


def _read(places: list[int]) -> bytes:
    return _encode(list(reading.read(_Own.reader, _Own.wanted[places[0] : places[-1] + 1])))
