"""Withdrawn articles leave only a notice under their id; corrections are shown in the entry."""

import calendar
import json
import re
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import feedparser
import pytest
from lxml import etree
from support import NAMESPACES, REQUIRED, Server, Site, doc, until, xml

SECRET = "Zanzibar"
WHOLE = REQUIRED + "limit: 3\nsitemaps: plain\nfeeds: {sea: {title: Sea, topics: [Sea]}}\n"
TOMBSTONE = "{http://purl.org/atompub/tombstones/1.0}deleted-entry"


def write(site: Site, name: str, **more: object) -> None:
    fields = {"title": name, "publishedDateTime": "2026-03-01", "topics": ["Sea"], "category": "News"} | more
    site.write({f"articles/{name}.md": doc(fields, f"The body of {name}.")})


@pytest.fixture
def withdrawable(site: Site) -> Site:
    """A site with five articles, one of which is about to be withdrawn."""
    site.write({"config.yaml": WHOLE})
    for number in range(4):
        write(site, f"kept{number}", publishedDateTime=f"2026-0{number + 2}-01")
    more = {"webUrl": f"https://other.example/{SECRET}", "tags": [SECRET], "excerpt": f"About {SECRET}", "id": "urn:x:secret"}
    write(site, SECRET, **more)
    return site


def items(site: Site, path: str = "all.json") -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in json.loads((site.folder / "dist" / path).read_bytes())["items"]}


def withdraw(site: Site, how: str) -> None:
    file = site.folder / f"articles/{SECRET}.md"
    if how == "deleted":
        file.unlink()
    else:
        file.write_text(file.read_text().replace("---\n", f"---\n{how}\n", 1))


def test_an_article_whose_document_breaks_is_withdrawn_once_that_is_deleted(withdrawable: Site) -> None:
    site = withdrawable
    site.write({"config.yaml": WHOLE.replace("limit: 3", "limit: 9")})
    site.export()
    assert items(site)["urn:x:secret"]["title"] == SECRET
    file = site.folder / f"articles/{SECRET}.md"
    text = file.read_text()
    file.write_text(text.replace("publishedDateTime: ", "publishedDateTime: not "))
    site.export()
    assert "urn:x:secret" not in items(site), "it may be mended"
    file.unlink()
    site.export()
    assert items(site)["urn:x:secret"]["title"] == "Withdrawn"
    file.write_text(text)
    site.export()
    assert items(site)["urn:x:secret"]["title"] == SECRET


@pytest.mark.parametrize("how", ["deleted", "published: false", "removed: true", "removed: Our mistake & apology"])
def test_a_withdrawn_article_leaves_only_a_notice(withdrawable: Site, how: str) -> None:
    site = withdrawable
    before = site.export()
    assert sum(SECRET.encode() in body for body in before.values()) > 10
    began = datetime.now(UTC).replace(microsecond=0)
    withdraw(site, how)
    after = site.export()
    assert not [path for path, body in after.items() if SECRET.encode() in body or SECRET.lower().encode() in body]
    sentence = how.partition("removed: ")[2] if "mistake" in how else "This article was withdrawn."
    for path in ("all", "topics/sea", "categories/news", "feeds/sea"):
        item = items(site, f"{path}.json")["urn:x:secret"]
        assert (item["title"], item["summary"]) == ("Withdrawn", sentence)
        assert item["url"] == "https://feeds.example.org/"
        assert "tags" not in item
        moment = datetime.fromisoformat(item["date_modified"])
        assert began <= moment <= datetime.now(UTC)
        assert item["_feeds"] == {"withdrawn": item["date_modified"]}
        assert item["date_published"] == "2026-03-01T00:00:00Z"
        root = xml(after[f"{path}.atom"])
        assert [(mark.get("ref"), mark.get("when")) for mark in root.iter(TOMBSTONE)] == [("urn:x:secret", item["date_modified"])]
        for format in ("rss", "atom"):
            (entry,) = [each for each in feedparser.parse(after[f"{path}.{format}"]).entries if each.id == "urn:x:secret"]
            assert entry.title == "Withdrawn"
            assert entry.link == "https://feeds.example.org/"
            assert entry.content[0].value == f"<p>{sentence.replace('&', '&amp;')}</p>"
            assert calendar.timegm(entry.updated_parsed) == moment.timestamp()
    # Only live feeds have the notice.
    assert not [path for path, body in after.items() if "/archive/" in path and b"urn:x:secret" in body]
    assert not [path for path, body in after.items() if path.endswith("html") and b"Withdrawn" in body]
    # The notice is the same on another day and another machine.
    shutil.rmtree(site.folder / ".feeds")
    assert site.export(out="again") == after


