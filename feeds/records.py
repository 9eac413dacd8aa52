"""Records: articles and problems as bytes, for the index to keep and for processes to hand over.

What an article says decides its bytes, and its bytes its digest.
"""

import hashlib

import msgspec

from feeds.errors import Problem
from feeds.model import Article, Listing

_encode = msgspec.msgpack.Encoder().encode
_article = msgspec.msgpack.Decoder(Article).decode
_listing = msgspec.msgpack.Decoder(Listing).decode
_problems = msgspec.msgpack.Decoder(tuple[Problem, ...]).decode
_places = msgspec.msgpack.Decoder(tuple[tuple[str, str], ...]).decode
_LISTED = tuple(name for name in Listing.__struct_fields__ if name != "digest")


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


def encode_listing(listed: Listing) -> bytes:
    """The whole of `listed`."""
    return _encode(listed)


def decode_listing(data: bytes) -> Listing:
    """The listing that `encode_listing` wrote."""
    return _listing(data)


def encode_problems(problems: tuple[Problem, ...]) -> bytes:
    """All of `problems`; nothing for none."""
    return _encode(problems) if problems else b""


def decode_problems(data: bytes) -> tuple[Problem, ...]:
    """The problems that `encode_problems` wrote."""
    return _problems(data) if data else ()


def encode_places(places: tuple[tuple[str, str], ...]) -> bytes:
    """Places with their stamps; nothing for none."""
    return _encode(places) if places else b""


def decode_places(data: bytes) -> tuple[tuple[str, str], ...]:
    """The places that `encode_places` wrote."""
    return _places(data) if data else ()
