"""The hub alone as an ASGI application, for a static site beside which it runs."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from feeds.config.types import Config
from feeds.hub.contents import WebContents
from feeds.hub.metrics import HubMetrics
from feeds.hub.worker import Worker
from feeds.web.hub import Endpoint
from feeds.web.metrics import text


def create_hub(config: Config, *, metrics: bool = False) -> Starlette:
    """An application with the hub of `config` at /hub, and with `metrics` /metrics. Feeds are fetched from `site.url`."""
    worker = Worker(config, WebContents(config))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        worker.start()
        yield
        await asyncio.to_thread(worker.stop)

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def measure(request: Request) -> Response:
        found = await asyncio.to_thread(text, HubMetrics(lambda: worker))
        return Response(found, media_type="text/plain; version=0.0.4", headers={"Cache-Control": "no-store"})

    routes = [*Endpoint(lambda: worker).routes, Route("/healthz", health)]
    if metrics:
        routes.append(Route("/metrics", measure))
    return Starlette(routes=routes, lifespan=lifespan)