def test_a_restored_article_is_itself_again(withdrawable: Site) -> None:
    site = withdrawable
    before = site.export()
    file = site.folder / f"articles/{SECRET}.md"
    saved = file.read_text()
    for how in ("deleted", "published: false", "removed: Why"):
        withdraw(site, how)
        assert "withdrawn" in items_text(site)
        file.write_text(saved)
        assert site.export() == before
        assert "withdrawn" not in (site.folder / "feeds.ledger").read_text()


def items_text(site: Site) -> str:
    return site.export()["all.json"].decode()


def test_a_notice_ends(withdrawable: Site) -> None:
    site = withdrawable
    site.export()
    withdraw(site, "deleted")
    site.export()
    assert "urn:x:secret" in items(site)
    ledger = site.folder / "feeds.ledger"
    for days, there in ((29, True), (31, False)):
        moment = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
        ledger.write_text(re.sub(r'"at":"[^"]*"', f'"at":"{moment}"', ledger.read_text()))
        site.export()
        assert ("urn:x:secret" in items(site)) == there
    site.write({"config.yaml": WHOLE + "withdrawn: 40d\n"})
    site.export()
    assert "urn:x:secret" in items(site)
    site.write({"config.yaml": WHOLE + "withdrawn: 0\n"})
    site.export()
    assert "urn:x:secret" not in items(site)


def test_the_feeds_of_an_empty_group_stay_while_a_notice_lasts(withdrawable: Site) -> None:
    """No page or list links to them."""
    site = withdrawable
    videos = {"provider": {"name": "Alone", "domain": "youtube.com"}, "webUrl": "https://youtube.com/alone"}
    write(site, "other", provider={"name": "Another", "domain": "youtube.com"}, webUrl="https://youtube.com/another")
    write(site, "alone", id="urn:x:alone", topics=["C++"], category="Lone", **videos)
    before = site.export()
    groups = ("topics/c-plus-plus", "categories/lone", "providers/youtube.com/alone")
    (site.folder / "articles/alone.md").unlink()
    after = site.export()
    for group in groups:
        assert set(items(site, f"{group}.json")) == {"urn:x:alone"}
        assert len(list(xml(after[f"{group}.atom"]).iter(TOMBSTONE))) == 1
        assert feedparser.parse(after[f"{group}.rss"]).feed.title == feedparser.parse(before[f"{group}.rss"]).feed.title
        named = {path for path, body in after.items() if f"{group}.".encode() in body or f'{group}"'.encode() in body}
        assert {path.rpartition(".")[0].removesuffix("/index") for path in named} <= {group}
    # The other publisher on that host keeps its address.
    assert "providers/youtube.com/another.rss" in after
    assert not [each for each in json.loads(site.run("list", "--json").out) if each["path"] in groups]
    shutil.rmtree(site.folder / ".feeds")
    assert site.export(out="again") == after
    site.write({"config.yaml": WHOLE + "withdrawn: 0\n"})
    assert not [path for path in site.export() if path.startswith(groups)]
    site.write({"config.yaml": WHOLE})
    assert site.export() == after


def test_a_notice_ends_while_a_server_runs(withdrawable: Site) -> None:
    site = withdrawable
    file = site.folder / f"articles/{SECRET}.md"
    file.write_text(file.read_text().replace('["Sea"]', '["Alone"]'))
    site.write({"config.yaml": WHOLE.replace("limit: 3", "limit: 9") + "withdrawn: 4s\ngone_after: 0s\n"})
    with site.serve() as server:
        assert SECRET in server.get("all.rss").text
        assert SECRET in server.get("topics/alone.rss").text
        validator = server.get("all.rss").headers["etag"]
        withdraw(site, "deleted")
        until(lambda: "Withdrawn" in server.get("all.rss").text)
        changed = server.get("all.rss", if_none_match=validator)
        assert changed.status_code == 200
        assert SECRET not in changed.text
        assert SECRET not in server.get("assets/search.json").text
        # A feed ends with its last notice.
        assert "Withdrawn" in server.get("topics/alone.rss").text
        until(lambda: "Withdrawn" not in server.get("all.rss").text)
        until(lambda: server.get("topics/alone.rss").status_code == 410)


