"""Shared by the tests: a site in a folder, the command, a real server."""

import calendar
import io
import json
import os
import re
import subprocess
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import feedparser
import httpx
import yaml
from lxml import etree

ROOT = Path(__file__).parent.parent
NAMESPACES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "media": "http://search.yahoo.com/mrss/",
}
BASE = "https://feeds.example.org"
REQUIRED = f"""\
site: {{title: Tidings, url: "{BASE}", id: "tag:example.org,2026:tidings", language: en}}
sources: [articles]
"""
# Feeds alone: archives and pages have tests of their own.
CONFIG = REQUIRED + "archives: false\npages: false\n"
PATIENCE = 30.0


@dataclass(frozen=True)
class Result:
    """The result of a command: exit status and output."""

    status: int
    out: str
    err: str


@dataclass(frozen=True)
class Server:
    """A running server: its URL and process."""

    url: str
    client: httpx.Client
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str, **headers: str) -> httpx.Response:
        """GET a path; `_` in a header's name is `-`."""
        return self.client.get(f"{self.url}/{path}", headers={name.replace("_", "-"): value for name, value in headers.items()})

    def titles(self) -> list[str]:
        """The titles in all.json."""
        return [item["title"] for item in self.get("all.json").json()["items"]]


class Site:
    """A site in a folder, and the command run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, files: Mapping[str, str | bytes]) -> "Site":
        """Write files, by path from the site's folder; a text is written as UTF-8 with its line ends as they are."""
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return self

    def replace(self, files: Mapping[str, str | bytes]) -> None:
        """Write files as `write` does, each in one step: a server may read them at any moment."""
        for name, text in files.items():
            self.write({".new": text})
            (self.folder / ".new").replace(self.folder / name)

    def configure(self, **config: Any) -> "Site":
        """Write config.yaml: what every site needs and `config` over it; `site` adds to the site, and None takes away."""
        needed: dict[str, Any] = yaml.safe_load(REQUIRED)
        site = needed["site"] | config.pop("site", {})
        needed["site"] = {name: value for name, value in site.items() if value is not None}
        (self.folder / "articles").mkdir(parents=True, exist_ok=True)
        return self.write({"config.yaml": json.dumps(needed | config)})

    def article(self, name: str, **fields: Any) -> "Site":
        """Write `articles/<name>.md`; without a `webUrl` its address elsewhere is made of its name."""
        front = {"title": f"Title of {name}", "webUrl": f"https://news.example.com/{name}"} | fields
        return self.write({f"articles/{name}.md": doc(front, f"Text of {name}.\n")})

    def articles(self, moments: Iterable[datetime], **fields: Any) -> list[str]:
        """Write an article for each moment; their names, in the order of the moments."""
        names = []
        for number, published in enumerate(moments):
            names.append(f"a{number:04}")
            self.article(names[-1], publishedDateTime=published.isoformat(), **fields)
        return names

    def run(self, *arguments: str, status: int | None = 0, env: Mapping[str, str] | None = None) -> Result:
        """Run `feeds …` in the site's folder; `status` is the exit status it must have, None for any."""
        if "TEST_COMMANDS_IN_PROCESS" in os.environ:
            result = run_in_process(self.folder, arguments, environment(env))
        else:
            ran = subprocess.run(
                [sys.executable, "-m", "feeds", *arguments],
                cwd=self.folder,
                env=environment(env),
                capture_output=True,
                timeout=120,
                check=False,
            )
            result = Result(ran.returncode, ran.stdout.decode(), ran.stderr.decode())
        if status is not None:
            assert result.status == status, result
        return result

    def export(self, *arguments: str, out: str = "dist", env: Mapping[str, str] | None = None) -> dict[str, bytes]:
        """Export, and return the files of the folder."""
        self.run("export", "--out", out, *arguments, env=env)
        return tree(self.folder / out)

    def check(self, *arguments: str) -> dict[str, Any]:
        """The report of `feeds check --json`."""
        found: dict[str, Any] = json.loads(self.run("check", "--json", *arguments).out)
        return found

    def items(self, path: str = "all.json", *arguments: str) -> list[dict[str, Any]]:
        """The items of a JSON feed."""
        found: list[dict[str, Any]] = json.loads(self.run("show", path, *arguments).out)["items"]
        return found

    @contextmanager
    def running(self, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator["subprocess.Popen[bytes]"]:
        """`feeds …`, running in the site's folder; stopped in the end."""
        command = [sys.executable, "-m", "feeds", *arguments]
        with (self.folder / "running.log").open("wb") as log:
            process = subprocess.Popen(command, cwd=self.folder, env=environment(env), stdout=log, stderr=log)
            try:
                yield process
            finally:
                process.terminate()
                process.wait(PATIENCE)

    @contextmanager
    def serve(self, *arguments: str, env: Mapping[str, str] | None = None) -> Iterator[Server]:
        """A server of the site on a free port, ready to answer; stopped in the end."""
        with self.serve_with("-m", "feeds", "serve", "--port", "0", *arguments, env=env) as server:
            yield server

    @contextmanager
    def serve_with(self, *command: str, env: Mapping[str, str] | None = None) -> Iterator[Server]:
        """A server that `python …` starts in the site's folder, ready to answer; stopped in the end."""
        log = self.folder / "server.log"
        with log.open("wb") as stderr:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=self.folder,
                env=environment(env),
                stdout=stderr,
                stderr=stderr,
            )
            try:
                until(lambda: process.poll() is not None or "Uvicorn running on" in log.read_text())
                address = re.search(r"running on (http://\S+)", log.read_text())
                assert address, log.read_text()
                with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
                    yield Server(address[1], client, process, log)
            finally:
                process.terminate()
                process.wait(PATIENCE)


