"""Content codings (RFC 9110 8.4.1): the bytes of a document in each."""

import gzip

import brotli
import zstandard

IDENTITY = ""
# Dearest first: among those that a client likes equally, the one that makes feeds smallest.
CODINGS = ("br", "zstd", "gzip")
# What the name of a file in each coding ends with, and the media type of such a file by itself.
ENDINGS = {"gzip": (".gz", "application/gzip"), "br": (".br", "application/x-brotli"), "zstd": (".zst", "application/zstd")}
# Half a megabyte of text is more than any answer that is not a feed would be worth squeezing harder for.
_QUICK = 512 * 1024


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
