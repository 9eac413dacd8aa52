"""Several servers share the index of one writer and serve the same."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import proxies
import pytest
from machine import needed
from postgres import Cluster
from support import Server, Site, doc, environment, tree, until

CONFIG = """\
site: {title: Tidings, url: "https://feeds.example.org", id: "tag:example.org,2026:tidings", language: en}
sources: [articles]
limit: 3
index: ${INDEX}
"""
FEEDS = [f"{group}.{format}" for group in ("all", "topics/sea", "topics/ice") for format in ("rss", "atom", "json")]


def article(number: int, title: str = "", **fields: object) -> dict[str, str]:
    output = {"title": title or f"Story {number}", "topics": ["Sea", "Ice"], "publishedDateTime": f"2026-01-{1 + number % 28:02}"}
    return {f"articles/{number:03}.md": doc(output | fields, f"Body {number} of {title}")}


class Machines:
    """Machines with the same config, each in its own folder; only the first has articles."""

    def __init__(self, folder: Path, index: str, running: ExitStack) -> None:
        # A file is shared only by processes of one machine.
        self.index = index.replace("sqlite:///", f"sqlite:///{folder}/")
        self.env = {"INDEX": self.index}
        self._folder = folder
        self._running = running
        self.writer = self.machine("writer").write(article(1) | article(2))

    def machine(self, name: str) -> Site:
        if "sqlite" in self.index:
            name = "writer"
        (self._folder / name).mkdir(exist_ok=True)
        return Site(self._folder / name).write({"config.yaml": CONFIG})

    def serve(self, name: str, *arguments: str) -> Server:
        return self._running.enter_context(self.machine(name).serve(*arguments, env=self.env))

    def fresh(self) -> dict[str, bytes]:
        """A fresh export of the writer's articles and ledger."""
        other = Site(self._folder / "fresh")
        shutil.rmtree(other.folder, ignore_errors=True)
        other.folder.mkdir()
        other.write({"config.yaml": CONFIG})
        shutil.copytree(self.writer.folder / "articles", other.folder / "articles")
        if (ledger := self.writer.folder / "feeds.ledger").exists():
            shutil.copy(ledger, other.folder)
        return other.export(env={"INDEX": "sqlite:///.feeds/index.db"})


@pytest.fixture
def machines(database_url: str, tmp_path: Path) -> Iterator[Machines]:
    with ExitStack() as running:
        yield Machines(tmp_path, database_url, running)


@pytest.fixture
def shared(postgresql: Cluster, tmp_path: Path) -> Iterator[Machines]:
    """Machines that share a PostgreSQL."""
    with ExitStack() as running:
        yield Machines(tmp_path, postgresql.url(), running)


def validators(server: Server) -> dict[str, tuple[str, str]]:
    """ETag and Last-Modified of every feed, once the server sends both."""
    answers = {path: server.get(path) for path in FEEDS}
    return {path: (answer.headers["etag"], answer.headers.get("last-modified", "")) for path, answer in answers.items()}


def settled(server: Server) -> bool:
    return all(moment for _, moment in validators(server).values())


def test_every_server_shows_what_the_writer_reads(machines: Machines) -> None:
    writer = machines.serve("writer")
    followers = [machines.serve("one", "--follow"), machines.serve("two", "--follow")]
    servers = [writer, *followers]
    for server in servers:
        assert server.titles() == ["Story 2", "Story 1"]
        until(lambda server=server: settled(server))
    before = validators(writer)
    assert all(validators(server) == before for server in followers)

    machines.writer.write(article(3, "Quite new", topics=["Sea"]))
    for server in servers:
        until(lambda server=server: "Quite new" in server.titles())
        until(lambda server=server: settled(server))
    after = validators(writer)
    assert all(validators(server) == after for server in followers)
    assert {path for path in FEEDS if before[path] != after[path]} == {path for path in FEEDS if "ice" not in path}

    (machines.writer.folder / "articles/003.md").unlink()
    # The writer may be the last to serve its change.
    for server in servers:
        until(lambda server=server: "Quite new" not in server.titles())
    # The notice of the withdrawal comes a moment later.
    until(lambda: all(server.get("all.rss").content == writer.get("all.rss").content for server in followers))
    assert b"Quite new" not in writer.get("all.rss").content


