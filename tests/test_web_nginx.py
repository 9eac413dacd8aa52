"""The examples of docs/deploy/ under the real nginx: in front of the server, and of an export."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2 as httpx
import pytest
from machine import needed

NGINX = shutil.which("nginx", path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin")
DEPLOY = Path(__file__).parent.parent / "docs" / "deploy"
CONFIG = """
site: {title: Tide, url: "https://tide.example"}
sources: [articles]
cache: {max_age: 1s, stale_while_revalidate: 0s, stale_if_error: 1d}
"""
ARTICLE = "---\ntitle: Tide\nwebUrl: https://n.example/1\npublishedDateTime: 2026-01-01\n---\n" + "Water rises and falls. " * 200


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    needed(NGINX, "nginx")
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "1.md").write_text(ARTICLE)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def run(stack: ExitStack, command: list[str], port: int, folder: Path) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stop() -> None:
        process.terminate()
        process.wait(30)

    stack.callback(stop)

    def answers() -> bool:
        assert process.poll() is None, command
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    until(answers)
    return process


def until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never came about")


def nginx(stack: ExitStack, folder: Path, example: str, **replaced: str) -> httpx.Client:
    port = free_port()
    text = (DEPLOY / example).read_text()
    for old, new in {"listen 8080": f"listen 127.0.0.1:{port}", "listen 8081": f"listen 127.0.0.1:{port}", **replaced}.items():
        text = text.replace(old, new)
    (folder / "nginx.conf").write_text(text)
    directives = "daemon off; pid nginx.pid; " + ("user root;" if os.geteuid() == 0 else "")
    assert NGINX is not None
    command = [NGINX, "-p", str(folder), "-c", "nginx.conf", "-e", "error.log", "-g", directives]
    run(stack, command, port, folder)
    return stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"accept-encoding": "gzip"}))


def test_nginx_validates_and_outlasts_the_server(folder: Path, stack: ExitStack) -> None:
    port = free_port()
    command = [sys.executable, "-m", "feeds", "serve", "--port", str(port), "--log", "none"]
    server = run(stack, command, port, folder)
    client = nginx(stack, folder, "nginx.conf", **{"127.0.0.1:8000": f"127.0.0.1:{port}"})
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
    # In one step: a file that is read half written would be two versions.
    (folder / "2.new").write_text(ARTICLE.replace("title: Tide", "title: Ebb").replace("/1", "/2"))
    (folder / "2.new").replace(folder / "articles" / "2.md")
    until(lambda: b"Ebb" in client.get("/all.atom").content)
    newest = client.get("/all.atom")
    server.terminate()
    server.wait(30)
    until(lambda: client.get("/all.atom").headers["x-cache"] == "STALE")
    stale = client.get("/all.atom")
    assert (stale.status_code, stale.content, stale.headers["etag"]) == (200, newest.content, newest.headers["etag"])


def test_nginx_in_front_of_an_export(folder: Path, stack: ExitStack) -> None:
    subprocess.run([sys.executable, "-m", "feeds", "export", "--out", "dist"], cwd=folder, check=True, capture_output=True)
    client = nginx(stack, folder, "nginx-files.conf", **{"root dist": f"root {folder}/dist"})
    for suffix, kind in (("rss", "application/rss+xml"), ("atom", "application/atom+xml"), ("json", "application/feed+json")):
        answer = client.get(f"/all.{suffix}")
        assert answer.content == (folder / "dist" / f"all.{suffix}").read_bytes()
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["content-encoding"] == "gzip"
        assert "max-age" in answer.headers["cache-control"]
        assert client.get(f"/all.{suffix}", headers={"if-none-match": answer.headers["etag"]}).status_code == 304
    assert client.get("/.feeds-manifest").status_code == 404
