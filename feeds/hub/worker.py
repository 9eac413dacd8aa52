"""The worker of a hub: records changes, verifies requests, and makes deliveries.

It runs an event loop in a thread of its own, so that requests of readers do not wait for it. At most `_MOST` deliveries are
under way, a quarter of them to callbacks that failed before, and a few to one host. So a slow callback delays no other.
"""

import asyncio
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_network

from feeds.config.types import Config
from feeds.errors import DatabaseError
from feeds.hub import delivery, verification
from feeds.hub.backoff import wait
from feeds.hub.changes import Changes
from feeds.hub.client import Answer, Client
from feeds.hub.contents import Content, Contents, UnavailableError
from feeds.hub.records import Delivery, Intent, Protocol, Role, clock
from feeds.hub.store import Store

log = logging.getLogger("feeds")

_MOST, _MOST_PER_HOST = 128, 16
_MOST_RETRIES = _MOST // 4
_MOST_INTENTS, _MOST_INTENTS_PER_HOST = 32, 8
# Seconds between two queries for work of other servers, and between any two queries.
_LOOK, _STEP = 1.0, 0.02
_HOUSEKEEPING = 60.0
# How often a subscriber is asked to confirm, where it can't be reached.
_TRIES = 3
# Until another try at what waits for a feed that can't be had, and for one that is missing, in milliseconds.
_POSTPONED, _POSTPONED_LONG = 5_000, 30_000