def test_no_server_serves_half_of_a_change(shared: Machines) -> None:
    shared.serve("writer")
    followers = [shared.serve("one", "--follow"), shared.serve("two", "--follow")]
    last = "Change 14"

    def watch(server: Server) -> list[dict[str, tuple[str, str]]]:
        """The state of all feeds, each time that the first feed had not changed while the others were fetched."""
        seen = []
        title = ""
        while title != last:
            answers = [server.get(f"topics/{topic}.json") for topic in ("sea", "ice", "sea")]
            if answers[0].headers["etag"] == answers[2].headers["etag"]:
                report = [(answer.json()["items"][0]["title"], answer.headers["etag"]) for answer in answers]
                seen.append({"sea": report[0], "ice": report[1]})
                title = report[0][0]
        return seen

    with ThreadPoolExecutor(2) as threads:
        watching = [threads.submit(watch, server) for server in followers]
        for number in range(15):
            shared.writer.write(article(5, f"Change {number}"))
            time.sleep(0.15)
        seen = [each for one in watching for each in one.result(120)]
    assert all(each["sea"][0] == each["ice"][0] for each in seen)
    for topic in ("sea", "ice"):
        etags: dict[str, set[str]] = {}
        for each in seen:
            etags.setdefault(each[topic][0], set()).add(each[topic][1])
        assert len(etags) > 1
        assert all(len(found) == 1 for found in etags.values()), "the same state has the same ETag on every server"


def picture(width: int) -> bytes:
    return b"GIF89a" + width.to_bytes(2, "little") * 2 + b"\0\0\0;"


def test_followers_serve_pictures_without_the_articles(shared: Machines) -> None:
    writer = shared.writer
    (writer.folder / "articles/map.gif").write_bytes(picture(3))
    writer.write({"articles/003.md": doc({"title": "Mapped", "published": True}, "![a map](map.gif)")})
    servers = [shared.serve("writer"), shared.serve("one", "--follow")]
    assert not (shared.machine("one").folder / "articles").exists()
    path = re.findall(rb"/(files/[^\"' ]*map[^\"' ]*gif)", servers[1].get("all.rss").content)[0].decode()
    for server in servers:
        assert server.get(path).content == picture(3)
    assert servers[0].get(path).headers["etag"] == servers[1].get(path).headers["etag"]
    (writer.folder / "articles/map.gif").write_bytes(picture(4))
    until(lambda: servers[1].get(path).content == picture(4))
    writer.write({"articles/003.md": doc({"title": "Mapped", "published": False}, "![a map](map.gif)")})
    for server in servers:
        until(lambda server=server: server.get(path).status_code in (404, 410))


def test_a_second_writer_waits_and_takes_over(shared: Machines) -> None:
    writer = shared.serve("writer")
    standby = shared.machine("standby").write(article(1) | article(2) | article(3))
    command = [sys.executable, "-m", "feeds", "serve", "--port", "0"]
    log = standby.folder / "standby.log"
    with log.open("wb") as out:
        second = subprocess.Popen(command, cwd=standby.folder, env=environment(shared.env), stdout=out, stderr=out)
    try:
        until(lambda: "another process writes the index: waiting" in log.read_text())
        assert "running on" not in log.read_text()
        # A command does not wait; it warns and uses the index as it is.
        ran = standby.run("list", env=shared.env)
        assert "another process writes the index" in ran.err
        assert re.search(r"^all +Tidings +2$", ran.out, re.M), ran.out
        assert writer.titles() == ["Story 2", "Story 1"]
        writer.process.send_signal(signal.SIGKILL)
        until(lambda: "running on" in log.read_text())
        address = re.search(r"running on (http://\S+)", log.read_text())
        assert address
        items = httpx.get(f"{address[1]}/all.json", trust_env=False).json()["items"]
        assert [item["title"] for item in items] == ["Story 3", "Story 2", "Story 1"]
    finally:
        second.terminate()
        second.wait(30)


