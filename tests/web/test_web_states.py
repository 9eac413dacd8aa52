"""States: answers while documents change, and caching of documents that seldom change."""

import re
import threading
from pathlib import Path

import httpx
from support import REQUIRED, Server, Site, doc, until

VERSIONS = 5
PATHS = ("all.atom", "all.json", "topics/tides.rss", "topics/ports.atom", "topics/tides/index.html", "feeds.opml")
CODINGS = ("identity", "gzip", "br", "zstd")
CLIENTS = 6


def config(version: int) -> str:
    """A config with the version in every document, and articles of that version."""
    settings = REQUIRED.replace("title: Tidings", f"title: Tidings, description: Mark {version}, copyright: Mark {version}")
    return settings.replace("[articles]", f"[v{version}]")


def replace(site: Site, text: str) -> None:
    # In one step: a half-written file would be of two versions.
    site.write({"config.new": text})
    (site.folder / "config.new").replace(site.folder / "config.yaml")


class Client(threading.Thread):
    """A client that fetches one path after another in every coding, with its last ETag, and keeps all answers."""

    def __init__(self, server: Server, number: int, stop: threading.Event) -> None:
        super().__init__()
        self.answers: list[tuple[str, str, str | None, httpx.Response]] = []
        self._url, self._number, self._stopped = server.url, number, stop

    def run(self) -> None:
        known: dict[tuple[str, str], str] = {}
        turn = self._number
        with httpx.Client(trust_env=False, timeout=60) as client:
            while not self._stopped.is_set():
                turn += 1
                path, coding = PATHS[turn % len(PATHS)], CODINGS[turn // 5 % len(CODINGS)]
                etag = known.get((path, coding)) if turn % 3 else None
                headers = {"Accept-Encoding": coding} | ({"If-None-Match": etag} if etag else {})
                answer = client.get(f"{self._url}/{path}", headers=headers)
                known[path, coding] = answer.headers.get("etag", "")
                self.answers.append((path, coding, etag, answer))


def test_each_answer_under_load_is_of_one_state_and_states_never_go_back(site: Site) -> None:
    for version in range(VERSIONS):
        for number in range(8):
            front = {"title": f"Mark {version} story {number}", "webUrl": f"https://x.example/{number}", "topics": ["Tides"]}
            more = {"topics": ["Tides", "Ports"]} if number % 2 else {}
            site.write({f"v{version}/{number}.md": doc(front | more, f"Mark {version}. " * 200)})
    exported = []
    for version in range(VERSIONS):
        replace(site, config(version))
        exported.append(site.export(out=f"out{version}"))
    replace(site, config(0))
    stop = threading.Event()
    with site.serve("--log", "none") as server:
        clients = [Client(server, number * 7, stop) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            for version in range(VERSIONS):
                if version:
                    replace(site, config(version))
                until(lambda version=version: server.get("all.json").content == exported[version]["all.json"])
                # Each client sees each version.
                enough = max(len(client.answers) for client in clients) + 2 * len(PATHS)
                until(lambda enough=enough: all(len(client.answers) >= enough for client in clients))
        finally:
            stop.set()
            for client in clients:
                client.join()

    bodies: dict[tuple[str, str], bytes] = {}
    seen: set[int] = set()
    for client in clients:
        newest = 0
        for path, coding, etag, answer in client.answers:
            assert answer.status_code in (200, 304), (path, answer.status_code)
            if answer.status_code == 304:
                assert answer.headers["etag"] == etag
                continue
            states = [version for version in range(VERSIONS) if exported[version][path] == answer.content]
            assert states, f"{path} is of no state, or of several"
            # Documents that are equal in two states can be of either.
            assert states[-1] >= newest
            newest = max(newest, states[0])
            seen.update(states)
            assert bodies.setdefault((path, answer.headers["etag"]), answer.content) == answer.content
            assert answer.headers.get("content-encoding", "identity") == coding
    assert seen == set(range(VERSIONS))
    assert any(answer.status_code == 304 for client in clients for _, _, _, answer in client.answers)
    for path in {path for path, _ in bodies}:
        different = {body for (at, _), body in bodies.items() if at == path}
        assert len({etag for at, etag in bodies if at == path}) >= len(different)


def age(answer: httpx.Response) -> int:
    """The seconds that caches may keep an answer."""
    found = re.search(r"max-age=(\d+)", answer.headers["cache-control"])
    assert found
    return int(found[1])


def test_archives_of_past_months_are_cached_for_a_day_and_can_be_corrected(site: Site) -> None:
    months = {
        f"articles/{month}.md": doc({"title": f"Of {month}", "publishedDateTime": f"2026-{month:02}-05"}) for month in range(1, 5)
    }
    site.write(months | {"config.yaml": REQUIRED + "limit: 1\n"})
    paths = [path for path in site.export() if "/archive/" in path]
    past, current = "all/archive/2026-01.atom", "all/archive/2026-04.atom"
    assert {past, current} <= set(paths)
    with site.serve() as server:
        for path in paths:
            output = server.get(path).headers["cache-control"]
            assert "immutable" not in output
            assert "public" in output
        first = server.get(past)
        longest = max(age(server.get(path)) for path in ("all.atom", "all.rss", "all.json", current))
        assert age(first) >= max(86_400, 10 * longest)
        assert server.get(past, If_None_Match=first.headers["etag"]).status_code == 304
        corrected = months["articles/1.md"].replace("Of 1", "Corrected")
        (site.folder / "new").write_text(corrected)
        Path(site.folder / "new").replace(site.folder / "articles" / "1.md")
        until(lambda: b"Corrected" in server.get(past, If_None_Match=first.headers["etag"]).content)
        assert server.get(past).headers["etag"] != first.headers["etag"]
