"""The index is a cache: its history and its state never change what is published."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from support import REQUIRED, Site, doc, environment, tree

from feeds.cli import app
from feeds.config import loader
from feeds.errors import LedgerError
from feeds.site.build import build

CONFIG = """\
site: {title: Tidings, url: "https://feeds.example.org", id: "tag:example.org,2026:tidings", language: en}
sources: [articles]
limit: 3
topics: {Sea: {parent: Water}, Ice: {parent: Water}}
providers: {a.example: {name: A of config}}
feeds: {best: {title: Best, minimum_quality: 50}, bees: {title: Bees, providers: [b.example/bee]}}
archives: [all, topic, provider]
sitemaps: [plain]
"""
WITH_LEDGER = CONFIG + "ledger: true\n"
TOPICS = ["Sea", "sea", "Ice", "Water", "Fire", "C++", "C"]
names = st.sampled_from(["a", "b", "c", "d", "sub/e", "sub/f"])
articles = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["One", "Two", "Three"]),
        "publishedDateTime": st.sampled_from(["2026-01-02", "2026-01-03", "2026-02-01", "2026-06-01"]),
        "topics": st.lists(st.sampled_from(TOPICS), max_size=3),
    },
    optional={
        "provider": st.sampled_from(
            [
                {"name": "A", "domain": "a.example"},
                {"name": "B", "domain": "b.example"},
                {"name": "b", "domain": "b.example", "images": [{"url": "https://b.example/b.png"}]},
                {"name": "Bee", "domain": "b.example", "images": [{"url": "https://b.example/bee.png"}]},
                {"name": "b  ee", "domain": "b.example"},
                {"domain": "b.example"},
            ]
        ),
        "category": st.sampled_from(["News", "news", "Views"]),
        "quality": st.sampled_from([10, 90]),
        "webUrl": st.sampled_from(["https://b.example/1", "https://c.example/2", "/here"]),
        "published": st.booleans(),
        "expiryDate": st.sampled_from(["2026-03-01", "2126-01-01"]),
        "images": st.just([{"url": "picture.png"}]),
    },
)


def run(folder: Path, out: str, *more: str) -> None:
    ran = invoke(folder, out, *more)
    assert ran.exit_code == 0, ran.output


def invoke(folder: Path, out: str, *more: str) -> Result:
    return CliRunner().invoke(app, ["export", "--config", str(folder / "config.yaml"), "--out", str(folder / out), *more])


class Editing(RuleBasedStateMachine):
    """Articles are added, changed and removed. After each step, an incremental export equals a fresh one."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.site = Site(self.folder)
        self.fields: dict[str, dict[str, Any]] = {}
        self.changed = True

    @initialize()
    def begin(self) -> None:
        self.site.write({"config.yaml": WITH_LEDGER, "articles/first.md": doc({"topics": ["Sea"]}, "Text")})

    @rule(name=names, fields=articles, text=st.sampled_from(["Text", "Text ![p](picture.png)"]))
    def save(self, name: str, fields: dict[str, Any], text: str) -> None:
        self.fields[name] = fields
        self.site.write({f"articles/{name}.md": doc(fields, text)})
        self.changed = True

    @rule(name=names, title=st.sampled_from(["One", "Two", "Three"]), text=st.sampled_from(["Text", "Other text"]))
    def reword(self, name: str, title: str, text: str) -> None:
        """Change only the text of an article."""
        if (fields := self.fields.get(name)) is not None:
            self.fields[name] = fields | {"title": title}
            self.site.write({f"articles/{name}.md": doc(self.fields[name], f"{text} ![p](picture.png)")})
            self.changed = True
            # Until another save would have another time, so that the stamp can be trusted.
            time.sleep(0.06)

    @rule()
    def export_elsewhere(self) -> None:
        """Export to another folder: the index is newer than the first folder."""
        self.export("elsewhere")

    @rule(name=names, title=st.sampled_from(["Four", "Five"]))
    def reword_twice(self, name: str, title: str) -> None:
        """Change an article twice; export the first change only to another folder."""
        self.reword(name, title, "Text")
        self.export("elsewhere")
        self.reword(name, title, "Other text")

    @rule(name=names)
    def remove(self, name: str) -> None:
        self.fields.pop(name, None)
        (self.folder / f"articles/{name}.md").unlink(missing_ok=True)
        self.changed = True

    @rule(name=names)
    def break_one(self, name: str) -> None:
        self.fields.pop(name, None)
        self.site.write({f"articles/{name}.md": "---\ntitle: [\n---\n"})
        self.changed = True

    @rule(width=st.sampled_from([None, 3, 4]))
    def picture(self, width: int | None) -> None:
        place = self.folder / "articles/picture.png"
        if width is None:
            place.unlink(missing_ok=True)
        else:
            place.write_bytes(b"GIF89a" + width.to_bytes(2, "little") * 2 + b"\0\0\0;")
        self.changed = True

    @rule(
        limit=st.sampled_from([1, 3, 10]),
        pages=st.sampled_from(["pages: false", "pages: true", "article_pages: all"]),
        minimum=st.sampled_from(["", "minimums: {provider: {quality: 50}}", "minimums: {topic: {quality: 50}}"]),
        withdrawn=st.sampled_from(["0", "30d"]),
    )
    def configure(self, limit: int, pages: str, minimum: str, withdrawn: str) -> None:
        more = f"limit: {limit}\n{pages}\nwithdrawn: {withdrawn}\n{minimum}"
        self.site.write({"config.yaml": WITH_LEDGER.replace("limit: 3", more)})
        self.changed = True

    @rule()
    def forget(self) -> None:
        shutil.rmtree(self.folder / ".feeds")

    @rule()
    def check_out_again(self) -> None:
        """Write the same bytes with another time, as git does."""
        for file in (self.folder / "articles").rglob("*.md"):
            os.utime(file, (1_700_000_000, 1_700_000_000))

    @rule(path=st.sampled_from(["all.rss", "index.html", "topics/sea.json", "feeds.opml", "assets/feed.css"]), cut=st.booleans())
    def harm(self, path: str, cut: bool) -> None:
        """Remove or change an exported file."""
        file = self.folder / "dist" / path
        if file.exists() and cut:
            file.write_bytes(file.read_bytes()[:100])
        else:
            file.unlink(missing_ok=True)

    @invariant()
    def same(self) -> None:
        if not (self.folder / "config.yaml").exists():
            return
        ledger = self.folder / "feeds.ledger"
        before = ledger.read_bytes() if ledger.exists() else b""
        if not self.export("dist"):
            before = b""
        # Notices of withdrawal have dates that only the first export knows.
        if "withdrawn: 0" not in (self.folder / "config.yaml").read_text():
            before = ledger.read_bytes()
        if self.changed:
            other = self.folder / "other"
            shutil.rmtree(other, ignore_errors=True)
            other.mkdir()
            for name in ("config.yaml", "articles"):
                (shutil.copytree if name == "articles" else shutil.copy)(self.folder / name, other / name)
            (other / "feeds.ledger").write_bytes(before)
            run(other, "dist")
            assert without_moments(other / "feeds.ledger") == without_moments(ledger)
            self.fresh = tree(other / "dist")
            self.changed = False
        assert tree(self.folder / "dist") == self.fresh

    def export(self, out: str) -> bool:
        """Export. Returns whether the ledger could match all articles; if not, starts a new one."""
        ran = invoke(self.folder, out)
        if ran.exit_code == 0:
            return True
        assert isinstance(ran.exception, LedgerError), ran.output
        assert "could be" in str(ran.exception)
        (self.folder / "feeds.ledger").unlink()
        run(self.folder, out)
        return False

    def teardown(self) -> None:
        shutil.rmtree(self.folder)


