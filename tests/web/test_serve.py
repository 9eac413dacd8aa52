"""The server sends the bytes that an export writes, and follows changes without a restart."""

import json
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
from support import CONFIG, REQUIRED, ROOT, Server, Site, doc, environment, until

ARTICLES = {
    "articles/a.md": doc({"title": "First", "topics": ["C++", "AI"], "category": "News", "provider": {"domain": "新聞.jp"}}),
    "articles/b.md": doc({"title": "Second", "topics": "AI"}),
}
TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json; charset=utf-8",
}


def test_served_bytes_equal_the_exported_files(site: Site) -> None:
    site.write(ARTICLES)
    exported = site.export()
    with site.serve() as server:
        for path, body in exported.items():
            answer = server.get(path)
            assert answer.status_code == 200
            assert answer.content == body
            suffix = path.rpartition(".")[2]
            if suffix in TYPES:
                assert answer.headers["Content-Type"] == TYPES[suffix]
            head = server.client.head(f"{server.url}/{path}")
            assert head.content == b""
            plain = server.client.head(f"{server.url}/{path}", headers={"Accept-Encoding": "identity"})
            assert plain.headers["Content-Length"] == str(len(body))
            for name in ("ETag", "Content-Length", "Content-Type", "Cache-Control", "Vary"):
                assert head.headers[name] == answer.headers[name]
        again = {path: server.get(path).headers["ETag"] for path in exported}
    # On another machine and at another time, the ETag is the same.
    copy = Site(site.folder / "copy").write({"config.yaml": CONFIG} | ARTICLES)
    with copy.serve(env={"PYTHONHASHSEED": "5", "TZ": "Asia/Tokyo"}) as server:
        assert {path: server.get(path).headers["ETag"] for path in exported} == again


def test_headers_for_caches(site: Site) -> None:
    site.write({"config.yaml": CONFIG + "cache: {max_age: 2m, stale_if_error: 1w}\n"} | ARTICLES)
    with site.serve() as server:
        headers = server.get("all.rss").headers
        assert headers["ETag"].startswith('"'), "strong"
        directives = {part.strip() for part in headers["Cache-Control"].split(",")}
        (age,) = (directive for directive in directives if directive.startswith("max-age="))
        assert directives == {"public", age, "stale-while-revalidate=3600", "stale-if-error=604800"}
        # By the rhythm of the feed, within bounds of the config.
        assert 24 <= int(age.removeprefix("max-age=")) <= 24 * 60
        assert "accept-encoding" in headers["Vary"].lower()
        assert "server" not in headers


def test_if_none_match(site: Site) -> None:
    site.write(ARTICLES)
    with site.serve() as server:
        etag = server.get("all.atom").headers["ETag"]
        long_ago = "Mon, 01 Jan 1990 00:00:00 GMT"
        for field in (etag, f"W/{etag}", f'"other", {etag}', f'W/"a,b" ,{etag}', "*", f'"", {etag}, "more"'):
            answer = server.get("all.atom", If_None_Match=field, If_Modified_Since=long_ago)
            assert answer.status_code == 304, field
            assert answer.content == b""
            assert answer.headers["ETag"] == etag
            assert "Cache-Control" in answer.headers
            assert "Vary" in answer.headers
            assert "Content-Type" not in answer.headers
            assert server.client.head(f"{server.url}/all.atom", headers={"If-None-Match": field}).status_code == 304
        ahead = "Fri, 01 Jan 2999 00:00:00 GMT"
        for field in ('"other"', etag.strip('"'), f'"{etag}"', etag[:-1], 'W/"other"', f"x{etag}", etag.upper()):
            # If-None-Match goes before If-Modified-Since.
            assert server.get("all.atom", If_None_Match=field, If_Modified_Since=ahead).status_code == 200, field
        fields = [("If-None-Match", '"one"'), ("If-None-Match", etag)]
        assert server.client.get(f"{server.url}/all.atom", headers=fields).status_code == 304, "two fields are one list"
        assert server.get("all.rss", If_None_Match=etag).status_code == 200