class Worker:
    """The worker of the hub and the publisher of `config`. `contents` are the feeds of the site."""

    def __init__(self, config: Config, contents: Contents) -> None:
        self.config = config
        # Deliveries by protocol and outcome.
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self._contents = contents
        self._shown = contents
        self._changes = Changes(config, lambda: self.store)
        self._protocols = tuple(Protocol) if config.hub is not None else (Protocol.PING,)
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="feeds-hub", daemon=True)
        self._under_way: dict[asyncio.Task[None], Delivery | Intent] = {}
        self._done: list[Delivery] = []
        self._failed: list[tuple[Delivery, int, str]] = []
        self._postponed: list[tuple[Delivery, int]] = []
        self._ended: list[Delivery] = []
        self._opening = threading.Lock()
        self._store: Store | None = None

    @property
    def store(self) -> Store:
        """The hub's tables. Raises DatabaseError if they can't be reached."""
        with self._opening:
            if self._store is None:
                self._store = Store(self.config)
            return self._store

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def end(self) -> None:
        """End soon. Requests in progress are cancelled, and pending again once their claims expire."""
        self._ending = True
        self.wake()

    def stop(self) -> None:
        """End, and wait until that is done."""
        self.end()
        self._thread.join()

    def wake(self) -> None:
        """Look for work at once. May be called from any thread."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._wake.set)

    def show(self, contents: Contents) -> None:
        """Use `contents` from now on, and announce the feeds that have changed. May be called from any thread."""
        self._shown = contents
        self.wake()

    def look_at(self, topics: Iterable[str]) -> None:
        """Compare the feeds at these URLs with what was announced. May be called from any thread. Raises DatabaseError."""
        # Others need no look, and would be a burden to keep.
        found = [url for url in topics if self.store.is_subscribed(url)]

        def ask() -> None:
            self._changes.ask(found, self._contents)
            self._wake.set()

        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(ask)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._work())
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()
            if self._store is not None:
                self._store.close()

    async def _work(self) -> None:
        hub = self.config.hub
        allowed = tuple(map(ip_network, hub.allow)) if hub is not None else ()
        home = self.config.site.url
        # Hubs are named by the config, and may be anywhere.
        self._outward, self._to_hubs = Client(home, allowed), Client(home, None)
        housekeeping = 0.0
        new = True
        failing = False
        while not self._ending:
            self._wake.clear()
            try:
                if self._shown is not self._contents:
                    self._contents, new = self._shown, True
                if new:
                    await self._changes.compare_all(self._contents)
                    new = False
                await self._changes.compare(self._contents)
                await asyncio.to_thread(self._settle)
                if time.monotonic() > housekeeping:
                    await asyncio.to_thread(self.store.expire)
                    housekeeping = time.monotonic() + _HOUSEKEEPING
                claimed = await asyncio.to_thread(self._claim)
                for each in claimed:
                    self._begin(each)
                failing = False
            except DatabaseError as error:
                if not failing:
                    log.warning("hub: nothing is delivered until the database is back: %s", error)
                failing = True
                await asyncio.sleep(_LOOK)
                continue
            except Exception:
                # A bug: log it, and go on with what else there is.
                log.exception("hub: a step failed")
                new = False
                await asyncio.sleep(_LOOK)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await self._wake.wait()
            await asyncio.sleep(_STEP)
        await self._end()

    async def _end(self) -> None:
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        with suppress(DatabaseError):
            self._settle()
        await self._outward.close()
        await self._to_hubs.close()
        await self._contents.close()

    # Work

    def _settle(self) -> None:
        done, self._done = self._done, []
        failed, self._failed = self._failed, []
        postponed, self._postponed = self._postponed, []
        ended, self._ended = self._ended, []
        try:
            self.store.settle(done=done, failed=failed, postponed=postponed, ended=ended)
        except DatabaseError:
            self._done += done
            self._failed += failed
            self._postponed += postponed
            self._ended += ended
            raise

    def _claim(self) -> list[Delivery | Intent]:
        under_way = tuple(self._under_way.values())
        deliveries = [each for each in under_way if isinstance(each, Delivery)]
        retries = sum(each.attempts > 0 for each in deliveries)
        busy = Counter(each.host for each in deliveries)
        found: list[Delivery | Intent] = []
        free = _MOST - len(deliveries)
        for failed, most in ((False, free), (True, min(free, _MOST_RETRIES - retries))):
            claimed = self.store.claim(most, self._protocols, failed=failed, busy=busy, per_host=_MOST_PER_HOST)
            busy.update(each.host for each in claimed)
            found += claimed
        if self.config.hub is not None:
            intents = Counter(each.host for each in under_way if isinstance(each, Intent))
            most = _MOST_INTENTS - intents.total()
            if most > 0:
                found += self.store.claim_intents(most, busy=intents, per_host=_MOST_INTENTS_PER_HOST)
        return found

    def _begin(self, work: Delivery | Intent) -> None:
        task = self._loop.create_task(self._deliver(work) if isinstance(work, Delivery) else self._verify(work))
        self._under_way[task] = work
        task.add_done_callback(self._ended_task)

    def _ended_task(self, task: asyncio.Task[None]) -> None:
        self._under_way.pop(task, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("hub: work failed, and is tried again soon", exc_info=error)
        self._wake.set()

    async def _verify(self, intent: Intent) -> None:
        """Process a request: verify it with the subscriber, or send the denial."""
        content = None
        if intent.mode == "subscribe":
            try:
                content = await self._contents.get(intent.topic)
            except UnavailableError as error:
                log.warning("hub: a request to subscribe waits: %s", error)
                await asyncio.to_thread(self.store.ask_again, intent, wait(intent.attempts + 1))
                return
        if intent.mode == "denied" or (intent.mode == "subscribe" and content is None):
            reason = "this feed is gone" if intent.mode == "denied" else "there is no such feed"
            answer = await self._outward.send("GET", verification.denial(intent.topic, intent.callback, reason))
            await self._end_request(intent, answer)
            return
        challenge = verification.challenge()
        answer = await self._outward.send("GET", verification.address(intent, challenge), read=True)
        if verification.is_confirmed(answer, challenge):
            await asyncio.to_thread(self.store.confirm, intent, content.topic if content is not None else None)
            if content is not None:
                # The feed may have changed between the two.
                self._changes.ask([intent.topic], self._contents)
            return
        await self._end_request(intent, answer)

    async def _end_request(self, intent: Intent, answer: Answer) -> None:
        """Forget a request that was answered or refused. Where the subscriber can't be reached, try again some times."""
        unreachable = (answer.status == 0 or answer.status >= 500) and not answer.refused
        if unreachable and intent.attempts + 1 < _TRIES:
            await asyncio.to_thread(self.store.ask_again, intent, wait(intent.attempts + 1))
            return
        if intent.mode != "denied":
            said = answer.said if not answer.is_success else "the body is not the challenge"
            log.info("hub: %s does not confirm that it wants to %s: %s", _shown(intent.callback), intent.mode, said)
        await asyncio.to_thread(self.store.drop, intent)

    async def _deliver(self, work: Delivery) -> None:
        content = None
        if work.protocol == Protocol.WEBSUB:
            try:
                content = await self._contents.get(work.topic)
            except UnavailableError as error:
                log.warning("hub: deliveries wait: %s", error)
                self._postponed.append((work, _POSTPONED))
                return
            if content is None:
                # It may be back soon; if not, its subscriptions end.
                self._changes.ask([work.topic], self._contents)
                self._postponed.append((work, _POSTPONED_LONG))
                return
            if content.topic.digest != work.digest and not await self._is_newer(content):
                # Another server has a newer state of the site, and this one will have it soon.
                self._postponed.append((work, int(1000 * _LOOK)))
                return
        client = self._to_hubs if work.protocol == Protocol.PING else self._outward
        request = delivery.post(work, self.config, content)
        answer = await client.send("POST", work.callback, headers=request.headers, body=request.body)
        if answer.is_success:
            self._count(work, "delivered")
            self._done.append(work)
            if work.behind is not None:
                log.info("hub: %s is up to date again with %s", _shown(work.callback), work.topic)
        elif answer.status == 410 and work.protocol == Protocol.WEBSUB:
            self._count(work, "ended")
            self._ended.append(work)
        else:
            self._count(work, "failed")
            self._fail(work, answer.said)

    async def _is_newer(self, content: Content) -> bool:
        """Note a state of a feed that differs from the one to be delivered; whether it is the newer of the two."""
        await asyncio.to_thread(self.store.note, Role.HUB, [content.topic])
        known = await asyncio.to_thread(self.store.topics, Role.HUB)
        return content.topic.url in known and known[content.topic.url].digest == content.topic.digest

    def _fail(self, work: Delivery, said: str) -> None:
        length = wait(work.attempts + 1)
        since = _time(work.behind if work.behind is not None else clock())
        if clock() + length < work.expires:
            then = f"next try at {_time(clock() + length)}"
        elif work.protocol == Protocol.PING:
            then = "it is not pinged about this change again; see whether `hubs` names the right address"
        else:
            then = "its lease ends before the next try, and nothing more is sent unless it subscribes again"
        # The first failure is news, and so is the last.
        level = logging.INFO if work.attempts and clock() + length < work.expires else logging.WARNING
        log.log(level, "hub: %s is behind with %s since %s: %s; %s", _shown(work.callback), work.topic, since, said, then)
        self._failed.append((work, length, said))

    def _count(self, work: Delivery, outcome: str) -> None:
        self.outcomes[work.protocol, outcome] += 1


def _shown(callback: str) -> str:
    """A callback without its path, which only the subscriber should know. `feeds hub status` shows all of it."""
    return "/".join(callback.split("/")[:3])


def _time(moment: int) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
