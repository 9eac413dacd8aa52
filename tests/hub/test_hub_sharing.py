"""Several servers share a hub's subscriptions, and one is killed."""

import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from postgres import Cluster
from subscribers import Subscriber, free_port, subscriber
from support import REQUIRED, Server, Site, doc, until

URL = "https://feeds.example.org"
CONFIG = REQUIRED + "archives: false\npages: false\nhub: {allow: [127.0.0.0/8]}\n"


@pytest.fixture
def reader() -> Iterator[Subscriber]:
    with subscriber() as made:
        yield made


def subscribe(server: Server, reader: Subscriber, number: int) -> None:
    """Subscribe `number` callbacks, each at a host of its own."""
    port = reader.url.rpartition(":")[2]
    with httpx.Client(trust_env=False, timeout=60) as client:
        for each in range(number):
            fields = {"hub.mode": "subscribe", "hub.topic": f"{URL}/all.json", "hub.callback": f"http://127.0.0.1:{port}/{each}"}
            assert client.post(f"{server.url}/hub", data=fields).status_code == 202
    until(lambda: f"feeds_hub_subscriptions {number}.0" in server.get("metrics").text)


def test_two_servers_share_the_work_and_one_that_is_killed_loses_nothing(
    postgresql: Cluster, tmp_path: Path, reader: Subscriber
) -> None:
    url = postgresql.url()
    config = CONFIG + f"index: '{url}'\n"
    first, second = (Site(tmp_path / name) for name in ("first", "second"))
    for site in (first, second):
        site.write({"config.yaml": config, "articles/a.md": doc({})})
    with ExitStack() as running:
        one = running.enter_context(first.serve("--metrics"))
        two = running.enter_context(second.serve("--metrics", "--follow"))
        subscribe(two, reader, 200)
        assert "feeds_hub_subscriptions 200.0" in one.get("metrics").text
        # Each delivery is made once, by one of the servers.
        first.write({"articles/a.md": doc({"title": "Edited"})})
        until(lambda: len(reader.deliveries()) >= 200)
        until(lambda: "feeds_hub_pending 0.0" in one.get("metrics").text)
        assert set(Counter(each.path for each in reader.deliveries()).values()) == {1}
        # The second is killed while its deliveries are under way.
        reader.received.clear()
        reader.delay = 3.0
        first.write({"articles/a.md": doc({"title": "Edited again"})})
        until(lambda: len(reader.deliveries()) >= 16)
        two.process.send_signal(signal.SIGKILL)
        two.process.wait()
        reader.delay = 0.0
        until(lambda: is_idle(one))
        # As after half a minute: the claims of the killed server expire, and the other delivers.
        with postgresql.connect() as database:
            database.execute(f"update {url.rpartition('=')[2]}.deliveries set due = 0 where due is not null")
        until(lambda: "feeds_hub_pending 0.0" in one.get("metrics").text)
        times = Counter(each.path for each in reader.deliveries())
        assert len(times) == 200
        # Only deliveries in progress are repeated.
        assert sum(times.values()) <= 200 + 128
        assert max(times.values()) <= 2


def is_idle(server: Server) -> bool:
    """Whether a server has made no delivery for a while."""
    before = delivered(server)
    time.sleep(1)
    return delivered(server) == before


def delivered(server: Server) -> list[str]:
    return [line for line in server.get("metrics").text.splitlines() if line.startswith("feeds_hub_deliveries_total")]


def test_a_server_that_was_killed_delivers_after_its_start(tmp_path: Path, reader: Subscriber) -> None:
    site = Site(tmp_path).write({"config.yaml": CONFIG, "articles/a.md": doc({})})
    with site.serve("--metrics") as server:
        subscribe(server, reader, 60)
        reader.delay = 5.0
        site.write({"articles/a.md": doc({"title": "Edited"})})
        until(lambda: len(reader.deliveries()) >= 16)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
    reader.delay = 0.0
    # As after half a minute: the claims of the killed server expire.
    with sqlite3.connect(tmp_path / ".feeds/hub.db") as database:
        claimed = database.execute("update deliveries set due = 0 where due is not null").rowcount
    assert claimed == 60
    with site.serve("--metrics") as server:
        until(lambda: "feeds_hub_pending 0.0" in server.get("metrics").text)
    times = Counter(each.path for each in reader.deliveries())
    assert len(times) == 60
    assert sum(times.values()) <= 60 + 16


def test_a_hub_beside_a_static_site_fetches_announced_feeds(tmp_path: Path, reader: Subscriber) -> None:
    site = Site(tmp_path / "site").write({"articles/a.md": doc({})})
    (tmp_path / "www").mkdir()
    command = ["-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(tmp_path / "www")]
    with ExitStack() as running:
        requests = running.enter_context((tmp_path / "requests").open("w"))
        web = subprocess.Popen([sys.executable, "-u", *command], stdout=subprocess.PIPE, stderr=requests, text=True)
        running.callback(web.wait)
        running.callback(web.terminate)
        assert web.stdout is not None
        running.callback(web.stdout.close)
        found = re.search(r"port (\d+)", web.stdout.readline())
        assert found is not None
        url = f"http://127.0.0.1:{found[1]}"
        port = free_port()
        hub = f"http://127.0.0.1:{port}/hub"
        site.write({"config.yaml": CONFIG.replace(URL, url).replace("hub: {", f"hub: {{url: '{hub}', ")})
        server = running.enter_context(site.serve_with("-m", "feeds", "hub", "--port", port, "--metrics"))
        site.export("--ping", out=str(tmp_path / "out"))
        shutil.copytree(tmp_path / "out", tmp_path / "www", dirs_exist_ok=True)
        fields = {"hub.mode": "subscribe", "hub.topic": f"{url}/all.atom", "hub.callback": f"{reader.url}/me"}
        assert server.client.post(f"{server.url}/hub", data=fields).status_code == 202
        until(lambda: "feeds_hub_subscriptions 1.0" in server.get("metrics").text)
        site.write({"articles/b.md": doc({"title": "News"})})
        site.export(out=str(tmp_path / "out"))
        shutil.copytree(tmp_path / "out", tmp_path / "www", dirs_exist_ok=True)
        assert not reader.deliveries()
        site.export("--ping", out=str(tmp_path / "out"))
        until(reader.deliveries)
        [news] = reader.deliveries()
        assert news.body == (tmp_path / "www/all.atom").read_bytes()
        assert news.headers["link"] == f'<{hub}>; rel="hub", <{url}/all.atom>; rel="self"'
        # The media type that a static server sends.
        assert news.headers["content-type"] == httpx.get(f"{url}/all.atom", trust_env=False).headers["content-type"]
        # A false notice of a change delivers nothing, and repeated notices cause no repeated requests.
        before, began = (tmp_path / "requests").read_text().count("GET /all.atom"), time.monotonic()
        for _ in range(50):
            server.client.post(f"{server.url}/hub", data={"hub.mode": "publish", "hub.url": f"{url}/all.atom"})
        site.write({"articles/c.md": doc({"title": "More news"})})
        site.export(out=str(tmp_path / "out"))
        shutil.copytree(tmp_path / "out", tmp_path / "www", dirs_exist_ok=True)
        site.export("--ping", out=str(tmp_path / "out"))
        until(lambda: len(reader.deliveries()) == 2)
        fetched = (tmp_path / "requests").read_text().count("GET /all.atom") - before
        assert fetched <= (time.monotonic() - began) / 3 + 2
        assert b"More news" in reader.deliveries()[1].body
