"""The documents that the hub sends: from a site in this process or, beside a static site, over HTTP."""

import asyncio
import hashlib
import time
from collections.abc import Iterator
from typing import Protocol

import aiohttp
from msgspec import Struct

from feeds.config.types import Config
from feeds.hub.store import Topic
from feeds.site.site import Site
from feeds.site.traces import Traces

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_MOST_HELD, _LARGEST = 20, 50_000_000
_FRESH = 5.0


class Content(Struct, frozen=True):
    """A feed at one moment, as readers get it."""

    topic: Topic
    body: bytes
    media_type: str


class Unavailable(Exception):  # noqa: N818 (no error of ours)
    """The feed can't be had at the moment. The message says why."""


class Contents(Protocol):
    """The feeds of a site."""

    def topics(self) -> Iterator[Topic]:
        """All feeds, without digests. May be empty where they are not known."""

    def trace(self, url: str) -> bytes:
        """A cheap key: while it is the same, so are the bytes of the feed. Empty where there is none."""

    async def get(self, url: str, *, anew: bool = False) -> Content | None:
        """The feed at `url`; None if there is none. It may be some seconds old unless `anew`. Raises Unavailable."""

    async def close(self) -> None:
        """Release what is held."""


class SiteContents:
    """The feeds of a site in this process."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._traces = Traces(site)
        self._held: dict[str, Content] = {}

    def topics(self) -> Iterator[Topic]:
        """As `Contents` says."""
        for group in self._site.collection.groups.values():
            # All formats of a group have the same trace.
            trace = self._traces.feed(group)[0]
            for format in self._site.config.formats:
                yield Topic(self._url(f"{group.path}.{format}"), "", trace, self._site.view.generation)

    def trace(self, url: str) -> bytes:
        """As `Contents` says."""
        path = self._path(url)
        return (self._traces.of(path) or b"") if path is not None else b""

    async def get(self, url: str, *, anew: bool = False) -> Content | None:
        """As `Contents` says: of this state of the site."""
        if (held := self._held.get(url)) is not None:
            return held
        made = await asyncio.to_thread(self._make, url)
        if made is not None:
            if len(self._held) >= _MOST_HELD:
                self._held.pop(next(iter(self._held)))
            self._held[url] = made
        return made

    async def close(self) -> None:
        """As `Contents` says."""

    def _make(self, url: str) -> Content | None:
        path = self._path(url)
        document = self._site.document(path) if path is not None else None
        if path is None or document is None:
            return None
        topic = Topic(url, document.sha256, self._traces.of(path) or b"", self._site.view.generation)
        return Content(topic, document.body, document.media_type)

    def _url(self, path: str) -> str:
        return f"{self._site.config.site.url}/{path}"

    def _path(self, url: str) -> str | None:
        """The path of a live feed. Archive pages are no topics."""
        path = url.removeprefix(f"{self._site.config.site.url}/")
        base, _, suffix = path.rpartition(".")
        return path if base in self._site.collection.groups and suffix in self._site.config.formats else None


class WebContents:
    """The feeds of a static site, as its web server sends them. The address is that of the config, and is trusted."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None
        self._held: dict[str, tuple[float, Content]] = {}

    def topics(self) -> Iterator[Topic]:
        """None: the site is not known here."""
        return iter(())

    def trace(self, url: str) -> bytes:
        """None."""
        return b""

    async def get(self, url: str, *, anew: bool = False) -> Content | None:
        """As `Contents` says."""
        known = self._held.get(url)
        if known is not None and not anew and time.monotonic() < known[0] + _FRESH:
            return known[1]
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True)
        # Without generations, a later document is a newer one.
        began = time.time_ns() // 1000
        headers = {"Cache-Control": "no-cache"}
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status in (404, 410):
                    return None
                if response.status != 200:
                    raise Unavailable(f"{url}: status {response.status}")
                body = await response.content.read(_LARGEST + 1)
                while len(body) <= _LARGEST and (more := await response.content.read(_LARGEST)):
                    body += more
                media_type = response.headers.get("Content-Type", "application/octet-stream")
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise Unavailable(f"{url}: {error or 'no answer in time'}") from error
        if len(body) > _LARGEST:
            raise Unavailable(f"{url}: more than {_LARGEST:,} bytes")
        made = Content(Topic(url, hashlib.sha256(body).hexdigest(), b"", began), body, media_type)
        if len(self._held) >= _MOST_HELD:
            self._held.pop(next(iter(self._held)))
        self._held[url] = (time.monotonic(), made)
        return made

    async def close(self) -> None:
        """As `Contents` says."""
        if self._session is not None:
            await self._session.close()
