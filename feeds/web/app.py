"""The ASGI application: documents from the `Door`, and services such as /healthz from a Starlette router behind it."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from feeds.config.types import Config, ServerLimits
from feeds.errors import DatabaseError
from feeds.hub.metrics import HubMetrics
from feeds.index.history import History, url_of
from feeds.site.build import Build
from feeds.site.site import Site
from feeds.web import preview
from feeds.web.access_log import AccessLog, Form
from feeds.web.answers import Answers
from feeds.web.connections import Gate
from feeds.web.delta import Versions
from feeds.web.door import PREVIEW, Door
from feeds.web.files import Files
from feeds.web.hub import Endpoint
from feeds.web.live import Live
from feeds.web.metrics import Meter, text
from feeds.web.process import HostProcess, OwnProcess
from feeds.web.published import Published
from feeds.web.push import Push

# The forms of the access log by the names that `feeds serve --log` and `FEEDS_LOG` use.
LOG_FORMS = {"text": Form.COMMON, "json": Form.JSON}


def create_app(
    load: Callable[[], Config],
    first: Build | None = None,
    *,
    metrics: bool = False,
    access_log: Form | None = None,
    memory: int | None = None,
    follow: bool = False,
    own_process: bool = False,
) -> "Server":
    """An ASGI application that serves the site of the config that `load` reads, and follows changes of its files.

    `first` is a build to start with. Without it the application builds the site when it starts, and the start fails with a
    FeedsError if the config or a source can't be read. `metrics` opens /metrics to everyone who can reach the server.
    `access_log` is the form in which each request is logged to standard error; None logs nothing. `memory` is how many bytes
    prepared answers may take, instead of config's `server.memory`. With `follow`, the application reads no documents but serves
    what another process writes to the index. `own_process` is for a process that does nothing else: its garbage collector and
    its thread switches are set for serving.
    """
    process = OwnProcess() if own_process else HostProcess()
    return Server(load, first, metrics=metrics, access_log=access_log, memory=memory, follow=follow, process=process)


# The memory of delta feeds' versions, beside that of prepared answers.
_VERSIONS_SHARE = 8
# Seconds from the start until the first published paths are recorded.
_SOON = 0.5


class Server(Door):
    """The whole server as one ASGI application. An application that mounts it must enter its `lifespan`."""

    def __init__(
        self,
        load: Callable[[], Config],
        first: Build | None,
        *,
        metrics: bool,
        access_log: Form | None,
        memory: int | None,
        follow: bool,
        process: HostProcess,
    ) -> None:
        self.gate = Gate(self._limits)
        self.meter = Meter(self.gate, self._state)
        self._memory = memory
        self._built = time.time()
        self._follows = follow
        self._process = process
        self._log_form = access_log
        self._history: History | None = None
        self._published: Published | None = None
        self.push = Push()
        self.live = Live(load, self._prepare, self._show, first, follows=follow, process=process)
        services = [
            Route("/healthz", _health),
            Route("/readyz", self._ready),
            Route("/robots.txt", _robots),
            Route("/favicon.ico", self._icon),
            Route(f"/{PREVIEW}", self._events),
            *Endpoint(lambda: self.push.worker).routes,
        ]
        if metrics:
            services.append(Route("/metrics", self._metrics))
        self.versions = Versions()
        self._services = Starlette(routes=services, lifespan=self.lifespan)
        super().__init__(self._service, self.meter)

    async def _service(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The services that are not documents. `Connection` takes its limits from the state of the lifespan."""
        if scope["type"] == "lifespan" and "state" in scope:
            scope["state"]["gate"] = self.gate
        await self._services(scope, receive, send)

    def _state(self) -> Mapping[str, tuple[str, float]]:
        """Metrics of the state that is served, each with what it means."""
        held = self.answers.held if self.answers is not None else 0
        return {
            "feeds_build_timestamp_seconds": ("When the state that is served was built, in seconds since 1970.", self._built),
            "feeds_build_age_seconds": ("How old the state that is served is.", max(time.time() - self._built, 0.0)),
            "feeds_state_is_newest": (
                "Whether the newest state of the files could be built (1) or not (0).",
                float(self.live.healthy),
            ),
            "feeds_articles_lost": ("Articles that have vanished from the files and are still served.", self.live.lost),
            "feeds_answers_bytes": ("Memory of prepared answers.", held),
            "feeds_answers_limit_bytes": ("The most memory that prepared answers may take.", self._limits().memory),
        }

    def _limits(self) -> ServerLimits:
        return self.answers.site.config.server if self.answers is not None else ServerLimits()

    @asynccontextmanager
    async def lifespan(self, app: object = None) -> AsyncIterator[None]:
        """Build the site and follow its files until the server stops."""
        self._files = Files()
        await self.live.start()
        if self._log_form is not None:
            self.access_log = AccessLog(sys.stderr, self._log_form)
        ending = asyncio.Event()
        remembering = asyncio.create_task(self._remember_soon(self.live.site, ending))
        following = asyncio.create_task(self.live.follow())
        try:
            with self._process.serving(self.live.reload):
                yield
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following
            ending.set()
            await remembering
            await self._copies.close()
            await asyncio.to_thread(self.push.stop)
            if self._history is not None:
                self._history.close()
                self._history = self._published = None
            self.answers = None
            self._files.close()
            if self.access_log is not None:
                await asyncio.to_thread(self.access_log.close)
                self.access_log = None

    def _prepare(self, build: Build, began: float) -> tuple[Answers, float]:
        """Do everything that takes time before a new state replaces the old one. Runs in a thread."""
        config = build.site.config
        if self._history is None or self._published is None:
            self._history = History(url_of(config.index, config.path), config.path.parent)
            self._published = Published(self._history)
            self.missing_for = self._history.missing_for
        memory = self._memory or config.server.memory
        self.versions.limit(memory // _VERSIONS_SHARE)
        answers = Answers(build.site, self._history, self.versions, memory, build.state, follows=self._follows)
        # While a document can't be read, its groups may be missing only for now, and readers unsubscribe from a feed after a 410.
        answers.gone_for_certain = not config.drafts and not any(problem.fatal for problem in build.problems)
        if self.answers is not None:
            self._published.follow(build, self.answers.site)
            answers.succeed(self.answers)
        return answers, time.perf_counter() - began

    async def _remember_soon(self, site: Site, ending: asyncio.Event) -> None:
        """Record the paths of the first state shortly after the start, so that the first requests do not wait for it."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_SOON):
                await ending.wait()
        if self._published is not None:
            await asyncio.to_thread(self._published.begin, site)
        # So that the first search does not wait for it.
        with suppress(DatabaseError):
            await asyncio.to_thread(site.view.fill_words, lambda: not ending.is_set())

    def _show(self, build: Build, prepared: tuple[Answers, float]) -> None:
        """Replace the old state by the new one, in a single step."""
        if self.answers is not None:
            prepared[0].succeed_late(self.answers)
        self.answers, self.meter.build_seconds = prepared
        self._built = time.time()
        self.push.show(build.site)
        self.meter.articles = len(build.selection.published)
        self.meter.documents_in_error = len({problem.path for problem in build.problems if problem.fatal})

    async def _ready(self, request: Request) -> Response:
        if self.answers is None:
            return PlainTextResponse("the site is still being built\n", 503, {"Cache-Control": "no-store"})
        if self.live.healthy:
            return PlainTextResponse("ready\n", headers={"Cache-Control": "no-store"})
        # Several servers behind a balancer may want to leave the one out that is behind, a single server never does.
        cause = "most articles have vanished from" if self.live.lost else "the site can't be built from"
        why = f"serving an older state: {cause} the current files\n"
        if self._limits().stale_is_ready:
            return PlainTextResponse(f"ready, but {why}", headers={"Cache-Control": "no-store"})
        return PlainTextResponse(f"not ready: {why}", 503, {"Cache-Control": "no-store"})

    async def _events(self, request: Request) -> Response:
        return preview.events(self.live)

    async def _metrics(self, request: Request) -> Response:
        return Response(
            await asyncio.to_thread(text, self.meter, HubMetrics(lambda: self.push.worker)),
            media_type="text/plain; version=0.0.4",
            headers={"Cache-Control": "no-store"},
        )

    async def _icon(self, request: Request) -> Response:
        image = self.answers.site.config.site.image if self.answers is not None else None
        keep = {"Cache-Control": "public, max-age=86400"}
        return RedirectResponse(image.url, 302, keep) if image is not None else PlainTextResponse("no icon\n", 404, keep)


async def _health(request: Request) -> Response:
    return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})


async def _robots(request: Request) -> Response:
    # Queries are endless; crawlers may read everything that is linked.
    endless = ("/q.", "/q?", "/search/?", "/compose/?", "/feeds/*=")
    text = "".join(["User-agent: *\n", *(f"Disallow: {path}\n" for path in endless), "Allow: /\n"])
    return PlainTextResponse(text, headers={"Cache-Control": "public, max-age=86400"})
