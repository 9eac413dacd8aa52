"""Reading: a document becomes a `Record`, which has everything that the index keeps of it."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple, ParamSpec, TypeVar

import msgspec

from feeds import faults
from feeds.config.types import Config
from feeds.documents.front_matter import Text, taken_apart
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
_Arguments = ParamSpec("_Arguments")
_Made = TypeVar("_Made")


# Between processes, this takes a third of the time that pickle takes.
_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(list[Record]).decode


def read_all(
    config: Config, wanted: Iterable[_Wanted], *, gives_way: bool = False, meanwhile: Callable[[], object] = lambda: None
) -> Iterator[Record]:
    """The records of documents, each given with the digest of the content that it was known to have; read by several processes
    where they are many. With `gives_way`, one other process reads at low priority, so that a server can answer meanwhile.

    `meanwhile` is called once while other processes read.
    """
    waiting = iter(wanted)
    first = list(islice(waiting, FEW))
    with Workers(Reader, config, count=1 if gives_way else None, is_patient=gives_way) as workers:
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
    A document that a step fails at is a record with that problem (`feeds.faults`).
    """
    for start in range(0, len(wanted), _AT_A_TIME):
        some = wanted[start : start + _AT_A_TIME]
        loaded = [_tried(Record(found.path, found.stamp, b""), _loaded, reader, found, known) for found, known in some]
        texts = [each if isinstance(each, Record) else _tried(each.known, _text, reader, each) for each in loaded]
        looks = [each if isinstance(each, Record) else _tried(each.known, _look, reader, each) for each in texts]
        for look in looks:
            yield look if isinstance(look, Record) else _tried(look.known, _record, look, reader.site_url)


class _Loaded(NamedTuple):
    """A document that is to be read: what is `known` of it by its bytes, and these."""

    found: Found
    known: Record
    data: bytes


class _TakenApart(NamedTuple):
    """The same, with its text split."""

    found: Found
    known: Record
    text: Text


class _Looked(NamedTuple):
    """The same, read."""

    known: Record
    look: Look


def _tried(
    known: Record, step: Callable[_Arguments, _Made], *arguments: _Arguments.args, **named: _Arguments.kwargs
) -> _Made | Record:
    """What a step makes of a document, or where it fails at that, the document's record with the problem."""
    try:
        return step(*arguments, **named)
    except Exception as error:
        problems = records.encode_problems((faults.report(known.path, faults.READ, error),))
        if faults.is_passing(error):
            return Record(known.path, "", b"", problems=problems)
        return known._replace(problems=problems)


def _loaded(reader: Reader, found: Found, known: bytes | None) -> _Loaded | Record:
    data = reader.data(found)
    if isinstance(data, Problem):
        return Record(found.path, "", b"", problems=records.encode_problems((data,)))
    content = hashlib.blake2b(data, digest_size=16).digest()
    if content == known:
        return Record(found.path, found.stamp, content, same=True)
    return _Loaded(found, Record(found.path, found.stamp, content), data)


def _text(reader: Reader, loaded: _Loaded) -> _TakenApart:
    found, known, data = loaded
    return _TakenApart(found, known, taken_apart(known.path, data, reader.rules(found)))


def _look(reader: Reader, taken: _TakenApart) -> _Looked:
    found, known, text = taken
    return _Looked(known, reader.read(found, text))


def _record(looked: _Looked, site_url: str) -> Record:
    known, look = looked
    path, stamp, content = known[:3]
    article, problems, broken = look.reading.article, look.reading.problems, look.reading.broken
    places = records.encode_places(look.places)
    encoded = records.encode_problems(problems)
    if article is None:
        unfit = records.encode(broken) if broken is not None else None
        return Record(path, stamp, content, problems=encoded, broken=unfit, places=places)
    body = records.encode(article)
    listing = records.encode_listing(article)
    facts = (path, stamp, content, records.digest(body), listing, body, encoded, None, places, False)
    return Record(*facts, article.id, *records.moments(article), line.encode(line.of(article, site_url)))
