"""Compression of documents with the content codings of HTTP (RFC 9110 8.4.1)."""

import gzip

import brotli
import zstandard

IDENTITY = ""
# In order of preference where a client accepts several equally: the smallest feeds first.
CODINGS = ("br", "zstd", "gzip")
# The suffix and the media type of a file in each coding.
ENDINGS = {"gzip": (".gz", "application/gzip"), "br": (".br", "application/x-brotli"), "zstd": (".zst", "application/zstd")}


def compressible(media_type: str) -> bool:
    """Whether documents of this media type are text, which compresses well."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence.startswith("text/") or essence.endswith(("xml", "json", "javascript"))


def encode(body: bytes, coding: str) -> bytes:
    """Compress `body`. Equal bytes give equal bytes: no time and no file name is included."""
    # Higher levels take twice the time or more, and make feeds smaller by 1 % or less.
    match coding:
        case "br":
            return bytes(brotli.compress(body, quality=6))
        case "zstd":
            return zstandard.ZstdCompressor(level=9).compress(body)
        case "gzip":
            return gzip.compress(body, 6, mtime=0)
    return body
