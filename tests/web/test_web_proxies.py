"""The examples of docs/deploy/ under the real nginx, Caddy and Varnish: in front of the server, and of an export."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import feedparser
import httpx2 as httpx
import pytest
from machine import needed
from proxies import DEPLOY, SYSTEM, asked, free_port, nginx, run, until

CADDY = shutil.which("caddy", path=SYSTEM)
VARNISH = shutil.which("varnishd", path=SYSTEM)
CONFIG = """
site: {title: Tide, url: "https://tide.example"}
sources: [articles]
cache: {max_age: 1s, stale_while_revalidate: 0s, stale_if_error: 1d}
"""
ARTICLE = "---\ntitle: Tide\nwebUrl: https://n.example/1\npublishedDateTime: 2026-01-01\n---\n" + "Water rises and falls. " * 200


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "1.md").write_text(ARTICLE)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def served(stack: ExitStack, folder: Path) -> "tuple[int, subprocess.Popen[bytes]]":
    """The server itself: its port, and its process."""
    port = free_port()
    return port, run(stack, [sys.executable, "-m", "feeds", "serve", "--port", str(port), "--log", "none"], port, folder)


def publish(folder: Path, name: str, text: str) -> None:
    # In one step: a half-written file would be of two versions.
    (folder / "new").write_text(text)
    (folder / "new").replace(folder / "articles" / name)


def tells_browsers_from_readers(client: httpx.Client) -> None:
    """Fails where browsers get the cached answers of readers, or the other way round."""
    reader = {"accept": "application/rss+xml, */*;q=0.5"}
    refusing = {"accept": "text/html;q=0, */*"}
    browser = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    for path, kind, turns in (
        ("/all.rss", "application/rss+xml", (reader, browser, refusing, reader, browser)),
        ("/all.atom", "application/atom+xml", (browser, reader, refusing, browser)),
    ):
        for headers in turns:
            expected = "text/xml" if headers is browser else kind
            assert client.get(path, headers=headers).headers["content-type"].partition(";")[0] == expected, (path, headers)


def test_nginx_validates_and_outlasts_the_server(folder: Path, stack: ExitStack) -> None:
    port, server = served(stack, folder)
    client = nginx(stack, folder, "nginx.conf", **{"127.0.0.1:8000": f"127.0.0.1:{port}"})
    tells_browsers_from_readers(client)
    until(lambda: client.get("/all.rss").headers["x-cache"] == "HIT")
    tells_browsers_from_readers(client)
    client = nginx(
        stack, folder, "nginx.conf", **{"127.0.0.1:8000": f"127.0.0.1:{port}", "proxy_cache_path cache": "proxy_cache_path other"}
    )
    first = client.get("/all.atom")
    assert (first.status_code, first.headers["x-cache"]) == (200, "MISS")
    assert first.headers["content-encoding"] == "gzip"
    assert client.get("/all.atom", headers={"if-none-match": first.headers["etag"]}).status_code == 304
    until(lambda: client.get("/all.atom").headers["x-cache"] == "HIT")
    until(lambda: client.get("/all.atom").headers["x-cache"] == "REVALIDATED")
    plain = client.get("/all.atom", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == first.content
    assert client.get("/all", headers={"accept": "application/feed+json"}).json()["items"]
    assert client.get("/all", headers={"accept": "application/atom+xml"}).content == first.content
    publish(folder, "2.md", ARTICLE.replace("title: Tide", "title: Ebb").replace("/1", "/2"))
    until(lambda: b"Ebb" in client.get("/all.atom").content)
    newest = client.get("/all.atom")
    server.terminate()
    server.wait(30)
    until(lambda: client.get("/all.atom").headers["x-cache"] == "STALE")
    stale = client.get("/all.atom")
    assert (stale.status_code, stale.content, stale.headers["etag"]) == (200, newest.content, newest.headers["etag"])


def assert_export_is_served(client: httpx.Client, folder: Path) -> None:
    """Fails where the files of an export lack their media types, compression, caching or 304."""
    for suffix, kind in (("rss", "application/rss+xml"), ("atom", "application/atom+xml"), ("json", "application/feed+json")):
        answer = client.get(f"/all.{suffix}")
        assert answer.content == (folder / "dist" / f"all.{suffix}").read_bytes()
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-encoding"] == "gzip"
        assert "max-age" in answer.headers["cache-control"]
        assert client.get(f"/all.{suffix}", headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_nginx_in_front_of_an_export(folder: Path, stack: ExitStack) -> None:
    subprocess.run([sys.executable, "-m", "feeds", "export", "--out", "dist"], cwd=folder, check=True, capture_output=True)
    client = nginx(stack, folder, "nginx-files.conf", **{"root dist": f"root {folder}/dist"})
    assert_export_is_served(client, folder)
    assert client.get("/.feeds-manifest").status_code == 404


def adapted(folder: Path, example: str, replaced: dict[str, str]) -> Path:
    """A copy of an example with other values in lines that depend on the machine. Fails where one is missing."""
    text = (DEPLOY / example).read_text()
    for old, new in replaced.items():
        assert old in text, old
        text = text.replace(old, new)
    (folder / example).write_text(text)
    return folder / example


def names_itself(answer: httpx.Response) -> None:
    """Fails where self links are not below `site.url`, whatever the Host header."""
    feed = feedparser.parse(answer.content)
    assert [link.href for link in feed.feed.links if link.rel == "self"] == ["https://tide.example/all.atom"]
    assert answer.links["self"]["url"] == "https://tide.example/all.atom"


def test_caddy_in_front_of_the_server_and_of_an_export(folder: Path, stack: ExitStack) -> None:
    caddy = needed(CADDY, "caddy")
    subprocess.run([sys.executable, "-m", "feeds", "export", "--out", "dist"], cwd=folder, check=True, capture_output=True)
    port, _ = served(stack, folder)
    front, files = free_port(), free_port()
    file = adapted(
        folder,
        "Caddyfile",
        {
            "\nfeeds.example.org {": f"\nhttp://127.0.0.1:{front} {{",
            "\nfiles.example.org {": f"\nhttp://127.0.0.1:{files} {{",
            "127.0.0.1:8000": f"127.0.0.1:{port}",
            "/srv/feeds\n\t@": f"{folder}/dist\n\t@",
        },
    )
    file.write_text("{\n\tadmin off\n}\n" + file.read_text())
    command = ["env", f"HOME={folder}", f"XDG_DATA_HOME={folder}", f"XDG_CONFIG_HOME={folder}"]
    run(stack, [*command, caddy, "run", "--config", str(file), "--adapter", "caddyfile"], front, folder)
    client = asked(stack, front)
    tells_browsers_from_readers(client)
    first = client.get("/all.atom")
    assert (first.status_code, first.headers["content-encoding"]) == (200, "gzip")
    assert first.content == (folder / "dist/all.atom").read_bytes()
    names_itself(first)
    assert client.get("/all.atom", headers={"if-none-match": first.headers["etag"]}).status_code == 304
    assert client.get("/all", headers={"accept": "application/feed+json"}).json()["items"]
    assert client.get("/metrics").status_code == 404
    publish(folder, "2.md", ARTICLE.replace("title: Tide", "title: Ebb").replace("/1", "/2"))
    until(lambda: b"Ebb" in client.get("/all.atom", headers={"if-none-match": first.headers["etag"]}).content)

    client = asked(stack, files)
    assert_export_is_served(client, folder)
    assert "text/html" in client.get("/").headers["content-type"]
    hidden = [file.name for file in (folder / "dist").iterdir() if file.name.startswith(".")]
    assert hidden
    assert {client.get(f"/{name}").status_code for name in hidden} == {404}


def test_varnish_validates_and_outlasts_the_server(folder: Path, stack: ExitStack) -> None:
    varnish = needed(VARNISH, "varnishd")
    backend, server = served(stack, folder)
    file = adapted(folder, "varnish.vcl", {'.port = "8000"': f'.port = "{backend}"', ".interval = 5s": ".interval = 0.2s"})
    port = free_port()
    command = [varnish, "-F", "-a", f"127.0.0.1:{port}", "-f", str(file), "-n", str(folder / "varnish"), "-s", "malloc,16m"]
    run(stack, [*command, "-j", "none"], port, folder)
    client = asked(stack, port)
    until(lambda: client.get("/all.atom").status_code == 200)
    tells_browsers_from_readers(client)
    first = client.get("/all.atom")
    assert first.headers["content-encoding"] == "gzip"
    names_itself(first)
    assert client.get("/all.atom", headers={"if-none-match": first.headers["etag"]}).status_code == 304
    # Two numbers: this request, and the one that filled the cache.
    assert len(client.get("/all.atom").headers["x-varnish"].split()) == 2
    plain = client.get("/all.atom", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == first.content
    assert client.get("/all", headers={"accept": "application/feed+json"}).json()["items"]
    assert client.get("/all", headers={"accept": "application/atom+xml"}).content == first.content
    assert client.get("/metrics").status_code == 404
    delta = {"a-im": "feed", "if-none-match": first.headers["etag"]}
    publish(folder, "2.md", ARTICLE.replace("title: Tide", "title: Ebb").replace("/1", "/2"))
    until(lambda: b"Ebb" in client.get("/all.atom").content)
    assert client.get("/all.atom", headers=delta).status_code == 226
    newest = client.get("/all.atom")
    assert newest.headers["etag"] != first.headers["etag"]
    server.terminate()
    server.wait(30)
    until(lambda: int(client.get("/all.atom").headers["age"]) > 1)
    stale = client.get("/all.atom")
    assert (stale.status_code, stale.content, stale.headers["etag"]) == (200, newest.content, newest.headers["etag"])
    assert client.get("/all.atom", headers={"if-none-match": newest.headers["etag"]}).status_code == 304
