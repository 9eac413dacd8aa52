"""Reading: a document that is there becomes a `Record`, all that the index keeps of it."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, ParamSpec, TypeVar

from feeds import faults
from feeds.documents.front_matter import Text, taken_apart
from feeds.errors import Problem
from feeds.model import records
from feeds.sources.reader import Look, Reader
from feeds.sources.scan import Found

_AT_A_TIME = 25
_Arguments = ParamSpec("_Arguments")
_Made = TypeVar("_Made")


class Record(NamedTuple):
    """What is known of one document, as bytes: cheap to hand from a process to another, and to keep.

    `path` and `stamp` are those of the document; one that could not be read has no stamp. `content` is the digest of the file.
    `digest`, `listing` and `article` are None where there is no article. `broken` is an article with a fatal problem. `places`
    are the files beside it that this depends on. `same` is true where the file is the same as it was known to be, and was not
    read on.
    """

    path: str
    stamp: str
    content: bytes
    digest: bytes | None = None
    listing: bytes | None = None
    article: bytes | None = None
    problems: bytes = b""
    broken: bytes | None = None
    places: bytes = b""
    same: bool = False


def read(reader: Reader, wanted: Sequence[tuple[Found, bytes | None]]) -> Iterator[Record]:
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
            yield look if isinstance(look, Record) else _tried(look.known, _record, look)


class _Loaded(NamedTuple):
    """A document that is to be read: what is `known` of it by its bytes, and these."""

    found: Found
    known: Record
    data: bytes


class _TakenApart(NamedTuple):
    """The same, its text taken apart."""

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


def _record(looked: _Looked) -> Record:
    known, look = looked
    path, stamp, content = known[:3]
    article, problems, broken = look.reading.article, look.reading.problems, look.reading.broken
    places = records.encode_places(look.places)
    told = records.encode_problems(problems)
    if article is None:
        unfit = records.encode(broken) if broken is not None else None
        return Record(path, stamp, content, problems=told, broken=unfit, places=places)
    body = records.encode(article)
    digest = records.digest(body)
    return Record(path, stamp, content, digest, records.encode_listing(article, digest), body, told, None, places)
