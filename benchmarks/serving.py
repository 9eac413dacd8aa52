"""How fast the server answers, against the server underneath: `python benchmarks/serving.py [--seconds 2]`.

Starts side by side a bare ASGI function that holds the same answers in a dictionary by path (the same headers and bodies,
as many of them), Feeds, the bare function again, one that knows a single constant answer, Starlette's StaticFiles and (where
installed) nginx, each in its own process on one core. Each is driven at the same time as the bare function, which it shares
that core with, so that whatever disturbs one disturbs the other; the clients, on another core, are two wrk, which must be
installed. Only ratios count, the median of many: by the clock, and by the processor time that a server takes for a request.
Then measures what the access log costs in each form, and the time of answers while one article, and while 10,000, are read anew,
against a quiet server's.
"""

import argparse
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
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

from servers import BY_PATH, CLIENT_CORE, CONSTANT, FEEDS, neighbours, processor, start

ROUNDS = 3
# How fast a process is depends on how its memory happens to lie: each server lives several times, with some turns in each.
LIVES = 6
TURNS = 2
# Servers of Feeds that hold all the paths: to prepare them takes long, so these live through all kinds of requests.
FLEET = 3
# What is of interest beside the two that are compared takes part in so many lives.
BESIDE = 2
KINDS = ("200 gzip", "200 plain", "304")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2, help="of each run")
    parser.add_argument("--paths", type=int, default=10_000, help="distinct paths")
    parser.add_argument("--articles", type=int, default=10_000, help="articles that are rebuilt")
    parser.add_argument("--only", choices=("throughput", "logging", "rebuild"), help="one part of it")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk is not installed (Debian: apt-get install wrk)")
    if options.only in (None, "logging"):
        with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
            write_corpus(Path(name), 100, 10)
            logging(Path(name), stack, options.seconds)
    if options.only in (None, "throughput"):
        with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
            folder = Path(name)
            write_corpus(folder, max(options.articles, options.paths), options.paths)
            throughput(folder, stack, options.seconds, options.paths)
    if options.only in (None, "rebuild"):
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


class Driven(NamedTuple):
    """What a server did for 32 connections of wrk: requests a second, the p99 in milliseconds, and requests for each second of
    its processor time.
    """

    rate: float
    late: float
    by_processor: float