def test_the_first_answer_has_a_last_modified(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": REQUIRED})
    before = datetime.now(UTC) - timedelta(seconds=2)
    with site.serve() as server:
        for path in ("all.rss", "all.atom", "feeds.opml", "index.html", "assets/feeds.css"):
            answer = server.get(path)
            changed = parsedate_to_datetime(answer.headers["Last-Modified"])
            assert before < changed <= parsedate_to_datetime(answer.headers["Date"]), path
            assert server.get(path, If_Modified_Since=answer.headers["Last-Modified"]).status_code == 304


def test_if_modified_since(site: Site) -> None:
    site.write(ARTICLES)
    with site.serve() as server:
        answer = server.get("all.rss")
        text = answer.headers["Last-Modified"]
        modified = parsedate_to_datetime(text)
        assert modified <= parsedate_to_datetime(answer.headers["Date"])
        later, earlier = modified + timedelta(seconds=1), modified - timedelta(seconds=1)

        def status(value: str) -> int:
            return server.get("all.rss", If_Modified_Since=value).status_code

        assert status(text) == 304
        assert status(later.strftime("%a, %d %b %Y %H:%M:%S GMT")) == 304
        assert status(later.strftime("%A, %d-%b-%y %H:%M:%S GMT")) == 304, "RFC 850"
        assert status(later.strftime("%a %b %e %H:%M:%S %Y")) == 304, "asctime"
        assert status(earlier.strftime("%a, %d %b %Y %H:%M:%S GMT")) == 200
        for rubbish in ("yesterday", "", "2999-01-01", "Fri, 99 Jan 2999 00:00:00 GMT", "Fri, 01 Jan 99999999999 00:00:00 GMT"):
            assert status(rubbish) == 200, rubbish


def test_404_and_405_have_advice(site: Site) -> None:
    site.write(ARTICLES)
    with site.serve() as server:
        missing = server.get("topics/c-plus-plu.rss")
        assert missing.status_code == 404
        assert "topics/c-plus-plus.rss" in missing.text
        assert "etag" not in missing.headers
        for path in (
            "../config.yaml",
            "..%2fconfig.yaml",
            "%2e%2e/config.yaml",
            "articles/a.md",
            ".feeds/history.db",
            "a" * 5000,
            "%00",
        ):
            answer = server.get(path)
            assert answer.status_code in (400, 404, 414), path[:20]
            assert "sources:" not in answer.text
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            refused = server.client.request(method, f"{server.url}/all.rss")
            assert refused.status_code == 405
            assert {name.strip() for name in refused.headers["Allow"].split(",")} >= {"GET", "HEAD"}


def test_secrets_are_not_on_the_web_or_in_the_log(site: Site) -> None:
    site.write(ARTICLES)
    site.write({"articles/d.md": "---\ntitle: Hush hush\npublished: false\npublishedDateTime: when\n---\n"})
    site.write({"articles/e.md": doc({"title": "Hush hush", "publishedDateTime": "2999-01-01", "topics": "Hush"})})
    with site.serve() as server:
        pages = [server.get(path).text for path in ("all.rss", "all.json", "all.atom", "topics/hus.rss", "nothing")]
        assert not [page for page in pages if "hush" in page.lower()]
        assert server.get("topics/hush.rss").status_code == 404
        assert "Hush" not in server.log.read_text()
        assert "d.md" not in server.log.read_text()


def test_changes_are_served_without_a_restart(site: Site) -> None:
    site.write(ARTICLES)
    with site.serve() as server:
        assert set(server.titles()) == {"First", "Second"}
        site.write({"articles/new/c.md": doc({"title": "Added", "topics": "Newest", "publishedDateTime": "2026-03-03"})})
        until(lambda: "Added" in server.titles())
        # Each file that was written may have been followed by a build of its own, and readers ask again and again.
        for _ in range(10):
            assert server.get("topics/newest.rss").status_code == 200
            time.sleep(0.1)
        site.write({"articles/new/c.md": doc({"title": "Changed", "publishedDateTime": "2026-03-03"})})
        until(lambda: "Changed" in server.titles())
        assert server.get("topics/newest.rss").status_code == 200, "it was there, and may come back"
        assert server.get("topics/newest.json").status_code == 503
        # As many editors save: a new file replaces the old one.
        (site.folder / "other").write_text(doc({"title": "Replaced"}))
        (site.folder / "other").rename(site.folder / "articles/new/c.md")
        until(lambda: "Replaced" in server.titles())
        shutil.rmtree(site.folder / "articles/new")
        until(lambda: server.titles() == ["First", "Second", "Withdrawn"])
        site.write({"articles/a.md": doc({"title": "First", "published": False})})
        until(lambda: server.titles() == ["Second", "Withdrawn", "Withdrawn"])


def test_the_server_follows_the_config_and_keeps_the_last_good_state(site: Site) -> None:
    site.write(ARTICLES)
    with site.serve() as server:
        site.write({"config.yaml": "site: {title: Broken"})
        until(lambda: "last good state" in server.log.read_text())
        assert set(server.titles()) == {"First", "Second"}
        site.write(
            {"config.yaml": CONFIG.replace("Tidings", "Renamed").replace("[articles]", "[articles, more]"), "more/x.md": ""}
        )
        until(lambda: server.get("all.json").json()["title"] == "Renamed")
        site.write({"more/x.md": doc({"title": "From more"})})
        until(lambda: "From more" in server.titles())


def test_a_source_that_vanishes_and_comes_back(site: Site) -> None:
    site.write(ARTICLES)
    with site.serve() as server:
        (site.folder / "articles").rename(site.folder / "away")
        until(lambda: "last good state" in server.log.read_text())
        assert set(server.titles()) == {"First", "Second"}
        site.write({"away/c.md": doc({"title": "Third"})})
        (site.folder / "away").rename(site.folder / "articles")
        until(lambda: "Third" in server.titles())
        # The server follows the source again.
        site.write({"articles/d.md": doc({"title": "Fourth"})})
        until(lambda: "Fourth" in server.titles())


def test_a_scheduled_article_appears_when_it_is_due(site: Site) -> None:
    with site.serve() as server:
        due = datetime.now(UTC) + timedelta(seconds=3)
        site.write(ARTICLES | {"articles/soon.md": doc({"title": "Soon", "publishedDateTime": due.isoformat()})})
        until(lambda: "First" in server.titles())
        first_seen = None
        while first_seen is None:
            found = "Soon" in server.titles()
            now = datetime.now(UTC)
            assert now < due + timedelta(seconds=25)
            first_seen = now if found else None
            time.sleep(0.05)
        # Last-Modified has a resolution of a second.
        assert first_seen >= due.replace(microsecond=0)


def last_modified(server: Server) -> datetime:
    until(lambda: "Last-Modified" in server.get("all.rss").headers)
    return parsedate_to_datetime(server.get("all.rss").headers["Last-Modified"])


def test_last_modified_never_hides_a_correction(site: Site) -> None:
    first = doc({"title": "One", "updatedDateTime": "2026-01-05"})
    second = doc({"title": "Two", "updatedDateTime": "2026-01-05"})
    moments: list[datetime] = []
    site.write({"articles/a.md": first})
    with site.serve() as server:
        for text, title in ((first, "One"), (second, "Two"), (first, "One")):
            site.write({"articles/a.md": text})
            until(lambda title=title: server.titles() == [title])
            if moments:
                stale = moments[-1].strftime("%a, %d %b %Y %H:%M:%S GMT")
                assert server.get("all.rss", If_Modified_Since=stale).status_code == 200
            moments.append(last_modified(server))
    assert moments == sorted(set(moments)), "each change is later than the one before"
    with site.serve() as server:
        assert last_modified(server) == moments[-1], "a restart changes nothing"
    site.write({"articles/a.md": second})
    with site.serve() as server:
        assert last_modified(server) > moments[-1], "a change while it was down is one"


def test_a_mistake_in_the_config_stops_the_start(site: Site) -> None:
    site.write({"config.yaml": CONFIG + "feed: 5\n"})
    ran = site.run("serve", "--port", "0", status=2)
    assert "'feed'" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize("damage", [b"", b"not a database at all, but long enough to be looked at" * 10])
def test_a_damaged_history_does_no_harm(site: Site, damage: bytes) -> None:
    site.write(ARTICLES | {".feeds/history.db": damage})
    with site.serve() as server:
        assert server.get("all.rss").status_code == 200


def test_the_asgi_entry_serves_the_given_config(site: Site, tmp_path: Path) -> None:
    site.write(ARTICLES)
    log = tmp_path / "uvicorn.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "server:app", "--app-dir", str(ROOT), "--port", "0"],
            cwd=tmp_path,
            env=environment({"FEEDS_CONFIG": str(site.folder / "config.yaml")}),
            stdout=out,
            stderr=out,
        )
        try:
            until(lambda: process.poll() is not None or "running on" in log.read_text())
            address = re.search(r"running on (http://\S+)", log.read_text())
            assert address, log.read_text()
            assert httpx.get(f"{address[1]}/all.rss", trust_env=False).content == site.export()["all.rss"]
        finally:
            process.terminate()
            process.wait(30)


