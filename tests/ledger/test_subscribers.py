"""Changes of articles over HTTP, with the `reader` library as subscriber, who never sees an article twice."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import postgres
from feed_reader import Subscriber, free_port
from support import REQUIRED, Server, Site, doc, until

KINDS = {
    "external": {"webUrl": "https://elsewhere.example/story"},
    "rooted": {"webUrl": "/stories/rooted/"},
    "plain": {},
    "given": {"id": "1234"},
    "tag": {"id": "tag:example.org,2026:tag"},
}
CONFIG = REQUIRED.replace(', id: "tag:example.org,2026:tidings"', "")
FORMATS = ("rss", "atom", "json")


def write(site: Site, name: str, place: str = "", **more: object) -> None:
    fields = {"title": f"Of {name}", "publishedDateTime": "2026-03-01", "topics": ["Sea"], **KINDS.get(name, {}), **more}
    text = f"The words of {name}: a text which is long enough to be known again wherever it is found."
    site.write({f"articles/{place or name}.md": doc(fields, text)})


def change(site: Site, pattern: str, to: str) -> None:
    for file in sorted((site.folder / "articles").rglob("*.md")):
        file.write_text(re.sub(pattern, to, file.read_text()))


def test_subscribers_never_see_an_article_twice(site: Site, postgresql: postgres.Cluster) -> None:
    port = free_port()

    @contextmanager
    def served() -> Iterator[Server]:
        with site.serve("--port", str(port)) as server:
            yield server

    site.write({"config.yaml": CONFIG.replace("https:", "http:")})
    for name in KINDS:
        write(site, name)
    subscriber = Subscriber(*(f"http://127.0.0.1:{port}/all.{format}" for format in FORMATS))
    count = len(KINDS)
    gone: set[str] = set()

    def look(server: Server, *new: str, sign: str) -> None:
        """Update the reader once the server shows `sign`: only `new` is unread, and nothing is there twice."""
        until(lambda: sign in server.get("all.json").text)
        assert subscriber.visit() == [set(new)] * len(FORMATS)
        for feed in subscriber.feeds:
            shelf = subscriber.shelf(feed)
            assert len(shelf) == count, shelf
            for title, text in shelf.values():
                assert not [name for name in gone if f"Of {name}" in title or f"words of {name}" in text or f"/{name}" in text]
            assert sum(title == "Withdrawn" for title, _ in shelf.values()) == len(gone)

    with served() as server:
        look(server, *(f"Of {name}" for name in KINDS), sign="Of tag")
        change(site, "a text", "a corrected text")
        look(server, sign="words of plain: a corrected")
        # Every document gets another name, then another folder, each with a correction.
        for file in (site.folder / "articles").iterdir():
            file.rename(file.with_name(f"2026-{file.name}"))
        change(site, "topics:", "excerpt: Renamed\ntopics:")
        look(server, sign='"summary":"Renamed"')
        (site.folder / "articles/later").mkdir()
        for file in (site.folder / "articles").glob("*.md"):
            file.rename(site.folder / "articles/later" / file.name)
        change(site, "Renamed", "Moved")
        look(server, sign='"summary":"Moved"')
        change(site, "https://elsewhere.example/story", "https://moved.example/story")
        change(site, "/stories/rooted/", "/tales/rooted/")
        look(server, sign="https://moved.example/story")
        # The server is killed at any moment: before it sees a change, or while it reads one.
        change(site, r"\bOf\b", "About")
        server.process.kill()
    with served() as server:
        look(server, sign="About plain")
        change(site, r"\bAbout\b", "Of")
        look(server, sign="Of plain")
        gone = {"plain", "external"}
        plain, external = (site.folder / f"articles/later/2026-{name}.md" for name in ("plain", "external"))
        saved = plain.read_text()
        plain.unlink()
        external.write_text(external.read_text().replace("topics:", "removed: true\ntopics:"))
        until(lambda: server.get("all.json").text.count("Withdrawn") == 2)
        look(server, sign="Withdrawn")
    shutil.rmtree(site.folder / ".feeds")
    with served() as server:
        look(server, sign="Withdrawn")
        gone = {"external"}
        plain.write_text(saved)
        look(server, sign="Of plain")
        due = datetime.now(UTC) + timedelta(seconds=5)
        write(site, "soon", publishedDateTime=due.strftime("%Y-%m-%dT%H:%M:%SZ"))
        write(site, "draft", published=False)
        look(server, sign="Of plain")
        count += 1
        look(server, "Of soon", sign="Of soon")
        site.write({"config.yaml": CONFIG})
        look(server, sign="https://feeds.example.org/tales/rooted/")
        elsewhere = CONFIG.replace("https://feeds.example.org", "https://another.example/news")
        site.write({"config.yaml": elsewhere})
        look(server, sign="https://another.example/news/tales/rooted/")
    site.write({"config.yaml": elsewhere + f"index: '{postgresql.url()}'\n"})
    with served() as server:
        look(server, sign="https://another.example/news/tales/rooted/")
        change(site, "Moved", "Once more")
        look(server, sign='"summary":"Once more"')
