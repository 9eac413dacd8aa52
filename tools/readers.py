"""What feed readers take from our three formats: the table of docs/readers.md.

    python tools/readers.py --node FOLDER        # FOLDER: where `npm install feedsmith rss-parser` was run

Makes a corpus with every field, exports it, lets each reader that is installed read it, and compares what it took with what the
documents say. Readers: feedparser and reader (PyPI), newsboat and sfeed (Debian), feedsmith and rss-parser (npm). What is not
installed is said. Exit status: 0, or 1 where a reader took something that is wrong.
"""

import argparse
import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

FORMATS = ("rss", "atom", "json")
COLUMNS = ("title", "link", "id", "date", "author", "text", "image", "categories", "file")
CONFIG = """\
site: {title: Every field, url: "https://feeds.example.org", id: "tag:example.org,2026:every", language: en}
sources: [articles]
groups: []
"""
ARTICLES = {
    "full.md": """\
---
id: tag:example.org,2026:full
title: "Every &#8220;field&#8221; &amp; more: R&D, 3 < 4, C++"
excerpt: Short & plain, with a <3
publishedDateTime: 2026-05-11T06:00:00+09:00
updatedDateTime: 2026-05-12T06:00:00Z
webUrl: https://courier.example/stories/full?a=1&b=2
locale: en_GB
category: Features & More
topics: [Sound, Computer Vision]
tags: [sea walls]
provider: {name: Courier, domain: courier.example, authors: [{name: Ann Author, url: "https://courier.example/ann"}, Bob B.]}
images:
  - {url: https://courier.example/lead.jpg, width: 1600, height: 900, title: The lead, attribution: Pia Photo}
  - {url: https://courier.example/second.jpg, width: 800, height: 600}
actions:
  - {url: https://courier.example/1.mp3, title: Listen, length: PT3M20S, size: 12345}
  - {url: https://courier.example/film.mp4, title: Watch, length: PT1H, size: 123456}
  - {url: https://courier.example/notes.pdf, title: Notes, size: 99}
related:
  - {title: Other coverage, webUrl: "https://other.example/1", provider: Other, publishedDateTime: 2026-05-10}
---
## Heading

The whole text, with `a < b` & a [link](../two).
""",
    "rtl.html": """\
---
title: "כותרת בעברית"
excerpt: קצר
publishedDateTime: 2026-05-10T00:00:00Z
webUrl: https://ivrit.example/2
locale: he
topics: Sound
provider: {name: עיתון, domain: ivrit.example}
images: https://ivrit.example/p.png
---
<p>The whole text, ובעברית.</p>
""",
    "bare.yaml": "title: Only a title\npublishedDateTime: 2026-05-09\nwebUrl: https://bare.example/3\n",
}
# What the documents say, newest first: a reader's value is right where it is one of these.
EXPECTED: list[dict[str, Any]] = [
    {
        "title": ["Every “field” & more: R&D, 3 < 4, C++"],
        "link": ["https://courier.example/stories/full?a=1&b=2"],
        "id": ["tag:example.org,2026:full"],
        "date": ["2026-05-10T21:00:00Z"],
        "author": ["Ann Author, Bob B."],
        "text": ["The whole text, with <code>a &lt; b</code> &amp; a "],
        "image": ["https://courier.example/lead.jpg"],
        "categories": ["Sound, Computer Vision, Features & More, sea walls"],
        "file": ["https://courier.example/1.mp3"],
    },
    {
        "title": ["כותרת בעברית"],
        "link": ["https://ivrit.example/2"],
        "id": ["https://ivrit.example/2"],
        "date": ["2026-05-10T00:00:00Z"],
        "author": ["עיתון"],
        "text": ["The whole text, ובעברית."],
        "image": ["https://ivrit.example/p.png"],
        "categories": ["Sound"],
        "file": [""],
    },
    {
        "title": ["Only a title"],
        "link": ["https://bare.example/3"],
        "id": ["https://bare.example/3"],
        "date": ["2026-05-09T00:00:00Z"],
        "author": ["Every field"],
        "text": ["Only a title"],
        "image": [""],
        "categories": [""],
        "file": [""],
    },
]
# What a reader that has room for less takes of it, and what the table then says.
LESS = {
    "Ann Author": "the first",
    "Bob B.": "the last",
    "https://courier.example/film.mp4": "the last",
    "sound, computer-vision, features-more, sea walls": "terms, not labels",
    "": "not taken",
}
# Fields for which a reader has no place of its own, whatever the feed.
NO_PLACE = {
    "feedparser": (),
    "reader": ("image", "categories"),
    "newsboat": ("image", "categories"),
    "sfeed": ("image",),
    "feedsmith": (),
    "rss-parser": ("image",),
}
NODE = """
const fs = require('fs');
const list = (values) => (values || []).filter(Boolean).join(', ');
(async () => {
  const [reader, format, file] = process.argv.slice(1);
  const text = fs.readFileSync(file, 'utf8');
  let items;
  if (reader === 'feedsmith') {
    const { parseFeed } = await import('feedsmith');
    const { feed } = parseFeed(text);
    items = (feed.items || feed.entries).map((item) => ({
      title: item.title.value || item.title,
      link: item.link || item.url || (item.links || []).filter((link) => link.rel === 'alternate').map((link) => link.href)[0],
      id: item.guid ? item.guid.value : item.id,
      date: item.pubDate || item.published || item.date_published,
      author: list(item.dc ? item.dc.creators : (item.authors || []).map((author) => author.name)),
      text: (item.content && (item.content.encoded || item.content.value)) || item.content_html,
      image: item.image || (item.media && item.media.thumbnails ? item.media.thumbnails[0].url : ''),
      categories: list(item.tags || (item.categories || []).map((category) => category.label || category.name || category.term)),
      file: list([(item.enclosures || item.attachments || (item.links || [])
        .filter((link) => link.rel === 'enclosure').map((link) => ({ url: link.href })) || []).map((each) => each.url)[0]]),
    }));
  } else {
    const Parser = require('rss-parser');
    const feed = await new Parser().parseString(text);
    items = feed.items.map((item) => ({
      title: item.title,
      link: item.link,
      id: item.guid || item.id,
      date: item.isoDate,
      author: item.creator || item.author,
      text: item['content:encoded'] || item.content,
      categories: list((item.categories || []).map((category) => category._ || category)),
      file: item.enclosure ? item.enclosure.url : '',
    }));
  }
  console.log(JSON.stringify(items));
})().catch((error) => { console.error(String(error)); process.exit(1); });
"""

