"""Compression of documents with the content codings of HTTP (RFC 9110 8.4.1)."""

import gzip

import brotli
import zstandard

IDENTITY = ""
# In order of preference where a client accepts several equally: the smallest feeds first.
CODINGS = ("br", "zstd", "gzip")
# The suffix and the media type of a file in each coding.
ENDINGS = {"gzip": (".gz", "application/gzip"), "br": (".br", "application/x-brotli"), "zstd": (".zst", "application/zstd")}
# Above half a megabyte, better compression takes too long.
_QUICK = 512 * 1024


def compressible(media_type: str) -> bool:
    """Whether documents of this media type are text, which compresses well."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence.startswith("text/") or essence.endswith(("xml", "json", "javascript"))


def encode(body: bytes, coding: str) -> bytes:
    """Compress `body`. Equal bytes give equal bytes: no time and no file name is included."""
    quick = len(body) > _QUICK
    match coding:
        case "br":
            return bytes(brotli.compress(body, quality=5 if quick else 7))
        case "zstd":
            return zstandard.ZstdCompressor(level=6 if quick else 12).compress(body)
        case "gzip":
            return gzip.compress(body, 6 if quick else 9, mtime=0)
    return body
