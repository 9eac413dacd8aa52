"""Exports to object stores.

Real servers of S3 and Azure on loopback, read with the vendors' libraries, and Google's interface for S3 (`gcs`).
"""

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import azure_blobs
import gcs
import pytest
import s3
from support import REQUIRED, Site, doc, environment, until

PICTURE = bytes.fromhex("89504e470d0a1a0a0000000d49484452000000020000000308060000009d7b8c5e")


Store = s3.Bucket | azure_blobs.Container


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    with s3.server() as url:
        yield url


@pytest.fixture(scope="session")
def azure_server() -> Iterator[str]:
    with azure_blobs.server() as url:
        yield url


@pytest.fixture(scope="session")
def google_server(s3_server: str) -> Iterator[str]:
    with gcs.server(s3_server) as url:
        yield url


@pytest.fixture(params=["s3", "az", "gs"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    made: Store
    if request.param == "s3":
        made = s3.Bucket(request.getfixturevalue("s3_server"))
    elif request.param == "gs":
        made = gcs.Bucket(request.getfixturevalue("google_server"), request.getfixturevalue("s3_server"))
    else:
        made = azure_blobs.Container(request.getfixturevalue("azure_server"))
    with closing(made):
        yield made


@pytest.fixture
def bucket(s3_server: str) -> Iterator[s3.Bucket]:
    with closing(s3.Bucket(s3_server)) as made:
        yield made


def articles(count: int, **fields: str) -> dict[str, str]:
    return {
        f"articles/{number}.md": doc(
            {"title": f"Article {number}", "id": f"urn:x:{number}", "topics": [f"T{number}"], **fields},
            f"Text {number}.",
        )
        for number in range(count)
    }


@pytest.fixture
def news(site: Site) -> Site:
    """A site with three articles, a draft, a page for each feed, and a picture."""
    site.write({"config.yaml": REQUIRED, **articles(3)})
    (site.folder / "articles" / "a b.png").write_bytes(PICTURE)
    site.write({"articles/0.md": doc({"title": "Shown", "id": "urn:x:0", "topics": ["T0"]}, "![Dots](a%20b.png)")})
    return site.write({"articles/d.md": doc({"title": "Held back", "id": "urn:x:d", "published": False})})


def to(site: Site, store: Store, *arguments: str, server: str = "", status: int = 0) -> str:
    """Export to the bucket; returns the output."""
    env = store.through(server or store.server)
    ran = site.run("export", "--out", store.url, *arguments, env=env, status=status)
    return ran.err if status else ran.out


def test_objects_are_the_files_of_a_folder(news: Site, store: Store) -> None:
    assert to(news, store).endswith(f"in {store.url}\n")
    tree = store.tree()
    assert tree == news.export()
    assert "files/a b.png" in tree
    assert not any(b"Held back" in body for body in tree.values())
    head, *lines = store.read(".feeds-manifest").decode().splitlines()
    assert head.startswith("# ")
    assert lines == [f"{hashlib.sha256(body).hexdigest()}  {path}" for path, body in sorted(tree.items())]
    assert not [path for path in store.paths() if path.startswith(".feeds-journal")]


def test_objects_have_the_headers_that_the_server_sends(news: Site, store: Store) -> None:
    to(news, store)
    with news.serve() as server:
        for path, body in store.tree().items():
            served = server.get(path.replace(" ", "%20").removesuffix("index.html"), accept_encoding="identity")
            assert served.status_code == 200, path
            headers = (served.headers["content-type"], served.headers["cache-control"], hashlib.sha256(body).hexdigest())
            assert (path, store.headers(path)) == (path, headers)


def test_only_what_changed_is_put(news: Site, store: Store) -> None:
    to(news, store)
    before = store.tree()
    with s3.proxy(store.server) as passed:
        assert ": 0 written" in to(news, store, server=passed.url)
        assert not passed.paths("PUT")
        assert {path for method, path in passed.requests if method == "PUT"} == {".feeds-lock"}
        # The number of requests does not grow with the number of objects.
        assert len(passed.requests) < 12
    news.write({"articles/1.md": doc({"title": "Corrected", "id": "urn:x:1", "topics": ["T1"]})})
    with s3.proxy(store.server) as passed:
        to(news, store, server=passed.url)
        put = passed.paths("PUT")
    after = store.tree()
    assert after == news.export()
    assert sorted(put) == sorted(path for path, body in after.items() if before.get(path) != body)
    assert not any("t2" in path for path in put)


def test_links_never_lead_to_objects_that_are_missing(news: Site, store: Store) -> None:
    news.write({"config.yaml": REQUIRED + "withdrawn: 0\n"})
    with s3.proxy(store.server) as passed:
        to(news, store, server=passed.url)
        put = passed.paths("PUT")
    feeds = [place for place, path in enumerate(put) if path.endswith((".rss", ".atom"))]
    pages = [place for place, path in enumerate(put) if path.endswith((".html", ".opml"))]
    assert feeds
    assert max(feeds) < min(pages)
    store.write("theirs.txt", b"theirs")
    store.write("topics/t2.rss", b"theirs too, now")
    (news.folder / "articles/2.md").unlink()
    with s3.proxy(store.server) as passed:
        to(news, store, server=passed.url)
        kinds = [method for method, path in passed.requests if not path.startswith(".")]
    assert "PUT" in kinds
    # S3 and Azure delete many at once, Google one by one.
    deleted = [at for at, kind in enumerate(kinds) if kind in ("POST", "DELETE")]
    assert max(at for at, kind in enumerate(kinds) if kind == "PUT") < min(deleted)
    assert store.tree() == news.export() | {"theirs.txt": b"theirs", "topics/t2.rss": b"theirs too, now"}


def test_objects_changed_by_others_are_restored(news: Site, store: Store) -> None:
    to(news, store)
    before = store.tree()
    store.write("all.rss", b"damaged")
    store.delete("all.json")
    assert ": 2 written" in to(news, store)
    assert store.tree() == before


def test_a_changed_cache_control_is_uploaded(news: Site, store: Store) -> None:
    to(news, store)
    news.write({"config.yaml": REQUIRED + "cache: {max_age: 1h, stale_if_error: 7d}\n"})
    to(news, store)
    assert all("stale-if-error=604800" in store.headers(path)[1] for path in store.tree())


def test_lost_or_damaged_records_are_rebuilt(news: Site, store: Store) -> None:
    to(news, store)
    before = store.tree()
    for body in (b"", b"[]", b"\xff", b'{"all.rss": 3}'):
        store.write(".feeds-tags", body)
        store.write(".feeds-lock", body)
        assert ": 0 written" in to(news, store)
    store.delete(".feeds-manifest")
    to(news, store)
    assert store.tree() == before


def test_a_killed_export_is_resumed(site: Site, store: Store) -> None:
    site.write({"config.yaml": REQUIRED, **articles(80)})
    command = [sys.executable, "-m", "feeds", "export", "--out", store.url]
    killed = threading.Event()
    # It must not end before the kill.
    with s3.proxy(store.server, lambda number: number > 170 and killed.wait(60)) as passed:
        process = subprocess.Popen(command, cwd=site.folder, env=environment(store.through(passed.url)))
        until(lambda: len(passed.paths("PUT")) > 150)
        process.kill()
        process.wait()
        killed.set()
    reached = set(store.tree())
    assert "another export" in to(site, store, status=2)
    # Its lease has expired.
    lock = json.loads(store.read(".feeds-lock"))
    store.write(".feeds-lock", json.dumps(lock | {"until": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()}).encode())
    # Objects that it put and that the site no longer has are removed, since they are known to be ours.
    for number in range(40, 80):
        (site.folder / f"articles/{number}.md").unlink()
    site.write({f"articles/{number}.md": text for number, text in enumerate(articles(40).values())})
    with s3.proxy(store.server) as passed:
        to(site, store, server=passed.url)
        again = set(passed.paths("PUT"))
    tree = store.tree()
    assert tree == site.export()
    assert set(tree) - again <= reached
    assert set(tree) - again, "what stood already was not put again"
    assert not [path for path in store.paths() if path.startswith(".feeds-journal")]


def test_an_unreliable_store_gets_everything(news: Site, store: Store) -> None:
    with s3.proxy(store.server, lambda number: number % 4 == 0) as passed:
        to(news, store, server=passed.url)
    assert store.tree() == news.export()


def test_a_second_export_at_once_says_so(news: Site, store: Store) -> None:
    store.write(".feeds-lock", json.dumps({"owner": "x", "until": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}).encode())
    output = to(news, store, status=2)
    assert output.startswith(f"{store.url}: another export is writing here")
    assert store.paths() == [".feeds-lock"]
    store.delete(".feeds-lock")
    to(news, store)
    to(news, store)


def test_the_config_names_the_store(news: Site, store: Store) -> None:
    news.write({"config.yaml": REQUIRED + f"output: {store.url}\n"})
    news.run("export", env=store.env)
    assert store.tree() == news.export()
    assert not [path for path in news.folder.iterdir() if path.name.startswith("s3")]


def test_an_unusable_store_is_an_error_of_one_line(news: Site, bucket: s3.Bucket) -> None:
    for place in ("s3://no-such-bucket/x", "ftp://example.org/x"):
        message = news.run("export", "--out", place, env=bucket.env, status=2).err
        assert message.startswith(f"{place}: ")
        assert message.count("\n") == 1, message


def test_a_missing_library_is_named_with_how_to_install_it(news: Site, tmp_path: Path, bucket: s3.Bucket) -> None:
    (tmp_path / "without" / "obstore").mkdir(parents=True)
    (tmp_path / "without" / "obstore" / "__init__.py").write_text("raise ImportError")
    path = os.pathsep.join([str(tmp_path / "without"), environment()["PYTHONPATH"]])
    message = news.run("export", "--out", bucket.url, env=bucket.env | {"PYTHONPATH": path}, status=2).err
    assert message == f"{bucket.url}: object stores need a library: pip install obstore\n"


@pytest.mark.parametrize("place", ["ftp://example.org/x", "s3://", "s3://key:secret@bucket/x", "s3://bucket?x=secret"])
def test_an_unknown_kind_of_output_is_an_error_with_its_line(news: Site, place: str) -> None:
    news.write({"config.yaml": REQUIRED + f'output: "{place}"\n'})
    message = news.run("export", status=2).err
    assert message.startswith(f"config.yaml:{REQUIRED.count(chr(10)) + 1}: output: found")
    assert "s3://bucket/prefix, gs://bucket/prefix or az://container/prefix" in message
    assert "secret" not in message


def test_sources_in_a_store_are_read_like_a_folder(news: Site, store: Store) -> None:
    expected = news.export()
    for file in (news.folder / "articles").iterdir():
        store.write(file.name, file.read_bytes())
        file.unlink()
    store.write(".hidden.md", doc({"title": "Hidden"}).encode())
    news.write({"config.yaml": REQUIRED.replace("[articles]", f'["{store.url}"]')})
    for _ in range(2):
        with s3.proxy(store.server) as passed:
            assert news.export(env=store.through(passed.url)) == expected
    assert "a b.png" not in passed.paths("GET"), "what has not changed is not fetched again"
    store.write("1.md", doc({"title": "Corrected", "id": "urn:x:1", "topics": ["T1"]}).encode())
    store.delete("2.md")
    items = json.loads(news.run("show", "all.json", env=store.env).out)["items"]
    assert {item["title"] for item in items} == {"Shown", "Corrected"}


@pytest.mark.parametrize(("source", "out"), [("/articles", "/articles/public"), ("/news/articles", "/news"), ("", "")])
def test_an_output_within_a_source_is_refused(news: Site, store: Store, source: str, out: str) -> None:
    store.write("articles/1.md", doc({"title": "One"}).encode())
    before = store.tree()
    asked = ("--source", f"{store.url}{source}", "--out", f"{store.url}{out}")
    assert "articles and exported files would mix" in news.run("export", *asked, env=store.env, status=2).err
    assert store.tree() == before


def test_changes_in_a_store_are_served_and_exported(news: Site, store: Store) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    store.write("1.md", doc({"title": "First"}).encode())
    store.write("2.md", doc({"title": "Much later", "publishedDateTime": later}).encode())
    news.write({"config.yaml": REQUIRED.replace("[articles]", f'["{store.url}"]') + "poll: 1s\n"})
    with news.serve(env=store.env) as server, news.running("export", "--watch", env=store.env):
        out = news.folder / "dist/all.json"
        assert server.titles() == ["First"]
        until(out.exists)
        store.write("3.md", doc({"title": "Second"}).encode())
        until(lambda: "Second" in server.titles())
        until(lambda: b"Second" in out.read_bytes())
        store.delete("1.md")
        until(lambda: server.titles() == ["Second", "Withdrawn"])
        until(lambda: b"First" not in out.read_bytes())


def test_an_unreachable_source_is_an_error_of_one_line(news: Site, bucket: s3.Bucket) -> None:
    message = news.run("check", "--source", "s3://no-such-bucket/x", env=bucket.env, status=2).err
    assert message.startswith("s3://no-such-bucket/x: ")
    assert message.count("\n") == 1
    assert "--source" in news.run("check", "--source", "ftp://example.org", status=2).err


def test_a_guarded_export_to_a_store_uploads_no_harm(news: Site, store: Store) -> None:
    to(news, store, "--guard")
    before = store.tree()
    news.write({"articles/1.md": doc({"title": "Article 1", "id": "urn:x:other", "topics": ["T1"]}, "Text 1.")})
    assert "new-id" in to(news, store, "--guard", status=1)
    assert store.tree() == before
    report = news.run("diff", store.url, "-", "--output-format", "json", env=store.through(store.server), status=1)
    assert {harm["kind"] for harm in json.loads(report.out)["harms"]} == {"new-id"}
