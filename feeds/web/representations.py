"""The representation of a document that answers a request: whole, not modified, a part, or the entries that a client lacks."""

import asyncio
import re
from collections.abc import Mapping

from starlette.types import Message

from feeds.model import Format
from feeds.site.http_cache import group_of
from feeds.text import compression
from feeds.web import ranges
from feeds.web.answers import Answers
from feeds.web.conditional import decide, entity_tags
from feeds.web.headers import COMMON, links
from feeds.web.prepared import Body, Coded, Prepared

EMPTY: Message = {"type": "http.response.body", "body": b""}
# The start and the body of an answer.
Answer = tuple[Message, Message]
# `feed` in A-IM, unless its weight is 0, which refuses it (RFC 3229 10.5.3).
_DELTA = re.compile(r"feed\s*(?:;\s*q\s*=\s*(?!0(?:\.0*)?$)[\d.]+)?", re.IGNORECASE)
# Browsers use a feed's stylesheet only if its type is plain XML; Chrome shows the feed types as source.
_FOR_BROWSERS = (b"content-type", b"text/xml; charset=utf-8")


async def represent(
    prepared: Prepared, wanted: tuple[str, ...], fields: Mapping[str, str], answers: Answers, method: str
) -> tuple[Message, Body]:
    """The answer in one of the `wanted` codings: a 304 if the client has one of them already, else the best coding."""
    plain = prepared.document.etag
    etags = {coding: f'{plain[:-1]}-{coding}"' if coding else plain for coding in wanted}
    statuses = {coding: decide(etag, prepared.changed, fields) for coding, etag in etags.items()}
    for coding, status in statuses.items():
        if status == 304:
            return _other_tag(prepared.coded[""].not_modified, etags[coding]), EMPTY
    passing = [coding for coding, status in statuses.items() if status == 200]
    if not passing:
        text = b"The feed does not match the request's If-Match or If-Unmodified-Since.\n"
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(text)), *COMMON]
        start = {"type": "http.response.start", "status": 412, "headers": headers}
        return start, {"type": "http.response.body", "body": text}
    if _wants_delta(fields):
        delta = await asyncio.to_thread(_delta, prepared, passing[0], fields["if-none-match"], answers)
        if delta is not None:
            return delta
    coding = passing[0]
    if coding not in prepared.coded:
        whole = await answers.get(prepared.document.path, coding)
        prepared = whole if whole is not None else prepared
    # What was taken away meanwhile is sent as it is at hand.
    coded = prepared.coded.get(coding) or prepared.coded[""]
    if "range" in fields and prepared.in_parts and method == "GET":
        return _part(prepared, coded, fields)
    return coded.ok, coded.body


def _delta(prepared: Prepared, coding: str, known: str, answers: Answers) -> tuple[Message, Message] | None:
    """A 226 (RFC 3229 10.4.1): the feed with only the entries that the client does not have. None if there is no delta."""
    path, site = prepared.document.path, answers.site
    group = group_of(path, site)
    base, _, suffix = path.rpartition(".")
    if group is None or base != group.path or suffix not in site.config.formats:
        return None
    tags = [tag for _, tag in entity_tags(known)]
    entries = site.entries(group, Format(suffix))
    lacking = answers.versions.lacking(path, tags, group, entries)
    if lacking is None:
        return None
    body = compression.encode(site.feed(lacking, Format(suffix)).body, coding)
    headers = [
        (b"etag", prepared.document.etag.encode()),
        (b"im", b"feed"),
        # Caches that do not know 226 must not store it as the whole feed (RFC 3229 10.8.3).
        (b"cache-control", b"no-store, im"),
        (b"vary", b"A-IM, If-None-Match, Accept-Encoding"),
        (b"content-type", prepared.document.media_type.encode()),
        (b"content-length", b"%d" % len(body)),
        (b"link", links(path, base, site, page=False).encode()),
        *COMMON,
    ]
    if coding:
        headers.append((b"content-encoding", coding.encode()))
    return {"type": "http.response.start", "status": 226, "headers": headers}, {"type": "http.response.body", "body": body}


def _part(prepared: Prepared, coded: Coded, fields: Mapping[str, str]) -> tuple[Message, Body]:
    """A 206 with the requested part, a 416 if there is no such part (RFC 9110 15.3.7, 15.5.17), or a 200 with the whole."""
    length = coded.length
    try:
        part = ranges.asked(fields, length, prepared.document.etag, prepared.changed)
    except ranges.UnsatisfiableError:
        headers = [(b"content-range", b"bytes */%d" % length), (b"content-length", b"0"), *COMMON]
        return {"type": "http.response.start", "status": 416, "headers": headers}, EMPTY
    if part is None:
        return coded.ok, coded.body
    start, end = part
    headers = [header for header in coded.ok["headers"] if header[0] != b"content-length"]
    headers += [(b"content-length", b"%d" % (end - start)), (b"content-range", b"bytes %d-%d/%d" % (start, end - 1, length))]
    return {"type": "http.response.start", "status": 206, "headers": headers}, coded.part(start, end)


def _wants_delta(fields: Mapping[str, str]) -> bool:
    wanted = any(_DELTA.fullmatch(part.strip()) for part in fields.get("a-im", "").split(","))
    return wanted and "if-none-match" in fields


def _other_tag(start: Message, etag: str) -> Message:
    headers = [(name, value) for name, value in start["headers"] if name != b"etag"]
    return {**start, "headers": [(b"etag", etag.encode()), *headers]}


def for_browsers(answer: Answer) -> Answer:
    """`answer` with the media type for which browsers use a feed's stylesheet."""
    start, body = answer
    headers = [_FOR_BROWSERS if name == b"content-type" else (name, value) for name, value in start["headers"]]
    return {**start, "headers": headers}, body


def with_headers(answer: Answer, extra: list[tuple[bytes, bytes]], *, negotiated: bool) -> Answer:
    """`answer` with `extra` headers; it varies by Accept too where it was `negotiated`."""
    start, body = answer
    if not extra and not negotiated:
        return answer
    headers = [(name, _also_accept(value) if negotiated and name == b"vary" else value) for name, value in start["headers"]]
    return {**start, "headers": [*headers, *extra]}, body


def _also_accept(vary: bytes) -> bytes:
    return vary if vary.startswith(b"Accept,") else b"Accept, " + vary