def test_a_follower_waits_for_a_writer(shared: Machines) -> None:
    follower = shared.machine("follower")
    log = follower.folder / "follower.log"
    command = [sys.executable, "-m", "feeds", "serve", "--port", "0", "--follow"]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=follower.folder, env=environment(shared.env), stdout=out, stderr=out)
    try:
        until(lambda: "waiting for a writer" in log.read_text())
        shared.writer.run("export", env=shared.env)
        until(lambda: "running on" in log.read_text())
    finally:
        process.terminate()
        process.wait(30)


def test_an_index_that_is_deleted_and_filled_again_is_never_shown_empty(
    machines: Machines, request: pytest.FixtureRequest
) -> None:
    machines.writer.run("export", env=machines.env)
    follower = machines.serve("one", "--follow")
    assert follower.titles() == ["Story 2", "Story 1"]
    if "sqlite" in machines.index:
        shutil.rmtree(Path(machines.index.removeprefix("sqlite:///")).parent)
    else:
        cluster: Cluster = request.getfixturevalue("postgresql")
        with cluster.connect() as theirs:
            theirs.execute(f"drop schema {machines.index.rpartition('=')[2]} cascade")
    machines.writer.write({f"articles/{number}.md": "---\ntitle: [\n---\n" for number in range(200)})
    machines.writer.write(article(3, "After"))
    with machines.writer.running("export", env=machines.env) as export:
        while export.poll() is None:
            shown = shown_or_asked_again(follower)
            assert shown in (None, ["Story 2", "Story 1"]) or "After" in shown
    until(lambda: shown_or_asked_again(follower) == ["After", "Story 2", "Story 1"])


def test_a_writer_goes_on_with_a_database_that_was_emptied(shared: Machines, postgresql: Cluster) -> None:
    writer = shared.serve("writer")
    follower = shared.serve("one", "--follow")
    assert writer.titles() == follower.titles() == ["Story 2", "Story 1"]
    with postgresql.connect() as theirs:
        theirs.execute(f"drop schema {shared.index.rpartition('=')[2]} cascade")
    shared.writer.write(article(3, "After"))
    for server in (writer, follower):
        until(lambda server=server: shown_or_asked_again(server) == ["After", "Story 2", "Story 1"])


def shown_or_asked_again(server: Server) -> list[str] | None:
    """The titles that a server shows; None where it answers 503.

    It does for feeds that it had not rendered when the database was emptied.
    """
    answer = server.get("all.json")
    if answer.status_code == 503:
        assert "retry-after" in answer.headers
        return None
    return [item["title"] for item in answer.json()["items"]]


def killed(ran: "subprocess.Popen[bytes]", after: float) -> None:
    try:
        ran.wait(after)
    except subprocess.TimeoutExpired:
        ran.kill()
        ran.wait(30)


def test_the_next_writer_completes_the_work_of_a_killed_one(machines: Machines) -> None:
    for number in range(700):
        machines.writer.write(article(number, provider={"name": "P", "domain": f"p{number % 9}.example"}))
    command = [sys.executable, "-m", "feeds", "export"]
    # While it reads, renders or writes.
    for after in (0.5, 0.9, 1.3, 1.7, 2.1):
        process = subprocess.Popen(command, cwd=machines.writer.folder, env=environment(machines.env), stdout=subprocess.DEVNULL)
        killed(process, after)
        machines.writer.write(article(int(after * 10), "Changed meanwhile"))
    ran = machines.writer.run("export", env=machines.env)
    assert "another process" not in ran.err, "nobody left holds the writer's lock"
    assert tree(machines.writer.folder / "dist") == machines.fresh()


def test_postgresql_restarts(shared: Machines, postgresql: Cluster) -> None:
    # An article that is in no other feed.
    old = article(50, "Old", publishedDateTime="2020-01-01", topics=["Deep"])
    shared.writer.write(article(3) | article(4) | old)
    shared.serve("writer")
    follower = shared.serve("one", "--follow")
    before = follower.get("all.json")
    postgresql.stop()
    try:
        shared.writer.write(article(9, "While it was away"))
        again = follower.get("all.json")
        assert again.content == before.content
        assert again.headers["etag"] == before.headers["etag"]
        # A feed that was never requested can't be rendered now, but soon.
        unknown = follower.get("topics/deep.atom")
        assert unknown.status_code == 503
        assert int(unknown.headers["retry-after"]) > 0
        assert "127.0.0.1" not in unknown.text
    finally:
        postgresql.start()
    until(lambda: "While it was away" in follower.titles())
    assert follower.get("topics/deep.atom").status_code == 200
    assert follower.get("readyz").text == "ready\n"