def run_in_process(folder: Path, arguments: tuple[str, ...], env: Mapping[str, str]) -> Result:
    """Run `feeds …` in this process, as tools/mutants.py needs it."""
    from feeds.cli import main
    from feeds.storage import sqlite

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    before = (sys.argv, dict(os.environ), set(sqlite.OPEN))
    status = 0
    with chdir(folder), redirect_stdout(out), redirect_stderr(err):
        try:
            sys.argv = ["feeds", *arguments]
            os.environ.clear()
            os.environ.update(env)
            main()
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        except Exception:
            traceback.print_exc()
            status = 1
        finally:
            for database in set(sqlite.OPEN) - before[2]:
                database.close()
            sys.argv = before[0]
            os.environ.clear()
            os.environ.update(before[1])
    texts = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return Result(status, *texts)


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of this process without the variables of Feeds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FEEDS")}
    return kept | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "200"} | dict(extra or {})


def until(true: Any) -> None:
    """Wait until `true()` is true; fail after a long while."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "waited long enough"
        time.sleep(0.03)


def doc(fields: Mapping[str, Any], body: str = "") -> str:
    """A document with front matter; values are written as JSON, which is YAML. Title and date are there unless given."""
    whole = {"title": "A title", "publishedDateTime": "2026-01-02T03:04:05Z"} | dict(fields)
    lines = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in whole.items())
    return f"---\n{lines}---\n{body}"


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below `folder` that a reader could fetch, by path; export's own records begin with a dot."""
    files = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files if not file.name.startswith(".")}


def xml(body: bytes) -> Any:
    """The root of an XML document, read strictly."""
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False))


def parsed(body: bytes) -> Any:
    """A feed as feedparser reads it, with unchanged HTML."""
    found = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    assert not found.bozo, found.bozo_exception
    return found


def link(feed: Any, rel: str) -> str | None:
    """The link `rel` of a feed read by feedparser. Fails where there are two."""
    found = [link.href for link in feed.feed.links if link.rel == rel]
    assert len(found) <= 1, found
    return found[0] if found else None


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """The paths that were added or removed, or whose bytes differ."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def moment(text: str) -> datetime:
    """A moment of RFC 3339."""
    return datetime.fromisoformat(text).astimezone(UTC)


def alternate(entry: Any) -> str | None:
    """The alternate link of an entry read by feedparser, whose `link` may be the id."""
    return next((link["href"] for link in entry.get("links", []) if link["rel"] == "alternate"), None)


# The values of items in any format: id, link, title, moment, authors, categories, content.
Items = list[tuple[str, str | None, str, datetime, list[str], list[str], str]]


def is_json_feed(path: str) -> bool:
    """Whether `path` is a feed; the pages' search index is JSON too."""
    return path.endswith(".json") and not path.startswith("assets/")


def json_items(body: bytes) -> Items:
    """The items of a JSON feed."""
    return [
        (
            item["id"],
            item.get("url"),
            item["title"],
            moment(item["date_published"]),
            [author["name"] for author in item["authors"]],
            item.get("tags", []),
            item["content_html"],
        )
        for item in json.loads(body)["items"]
    ]


def rss_items(body: bytes) -> Items:
    """The items of an RSS feed; feedparser would take some titles for HTML, so this reads the XML."""
    return [
        (
            item.findtext("guid"),
            item.findtext("link"),
            item.findtext("title"),
            parsedate_to_datetime(item.findtext("pubDate")),
            [creator.text for creator in item.findall("dc:creator", NAMESPACES)],
            [category.text for category in item.findall("category")],
            item.findtext("content:encoded", None, NAMESPACES),
        )
        for item in xml(body).iter("item")
    ]


def atom_items(body: bytes) -> Items:
    """The entries of an Atom feed, as feedparser reads them."""
    return [
        (
            entry.id,
            alternate(entry),
            entry.title,
            datetime.fromtimestamp(calendar.timegm(entry.published_parsed), UTC),
            [author["name"] for author in entry.authors],
            [tag["label"] for tag in entry.get("tags", [])],
            entry.content[0]["value"],
        )
        for entry in parsed(body).entries
    ]
