"""The hub's database: topics, subscriptions and pending deliveries, in SQLite or PostgreSQL. See `schema`."""

import hashlib
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlsplit

from feeds.config.types import Config
from feeds.hub.schema import SCHEMA
from feeds.storage import database

# How long a server has for what it claims, in milliseconds. Longer than any request takes.
CLAIM = 30_000
_AT_A_TIME = 500
NOBODY: Mapping[str, int] = MappingProxyType({})


class Protocol(StrEnum):
    """The protocol by which a callback is notified."""

    WEBSUB = "websub"
    CLOUD = "rsscloud"
    # A ping to another hub: the publisher's side of WebSub.
    PING = "ping"


class Role(StrEnum):
    """Whom a topic's digest was last announced to: other hubs, or subscribers of our own."""

    PUBLISHER = "publisher"
    HUB = "hub"


class Topic(NamedTuple):
    """The state of a feed. `trace` is a cheap key that changes if its bytes may have changed; `generation` orders states."""

    url: str
    digest: str
    trace: bytes = b""
    generation: int = 0


class Delivery(NamedTuple):
    """A claimed delivery. `digest` is that of the topic when its last change was noted, or empty."""

    key: str
    protocol: Protocol
    topic: str
    callback: str
    host: str
    secret: str
    expires: int
    wanted: int
    attempts: int
    behind: int | None
    digest: str


class Intent(NamedTuple):
    """A request to subscribe or unsubscribe that is to be verified; `seconds` is the length of the lease."""

    protocol: Protocol
    mode: str
    topic: str
    callback: str
    secret: str = ""
    seconds: int = 0
    attempts: int = 0

    @property
    def key(self) -> str:
        """The key of the request: a later one of the same subscriber replaces it."""
        return key_of(self.protocol, self.topic, self.callback)


class Behind(NamedTuple):
    """A subscriber that did not take a delivery. Moments are in milliseconds; `due` is None while a server is trying."""

    protocol: str
    topic: str
    callback: str
    since: int
    attempts: int
    said: str
    due: int | None


class Counts(NamedTuple):
    """The numbers of subscriptions, feeds with subscribers, pending deliveries, pending pings and unverified requests."""

    subscriptions: int
    topics: int
    pending: int
    pings: int
    intents: int


_NO_TOPIC = Topic("", "", b"", 0)
_KEEP_TOPIC = (
    "insert into topics (role, url, digest, trace, generation) values (?, ?, ?, ?, ?) on conflict (role, url) do nothing"
)
_WRITE_TOPIC = _KEEP_TOPIC.replace(
    "nothing", "update set digest = excluded.digest, trace = excluded.trace, generation = excluded.generation"
)
_INSERT = (
    "insert into deliveries (key, protocol, topic, callback, host, secret, expires, wanted, delivered, due, attempts, behind, "
    f"said) values ({', '.join('?' * 13)}) on conflict (key) do update set expires = excluded.expires, "
)
_PING = f"{_INSERT} wanted = deliveries.wanted + 1, due = coalesce(deliveries.due, excluded.due)"
# A subscriber that renews is there again: what it lacks is sent at once.
_SUBSCRIBE = (
    f"{_INSERT} secret = excluded.secret, attempts = 0, behind = null, said = '', "
    "due = case when deliveries.attempts > 0 then ? else deliveries.due end"
)


