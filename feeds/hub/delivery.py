"""Deliveries: the request that each protocol sends to a callback."""

from urllib.parse import urlencode

from msgspec import Struct

from feeds.config.types import Config
from feeds.hub.contents import Content
from feeds.hub.records import Delivery, Protocol
from feeds.hub.signatures import signature

_FORM = "application/x-www-form-urlencoded"


class Post(Struct, frozen=True):
    """A POST request."""

    headers: dict[str, str]
    body: bytes


def post(delivery: Delivery, config: Config, content: Content | None) -> Post:
    """The request that makes a delivery. Only WebSub sends `content`, the whole feed (WebSub 7)."""
    match delivery.protocol:
        case Protocol.PING:
            # hub.url is the name of the topic in PubSubHubbub 0.3, which many hubs still read.
            fields = {"hub.mode": "publish", "hub.topic": delivery.topic, "hub.url": delivery.topic}
            return Post({"Content-Type": _FORM}, urlencode(fields).encode())
        case Protocol.CLOUD:
            return Post({"Content-Type": _FORM}, urlencode({"url": delivery.topic}).encode())
    assert content is not None, "WebSub sends the feed"
    links = [*(f'<{hub}>; rel="hub"' for hub in config.all_hubs), f'<{delivery.topic}>; rel="self"']
    headers = {"Content-Type": content.media_type, "Link": ", ".join(links)}
    if delivery.secret:
        assert config.hub is not None, "there is a hub"
        headers["X-Hub-Signature"] = signature(config.hub.signature, delivery.secret, content.body)
    return Post(headers, content.body)
