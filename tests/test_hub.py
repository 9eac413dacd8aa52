"""The site's own WebSub hub, with real subscribers on loopback."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from subscribers import Received, Subscriber, subscriber
from support import REQUIRED, Server, Site, doc, until

URL = "https://feeds.example.org"
TOPIC = f"{URL}/all.json"
HUB = "hub: {allow: [127.0.0.0/8, '::1/128']}\n"
CONFIG = REQUIRED + "archives: false\npages: false\n"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def reader() -> Iterator[Subscriber]:
    with subscriber() as made:
        yield made


@pytest.fixture
def push(tmp_path: Path) -> Site:
    """A site with a hub that sends to loopback."""
    return Site(tmp_path).write({"config.yaml": CONFIG + HUB, "articles/a.md": doc({"title": "First"})})


def ask(server: Server, callback: str, *, mode: str = "subscribe", topic: str = TOPIC, **more: str) -> httpx.Response:
    fields = {"callback": callback, "mode": mode, "topic": topic} | more
    return server.client.post(f"{server.url}/hub", data={f"hub.{name}": value for name, value in fields.items()})


def subscribe(server: Server, reader: Subscriber, path: str = "/me", **more: str) -> Received:
    """Subscribe, and wait for the verification; returns it."""
    before = len(reader.verifications())
    answer = ask(server, f"{reader.url}{path}", **more)
    assert answer.status_code == 202, answer.text
    until(lambda: len(reader.verifications()) > before)
    until(lambda: held(server) > 0 or more.get("mode") == "unsubscribe")
    return reader.verifications()[-1]


def held(server: Server) -> int:
    """How many subscriptions the hub has."""
    lines = server.get("metrics").text.splitlines()
    return next(int(float(line.split()[1])) for line in lines if line.startswith("feeds_hub_subscriptions "))


def titles(received: Received) -> list[str]:
    return [item["title"] for item in json.loads(received.body)["items"]]


def test_a_saved_file_is_delivered_in_full(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        verified = subscribe(server, reader)
        assert verified.query["hub.mode"] == "subscribe"
        assert verified.query["hub.topic"] == TOPIC
        assert verified.query["hub.lease_seconds"] == "864000"
        push.write({"articles/b.md": doc({"title": "Second", "publishedDateTime": "2026-01-03T00:00:00Z"})})
        until(reader.deliveries)
        [delivered] = reader.deliveries()
        answer = server.get("all.json")
        assert delivered.path == "/me"
        assert delivered.body == answer.content
        assert titles(delivered) == ["Second", "First"]
        assert delivered.headers["content-type"] == answer.headers["content-type"]
        assert delivered.headers["link"] == f'<{URL}/hub>; rel="hub", <{TOPIC}>; rel="self"'
        assert "x-hub-signature" not in delivered.headers


def test_deliveries_are_signed_with_the_secret(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        subscribe(server, reader, secret="kept between us")
        push.write({"articles/b.md": doc({"title": "Second"})})
        until(reader.deliveries)
        [delivered] = reader.deliveries()
        method, _, signature = delivered.headers["x-hub-signature"].partition("=")
        assert method == "sha256"
        assert signature == hmac.new(b"kept between us", delivered.body, hashlib.sha256).hexdigest()
        assert "kept between us" not in server.log.read_text()