class Store:
    """The hub's tables. Safe for use by several threads; several servers may share one. Methods raise DatabaseError."""

    def __init__(self, config: Config) -> None:
        index = config.index
        url = f"{index.rpartition('/')[0]}/hub.db" if database.is_file(index) else index
        self._database = database.connect(url, config.path.parent, SCHEMA)

    def close(self) -> None:
        """Release the database."""
        self._database.close()

    # Topics

    def topics(self, role: Role) -> dict[str, Topic]:
        """The topics as last announced, by URL."""
        rows = self._database.rows("select url, digest, trace, generation from topics where role = ?", (role,))
        return {row[0]: Topic(*row) for row in rows}

    def note(self, role: Role, topics: Iterable[Topic], hubs: Collection[str] = (), patience: int = 0) -> list[str]:
        """Record the state of `topics`, make deliveries of those that have changed pending, and return their URLs.

        A topic has changed if its digest differs from the recorded one, and its generation is not earlier. `hubs` are URLs to
        ping about each, for at most `patience` milliseconds.
        """
        given = list(topics)
        changed: list[str] = []
        for start in range(0, len(given), _AT_A_TIME):
            changed += self._note(role, given[start : start + _AT_A_TIME], hubs, patience)
        return changed

    def _note(self, role: Role, topics: Sequence[Topic], hubs: Collection[str], patience: int) -> list[str]:
        now = clock()
        with self._database.transaction():
            marks = ", ".join("?" * len(topics))
            sql = f"select url, digest, trace, generation from topics where role = ? and url in ({marks})"
            known = {row[0]: Topic(*row) for row in self._database.rows(sql, (role, *(topic.url for topic in topics)))}
            newer = [topic for topic in topics if topic.url not in known or topic.generation >= known[topic.url].generation]
            written = [topic for topic in newer if known.get(topic.url, _NO_TOPIC)[1:3] != topic[1:3]]
            changed = [topic.url for topic in written if known.get(topic.url, _NO_TOPIC).digest != topic.digest]
            self._database.many(_WRITE_TOPIC, [(role, *topic) for topic in written])
            if role == Role.HUB:
                sql = "update deliveries set wanted = wanted + 1, due = coalesce(due, ?) where topic = ? and protocol <> 'ping'"
                self._database.many(sql, [(now, url) for url in changed])
            pings = [Intent(Protocol.PING, "", url, hub) for url in changed for hub in hubs]
            rows = [
                (
                    *(ping.key, ping.protocol, ping.topic, ping.callback, host(ping.callback), ""),
                    *(now + patience, 1, 0, now, 0, None, ""),
                )
                for ping in pings
            ]
            self._database.many(_PING, rows)
        return changed

    # Requests of subscribers

    def ask(self, intent: Intent, *, per_topic: int, per_host: int, at_once: int) -> str:
        """Keep a request until it is verified. Returns what forbids it: a bound that would be exceeded, or an empty text."""
        place = host(intent.callback)
        with self._database.transaction():
            if intent.mode == "subscribe" and not self._has(intent.key):
                if self._count("deliveries where protocol <> 'ping' and topic = ?", intent.topic) >= per_topic:
                    return f"this topic has {per_topic:,} subscriptions, the most that this hub allows"
                held = self._count("deliveries where protocol <> 'ping' and host = ?", place)
                if held + self._count("intents where host = ?", place) >= per_host:
                    return f"{place} has {per_host:,} subscriptions, the most that this hub allows for one host"
            if self._count("intents") >= at_once:
                return "too many requests wait to be verified; try again in a minute"
            self._database.execute(
                "insert into intents (key, protocol, mode, topic, callback, host, secret, seconds, due, attempts) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?, 0) on conflict (key) do update set mode = excluded.mode, "
                "secret = excluded.secret, seconds = excluded.seconds, due = excluded.due, attempts = 0",
                (
                    *(intent.key, intent.protocol, intent.mode, intent.topic, intent.callback, place),
                    *(intent.secret, intent.seconds, clock()),
                ),
            )
        return ""

    def claim_intents(self, most: int) -> list[Intent]:
        """Requests to verify now. Nobody else gets them until the claim ends."""
        now = clock()
        with self._database.transaction():
            rows = self._database.rows(
                "select protocol, mode, topic, callback, secret, seconds, attempts from intents where due <= ? "
                "order by due limit ?",
                (now, most),
            )
            found = [Intent(Protocol(row[0]), *row[1:]) for row in rows]
            self._database.many("update intents set due = ? where key = ?", [(now + CLAIM, intent.key) for intent in found])
        return found

    def ask_again(self, intent: Intent, wait: int) -> None:
        """Verify a request once more after `wait` milliseconds."""
        sql = "update intents set due = ?, attempts = attempts + 1 where key = ? and mode = ?"
        self._database.execute(sql, (clock() + wait, intent.key, intent.mode))

    def drop(self, intent: Intent) -> None:
        """Forget a request: the subscriber does not confirm it."""
        self._database.execute("delete from intents where key = ? and mode = ?", (intent.key, intent.mode))

    def confirm(self, intent: Intent, topic: Topic | None = None) -> None:
        """Carry out a verified request. `topic` is the state of the feed that a new subscriber is taken to know."""
        now = clock()
        with self._database.transaction():
            self._database.execute("delete from intents where key = ? and mode = ?", (intent.key, intent.mode))
            if intent.mode == "unsubscribe":
                self._database.execute("delete from deliveries where key = ?", (intent.key,))
                return
            if topic is not None:
                self._database.execute(_KEEP_TOPIC, (Role.HUB, *topic))
            self._database.execute(
                _SUBSCRIBE,
                (
                    *(intent.key, intent.protocol, intent.topic, intent.callback, host(intent.callback), intent.secret),
                    *(now + 1000 * intent.seconds, 0, 0, None, 0, None, "", now),
                ),
            )

    # Deliveries

    def claim(
        self, most: int, protocols: Collection[Protocol], *, failed: bool, busy: Mapping[str, int] = NOBODY, per_host: int
    ) -> list[Delivery]:
        """At most `most` deliveries of these protocols to make now, and `per_host` to a host with those of `busy`, by host.

        `failed` chooses those that failed before, or those that did not. Nobody else gets them until the claim ends.
        """
        if most <= 0:
            return []
        now = clock()
        full = [host for host, number in busy.items() if number >= per_host]
        kinds, hosts = (", ".join("?" * len(some)) for some in (protocols, full))
        with self._database.transaction():
            rows = self._database.rows(
                "select d.key, d.protocol, d.topic, d.callback, d.host, d.secret, d.expires, d.wanted, d.attempts, d.behind, "
                "coalesce(t.digest, '') from deliveries d left join topics t on t.role = 'hub' and t.url = d.topic "
                f"where d.due <= ? and d.expires > ? and d.attempts {'>' if failed else '='} 0 and d.protocol in ({kinds}) "
                f"{f'and d.host not in ({hosts})' if full else ''} order by d.due limit ?",
                (now, now, *protocols, *full, most),
            )
            taken: list[Delivery] = []
            held = Counter(busy)
            for row in rows:
                delivery = Delivery(row[0], Protocol(row[1]), *row[2:])
                if held[delivery.host] < per_host:
                    held[delivery.host] += 1
                    taken.append(delivery)
            self._database.many("update deliveries set due = ? where key = ?", [(now + CLAIM, each.key) for each in taken])
        return taken

    def settle(
        self,
        *,
        done: Collection[Delivery] = (),
        failed: Collection[tuple[Delivery, int, str]] = (),
        postponed: Collection[tuple[Delivery, int]] = (),
        ended: Collection[Delivery] = (),
    ) -> None:
        """Record what became of claimed deliveries: `failed` with the milliseconds until the next try and the reason, `postponed`
        through no fault of the subscriber, `ended` for good.
        """
        if not (done or failed or postponed or ended):
            return
        now = clock()
        with self._database.transaction():
            # The feed may have changed again meanwhile.
            self._database.many(
                "update deliveries set delivered = ?, attempts = 0, behind = null, said = '', "
                "due = case when wanted > ? then ? else null end where key = ?",
                [(each.wanted, each.wanted, now, each.key) for each in done],
            )
            self._database.many(
                "update deliveries set attempts = attempts + 1, behind = coalesce(behind, ?), said = ?, due = ? where key = ?",
                [(now, said, now + wait, each.key) for each, wait, said in failed],
            )
            self._database.many(
                "update deliveries set due = ? where key = ?", [(now + wait, each.key) for each, wait in postponed]
            )
            self._database.many("delete from deliveries where key = ?", [(each.key,) for each in ended])
            # A hub that has been pinged is no subscriber.
            pings = [(each.key,) for each in done if each.protocol == Protocol.PING]
            self._database.many("delete from deliveries where key = ? and due is null", pings)

    def end_topic(self, url: str) -> list[Delivery]:
        """End all subscriptions to a feed that is gone, and return them."""
        with self._database.transaction():
            rows = self._database.rows(
                "select key, protocol, topic, callback, host, secret, expires, wanted, attempts, behind, '' from deliveries "
                "where topic = ? and protocol <> 'ping'",
                (url,),
            )
            self._database.execute("delete from deliveries where topic = ? and protocol <> 'ping'", (url,))
            self._database.execute("delete from topics where role = 'hub' and url = ?", (url,))
        return [Delivery(row[0], Protocol(row[1]), *row[2:]) for row in rows]

    def expire(self) -> int:
        """Delete subscriptions and pings whose time is over, and topics without subscriptions. How many rows were deleted."""
        now = clock()
        with self._database.transaction():
            number = self._count("deliveries where expires <= ?", now)
            if number:
                self._database.execute("delete from deliveries where expires <= ?", (now,))
            self._database.execute(
                "delete from topics where role = 'hub' and not exists "
                "(select 1 from deliveries d where d.topic = topics.url and d.protocol <> 'ping')"
            )
        return number

    # Status

    def counts(self) -> Counts:
        """The numbers that people watch."""
        now = clock()
        subscribed = "deliveries where protocol <> 'ping' and expires > ?"
        return Counts(
            self._count(subscribed, now),
            int(self._database.rows(f"select count(distinct topic) from {subscribed}", (now,))[0][0]),
            self._count(f"{subscribed} and due is not null", now),
            self._count("deliveries where protocol = 'ping'"),
            self._count("intents"),
        )

    def behind(self, most: int) -> list[Behind]:
        """Subscribers and hubs that did not take a delivery, the longest first."""
        rows = self._database.rows(
            "select protocol, topic, callback, behind, attempts, said, due from deliveries where behind is not null "
            "order by behind, key limit ?",
            (most,),
        )
        return [Behind(*row) for row in rows]

    def by_topic(self, most: int) -> list[tuple[str, int]]:
        """Feeds by their number of subscriptions."""
        rows = self._database.rows(
            "select topic, count(*) from deliveries where protocol <> 'ping' group by topic "
            "order by count(*) desc, topic limit ?",
            (most,),
        )
        return [(topic, int(number)) for topic, number in rows]

    def next_due(self) -> int | None:
        """The moment at which the next delivery or request is due."""
        moments = [
            *self._database.rows("select min(due) from deliveries where due is not null"),
            *self._database.rows("select min(due) from intents"),
        ]
        return min((int(moment) for (moment,) in moments if moment is not None), default=None)

    def _has(self, key: str) -> bool:
        return bool(self._database.rows("select 1 from deliveries where key = ?", (key,)))

    def _count(self, what: str, *parameters: str | int) -> int:
        return int(self._database.rows(f"select count(*) from {what}", parameters)[0][0])


def key_of(protocol: str, topic: str, callback: str) -> str:
    """The key of a subscription."""
    return hashlib.sha256("\n".join((protocol, topic, callback)).encode()).hexdigest()


def host(callback: str) -> str:
    """The host and port of a URL: what bounds count by."""
    return urlsplit(callback).netloc.rpartition("@")[2].lower()


def clock() -> int:
    """The present, in milliseconds."""
    return time.time_ns() // 1_000_000