Items = list[dict[str, Any]]


class NotInstalledError(Exception):
    """The reader is not on this machine."""


class NotReadError(Exception):
    """The reader does not know the format."""


def feedparser(file: Path, node: Path | None) -> Items:
    """Parse with feedparser, as most Python readers do."""
    try:
        import feedparser
    except ImportError as error:
        raise NotInstalledError from error
    parsed = feedparser.parse(str(file))
    if not parsed.version:
        raise NotReadError
    return [
        {
            "title": entry.title,
            "link": entry.link,
            "id": entry.id,
            "date": entry.published,
            "author": ", ".join(author.name for author in entry.authors),
            "text": entry.content[0].value,
            "image": entry.media_thumbnail[0]["url"] if "media_thumbnail" in entry else "",
            "categories": ", ".join(tag.label or tag.term for tag in entry.get("tags", ())),
            "file": entry.enclosures[0].href if entry.enclosures else "",
        }
        for entry in parsed.entries
    ]


def reader(file: Path, node: Path | None) -> Items:
    """Store and ask with reader, a library that readers are built on."""
    try:
        from reader import make_reader
    except ImportError as error:
        raise NotInstalledError from error
    with contextlib.closing(make_reader(":memory:", feed_root=str(file.parent))) as store:
        store.add_feed(file.name)
        store.update_feeds()
        return [
            {
                "title": entry.title,
                "link": entry.link,
                "id": entry.id,
                "date": entry.published.isoformat() if entry.published else "",
                "author": entry.authors_str,
                "text": next((content.value for content in entry.content), ""),
                "file": entry.enclosures[0].href if entry.enclosures else "",
            }
            for entry in sorted(store.get_entries(), key=lambda entry: str(entry.published), reverse=True)
        ]


def newsboat(file: Path, node: Path | None) -> Items:
    """Reload in newsboat, and look into its cache."""
    if not shutil.which("newsboat"):
        raise NotInstalledError
    if file.suffix == ".json":
        raise NotReadError
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "urls").write_text(file.resolve().as_uri() + "\n", encoding="utf-8")
        options = ["-u", f"{folder}/urls", "-c", f"{folder}/cache.db", "-C", "/dev/null"]
        subprocess.run(["newsboat", *options, "-x", "reload"], check=True, capture_output=True, timeout=60)
        with contextlib.closing(sqlite3.connect(f"{folder}/cache.db")) as cache:
            rows = cache.execute(
                "select title, url, guid, pubDate, author, content, enclosure_url from rss_item order by pubDate desc"
            )
            names = ("title", "link", "id", "date", "author", "text", "file")
            return [dict(zip(names, row, strict=True)) for row in rows]


