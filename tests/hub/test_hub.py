"""The site's own WebSub hub, with real subscribers on loopback."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlencode, urlsplit

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
    """Subscribe, and return the verification request."""
    before = len(reader.verifications())
    answer = ask(server, f"{reader.url}{path}", **more)
    assert answer.status_code == 202, answer.text
    until(lambda: len(reader.verifications()) > before)
    until(lambda: held(server) > 0 or more.get("mode") == "unsubscribe")
    return reader.verifications()[-1]


def held(server: Server) -> int:
    """The number of subscriptions of the hub."""
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


def test_the_config_may_choose_another_method(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        subscribe(server, reader, secret="s")
        for method in ("sha1", "sha384", "sha512"):
            config = CONFIG.replace("title: Tidings", f"title: Tidings by {method}")
            push.write({"config.yaml": config + f"hub: {{allow: [127.0.0.0/8], signature: {method}}}\n"})
            # An article that is published while the server reads its config is signed as that said before.
            until(lambda method=method: server.get("all.json").json()["title"] == f"Tidings by {method}")
            push.write({"articles/b.md": doc({"title": f"Signed with {method}"})})
            until(lambda method=method: any(signed_with(each, method) for each in reader.deliveries()))


def signed_with(delivered: Received, method: str) -> bool:
    """Whether a delivery has the signature of this method, made with the secret `s`."""
    return delivered.headers["x-hub-signature"] == f"{method}={hmac.new(b's', delivered.body, method).hexdigest()}"


def test_each_change_is_delivered_once(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        subscribe(server, reader)
        for number in range(3):
            push.write({"articles/a.md": doc({"title": f"Edited {number}"})})
            until(lambda number=number: any(titles(each) == [f"Edited {number}"] for each in reader.deliveries()))
        bodies = [each.body for each in reader.deliveries()]
        assert len(bodies) == len(set(bodies))


def test_a_subscriber_hears_only_of_its_own_topic(push: Site, reader: Subscriber) -> None:
    push.write({"articles/c.md": doc({"title": "On seas", "topics": ["Seas"]})})
    with push.serve("--metrics") as server:
        subscribe(server, reader, "/seas", topic=f"{URL}/topics/seas.json")
        subscribe(server, reader, "/all")
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(lambda: reader.deliveries("/all"))
        push.write({"articles/d.md": doc({"title": "More on seas", "topics": ["Seas"]})})
        until(lambda: reader.deliveries("/seas"))
        assert len(reader.deliveries("/seas")) == 1


def test_what_changes_while_the_server_is_down_is_delivered_after_its_start(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        subscribe(server, reader)
    push.write({"articles/a.md": doc({"title": "Edited at night"})})
    with push.serve("--metrics"):
        until(reader.deliveries)
    assert [titles(each) for each in reader.deliveries()] == [["Edited at night"]]


def test_unsubscribing_ends_deliveries(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        subscribe(server, reader)
        subscribe(server, reader, "/other")
        verified = subscribe(server, reader, mode="unsubscribe", lease_seconds="ignored")
        assert verified.query["hub.mode"] == "unsubscribe"
        until(lambda: held(server) == 1)
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(lambda: reader.deliveries("/other"))
        assert not reader.deliveries("/me")


def unconfirmed(status: int, text: str, query: dict[str, str]) -> tuple[int, str]:
    return status, text.format(challenge=query.get("hub.challenge", ""))


UNCONFIRMED = [(404, "no"), (200, "not the challenge"), (200, ""), (302, ""), (200, "{challenge} and more")]


def test_a_request_that_is_not_confirmed_changes_nothing(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        subscribe(server, reader, secret="first")
        for status, text in UNCONFIRMED:
            reader.confirm = partial(unconfirmed, status, text)
            # No new subscription, no other secret, and the old one goes on.
            for path, mode, more in (
                ("/new", "subscribe", {}),
                ("/me", "subscribe", {"secret": "second"}),
                ("/me", "unsubscribe", {}),
            ):
                before = len(reader.verifications())
                assert ask(server, f"{reader.url}{path}", mode=mode, **more).status_code == 202
                until(lambda before=before: len(reader.verifications()) > before)
                until(lambda: "feeds_hub_unverified 0.0" in server.get("metrics").text)
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(reader.deliveries)
        [delivered] = reader.deliveries()
        assert delivered.path == "/me"
        assert delivered.headers["x-hub-signature"] == "sha256=" + hmac.new(b"first", delivered.body, hashlib.sha256).hexdigest()


def test_challenges_are_random_and_the_callbacks_own_query_is_kept(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        first = subscribe(server, reader, "/me?a=1&hub.mode=mine&b=%2F")
        second = subscribe(server, reader, "/me?a=1&hub.mode=mine&b=%2F")
        assert first.query["hub.challenge"] != second.query["hub.challenge"]
        assert len(first.query["hub.challenge"]) >= 32
        assert first.path.startswith("/me?a=1&hub.mode=mine&b=%2F&hub.mode=subscribe&")
        assert held(server) == 1
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(reader.deliveries)
        assert reader.deliveries()[0].path == "/me?a=1&hub.mode=mine&b=%2F"


def test_a_subscription_can_be_renewed_with_another_secret(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        subscribe(server, reader, secret="first")
        subscribe(server, reader, secret="second")
        until(lambda: "feeds_hub_unverified 0.0" in server.get("metrics").text)
        assert held(server) == 1
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(reader.deliveries)
        [delivered] = reader.deliveries()
        assert delivered.headers["x-hub-signature"] == "sha256=" + hmac.new(b"second", delivered.body, hashlib.sha256).hexdigest()


def test_a_request_that_comes_while_an_earlier_one_is_verified_replaces_it(push: Site, reader: Subscriber) -> None:
    verified = threading.Event()

    def confirm(query: dict[str, str]) -> tuple[int, str]:
        if query["hub.lease_seconds"] == "7200":
            verified.wait(5)
        return 200, query["hub.challenge"]

    reader.confirm = confirm
    with push.serve("--metrics") as server:
        for lease, secret in (("7200", "first"), ("3600", "second")):
            assert ask(server, f"{reader.url}/me", lease_seconds=lease, secret=secret).status_code == 202
            until(lambda lease=lease: lease in [each.query["hub.lease_seconds"] for each in reader.verifications()])
        until(lambda: held(server) == 1)
        verified.set()
        until(lambda: "feeds_hub_unverified 0.0" in server.get("metrics").text)
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(reader.deliveries)
        [delivered] = reader.deliveries()
        assert delivered.headers["x-hub-signature"] == "sha256=" + hmac.new(b"second", delivered.body, hashlib.sha256).hexdigest()


def test_leases_are_bounded_and_end(push: Site, reader: Subscriber) -> None:
    push.write({"config.yaml": CONFIG + "hub: {allow: [127.0.0.0/8], longest_lease: 2s}\n"})
    with push.serve("--metrics") as server:
        assert subscribe(server, reader, lease_seconds="100000000").query["hub.lease_seconds"] == "2"
        until(lambda: held(server) == 0)
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(lambda: server.titles() == ["Edited"])
        subscribe(server, reader, "/other", lease_seconds="1")
        push.write({"articles/a.md": doc({"title": "Edited again"})})
        until(lambda: reader.deliveries("/other"))
        assert not reader.deliveries("/me")


def test_a_lease_may_be_asked_for(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        for asked, given in (("7200", "7200"), ("1", "60"), ("99999999999999999999", "2592000")):
            assert subscribe(server, reader, lease_seconds=asked).query["hub.lease_seconds"] == given


def test_410_ends_a_subscription(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        subscribe(server, reader)
        reader.status = 410
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(lambda: held(server) == 0)
        assert len(reader.deliveries()) == 1


def test_any_2xx_is_success(push: Site) -> None:
    with ExitStack() as opened:
        server = opened.enter_context(push.serve("--metrics"))
        for status in (204, 202, 299):
            reader = opened.enter_context(subscriber())
            subscribe(server, reader)
            reader.status = status
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(lambda: 'feeds_hub_deliveries_total{outcome="delivered",protocol="websub"} 3.0' in server.get("metrics").text)
        until(lambda: "feeds_hub_pending 0.0" in server.get("metrics").text)


FAILURES = (301, 307, 404, 500, 503)


def test_a_failed_delivery_is_retried_and_reported(push: Site) -> None:
    with ExitStack() as opened:
        elsewhere = opened.enter_context(subscriber())
        server = opened.enter_context(push.serve("--metrics"))
        readers = {status: opened.enter_context(subscriber()) for status in FAILURES}
        for status, reader in readers.items():
            subscribe(server, reader, "/unguessable", secret="kept between us")
            reader.status, reader.headers = status, {"Location": f"{elsewhere.url}/"}
        push.write({"articles/a.md": doc({"title": "Edited"})})
        until(lambda: server.log.read_text().count("is behind") == len(FAILURES))
        assert not elsewhere.received
        lines = server.log.read_text().splitlines()
        for status, reader in readers.items():
            [line] = [line for line in lines if f"{reader.url} is behind with {TOPIC} since 20" in line]
            assert f"status {status}; next try at 20" in line
            assert "unguessable" not in line
        until(lambda: len(json.loads(push.run("hub", "status", "--json").out)["behind"]) == len(FAILURES))
        status_json, status_text = push.run("hub", "status", "--json").out, push.run("hub", "status").out
        report = json.loads(status_json)
        assert (report["subscriptions"], report["topics"], report["pending"], report["by_topic"]) == (5, 1, 5, {TOPIC: 5})
        for behind in report["behind"]:
            [status] = [status for status, reader in readers.items() if behind["callback"] == f"{reader.url}/unguessable"]
            assert (behind["attempts"], behind["said"]) == (1, f"status {status}")
            assert f"behind since {behind['since']}: {behind['callback']}" in status_text
        # Secrets are shown nowhere.
        assert "kept between us" not in server.log.read_text() + status_json + status_text + server.get("metrics").text
        # A renewed subscription gets what it has missed at once.
        reader = readers[503]
        reader.status = 200
        subscribe(server, reader, "/unguessable")
        until(lambda: len(reader.deliveries()) == 2)
        assert titles(reader.deliveries()[1]) == ["Edited"]
        until(lambda: len(json.loads(push.run("hub", "status", "--json").out)["behind"]) == len(FAILURES) - 1)


def test_a_subscription_to_a_missing_feed_is_denied(push: Site, reader: Subscriber) -> None:
    with push.serve("--metrics") as server:
        topic = f"{URL}/topics/nothing.atom"
        assert ask(server, f"{reader.url}/me", topic=topic).status_code == 202
        until(reader.verifications)
        [denial] = reader.verifications()
        assert (denial.query["hub.mode"], denial.query["hub.topic"]) == ("denied", topic)
        assert denial.query["hub.reason"] == "there is no such feed"
        assert held(server) == 0


def test_subscribers_of_a_removed_feed_are_notified(push: Site, reader: Subscriber) -> None:
    push.write({"articles/c.md": doc({"title": "On seas", "topics": ["Seas"]})})
    with subscriber("127.0.0.2") as slow, push.serve("--metrics") as server:
        for number in range(20):
            subscribe(server, reader, f"/{number}", topic=f"{URL}/topics/seas.json")
        subscribe(server, slow, topic=f"{URL}/topics/seas.json")
        subscribe(server, reader, "/all")
        slow.confirm = slowly
        push.write({"articles/c.md": doc({"title": "On seas", "topics": ["Lakes"]})})
        # Slow notifications do not delay other deliveries.
        until(lambda: reader.deliveries("/all"))
        until(lambda: len(denied(reader)) == 20)
        assert {each.query["hub.reason"] for each in denied(reader)} == {"this feed is gone"}
        assert {each.query["hub.topic"] for each in denied(reader)} == {f"{URL}/topics/seas.json"}
        assert held(server) == 1


def slowly(query: dict[str, str]) -> tuple[int, str]:
    time.sleep(5)
    return 200, ""


def denied(reader: Subscriber) -> list[Received]:
    return [each for each in reader.verifications() if each.query["hub.mode"] == "denied"]


WRONG = {
    "no topic": {"hub.topic": ""},
    "another site's topic": {"hub.topic": "https://elsewhere.example/all.json"},
    "a page": {"hub.topic": f"{URL}/index.html"},
    "a lookalike": {"hub.topic": f"{URL}.evil.example/all.json"},
    "no callback": {"hub.callback": ""},
    "a callback of another kind": {"hub.callback": "ftp://127.0.0.1/"},
    "a callback that is no URL": {"hub.callback": "me"},
    "a callback with a password": {"hub.callback": "http://a:b@127.0.0.1/"},
    "a callback with a fragment": {"hub.callback": "http://127.0.0.1/#me"},
    "an unknown mode": {"hub.mode": "dance"},
    "no mode": {"hub.mode": ""},
    "a long secret": {"hub.secret": "x" * 200},
    "a long secret of few characters": {"hub.secret": "ü" * 100},
    "a lease of nothing": {"hub.lease_seconds": "0"},
    "a lease in words": {"hub.lease_seconds": "ten"},
}


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose hub sends only to public addresses."""
    folder = tmp_path_factory.mktemp("closed")
    files = {"config.yaml": CONFIG + "hub: true\n", "articles/a.md": doc({})}
    with Site(folder).write(files).serve("--metrics") as server:
        yield server


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_request_is_refused_in_plain_text(closed: Server, wrong: dict[str, str]) -> None:
    fields = {"hub.callback": "https://reader.example/", "hub.mode": "subscribe", "hub.topic": TOPIC} | wrong
    answer = closed.client.post(f"{closed.url}/hub", data=fields)
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.startswith("hub.")


