"""Limits of the hub: waits, concurrent deliveries, and delays by slow callbacks."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from subscribers import Subscriber, subscriber
from support import REQUIRED, Site, doc, until

from feeds.config import loader
from feeds.hub import backoff
from feeds.hub.changes import Changes
from feeds.hub.contents import WebContents
from feeds.hub.records import Intent, Protocol, Role, Topic, clock
from feeds.hub.store import NOBODY, Store

URL = "https://feeds.example.org"
TOPIC = f"{URL}/all.json"
CONFIG = REQUIRED + "archives: false\npages: false\nhub: {allow: [127.0.0.0/8]}\n"
MINUTE, DAY = 60_000, 86_400_000


@pytest.fixture
def store(tmp_path: Path, database_url: str) -> Iterator[Store]:
    """The hub's tables, in SQLite and in PostgreSQL."""
    made = open_store(tmp_path, database_url)
    yield made
    made.close()


def open_store(folder: Path, url: str) -> Store:
    (folder / "config.yaml").write_text(CONFIG + f"index: '{url}'\n")
    return Store(loader.load(folder / "config.yaml"))


def subscribe(store: Store, callback: str, seconds: int = 3600) -> None:
    store.confirm(Intent(Protocol.WEBSUB, "subscribe", TOPIC, callback, "", seconds), Topic(TOPIC, "old"))


def change(store: Store, digest: str = "new", generation: int = 1) -> list[str]:
    return store.note(Role.HUB, [Topic(TOPIC, digest, b"", generation)])


def claimed(
    store: Store, most: int = 100, *, failed: bool = False, busy: Mapping[str, int] = NOBODY, per_host: int = 100
) -> list[str]:
    found = store.claim(most, tuple(Protocol), failed=failed, busy=busy, per_host=per_host)
    return [each.callback for each in found]


def test_waits_are_a_minute_to_a_day() -> None:
    waits = [backoff.wait(attempts) for attempts in range(1, 40)]
    assert MINUTE <= waits[0] <= 1.1 * MINUTE
    assert all(earlier < later or later >= DAY for earlier, later in pairwise(waits))
    assert all(DAY <= each <= 1.1 * DAY for each in waits[12:])
    assert len({backoff.wait(5) for _ in range(20)}) > 1


def test_a_delivery_is_claimed_once(store: Store) -> None:
    for number in range(10):
        subscribe(store, f"http://{number}.example/")
    assert claimed(store) == []
    assert change(store) == [TOPIC]
    first, second = claimed(store, 6), claimed(store, 6)
    assert len(first) == 6
    assert len(second) == 4
    assert not set(first) & set(second)
    assert claimed(store) == []


def test_a_change_during_a_delivery_is_delivered_after_it(store: Store) -> None:
    subscribe(store, "http://reader.example/")
    change(store)
    [delivery] = store.claim(1, tuple(Protocol), failed=False, per_host=1)
    change(store, "newer", 2)
    # Not at the same time, when it could arrive first.
    assert claimed(store) == []
    store.settle(done=[delivery])
    assert claimed(store) == ["http://reader.example/"]


def test_an_earlier_state_is_not_a_change(store: Store) -> None:
    subscribe(store, "http://reader.example/")
    assert change(store, "new", 5) == [TOPIC]
    # As seen by a server that lags behind another.
    assert change(store, "old", 4) == []
    assert change(store, "new", 5) == []
    assert change(store, "old", 6) == [TOPIC]


def test_failures_wait_their_turn(store: Store) -> None:
    subscribe(store, "http://down.example/")
    subscribe(store, "http://well.example/")
    change(store)
    deliveries = store.claim(10, tuple(Protocol), failed=False, per_host=10)
    down = next(each for each in deliveries if "down" in each.callback)
    store.settle(failed=[(down, -1, "status 500")], done=[each for each in deliveries if each is not down])
    change(store, "newer", 2)
    # Retries do not displace first attempts.
    assert claimed(store) == ["http://well.example/"]
    [again] = store.claim(10, tuple(Protocol), failed=True, per_host=10)
    assert (again.callback, again.attempts) == ("http://down.example/", 1)
    assert again.behind is not None
    assert abs(again.behind - clock()) < 60_000
    store.settle(done=[again])
    assert store.behind(10) == []


def test_deliveries_per_host_are_limited(store: Store) -> None:
    for number in range(20):
        subscribe(store, f"http://many.example/{number}")
    change(store, "some", 1)
    subscribe(store, "http://single.example/")
    change(store, "more", 2)
    first = claimed(store, 10, per_host=3, busy={"many.example": 1})
    assert sum("many" in callback for callback in first) == 2
    # A host at its limit gets no more and delays no other.
    assert claimed(store, 1, busy={"many.example": 100}) == ["http://single.example/"]


