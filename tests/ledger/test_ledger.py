"""The identity ledger: an article keeps its first published identity, whatever happens to its document."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable

import feedparser
import pytest
from support import CONFIG, Site, doc, environment, tree

KINDS = {
    "external": {"webUrl": "https://elsewhere.example/story"},
    "rooted": {"webUrl": "/stories/rooted/"},
    "none": {},
    "given": {"id": "1234"},
    "tag": {"id": "tag:example.org,2026:tag"},
}
PLAIN = CONFIG.replace(', id: "tag:example.org,2026:tidings"', "")


def text(name: str) -> str:
    return f"This is the whole text of the article {name}, which is as long as that of other articles is."


@pytest.fixture
def site(site: Site) -> Site:
    """A site with an identity ledger and no articles yet."""
    return site.write({"config.yaml": CONFIG})


def write(site: Site, folder: str = "articles", ending: str = "", **more: object) -> None:
    for name, fields in KINDS.items():
        given = {"title": f"Of {name}", "publishedDateTime": "2026-03-01", "topics": ["Sea"]}
        site.write({f"{folder}/{name}{ending}.md": doc({**given, **fields, **more}, text(name))})


def ids(site: Site, *arguments: str) -> dict[str, str]:
    """The identities of all articles, by title. Fails where formats or feeds differ."""
    feeds = site.export(*arguments)
    found = {item["title"]: item["id"] for item in json.loads(feeds["all.json"])["items"]}
    for path in ("all", "topics/sea"):
        for format in ("rss", "atom"):
            parsed = feedparser.parse(feeds[f"{path}.{format}"])
            assert {entry.title: entry.id for entry in parsed.entries} == found
    return found


def move(site: Site) -> None:
    shutil.rmtree(site.folder / "articles")
    write(site, "articles/2026", "-renamed")


def spell(site: Site) -> None:
    (site.folder / "articles").rename(site.folder / "texts")
    site.write({"config.yaml": PLAIN.replace("[articles]", "[texts]")})


def address(site: Site) -> None:
    for name in KINDS:
        file = site.folder / f"articles/{name}.md"
        file.write_text(file.read_text().replace("/story", "/moved").replace("/stories/rooted/", "/moved/"))


def domain(site: Site) -> None:
    site.write({"config.yaml": PLAIN.replace("https://feeds.example.org", "http://elsewhere.example/news")})


def correct(site: Site) -> None:
    shutil.rmtree(site.folder / "articles")
    write(site, publishedDateTime="2026-03-02", excerpt="Something new")


def retitle(site: Site) -> None:
    for file in (site.folder / "articles").iterdir():
        file.write_text(file.read_text().replace("Of ", "About "))


@pytest.mark.parametrize("change", [move, spell, address, domain, correct, retitle], ids=lambda change: change.__name__)
def test_an_article_keeps_its_identity(site: Site, change: Callable[[Site], None]) -> None:
    site.write({"config.yaml": PLAIN})
    write(site)
    before = ids(site)
    change(site)
    after = ids(site)
    assert sorted(after.values()) == sorted(before.values())
    if change is not retitle:
        assert after == before
    # The ledger alone decides, on any machine.
    exported = tree(site.folder / "dist")
    shutil.rmtree(site.folder / ".feeds")
    assert site.export(out="other") == exported


def test_one_change_after_the_other(site: Site) -> None:
    site.write({"config.yaml": PLAIN})
    write(site)
    before = ids(site)
    for change in (retitle, address, domain):
        change(site)
        assert sorted(ids(site).values()) == sorted(before.values()), change
    ledger = (site.folder / "feeds.ledger").read_text()
    assert ledger.count("\n") == len(KINDS)


def test_a_document_that_could_not_be_read_for_a_while(site: Site) -> None:
    site.write({"config.yaml": PLAIN})
    write(site)
    before = ids(site)
    for command in ("export", "check"):
        saved = {file: file.read_text() for file in (site.folder / "articles").iterdir()}
        for file in saved:
            file.write_text("")
        # The export is refused, since no article is left.
        site.run(command, status=2 if command == "export" else 0)
        for file, whole in saved.items():
            file.write_text(whole.replace("example/story", "example/other").replace("/stories/", "/tales/"))
        assert ids(site) == before


def test_a_new_article_is_never_taken_for_an_old_one(site: Site) -> None:
    write(site)
    before = ids(site)
    (site.folder / "articles/none.md").rename(site.folder / "articles/old.md")
    site.write({"articles/none.md": doc({"title": "New", "publishedDateTime": "2026-04-01", "topics": ["Sea"]}, "Short")})
    after = ids(site)
    assert {title: after[title] for title in before} == before
    assert after["New"] not in before.values()
    assert ids(site) == after
    shutil.rmtree(site.folder / ".feeds")
    assert ids(site, "--overwrite") == after


def test_files_that_change_their_names(site: Site) -> None:
    for name in "abc":
        fields = {"title": name, "publishedDateTime": f"2026-03-0{'abc'.index(name) + 1}", "topics": ["Sea"]}
        site.write({f"articles/{name}.md": doc(fields, text(name))})
    before = ids(site)
    for one, other in (("c", "d"), ("b", "c"), ("a", "b")):
        (site.folder / f"articles/{one}.md").rename(site.folder / f"articles/{other}.md")
    site.write({"articles/a.md": doc({"title": "new", "publishedDateTime": "2026-03-09", "topics": ["Sea"]}, text("new"))})
    after = ids(site)
    assert {name: after[name] for name in "abc"} == before
    assert after["new"] not in before.values()


def test_articles_that_could_have_the_same_identity_are_an_error_that_names_both(site: Site) -> None:
    write(site)
    before = ids(site)
    exported, ledger = tree(site.folder / "dist"), (site.folder / "feeds.ledger").read_bytes()
    (site.folder / "articles/none.md").unlink()
    for name in ("one", "two"):
        fields = {"title": name, "publishedDateTime": "2026-05-05", "topics": ["Sea"]}
        site.write({f"articles/{name}.md": doc(fields, text("none"))})
    for _ in range(2):
        ran = site.run("export", status=2)
        assert "articles/one.md" in ran.err
        assert "articles/two.md" in ran.err
        assert before["Of none"] in ran.err
        assert (tree(site.folder / "dist"), (site.folder / "feeds.ledger").read_bytes()) == (exported, ledger)
    # The advice helps.
    fields = {"title": "one", "publishedDateTime": "2026-05-05", "topics": ["Sea"], "id": before["Of none"]}
    site.write({"articles/one.md": doc(fields, text("none"))})
    after = ids(site)
    assert after["one"] == before["Of none"]
    assert after["two"] not in before.values()


def test_only_what_is_published_is_in_the_ledger(site: Site) -> None:
    write(site)
    site.write(
        {
            "articles/draft.md": doc({"title": "Secret", "publishedDateTime": "2026-03-01", "published": False}),
            "articles/later.md": doc({"title": "Later", "publishedDateTime": "2126-03-01"}),
        }
    )
    site.run("check")
    site.run("show", "all.atom")
    site.run("export", "--drafts")
    assert not (site.folder / "feeds.ledger").exists()
    site.export()
    ledger = (site.folder / "feeds.ledger").read_text()
    assert ledger.count("\n") == len(KINDS)
    assert "Secret" not in ledger
    assert "Later" not in ledger
    site.run("export", "--base-url", "https://test.example", "--out", "test")
    site.run("export", "--source", "articles", "--out", "test")
    assert (site.folder / "feeds.ledger").read_text() == ledger


def test_a_site_without_a_ledger(site: Site) -> None:
    site.write({"config.yaml": CONFIG + "ledger: false\n"})
    write(site)
    site.export()
    site.write({"config.yaml": CONFIG + "ledger: state/ours.txt\n"})
    (site.folder / "state").mkdir()
    site.export()
    assert not (site.folder / "feeds.ledger").exists()
    assert (site.folder / "state/ours.txt").read_text().count("\n") == len(KINDS)


def test_a_ledger_that_can_not_be_written_stops_nothing(site: Site) -> None:
    site.write({"config.yaml": CONFIG + "ledger: absent/feeds.ledger\n"})
    write(site)
    ran = site.run("export")
    assert ran.err.count("absent/feeds.ledger") == 1
    assert len(ids(site)) == len(KINDS)


def test_an_invalid_line_is_an_error_with_its_number(site: Site) -> None:
    write(site)
    site.export()
    ledger = site.folder / "feeds.ledger"
    lines = ledger.read_text()
    for wrong in ("<<<<<<< HEAD\n", "Hello\n", '{"article": 7}\n'):
        ledger.write_text(lines + wrong)
        assert f"feeds.ledger:{len(KINDS) + 1}" in site.run("export", status=2).err
    # Lines in any order and twice, as a merge can leave them.
    ledger.write_text(lines + "".join(reversed(lines.splitlines(keepends=True))))
    site.export()
    site.write({"articles/new.md": doc({"title": "New", "publishedDateTime": "2026-03-01"})})
    site.export()
    assert len(ledger.read_text().splitlines()) == len(KINDS) + 1
    assert set(lines.splitlines()) < set(ledger.read_text().splitlines())


def test_many_writers_lose_nothing(site: Site) -> None:
    """Each writer has its own index and adds an article before each export."""
    script = """
