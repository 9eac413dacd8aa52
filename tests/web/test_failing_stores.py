"""A database or an object store that refuses, is slow or is away: the last good state is served, the reason is logged once, and
all goes on when it is back.
"""

import json
import signal
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import postgres
import proxies
import pytest
import s3
from postgres import Cluster
from support import REQUIRED, Server, Site, doc, tree, until

STALE, NEWEST = "The last good state is still served", "The newest state is served again."


def of_store(path: Path, said: str) -> list[str]:
    return [line for line in path.read_text().splitlines() if said in line]


def assert_stale(server: Server, titles: list[str], times: int) -> None:
    """The server serves an older state, and has said so `times` in all, without a traceback."""
    until(lambda: len(of_store(server.log, STALE)) == times)
    answer = server.get("all.json")
    assert answer.status_code == 200, answer.text + server.log.read_text()
    assert server.titles() == titles
    assert server.get("readyz").text.startswith("ready, but serving an older state")
    assert "Traceback" not in server.log.read_text()


def assert_newest(server: Server, titles: list[str], times: int) -> None:
    until(lambda: server.titles() == titles)
    until(lambda: len(of_store(server.log, NEWEST)) == times)
    assert len(of_store(server.log, STALE)) == times
    assert server.get("readyz").text == "ready\n"


def test_a_database_that_is_slow_read_only_or_away(site: Site, postgresql: Cluster) -> None:
    url = postgresql.url()
    port = urlsplit(url).port
    assert port is not None
    site.write({"articles/1.md": doc({"title": "1"}), "config.yaml": f"{REQUIRED}index: ${{INDEX}}\npages: false\n"})
    with proxies.slow(port, 0.02) as slow, site.serve(env={"INDEX": url.replace(f":{port}/", f":{slow}/")}) as server:
        site.replace({"articles/2.md": doc({"title": "2", "publishedDateTime": "2026-01-03"})})
        until(lambda: server.titles() == ["2", "1"])
        with postgresql.connect() as admin:
            admin.execute("alter system set default_transaction_read_only = on")
            admin.execute("select pg_reload_conf()")
        try:
            site.replace({"articles/3.md": doc({"title": "3", "publishedDateTime": "2026-01-04"})})
            assert_stale(server, ["2", "1"], 1)
            ran = site.run("export", env={"INDEX": url}, status=2)
            assert "read-only" in ran.err
            assert "Traceback" not in ran.err
            assert not (site.folder / "dist/all.rss").exists()
        finally:
            with postgresql.connect() as admin:
                admin.execute("set default_transaction_read_only = off")
                admin.execute("alter system reset default_transaction_read_only")
                admin.execute("select pg_reload_conf()")
        assert_newest(server, ["3", "2", "1"], 1)
        postgresql.stop()
        try:
            site.replace({"articles/4.md": doc({"title": "4", "publishedDateTime": "2026-01-05"})})
            assert_stale(server, ["3", "2", "1"], 2)
            assert "Traceback" not in site.run("export", env={"INDEX": url}, status=2).err
        finally:
            postgresql.start()
        assert_newest(server, ["4", "3", "2", "1"], 2)
    site.run("export", env={"INDEX": url})
    assert [item["title"] for item in json.loads((site.folder / "dist/all.json").read_bytes())["items"]] == ["4", "3", "2", "1"]


@pytest.mark.parametrize("emptied", [("entries", "bodies"), ("articles",)])
def test_an_answer_whose_rows_are_gone_is_to_be_asked_for_again(site: Site, emptied: tuple[str, ...]) -> None:
    """Another program has emptied tables, and the server has not noticed yet."""
    site.write({f"articles/{name}.md": doc({"title": name, "topics": [name]}) for name in ("a", "b")})
    with site.serve() as server:
        assert server.get("topics/a.json").json()["items"][0]["title"] == "a"
        with closing(sqlite3.connect(site.folder / ".feeds" / "index.db")) as theirs:
            for table in emptied:
                theirs.execute(f"delete from {table}")
            theirs.commit()
        answer = server.get("topics/b.json")
        assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
        assert server.get("topics/a.json").status_code == 200
    log = server.log.read_text()
    assert "topics/b.json: the index has lost rows" in log
    assert "Traceback" not in log


@pytest.mark.parametrize("status", [403, 500, s3.CUT])
def test_an_object_store_that_refuses_cuts_off_or_is_late(site: Site, status: int) -> None:
    refuses, is_late = threading.Event(), threading.Event()

    def failing(number: int) -> bool:
        if is_late.is_set():
            refuses.wait(0.2)
        # What a store fails at itself is tried again for a while; what it forbids is not.
        return refuses.is_set() and (status != 500 or number % 2 == 0)

    with s3.server() as url, closing(s3.Bucket(url)) as sources, closing(s3.Bucket(url)) as output:
        sources.write("1.md", doc({"title": "1"}).encode())
        site.configure(sources=[sources.url], poll="1s", pages=False, archives=False)
        with s3.proxy(url, failing, status) as passed, site.serve(env=sources.through(passed.url)) as server:
            env = sources.through(passed.url)
            refuses.set()
            sources.write("2.md", doc({"title": "2", "publishedDateTime": "2026-01-03"}).encode())
            if status != 500:
                assert_stale(server, ["1"], 1)
                ran = site.run("export", "--out", output.url, env=env, status=2)
                assert len(ran.err.strip().splitlines()) == 1, ran.err
                assert output.paths() == []
                refuses.clear()
                assert_newest(server, ["2", "1"], 1)
            else:
                until(lambda: server.titles() == ["2", "1"])
                assert STALE not in server.log.read_text()
            site.run("export", "--out", output.url, env=env)
            whole = output.tree()
            assert [item["title"] for item in json.loads(whole["all.json"])["items"]] == ["2", "1"]
            refuses.clear()
            is_late.set()
            sources.write("3.md", doc({"title": "3", "publishedDateTime": "2026-01-04"}).encode())
            until(lambda: server.titles() == ["3", "2", "1"])
            site.run("export", "--out", output.url, env=env)
            assert json.loads(output.tree()["all.json"])["items"][0]["title"] == "3"