def drive(
    ports: Sequence[int], path: str, seconds: int, headers: Sequence[dict[str, str]], paths: int = 0, tags: Sequence[str] = ()
) -> list[Driven]:
    """Drive the servers at `ports` at the same time, each with its own `headers`."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        if paths:
            # The requests are made before the clock runs, the same for every server, their fields in one order, as readers send
            # them: wrk's own function would turn it about from run to run.
            fields = "".join(f"{name}: {value}\\r\\n" for name, value in {"Host": "127.0.0.1", **headers[0]}.items())
            known = ", ".join(f"'If-None-Match: {tag}\\r\\n'" for tag in tags)
            script.write(
                f"local tags = {{{known}}}\nlocal made = {{}}\nlocal n = 0\n"
                f"function init()\nfor i = 0, {paths - 1} do\n"
                f'made[i] = "GET /topics/topic-" .. i .. ".rss HTTP/1.1\\r\\n{fields}"'
                ' .. (tags[i + 1] or "") .. "\\r\\n"\nend end\n'
                f"function request() n = (n + 7919) % {paths} return made[n] end\n"
            )
            script.flush()
        before = [processor(port) for port in ports]
        clients = []
        for port, sent in zip(ports, headers, strict=True):
            command = [*CLIENT_CORE, "wrk", "-t1", "-c32", f"-d{seconds}s", "--latency"]
            for name, value in sent.items():
                command += ["-H", f"{name}: {value}"]
            command += ["-s", script.name] if paths else []
            clients.append(subprocess.Popen([*command, f"http://127.0.0.1:{port}{path}"], stdout=subprocess.PIPE, text=True))
        said = [client.communicate()[0] for client in clients]
        spent = [processor(port) - then for port, then in zip(ports, before, strict=True)]
    return [driven(text, cost, strict=paths == 0) for text, cost in zip(said, spent, strict=True)]


def driven(said: str, spent: float, *, strict: bool) -> Driven:
    """What wrk `said`; the server `spent` so many seconds of processor time."""
    answered = re.search(r"(\d+) requests in", said)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    late = re.search(r"99%\s+([\d.]+)(us|ms|s)", said)
    assert answered is not None, said
    assert rate is not None, said
    assert late is not None, said
    if strict and "Non-2xx" in said:
        sys.exit(said)
    milliseconds = float(late[1]) * {"us": 0.001, "ms": 1, "s": 1000}[late[2]]
    return Driven(float(rate[1]), milliseconds, int(answered[1]) / max(spent, 0.01))


def throughput(folder: Path, stack: ExitStack, seconds: int, paths: int) -> None:
    config = folder / "config.yaml"
    fleet = [start(stack, folder, "feeds", FEEDS, FEEDS_CONFIG=str(config)) for _ in range(FLEET)]
    served = fleet[0]
    plain, _ = get(served, "/all.rss")
    coded, _ = get(served, "/all.rss", **{"Accept-Encoding": "gzip"})
    few = get(served, "/topics/topic-0.rss")[0], get(served, "/topics/topic-0.rss", **{"Accept-Encoding": "gzip"})[0]
    others = neighbours(stack, folder, {"all.rss": (plain, coded)} | {f"topics/topic-{n}.rss": few for n in range(paths)})
    print(f"one body: {len(plain):,} bytes, {len(coded):,} in gzip; many: {paths:,} paths of {len(few[0]):,}, {len(few[1]):,}")
    names = ["feeds", "bare again", "constant", *others]
    print(f"{'':24}{'bare':>8}{'feeds':>8}" + "".join(f"{name:>14}" for name in names))
    for many in (0, paths):
        asked = [f"/topics/topic-{number}.rss" for number in range(many)] or ["/all.rss"]
        for kind in KINDS:
            headers = {"Accept-Encoding": "identity" if kind == "200 plain" else "gzip", "User-Agent": "bench"}
            tags: list[str] = []
            if many:
                tags = prepare(fleet, asked, headers, kind, folder / "answers")
                for port in fleet:
                    drive([port], "/all.rss", 2 * seconds, [headers], many, tags)
            pairs: dict[str, list[tuple[Driven, Driven]]] = {}
            for number in range(LIVES):
                with ExitStack() as life:
                    ours = fleet[number % FLEET] if many else start(life, folder, "feeds", FEEDS, FEEDS_CONFIG=str(config))
                    if not many:
                        tags = prepare([ours], asked, headers, kind, folder / "answers")
                        drive([ours], "/all.rss", 1, [headers | ({"If-None-Match": tags[0]} if tags else {})])
                    made = {"bare": BY_PATH}
                    if number < BESIDE:
                        made |= {"bare again": BY_PATH, "constant": CONSTANT}
                    ports = {
                        name: start(life, folder, name.replace(" ", "_"), code, ANSWERS=str(folder / "answers"))
                        for name, code in made.items()
                    }
                    bare = ports.pop("bare")
                    # The others have tags of their own, so at many paths they have nothing to answer 304 for.
                    beside = others if number < BESIDE and not (tags and many) else {}
                    for name, port in ({"feeds": ours} | ports | beside).items():
                        sent = dict(headers), dict(headers)
                        if tags and not many:
                            own = tags[0] if name not in beside else get(port, "/all.rss", **{"Accept-Encoding": "gzip"})[1]
                            sent[0]["If-None-Match"], sent[1]["If-None-Match"] = tags[0], own
                        for _ in range(TURNS):
                            found = drive([bare, port], "/all.rss", seconds, sent, many, tags)
                            pairs.setdefault(name, []).append((found[0], found[1]))
            rates = [statistics.median(pair[place].rate for pair in pairs["feeds"]) for place in (0, 1)]
            cells = "".join(f"{ratios(pairs[name]):>14}" for name in names if name in pairs)
            label = f"{kind}, {many:,} paths" if many else f"{kind}, one path"
            print(f"{label:24}{rates[0]:>8,.0f}{rates[1]:>8,.0f}{cells}", flush=True)


def logging(folder: Path, stack: ExitStack, seconds: int) -> None:
    """What the access log costs: Feeds in each form, and with uvicorn's own log, each beside the bare function without a log."""
    headers = {"Accept-Encoding": "gzip", "User-Agent": "bench"}
    config = {"FEEDS_CONFIG": str(folder / "config.yaml")}
    servers = {form: start(stack, folder, f"feeds_{form}", FEEDS, FEEDS_LOG=form, **config) for form in ("none", "text", "json")}
    servers["uvicorn's"] = start(stack, folder, "feeds_uvicorn", FEEDS, uvicorn_logs=True, **config)
    prepare([*servers.values()], ["/all.rss"], headers, "200 gzip", folder / "answers")
    bare = start(stack, folder, "bare", BY_PATH, ANSWERS=str(folder / "answers"))
    pairs: dict[str, list[tuple[Driven, Driven]]] = {}
    for _ in range(LIVES):
        for form, port in servers.items():
            found = drive([bare, port], "/all.rss", seconds, [headers, headers])
            pairs.setdefault(form, []).append((found[0], found[1]))
    for form, found in pairs.items():
        print(f"access log {form:12} {ratios(found)} of the bare function", flush=True)


