"""Pings of an export: each hub is notified once of each feed whose file has changed since the last ping (WebSub 6)."""

import asyncio

from msgspec import Struct

from feeds.config.types import Config
from feeds.hub import delivery
from feeds.hub.backoff import wait
from feeds.hub.changes import PING_PATIENCE
from feeds.hub.client import Client
from feeds.hub.news import shows_news
from feeds.hub.records import Delivery, Protocol, Role, Topic
from feeds.hub.store import Store
from feeds.index.store import Index
from feeds.publish.outputs import Outputs
from feeds.publish.targets import places

_AT_ONCE, _PER_HOST = 64, 16


class Pinged(Struct, frozen=True):
    """The numbers of changed feeds and of pings that hubs accepted, and the failed pings by hub."""

    changed: int
    taken: int
    failed: dict[str, str]


def ping(config: Config, index: Index, place: str) -> Pinged:
    """Notify every hub of `config` of the feeds at `place` that have changed since its last notice.

    `index` knows what was exported there. Of feeds that hubs never heard of, only those with news count as changed. Pings that
    fail are kept, and sent again when they are due: by the next call, or by `feeds serve` or `feeds hub`. Raises DatabaseError.
    """
    outputs = Outputs(index.database, places.key(place))
    last = outputs.last()
    generation = last.generation if last is not None else 0
    groups = index.view().collection.groups
    live = {f"{path}.{format}": group for path, group in groups.items() for format in config.formats}
    base = f"{config.site.url}/"
    topics = [Topic(base + row.path, row.sha256.hex(), b"", generation) for row in outputs.all() if row.path in live]

    def is_news(url: str) -> bool:
        return shows_news(live[url.removeprefix(base)])

    store = Store(config)
    try:
        changed = store.note(Role.PUBLISHER, topics, config.all_hubs, PING_PATIENCE, is_news)
        taken, failed = asyncio.run(_send(config, store))
    finally:
        store.close()
    return Pinged(len(changed), taken, failed)


async def _send(config: Config, store: Store) -> tuple[int, dict[str, str]]:
    client = Client(config.site.url, None)
    taken, failed = 0, dict[str, str]()
    try:
        while claimed := [
            *store.claim(_AT_ONCE, (Protocol.PING,), failed=False, per_host=_PER_HOST),
            *store.claim(_AT_ONCE, (Protocol.PING,), failed=True, per_host=_PER_HOST),
        ]:
            answers = await asyncio.gather(*(_ping(client, config, each) for each in claimed))
            done = [each for each, said in zip(claimed, answers, strict=True) if not said]
            refused = [(each, said) for each, said in zip(claimed, answers, strict=True) if said]
            store.settle(done=done, failed=[(each, wait(each.attempts + 1), said) for each, said in refused])
            taken += len(done)
            failed |= {each.callback: said for each, said in refused}
    finally:
        await client.close()
    return taken, failed


async def _ping(client: Client, config: Config, each: Delivery) -> str:
    """Send one ping. Returns the error, or an empty text."""
    assert each.protocol == Protocol.PING, "claimed as such"
    request = delivery.post(each, config, None)
    answer = await client.send("POST", each.callback, headers=request.headers, body=request.body)
    return "" if answer.is_success else answer.said