def ask(store: Store, callback: str, at_once: int = 100) -> str:
    intent = Intent(Protocol.WEBSUB, "subscribe", TOPIC, callback, "", 3600)
    return store.ask(intent, per_topic=1000, per_host=1000, at_once=at_once)


def test_requests_of_one_host_wait_their_turn(store: Store) -> None:
    for number in range(10):
        assert ask(store, f"http://many.example/{number}") == ""
    # A tenth of all requests that can wait.
    assert "too many requests" in ask(store, "http://many.example/more")
    assert ask(store, "http://single.example/") == ""
    first = store.claim_intents(20, per_host=4)
    assert [each.host for each in first] == ["many.example"] * 4 + ["single.example"]
    assert store.claim_intents(20, busy={"many.example": 4}, per_host=4) == []
    assert len(store.claim_intents(20, busy={"many.example": 2}, per_host=4)) == 2


def test_subscribers_are_notified_of_the_end_of_a_topic(store: Store) -> None:
    for number in range(3):
        subscribe(store, f"http://{number}.example/")
    change(store, "new", 5)
    # A server that lags behind another does not have the feed yet.
    assert store.end_topic(TOPIC, 4) == 0
    assert store.end_topic(TOPIC, 5) == 3
    assert (store.counts().subscriptions, store.counts().intents) == (0, 0)
    intents = store.claim_intents(10, per_host=10)
    assert {(each.mode, each.topic, each.callback) for each in intents} == {
        ("denied", TOPIC, f"http://{number}.example/") for number in range(3)
    }
    store.drop(intents[0])
    # A repeated request is still answered.
    assert ask(store, intents[1].callback) == ""
    assert [each.mode for each in store.claim_intents(10, per_host=10)] == ["subscribe"]


def test_leases_end(store: Store) -> None:
    subscribe(store, "http://reader.example/", seconds=-1)
    change(store)
    assert claimed(store) == []
    assert store.counts().subscriptions == 0
    assert store.expire() == 1
    assert store.topics(Role.HUB) == {}


def test_subscriptions_end_once_a_feed_is_missing_for_an_hour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(tmp_path, "sqlite:///.feeds/index.db")
    config = loader.load(tmp_path / "config.yaml")
    now, passed = time.monotonic, timedelta()
    monkeypatch.setattr(time, "monotonic", lambda: now() + passed.total_seconds())

    async def run(web: Subscriber) -> None:
        url = f"{web.url}/all.json"
        store.confirm(Intent(Protocol.WEBSUB, "subscribe", url, "http://reader.example/", "", 86_400), Topic(url, "old"))
        contents, changes = WebContents(config), Changes(config, lambda: store)

        async def subscriptions(minutes: int, status: int) -> int:
            """The number of subscriptions after some minutes in which the web server answers with `status`."""
            nonlocal passed
            passed += timedelta(minutes=minutes)
            web.confirm = lambda query: (status, "{}")
            changes.ask([url], contents)
            await changes.compare(contents)
            return store.counts().subscriptions

        assert await subscriptions(0, 404) == 1
        assert await subscriptions(59, 404) == 1
        # The feed is back, so the hour starts again.
        assert await subscriptions(2, 200) == 1
        assert await subscriptions(1, 404) == 1
        assert await subscriptions(59, 404) == 1
        # A server error says nothing about the file.
        assert await subscriptions(2, 503) == 1
        assert await subscriptions(1, 404) == 0
        await contents.close()

    with subscriber() as web:
        asyncio.run(run(web))
    store.close()


def test_the_tables_outlive_the_process(tmp_path: Path, database_url: str) -> None:
    first = open_store(tmp_path, database_url)
    subscribe(first, "http://reader.example/")
    change(first)
    first.close()
    second = open_store(tmp_path, database_url)
    assert claimed(second) == ["http://reader.example/"]
    second.close()


def test_slow_callbacks_delay_no_other(tmp_path: Path) -> None:
    site = Site(tmp_path).write({"config.yaml": CONFIG, "articles/a.md": doc({})})
    with subscriber("127.0.0.2") as slow, subscriber() as well, site.serve("--metrics") as server:
        # The time that the hub waits for an answer.
        slow.delay = 20.0
        for number in range(40):
            for reader in (slow, well):
                fields = {"hub.mode": "subscribe", "hub.topic": TOPIC, "hub.callback": f"{reader.url}/{number}"}
                assert server.client.post(f"{server.url}/hub", data=fields).status_code == 202
        until(lambda: "feeds_hub_subscriptions 80.0" in server.get("metrics").text)
        site.write({"articles/a.md": doc({"title": "Edited"})})
        began = time.monotonic()
        until(lambda: len(well.deliveries()) == 40)
        assert time.monotonic() - began < slow.delay
        assert_bounded(slow)


def assert_bounded(slow: Subscriber) -> None:
    """Fails where a host has more concurrent requests than allowed."""
    assert len(slow.deliveries()) <= 16
    assert set(Counter(each.path for each in slow.deliveries()).values()) <= {1}
