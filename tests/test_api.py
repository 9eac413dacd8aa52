"""The Python API: the examples of docs/python.md, and the same bytes as the command."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import feedparser
import pytest
from support import ROOT, Site, environment

import feeds
from feeds.model import Person

MOMENT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
PAGE = (ROOT / "docs/python.md").read_text(encoding="utf-8")


def article(number: int, **more: Any) -> feeds.Article:
    given: dict[str, Any] = {
        "path": f"{number}.md",
        "id": f"tag:news.example,2026:{number}",
        "title": f"Story {number}",
        "published": MOMENT.replace(day=number),
        "updated": MOMENT.replace(day=number),
        "url": f"https://news.example/{number}",
        "body": "The **body**.",
    }
    return feeds.Article(**given | more)


def test_the_examples_of_the_documentation_run(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    shutil.copy(ROOT / "config.yaml", tmp_path)
    code = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))
    command = [sys.executable, "-W", "error", "-c", code]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0].startswith('application/atom+xml; charset=utf-8 "')
    assert lines[1].endswith(" True False")
    assert "What the tide took 2026-11-20 00:00:00+00:00" in lines
    assert any(line.startswith("1 ") or "undated.md" in line for line in lines)
    assert (tmp_path / "dist/all.rss").is_file()


def test_every_public_name_is_documented() -> None:
    for name in set(feeds.__all__) - {"__version__"}:
        assert getattr(feeds, name) is not None
        assert name in PAGE or name == "Problem", name
    # Untyped, since mypy refuses a missing name.
    untyped: Any = feeds
    with pytest.raises(AttributeError, match="nothing"):
        untyped.nothing()


def test_a_loaded_site_is_what_the_command_exports(tmp_path: Path) -> None:
    site = Site(tmp_path).configure()
    site.article("one", publishedDateTime="2026-11-20", topics=["Oceans"])
    exported = site.export()
    loaded = feeds.load(tmp_path / "config.yaml")
    assert isinstance(loaded, Mapping)
    assert set(loaded) == set(exported)
    assert len(loaded) == len(exported)
    assert {path: document.body for path, document in loaded.items()} == exported
    with pytest.raises(KeyError):
        loaded["nothing.rss"]


def test_a_site_in_memory_is_published_as_any_other(tmp_path: Path) -> None:
    articles = [article(1, topics=("Oceans", "Climate")), article(2, topics=("oceans",)), article(3, draft=True), article(30)]
    site = feeds.Site(articles, title="News", url="https://news.example", now=MOMENT, language="en", limit=1)
    assert [item["title"] for item in json.loads(site["all.json"].body)["items"]] == ["Story 2"]
    assert [entry.title for entry in feedparser.parse(site["topics/oceans/archive/2026-11.atom"].body).entries]
    assert b"Story 3" not in b"".join(document.body for document in site.values()), "a draft"
    assert b"Story 30" not in b"".join(document.body for document in site.values()), "scheduled"
    outcome = site.export(tmp_path / "out")
    written = {file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*") if file.is_file()}
    assert {path for path in written if not path.startswith(".feeds")} == set(site)
    assert outcome.written == len(site)
    assert site.export(tmp_path / "out").written == 0


def test_a_mounted_site_serves_and_changes_nothing_of_its_host(tmp_path: Path) -> None:
    site = Site(tmp_path).configure()
    site.article("one", publishedDateTime="2026-11-20")
    code = (
        "import gc, sys, time\n"
        "import feeds\n"
        "from starlette.applications import Starlette\n"
        "from starlette.routing import Mount\n"
        "from starlette.testclient import TestClient\n"
        "before = gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), sys.getswitchinterval()\n"
        "site = feeds.load('config.yaml')\n"
        "app = feeds.asgi(site)\n"
        "with TestClient(Starlette(routes=[Mount('/news', app)], lifespan=app.lifespan)) as client:\n"
        "    assert client.get('/news/all.json').json()['items'][0]['title'] == 'Title of one'\n"
        "    within = gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), sys.getswitchinterval()\n"
        "assert before == within, (before, within)\n"
        "try:\n"
        "    feeds.asgi(feeds.Site([], title='T', url='https://x.example'))\n"
        "except TypeError:\n"
        "    print('memory')\n"
    )
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (0, "memory\n"), ran.stderr


def test_a_site_in_memory_touches_no_file(tmp_path: Path) -> None:
    code = (
        "import feeds, datetime\n"
        "moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)\n"
        "article = feeds.Article(path='a', id='urn:a', title='A', published=moment, updated=moment)\n"
        "site = feeds.Site([article], title='${HOME} news', url='https://news.example')\n"
        "assert b'${HOME} news' in site['all.rss'].body\n"
        "len([document.body for document in site.values()])\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=tmp_path, env=environment(), check=True)
    assert not list(tmp_path.iterdir())


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(feeds.ConfigError, match=r"limt.*limit"):
        feeds.Site([], title="News", url="https://news.example", limt=3)


def test_a_document_is_read_or_every_mistake_is_named() -> None:
    read = feeds.parse(
        "---\ntitle: A &amp; B\npublishedDateTime: 2026-11-20\nwebUrl: /a\n---\n", "a.md", url="https://news.example"
    )
    assert (read.title, read.url) == ("A & B", "https://news.example/a")
    with pytest.raises(feeds.DocumentError) as caught:
        feeds.parse("---\ntitle: A\npublishedDateTime: soon\n---\n", "a.md")
    assert [(problem.path, problem.line, problem.field) for problem in caught.value.problems] == [
        ("a.md", 3, "publishedDateTime")
    ]
    with pytest.raises(feeds.DocumentError, match="front matter"):
        feeds.parse("no fields", "a.md")


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_a_feed_is_rendered(format: str) -> None:
    feed = feeds.Feed("tag:x,2026:all", "https://x.example/all", "T", "D", "https://x.example/", MOMENT, Person("P"))
    entry = feeds.Entry("tag:x,2026:1", "https://x.example/1", "One <b>", "S", "<p>C</p>", MOMENT, MOMENT)
    body = feeds.render(feed, [entry], format)
    if format == "json":
        assert json.loads(body)["items"][0]["title"] == "One <b>"
    else:
        parsed = feedparser.parse(body)
        assert not parsed.bozo
        assert parsed.entries[0].link == "https://x.example/1"
        assert parsed.entries[0].id == "tag:x,2026:1"
    with pytest.raises(ValueError, match="csv"):
        feeds.render(feed, [entry], "csv")
