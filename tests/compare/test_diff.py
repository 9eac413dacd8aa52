"""`feeds diff` and `feeds export --guard` find harm to subscribers, and none in a normal update."""

import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import junitparser
import pytest
from lxml import etree
from support import Site, doc, environment, until

START = datetime(2025, 1, 1, tzinfo=UTC)
ARTICLES = 1000
ATOM = "{http://www.w3.org/2005/Atom}"


def name(number: int) -> str:
    return f"a{number:04}"


def moment(number: int) -> str:
    return (START + timedelta(hours=8 * number)).isoformat()


def link(number: int) -> str:
    return f"https://news.example.com/{name(number)}"


def write(site: Site, number: int, **fields: Any) -> None:
    """One of the thousand articles: its topic has every tenth of them."""
    site.article(name(number), **{"publishedDateTime": moment(number), "topics": [f"Topic {number % 10}"]} | fields)


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site of a thousand articles without a ledger, which would prevent some of the harms; exported to `old`."""
    site = Site(tmp_path_factory.mktemp("thousand")).configure(pages=False, ledger=False)
    for number in range(ARTICLES):
        write(site, number)
    export(site, "old")
    return site


@pytest.fixture
def release(thousand: Site, tmp_path: Path) -> Site:
    """A copy of `thousand`, to be changed and exported again."""
    shutil.copytree(thousand.folder, tmp_path / "site")
    return Site(tmp_path / "site")


def export(site: Site, out: str) -> Path:
    folder = site.folder / out
    site.run("export", "--out", str(folder))
    return folder


def diff(site: Site, *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit status and the JSON report."""
    done = site.run("diff", *arguments, "--output-format", "json", status=None)
    assert not done.err, done.err
    found: dict[str, Any] = json.loads(done.out)
    return done.status, found


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def harms(report: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Each harm, with its item, or its feed where there is no item."""
    return {(harm["kind"], harm.get("item") or harm["feeds"][0]) for harm in report["harms"]}


def test_planted_harms_are_found(release: Site) -> None:
    # What an editor or a developer does to articles.
    write(release, 990, id="https://news.example.com/another-id")
    write(release, 980, webUrl="https://news.example.com/new-address")
    (release.folder / "articles" / f"{name(970)}.md").unlink()
    (release.folder / "articles" / f"{name(5)}.md").unlink()
    write(release, 960, publishedDateTime=moment(961))
    write(release, 950, updatedDateTime=moment(999))
    new = export(release, "new")
    # What a bad deploy does to files.
    feed = etree.fromstring((new / "topics/topic-1.rss").read_bytes())
    for item in list(feed.iter("item")):
        item.getparent().remove(item)
    (new / "topics/topic-1.rss").write_bytes(etree.tostring(feed))
    (new / "topics/topic-2.atom").unlink()
    for path, size in (("topics/topic-3.json", 6), ("topics/topic-4.json", 16)):
        padded = json.loads((new / path).read_bytes())
        padded["description"] = "x" * size * 1024 * 1024
        (new / path).write_text(json.dumps(padded))
    broken = (new / "topics/topic-5.rss").read_bytes()
    (new / "topics/topic-5.rss").write_bytes(broken[: len(broken) // 2])
    edit(new / "topics/topic-6.atom", 'topic-6.atom" rel="self"', 'elsewhere.atom" rel="self"')
    edit(new / "topics/topic-7.atom", "<id>tag:example.org,2026:tidings/topics/topic-7</id>", "<id>urn:other</id>")
    twice = json.loads((new / "topics/topic-8.json").read_bytes())
    twice["items"][1]["id"] = twice["items"][0]["id"]
    (new / "topics/topic-8.json").write_text(json.dumps(twice))

    status, report = diff(release, str(release.folder / "old"), str(new))
    assert status == 1
    assert harms(report) == {
        ("new-id", "https://news.example.com/another-id"),
        ("new-id", "https://news.example.com/new-address"),
        ("vanished", link(970)),
        ("vanished", link(5)),
        ("redated", link(960)),
        ("redated", link(950)),
        ("emptied", "topics/topic-1.rss"),
        ("gone", "topics/topic-2.atom"),
        ("too-large", "topics/topic-3.json"),
        ("too-large", "topics/topic-4.json"),
        ("invalid", "topics/topic-5.rss"),
        ("self-link", "topics/topic-6.atom"),
        ("feed-id", "topics/topic-7.atom"),
        ("invalid", "topics/topic-8.json"),
    }
    of_readers = [harm["message"] for harm in report["harms"] if harm["kind"] == "too-large"]
    assert len(of_readers) == 3, "16 MiB are too much for both, 6 for one"
    # In all feeds with the article, in all formats.
    (moved,) = (harm for harm in report["harms"] if harm.get("item") == "https://news.example.com/another-id")
    endings = [f"{path}.{ending}" for path in ("all", "topics/topic-0") for ending in ("atom", "json", "rss")]
    assert set(endings) <= set(moved["feeds"])
    assert link(990) in moved["message"]


def test_a_normal_update_has_no_harm(release: Site) -> None:
    for number in range(ARTICLES, ARTICLES + 7):
        write(release, number)
    write(release, 998, title="A corrected title", updatedDateTime=moment(1003))
    write(release, 500, excerpt="A corrected excerpt", updatedDateTime=moment(1003))
    # Filed under another topic.
    write(release, 991, topics=["Topic 2"], updatedDateTime=moment(1003))
    # The first of a topic.
    write(release, 1010, topics=["Novelty"])

    status, report = diff(release, str(release.folder / "old"), "-")
    assert (status, report["harms"]) == (0, [])
    feeds = {change["path"]: change for change in report["feeds"]}
    everything = feeds["all.atom"]
    assert {item["id"] for item in everything["added"]} == {link(number) for number in (*range(1000, 1007), 1010)}
    assert {item["id"] for item in everything["changed"]} == {link(500), link(991), link(998)}
    assert {item["id"] for item in everything["pushed_off"]} == {link(number) for number in range(950, 958)}
    assert [item["id"] for item in feeds["topics/topic-1.rss"]["left"]] == [link(991)]
    assert feeds["topics/novelty.json"]["state"] == "new"


def test_without_archives_a_full_feed_loses_its_oldest_without_harm(tmp_path: Path) -> None:
    site = Site(tmp_path / "site").configure(archives=False, pages=False, limit=20, ledger=False)
    for number in range(30):
        write(site, number, topics=["One" if number < 9 else "Two"])
    export(site, "old")
    # A topic below its limit loses its oldest article.
    (site.folder / "articles" / f"{name(0)}.md").unlink()
    for number in (30, 31, 32):
        write(site, number, topics=["One", "Two"])
    _, report = diff(site, str(site.folder / "old"), "-")
    assert harms(report) == {("vanished", link(0))}
    (found,) = report["harms"]
    assert found["feeds"] == ["topics/one.atom", "topics/one.json", "topics/one.rss"]


@pytest.mark.parametrize("config", [{}, {"archives": False}])
def test_a_column_has_one_title_for_years(tmp_path: Path, config: dict[str, Any]) -> None:
    site = Site(tmp_path / "site").configure(pages=False, limit=3, **config)
    for number in range(6):
        write(site, number, title="Notes of the week", topics=["Notes"] if number % 2 else ["Other"])
    export(site, "old")
    for number in (6, 7):
        write(site, number, title="Notes of the week", topics=["Notes"])
    write(site, 5, title="Notes of the week", topics=["Other"], updatedDateTime=moment(8))
    status, report = diff(site, str(site.folder / "old"), "-")
    assert (status, report["harms"]) == (0, [])


def test_a_site_that_moves_without_its_ids(tmp_path: Path) -> None:
    site = Site(tmp_path / "site").configure(pages=False, site={"id": None}, ledger=False)
    for number in range(5):
        site.article(
            name(number),
            publishedDateTime=moment(number),
            webUrl=f"/{number}",
            provider={"name": "P", "domain": f"d{number}.example"},
        )
    export(site, "old")
    site.configure(pages=False, site={"id": None, "url": "https://moved.example"}, ledger=False)
    for number in range(5):
        site.article(
            name(number), publishedDateTime=moment(number), webUrl=f"/{number}", provider={"name": "P", "domain": "d.example"}
        )
    _, report = diff(site, str(site.folder / "old"), "-")
    kinds = {kind for kind, _ in harms(report)}
    assert kinds == {"new-id", "gone", "self-link", "feed-id"}, "nothing vanished"
    assert len([harm for harm in report["harms"] if harm["kind"] == "new-id"]) == 5


def test_old_articles_can_flood_a_feed(tmp_path: Path) -> None:
    site = Site(tmp_path / "site").configure(pages=False)
    for number in range(5):
        write(site, 500 + number)
    export(site, "old")
    for number in range(40):
        write(site, number)
    _, report = diff(site, str(site.folder / "old"), "-")
    assert ("flooded", "all.atom") in harms(report)
    assert {kind for kind, _ in harms(report)} == {"flooded"}


def test_with_a_ledger_a_withdrawal_is_shown_before_it_is_published(tmp_path: Path) -> None:
    site = Site(tmp_path / "site").configure(pages=False)
    for number in range(3):
        write(site, number, topics=["Sea", f"Topic {number}"])
    export(site, "old")
    ledger = (site.folder / "feeds.ledger").read_bytes()
    (site.folder / "articles" / f"{name(0)}.md").unlink()
    write(site, 1, topics=["Sea", "Topic 1"], webUrl="https://news.example.com/elsewhere")
    status, report = diff(site, "old", "-")
    assert (status, report["harms"]) == (0, [])
    feeds = {change["path"]: change for change in report["feeds"]}
    for path in ("all.atom", "topics/sea.json", "topics/topic-0.atom"):
        assert [item["id"] for item in feeds[path]["withdrawn"]] == [link(0)]
    assert (site.folder / "feeds.ledger").read_bytes() == ledger
    # A comparison withdraws nothing.
    write(site, 0, topics=["Sea", "Topic 0"])
    write(site, 1, topics=["Sea", "Topic 1"])
    assert diff(site, "old", "-")[1]["feeds"] == []
    (site.folder / "articles" / f"{name(0)}.md").unlink()
    site.run("export", "--guard", "--out", "old")
    assert "Withdrawn" in (site.folder / "old/topics/topic-0.rss").read_text()


@pytest.mark.parametrize("format", ["json", "atom", "rss"])
def test_an_article_withdrawn_with_a_notice_has_not_vanished(release: Site, format: str) -> None:
    new = release.folder / "new"
    shutil.copytree(release.folder / "old", new)
    id = link(999)
    for file in [*new.glob(f"all.{format}"), *new.glob(f"all/archive/*.{format}"), *new.glob(f"topics/**/*.{format}")]:
        if id not in file.read_text(encoding="utf-8"):
            continue
        if format == "json":
            feed = json.loads(file.read_bytes())
            for item in feed["items"]:
                if item["id"] == id:
                    item |= {"title": "Withdrawn", "content_html": "<p>Withdrawn.</p>", "_feeds": {"withdrawn": True}}
                    del item["url"]
            file.write_text(json.dumps(feed))
        elif format == "atom":
            root = etree.fromstring(file.read_bytes())
            for entry in list(root.iter(f"{ATOM}entry")):
                if entry.findtext(f"{ATOM}id") == id:
                    root.remove(entry)
            etree.SubElement(root, "{http://purl.org/atompub/tombstones/1.0}deleted-entry", ref=id, when="2026-01-01T00:00:00Z")
            file.write_bytes(etree.tostring(root))
        else:
            edit(file, "<title>Title of a0999</title>", "<title>Withdrawn</title>")
    status, report = diff(release, str(release.folder / "old"), str(new))
    assert (status, report["harms"]) == (0, [])
    (everything,) = (change for change in report["feeds"] if change["path"] == f"all.{format}")
    assert [item["id"] for item in everything["changed" if format == "rss" else "withdrawn"]] == [id]


def test_a_notice_may_end_and_an_article_may_come_back(release: Site) -> None:
    old = release.folder / "old"
    for number in (998, 999):
        id = link(number)
        for file in [*old.glob("all.*"), *old.glob("all/archive/*"), *old.glob("topics/**/*.*")]:
            text = file.read_text(encoding="utf-8")
            if id not in text:
                continue
            if file.suffix == ".json":
                feed = json.loads(text)
                for item in feed["items"]:
                    if item["id"] == id:
                        item |= {"title": "Withdrawn", "date_modified": moment(1500), "_feeds": {"withdrawn": True}}
                file.write_text(json.dumps(feed))
            elif file.suffix == ".rss":
                edit(
                    file,
                    f"<title>Title of {name(number)}</title>",
                    f"<title>Withdrawn</title><a:updated xmlns:a='http://www.w3.org/2005/Atom'>{moment(1500)}</a:updated>",
                )
            else:
                edit(file, f"<title>Title of {name(number)}</title>", "<title>Withdrawn</title>")
                edit(
                    file,
                    "</feed>",
                    f'<deleted-entry xmlns="http://purl.org/atompub/tombstones/1.0" ref="{id}" when="{moment(1500)}"/></feed>',
                )
    (release.folder / "articles" / f"{name(998)}.md").unlink()
    status, report = diff(release, str(old), "-")
    assert (status, report["harms"]) == (0, [])


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("_redirects", "/topics/one/*  /topics/two/:splat\n/topics/one.atom /topics/two.atom 301\n"),
        (".htaccess", "RedirectPermanent /topics/one.atom /topics/two.atom\n"),
        (".htaccess", "RewriteEngine On\nRewriteRule ^topics/one\\.(.*)$ /topics/two.$1 [R=301,L]\n"),
        (".nginx.conf", "rewrite ^/topics/one(.*)$ /topics/two$1 permanent;\n"),
        (".nginx.conf", "location = /topics/one.atom { return 301 https://elsewhere.example/two.atom; }\n"),
    ],
)
def test_a_feed_that_is_redirected_is_not_gone(tmp_path: Path, file: str, text: str) -> None:
    site = Site(tmp_path / "site").configure(pages=False, formats=["atom"])
    write(site, 1, topics=["One"])
    write(site, 2, topics=["One", "Two"])
    export(site, "old")
    write(site, 1, topics=["Two"])
    write(site, 2, topics=["Two"])
    new = export(site, "new")
    _, report = diff(site, str(site.folder / "old"), str(new))
    assert harms(report) == {("gone", "topics/one.atom")}
    (new / file).write_text(text)
    status, report = diff(site, str(site.folder / "old"), str(new))
    assert (status, report["harms"]) == (0, [])
    assert {change["path"]: change["state"] for change in report["feeds"]}["topics/one.atom"] == "moved"


def test_an_ended_topic_is_not_gone(tmp_path: Path) -> None:
    site = Site(tmp_path / "site").configure(pages=False, formats=["atom"])
    write(site, 1, topics=["One", "Two"])
    export(site, "old")
    write(site, 1, topics=["Two"])
    new = export(site, "new")
    (new / ".htaccess").write_text("Redirect gone /topics/one.atom\n")
    status, report = diff(site, str(site.folder / "old"), str(new))
    assert (status, report["harms"]) == (0, [])
    assert {change["path"]: change["state"] for change in report["feeds"]}["topics/one.atom"] == "ended"


def test_redirects_of_the_config_count_for_the_sources(tmp_path: Path) -> None:
    site = Site(tmp_path / "site").configure(pages=False)
    write(site, 1, topics=["One"])
    export(site, "old")
    write(site, 1, topics=["Two"])
    assert diff(site, str(site.folder / "old"), "-")[0] == 1
    site.configure(pages=False, redirects={"topics/one": "topics/two"})
    status, report = diff(site, str(site.folder / "old"), "-")
    assert (status, report["harms"]) == (0, [])


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Site, str]]:
    """A site, and the URL of its server, which runs while the site changes."""
    site = Site(tmp_path).write(
        {"config.yaml": "site: {title: Tidings, url: https://feeds.example.org}\nsources: [a]\nlimit: 5\ngone_after: 0s\n"}
    )
    for number in range(12):
        fields = {"title": f"Number {number}", "publishedDateTime": f"2026-0{1 + number // 2}-02T03:04:05Z", "topics": ["Tides"]}
        site.write({f"a/{number}.md": doc(fields)})
    site.write({"a/once.md": doc({"title": "Once", "topics": ["Once", "Tides"], "publishedDateTime": "2026-01-01"})})
    site.export(out="old")
    with site.serve() as server:
        yield site, server.url


def test_against_a_running_server(served: tuple[Site, str]) -> None:
    site, url = served
    report = json.loads(site.run("diff", "old", url, "--output-format", "json").out)
    assert report["harms"] == []
    assert report["feeds"] == [], "the same bytes, archives too"
    assert "topics/tides.rss" in report["unchanged"]
    # The other way round, with the server's state from before.
    site.write({"a/12.md": doc({"title": "New", "publishedDateTime": "2026-07-02T03:04:05Z", "topics": ["Tides"]})})
    report = json.loads(site.run("diff", url, "-", "--output-format", "json").out)
    assert report["harms"] == []


def test_a_feed_that_a_server_answers_with_410_has_ended(served: tuple[Site, str]) -> None:
    site, url = served
    site.write({"a/once.md": doc({"title": "Once", "topics": ["Tides"], "publishedDateTime": "2026-01-01"})})
    found: dict[str, str] = {}

    def ended() -> bool:
        report = json.loads(site.run("diff", "old", url, "--output-format", "json", "--exit-zero").out)
        found.update({change["path"]: change["state"] for change in report["feeds"]})
        return found.get("topics/once.rss") == "ended"

    until(ended)
    assert re.search(r"^topics/once\.\S*.*: ended \(410\)$", site.run("diff", "old", url, "--exit-zero").out, re.MULTILINE)


def test_a_single_feed_over_http_and_in_a_file(served: tuple[Site, str]) -> None:
    site, url = served
    moved = site.run("diff", f"{url}/all.atom", "old/topics/tides.atom")
    assert "no harm" in moved.out, "it holds the same articles, and is meant to have moved"
    assert "vanished" in site.run("diff", f"{url}/all.atom", "old/topics/once.atom", status=1).out
    same = site.run("diff", "old/all.json", f"{url}/all.json")
    assert "no harm" in same.out


OTHER_FEED = b"""\
<rss version="2.0"><channel><title>Other</title><link>https://other.example</link><description>Of another tool</description>
<item><title>Hello</title><link>https://other.example/hello/</link><guid isPermaLink="false">https://other.example/?p=12</guid>
<pubDate>Mon, 02 Feb 2026 09:00:00 +0000</pubDate><description>Text</description></item></channel></rss>
"""


class OtherTool(BaseHTTPRequestHandler):
    """A site of another tool: a page that links to its feed, and no OPML."""

    def do_GET(self) -> None:
        page = b'<html><head><link href="/a.css"><link rel="alternate" type="application/rss+xml" href="/feed/"></head></html>'
        body = {"/": page, "/feed/": OTHER_FEED}.get(self.path, b"")
        self.send_response(200 if body else 503 if self.path == "/feeds.opml" else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


def test_a_site_that_moves_here_from_another_tool(tmp_path: Path) -> None:
    site = Site(tmp_path)
    config = "site: {title: Other, url: https://other.example}\nsources: [a]\n"
    fields = {"title": "Hello", "webUrl": "https://other.example/hello/", "publishedDateTime": "2026-02-02T09:00:00Z"}
    site.write({"config.yaml": config, "a/hello.md": doc(fields)})
    with ThreadingHTTPServer(("127.0.0.1", 0), OtherTool) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        # First subscribers of the old address are lost, then the article is new to them, then all is well.
        assert "the feed is gone (404)" in site.run("diff", url, "-", status=1).out
        site.write({"config.yaml": config + "redirects: {feed: all.rss}\n"})
        renamed = site.run("diff", url, "-", status=1).out
        assert "the id was https://other.example/?p=12" in renamed
        site.write({"a/hello.md": doc({"id": "https://other.example/?p=12", **fields})})
        assert "no harm" in site.run("diff", url, "-").out
        server.shutdown()


ITEM = "<item><title>{0}</title><link>https://a.example/{0}</link><guid>https://a.example/{0}</guid></item>"
RSS = '<rss version="2.0"><channel><title>A</title><link>https://a.example</link><description>B</description>{}</channel></rss>'


def compared(tmp_path: Path, old: str, new: str, suffix: str = "rss") -> list[dict[str, Any]]:
    """The harms between two single feeds, which other tools may have made."""
    for name, text in (("old", old), ("new", new)):
        (tmp_path / f"{name}.{suffix}").write_text(text, encoding="utf-8")
    found: list[dict[str, Any]] = diff(Site(tmp_path), f"old.{suffix}", f"new.{suffix}")[1]["harms"]
    return found


def test_a_feed_that_is_no_xml_is_read_as_far_as_can_be(tmp_path: Path) -> None:
    """Readers recover the items, so subscribers have not lost those."""
    whole = RSS.format("".join(map(ITEM.format, "abc")))
    damaged = whole.replace("<title>b</title>", "<title>b & c</title>")
    assert [harm["kind"] for harm in compared(tmp_path, whole, damaged)] == ["invalid"]
    # What is mended must not lose one either.
    found = compared(tmp_path, damaged, whole.replace(ITEM.format("a"), ""))
    assert {(harm["kind"], harm.get("item")) for harm in found} == {("vanished", "https://a.example/a")}


def test_a_feed_without_its_main_part_is_named(tmp_path: Path) -> None:
    whole = RSS.format(ITEM.format("a"))
    assert any("no <channel>" in harm["message"] for harm in compared(tmp_path, whole, '<rss version="2.0"></rss>'))


def test_a_bare_json_feed_may_get_its_own_address(tmp_path: Path) -> None:
    """JSON Feed 1.1 requires a version, a title and items."""
    bare: dict[str, Any] = {"version": "https://jsonfeed.org/version/1.1", "title": "A"}
    bare["items"] = [{"id": "https://a.example/a", "url": "https://a.example/a", "content_text": "Text"}]
    more = {"feed_url": "https://a.example/new.json", "home_page_url": "https://a.example/"}
    assert compared(tmp_path, json.dumps(bare), json.dumps(bare), "json") == []
    assert compared(tmp_path, json.dumps(bare), json.dumps(bare | more), "json") == []


def test_a_link_that_leads_nowhere_costs_nothing(tmp_path: Path) -> None:
    entry = "<entry><id>urn:a</id><title>A</title><updated>2026-01-01T00:00:00Z</updated><link/></entry>"
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><id>urn:f</id><title>F</title><link rel="self"/>{entry}</feed>'
    assert compared(tmp_path, feed, feed, "atom") == compared(tmp_path, feed, feed.replace("<link/>", ""), "atom")


def test_an_unreadable_side_is_an_error(tmp_path: Path) -> None:
    site = Site(tmp_path)
    (tmp_path / "empty").mkdir()
    for place, message in (("nowhere", "no such folder"), ("http://127.0.0.1:9", "no answer"), ("ftp://x", "neither a folder")):
        ran = site.run("diff", "empty", place, status=2)
        assert message in ran.err
    assert "no such config" in site.run("diff", "empty", "-", status=2).err


def test_a_guarded_export_writes_no_harm(tmp_path: Path) -> None:
    config = "site: {title: Tidings, url: https://feeds.example.org}\nsources: [a]\nledger: false\n"
    site = Site(tmp_path).write({"config.yaml": config})
    site.write({"a/tide.md": doc({"title": "Tide"}), "a/wind.md": doc({"title": "Wind"})})
    first = site.export("--guard")
    (tmp_path / "a/tide.md").rename(tmp_path / "a/renamed.md")
    refused = site.run("export", "--guard", status=1)
    assert "new-id" in refused.err
    assert "“Tide”" in refused.err
    assert "nothing was written to" in refused.err
    unchanged = {path.name: path.read_bytes() for path in (tmp_path / "dist").glob("all.*")}
    assert unchanged == {path: body for path, body in first.items() if path.startswith("all.")}
    forced = site.run("export", "--guard", "--force")
    assert "new-id" in forced.err
    assert (tmp_path / "dist/all.rss").read_bytes() != first["all.rss"]
    assert site.run("export", "--guard").err == ""


def test_a_guarded_export_writes_a_normal_update(tmp_path: Path) -> None:
    site = Site(tmp_path).write({"config.yaml": "site: {title: Tidings, url: https://feeds.example.org}\nsources: [a]\n"})
    site.write({"a/tide.md": doc({"title": "Tide"})})
    site.export("--guard")
    site.write({"a/wind.md": doc({"title": "Wind", "publishedDateTime": "2026-02-02T00:00:00Z"})})
    assert b"Wind" in site.export("--guard")["all.rss"]


def test_reports_for_ci(tmp_path: Path) -> None:
    site = Site(tmp_path / "site").configure(pages=False)
    write(site, 1, title="100 %: a, b")
    write(site, 2)
    old = export(site, "old")
    write(site, 1, title="100 %: a, b", id="https://x.example/other")
    run = [str(old), "-", "--exit-zero", "--output-format"]
    github = site.run("diff", *run, "github")
    assert github.status == 0
    assert re.fullmatch(r"(::error file=all\.atom,title=feeds diff%3A new-id::“100 %25: a, b” .*\n)", github.out)

    (suite,) = junitparser.JUnitXml.fromstring(site.run("diff", *run, "junit").out.encode())
    cases = {case.name: bool(case.result) for case in suite}
    assert cases["all.rss"]
    assert (suite.tests, suite.failures) == (len(cases), sum(cases.values()))

    text = site.run("diff", str(old), "-", status=1)
    assert text.status == 1
    assert "1 harm" in text.out
    assert text.out.count("new-id: ") == 1


def test_the_text_report_is_short_however_much_has_changed(tmp_path: Path) -> None:
    site = Site(tmp_path / "site").configure(pages=False, ledger=False)
    for number in range(14):
        write(site, number, topics=[f"T{number}", f"U{number}"])
    export(site, "old")
    for number in range(12):
        write(site, number, topics=[f"T{number}", f"U{number}"], updatedDateTime=f"2025-03-{number + 1:02}T08:00:00Z")
    write(site, 20, topics=["T0"])
    export(site, "new")
    said = site.run("diff", "old", "new", status=1).out.splitlines()
    # All, the provider and 28 topics, each in three formats.
    assert said[0] == "old → new: 90 feeds, 78 changed"
    assert said[1:7] == [
        "all.{atom,json,rss}: 1 added, 12 changed",
        "  + “Title of a0020”",
        *(f"  ~ “Title of {name(number)}”" for number in (11, 10, 9)),
        "  ~ … and 9 more",
    ]
    assert "topics/t0.{atom,json,rss}: 1 added, 1 changed" in said
    assert not [line for line in said if line.startswith("topics/t12")]
    assert said.count("… and 6 more; --output-format json has all") == 1, "20 of 26 feeds"
    first = "  “Title of a0000”: nothing changed but `updated`, from 2025-01-01 00:00:00 UTC to 2025-03-01 08:00:00 UTC ["
    assert next(line for line in said if line.startswith(first)).endswith(" and 5 more]")
    assert said[-3:] == ["  … and 2 more; --output-format json has all", "", "12 harms"]
    assert len(said) < 80


def test_sarif_is_valid(tmp_path: Path) -> None:
    site = Site(tmp_path / "site").configure(pages=False, ledger=False)
    write(site, 1, topics=["Tides"])
    write(site, 2, topics=["Tides"])
    old = export(site, "old")
    (site.folder / "articles" / f"{name(1)}.md").unlink()
    report = json.loads(site.run("diff", str(old), "-", "--output-format", "sarif", status=1).out)
    assert report["version"] == "2.1.0"
    (run,) = report["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["vanished"]
    rules = run["tool"]["driver"]["rules"]
    assert rules[run["results"][0]["ruleIndex"]]["id"] == "vanished"


def test_the_command_has_help() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "feeds", "diff", "--help"], env=environment(), capture_output=True, text=True, check=True
    )
    assert "OLD" in ran.stdout