import sys
from pathlib import Path
import feeds
for number in range(6):
    name = f"{sys.argv[1]}-{number}"
    Path(f"articles/{name}.new").write_text(f"---\\ntitle: {name}\\npublishedDateTime: 2026-03-01\\n---\\n")
    Path(f"articles/{name}.new").rename(f"articles/{name}.md")
    feeds.load(f"{sys.argv[1]}.yaml").export(f"out-{sys.argv[1]}")
"""
    site.write({f"{name}.yaml": CONFIG + f"index: sqlite:///.feeds-{name}/index.db\nledger: feeds.ledger\n" for name in "abc"})
    running = [subprocess.Popen([sys.executable, "-c", script, name], cwd=site.folder, env=environment()) for name in "abc"]
    assert [process.wait(120) for process in running] == [0] * 3
    found = [json.loads(line) for line in (site.folder / "feeds.ledger").read_text().splitlines()]
    assert sorted(line["path"] for line in found) == [f"articles/{name}-{number}.md" for name in "abc" for number in range(6)]
    assert all("article" in line for line in found)


def git(site: Site, *arguments: str) -> None:
    author = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *author, *arguments], cwd=site.folder, check=True, capture_output=True)


def grow(site: Site, names: list[str]) -> None:
    site.write({f"articles/{name}.md": doc({"title": name, "publishedDateTime": "2026-03-01"}) for name in names})
    site.export()


@pytest.mark.parametrize("attributes", ["", "feeds.ledger merge=union\n"], ids=["plain", "union"])
def test_ledgers_of_two_branches_merge(site: Site, attributes: str) -> None:
    """With `merge=union` always; without it, unless both branches add lines at the same place."""
    site.write({".gitignore": ".feeds\ndist\n", ".gitattributes": attributes})
    grow(site, [f"base{number}" for number in range(3 if attributes else 200)])
    git(site, "init", "-q")
    for branch, more in (("main", []), ("other", [f"other{number}" for number in range(5)])):
        git(site, "checkout", "-q", "-b", branch)
        grow(site, more)
        git(site, "add", ".")
        git(site, "commit", "-q", "-m", branch)
    git(site, "checkout", "-q", "main")
    grow(site, [f"main{number}" for number in range(5)])
    (site.folder / "articles/base1.md").unlink()
    site.export()
    git(site, "add", ".")
    git(site, "commit", "-q", "-m", "more")
    git(site, "merge", "-q", "other", "-m", "merge")
    site.export()
    lines = [json.loads(line) for line in (site.folder / "feeds.ledger").read_text().splitlines()]
    assert len(lines) == (3 if attributes else 200) + 10
    assert [line["path"] for line in lines if "withdrawn" in line] == ["articles/base1.md"]
    assert len({line["id"] for line in lines}) == len(lines)


OLD = """<?xml version="1.0"?>
<rss version="2.0"><channel><title>Old</title><link>https://feeds.example.org/</link><description>d</description>
<item><title>Hello &amp;amp; world</title><link>https://feeds.example.org/2026/03/hello/</link>
<guid isPermaLink="false">https://feeds.example.org/?p=7</guid><pubDate>Sun, 01 Mar 2026 10:00:00 +0000</pubDate></item>
<item><title>Moved</title><link>https://feeds.example.org/gone</link>
<guid isPermaLink="false">https://feeds.example.org/?p=8</guid><pubDate>Mon, 02 Mar 2026 10:00:00 +0000</pubDate></item>
<item><title>Only there</title><link>https://feeds.example.org/only</link>
<guid isPermaLink="false">https://feeds.example.org/?p=9</guid><pubDate>Tue, 03 Mar 2026 10:00:00 +0000</pubDate></item>
</channel></rss>"""


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("format", ["rss", "json"])
def test_a_site_that_moves_here_keeps_its_subscribers(site: Site, when: str, format: str) -> None:
    """The feed can be adopted before or after the first export."""
    site.write(
        {
            "config.yaml": PLAIN.replace("sources: [articles]", "sources: [{path: articles, link: '/:year/:month/:slug/'}]"),
            "articles/2026-03-01-hello.md": doc({"title": "Hello & world", "publishedDateTime": "2026-03-01T10:00:00Z"}),
            "articles/moved.md": doc({"title": "Moved", "publishedDateTime": "2026-03-02T10:00:00Z"}),
            "articles/new.md": doc({"title": "New", "publishedDateTime": "2026-03-05T10:00:00Z"}),
            "old.rss": OLD,
        }
    )
    if format == "json":
        entries = feedparser.parse(OLD).entries
        keys = {"id": "id", "url": "link", "title": "title", "date_published": "published"}
        items = [{ours: entry[theirs] for ours, theirs in keys.items()} for entry in entries]
        for item, day in zip(items, (1, 2, 3), strict=True):
            item["date_published"] = f"2026-03-0{day}T10:00:00Z"
        site.write({"old.json": json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "Old", "items": items})})
    if when == "after":
        site.export()
    assert "3 ids adopted" in site.run("ledger", "import", f"old.{format}").out
    assert "0 ids adopted" in site.run("ledger", "import", f"old.{format}").out
    found = {item["title"]: item["id"] for item in json.loads(site.export()["all.json"])["items"]}
    assert found["Hello & world"] == "https://feeds.example.org/?p=7"
    assert found["Moved"] == "https://feeds.example.org/?p=8"
    assert found["New"].startswith("urn:uuid:")
    assert len(found) == 3
    counts = json.loads(site.run("ledger", "show", "--json").out)
    assert (counts["article"], counts["adopted"], counts["withdrawn"]) == (3, 1, 0)
    assert "?p=7" in site.run("ledger", "show", "/2026/03/hello/").out


def test_the_ledger_command_shows_and_changes_the_ledger(site: Site) -> None:
    write(site)
    before = ids(site)
    (site.folder / "articles/external.md").unlink()
    site.export()
    for name in ("Of external", "https://elsewhere.example/story", before["Of external"], "articles/external.md"):
        output = site.run("ledger", "show", name).out
        assert "withdrawn" in output
        assert before["Of external"] in output
    assert "published" in site.run("ledger", "show", "/stories/rooted/").out
    assert "1234" in site.run("ledger", "show", "--json", "1234").out
    assert "nobody: the ledger has no" in site.run("ledger", "show", "nobody", status=2).err
    other = (site.folder / "feeds.ledger").read_bytes()
    site.run("ledger", "forget", "Of external", "articles/none.md")
    assert "Withdrawn" not in site.export()["all.rss"].decode()
    site.write({"other.ledger": other})
    site.run("ledger", "merge", "other.ledger")
    assert "Withdrawn" in site.export()["all.rss"].decode()
    assert (site.folder / "feeds.ledger").read_bytes() == other
