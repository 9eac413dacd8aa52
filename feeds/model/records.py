"""Records: articles, their entries and problems as bytes, for the index to keep and for processes to hand over.

What an article says decides its bytes, and its bytes its digest.
"""

import hashlib
import threading
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from sys import intern

import msgspec
import zstandard

from feeds.errors import Problem
from feeds.model import Article, File, Listing, Provider

_encode = msgspec.msgpack.Encoder().encode
_article = msgspec.msgpack.Decoder(Article).decode
# A listing as it is kept: its own facts, and what many have in common, as bytes until it is seen to be the same.
_Number = int | float | None
_Own = tuple[str, str, str, datetime, datetime, str | None, _Number, _Number, bool, tuple[tuple[str, File], ...], bytes]
_kept = msgspec.msgpack.Decoder(tuple[_Own, bytes, bytes]).decode
_provider = lru_cache(maxsize=50_000)(msgspec.msgpack.Decoder(Provider | None).decode)
_groups = msgspec.msgpack.Decoder(tuple[str, tuple[str, ...], str | None, str | None]).decode
_bodies = msgspec.msgpack.Decoder(tuple[bytes, ...]).decode
_problems = msgspec.msgpack.Decoder(tuple[Problem, ...]).decode
_places = msgspec.msgpack.Decoder(tuple[tuple[str, str], ...]).decode
_facts = msgspec.msgpack.Decoder(dict[str, bytes]).decode
# To compress an entry takes less time than to write the rest of it.
_QUICKLY = -1
_LISTED = tuple(name for name in Listing.__struct_fields__ if name != "digest")


class _Zstandard(threading.local):
    """What compresses: it takes longer to make than an entry to unpack, and is for one thread alone."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=_QUICKLY)
        self.decompressor = zstandard.ZstdDecompressor()


_zstandard = _Zstandard()


def encode(article: Article) -> bytes:
    """The whole of `article`."""
    return _encode(article)


def decode(data: bytes) -> Article:
    """The article that `encode` wrote."""
    return _article(data)


def digest(data: bytes) -> bytes:
    """The digest of an encoded article: 16 bytes."""
    return hashlib.blake2b(data, digest_size=16).digest()


def listing(article: Article, digest: bytes) -> Listing:
    """What has to be known of `article` to group it."""
    return Listing(**{name: getattr(article, name) for name in _LISTED}, digest=digest)


def encode_listing(listed: Listing, digest: bytes) -> bytes:
    """What has to be known of `listed`, whose digest is given, to group it."""
    own = (listed.path, listed.id, listed.title, listed.published, listed.updated, listed.url)
    rest = (listed.quality, listed.heat, listed.draft, listed.files, digest)
    shared = (listed.type, listed.topics, listed.category, listed.language)
    return _encode(((*own, *rest), _encode(listed.provider), _encode(shared)))


def decode_listing(data: bytes) -> Listing:
    """The listing that `encode_listing` wrote. There are many of them: what says the same is the same object."""
    own, provider, shared = _kept(data)
    path, id, title, published, updated, url, quality, heat, draft, files, digest = own
    type, topics, category, language = _shared(shared)
    by = _provider(provider)
    return Listing(
        path, id, title, published, updated, url, type, by, topics, category, language, quality, heat, draft, files, digest
    )


@lru_cache(maxsize=50_000)
def _shared(data: bytes) -> tuple[str, tuple[str, ...], str | None, str | None]:
    type, topics, category, language = _groups(data)
    return intern(type), tuple(map(intern, topics)), category and intern(category), language and intern(language)


def encode_problems(problems: tuple[Problem, ...]) -> bytes:
    """All of `problems`; nothing for none."""
    return _encode(problems) if problems else b""


def decode_problems(data: bytes) -> tuple[Problem, ...]:
    """The problems that `encode_problems` wrote."""
    return _problems(data) if data else ()


def encode_facts(facts: dict[str, bytes]) -> bytes:
    """What is known of some documents, by path."""
    return _encode(facts)


def decode_facts(data: bytes) -> dict[str, bytes]:
    """The facts that `encode_facts` wrote."""
    return _facts(data)


def encode_places(places: tuple[tuple[str, str], ...]) -> bytes:
    """Places with their stamps; nothing for none."""
    return _encode(places) if places else b""


def decode_places(data: bytes) -> tuple[tuple[str, str], ...]:
    """The places that `encode_places` wrote."""
    return _places(data) if data else ()


def encode_bodies(some: Iterable[tuple[bytes, ...]]) -> list[bytes]:
    """Entries' bodies, one for each format: they say the same in other words, and are a fifth as long together."""
    compress = _zstandard.compressor.compress
    return [compress(_encode(bodies)) for bodies in some]


def decode_bodies(some: Iterable[bytes]) -> list[tuple[bytes, ...]]:
    """The bodies that `encode_bodies` wrote."""
    decompress = _zstandard.decompressor.decompress
    return [_bodies(decompress(data)) for data in some]
