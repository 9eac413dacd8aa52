"""The records of the hub: topics, requests, deliveries. Moments are in milliseconds, as `clock` returns them."""

import hashlib
import time
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import urlsplit


class Protocol(StrEnum):
    """The protocol by which a callback is notified."""

    WEBSUB = "websub"
    CLOUD = "rsscloud"
    # A ping to another hub: the publisher's side of WebSub.
    PING = "ping"


class Role(StrEnum):
    """The recipients of a topic's announcements: other hubs, or our own subscribers."""

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
    """A request to subscribe or unsubscribe that is to be verified, or a denial to be sent (`mode`).

    `seconds` is the length of the lease. `claimed` is the moment at which the claim of this request ends, 0 for one that is not
    kept.
    """

    protocol: Protocol
    mode: str
    topic: str
    callback: str
    secret: str = ""
    seconds: int = 0
    attempts: int = 0
    claimed: int = 0

    @property
    def key(self) -> str:
        """The key of the request: a later one of the same subscriber replaces it."""
        return key_of(self.protocol, self.topic, self.callback)

    @property
    def host(self) -> str:
        """The host and port of the callback, for limits per host."""
        return host(self.callback)


class Behind(NamedTuple):
    """A subscriber with a failed delivery. Moments are in milliseconds; `due` is None during an attempt."""

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


def key_of(protocol: str, topic: str, callback: str) -> str:
    """The key of a subscription."""
    return hashlib.sha256("\n".join((protocol, topic, callback)).encode()).hexdigest()


def host(callback: str) -> str:
    """The host and port of a URL, for limits per host."""
    return urlsplit(callback).netloc.rpartition("@")[2].lower()


def clock() -> int:
    """The present, in milliseconds."""
    return time.time_ns() // 1_000_000