def test_each_request_is_a_line_of_the_log(site: Site) -> None:
    site.write(ARTICLES)
    line = r'127\.0\.0\.1 - - \[\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000\] "(\S+) (\S+) HTTP/1\.1" (\d{3}) (\d+)'
    with site.serve() as server:
        first = server.get("all.rss", Accept_Encoding="identity")
        server.get("all.rss", Accept_Encoding="identity", If_None_Match=first.headers["ETag"])
        server.get("nothing%22%1b[31m?q=a%0ab")
    size = str(len(first.content))
    found = re.findall(rf"^{line}$", server.log.read_text(), re.MULTILINE)
    assert found[:2] == [("GET", "/all.rss", "200", size), ("GET", "/all.rss", "304", "0")]
    assert re.fullmatch(r"/nothing%22%1[bB]\[31m\?q=a%0[aA]b|/nothing%22%1[bB]%5[bB]31m\?q=a%0[aA]b", found[2][1])
    assert found[2][2] == "400"
    with site.serve("--log", "json") as server:
        server.client.get(f"{server.url}/all.rss", headers={b"Accept-Encoding": b"identity", b"User-Agent": b"Reader/1 \x9b[31m"})
    (record,) = [json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{")]
    wanted = ("GET", "/all.rss", 200, int(size), "Reader/1 \\x9b[31m")
    assert tuple(record[name] for name in ("method", "path", "status", "bytes", "user_agent")) == wanted
    assert "\x9b" not in server.log.read_text(), "a control sequence for the terminal"
    with site.serve("--log", "none") as server:
        server.get("all.rss")
    assert "GET" not in server.log.read_text()


def test_a_port_in_use_is_reported_at_start(site: Site) -> None:
    site.write(ARTICLES)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = site.run("serve", "--port", str(port), status=2)
        assert refused.err.count("\n") == 1
        assert f"127.0.0.1:{port}" in refused.err
        assert "--port" in refused.err
    assert "--host" in site.run("serve", "--host", "no.such.host.invalid", status=2).err
    assert "192.0.2.1" in site.run("serve", "--host", "192.0.2.1", "--port", "0", status=2).err


def test_an_interrupt_ends_the_server_and_the_watch_quietly(site: Site) -> None:
    site.write(ARTICLES)
    with site.serve() as server:
        server.get("all.rss")
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(30) in (0, 130)
    assert "Aborted" not in server.log.read_text()
    assert "Traceback" not in server.log.read_text()
    command = [sys.executable, "-m", "feeds", "export", "--watch"]
    with subprocess.Popen(
        command, cwd=site.folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as watching:
        assert watching.stdout is not None
        assert b"written" in watching.stdout.readline()
        watching.send_signal(signal.SIGINT)
        out, err = watching.communicate(timeout=30)
        assert watching.returncode in (0, 130)
        assert (out, err) == (b"", b"")


def test_a_mistake_is_logged_once(site: Site) -> None:
    site.write(ARTICLES | {"articles/broken.md": "---\ntitle: Broken\npublishedDateTime: soon\n---\n"})
    with site.serve() as server:
        # Longer than the interval between scans.
        time.sleep(2)
        assert server.log.read_text().count("broken.md:3") == 1
        site.write({"articles/other.md": "---\ntitle: Other\npublishedDateTime: later\n---\n"})
        until(lambda: "other.md:3" in server.log.read_text())
        assert server.log.read_text().count("broken.md:3") == 1
    command = ("-m", "uvicorn", "server:app", "--app-dir", str(ROOT), "--port", "0")
    with site.serve_with(*command, env={"FEEDS_CONFIG": "config.yaml"}) as server:
        time.sleep(2)
        assert server.log.read_text().count("broken.md:3") == 1
