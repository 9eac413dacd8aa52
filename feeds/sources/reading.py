"""Reading: a document that is there becomes a `Record`, all that the index keeps of it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice

import msgspec

from feeds.config.types import Config
from feeds.documents.front_matter import taken_apart
from feeds.errors import Problem
from feeds.ledger import line
from feeds.model import records
from feeds.model.records import Record
from feeds.sources.reader import Look, Reader
from feeds.sources.scan import Found
from feeds.workers import FEW, Workers

# Documents that are taken one step further at a time, and that a process is given.
_AT_A_TIME, _DOCUMENTS = 25, 100
_Wanted = tuple[Found, bytes | None]


# Between processes, this takes a third of the time that pickle takes.
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(list[Record]).decode


def read_all(
    config: Config, wanted: Iterable[_Wanted], *, apart: bool = False, meanwhile: Callable[[], object] = lambda: None
) -> Iterator[Record]:
    """The records of documents, each given with the digest of the content that it was known to have; read by several processes
    where they are many. With `apart`, by one that gives way to this, so that a server goes on answering.

    `meanwhile` is called once while other processes read.
    """
    waiting = iter(wanted)
    first = list(islice(waiting, FEW))
    with Workers(Reader, config, count=1 if apart else None, is_patient=apart) as workers:
        is_few = not workers.are_worth_it(len(first))
        if not is_few:
            workers.begin()
        wanted = chain(first, waiting)
        tasks = iter(lambda: list(islice(wanted, _DOCUMENTS)), [])
        for place, some in enumerate(workers.map(_read, tasks, here=is_few)):
            yield from _decode(some)
            if not place and not is_few:
                meanwhile()


def _read(reader: Reader, wanted: Sequence[_Wanted]) -> bytes:
    return _encode(list(read(reader, wanted)))


def read(reader: Reader, wanted: Sequence[_Wanted]) -> Iterator[Record]:
    """The records of documents, each given with the digest of the content that it was known to have.

    One step is done for some of them before the next: a processor that runs little code at a time runs it a fifth quicker.
    """
    for start in range(0, len(wanted), _AT_A_TIME):
        loaded = [_loaded(reader, found, known) for found, known in wanted[start : start + _AT_A_TIME]]
        some = [found for found, _ in wanted[start : start + _AT_A_TIME]]
        texts = [
            taken_apart(record.path, data, reader.rules(found)) if data is not None else None
            for found, (record, data) in zip(some, loaded, strict=True)
        ]
        looks = [reader.read(found, text) if text is not None else None for found, text in zip(some, texts, strict=True)]
        for (record, _), look in zip(loaded, looks, strict=True):
            yield _record(record, look, reader.site_url) if look is not None else record


def _loaded(reader: Reader, found: Found, known: bytes | None) -> tuple[Record, bytes | None]:
    """What is known of a document by its bytes alone, and these, where they are to be read."""
    data = reader.data(found)
    if isinstance(data, Problem):
        return Record(found.path, "", b"", problems=records.encode_problems((data,))), None
    content = hashlib.blake2b(data, digest_size=16).digest()
    if content == known:
        return Record(found.path, found.stamp, content, same=True), None
    return Record(found.path, found.stamp, content), data


def _record(known: Record, look: Look, site_url: str) -> Record:
    path, stamp, content = known[:3]
    article, problems, broken = look.reading.article, look.reading.problems, look.reading.broken
    places = records.encode_places(look.places)
    told = records.encode_problems(problems)
    if article is None:
        unfit = records.encode(broken) if broken is not None else None
        return Record(path, stamp, content, problems=told, broken=unfit, places=places)
    body = records.encode(article)
    digest = records.digest(body)
    listing = records.encode_listing(article, digest)
    facts = (path, stamp, content, digest, listing, body, told, None, places, False)
    return Record(*facts, article.id, *records.moments(article), line.encode(line.of(article, site_url)))
