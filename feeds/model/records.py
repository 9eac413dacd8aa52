"""Records: articles, rendered entries and problems as bytes, for the index and for other processes.

Equal articles have equal bytes, so the digest of the bytes identifies what an article says.
"""

import hashlib
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from sys import intern
from typing import NamedTuple, TypeVar

import msgspec
import zstandard

from feeds.errors import Problem, UnreadableError
from feeds.model import Article, File, Image, Listing, Provider

_T = TypeVar("_T")


def _decoder(type: type[_T]) -> Callable[[bytes], _T]:
    """A function that decodes values of a type. It raises UnreadableError where the bytes are not what was encoded."""
    decode = msgspec.msgpack.Decoder(type).decode

    def decoded(data: bytes) -> _T:
        try:
            return decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise UnreadableError(f"the index holds what can't be read ({error})") from error

    return decoded


_encode = msgspec.msgpack.Encoder().encode
_article = _decoder(Article)
# A stored listing: its own facts, and facts that many listings share, which stay bytes so that equal ones are decoded once.
_Number = int | float | None
_Own = tuple[
    str,
    str,
    str,
    datetime,
    datetime,
    str | None,
    _Number,
    _Number,
    datetime | None,
    bool,
    datetime | None,
    tuple[tuple[str, File], ...],
    bool,
    tuple[str, ...],
]
_kept = _decoder(tuple[_Own, bytes, bytes])
_provider = _decoder(Provider)
_NOTHING = _encode(None)
_groups = _decoder(tuple[str, tuple[str, ...], str | None, str | None])
_bodies = _decoder(tuple[bytes, ...])
_problems = _decoder(tuple[Problem, ...])
_places = _decoder(tuple[tuple[str, str], ...])
_image = _decoder(Image)
_file = _decoder(File)
# Fast compression: writing fewer bytes saves more time than compressing takes.
_QUICKLY = -1


class _Zstandard(threading.local):
    """Compressors of one thread. Making one takes longer than unpacking an entry, and threads can't share it."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_QUICKLY)
        self.decompressor = zstandard.ZstdDecompressor()


_zstandard = _Zstandard()


class Record(NamedTuple):
    """The result of reading one document, as bytes: cheap to pass between processes, and to keep.

    `path` and `stamp` are those of the document; one that could not be read has no stamp. `content` is the digest of the file.
    `digest`, `listing` and `article` are None where there is no article. `broken` is an article with a fatal problem. `places`
    are the files beside it that this depends on. `same` is true where the file is the same as it was known to be, and was not
    read on. `id` and the moments (seconds) are the article's. `line` is
    what the identity ledger would hold of it.
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
    id: str = ""
    published: int = 0
    updated: int = 0
    expires: int | None = None
    line: bytes | None = None


def moments(article: Listing) -> tuple[int, int, int | None]:
    """When an article was published, was last updated, and expires, in seconds, as a record has them."""
    expires = int(article.expires.timestamp()) if article.expires is not None else None
    return int(article.published.timestamp()), int(article.updated.timestamp()), expires


def encode(article: Article) -> bytes:
    """Encode an article."""
    return _encode(article)


def decode(data: bytes) -> Article:
    """Decode what `encode` wrote."""
    return _article(data)


def digest(data: bytes) -> bytes:
    """The digest of an encoded article: 16 bytes."""
    return hashlib.blake2b(data, digest_size=16).digest()


def encode_listing(listed: Listing) -> bytes:
    """Encode a listing, or that part of an article."""
    own = (listed.path, listed.id, listed.title, listed.published, listed.updated, listed.url)
    rest = (
        listed.quality,
        listed.heat,
        listed.expires,
        listed.draft,
        listed.withdrawn,
        listed.files,
        listed.playable,
        listed.tags,
    )
    shared = (listed.type, listed.topics, listed.category, listed.language)
    return _encode(((*own, *rest), _encode(listed.provider), _encode(shared)))


def decode_listing(data: bytes, number: int = 0) -> Listing:
    """The listing that `encode_listing` wrote, of the article with this number. Equal parts are the same objects."""
    own, provider, shared = _kept(data)
    path, id, title, published, updated, url, quality, heat, expires, draft, withdrawn, files, playable, tags = own
    type, topics, category, language = _shared(shared)
    by = _provided(provider)
    return Listing(
        *(path, id, title, published, updated, url, type, by, topics, category, language),
        *(quality, heat, expires, draft, withdrawn, files, playable, tags, number),
    )


@lru_cache(maxsize=5_000)
def _provided(data: bytes) -> Provider | None:
    return _provider(data) if data != _NOTHING else None


@lru_cache(maxsize=5_000)
def _shared(data: bytes) -> tuple[str, tuple[str, ...], str | None, str | None]:
    type, topics, category, language = _groups(data)
    return intern(type), tuple(map(intern, topics)), category and intern(category), language and intern(language)


def encode_problems(problems: tuple[Problem, ...]) -> bytes:
    """Encode problems; no bytes for none."""
    return _encode(problems) if problems else b""


def decode_problems(data: bytes) -> tuple[Problem, ...]:
    """Decode what `encode_problems` wrote."""
    return _problems(data) if data else ()


def encode_part(part: Image | File) -> bytes:
    """Encode a picture or a local file."""
    return _encode(part)


def decode_image(data: bytes) -> Image:
    """Decode a picture."""
    return _image(data)


def decode_file(data: bytes) -> File:
    """Decode a local file."""
    return _file(data)


def encode_places(places: tuple[tuple[str, str], ...]) -> bytes:
    """Encode places with their stamps; no bytes for none."""
    return _encode(places) if places else b""


def decode_places(data: bytes) -> tuple[tuple[str, str], ...]:
    """Decode what `encode_places` wrote."""
    return _places(data) if data else ()


def encode_bodies(some: Iterable[tuple[bytes, ...]]) -> list[bytes]:
    """Encode and compress entries, each a body per format; no bytes for one without bodies. Compressed together, the formats take
    a fifth of the space.
    """
    compress = _zstandard.compressor.compress
    return [compress(_encode(bodies)) if bodies else b"" for bodies in some]


def decode_bodies(some: Iterable[bytes]) -> list[tuple[bytes, ...]]:
    """Decode what `encode_bodies` wrote."""
    decompress = _zstandard.decompressor.decompress
    return [_bodies(decompress(data)) if data else () for data in some]
