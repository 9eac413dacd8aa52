"""The door: an ASGI layer in front of the router that answers requests for documents."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feeds.errors import DatabaseError, visible
from feeds.site import http_safety, queries
from feeds.site.queries import QueryError
from feeds.web import pages_asked, targets
from feeds.web.absence import may_be_away
from feeds.web.accept import names_html
from feeds.web.access_log import AccessLog
from feeds.web.answers import QUERY, Answers, words
from feeds.web.content_coding import acceptable
from feeds.web.copies import BusyError, Copying
from feeds.web.error_pages import METHODS, away, missing, moved, refuse, unavailable
from feeds.web.files import FileChangesError, Files, OpenFile, Span
from feeds.web.headers import fields as as_headers
from feeds.web.hub import CLOUD, HUB
from feeds.web.metrics import Meter
from feeds.web.prepared import Prepared
from feeds.web.representations import EMPTY, for_browsers, represent, with_headers

log = logging.getLogger("feeds")

_LONGEST_PATH = 2000
_LONGEST_HEADERS = 32_000
_MOST_WAITING = 256
_MOST_QUERIES_WAITING = 16
# When to ask again for a feed that is away, in seconds.
_RETRY_AWAY = "300"
# The paths that the router answers.
SERVICES = frozenset({"healthz", "readyz", "metrics", "robots.txt", "favicon.ico"})
# The event stream of an editor's preview. A public site has no such path.
PREVIEW = "preview/events"
_PREFLIGHT = {
    "Allow": METHODS,
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": METHODS,
    "Access-Control-Allow-Headers": (
        "A-IM, Cache-Control, If-Match, If-Modified-Since, If-None-Match, If-Range, If-Unmodified-Since, Range"
    ),
    "Access-Control-Max-Age": "86400",
}


class FileBody(NamedTuple):
    """The body of an answer that is sent from an open file."""

    file: OpenFile
    span: Span


class Door:
    """Answers requests for documents and passes all others to `router`. `answers` is replaced when the site changes."""

    def __init__(self, router: ASGIApp, meter: Meter) -> None:
        self.answers: Answers | None = None
        self.missing_for: Callable[[str, datetime], timedelta | None] = lambda path, now: None
        self._router = router
        self._meter = meter
        self._files = Files()
        self._copies = Copying()
        self.access_log: AccessLog | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] != "http":
            await self._router(scope, receive, send)
            return
        began = time.perf_counter()
        if self.access_log is not None:
            send = self.access_log.watch(scope, send)
        # Use the answers of one state for the whole request.
        answers = self.answers
        path: str = scope["path"]
        if (root := scope.get("root_path")) and (path == root or path.startswith(f"{root}/")):
            path = path[len(root) :]
        # A GET with the same path and headers as an earlier one gets the same answer at once.
        if answers is not None and scope["method"] == "GET":
            found = answers.known.get(words((path, scope["headers"])))
            if found is not None:
                start, body = found
                if body is EMPTY:
                    self._meter.spared += 1
                else:
                    self._meter.sent += 1
                await send(answers.timed(start))
                await send(body)
                self._meter.observe(time.perf_counter() - began)
                return
        path = path[1:]
        await self._slow(scope, receive, self._meter.watch(send, began), path, answers)

    async def _slow(self, scope: Scope, receive: Receive, send: Send, path: str, answers: Answers | None) -> None:
        fields = _fields(scope)
        if answers is None or path in SERVICES:
            send = self._meter.counting("service", send)
            if answers is None and path not in SERVICES:
                await refuse(
                    503,
                    "The site is still being built; try again in a few seconds.",
                    fields.get("accept"),
                    headers={"Retry-After": "5"},
                )(scope, receive, _unsniffed(send))
                return
            await self._router(scope, receive, _unsniffed(send))
            return
        if path in (HUB, CLOUD) and answers.site.config.hub is not None:
            await self._router(scope, receive, _unsniffed(self._meter.counting("hub", send)))
            return
        if path == PREVIEW and answers.site.preview is not None:
            await self._router(scope, receive, _unsniffed(send))
            return
        with ExitStack() as opened:
            await self._send(scope, receive, send, path, fields, answers, opened)

    async def _send(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        path: str,
        fields: Mapping[str, str],
        answers: Answers,
        opened: ExitStack,
    ) -> None:
        """Send the answer to a request for a document. The file that it is sent from is closed with `opened`."""
        try:
            kind, answer = await self._answer(scope, path, fields, answers, opened)
        except QueryError as error:
            status = 404 if error.unknown else 400
            accept, site = fields.get("accept"), answers.site
            kind, answer = "query", refuse(status, f"{error}.", accept, see=error.nearest, site=site, path=path)
        except DatabaseError as error:
            log.warning("can't make /%s: %s", visible(path), error)
            said = "This site cannot reach its database at the moment; try again in a few seconds."
            kind, answer = "busy", unavailable(said, fields.get("accept"), answers.site, path)
        except BusyError:
            said = "The server is busy copying other pictures; try again in a few seconds."
            kind, answer = "busy", unavailable(said, fields.get("accept"), answers.site, path)
        except FileChangesError:
            said = "This file is being changed at the moment; try again in a few seconds."
            kind, answer = "busy", unavailable(said, fields.get("accept"), answers.site, path)
        if isinstance(answer, Response):
            self._meter.count(kind, answer.status_code)
            if scope["method"] == "HEAD":
                answer.body = b""
            await answer(scope, receive, _unsniffed(send))
            return
        start, body = answer
        self._meter.count(kind, start["status"])
        if "user-agent" in fields:
            self._meter.read(fields["user-agent"].encode("latin-1"), path)
        await send(answers.timed(start))
        if scope["method"] != "GET" or start["status"] == 304:
            await send(EMPTY)
        elif isinstance(body, FileBody):
            await self._send_file(receive, send, body, path)
        else:
            await send(body)

    async def _send_file(self, receive: Receive, send: Send, body: "FileBody", path: str) -> None:
        """Send a part of a file. If the file changes meanwhile, the answer ends early, and the server closes the connection."""
        gone = asyncio.create_task(_disconnected(receive))
        left = body.span.end - body.span.start
        try:
            async for piece in self._files.pieces(body.file, body.span):
                if gone.done():
                    return
                left -= len(piece)
                await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
        finally:
            gone.cancel()
        if left:
            log.warning("/%s changed while it was sent, so a client got a part of it only", path)

    async def _answer(
        self, scope: Scope, path: str, fields: Mapping[str, str], answers: Answers, opened: ExitStack
    ) -> tuple[str, Response | tuple[Message, "Message | FileBody"]]:
        accept = fields.get("accept")
        site = answers.site
        if (refused := _refusal(scope, path, accept)) is not None:
            return refused
        if (redirect := moved(path, site)) is not None:
            return "moved", redirect
        asked = scope.get("query_string", b"").decode("latin-1")
        page = await asyncio.to_thread(pages_asked.find, path, asked, accept, site) if site.config.pages else None
        if isinstance(page, Response):
            return "moved", page
        pairs = targets.query(path, scope.get("query_string", b""), accept, site) if page is None else None
        query = None
        if pairs is not None:
            found, suffix = pairs
            query = await asyncio.to_thread(queries.parse, found, site.collection, site.config)
            target, negotiated = f"feeds/{query.slug}.{suffix}", False
        elif page is not None:
            target, negotiated = page, False
        else:
            target, negotiated = targets.target(path, accept, site)
            if target.endswith("index.html") and target != path and path and not path.endswith("/"):
                # The links of a page are relative to its folder, so the address must end with a slash.
                headers = {"Vary": "Accept", "Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}
                return "moved", RedirectResponse(f"{path.rpartition('/')[2]}/", 302, headers)
        is_query = QUERY.fullmatch(target) is not None or page is not None
        opened_page = targets.opened(target, path, fields, site, is_query=pairs is not None) if page is None else None
        if isinstance(opened_page, Response):
            return "moved", opened_page
        target = opened_page or target
        if target not in answers.ready and answers.waiting >= (_MOST_QUERIES_WAITING if is_query else _MOST_WAITING):
            said = "The server is busy making other feeds; try again in a few seconds."
            return "busy", refuse(503, said, accept, headers={"Retry-After": "2"}, site=site, path=path)
        accept_encoding = fields.get("accept-encoding")
        wanted = acceptable(accept_encoding.encode("latin-1") if accept_encoding is not None else None)
        prepared, file = await self._prepared(target, answers, opened)
        if prepared is None and (why := await self._copies.make(path, site)) is not None:
            if why:
                said = f"There is no copy of this picture: {why}."
                kept = {"Cache-Control": "public, max-age=300"}
                return "missing", refuse(404, said, accept, headers=kept, site=site, path=path)
            prepared, file = await self._prepared(target, answers, opened)
        if prepared is None:
            return await self._instead(path, asked, accept, answers)
        answers.settle(prepared)
        prepared.used = True
        wanted = tuple(coding for coding in wanted if coding in prepared.codings) or ("",)
        start, body = await represent(prepared, wanted, fields, answers, scope["method"])
        if isinstance(body, Span):
            assert file is not None, "prepared as a file"
            return "document", (start, FileBody(file, body))
        answer = start, body
        extra: list[tuple[bytes, bytes]] = []
        if target != path and page is None and opened_page is None:
            extra.append((b"content-location", f"{site.config.site.url}/{quote(target, safe='/=;:%')}".encode()))
        if prepared.styled and names_html(accept):
            answer = for_browsers(answer)
        if file is None and target == path and scope["method"] == "GET" and answer[0]["status"] in (200, 304):
            answers.remember(path, words((f"/{path}", scope["headers"])), answer)
        return ("query" if is_query else "document"), with_headers(answer, extra, negotiated=negotiated)

    async def _instead(self, path: str, asked: str, accept: str | None, answers: Answers) -> tuple[str, Response]:
        """The answer where there is no document at `path`: a redirect, its last answer, 503, 410 or 404."""
        site = answers.site
        if (living := targets.without_slashes(path, site)) is not None:
            address = f"{site.config.site.url}/{quote(living, safe='/=;:%')}"
            headers = {"Cache-Control": "public, max-age=86400", "Access-Control-Allow-Origin": "*"}
            return "moved", RedirectResponse(f"{address}?{asked}" if asked else address, 308, headers)
        if path in site.files:
            # Its folder may be missing; once the documents are read again, nothing refers to the file.
            said = "This file can't be read at the moment; try again in a few minutes."
            return "away", refuse(503, said, accept, headers={"Retry-After": _RETRY_AWAY}, site=site, path=path)
        published = f"{path}index.html" if path.endswith("/") else path
        lacks = None if site.config.drafts else await asyncio.to_thread(self.missing_for, published, datetime.now(UTC))
        left = timedelta(seconds=site.config.gone_after) - lacks if lacks is not None else timedelta()
        if left > timedelta() and may_be_away(published):
            return "away", await asyncio.to_thread(away, path, accept, site, retry=_RETRY_AWAY)
        gone = answers.gone_for_certain and lacks is not None and left <= timedelta()
        return "missing", await asyncio.to_thread(missing, path, accept, site, gone=gone)

    async def _prepared(self, target: str, answers: Answers, opened: ExitStack) -> tuple[Prepared | None, OpenFile | None]:
        """The answers at `target`, None if there is nothing, and the local file that they are sent from, if it is one.

        The file is open until `opened` is closed. Raises FileChangesError.
        """
        file = answers.local_file(target)
        if file is None:
            return await answers.get(target) or answers.away(target), None
        config = answers.site.config
        sent = await self._files.open(config, file)
        if sent is None:
            return None, None
        opened.callback(sent.close)
        return await answers.of_file(file, sent, await self._files.sha256(sent, config, file)), sent


def _refusal(scope: Scope, path: str, accept: str | None) -> tuple[str, Response] | None:
    """The answer to a request that no document can answer, with what metrics call it; None for all others."""
    if scope["method"] == "OPTIONS":
        return "preflight", Response(status_code=204, headers=_PREFLIGHT)
    if scope["method"] not in ("GET", "HEAD"):
        return "other", refuse(405, "Feeds are read-only: use GET or HEAD.", accept, headers={"Allow": METHODS})
    if len(path) > _LONGEST_PATH or len(scope.get("query_string", b"")) > 2 * _LONGEST_PATH:
        return "other", refuse(414, "The address is too long for a feed.", accept)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > _LONGEST_HEADERS:
        return "other", refuse(431, f"The request's headers are longer than {_LONGEST_HEADERS} bytes.", accept)
    if any(ord(char) < 32 or char in "\x7f\\" for char in path):
        return "other", refuse(400, "The address has a control character or a backslash, which no feed's address has.", accept)
    return None


def _unsniffed(send: Send) -> Send:
    """A `send` that adds `X-Content-Type-Options: nosniff` to answers other than documents."""

    async def adding(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], *as_headers((http_safety.NOSNIFF,))]}
        await send(message)

    return adding


async def _disconnected(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _fields(scope: Scope) -> dict[str, str]:
    """The request's headers by lowercase name. Repeated ones are joined into one list (RFC 9110 5.3)."""
    fields: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        fields[key] = f"{fields[key]}, {text}" if key in fields else text
    return fields
