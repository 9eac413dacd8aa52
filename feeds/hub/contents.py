"""The documents that the hub sends: from a site in this process or, beside a static site, over HTTP."""

import asyncio
import hashlib
import time
from collections.abc import Iterator
from typing import Protocol

import aiohttp
from msgspec import Struct

from feeds import outward
from feeds.config.types import Config
from feeds.hub.news import shows_news
from feeds.hub.records import Topic
from feeds.site.site import Site
from feeds.site.traces import Traces

_TIMEOUT = aiohttp.ClientTimeout(total=30)
_MOST_HELD, _LARGEST = 20, 10_000_000
# How long a fetched feed is taken for current, and how long one must be missing until it counts as gone, in seconds.
_FRESH, _GONE = 3.0, 3600.0


class Content(Struct, frozen=True):
    """A feed at one moment: the bytes and headers that readers get."""

    topic: Topic
    body: bytes
    media_type: str


class UnavailableError(Exception):
    """The feed is unavailable at the moment. The message says why."""


class Contents(Protocol):
    """The feeds of a site.

    `pace` is how many seconds must pass until another look at a feed that someone says has changed, and `gone_after` how many a
    feed must be missing for until it is gone for good. `generation` orders states.
    """

    pace: float
    gone_after: float

    @property
    def generation(self) -> int:
        """That of the present state."""

    def topics(self) -> Iterator[Topic]:
        """All feeds, without digests. May be empty where they are not known."""

    def trace(self, url: str) -> bytes:
        """A cheap key: while it is the same, so are the bytes of the feed. Empty without one."""

    def is_news(self, url: str) -> bool:
        """Whether the feed at `url` shows something of the last day."""

    async def get(self, url: str, *, anew: bool = False) -> Content | None:
        """The feed at `url`; None if there is none. It may be some seconds old unless `anew`. Raises UnavailableError."""

    async def close(self) -> None:
        """Release what is held."""


class SiteContents:
    """The feeds of a site in this process."""

    # This state of the site never changes, and what it does not have is gone.
    pace = gone_after = 0.0

    def __init__(self, site: Site) -> None:
        self._site = site
        self._traces = Traces(site)
        self._held: dict[str, Content] = {}

    @property
    def generation(self) -> int:
        """As `Contents` says."""
        return self._site.view.generation

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

    def is_news(self, url: str) -> bool:
        """As `Contents` says."""
        path = self._path(url)
        return path is not None and shows_news(self._site.collection.groups[path.rpartition(".")[0]])

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
    """The feeds of a static site, as its web server sends them. The address is that of the config, and is trusted.

    A feed is fetched once every few seconds at most, however many ask for it. One that is missing may be back soon: files are
    missing for a moment while they are uploaded.
    """

    pace, gone_after = _FRESH, _GONE

    def __init__(self, config: Config) -> None:
        self._config = config
        self._session: aiohttp.ClientSession | None = None
        self._held: dict[str, tuple[float, Content | None]] = {}
        self._under_way: dict[str, asyncio.Task[Content | None]] = {}

    @property
    def generation(self) -> int:
        """The present: what is later is newer, and there is no other order."""
        return time.time_ns() // 1000

    def topics(self) -> Iterator[Topic]:
        """None: the site is not known here."""
        return iter(())

    def trace(self, url: str) -> bytes:
        """None."""
        return b""

    def is_news(self, url: str) -> bool:
        """Unknown, so it may be."""
        return True

    async def get(self, url: str, *, anew: bool = False) -> Content | None:
        """As `Contents` says."""
        held = self._held.get(url)
        if held is not None and not anew and time.monotonic() < held[0] + _FRESH:
            return held[1]
        task = self._under_way.get(url)
        if task is None or anew:
            # With `anew`, the state must be from after this call; a fetch in progress may be older.
            task = asyncio.create_task(self._fetch(url))
            self._under_way[url] = task
            task.add_done_callback(lambda ended: self._under_way.pop(url) if self._under_way.get(url) is ended else None)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """As `Contents` says."""
        for task in self._under_way.values():
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _fetch(self, url: str) -> Content | None:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True)
        began, generation = time.monotonic(), self.generation
        made: Content | None = None
        headers = {"Cache-Control": "no-cache"}
        try:
            async with self._session.get(url, headers=headers, allow_redirects=False) as response:
                if response.status not in (200, 404, 410):
                    raise UnavailableError(f"{url}: status {response.status}")
                if response.status == 200:
                    body = await outward.body(response, _LARGEST)
                    if body is None:
                        raise UnavailableError(f"{url}: more than {_LARGEST:,} bytes")
                    media_type = response.headers.get("Content-Type", "application/octet-stream")
                    made = Content(Topic(url, hashlib.sha256(body).hexdigest(), b"", generation), body, media_type)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise UnavailableError(f"{url}: {error or 'no answer in time'}") from error
        while len(self._held) >= _MOST_HELD:
            self._held.pop(next(iter(self._held)))
        self._held[url] = (began, made)
        return made