def test_requests_must_be_forms_of_limited_size(closed: Server) -> None:
    form = urlencode({"hub.callback": "https://reader.example/", "hub.mode": "subscribe", "hub.topic": TOPIC})
    client, url = closed.client, f"{closed.url}/hub"
    assert client.post(url, content=form, headers={"Content-Type": "application/json"}).status_code == 415
    assert client.post(url, content=form, headers={"Content-Type": f"{FORM}; charset=utf-8"}).status_code == 202
    assert client.post(url, content=form + "&x=" + "y" * 20_000, headers={"Content-Type": FORM}).status_code == 413
    assert client.post(url, content=form + "&x=1&hub.verify=sync", headers={"Content-Type": FORM}).status_code == 202
    assert client.post(url, content=b"hub.mode=%FF", headers={"Content-Type": FORM}).status_code == 400
    assert client.put(url).status_code == 405
    counted = closed.get("metrics").text
    assert {f'feeds_requests_total{{kind="hub",status="{status}"}}' in counted for status in (202, 400, 405, 413, 415)} == {True}
    assert "WebSub hub of Tidings" in client.get(url).text


@pytest.mark.parametrize(
    "callback",
    [
        "http://127.0.0.1:9/", "http://169.254.169.254/latest/meta-data/", "http://[::1]:9/", "http://10.1.2.3/", "http://2130706433/",
        "http://0x7f.1/", "http://[::ffff:127.0.0.1]/", "http://[fd00:ec2::254]/", "http://224.0.0.1/", "http://0.0.0.0/",
    ],
)  # fmt: skip
def test_callbacks_at_addresses_that_are_not_public_are_refused(closed: Server, callback: str) -> None:
    answer = ask(closed, callback)
    assert answer.status_code == 403
    assert "which is not a public address" in answer.text


