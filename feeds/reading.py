"""Reading: a document that is there becomes a `Record`, all that the index keeps of it."""

import hashlib
from typing import NamedTuple

from feeds import records
from feeds.errors import Problem
from feeds.scanning import Found
from feeds.sources import Reader


class Record(NamedTuple):
    """What is known of one document, as bytes: cheap to hand from a process to another, and to keep.

    `content` is the digest of the file. `digest`, `listing` and `article` are None where there is no article. `broken` is an
    article with a fatal problem. `places` are the files beside it that this depends on. `same` is true where the file is the
    same as it was known to be, and was not read on.
    """

    found: Found
    content: bytes
    digest: bytes | None = None
    listing: bytes | None = None
    article: bytes | None = None
    problems: bytes = b""
    broken: bytes | None = None
    places: bytes = b""
    same: bool = False


def record(reader: Reader, found: Found, known: bytes | None) -> Record:
    """The record of the document `found`, whose content was `known`, if it was."""
    data = reader.data(found)
    if isinstance(data, Problem):
        return Record(found._replace(stamp=""), b"", problems=records.encode_problems((data,)))
    content = hashlib.blake2b(data, digest_size=16).digest()
    if content == known:
        return Record(found, content, same=True)
    look = reader.read(found, data)
    places = records.encode_places(look.places)
    reading = look.reading
    if reading is None:
        return Record(found, content, places=places)
    problems = records.encode_problems(reading.problems)
    broken = records.encode(reading.broken) if reading.broken is not None else None
    if reading.article is None:
        return Record(found, content, problems=problems, broken=broken, places=places)
    article = records.encode(reading.article)
    digest = records.digest(article)
    listing = records.encode_listing(reading.article, digest)
    return Record(found, content, digest, listing, article, problems, broken, places)
