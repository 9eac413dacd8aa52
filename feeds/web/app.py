"""The app: a door that sends what is ready, and behind it Starlette for everything that takes thought."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from feeds.build import Build
from feeds.config import Config
from feeds.history import History
from feeds.site import GENERATORS, Site
from feeds.web import negotiation, preview
from feeds.web.answers import CODINGS, Answer, Answers, Headers
from feeds.web.conditional import not_modified
from feeds.web.live import Live
from feeds.web.missing import missing

_METHODS = ("GET", "HEAD")
_ALLOWED = "GET, HEAD, OPTIONS"
_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": _ALLOWED,
    "Access-Control-Allow-Headers": "If-None-Match, If-Modified-Since, Accept, A-IM",
    "Access-Control-Max-Age": "86400",
}


class Desk:
    """The answers of the site as it is now. One site's are never mixed with another's."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._answers: Answers | None = None

    @property
    def answers(self) -> Answers:
        """The answers of the newest site."""
        if self._answers is None or self._answers.site is not self._live.site:
            self._answers = Answers(self._live.site, self._live.history)
        return self._answers


class Door:
    """Sends prepared answers without waking Starlette, which would halve the rate; lets everything else through."""

    def __init__(self, desk: Desk, app: ASGIApp) -> None:
        self._desk = desk
        self._app = app
        self._codings: dict[str | None, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        if scope["type"] == "http" and scope["method"] in _METHODS:
            accept_encoding, none_match, since = _fields(scope["headers"])
            coding = self._codings.get(accept_encoding)
            if coding is None:
                coding = negotiation.coding(accept_encoding, CODINGS)
                if len(self._codings) < 1000:
                    self._codings[accept_encoding] = coding
            answer = self._desk.answers.ready(_path(scope), coding)
            if answer is not None:
                await reply(answer, scope["method"], none_match, since, send)
                return
        await self._app(scope, receive, send)


class Prepared(Response):
    """A prepared answer as a Starlette response, with fields of its own for this request."""

    def __init__(self, answer: Answer, more: Headers | None = None) -> None:
        self._answer = answer
        self._more = more or []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""
        _, none_match, since = _fields(scope["headers"])
        await reply(self._answer, scope["method"], none_match, since, send, self._more)


async def reply(
    answer: Answer, method: str, none_match: str | None, since: str | None, send: Send, more: Headers | None = None
) -> None:
    """Send `answer`, or 304 where the client has it. `more` fields take the place of the answer's of the same name."""
    told = answer.changed is not None or none_match is not None
    unchanged = told and not_modified(answer.etag, answer.changed, none_match, since)
    headers = answer.validators if unchanged else answer.headers
    if more:
        replaced = {name for name, _ in more}
        headers = [field for field in headers if field[0] not in replaced] + more
    await send({"type": "http.response.start", "status": 304 if unchanged else 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if unchanged or method == "HEAD" else answer.body})


def create_app(load: Callable[[], Config], first: Build | None = None) -> Starlette:
    """The app that serves what `load` says, now and after every change of its files.

    `first` is what has been built already, if anything. Without it, the app fails to start with a FeedsError where the
    config or a source can't be read.
    """
    live = Live(load, first)
    desk = Desk(live)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await live.start()
        following = asyncio.create_task(live.follow())
        try:
            yield
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            live.history.close()

    async def answer(request: Request) -> Response:
        return await _answer(request, desk.answers, live.history)

    async def events(request: Request) -> Response:
        """Tells an editor's page that something was saved; there is nothing here for the public."""
        return preview.events(live) if live.site.preview else await answer(request)

    app = Starlette(
        routes=[
            Route("/healthz", _healthy),
            Route("/robots.txt", _robots),
            Route("/preview/events", events),
            Route("/{path:path}", _preflight, methods=["OPTIONS"]),
            Route("/{path:path}", answer, methods=list(_METHODS)),
        ],
        exception_handlers={405: _not_allowed},
        lifespan=lifespan,
    )
    app.add_middleware(lambda inner: Door(desk, inner))
    return app


async def _answer(request: Request, answers: Answers, history: History) -> Response:
    path = _path(request.scope)
    site = answers.site
    coding = negotiation.coding(_joined(request, "accept-encoding"), CODINGS)
    whole = f"{path}index.html" if not path or path.endswith("/") else path
    if prepared := await asyncio.to_thread(answers.prepare, whole, coding):
        answers.keep(path, coding, prepared)
        return Prepared(prepared)
    if target := _moved(path, site):
        return RedirectResponse(target, 301, {"Cache-Control": "public, max-age=3600", **_CORS})
    if path.rstrip("/") in site.collection.groups:
        return await _negotiated(request, path.rstrip("/"), answers, coding)
    gone = await asyncio.to_thread(history.was_published, path)
    return await asyncio.to_thread(missing, path, site, request.headers.get("accept"), gone=gone)


async def _negotiated(request: Request, path: str, answers: Answers, coding: str) -> Response:
    """The group at `path` in the form that the client would rather have: a feed for a reader, the page for a browser."""
    site = answers.site
    types = {GENERATORS[format].MEDIA_TYPE.partition(";")[0]: f"{path}.{format}" for format in site.config.formats}
    if f"{path}/index.html" in site.paths():
        types["text/html"] = f"{path}/"
    chosen = types[negotiation.media_type(request.headers.get("accept"), tuple(types))]
    if chosen.endswith("/"):
        # A page's links are relative to its folder.
        return RedirectResponse(f"{chosen.rpartition('/')[0].rpartition('/')[2]}/", 302, {"Vary": "Accept", **_CORS})
    prepared = await asyncio.to_thread(answers.prepare, chosen, coding)
    assert prepared is not None, chosen
    more = [(b"vary", b"Accept, Accept-Encoding"), (b"content-location", f"{site.config.site.url}/{chosen}".encode())]
    return Prepared(prepared, more)


def _moved(path: str, site: Site) -> str | None:
    """Where the document at `path` has moved, by config's redirects: one for a group counts for each of its formats."""
    redirects = site.config.redirects
    stem, dot, suffix = path.rpartition(".")
    if path in redirects:
        target = redirects[path]
    elif stem in redirects and suffix in site.config.formats and "://" not in redirects[stem]:
        target = f"{redirects[stem]}{dot}{suffix}"
    else:
        return None
    return target if "://" in target else f"{site.config.site.url}/{target}"


async def _healthy(request: Request) -> Response:
    return PlainTextResponse("alive\n", headers={"Cache-Control": "no-store"})


async def _robots(request: Request) -> Response:
    return PlainTextResponse("User-agent: *\nAllow: /\n", headers={"Cache-Control": "public, max-age=86400"})


async def _preflight(request: Request) -> Response:
    return Response(status_code=204, headers={"Allow": _ALLOWED, **_CORS})


async def _not_allowed(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = f"Feeds are read, not written: {request.method} is none of {_ALLOWED}.\n"
    return PlainTextResponse(text, 405, {"Allow": _ALLOWED})


def _path(scope: Scope) -> str:
    """The path within the app, without its leading `/`, wherever the app is mounted."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", "")).removeprefix("/")


def _fields(headers: Headers) -> tuple[str | None, str | None, str | None]:
    """Accept-Encoding, If-None-Match and If-Modified-Since; lists that came in several fields are one (RFC 9110 5.3)."""
    accept_encoding: str | None = None
    none_match: str | None = None
    since: str | None = None
    for name, value in headers:
        if name == b"accept-encoding":
            accept_encoding = _and(accept_encoding, value)
        elif name == b"if-none-match":
            none_match = _and(none_match, value)
        elif name == b"if-modified-since":
            since = value.decode("latin-1")
    return accept_encoding, none_match, since


def _and(list_so_far: str | None, value: bytes) -> str:
    text = value.decode("latin-1")
    return text if list_so_far is None else f"{list_so_far}, {text}"


def _joined(request: Request, name: str) -> str | None:
    fields = request.headers.getlist(name)
    return ", ".join(fields) if fields else None
