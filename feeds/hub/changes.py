"""Changes: the current feeds are compared with the announced ones, and those that differ are announced."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence

from feeds.config.types import Config
from feeds.hub.contents import Contents, UnavailableError
from feeds.hub.records import Role, Topic
from feeds.hub.store import Store

log = logging.getLogger("feeds")

# How long a hub is pinged about one change, in milliseconds.
PING_PATIENCE = 3 * 86_400_000
# Seconds until another look at a feed that can't be had, and at one that is missing.
_SOON, _LATER = 5.0, 60.0


class Changes:
    """Announces the feeds of `config` that have changed, to hubs and to our own subscribers. Not safe for several threads."""

    def __init__(self, config: Config, store: Callable[[], Store]) -> None:
        self._config = config
        self._store = store
        # By feed: when to compare one that was reported as changed, when one was last compared, and since when one is missing.
        self._asked: dict[str, float] = {}
        self._looked: dict[str, float] = {}
        self._missing: dict[str, float] = {}

    def ask(self, urls: Iterable[str], contents: Contents) -> None:
        """Check these feeds with the next `compare`, or later if `contents` limits the rate."""
        now = time.monotonic()
        for url in urls:
            self._asked.setdefault(url, max(now, self._looked.get(url, 0.0) + contents.pace))

    async def compare_all(self, contents: Contents) -> None:
        """Announce every feed that has changed. Raises DatabaseError."""
        if self._config.hubs:
            known = await asyncio.to_thread(self._store().topics, Role.PUBLISHER)
            current = await asyncio.to_thread(lambda: list(contents.topics()))
            moved = [topic.url for topic in current if topic.url not in known or known[topic.url].trace != topic.trace]
            await self._note(Role.PUBLISHER, moved, contents)
        if self._config.hub is not None:
            known = await asyncio.to_thread(self._store().topics, Role.HUB)
            moved = [url for url, topic in known.items() if not topic.trace or contents.trace(url) != topic.trace]
            await self._note(Role.HUB, moved, contents)

    async def compare(self, contents: Contents) -> None:
        """Announce those of the feeds given to `ask` that are due and have changed. Raises DatabaseError."""
        now = time.monotonic()
        due = [url for url, moment in self._asked.items() if moment <= now]
        if not due:
            return
        known = await asyncio.to_thread(self._store().topics, Role.HUB)
        for url in due:
            del self._asked[url]
        try:
            await self._note(Role.HUB, [url for url in due if url in known], contents)
        except BaseException:
            self.ask(due, contents)
            raise

    async def _note(self, role: Role, urls: Sequence[str], contents: Contents) -> None:
        found: list[Topic] = []
        for url in urls:
            self._looked[url] = time.monotonic()
            try:
                content = await contents.get(url, anew=True)
            except UnavailableError as error:
                log.warning("hub: a feed can't be compared with what was sent; the next try is soon: %s", error)
                self._asked[url] = time.monotonic() + _SOON
                continue
            if content is not None:
                self._missing.pop(url, None)
                found.append(content.topic)
            elif role == Role.HUB:
                await self._miss(url, contents)
        hubs = self._config.hubs if role == Role.PUBLISHER else ()
        changed = await asyncio.to_thread(self._store().note, role, found, hubs, PING_PATIENCE, contents.is_news)
        if changed:
            log.info("hub: %d changed, %s first", len(changed), changed[0])
        # Feeds that were compared longer ago than the pace may be compared again.
        recent = time.monotonic() - contents.pace
        self._looked = {url: moment for url, moment in self._looked.items() if moment > recent}

    async def _miss(self, url: str, contents: Contents) -> None:
        """End the subscriptions to a feed that is gone, or look again later where it may be back."""
        now = time.monotonic()
        since = self._missing.setdefault(url, now)
        if now < since + contents.gone_after:
            if since == now:
                hours = contents.gone_after / 3600
                log.warning("hub: %s is missing; unless it is back in %g h, its subscriptions end", url, hours)
            self._asked[url] = now + _LATER
            return
        del self._missing[url]
        number = await asyncio.to_thread(self._store().end_topic, url, contents.generation)
        if number:
            log.info("hub: %s is gone, and its %d subscriptions end", url, number)