def without_moments(ledger: Path) -> str:
    return re.sub(r'"at":"[^"]*",', "", ledger.read_text())


TestEditing = Editing.TestCase
TestEditing.settings = settings(max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def many(site: Site, database_url: str) -> Site:
    return write_many(site, CONFIG + f"index: '{database_url}'\n")


def write_many(site: Site, config: str) -> Site:
    topics = ["Sea", "Ice", "Fire"]
    return site.write(
        {"config.yaml": config}
        | {
            f"articles/{number:03}.md": doc(
                {
                    "title": f"Story {number}",
                    "publishedDateTime": f"2026-0{1 + number % 6}-0{1 + number % 9}T00:00:{number % 60:02}Z",
                    "topics": [topics[number % 3]],
                    "provider": {"name": f"P{number % 7}", "domain": f"p{number % 7}.example"},
                    "published": number % 5 != 0,
                },
                f"Body {number}",
            )
            for number in range(450)
        }
    )


def test_one_process_and_several_export_the_same_with_every_database(many: Site) -> None:
    several = many.export(out="several")
    shutil.rmtree(many.folder / ".feeds", ignore_errors=True)
    many.write({"config.yaml": CONFIG})
    code = "import os; os.sched_getaffinity = lambda pid: {0}; from feeds.cli import main; main()"
    subprocess.run([sys.executable, "-c", code, "export", "--out", "one"], cwd=many.folder, env=environment(), check=True)
    assert tree(many.folder / "one") == several
    assert len([path for path in several if path.startswith("topics/sea/archive/")]) > 3


def test_two_processes_scan_many_folders_and_miss_no_change(site: Site) -> None:
    """More documents than one process scans alone."""
    text = doc({"title": "T", "publishedDateTime": "2026-01-02", "topics": ["Sea"], "published": False})
    site.write({f"articles/{number % 7}/{number % 2}/{number:04}.md": text for number in range(4200)})
    site.write(
        {"config.yaml": REQUIRED.replace("[articles]", "[articles, articles/3]"), "articles/3/0/0010.md": doc({"title": "3"})}
    )
    (site.folder / "articles/5/again.md").symlink_to(site.folder / "articles/3/0/0010.md")
    for file in (site.folder / "articles").rglob("*.md"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    before = site.run("check", "--json").out
    code = "import os; os.sched_getaffinity = lambda pid: {0}; from feeds.cli import main; main()"
    alone = [sys.executable, "-c", code, "check", "--json"]
    assert subprocess.run(alone, cwd=site.folder, env=environment(), check=True, capture_output=True, text=True).stdout == before
    site.export()
    for folder in (0, 3, 6):
        assert written(site.run("export", "--json")) == [0, 0]
        site.write({f"articles/{folder}/1/new.md": doc({"title": f"New {folder}", "publishedDateTime": "2026-02-02"})})
        assert f"New {folder}".encode() in site.export()["all.rss"]
        os.utime(site.folder / f"articles/{folder}/1/new.md", (1_700_000_000, 1_700_000_000))
        site.export()


def written(ran: Any) -> list[int]:
    report = json.loads(ran.out)
    return [report["written"], report["removed"]]


def test_one_change_writes_only_the_documents_that_contain_it(many: Site) -> None:
    before = many.export()
    assert written(many.run("export", "--json")) == [0, 0]
    many.write({"articles/007.md": doc({"title": "Quite new", "publishedDateTime": "2026-06-30", "topics": ["Fire"]})})
    after = many.export()
    changed = {path for path in after if before.get(path) != after[path]}
    assert {"topics/fire.atom", "topics/ice/archive/2026-02.atom"} <= changed
    assert not any(
        path.startswith(("topics/sea", "providers/p1.")) and path.endswith((".rss", ".atom", ".json")) for path in changed
    )
    assert b"Quite new" in after["topics/fire.atom"]
    assert b"Story 7<" not in after["all.rss"] + after["providers/p0.example.rss"]


# Writes down the files that Python opens to read, in every process.
WATCHED = """
import os, sys
log = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
def watch(event, args):
    if event == "open" and not (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_DIRECTORY):
        os.write(log, f"{args[0]}\\n".encode(errors="replace"))
sys.addaudithook(watch)
from feeds.cli import main
sys.argv = ["feeds", "export", *sys.argv[2:]]
main()
"""


def read_by_export(site: Site, *arguments: str, within: Path | None = None) -> set[str]:
    """The documents, and the files of earlier exports, that an export reads. It runs in the folder `within`."""
    working = within or site.folder
    log = site.folder / "opened.txt"
    log.unlink(missing_ok=True)
    command = [sys.executable, "-c", WATCHED, str(log), *arguments]
    subprocess.run(command, cwd=working, env=environment(), check=True, capture_output=True)
    opened = (working / line for line in log.read_text().splitlines())
    found = {path.relative_to(site.folder) for path in opened if path.is_relative_to(site.folder)}
    return {str(path) for path in found if path.parts[0] in ("articles", "dist") and not path.name.startswith(".feeds")}


def test_one_change_reads_one_document_and_no_exported_file(site: Site) -> None:
    write_many(site, CONFIG)
    assert len([path for path in read_by_export(site) if path.startswith("articles/")]) == 450
    time.sleep(0.1)
    for title in ("Reworded", "Reworded again"):
        site.write({"articles/007.md": doc({"title": title, "topics": ["Ice"]}, "Said")})
        time.sleep(0.1)
        assert read_by_export(site) == {"articles/007.md"}
    assert read_by_export(site) == set()


def test_many_changes_at_once_give_what_an_empty_index_gives(site: Site) -> None:
    """Enough changes for several processes to render."""
    write_many(site, CONFIG)
    site.export()
    for number in range(400):
        file = site.folder / f"articles/{number:03}.md"
        file.write_text(file.read_text().replace("Story", "Reworded story"))
    changed = site.export()
    assert any(b"Reworded story 7" in body for body in changed.values())
    shutil.rmtree(site.folder / ".feeds")
    assert changed == site.export(out="anew")


def test_an_index_does_not_depend_on_the_path_of_the_config(tmp_path: Path) -> None:
    site = Site(tmp_path / "here")
    write_many(site, CONFIG)
    site.write({"articles/000.md": doc({}, "![p](p.png)"), "articles/p.png": b"GIF89a\1\0\1\0\0\0;"})
    site.export()
    time.sleep(0.1)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert read_by_export(site, "--config", str(site.folder / "config.yaml"), within=elsewhere) == set()
    moved = Site(site.folder.rename(tmp_path / "moved"))
    # All but documents with local files, which are known by their absolute paths.
    assert {path for path in read_by_export(moved) if path.endswith(".md")} <= {"articles/000.md"}


def test_a_reworded_article_changes_only_the_documents_that_show_it(many: Site) -> None:
    """Its date and groups stay, so documents of other groups and months are not rendered again."""
    fields = {
        "title": "Reworded",
        "publishedDateTime": "2026-02-08T00:00:07Z",
        "topics": ["Ice"],
        "provider": {"name": "P0", "domain": "p0.example"},
        "published": True,
    }
    before = many.export()
    for text in ("Once", "Twice", "Thrice"):
        many.write({"articles/007.md": doc(fields, f"{text} said")})
        after = many.export()
        changed = {path for path in after if before.get(path) != after[path]}
        assert after.keys() == before.keys()
        assert {"topics/ice/archive/2026-02.rss", "providers/p0.example/archive/2026-02.json"} <= changed
        assert all(
            "2026-02" in path for path in changed if path.endswith((".rss", ".atom", ".json")) and not path.startswith("assets/")
        )
        assert f"{text} said".encode() in after["topics/ice/archive/2026-02.atom"]
        before = after
    assert many.export(out="anew") == after
    shutil.rmtree(many.folder / ".feeds", ignore_errors=True)
    assert many.export() == after


def test_the_next_export_completes_one_that_was_killed(many: Site) -> None:
    """The index is newer than the exported folder."""
    many.export()
    text = doc({"title": "Reworded", "publishedDateTime": "2026-02-08T00:00:07Z", "topics": ["Ice"]}, "First")
    many.write({"articles/007.md": text})
    many.export()
    many.write({"articles/007.md": text.replace("First", "Second")})
    many.run("list")
    assert b"Second" in many.export()["topics/ice/archive/2026-02.atom"]
    many.write({"articles/007.md": text.replace("First", "Third")})
    many.run("list")
    many.write({"articles/014.md": text.replace("First", "Fourth")})
    assert b"Third" in many.export()["topics/ice/archive/2026-02.atom"]


def test_a_half_filled_index_leaves_no_trace(site: Site) -> None:
    """An export is killed after it has indexed some documents; before the next, one is deleted and one withdrawn."""
    site.write({"config.yaml": CONFIG})
    texts = [doc({"title": f"T{number}", "publishedDateTime": "2026-01-02", "topics": ["Sea"]}) for number in range(6000)]
    site.write({f"articles/{number:04}.md": text for number, text in enumerate(texts)})
    index = site.folder / ".feeds" / "index.db"
    process = subprocess.Popen([sys.executable, "-m", "feeds", "export"], cwd=site.folder, env=environment())
    while not documents_in(index):
        assert process.poll() is None, "killed in time"
    process.kill()
    process.wait()
    assert documents_in(index) < 6000
    (site.folder / "articles/0000.md").unlink()
    site.write({"articles/0001.md": texts[1].replace("---", "---\npublished: false", 1)})
    after = site.export()
    shutil.rmtree(site.folder / ".feeds")
    assert after == site.export(out="anew")
    assert any(b">T2<" in body for body in after.values())
    assert not any(b">T0<" in body or b">T1<" in body for body in after.values())


def documents_in(index: Path) -> int:
    """The number of documents in the index, as another process sees it."""
    try:
        with closing(sqlite3.connect(f"file:{index}?mode=ro", uri=True)) as database:
            found: int = database.execute("select count(*) from documents").fetchone()[0]
            return found
    except sqlite3.Error:
        return 0


def test_a_kept_collection_follows_the_clock(site: Site, database_url: str) -> None:
    """Articles appear when they are due, and disappear when the clock is set back."""
    site.write({"config.yaml": CONFIG + f"index: '{database_url}'\n"})
    site.write({"articles/1.md": doc({"title": "Now", "publishedDateTime": "2026-01-01"})})
    site.write({"articles/2.md": doc({"title": "Later", "publishedDateTime": "2026-01-03"})})
    config = loader.load(site.folder / "config.yaml")
    for day, expected in ((2, ["Now"]), (2, ["Now"]), (3, ["Later", "Now"]), (4, ["Later", "Now"]), (2, ["Now"])):
        made = build(config, datetime(2026, 1, day, tzinfo=UTC))
        assert [article.title for article in made.site.collection.groups["all"].articles] == expected
        assert len(made.selection.scheduled) == 2 - len(expected)
        made.index.close()


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda file: file.write_bytes(b"no database at all" * 100), id="not a database"),
        pytest.param(lambda file: file.write_bytes(file.read_bytes()[:5000]), id="cut off"),
        pytest.param(lambda file: file.unlink(), id="gone"),
        pytest.param(lambda file: file.write_bytes(b""), id="empty"),
    ],
)
def test_a_damaged_index_is_rebuilt(site: Site, harm: Callable[[Path], None]) -> None:
    many = write_many(site, CONFIG)
    before = many.export()
    for rest in (many.folder / ".feeds").glob("index.db-*"):
        rest.unlink()
    harm(many.folder / ".feeds/index.db")
    many.write({"articles/007.md": doc({"title": "Quite new", "publishedDateTime": "2026-06-30"})})
    after = many.export()
    assert b"Quite new" in after["all.atom"]
    assert after.keys() == before.keys() | {path for path in after if "2026-06" in path}