def test_a_name_of_this_machine_is_refused_on_connection(tmp_path: Path, reader: Subscriber) -> None:
    port = urlsplit(reader.url).port
    site = Site(tmp_path).write({"config.yaml": CONFIG + "hub: true\n", "articles/a.md": doc({})})
    with site.serve("--metrics") as server:
        assert ask(server, f"http://localhost:{port}/me").status_code == 202
        until(lambda: "feeds_hub_unverified 0.0" in server.get("metrics").text)
        assert held(server) == 0
        assert not reader.received


def test_subscriptions_per_host_and_topic_are_limited(push: Site, reader: Subscriber) -> None:
    push.write({"config.yaml": CONFIG + "hub: {allow: [127.0.0.0/8], per_host: 2, per_topic: 3}\n"})
    with subscriber() as other, push.serve("--metrics") as server:
        subscribe(server, reader, "/1")
        subscribe(server, reader, "/2")
        until(lambda: held(server) == 2)
        refused = ask(server, f"{reader.url}/3")
        assert refused.status_code == 503
        assert "2 subscriptions, the most that this hub allows for one host" in refused.text
        subscribe(server, other, "/1")
        until(lambda: held(server) == 3)
        refused = ask(server, f"{other.url}/2")
        assert refused.status_code == 503
        assert "this topic has 3 subscriptions" in refused.text
        # A renewal is not a new subscription.
        assert ask(server, f"{reader.url}/1").status_code == 202


def test_feeds_name_the_hub(push: Site) -> None:
    push.write({"config.yaml": CONFIG + "hubs: ['https://hub.example/']\nhub: true\n"})
    files = push.export()
    for name in ("all.rss", "all.atom"):
        assert files[name].count(b'rel="hub"') == 2
        assert f'href="{URL}/hub"'.encode() in files[name]
    assert [hub["url"] for hub in json.loads(files["all.json"])["hubs"]] == ["https://hub.example/", f"{URL}/hub"]
    with push.serve() as server:
        link = server.get("all.atom").headers["link"]
        assert f'<{URL}/hub>; rel="hub"' in link
        assert f'<{URL}/all.atom>; rel="self"' in link
    assert f"{URL}/hub".encode() not in push.write({"config.yaml": CONFIG + "hub: false\n"}).export()["all.atom"]


def test_without_a_hub_its_path_is_not_found(site: Site) -> None:
    with site.serve() as server:
        assert server.get("hub").status_code == 404
        assert server.client.post(f"{server.url}/hub", data={"hub.mode": "subscribe"}).status_code == 405
    assert "there is no `hub`" in site.run("hub", status=2).err
