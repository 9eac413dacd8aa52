"""How fast the server answers, against the server underneath: `python benchmarks/serving.py [--seconds 2]`.

Starts side by side a bare ASGI function that holds the same answers in a dictionary by path (the same headers and bodies,
as many of them), one that knows a single constant answer, Feeds, Starlette's StaticFiles and (where installed) nginx, each in
its own process on one core, and drives them in turns, to and fro, with the same client on another core: wrk, which must be
installed. Only ratios count: each round's against the bare function's in the same round, and of those the median.
`by cpu` is the same by the processor time that a server takes for a request, which busy neighbours disturb least.
Then measures the time of answers while one article, and while 10,000, are read anew, against a quiet server's.
"""

import argparse
import os
import pickle
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROUNDS = 3
# How fast a process is depends on how its memory happens to lie: each server lives several times, with some turns in each.
LIVES = 4
TURNS = 3
# The cores of the servers and of the client, where there are two and `taskset` is at hand.
PINNED = shutil.which("taskset") is not None and (os.cpu_count() or 1) > 1
SERVER_CORE, CLIENT_CORE = (["taskset", "-c", "0"], ["taskset", "-c", "1"]) if PINNED else ([], [])
BARE = """
import os, pickle
ANSWERS = {
    path: (
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    )
    for path, (status, headers, body) in pickle.load(open(os.environ["ANSWERS"], "rb")).items()
}
START, BODY = next(iter(ANSWERS.values()))
async def app(scope, receive, send):
    if scope["type"] != "http":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    start, body = LOOK
    await send(start)
    await send(body)
"""
BY_PATH, CONSTANT = BARE.replace("LOOK", 'ANSWERS[scope["path"]]'), BARE.replace("LOOK", "START, BODY")
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
# The process at each port.
PROCESSES: dict[int, int] = {}
KINDS = ("200 gzip", "200 plain", "304")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2, help="of each run")
    parser.add_argument("--paths", type=int, default=10_000, help="distinct paths")
    parser.add_argument("--articles", type=int, default=10_000, help="articles that are rebuilt")
    parser.add_argument("--only", choices=("throughput", "rebuild"), help="one half of it")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    if options.only != "rebuild":
        with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
            folder = Path(name)
            write_corpus(folder, max(options.articles, options.paths), options.paths)
            throughput(folder, stack, options.seconds, options.paths)
    if options.only != "throughput":
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
    command = [
        *SERVER_CORE,
        sys.executable,
        "-m",
        "uvicorn",
        f"app_{name}:app",
        "--port",
        str(port),
        "--no-access-log",
        "--no-server-header",
    ]
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
                PROCESSES[port] = process.pid
                return port
        time.sleep(0.1)
    sys.exit("a server did not start")


def get(port: int, path: str, **headers: str) -> tuple[bytes, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request) as answer:
        return answer.read(), answer.headers.get("etag") or ""


Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


def answer(port: int, path: str, headers: dict[str, str]) -> Answer:
    """What Feeds answers, byte for byte: the status, the headers and the body."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        lines = [f"GET {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", *(f"{n}: {v}" for n, v in headers.items())]
        client.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head, _, body = b"".join(iter(lambda: client.recv(1 << 16), b"")).partition(b"\r\n\r\n")
    status, *fields = head.split(b"\r\n")
    pairs = [(name, value) for name, _, value in (field.partition(b": ") for field in fields)]
    # Uvicorn adds these itself.
    return int(status.split()[1]), [pair for pair in pairs if pair[0].lower() not in (b"date", b"connection")], body


def drive(
    port: int, path: str, seconds: int, headers: dict[str, str], paths: int = 0, tags: list[str] | None = None
) -> tuple[float, float, float]:
    """Of 32 connections of wrk: requests a second, the p99 in milliseconds, requests a second of the server's processor time."""
    command = [*CLIENT_CORE, "wrk", "-t1", "-c32", f"-d{seconds}s", "--latency"]
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
        before = processor(port)
        said = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True, check=True).stdout
    spent = processor(port) - before
    answered = re.search(r"(\d+) requests in", said)
    assert answered is not None, said
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert rate is not None, said
    assert late is not None, said
    if paths == 0 and "Non-2xx" in said:
        sys.exit(said)
    return float(rate[1]), float(late[1]) * {"us": 0.001, "ms": 1, "s": 1000}[late[2]], int(answered[1]) / max(spent, 0.01)


