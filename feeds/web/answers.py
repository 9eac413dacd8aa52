"""Prepared answers: each document in each content coding, with its headers, ready to be sent as it is."""

import gzip
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import brotli
import zstandard

from feeds.config import Cache, Config
from feeds.history import History
from feeds.model import Document
from feeds.site import GENERATORS, Site

Headers = list[tuple[bytes, bytes]]

FEED_TYPES = frozenset(generator.MEDIA_TYPE for generator in GENERATORS.values())
# The codings that are offered, the preferred one first.
CODINGS = ("br", "zstd", "gzip")
# The shortest body that is worth a coding, in bytes.
_WORTH_CODING = 300
_TEXTUAL = ("+xml", "+json", "/xml", "/json", "javascript")
# What all answers together may take, in bytes of their bodies.
MOST_BYTES = 256 * 2**20
# Uvicorn's Date header is up to a second old.
_CLOCK_STEP = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """One representation of a document. `headers` go with 200, `validators` are those of them that a 304 says too.

    `changed` is when it last changed, None where that is too fresh to be told: then it must be asked for anew as well.
    """

    etag: str
    changed: datetime | None
    headers: Headers
    validators: Headers
    body: bytes


class Answers:
    """The answers of one site, made when first asked for; those not asked for longest go when there is no more room.

    `ready` is for the event loop alone and never waits; `prepare` renders and compresses, and belongs on a thread.
    """

    def __init__(self, site: Site, history: History) -> None:
        self.site = site
        self._history = history
        self._kept: OrderedDict[tuple[str, str], Answer] = OrderedDict()
        self._bytes = 0

    def ready(self, path: str, coding: str) -> Answer | None:
        """The answer for `path` in `coding`, if it has been prepared."""
        answer = self._kept.get((path, coding))
        if answer is not None:
            self._kept.move_to_end((path, coding))
        return answer

    def prepare(self, path: str, coding: str) -> Answer | None:
        """Make the answer for the document at `path`, or None where there is none."""
        document = self.site.document(path)
        if document is None:
            return None
        now = datetime.now(UTC)
        changed: datetime | None = self._history.changed(document, now)
        if changed is not None and now - changed < _CLOCK_STEP:
            # Last-Modified must not be later than Date (RFC 9110 8.8.2.1): until then only the ETag tells.
            changed = None
        return _answer(document, coding, changed, self.site.config)

    def keep(self, path: str, coding: str, answer: Answer) -> None:
        """Have `answer` ready from now on, unless it is too fresh to say when it changed."""
        if answer.changed is None or (path, coding) in self._kept:
            return
        self._kept[path, coding] = answer
        self._bytes += len(answer.body)
        while self._bytes > MOST_BYTES:
            _, dropped = self._kept.popitem(last=False)
            self._bytes -= len(dropped.body)


def _answer(document: Document, coding: str, changed: datetime | None, config: Config) -> Answer:
    body, etag = document.body, document.etag
    textual = document.media_type.startswith("text/") or any(part in document.media_type for part in _TEXTUAL)
    encoded = textual and coding != "identity" and len(body) >= _WORTH_CODING
    if encoded:
        body = encode(body, coding)
        # Another coding is another representation, so its strong ETag differs (RFC 9110 8.8.3.3).
        etag = f'{etag[:-1]}-{coding}"'
    fields = {
        "etag": etag,
        "cache-control": _cache_control(config.cache),
        "vary": "Accept-Encoding",
        "access-control-allow-origin": "*",
        "access-control-expose-headers": "ETag, Last-Modified, Link",
    }
    if changed is not None:
        fields["last-modified"] = format_datetime(changed, usegmt=True)
    if links := _links(document, config):
        fields["link"] = links
    whole = fields | {"content-type": document.media_type, "content-length": str(len(body))}
    if encoded:
        whole["content-encoding"] = coding
    return Answer(etag, changed, _raw(whole), _raw(fields), body)


def encode(body: bytes, coding: str) -> bytes:
    """`body` in a content coding; the same bytes for the same body, whenever and wherever it is made."""
    match coding:
        case "br":
            compressed: bytes = brotli.compress(body, quality=5)
            return compressed
        case "zstd":
            return zstandard.ZstdCompressor(level=9).compress(body)
        case "gzip":
            return gzip.compress(body, compresslevel=9, mtime=0)
        case _:
            raise ValueError(f"no coding of ours: {coding}")


def _cache_control(cache: Cache) -> str:
    return (
        f"public, max-age={cache.max_age}, stale-while-revalidate={cache.stale_while_revalidate}, "
        f"stale-if-error={cache.stale_if_error}"
    )


def _links(document: Document, config: Config) -> str:
    """The Link field of a feed (RFC 8288): itself, its other formats, its hubs, as a WebSub subscriber looks for them."""
    address, _, suffix = document.path.rpartition(".")
    if document.media_type not in FEED_TYPES:
        return ""
    links = [f'<{config.site.url}/{document.path}>; rel="self"']
    links += [f'<{config.site.url}/{address}.{other}>; rel="alternate"' for other in config.formats if other != suffix]
    links += [f'<{hub}>; rel="hub"' for hub in config.hubs]
    return ", ".join(links)


def _raw(fields: dict[str, str]) -> Headers:
    return [(name.encode(), value.encode("latin-1")) for name, value in fields.items()]
