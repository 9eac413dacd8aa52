"""How fast the server answers, against the server underneath: `python benchmarks/serving.py [--seconds 3]`.

Starts side by side a bare ASGI function with the same body, Feeds, Starlette's StaticFiles and (where installed) nginx, each
in its own process, and drives them in turns with the same client: wrk, which must be installed. Only ratios count.
Then measures the time of answers while 10,000 articles are built anew, again and again, against a quiet server's.
"""

import argparse
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROUNDS = 3
BARE = """
import json, os
HEADERS = [(name.encode(), value.encode()) for name, value in json.loads(os.environ["HEADERS"])]
START = {"type": "http.response.start", "status": int(os.environ["STATUS"]), "headers": HEADERS}
BODY = {"type": "http.response.body", "body": open(os.environ["BODY"], "rb").read()}
async def app(scope, receive, send):
    if scope["type"] != "http":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send(START)
    await send(BODY)
"""
STATIC = """
import os
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
app = Starlette(routes=[Mount("/", StaticFiles(directory=os.environ["DIST"]))])
"""
FEEDS = """
import os
from functools import partial
from pathlib import Path
from feeds import configfile
from feeds.web.app import create_app
app = create_app(partial(configfile.load, Path(os.environ["FEEDS_CONFIG"])), memory=1 << 30)
"""
NGINX = """
{user} daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; gzip_static on;
  types {{ application/rss+xml rss; }}
  server {{ listen 127.0.0.1:{port}; root {dist}; }} }}
"""
KINDS = ("200 gzip", "200 plain", "304")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2, help="of each run")
    parser.add_argument("--paths", type=int, default=10_000, help="distinct paths")
    parser.add_argument("--articles", type=int, default=10_000, help="articles that are rebuilt")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        write_corpus(folder, options.articles, options.paths)
        throughput(folder, stack, options.seconds, options.paths)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        write_corpus(folder, options.articles, 50)
        rebuild(folder, stack, options.seconds)


def write_corpus(folder: Path, articles: int, topics: int) -> None:
    """`articles` documents in `topics` topics, with one feed of them all."""
    (folder / "articles").mkdir()
    (folder / "config.yaml").write_text(
        'site: {title: Bench, url: "http://127.0.0.1"}\nsources: [articles]\ngroups: [topic]\npages: false\n'
        "archives: false\nformats: [rss]\n"
    )
    for number in range(articles):
        day = f"20{10 + number % 15}-{1 + number // 15 % 12:02}-{1 + number // 180 % 28:02}"
        words = " ".join(f"word{(number * 7 + place * place) % 997}" for place in range(150))
        (folder / "articles" / f"{number}.md").write_text(
            f"---\ntitle: Story {number}\nwebUrl: https://news.example/{number}\npublishedDateTime: {day}T10:00:00Z\n"
            f"topics: [Topic {number % topics}]\n---\n{words}\n"
        )


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def start(stack: ExitStack, folder: Path, name: str, code: str, **environment: str) -> int:
    """Run an ASGI application under uvicorn in a process of its own; its port, once it answers."""
    place = folder / f"app_{name}.py"
    place.write_text(code)
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"app_{name}:app", "--port", str(port), "--no-access-log", "--no-server-header"]
    command += ["--log-level", "warning"]
    path = os.pathsep.join([str(folder), str(HERE.parent)])
    process = subprocess.Popen(command, env={**os.environ, **environment, "PYTHONPATH": path}, cwd=folder)
    return ready(stack, process, port)


def ready(stack: ExitStack, process: "subprocess.Popen[bytes]", port: int) -> int:
    def stop() -> None:
        process.terminate()
        process.wait()

    stack.callback(stop)
    for _ in range(1200):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return port
        time.sleep(0.1)
    sys.exit("a server did not start")


