"""Limits: requests that are too long, slow or many, and responses that nobody reads, block no other client."""

import hashlib
import os
import re
import resource
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
from support import CONFIG, REQUIRED, Server, Site, doc

ARTICLES: dict[str, str | bytes] = {
    f"articles/{number}.md": doc({"title": f"Story {number}"}, "word " * 300) for number in range(5)
}


@contextmanager
def connected(server: Server) -> Iterator[socket.socket]:
    """A raw connection to the server."""
    address = httpx.URL(server.url)
    with socket.create_connection((address.host, address.port or 80), timeout=20) as client:
        yield client


def all_of(client: socket.socket) -> bytes:
    """The bytes that the server sends until it closes the connection. Fails if it is reset."""
    return b"".join(iter(lambda: client.recv(1 << 16), b""))


def memory(server: Server) -> int:
    """The peak memory of the server, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{server.process.pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def send_until_cut(client: socket.socket, piece: bytes, most: int) -> int:
    """Send `piece` repeatedly. Returns the number of bytes sent before the server closed the connection, at most `most`."""
    sent = 0
    try:
        while sent < most:
            client.sendall(piece)
            sent += len(piece)
    except OSError:
        pass
    return sent


def test_an_endless_header_line_blocks_nobody(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG})
    with site.serve("--log", "none") as server:
        done = threading.Event()

        def attack() -> None:
            while not done.is_set():
                with connected(server) as client:
                    client.sendall(b"GET /all.rss HTTP/1.1\r\nHost: x\r\nX-Endless: ")
                    send_until_cut(client, b"a" * 65536, 64 << 20)

        attacker = threading.Thread(target=attack)
        attacker.start()
        try:
            end = time.monotonic() + 3
            answered = 0
            while time.monotonic() < end:
                assert server.get("all.rss").status_code == 200
                answered += 1
        finally:
            done.set()
            attacker.join()
        # Without the limit there was none.
        assert answered > 5


def test_the_bytes_of_a_request_are_limited_before_they_are_parsed(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG + "server: {request_size: 4 kB, request_headers: 20}\n"})
    with site.serve("--log", "none") as server:
        before = memory(server)
        for start, more in (
            (b"GET /all.rss HTTP/1.1\r\nHost: x\r\n", b"X-Line: b\r\n"),
            (b"GET /all.rss HTTP/1.1\r\nX-Endless: ", b"aaaaaaaaaa"),
            (b"GET /all.rss?", b"aaaaaaaaaa"),
            (b"", b"\r\n\r\n\r\n\r\n\r\n"),
        ):
            with connected(server) as client:
                client.sendall(start)
                assert send_until_cut(client, more * 1000, 100 << 20) < 20 << 20, start
            with connected(server) as client:
                client.sendall(start + more * 2000)
                assert all_of(client).startswith(b"HTTP/1.1 431 "), start
        assert memory(server) - before < 20 << 20
        # Within the limit of bytes, but too many lines.
        many = [(f"x-{number}", "y") for number in range(21)]
        assert server.client.get(f"{server.url}/all.rss", headers=many).status_code == 431
        # A body counts too.
        answer = server.client.request("GET", f"{server.url}/all.rss", content=b"c" * 100)
        assert answer.status_code == 200
        with connected(server) as client:
            client.sendall(b"GET /all.rss HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n")
            assert send_until_cut(client, b"d" * 10_000, 100 << 20) < 20 << 20
        # A long request within the limits, and many in one packet, are answered.
        assert server.get("all.rss", X_Long="z" * 3000).status_code == 200
        with connected(server) as client:
            client.sendall(
                b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n" * 20 + b"GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n"
            )
            assert all_of(client).count(b"HTTP/1.1 200 OK") == 21


def test_silent_and_slow_clients_are_disconnected(site: Site) -> None:
    times = "server: {request_timeout: 2s, idle_timeout: 2s}\n"
    site.write(ARTICLES | {"config.yaml": CONFIG + times})
    with site.serve("--log", "none", "--metrics") as server:
        with connected(server) as silent, connected(server) as slow, connected(server) as idle, connected(server) as body:
            slow.sendall(b"GET /all.rss HTTP/1.1\r\nHost: x\r\nX: ")
            idle.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            body.sendall(b"POST /all.rss HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
            end = time.monotonic() + 5
            while time.monotonic() < end:
                try:
                    slow.sendall(b"a")
                    body.sendall(b"a")
                except OSError:
                    break
                time.sleep(0.1)
            assert all_of(silent) == b""
            assert all_of(idle).startswith(b"HTTP/1.1 200 OK")
            assert all_of(slow).startswith(b"HTTP/1.1 408 Request Timeout")
            assert all_of(body).startswith(b"HTTP/1.1 405")
        refused = dict(re.findall(r'feeds_connections_closed_total\{reason="(\w+)"\} (\d+)', server.get("metrics").text))
        assert (refused["silent"], refused["slow"]) == ("1", "2")
        assert "feeds_open_connections 1.0\n" in server.get("metrics").text


def picture(size: int) -> bytes:
    """A file that begins like a JPEG picture."""
    return b"\xff\xd8\xff" + os.urandom(size)


LARGE: dict[str, str | bytes] = {
    "articles/large.jpg": picture(16 << 20),
    "articles/z.md": doc({"title": "Large", "image": "large.jpg"}),
}


def test_clients_that_do_not_read_are_disconnected(site: Site) -> None:
    site.write(ARTICLES | LARGE | {"config.yaml": CONFIG + "server: {send_timeout: 2s}\n"})
    with site.serve("--log", "none") as server:
        with connected(server) as client:
            client.sendall(b"GET /files/large.jpg HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(6)
            # The bytes sent so far arrive, and then the end.
            assert len(all_of_or_reset(client)) < 16 << 20
        with connected(server) as client:
            # A slow client that reads gets all of it.
            client.sendall(b"GET /files/large.jpg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            received = 0
            while piece := client.recv(1 << 20):
                received += len(piece)
                time.sleep(0.15)
            assert received > 16 << 20


def test_idle_connections_make_room_and_busy_ones_do_not(site: Site) -> None:
    site.write(ARTICLES | LARGE | {"config.yaml": CONFIG + "server: {connections: 3}\n"})
    with site.serve("--log", "none") as server, connected(server) as first, connected(server) as second:
        # More idle connections than allowed block nobody.
        held = [socket.create_connection(first.getpeername()) for _ in range(20)]
        for _ in range(3):
            with httpx.Client(trust_env=False) as client:
                assert client.get(f"{server.url}/all.rss").status_code == 200
        for each in held:
            each.close()
        assert all_of_or_reset(first) == all_of_or_reset(second) == b""
        # Of three downloads none is cut off, and another client gets an answer, not a reset.
        with connected(server) as one, connected(server) as two, connected(server) as three:
            for each in (one, two, three):
                each.sendall(b"GET /files/large.jpg HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                assert each.recv(15) == b"HTTP/1.1 200 OK"
            for _ in range(5):
                with httpx.Client(trust_env=False) as client:
                    answer = client.get(f"{server.url}/all.rss")
                    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
            for each in (one, two, three):
                assert len(all_of(each)) > 16 << 20
        assert server.get("all.rss").status_code == 200


def all_of_or_reset(client: socket.socket) -> bytes:
    """The bytes that the server sends until it closes or resets the connection."""
    try:
        return all_of(client)
    except ConnectionError:
        return b""


def test_the_limit_of_open_files_is_respected(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG})
    start = "import resource, runpy, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); sys.argv[0] = 'feeds'; "
    command = ("-c", f"{start}runpy.run_module('feeds', run_name='__main__')", "serve", "--port", "0", "--log", "none")
    with site.serve_with(*command) as server:
        address = httpx.URL(server.url)
        held = [socket.create_connection((address.host, address.port or 80)) for _ in range(150)]
        for _ in range(5):
            with httpx.Client(trust_env=False) as client:
                assert client.get(f"{server.url}/all.rss").status_code == 200
        for each in held:
            each.close()


def test_non_http_requests_are_refused_and_not_logged(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": REQUIRED})
    with site.serve("--log", "none") as server:
        for _ in range(20):
            with connected(server) as client:
                client.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")
                assert all_of(client).startswith(b"HTTP/1.1 400 Bad Request")
        with connected(server) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")
            assert all_of(client).startswith(b"HTTP/1.1 200 OK")
        assert len(server.log.read_text().splitlines()) < 20, "what the server says as it starts, and no line for each request"


def test_an_invalid_limit_is_an_error(site: Site) -> None:
    wrong = "server: {connections: 0, request_size: 3 parsecs, idle_timeout: 0s, most: 3}\nlimits: {document: big}\n"
    site.write(ARTICLES | {"config.yaml": CONFIG + wrong})
    message = site.run("export", status=2).err
    for key in ("connections", "request_size", "idle_timeout", "most", "document"):
        assert key in message, key


def test_large_files_are_sent_in_pieces(site: Site) -> None:
    names = [f"{number}.mp3" for number in range(4)]
    sound = os.urandom(1 << 20) * 60
    site.write(ARTICLES | {f"articles/{name}": sound for name in names})
    site.write({"articles/z.md": doc({"title": "Sound"}, " ".join(f"[listen]({name})" for name in names)), "config.yaml": CONFIG})
    with site.serve("--log", "none") as server:
        before = memory(server)
        with ThreadPoolExecutor(len(names)) as pool:
            parts = list(pool.map(lambda name: server.get(f"files/{name}", Range="bytes=1000-1099"), names))
        assert {part.status_code for part in parts} == {206}
        assert {part.content for part in parts} == {sound[1000:1100]}
        whole = server.get("files/0.mp3")
        assert whole.content == sound
        assert whole.headers["ETag"] == f'"{hashlib.sha256(sound).hexdigest()[:32]}"'
        assert server.get("files/0.mp3", If_None_Match=whole.headers["ETag"]).status_code == 304
        assert memory(server) - before < 40 << 20
        # The file is checked for each answer: other bytes have another ETag at once.
        site.write({"articles/0.mp3": b"ID3" + sound[:1000]})
        changed = server.get("files/0.mp3", If_None_Match=whole.headers["ETag"])
        assert (changed.status_code, changed.content) == (200, b"ID3" + sound[:1000])
        # A truncated response is recognisable.
        with connected(server) as client:
            client.sendall(b"GET /files/1.mp3 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(15) == b"HTTP/1.1 200 OK"
            os.truncate(site.folder / "articles/1.mp3", 1000)
            assert len(all_of(client)) < len(sound)


def test_a_file_that_becomes_something_else_is_sent_no_more(site: Site, tmp_path: Path) -> None:
    """Whether the site has noticed or not: what is there now was never found fit for publishing."""
    names = [f"{folder}/{number}.{suffix}" for suffix in ("mp3", "svg") for number in range(3) for folder in ("a", "b")]
    secret = tmp_path / "secret"
    site.write(ARTICLES | {f"articles/{name}": f"<svg/>{name}" for name in names} | {"config.yaml": CONFIG})
    for name in names:
        other = secret / name.partition("/")[2]
        other.parent.mkdir(exist_ok=True)
        other.write_text("secret")
    links = [f"[listen]({name})" if name.endswith("mp3") else f"![drawing]({name})" for name in names]
    site.write({"articles/z.md": doc({"title": "Files"}, "\n\n".join(links))})

    def becomes_pipe(place: Path) -> None:
        os.mkfifo(place)

    def becomes_link(place: Path) -> None:
        place.symlink_to(secret / place.name)

    def becomes_folder(place: Path) -> None:
        place.mkdir()

    with site.serve("--log", "none") as server:
        for name in names:
            assert server.get(f"files/{name}").text == f"<svg/>{name}"
        ways = [becomes_pipe, becomes_link, becomes_folder]
        for name, becomes in zip([name for name in names if name.startswith("a")], ways * 2, strict=True):
            (site.folder / "articles" / name).unlink()
            becomes(site.folder / "articles" / name)
            stays_hidden(server, f"files/{name}", by=f"<svg/>{name}")
        (site.folder / "articles/b").rename(site.folder / "before")
        (site.folder / "articles/b").symlink_to(secret)
        for name in names:
            if name.startswith("b"):
                stays_hidden(server, f"files/{name}", by=f"<svg/>{name}")


def stays_hidden(server: Server, path: str, *, by: str) -> None:
    """Check that a file is answered by its old bytes, 503 or 404, and at last always by 404."""
    deadline = time.monotonic() + 20
    missing = 0
    while missing < 20:
        answer = server.get(path)
        assert answer.status_code in (404, 503) or answer.text == by, (path, answer.status_code, answer.text)
        missing = missing + 1 if answer.status_code == 404 else 0
        assert time.monotonic() < deadline, (path, answer.status_code)


def test_documents_over_the_size_limit_are_not_read(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG})
    with (site.folder / "articles/huge.md").open("wb") as file:
        file.write(doc({"title": "Huge"}).encode())
        file.truncate(3 << 30)
    ran = site.run("export")
    # The most memory of any process below this one, in bytes on macOS, in KiB elsewhere.
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    assert peak < 2 << 30
    assert (
        "articles/huge.md:1: found 3,221,225,472 bytes, expected at most 10,000,000 (`limits.document` in the config)" in ran.err
    )
    assert "Traceback" not in ran.err
    site.write(
        {
            "config.yaml": CONFIG + "limits: {document: 1 kB}\nleast_left: 0%\n",
            "articles/huge.md": doc({"title": "Huge"}, "x " * 600),
        }
    )
    assert "at most 1,000" in site.run("export").err
    site.write({"config.yaml": CONFIG + "limits: {document: 2 kB}\n"})
    site.run("export")
    assert "Huge" in [item["title"] for item in site.items()]


def test_uvicorn_respects_the_limits(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG + "server: {request_headers: 10}\n"})
    command = ("-m", "uvicorn", "--port", "0", "--http", "feeds.web.connections:Connection", "server:app")
    with site.serve_with(*command, env={"FEEDS_CONFIG": "config.yaml"}) as server:
        assert server.get("all.rss").status_code == 200
        with httpx.Client(trust_env=False, headers={f"x-{number}": "y" for number in range(11)}) as client:
            assert client.get(f"{server.url}/all.rss").status_code == 431
