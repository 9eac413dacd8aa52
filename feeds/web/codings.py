"""Content codings: which one a client wants (RFC 9110 12.5.3), and the bytes in it."""

import gzip
import re
from functools import lru_cache

import brotli
import zstandard

IDENTITY = ""
# Dearest first: among those that a client likes equally, the one that makes feeds smallest.
CODINGS = ("br", "zstd", "gzip")
_ALIASES = {"x-gzip": "gzip", "identity": IDENTITY}
_MEMBER = re.compile(r"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)\s*(?:;\s*q\s*=\s*([01](?:\.[0-9]{0,3})?))?", re.IGNORECASE)
# Half a megabyte of text is more than any answer that is not a feed would be worth squeezing harder for.
_QUICK = 512 * 1024


@lru_cache(maxsize=512)
def acceptable(accept_encoding: bytes | None) -> tuple[str, ...]:
    """The codings that a client takes, the best first; identity is "".

    No field means that the client said nothing: identity. Identity is the last resort also where it is refused, since a
    feed is worth more to a reader than a 406 (RFC 9110 12.5.3 leaves that to us). Members that break the grammar are passed over.
    """
    if accept_encoding is None:
        return (IDENTITY,)
    weights: dict[str, float] = {}
    for part in accept_encoding.decode("latin-1").split(","):
        match = _MEMBER.fullmatch(part.strip())
        if match is not None:
            name = match[1].lower()
            weights[_ALIASES.get(name, name)] = min(float(match[2] or "1"), 1.0)
    other = weights.get("*", 0.0)
    # A wildcard names every coding that is not listed; identity is acceptable unless it is refused, and liked least.
    ranked = [(weights.get(name, other), name) for name in CODINGS]
    identity = weights.get(IDENTITY, 0.0005)
    ranked.append((identity, IDENTITY))
    wanted = [name for weight, name in sorted(ranked, key=lambda pair: -pair[0]) if weight > 0]
    return tuple(wanted) if wanted else (IDENTITY,)


def compressible(media_type: str) -> bool:
    """Whether documents of this type are text, so that compressing makes them smaller."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence.startswith("text/") or essence.endswith(("xml", "json", "javascript"))


def encode(body: bytes, coding: str) -> bytes:
    """`body` in `coding`. The same bytes give the same bytes: no clock, no file name."""
    quick = len(body) > _QUICK
    match coding:
        case "br":
            return bytes(brotli.compress(body, quality=5 if quick else 7))
        case "zstd":
            return zstandard.ZstdCompressor(level=6 if quick else 12).compress(body)
        case "gzip":
            return gzip.compress(body, 6 if quick else 9, mtime=0)
    return body
