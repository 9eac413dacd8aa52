"""A site in a folder: articles written as an editor would, exported by the command."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import feedparser
import yaml

BASE = "https://feeds.example.org"
CONFIG: dict[str, Any] = {
    "site": {"title": "Tidings", "url": BASE, "id": "tag:example.org,2026:tidings", "language": "en"},
    "sources": ["articles"],
}


class SmallSite:
    """Articles, a config and what `feeds export` made of them."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.folder = folder
        (folder / "articles").mkdir(parents=True)
        self.configure(**config)

    def configure(self, **config: Any) -> None:
        """Write config.yaml: what every site here has, and `config` over it; `site` adds to the site."""
        site = {name: value for name, value in (CONFIG["site"] | config.pop("site", {})).items() if value is not None}
        (self.folder / "config.yaml").write_text(json.dumps(CONFIG | {"site": site} | config), encoding="utf-8")

    def write(self, name: str, **fields: Any) -> None:
        """Write one article; without a `webUrl` its address elsewhere is made from its name."""
        front = {"title": f"Title of {name}", "webUrl": f"https://news.example.com/{name}"} | fields
        text = yaml.safe_dump(front, allow_unicode=True)
        (self.folder / "articles" / f"{name}.md").write_text(f"---\n{text}---\nText of {name}.\n", encoding="utf-8")

    def write_at(self, moments: Iterable[datetime], **fields: Any) -> list[str]:
        """Write an article for each moment; the names, in the order of the moments."""
        names = []
        for number, moment in enumerate(moments):
            names.append(f"a{number:04}")
            self.write(names[-1], publishedDateTime=moment.isoformat(), **fields)
        return names

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command `feeds`."""
        command = [sys.executable, "-m", "feeds", *arguments, "--config", str(self.folder / "config.yaml")]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    def export(self, *arguments: str) -> dict[str, bytes]:
        """Every file that an export leaves, by its path."""
        out = self.folder / "out"
        done = self.run("export", "--out", str(out), *arguments)
        assert done.returncode == 0, done.stderr
        found = (file for file in out.rglob("*") if file.is_file() and not file.name.startswith("."))
        return {file.relative_to(out).as_posix(): file.read_bytes() for file in found}


def feed(body: bytes) -> Any:
    """What feedparser, which we did not write, reads in an RSS or Atom document."""
    parsed = feedparser.parse(body)
    assert not parsed.bozo, parsed.bozo_exception
    return parsed


def link(parsed: Any, rel: str) -> str | None:
    """Where the feed's link `rel` leads; there must not be two."""
    found = [link.href for link in parsed.feed.links if link.rel == rel]
    assert len(found) <= 1, found
    return found[0] if found else None


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> set[str]:
    """The paths whose bytes differ, that came, or that went."""
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
