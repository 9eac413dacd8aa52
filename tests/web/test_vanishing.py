"""Articles that vanish for a while: the server does not answer 410 for a feed that can come back."""

import sqlite3
import time
from contextlib import closing

from lxml import html
from support import CONFIG, REQUIRED, Server, Site, doc, until
from test_operating import metrics

from feeds.config import loader

ARTICLES: dict[str, str | bytes] = {
    f"articles/{number}.md": doc({"title": f"Story {number}", "topics": [f"Topic {number}"]}) for number in range(6)
}


def feeds(server: Server) -> dict[str, tuple[int, str, bytes]]:
    """Status, ETag and body of each feed."""
    paths = ["all.rss", "all.json", *(f"topics/topic-{number}.atom" for number in range(6)), "topics/topic-1/index.html"]
    answers = {path: server.get(path) for path in paths}
    return {path: (each.status_code, each.headers.get("etag", ""), each.content) for path, each in answers.items()}


def test_an_emptied_folder_loses_no_subscriber(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": REQUIRED + "withdrawn: 0\n"})
    folder, away = site.folder / "articles", site.folder / "away"
    with site.serve("--log", "none", "--metrics") as server:
        before = feeds(server)
        assert {status for status, _, _ in before.values()} == {200}
        time.sleep(1)
        folder.rename(away)
        folder.mkdir()
        until(lambda: metrics(server)["feeds_articles_lost"] == 6)
        assert feeds(server) == before
        assert "most articles have vanished" in server.get("readyz").text
        assert metrics(server)["feeds_state_is_newest"] == 0
    # A server that starts without the folder serves the last state.
    with site.serve("--log", "none", "--metrics") as server:
        assert feeds(server) == before
        assert metrics(server)["feeds_articles_lost"] == 6
        assert "most articles have vanished" in server.get("readyz").text
        folder.rmdir()
        away.rename(folder)
        until(lambda: server.get("readyz").text == "ready\n")
        assert feeds(server) == before
        assert metrics(server)["feeds_articles_lost"] == 0
        log = server.log.read_text()
        assert log.count("none of 6 articles would be left") == 1
        assert log.count("The newest state is served again") == 1
        # The config allows it.
        folder.rename(away)
        folder.mkdir()
        until(lambda: metrics(server)["feeds_articles_lost"] == 6)
        site.replace({"config.yaml": REQUIRED + "withdrawn: 0\nleast_left: 0%\n"})
        until(lambda: server.titles() == [])
        assert server.get("readyz").text == "ready\n"
        # Its feeds have been missing for a moment only, so they are not 410 yet.
        assert {server.get(f"topics/topic-{number}.rss").status_code for number in range(6)} <= {200, 503}


def test_a_topic_keeps_its_last_bytes_while_its_only_document_is_saved(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": REQUIRED + "withdrawn: 0\n"})
    document = site.folder / "articles/1.md"
    text = document.read_text()
    with site.serve("--log", "none") as server:
        before = feeds(server)
        time.sleep(1)
        assert feeds(server) == before
        for number in range(2):
            if number:
                document.unlink()
            else:
                document.write_text("")
            until(lambda: "Story 1" not in server.titles())
            kept = feeds(server)
            for path in ("topics/topic-1.atom", "topics/topic-1/index.html"):
                # A state between the two requests may have lacked them.
                assert kept[path] == before[path] or (number and kept[path][0] == 503)
            etag = before["topics/topic-1.atom"][1]
            assert server.get("topics/topic-1.atom", If_None_Match=etag).status_code in (304, 503 if number else 304)
            # This feed has not been requested yet.
            unknown = server.get("topics/topic-1.json")
            assert unknown.status_code == 503
            assert int(unknown.headers["retry-after"]) > 0
            site.replace({"articles/1.md": text})
            until(lambda: "Story 1" in server.titles())
            assert feeds(server) == before
        # An article that its document holds back is withdrawn at once.
        site.replace({"articles/1.md": text.replace("title:", "published: false\ntitle:")})
        until(lambda: server.get("topics/topic-1.atom").status_code == 410)
        assert server.get("topics/topic-1.json").status_code == 410
        assert server.get("topics/topic-1/archive/2026-01.atom").status_code in (404, 410)


def test_last_bytes_hold_no_article_that_is_withdrawn_meanwhile(site: Site) -> None:
    secret = doc({"title": "Withdrawn soon", "topics": ["Pair"]})
    site.write(ARTICLES | {"config.yaml": CONFIG + "ledger: false\n"})
    site.write({"articles/6.md": secret, "articles/7.md": doc({"title": "Story 7", "topics": ["Pair"]})})
    with site.serve("--log", "none") as server:
        assert b"Withdrawn soon" in server.get("topics/pair.atom").content
        time.sleep(1)
        for number in (6, 7):
            (site.folder / f"articles/{number}.md").unlink()
        until(lambda: not {"Withdrawn soon", "Story 7"} & set(server.titles()))
        assert server.get("topics/pair.atom").status_code in (200, 503), "away, and perhaps soon back"
        site.replace({"articles/6.md": secret.replace("title:", "removed: true\ntitle:")})
        site.replace({"articles/0.md": doc({"title": "Story 0, later", "topics": ["Topic 0"]})})
        until(lambda: "Story 0, later" in server.titles())
        assert b"Withdrawn soon" not in server.get("topics/pair.atom").content


def test_a_feed_that_stays_away_is_gone(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG.replace("pages: false", "pages: true") + "withdrawn: 0\ngone_after: 2s\n"})
    with site.serve("--log", "none") as server:
        assert server.get("topics/topic-1.atom").status_code == 200
        time.sleep(1)
        (site.folder / "articles/1.md").unlink()
        until(lambda: "Story 1" not in server.titles())
        assert server.get("topics/topic-1.atom").status_code == 200
        away = server.get("topics/topic-1.rss", accept="text/html")
        assert away.status_code == 503
        # A person is led to the nearest pages.
        assert "../topics/topic-2/" in html.fromstring(away.content).xpath("//section[h2='Nearest']//a/@href")
        until(lambda: server.get("topics/topic-1.atom").status_code == 410)
        until(lambda: server.get("topics/topic-1.rss").status_code == 410)
    with site.serve("--log", "none") as server:
        assert server.get("topics/topic-1.rss").status_code == 410
        site.replace({"articles/1.md": doc({"title": "Story 1", "topics": ["Topic 1"]})})
        until(lambda: server.get("topics/topic-1.rss").status_code == 200)


def test_the_delay_before_410_can_be_configured(site: Site) -> None:
    site.write({"config.yaml": CONFIG, "other.yaml": CONFIG + "gone_after: 2d\nleast_left: 35 %\n"})
    assert loader.load(site.folder / "config.yaml").gone_after == 3600
    other = loader.load(site.folder / "other.yaml")
    assert (other.gone_after, other.least_left) == (172_800, 0.35)


def test_two_configs_of_one_folder_have_histories_of_their_own(site: Site) -> None:
    site.write({"articles/1.md": doc({"title": "1", "topics": ["A"]}), "config.yaml": REQUIRED})
    site.write({"other/2.md": doc({"title": "2", "topics": ["B"]}), "other.yaml": REQUIRED.replace("articles", "other")})

    def is_recorded(name: str) -> bool:
        with closing(sqlite3.connect(site.folder / ".feeds" / name)) as history:
            return bool(history.execute("select 1 from published").fetchall())

    with site.serve() as first:
        moment = first.get("all.atom").headers["last-modified"]
        until(lambda: is_recorded("history.db"))
    with site.serve("--config", "other.yaml") as second:
        assert second.get("all.atom").status_code == 200
        until(lambda: is_recorded("history-other.db"))
        # It was never published here.
        assert second.get("topics/a.rss").status_code == 404
    with site.serve() as first:
        assert first.get("all.atom").headers["last-modified"] == moment
        assert first.get("topics/b.rss").status_code == 404