def get(port: int, path: str, **headers: str) -> tuple[bytes, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read(), answer.headers.get("etag") or ""


def answer(folder: Path, port: int, path: str, headers: dict[str, str]) -> dict[str, str]:
    """What Feeds answers, for the bare function to answer the same: the environment that tells it."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *(f"{n}: {v}" for n, v in headers.items())]
        client.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head, _, body = b"".join(iter(lambda: client.recv(1 << 16), b"")).partition(b"\r\n\r\n")
    status, *fields = head.decode("latin-1").split("\r\n")
    pairs = [field.partition(": ")[::2] for field in fields]
    # Uvicorn adds these itself.
    kept = [pair for pair in pairs if pair[0].lower() not in ("date", "connection")]
    (folder / "body").write_bytes(body)
    return {"STATUS": status.split()[1], "HEADERS": json.dumps(kept), "BODY": str(folder / "body")}


def drive(
    port: int, path: str, seconds: int, headers: dict[str, str], paths: int = 0, tags: list[str] | None = None
) -> tuple[float, float]:
    """Requests a second, and the p99 in milliseconds, of 32 connections of wrk."""
    command = ["wrk", "-t1", "-c32", f"-d{seconds}s", "--latency"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if paths:
            # The request lines are made before the clock runs, the same for every server.
            known = ", ".join(f"'{tag}'" for tag in tags or ())
            script.write(
                f"local tags = {{{known}}}\nlocal made = {{}}\nlocal n = 0\n"
                f"function init()\nfor i = 0, {paths - 1} do\n"
                "if tags[i + 1] then wrk.headers['If-None-Match'] = tags[i + 1] end\n"
                'made[i] = wrk.format("GET", "/topics/topic-" .. i .. ".rss")\nend end\n'
                f"function request() n = (n + 7919) % {paths} return made[n] end\n"
            )
            script.flush()
            command += ["-s", script.name]
        said = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate is not None, said
    assert late is not None, said
    if paths == 0 and "Non-2xx" in said:
        sys.exit(said)
    return float(rate[1]), float(late[1]) * {"us": 0.001, "ms": 1, "s": 1000}[late[2]]


def throughput(folder: Path, stack: ExitStack, seconds: int, paths: int) -> None:
    config = folder / "config.yaml"
    served = start(stack, folder, "feeds", FEEDS, FEEDS_CONFIG=str(config))
    plain, _ = get(served, "/all.rss")
    coded, coded_etag = get(served, "/all.rss", **{"Accept-Encoding": "gzip"})
    small, _ = get(served, "/topics/topic-0.rss")
    small_coded, _ = get(served, "/topics/topic-0.rss", **{"Accept-Encoding": "gzip"})
    dist = folder / "dist"
    (dist / "topics").mkdir(parents=True)
    (dist / "all.rss").write_bytes(plain)
    (dist / "all.rss.gz").write_bytes(coded)
    for number in range(paths):
        (dist / f"topics/topic-{number}.rss").write_bytes(small)
        (dist / f"topics/topic-{number}.rss.gz").write_bytes(small_coded)
    static = start(stack, folder, "static", STATIC, DIST=str(dist))
    others = {"StaticFiles": static}
    if (nginx := shutil.which("nginx", path=os.environ["PATH"] + os.pathsep + "/usr/sbin")) is not None:
        port = free_port()
        # Started by root, nginx would read as nobody, who may not look into a temporary folder.
        user = "user root;" if os.geteuid() == 0 else ""
        (folder / "nginx.conf").write_text(NGINX.format(user=user, folder=folder, port=port, dist=dist))
        others["nginx"] = ready(stack, subprocess.Popen([nginx, "-c", str(folder / "nginx.conf"), "-e", "stderr"]), port)
    print(
        f"one body: {len(plain):,} bytes, {len(coded):,} in gzip; many: {paths:,} paths of {len(small):,}, {len(small_coded):,}"
    )
    print(f"{'':30}{'bare':>10}{'feeds':>10}{'ratio':>8}" + "".join(f"{name:>14}" for name in others))
    for many in (0, paths):
        tags_of: dict[str, list[str]] = {kind: [] for kind in KINDS}
        if many:
            for number in range(paths):
                get(served, f"/topics/topic-{number}.rss")
                tags_of["304"].append(get(served, f"/topics/topic-{number}.rss", **{"Accept-Encoding": "gzip"})[1])
        for kind in KINDS:
            path = "/topics/topic-0.rss" if many else "/all.rss"
            headers = {"Accept-Encoding": "identity" if kind == "200 plain" else "gzip", "User-Agent": "bench"}
            tags = tags_of[kind] if many else []
            if kind == "304" and not many:
                headers["If-None-Match"] = coded_etag
            asked = headers | ({"If-None-Match": tags[0]} if tags else {})
            bare = start(stack, folder, f"bare{many}{KINDS.index(kind)}", BARE, **answer(folder, served, path, asked))
            ports = {"bare": bare, "feeds": served} | others
            rates: dict[str, list[float]] = {name: [] for name in ports}
            for _ in range(ROUNDS):
                for name, port in ports.items():
                    if tags and name in others:
                        rates[name].append(0.0)
                        continue
                    told = dict(headers)
                    if kind == "304" and name in others and not many:
                        told["If-None-Match"] = get(port, "/all.rss", **{"Accept-Encoding": "gzip"})[1]
                    rates[name].append(drive(port, "/all.rss", seconds, told, many, tags)[0])
            middle = {name: sorted(found)[len(found) // 2] for name, found in rates.items()}
            label = f"{kind}, {many:,} paths" if many else f"{kind}, one path"
            # The others have tags of their own, so at many paths they have nothing to answer 304 for.
            cells = "".join(f"{middle[name] / middle['bare']:>14.2f}" for name in others if not tags)
            ratio = middle["feeds"] / middle["bare"]
            print(f"{label:30}{middle['bare']:>10,.0f}{middle['feeds']:>10,.0f}{ratio:>8.2f}{cells}", flush=True)


def rebuild(folder: Path, stack: ExitStack, seconds: int) -> None:
    served = start(stack, folder, "feeds", FEEDS, FEEDS_CONFIG=str(folder / "config.yaml"))
    headers = {"Accept-Encoding": "gzip"}
    get(served, "/all.rss", **headers)
    for number in range(50):
        get(served, f"/topics/topic-{number}.rss", **headers)
    quiet = [drive(served, "/all.rss", seconds, headers)[1] for _ in range(ROUNDS)]
    busy = []
    for turn in range(ROUNDS):
        (folder / "articles" / "0.md").write_text(
            f"---\ntitle: Turn {turn}\npublishedDateTime: 2026-01-01T10:00:00Z\ntopics: [Topic 0]\n---\nText\n"
        )
        time.sleep(0.3)
        busy.append(drive(served, "/all.rss", seconds, headers)[1])
        while f"Turn {turn}".encode() not in get(served, "/all.rss")[0]:
            time.sleep(0.5)
    before, during = sorted(quiet)[ROUNDS // 2], sorted(busy)[ROUNDS // 2]
    print(f"p99 quiet {before:.2f} ms, while articles are built anew {during:.2f} ms: {during / before:.1f} times")


if __name__ == "__main__":
    main()