def ratios(pairs: list[tuple[Driven, Driven]]) -> str:
    """Of the second server to the first: by the clock, and by processor time."""
    by_clock = statistics.median(other.rate / bare.rate for bare, other in pairs)
    by_processor = statistics.median(other.by_processor / bare.by_processor for bare, other in pairs)
    return f"{by_clock:.2f} {by_processor:.2f}"


def prepare(fleet: list[int], asked: list[str], headers: dict[str, str], kind: str, place: Path) -> list[str]:
    """Have every server of the `fleet` make what is `asked` for, and write down what they answer, which is the same. The entity
    tags that clients know, where they ask for changes.
    """
    for port in fleet:
        for path in asked:
            get(port, path, **headers)
    tags = [get(fleet[0], path, **headers)[1] for path in asked] if kind == "304" else []
    sent = [headers | ({"If-None-Match": tags[number]} if tags else {}) for number in range(len(asked))]
    answers = {path: answer(fleet[0], path, each) for path, each in zip(asked, sent, strict=True)}
    assert {status for status, _, _ in answers.values()} == {int(kind[:3])}
    for port in fleet[1:]:
        assert answer(port, asked[-1], sent[-1]) == answers[asked[-1]]
    place.write_bytes(pickle.dumps(answers))
    return tags


def rebuild(folder: Path, stack: ExitStack, seconds: int) -> None:
    served = start(stack, folder, "feeds", FEEDS, FEEDS_CONFIG=str(folder / "config.yaml"))
    headers = {"Accept-Encoding": "gzip"}
    get(served, "/all.rss", **headers)
    for number in range(50):
        get(served, f"/topics/topic-{number}.rss", **headers)
    quiet = [drive([served], "/all.rss", seconds, [headers])[0].late for _ in range(ROUNDS)]
    print(f"p99 quiet {middle(quiet):.2f} ms")
    for what, count in (("one article is", 1), ("every article is", len(list((folder / "articles").iterdir())))):
        busy = []
        for turn in range(ROUNDS):
            change(folder, count, f"{what[:3]} {turn}")
            time.sleep(0.3)
            busy.append(drive([served], "/all.rss", seconds, [headers])[0].late)
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
