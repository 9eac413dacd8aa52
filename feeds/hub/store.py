"""The hub's database: topics, subscriptions and pending deliveries, in SQLite or PostgreSQL. See `schema`."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar

from feeds.config.types import Config
from feeds.hub.records import Behind, Counts, Delivery, Intent, Protocol, Role, Topic, clock, host
from feeds.hub.schema import SCHEMA
from feeds.storage import database

# How long a server has for what it claims, in milliseconds. Longer than any request takes.
CLAIM = 30_000
_AT_A_TIME = 500
NOBODY: Mapping[str, int] = MappingProxyType({})
_Work = TypeVar("_Work", Delivery, Intent)

# What subscribers ask for, and not what they are yet to hear.
_REQUESTS = "intents where mode <> 'denied'"
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

    def is_subscribed(self, url: str) -> bool:
        """Whether there are subscriptions to a feed."""
        return bool(self._database.rows("select 1 from topics where role = 'hub' and url = ?", (url,)))

    def note(
        self,
        role: Role,
        topics: Iterable[Topic],
        hubs: Collection[str] = (),
        patience: int = 0,
        is_news: Callable[[str], bool] = lambda url: True,
    ) -> list[str]:
        """Record the state of `topics`, make deliveries of those that have changed pending, and return their URLs.

        A topic has changed if its digest differs from the recorded one, and its generation is not earlier. One without a record
        has changed if `is_news` says so of its URL. `hubs` are URLs to ping about each, for at most `patience` milliseconds.
        """
        given = list(topics)
        changed: list[str] = []
        for start in range(0, len(given), _AT_A_TIME):
            changed += self._note(role, given[start : start + _AT_A_TIME], hubs, patience, is_news)
        return changed

    def _note(
        self, role: Role, topics: Sequence[Topic], hubs: Collection[str], patience: int, is_news: Callable[[str], bool]
    ) -> list[str]:
        now = clock()
        with self._database.transaction():
            marks = ", ".join("?" * len(topics))
            sql = f"select url, digest, trace, generation from topics where role = ? and url in ({marks})"
            known = {row[0]: Topic(*row) for row in self._database.rows(sql, (role, *(topic.url for topic in topics)))}
            newer = [topic for topic in topics if topic.url not in known or topic.generation >= known[topic.url].generation]
            written = [topic for topic in newer if known.get(topic.url, _NO_TOPIC)[1:3] != topic[1:3]]
            changed = [
                topic.url
                for topic in written
                if (known[topic.url].digest != topic.digest if topic.url in known else is_news(topic.url))
            ]
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
        """Keep a request until it is verified. Returns the limit that it would exceed, or an empty text.

        At most `at_once` requests wait to be verified, a tenth of them from one host.
        """
        place = host(intent.callback)
        with self._database.transaction():
            waiting = self._count(f"{_REQUESTS} and host = ?", place)
            if intent.mode == "subscribe" and not self._has(intent.key):
                if self._count("deliveries where protocol <> 'ping' and topic = ?", intent.topic) >= per_topic:
                    return f"this topic has {per_topic:,} subscriptions, the most that this hub allows"
                held = self._count("deliveries where protocol <> 'ping' and host = ?", place)
                if held + waiting >= per_host:
                    return f"{place} has {per_host:,} subscriptions, the most that this hub allows for one host"
            if waiting >= -(-at_once // 10) or self._count(_REQUESTS) >= at_once:
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

    def claim_intents(self, most: int, *, busy: Mapping[str, int] = NOBODY, per_host: int) -> list[Intent]:
        """At most `most` requests to verify now, and `per_host` of a host with those of `busy`, by host.

        Nobody else gets them until the claim ends.
        """
        now = clock()
        full, condition = _full(busy, per_host)
        with self._database.transaction():
            rows = self._database.rows(
                "select protocol, mode, topic, callback, secret, seconds, attempts from intents where due <= ? "
                f"{condition} order by due limit ?",
                (now, *full, most),
            )
            found = _shared([Intent(Protocol(row[0]), *row[1:]) for row in rows], busy, per_host)
            self._database.many("update intents set due = ? where key = ?", [(now + CLAIM, intent.key) for intent in found])
        return [intent._replace(claimed=now + CLAIM) for intent in found]

    def ask_again(self, intent: Intent, wait: int) -> None:
        """Verify a request once more after `wait` milliseconds, unless a later one has replaced it."""
        sql = "update intents set due = ?, attempts = attempts + 1 where key = ? and due = ?"
        self._database.execute(sql, (clock() + wait, intent.key, intent.claimed))

    def drop(self, intent: Intent) -> None:
        """Forget a request, which the subscriber does not confirm; one that has replaced it stays."""
        self._database.execute("delete from intents where key = ? and due = ?", (intent.key, intent.claimed))

    def confirm(self, intent: Intent, topic: Topic | None = None) -> None:
        """Carry out a verified request, unless a later one has replaced it, which is verified itself.

        `topic` is the state of the feed that a new subscriber is taken to know.
        """
        now = clock()
        claim = intent.key, intent.claimed
        with self._database.transaction():
            if intent.claimed and not self._database.rows("select 1 from intents where key = ? and due = ?", claim):
                return
            self.drop(intent)
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
        full, condition = _full(busy, per_host)
        kinds = ", ".join("?" * len(protocols))
        with self._database.transaction():
            rows = self._database.rows(
                "select d.key, d.protocol, d.topic, d.callback, d.host, d.secret, d.expires, d.wanted, d.attempts, d.behind, "
                "coalesce(t.digest, '') from deliveries d left join topics t on t.role = 'hub' and t.url = d.topic "
                f"where d.due <= ? and d.expires > ? and d.attempts {'>' if failed else '='} 0 and d.protocol in ({kinds}) "
                f"{condition} order by d.due limit ?",
                (now, now, *protocols, *full, most),
            )
            taken = _shared([Delivery(row[0], Protocol(row[1]), *row[2:]) for row in rows], busy, per_host)
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
        """Record the results of claimed deliveries: `failed` with the milliseconds until the next try and the reason, `postponed`
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

    def end_topic(self, url: str, generation: int) -> int:
        """End all subscriptions to a feed that is gone, and return how many there were.

        Who subscribed over WebSub is to hear of it: a request of mode `denied` is kept for each. If the recorded state
        of the feed is later than `generation`, nothing is done: another server knows more.
        """
        now = clock()
        with self._database.transaction():
            if self._count("topics where role = 'hub' and url = ? and generation > ?", url, generation):
                return 0
            number = self._count("deliveries where protocol <> 'ping' and topic = ?", url)
            self._database.execute(
                "insert into intents (key, protocol, mode, topic, callback, host, secret, seconds, due, attempts) "
                "select key, protocol, 'denied', topic, callback, host, '', 0, cast(? as bigint), 0 from deliveries "
                "where topic = ? and protocol = 'websub' "
                "on conflict (key) do update set mode = excluded.mode, due = excluded.due, attempts = 0",
                (now, url),
            )
            self._database.execute("delete from deliveries where topic = ? and protocol <> 'ping'", (url,))
            self._database.execute("delete from topics where role = 'hub' and url = ?", (url,))
        return number

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
        """The numbers of rows, for metrics and `feeds hub status`."""
        now = clock()
        subscribed = "deliveries where protocol <> 'ping' and expires > ?"
        return Counts(
            self._count(subscribed, now),
            int(self._database.rows(f"select count(distinct topic) from {subscribed}", (now,))[0][0]),
            self._count(f"{subscribed} and due is not null", now),
            self._count("deliveries where protocol = 'ping'"),
            self._count(_REQUESTS),
        )

    def behind(self, most: int) -> list[Behind]:
        """Subscribers and hubs with failed deliveries, the longest first."""
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


def _full(busy: Mapping[str, int], per_host: int) -> tuple[list[str], str]:
    """The hosts that get no more at the moment, and a condition on `host` that leaves them out."""
    full = [place for place, number in busy.items() if number >= per_host]
    return full, f"and host not in ({', '.join('?' * len(full))})" if full else ""


def _shared(found: Iterable[_Work], busy: Mapping[str, int], per_host: int) -> list[_Work]:
    """The rows of `found` that can be taken without exceeding `per_host` for a host, including those of `busy`."""
    held = Counter(busy)
    taken: list[_Work] = []
    for each in found:
        if held[each.host] < per_host:
            held[each.host] += 1
            taken.append(each)
    return taken