def test_a_server_follows_its_ledger(withdrawable: Site) -> None:
    """The ledger changes by an edit, `feeds ledger`, or a pull."""
    site = withdrawable
    ledger = site.folder / "feeds.ledger"
    with site.serve() as server:
        withdraw(site, "deleted")
        until(lambda: "Withdrawn" in server.get("all.json").text)
        saved = ledger.read_text()
        moment = json.loads(saved.splitlines()[-1])["at"]
        edited = (datetime.fromisoformat(moment) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        ledger.write_text(saved.replace(moment, edited))
        until(lambda: edited in server.get("all.json").text)
        site.run("ledger", "forget", "urn:x:secret")
        until(lambda: "Withdrawn" not in server.get("all.json").text)
        site.replace({"feeds.ledger": saved})
        until(lambda: moment in server.get("all.json").text)


@pytest.mark.parametrize("command", ["serve", "export --watch"])
def test_an_article_whose_document_is_in_neither_place_while_it_moves_is_not_withdrawn(withdrawable: Site, command: str) -> None:
    """Version control removes the documents that a commit moves, and then writes them."""
    site = withdrawable
    site.write({"config.yaml": WHOLE.replace("limit: 3", "limit: 9")})
    text = (site.folder / f"articles/{SECRET}.md").read_text()
    with site.serve() if command == "serve" else site.running(*command.split()) as process:
        shown = partial(newest, process, site)
        until(lambda: SECRET in shown())
        withdraw(site, "deleted")
        until(lambda: SECRET not in shown())
        for number in range(2):
            write(site, "other", title=f"other {number}")
            until(lambda number=number: f"other {number}" in shown())
            assert "Withdrawn" not in shown()
        site.write({"articles/moved/x.md": text.replace("The body", "The longer body")})
        until(lambda: "The longer body" in shown())
        assert "urn:x:secret" in shown()
        assert "withdrawn" not in (site.folder / "feeds.ledger").read_text()
        (site.folder / "articles/moved/x.md").unlink()
        until(lambda: "Withdrawn" in shown())
        assert SECRET not in shown()


def newest(process: Server | subprocess.Popen[bytes], site: Site) -> str:
    """The feed of all articles, served or exported."""
    if isinstance(process, Server):
        return process.get("all.json").text
    file = site.folder / "dist/all.json"
    return file.read_text() if file.is_file() else ""


def test_drafts_were_never_published(withdrawable: Site) -> None:
    site = withdrawable
    write(site, "draft", published=False)
    write(site, "later", publishedDateTime="2126-01-01")
    site.export()
    for name in ("draft", "later"):
        (site.folder / f"articles/{name}.md").unlink()
    site.export()
    assert len(items(site)) == 3
    assert "withdrawn" not in (site.folder / "feeds.ledger").read_text()


def test_an_unreadable_article_is_not_withdrawn(withdrawable: Site) -> None:
    site = withdrawable
    before = site.export()
    file = site.folder / f"articles/{SECRET}.md"
    saved = file.read_text()
    file.write_text(saved.replace("2026-03-01", "some day"))
    assert "Withdrawn" not in items_text(site)
    file.write_text(saved)
    assert site.export() == before


def test_the_reason_of_a_withdrawal_can_change(withdrawable: Site) -> None:
    site = withdrawable
    site.export()
    withdraw(site, "removed: One reason")
    site.export()
    first = items(site)["urn:x:secret"]
    time.sleep(1.1)
    file = site.folder / f"articles/{SECRET}.md"
    file.write_text(file.read_text().replace("One", "Another"))
    site.export()
    second = items(site)["urn:x:secret"]
    assert (first["summary"], second["summary"]) == ("One reason", "Another reason")
    assert second["date_modified"] > first["date_modified"]
    file.unlink()
    site.export()
    assert items(site)["urn:x:secret"]["summary"] in ("Another reason", "This article was withdrawn.")


def test_the_notice_is_in_the_language_of_the_site(withdrawable: Site) -> None:
    site = withdrawable
    site.write({"config.yaml": WHOLE.replace("language: en", "language: de")})
    site.export()
    withdraw(site, "deleted")
    site.export()
    assert items(site)["urn:x:secret"]["title"] == "Zurückgezogen"


def test_many_withdrawals_do_not_flood_a_feed(withdrawable: Site) -> None:
    site = withdrawable
    for number in range(10):
        write(site, f"more{number}")
    site.export()
    for number in range(10):
        (site.folder / f"articles/more{number}.md").unlink()
    site.export()
    assert len(items(site)) == 6


def test_corrections_stand_at_the_top_and_raise_updated(site: Site) -> None:
    site.write({"config.yaml": WHOLE})
    notes = ["It was < Monday.", {"text": "The name was wrong.", "date": "2026-05-06"}]
    write(site, "one", correction=notes)
    write(site, "two", correction="Sorry.", locale="fr")
    feeds = site.export()
    one, two = sorted(json.loads(feeds["all.json"])["items"], key=lambda item: str(item["title"]))
    assert one["content_html"].startswith("<p><strong>Correction:</strong> It was &lt; Monday.</p>\n")
    assert '<time datetime="2026-05-06">2026-05-06</time>):</strong> The name was wrong.</p>' in one["content_html"]
    assert one["content_html"].endswith("<p>The body of one.</p>")
    assert (one["date_published"], one["date_modified"]) == ("2026-03-01T00:00:00Z", "2026-05-06T00:00:00Z")
    assert two["content_html"].startswith("<p><strong>Correction:</strong> Sorry.</p>")
    updated = {each.text for each in xml(feeds["all.atom"]).findall("a:entry/a:updated", NAMESPACES)}
    assert updated == {"2026-05-06T00:00:00+00:00", "2026-03-01T00:00:00+00:00"}
    assert not site.check()["problems"]


def test_archives_with_a_withdrawn_article_are_cached_for_a_short_time(withdrawable: Site) -> None:
    site = withdrawable

    path = "all/archive/2026-03.atom"
    with site.serve() as server:
        assert held(server, path)[0] == 288 * 300
        withdraw(site, "deleted")
        until(lambda: held(server, path)[0] == 300)


def held(server: Server, path: str, **headers: str) -> tuple[int, int]:
    """Seconds that a cache may keep an answer (`max-age`), and then use it while it revalidates."""
    cache_control = server.get(path, **headers).headers["cache-control"]
    found = re.search(r"max-age=(\d+), stale-while-revalidate=(\d+)", cache_control)
    assert found
    return int(found[1]), int(found[2])


def test_no_cache_holds_a_feed_past_the_moment_when_an_article_is_due(withdrawable: Site) -> None:
    site = withdrawable
    write(site, "later", publishedDateTime="2126-01-01")
    with site.serve() as server:
        usual = held(server, "all.rss")
        assert sum(usual) >= 3600
        due = datetime.now(UTC) + timedelta(seconds=8)
        write(site, "soon", publishedDateTime=due.strftime("%Y-%m-%dT%H:%M:%SZ"))
        until(lambda: held(server, "all.rss") < usual)
        while (left := due.timestamp() - time.time()) > 1:
            for path in ("all.rss", "index.html", "all/archive/2026-03.atom"):
                answers = [held(server, path), held(server, path, accept_encoding="gzip")]
                answers.append(held(server, path, if_none_match=server.get(path).headers["etag"]))
                assert all(sum(each) <= left for each in answers), answers
            time.sleep(0.3)
        until(lambda: "soon" in server.titles())
        assert held(server, "all.rss") == usual


def test_an_export_says_when_the_next_article_is_due(withdrawable: Site) -> None:
    site = withdrawable
    assert json.loads(site.run("export", "--json").out)["next_due"] is None
    write(site, "later", publishedDateTime="2126-01-01T10:00:00+02:00")
    write(site, "much later", publishedDateTime="2127-01-01")
    for _ in range(2):
        assert json.loads(site.run("export", "--json").out)["next_due"] == "2126-01-01T08:00:00Z"


def test_atom_with_tombstones_is_well_formed(withdrawable: Site) -> None:
    site = withdrawable
    file = site.folder / f"articles/{SECRET}.md"
    file.write_text(file.read_text().replace("urn:x:secret", 'urn:x:a&b<c>\\"d'))
    site.export()
    withdraw(site, "deleted")
    feeds = site.export()
    root = etree.fromstring(feeds["all.atom"])
    ids = [entry.findtext("a:id", namespaces=NAMESPACES) for entry in root.findall("a:entry", NAMESPACES)]
    assert [mark.get("ref") for mark in root.iter(TOMBSTONE)] == ids[-1:]
