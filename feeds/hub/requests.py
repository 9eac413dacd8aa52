"""Requests to the hub: forms, read and validated (WebSub 5.1, 5.2)."""

from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from urllib.parse import parse_qs

import ada_url
from msgspec import Struct

from feeds import addresses
from feeds.config.types import Config, Hub
from feeds.hub.records import Intent, Protocol
from feeds.text import urls

LONGEST_BODY = 16_384
_LONGEST_URL, _MOST_FIELDS, _LONGEST_SECRET = 2000, 100, 199
_SHORTEST_LEASE = 60


class RequestError(Exception):
    """The request can't be accepted. `status` is that of the response; the message is for the client's developer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Publication(Struct, frozen=True):
    """A publisher's notice that these topics have changed."""

    topics: tuple[str, ...]


def parse(content_type: str, body: bytes, config: Config) -> Intent | Publication:
    """Read a request to the hub of `config`. Raises RequestError."""
    fields = form(content_type, body)
    mode = one(fields, "hub.mode")
    if mode == "publish":
        # hub.url is the name that PubSubHubbub 0.3 had for it.
        topics = tuple(dict.fromkeys([*fields.get("hub.topic", ()), *fields.get("hub.url", ())]))
        if not topics:
            raise RequestError("hub.topic is missing: expected the URL of a feed")
        return Publication(tuple(topic(each, config) for each in topics))
    if mode not in ("subscribe", "unsubscribe"):
        raise RequestError(f"hub.mode is {mode[:40]!r}: expected subscribe, unsubscribe or publish")
    assert config.hub is not None, "there is a hub"
    secret = fields.get("hub.secret", [""])[0]
    if len(secret.encode()) > _LONGEST_SECRET:
        raise RequestError(f"hub.secret is {len(secret.encode())} bytes long: expected less than 200")
    return Intent(
        Protocol.WEBSUB,
        mode,
        topic(one(fields, "hub.topic"), config),
        callback(one(fields, "hub.callback"), config.hub),
        secret,
        _lease(fields, config.hub) if mode == "subscribe" else 0,
    )


def form(content_type: str, body: bytes) -> Mapping[str, Sequence[str]]:
    """The fields of an HTML form in UTF-8. Raises RequestError."""
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise RequestError("the Content-Type is not application/x-www-form-urlencoded", 415)
    if len(body) > LONGEST_BODY:
        raise RequestError(f"the body is longer than {LONGEST_BODY:,} bytes", 413)
    try:
        return parse_qs(body.decode(), keep_blank_values=False, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise RequestError(f"the body is no form in UTF-8 with at most {_MOST_FIELDS} fields") from error


def one(fields: Mapping[str, Sequence[str]], name: str) -> str:
    """The value of a field that is required. Raises RequestError."""
    values = fields.get(name, ())
    if len(values) != 1:
        raise RequestError(f"{name} is {'missing' if not values else 'given more than once'}: expected one value")
    return values[0]


def topic(url: str, config: Config) -> str:
    """The URL of a feed of this site as the site spells it. Raises RequestError where the URL can't be one."""
    found = urls.web_address(url) if len(url) <= _LONGEST_URL else None
    base, _, suffix = (found or "").rpartition(".")
    if found is None or not base.startswith(f"{config.site.url}/") or suffix not in config.formats:
        formats = ", ".join(f".{format}" for format in config.formats)
        raise RequestError(
            f"hub.topic is not a feed of this site: expected a URL below {config.site.url}/ that ends in {formats}"
        )
    return found


def callback(url: str, hub: Hub) -> str:
    """The URL of a subscriber, as it was given. Raises RequestError where the hub does not send to it."""
    if len(url) > _LONGEST_URL or urls.web_address(url) is None or "#" in url or not url.isascii() or not url.isprintable():
        raise RequestError("hub.callback is not an http or https URL without a fragment")
    # As browsers read it: http://0x7f.1/ is http://127.0.0.1/.
    parts = ada_url.URL(url)
    if parts.username or parts.password:
        raise RequestError("hub.callback has a user name or a password: expected an unguessable path in its place")
    host = parts.hostname.strip("[]")
    try:
        allowed = addresses.is_allowed(host, tuple(map(ip_network, hub.allow)))
    except ValueError:
        # A name: its addresses are checked when the hub connects to them.
        return url
    if not allowed:
        raise RequestError(f"hub.callback leads to {host}, which is not a public address", 403)
    return url


def _lease(fields: Mapping[str, Sequence[str]], hub: Hub) -> int:
    text = fields.get("hub.lease_seconds", [""])[0]
    if not text:
        return min(hub.lease, hub.longest_lease)
    if not (text.isascii() and text.isdecimal() and int(text[:20])):
        raise RequestError("hub.lease_seconds is not a positive decimal integer")
    return min(max(int(text[:20]), _SHORTEST_LEASE), hub.longest_lease)