def test_an_index_of_another_version_is_rebuilt(site: Site) -> None:
    many = write_many(site, CONFIG)
    before = many.export()
    with sqlite3.connect(many.folder / ".feeds/index.db") as database:
        database.execute("drop table documents")
        database.execute("create table documents (something text)")
        database.execute("update feeds_meta set value = 'another' where name <> 'generation'")
    database.close()
    (many.folder / ".feeds/index.db.seal").unlink()
    ran = many.run("export", "--out", "again")
    assert tree(many.folder / "again") == before
    assert "made anew" in ran.err


def test_compiled_templates_follow_their_sources_and_can_be_lost(site: Site) -> None:
    site.write({"config.yaml": REQUIRED + "templates: theme\n", "articles/1.md": doc({"title": "One", "topics": ["T"]})})
    extends = '{% extends "feeds/base.html" %}{% block masthead %}<p>WORD</p>{% endblock %}'
    for word in ("First", "Second"):
        site.write({"theme/base.html": extends.replace("WORD", word)})
        assert f"<p>{word}</p>".encode() in site.export()["topics/t/index.html"]
    expected = site.export()
    kept = list((site.folder / ".feeds/templates").iterdir())
    assert kept
    for damage in (b"", b"\x00" * 100):
        for file in kept:
            file.write_bytes(file.read_bytes()[:20] + damage)
        shutil.rmtree(site.folder / "dist")
        assert site.export() == expected
    shutil.rmtree(site.folder / ".feeds/templates")
    site.write({".feeds/templates": "no folder"})
    shutil.rmtree(site.folder / "dist")
    assert site.export() == expected
