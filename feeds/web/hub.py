"""The hub over HTTP: requests of subscribers and publishers at `/hub`, registrations of rssCloud at `/hub/rsscloud`."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from feeds.errors import DatabaseError
from feeds.hub import cloud, requests
from feeds.hub.records import Intent
from feeds.hub.requests import LONGEST_BODY, Publication, RequestError

if TYPE_CHECKING:
    from feeds.hub.worker import Worker

HUB, CLOUD = "hub", "hub/rsscloud"
_NOT_STORED = {"Cache-Control": "no-store"}
# Requests that may wait to be verified.
_AT_ONCE = 10_000


class Endpoint:
    """Answers requests to the hub. `worker` returns the worker that does the work, or None if there is no hub."""

    def __init__(self, worker: "Callable[[], Worker | None]") -> None:
        self._worker = worker
        self.routes = [
            Route(f"/{HUB}", self._about, methods=["GET"]),
            Route(f"/{HUB}", self._request, methods=["POST"]),
            Route(f"/{CLOUD}", self._register, methods=["POST"]),
        ]

    async def _about(self, request: Request) -> Response:
        worker = self._worker()
        if worker is None or worker.config.hub is None:
            return PlainTextResponse("there is no hub here\n", 404, _NOT_STORED)
        site = worker.config.site
        said = f"This is the WebSub hub of {site.title} ({site.url}/). Subscribe with a POST: https://www.w3.org/TR/websub/\n"
        return PlainTextResponse(said, headers=_NOT_STORED)

    async def _request(self, request: Request) -> Response:
        worker = self._worker()
        if worker is None or worker.config.hub is None:
            return PlainTextResponse("there is no hub here\n", 404, _NOT_STORED)
        try:
            found = requests.parse(request.headers.get("content-type", ""), await _body(request), worker.config)
            if isinstance(found, Publication):
                await asyncio.to_thread(worker.look_at, found.topics)
            else:
                await _ask(worker, [found])
        except RequestError as error:
            return PlainTextResponse(f"{error}\n", error.status, _NOT_STORED)
        except DatabaseError:
            return PlainTextResponse("the hub's database can't be reached; try again later\n", 503, _NOT_STORED)
        return Response(status_code=202, headers=_NOT_STORED)

    async def _register(self, request: Request) -> Response:
        worker = self._worker()
        if worker is None or worker.config.cloud_url is None:
            return PlainTextResponse("there is no rssCloud server here\n", 404, _NOT_STORED)
        peer = request.client.host if request.client is not None else ""
        try:
            intents = cloud.parse(request.headers.get("content-type", ""), await _body(request), peer, worker.config)
            await _ask(worker, intents)
        except RequestError as error:
            return _result(success=False, said=str(error))
        except DatabaseError:
            return _result(success=False, said="the database can't be reached; try again later")
        return _result(success=True, said="registered for 25 hours, once the challenge is echoed")


async def _ask(worker: "Worker", intents: Sequence[Intent]) -> None:
    """Keep requests to be verified. Raises RequestError where a bound forbids one."""
    hub = worker.config.hub
    assert hub is not None, "checked before"
    for intent in intents:
        refusal = await asyncio.to_thread(
            worker.store.ask, intent, per_topic=hub.per_topic, per_host=hub.per_host, at_once=_AT_ONCE
        )
        if refusal:
            raise RequestError(refusal, 503)
    worker.wake()


async def _body(request: Request) -> bytes:
    """The body, if it is no longer than a form may be. Raises RequestError."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            raise RequestError(f"the body is longer than {LONGEST_BODY:,} bytes", 413)
    return body


def _result(*, success: bool, said: str) -> Response:
    """The answer of rssCloud, which has status 200 whatever it says."""
    text = f'<?xml version="1.0"?>\n<notifyResult success="{str(success).lower()}" msg={quoteattr(said)}/>\n'
    return Response(text, media_type="text/xml", headers=_NOT_STORED)