DAMAGES: dict[str, Callable[[Path], object]] = {
    "deleted": lambda file: file.unlink(),
    "the folder deleted": lambda file: shutil.rmtree(file.parent),
    "cut": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "overwritten": lambda file: file.write_bytes(b"rubbish" * 1000),
    "emptied": lambda file: file.write_bytes(b""),
    "torn in the middle": lambda file: file.write_bytes(_torn(file.read_bytes())),
}


def _torn(data: bytes) -> bytes:
    return data[:8192] + bytes(255 - byte for byte in data[8192:-4096]) + data[-4096:]


@pytest.mark.parametrize("damage", DAMAGES)
def test_exports_do_not_depend_on_the_state_of_the_index(damage: str, tmp_path: Path) -> None:
    with ExitStack() as running:
        site = Machines(tmp_path, "sqlite:///.feeds/index.db", running)
        for number in range(40):
            site.writer.write(article(number, provider={"name": "P", "domain": f"p{number % 3}.example"}))
        fresh = site.fresh()
        assert site.writer.export(env=site.env) == fresh
        DAMAGES[damage](tmp_path / ".feeds/index.db")
        site.writer.write(article(5, "Corrected"))
        ran = site.writer.run("export", env=site.env)
        assert tree(site.writer.folder / "dist") == site.fresh()
        if damage in ("overwritten", "torn in the middle", "cut"):
            assert "damaged" in ran.err


def test_exports_are_the_same_with_every_index(machines: Machines) -> None:
    for number in range(40):
        machines.writer.write(article(number, provider={"name": "P", "domain": f"p{number % 3}.example"}))
    assert machines.writer.export(env=machines.env) == machines.fresh()
    machines.writer.write(article(5, "Other", topics=["Fire"], published=False))
    machines.writer.write(article(6, "Another", topics=["Fire"]))
    (machines.writer.folder / "articles/007.md").unlink()
    assert machines.writer.export(env=machines.env) == machines.fresh()
    unchanged = json.loads(machines.writer.run("export", "--json", env=machines.env).out)
    assert (unchanged["written"], unchanged["removed"]) == (0, 0)


def test_nginx_fails_over_to_the_next_server(postgresql: Cluster, tmp_path: Path) -> None:
    needed(proxies.NGINX, "nginx")
    with postgresql.connect() as theirs:
        theirs.execute("create role publisher login password 'secret'")
        theirs.execute("create database publisher owner publisher")
    place = postgresql.url("tidings").rpartition("@")[2].replace("/postgres?", "/publisher?")
    with ExitStack() as running:
        machines = Machines(tmp_path, f"postgresql://publisher:secret@{place}", running)
        machines.serve("writer")
        servers = [machines.serve("one", "--follow"), machines.serve("two", "--follow")]
        places = " ".join(f"server {server.url.removeprefix('http://')};" for server in servers)
        client = proxies.nginx(running, tmp_path, "nginx.conf", **{"server 127.0.0.1:8000;": places})
        whole = client.get("/all.rss")
        assert whole.status_code == 200
        servers[0].process.kill()
        servers[0].process.wait(30)
        # nginx has none of these paths in its cache.
        for path in FEEDS[1:]:
            answer = client.get(f"/{path}")
            assert (answer.status_code, answer.headers["x-cache"]) == (200, "MISS")
            assert answer.content == servers[1].get(path).content
            assert answer.headers["etag"].split("-")[0].strip('"') == servers[1].get(path).headers["etag"].split("-")[0].strip(
                '"'
            )
    with postgresql.connect() as theirs:
        theirs.execute("drop database publisher with (force)")
        theirs.execute("drop role publisher")
