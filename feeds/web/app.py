"""The Starlette app: each path of the site, with the headers that caches and readers live by."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from rapidfuzz import process
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from feeds.config import Cache, Config
from feeds.history import History
from feeds.model import Document
from feeds.site import Site
from feeds.web import preview
from feeds.web.conditional import not_modified
from feeds.web.live import Live

# Uvicorn's Date header is up to a second old.
_CLOCK_STEP = timedelta(seconds=1)
_NEAREST = 5
_NEAR_ENOUGH = 60


def create_app(load: Callable[[], Config]) -> Starlette:
    """The app that serves what `load` says, now and after every change of its files.

    It fails to start with a FeedsError where the config or a source can't be read.
    """
    live = Live(load)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        await live.start()
        app.state.history = History(live.site.config.state_folder / "history.db")
        following = asyncio.create_task(live.follow())
        try:
            yield
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            app.state.history.close()

    async def answer(request: Request) -> Response:
        return await asyncio.to_thread(_answer, request, live.site, request.app.state.history)

    async def events(request: Request) -> Response:
        return preview.events(live) if live.site.preview else _not_found(request.url.path.lstrip("/"), live.site)

    return Starlette(
        routes=[Route("/preview/events", events), Route("/{path:path}", answer, methods=["GET", "HEAD"])], lifespan=lifespan
    )


def _answer(request: Request, site: Site, history: History) -> Response:
    path = request.path_params["path"]
    document = site.document(path) or (site.document(f"{path}index.html") if path.endswith("/") or not path else None)
    if document is None and site.document(f"{path}/index.html"):
        # Links in a page are relative to its folder.
        return RedirectResponse(f"{path.rpartition('/')[2]}/", 302, {"Vary": "Accept"})
    if document is None:
        return _not_found(path, site)
    now = datetime.now(UTC)
    changed = history.changed(document, now)
    headers = _headers(document, site.config.cache)
    since = request.headers.get("if-modified-since")
    if now - changed >= _CLOCK_STEP:
        headers["Last-Modified"] = format_datetime(changed, usegmt=True)
    else:
        # Just changed: Last-Modified must not be later than Date (RFC 9110 8.8.2.1), so only the ETag tells.
        since = None
    if not_modified(document.etag, changed, _joined(request, "if-none-match"), since):
        return Response(status_code=304, headers=headers)
    return Response(document.body, headers=headers | {"Content-Type": _media_type(document, request)})


def _headers(document: Document, cache: Cache) -> dict[str, str]:
    """The headers that a 304 says too (RFC 9110 15.4.5)."""
    return {
        "ETag": document.etag,
        "Cache-Control": f"public, max-age={cache.max_age}, stale-while-revalidate={cache.stale_while_revalidate}, "
        f"stale-if-error={cache.stale_if_error}",
        "Vary": "Accept, Accept-Encoding",
    }


def _media_type(document: Document, request: Request) -> str:
    """Browsers show a feed by its stylesheet only where it is called plain XML: Chrome shows the rest as source."""
    if document.path.endswith((".rss", ".atom")) and "text/html" in request.headers.get("accept", ""):
        return "text/xml; charset=utf-8"
    return document.media_type


def _joined(request: Request, name: str) -> str | None:
    """A list that came in several fields is one list (RFC 9110 5.3)."""
    fields = request.headers.getlist(name)
    return ", ".join(fields) if fields else None


def _not_found(path: str, site: Site) -> Response:
    near = process.extract(path[:200], site.paths(), limit=_NEAREST, score_cutoff=_NEAR_ENOUGH)
    lines = [f"There is no feed at /{path[:200]}.", ""]
    if near:
        lines += ["Did you mean one of these?", *(f"  {site.config.site.url}/{found}" for found, _, _ in near)]
    else:
        suffix = site.config.formats[0]
        lines.append(f"Everything is in {site.config.site.url}/all.{suffix}")
    return PlainTextResponse("\n".join(lines) + "\n", 404, {"Cache-Control": "no-cache"})