def sfeed(file: Path, node: Path | None) -> Items:
    """Convert with sfeed to its lines of fields."""
    if not shutil.which("sfeed"):
        raise NotInstalledError
    if file.suffix == ".json":
        raise NotReadError
    with file.open("rb") as opened:
        lines = subprocess.run(["sfeed"], stdin=opened, check=True, capture_output=True, timeout=60).stdout.decode().splitlines()
    names = ("date", "title", "link", "text", "", "id", "author", "file", "categories")
    items = [dict(zip(names, line.split("\t"), strict=True)) for line in lines]
    for item in items:
        item["categories"] = item["categories"].replace("|", ", ")
    return sorted(items, key=lambda item: -int(item["date"]))


def _node(name: str) -> Callable[[Path, Path | None], Items]:
    def read(file: Path, node: Path | None) -> Items:
        if node is None or not shutil.which("node") or not (node / "node_modules" / name).is_dir():
            raise NotInstalledError
        if name == "rss-parser" and file.suffix == ".json":
            raise NotReadError
        command = ["node", "-e", NODE, name, file.suffix, str(file.resolve())]
        found: Items = json.loads(subprocess.run(command, cwd=node, check=True, capture_output=True, timeout=60).stdout)
        return found

    return read


READERS: dict[str, Callable[[Path, Path | None], Items]] = {
    "feedparser": feedparser,
    "reader": reader,
    "newsboat": newsboat,
    "sfeed": sfeed,
    "feedsmith": _node("feedsmith"),
    "rss-parser": _node("rss-parser"),
}


def main() -> int:
    """Print the table, a row per reader and format."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--node", type=Path, help="a folder whose node_modules hold feedsmith and rss-parser")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    missing: list[str] = []
    wrong: list[str] = []
    print(f"| reader | format | {' | '.join(COLUMNS)} |")
    print(f"| --- | --- |{' --- |' * len(COLUMNS)}")
    with tempfile.TemporaryDirectory() as folder:
        _export(Path(folder))
        for name, read in READERS.items():
            for format in FORMATS:
                try:
                    items = read(Path(folder) / "out" / f"all.{format}", given.node)
                except NotInstalledError:
                    missing.append(name)
                    break
                except NotReadError:
                    print(f"| {name} | {format} |{' not read |' * len(COLUMNS)}")
                    continue
                cells = [_cell(name, column, items) for column in COLUMNS]
                print(f"| {name} | {format} | {' | '.join(cells)} |")
                wrong += [
                    f"{name}, {format}: {column}: {cell}" for column, cell in zip(COLUMNS, cells, strict=True) if "≠" in cell
                ]
    for name in missing:
        print(f"not installed: {name}", file=sys.stderr)
    for cell in wrong:
        print(cell, file=sys.stderr)
    return 1 if wrong else 0


def _export(folder: Path) -> None:
    (folder / "articles").mkdir()
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    for name, text in ARTICLES.items():
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "feeds", "export", "--config", "config.yaml", "--out", "out"]
    root = Path(__file__).parent.parent
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"})


def _cell(name: str, column: str, items: Items) -> str:
    if len(items) != len(EXPECTED):
        return f"≠ {len(items)} items"
    if column in NO_PLACE[name]:
        shown = column == "image" and all(
            expected["image"][0] in item["text"] for expected, item in zip(EXPECTED, items, strict=True)
        )
        return "in the text" if shown else "no place"
    for found, expected in zip((_value(column, item) for item in items), EXPECTED, strict=True):
        right = any(each in found for each in expected[column]) if column == "text" else found in expected[column]
        if not right:
            return LESS.get(found, f"≠ {found}")
    return "✓"


def _value(column: str, item: dict[str, Any]) -> str:
    found = str(item.get(column) or "").strip()
    return _moment(found) if column == "date" else found


def _moment(text: str) -> str:
    """The moment in whatever form the reader keeps it, as RFC 3339 in UTC."""
    if text.isdigit():
        moment = datetime.fromtimestamp(int(text), UTC)
    elif "," in text:
        moment = parsedate_to_datetime(text)
    else:
        moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


if __name__ == "__main__":
    sys.exit(main())
