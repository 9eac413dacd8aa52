"""rssCloud: readers of RSS register for notices of changes, and fetch the feed themselves."""

from contextlib import suppress
from ipaddress import ip_address

from feeds.config.types import Config
from feeds.hub import requests
from feeds.hub.records import Intent, Protocol
from feeds.hub.requests import RequestError

# By convention registrations end after 25 hours, and readers register every day.
_LEASE = 25 * 3600
_MOST_TOPICS = 100


def parse(content_type: str, body: bytes, peer: str, config: Config) -> list[Intent]:
    """Read a registration (`pleaseNotify`) from the address `peer`; a feed each. Raises RequestError."""
    assert config.hub is not None, "there is a hub"
    fields = requests.form(content_type, body)
    protocol = fields.get("protocol", ["http-post"])[0]
    if protocol not in ("http-post", "https-post"):
        raise RequestError(f"protocol is {protocol[:40]!r}: expected http-post or https-post")
    port = requests.one(fields, "port")
    if not (port.isascii() and port.isdecimal() and 0 < int(port[:6]) < 65536):
        raise RequestError("port is not a port")
    path = requests.one(fields, "path")
    topics = [values[0] for name, values in fields.items() if name.startswith("url")]
    if not 0 < len(topics) <= _MOST_TOPICS:
        raise RequestError(f"url1, url2 and so on are {len(topics)} feeds: expected 1 to {_MOST_TOPICS}")
    given = fields.get("domain", [""])[0]
    host = given or peer
    with suppress(ValueError):
        host = f"[{host}]" if ip_address(host).version == 6 else host
    scheme = "https" if protocol == "https-post" or port == "443" else "http"
    url = f"{scheme}://{host}:{port}/{path.removeprefix('/')}"
    callback = requests.callback(url, config.hub)
    return [Intent(Protocol.CLOUD, "subscribe", requests.topic(topic, config), callback, "", _LEASE) for topic in topics]