def test_an_index_that_is_locked_for_writing_delays_no_answer(site: Site) -> None:
    site.write({"articles/1.md": doc({"title": "1"}), "config.yaml": REQUIRED})
    with site.serve() as server:
        # A search finds what was found before.
        assert len(feedparser.parse(server.get("q.atom?text=1").content).entries) == 1
        with closing(sqlite3.connect(site.folder / ".feeds/index.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            site.replace({"articles/2.md": doc({"title": "2", "publishedDateTime": "2026-01-03"})})
            end = time.monotonic() + 12
            slowest = 0.0
            while time.monotonic() < end:
                for path, status in {
                    "": 200,
                    "all/index.html": 200,
                    "all.atom": 200,
                    "q.atom?text=1": 200,
                    "missing": 404,
                }.items():
                    started = time.monotonic()
                    assert server.get(path).status_code == status, path
                    slowest = max(slowest, time.monotonic() - started)
                time.sleep(0.2)
            assert slowest < 3, f"{slowest:.1f} s"
            assert server.titles() == ["1"]
            other.execute("rollback")
        until(lambda: server.titles() == ["2", "1"])
        assert "Traceback" not in server.log.read_text()


def test_a_database_that_fails_over_in_the_middle_of_a_write(site: Site) -> None:
    site.write({"articles/1.md": doc({"title": "1", "topics": ["Kept"]}), "config.yaml": f"{REQUIRED}index: ${{INDEX}}\n"})

    def is_complete() -> bool:
        answer = server.get("all.json")
        return answer.status_code == 200 and len(answer.json()["items"]) > 1

    with postgres.cluster() as primary, primary.standby() as standby:
        url = primary.url(standby=standby)
        with site.serve(env={"INDEX": url}) as server:
            kept = server.get("topics/kept.atom")
            assert kept.status_code == 200
            texts = {
                f"articles/{number}.md": doc({"title": str(number), "publishedDateTime": "2026-01-03", "topics": ["New"]})
                for number in range(2, 500)
            }
            site.write(texts)
            with primary.connect() as admin:
                writing = "select 1 from pg_stat_activity where application_name = 'feeds' and state like '%in transaction%'"
                until(lambda: admin.execute(writing).fetchone() is not None)
            # At once, as when the machine is gone: nothing is ended, no transaction is completed.
            primary.stop(signal.SIGQUIT)
            assert server.get("topics/kept.atom").content == kept.content
            assert server.get("readyz").text.startswith("ready")
            standby.promote()
            until(is_complete)
            until(lambda: server.get("readyz").text == "ready\n")
            after = server.get("topics/kept.atom")
            assert (after.content, after.headers["last-modified"]) == (kept.content, kept.headers["last-modified"])
            assert "Traceback" not in server.log.read_text()
            site.run("export", env={"INDEX": url})
            site.run("export", "--out", "again", env={"INDEX": "sqlite:///fresh/index.db"})
            assert tree(site.folder / "again") == tree(site.folder / "dist")


def test_an_export_that_a_store_refuses_halfway_is_completed_by_the_next(site: Site) -> None:
    site.write({f"articles/{number}.md": doc({"title": str(number), "topics": [f"T{number}"]}) for number in range(12)})
    with s3.server() as url, closing(s3.Bucket(url)) as output:
        site.configure()
        site.run("export", "--out", output.url, env=output.env)
        before = output.tree()
        changed = {f"articles/{number}.md": doc({"title": f"New {number}", "topics": [f"T{number}"]}) for number in range(12)}
        site.write(changed)

        def is_over(number: int) -> bool:
            method, path = passed.requests[number - 1]
            return method == "PUT" and path != ".feeds-lock" and len(passed.paths("PUT")) > 20

        with s3.proxy(url, is_over, 403) as passed:
            ran = site.run("export", "--out", output.url, env=output.through(passed.url), status=2)
        assert len(ran.err.strip().splitlines()) == 1, ran.err
        site.run("export", "--out", "whole", env=output.env)
        after = {path: body for path, body in tree(site.folder / "whole").items() if not path.startswith(".")}
        halfway = output.tree()
        # Each object is as it was or as it will be.
        assert {path for path, body in halfway.items() if body not in (before.get(path), after.get(path))} == set()
        assert set(before) <= set(halfway)
        assert halfway not in (before, after)
        site.run("export", "--out", output.url, env=output.env)
        assert output.tree() == after