def processor(port: int) -> float:
    """Seconds of processor time that the server at `port` has taken, where the system tells it."""
    try:
        fields = Path(f"/proc/{PROCESSES[port]}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def throughput(folder: Path, stack: ExitStack, seconds: int, paths: int) -> None:
    config = folder / "config.yaml"
    served = start(stack, folder, "feeds", FEEDS, FEEDS_CONFIG=str(config))
    plain, _ = get(served, "/all.rss")
    coded, _ = get(served, "/all.rss", **{"Accept-Encoding": "gzip"})
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
        others["nginx"] = ready(
            stack, subprocess.Popen([*SERVER_CORE, nginx, "-c", str(folder / "nginx.conf"), "-e", "stderr"]), port
        )
    print(
        f"one body: {len(plain):,} bytes, {len(coded):,} in gzip; many: {paths:,} paths of {len(small):,}, {len(small_coded):,}"
    )
    print(
        f"{'':30}{'bare':>10}{'feeds':>10}{'ratio':>8}{'by cpu':>8}{'constant':>14}" + "".join(f"{name:>14}" for name in others)
    )
    for many in (0, paths):
        asked = [f"/topics/topic-{number}.rss" for number in range(many)] or ["/all.rss"]
        for path in asked if many else ():
            get(served, path)
            get(served, path, **{"Accept-Encoding": "gzip"})
        for kind in KINDS:
            headers = {"Accept-Encoding": "identity" if kind == "200 plain" else "gzip", "User-Agent": "bench"}
            rates: dict[str, list[tuple[float, float]]] = {}
            for _ in range(LIVES):
                with ExitStack() as life:
                    # Ten thousand answers are prepared once; a single one in each life.
                    ours = served if many else start(life, folder, "feeds", FEEDS, FEEDS_CONFIG=str(config))
                    for path in [] if many else asked:
                        get(ours, path)
                        get(ours, path, **headers)
                    tags = [get(ours, path, **headers)[1] for path in asked] if kind == "304" else []
                    told = [headers | ({"If-None-Match": tags[place]} if tags else {}) for place in range(len(asked))]
                    answers = {path: answer(ours, path, each) for path, each in zip(asked, told, strict=True)}
                    assert {status for status, _, _ in answers.values()} == {int(kind[:3])}
                    (folder / "answers").write_bytes(pickle.dumps(answers))
                    ports = {
                        made: start(life, folder, made, code, ANSWERS=str(folder / "answers"))
                        for made, code in (("bare", BY_PATH), ("constant", CONSTANT))
                    }
                    # The others have tags of their own, so at many paths they have nothing to answer 304 for.
                    compared = {} if tags and many else others
                    for name, found in turns(ports | {"feeds": ours} | compared, seconds, headers, many, tags).items():
                        rates.setdefault(name, []).extend(found)
            middle = {each: statistics.median(rate for rate, _ in found) for each, found in rates.items()}
            ratios, by_processor = (
                {
                    each: statistics.median(one[way] / bare[way] for one, bare in zip(found, rates["bare"], strict=True))
                    for each, found in rates.items()
                }
                for way in (0, 1)
            )
            label = f"{kind}, {many:,} paths" if many else f"{kind}, one path"
            cells = "".join(f"{ratios[each]:>14.2f}" for each in ("constant", *compared))
            print(
                f"{label:30}{middle['bare']:>10,.0f}{middle['feeds']:>10,.0f}{ratios['feeds']:>8.2f}{by_processor['feeds']:>8.2f}{cells}",
                flush=True,
            )


def turns(
    ports: dict[str, int], seconds: int, headers: dict[str, str], many: int, tags: list[str]
) -> dict[str, list[tuple[float, float]]]:
    """The rates of each server by the clock and by its processor time; the order is turned about from round to round."""
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in ports}
    for turn in range(TURNS):
        for name, port in list(ports.items())[:: -1 if turn % 2 else 1]:
            told = dict(headers)
            if tags and not many:
                ours = name in ("bare", "constant", "feeds")
                told["If-None-Match"] = tags[0] if ours else get(port, "/all.rss", **{"Accept-Encoding": "gzip"})[1]
            rate, _, by_processor = drive(port, "/all.rss", seconds, told, many, tags)
            rates[name].append((rate, by_processor))
    return rates


def rebuild(folder: Path, stack: ExitStack, seconds: int) -> None:
    served = start(stack, folder, "feeds", FEEDS, FEEDS_CONFIG=str(folder / "config.yaml"))
    headers = {"Accept-Encoding": "gzip"}
    get(served, "/all.rss", **headers)
    for number in range(50):
        get(served, f"/topics/topic-{number}.rss", **headers)
    quiet = [drive(served, "/all.rss", seconds, headers)[1] for _ in range(ROUNDS)]
    print(f"p99 quiet {middle(quiet):.2f} ms")
    for what, count in (("one article is", 1), ("every article is", len(list((folder / "articles").iterdir())))):
        busy = []
        for turn in range(ROUNDS):
            change(folder, count, f"{what[:3]} {turn}")
            time.sleep(0.3)
            busy.append(drive(served, "/all.rss", seconds, headers)[1])
            while f"Turn {what[:3]} {turn}".encode() not in get(served, "/all.rss")[0]:
                time.sleep(0.5)
        print(f"while {what} read anew {middle(busy):.2f} ms: {middle(busy) / middle(quiet):.1f} times")


def change(folder: Path, count: int, turn: str) -> None:
    """Change the text of `count` articles; the first is then the newest."""
    for number in range(count):
        day = "2026-01-01" if number == 0 else f"20{10 + number % 15}-{1 + number // 15 % 12:02}-{1 + number // 180 % 28:02}"
        words = " ".join(f"word{(number * 7 + place * place) % 997}" for place in range(150))
        (folder / "articles" / f"{number}.md").write_text(
            f"---\ntitle: Turn {turn}\nwebUrl: https://news.example/{number}\npublishedDateTime: {day}T10:00:00Z\n"
            f"topics: [Topic {number % 50}]\n---\n{turn} {words}\n"
        )


def middle(figures: list[float]) -> float:
    """Of three or so."""
    return sorted(figures)[len(figures) // 2]


if __name__ == "__main__":
    main()
