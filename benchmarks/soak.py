"""A server under everything at once, for a while: `python benchmarks/soak.py [--minutes 3] [--kill]`.

Documents are edited, broken, mended, deleted and written again, and now and then the folder is empty, as when it is not mounted.
With `--kill`, the server is killed every now and then and started again, and so are exports beside it. Clients send requests
that never end, say nothing, read nothing or speak something else. Normal clients ask for feeds, pages and sound in every coding,
and check each answer: its status, its body against its ETag, that it parses, and that nothing which has articles is ever gone.
In the end, when all is quiet, every answer is compared with a fresh export.

Prints the normal clients' p50 and p99, the server's memory and open files over time, and for each fault how often it came and
which answers were wrong after it, before the next fault. The exit status is 1 if an answer was wrong.
"""

import argparse
import contextlib
import gzip
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import brotli
import httpx
import zstandard
from lxml import etree

HERE = Path(__file__).resolve().parent
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(HERE.parent), "NO_COLOR": "1"}
EXPORT = [sys.executable, "-m", "feeds", "export"]
TOPICS = 8
# Articles that are never touched, so that every topic always has some; and those that are.
KEPT, EDITED = 60, 40
CONFIG = """\
site: {title: Soak, url: "https://soak.example", language: en}
sources: [articles]
groups: [topic]
server: {connections: 200, request_timeout: 5s, idle_timeout: 5s, send_timeout: 5s, memory: 32 MB}
"""
DECODE: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}
PATHS = [
    *(f"topics/topic-{number}.{suffix}" for number in range(TOPICS) for suffix in ("rss", "atom", "json")),
    *(f"topics/topic-{number}/index.html" for number in range(TOPICS)),
    *("all.rss", "all.atom", "all.json", "index.html", "feeds.opml", "files/sound.mp3"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peaceful", action="store_true", help="only editors and normal clients")
    parser.add_argument("--kill", action="store_true", help="kill the server, and exports beside it, at random moments")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        soak = Soak(Path(name), options.seed)
        with soak.serving():
            soak.run(options.minutes * 60, peaceful=options.peaceful, kills=options.kill)
            soak.settle()
        sys.exit(soak.report())


class Soak:
    """A site, its server, and what was seen."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.stop = threading.Event()
        # What was wrong, by the last fault before it.
        self.wrong: Counter[tuple[str, str]] = Counter()
        self.faults: Counter[str] = Counter()
        self.last_fault = "start"
        self.statuses: Counter[int] = Counter()
        self.attacks: Counter[str] = Counter()
        self.seconds: list[float] = []
        self.samples: list[tuple[int, int]] = []
        self.port = 0
        self.log = ""
        # While the server is not there because it was killed, or has been there for less than a request may take.
        self.is_away = False
        (folder / "articles").mkdir()
        (folder / "config.yaml").write_text(CONFIG)
        (folder / "articles/sound.mp3").write_bytes(b"ID3" + random.Random(seed).randbytes(4 << 20))
        for number in range(KEPT):
            more = "\n[listen](sound.mp3)" if number == 0 else ""
            self.write(number, f"Kept {number}", number % TOPICS, more)

    def write(self, number: int, title: str, topic: int, more: str = "", date: str = "2026-01-02T03:04:05Z") -> None:
        """Write a document in one step, as editors do."""
        words = " ".join(f"word{(number * 7 + place) % 997}" for place in range(150))
        text = (
            f"---\ntitle: {title}\nwebUrl: https://x.example/{number}\npublishedDateTime: {date}\ntopics: [Topic {topic}]\n---\n"
        )
        new = self.folder / "new"
        new.write_text(f"{text}{words}{more}\n")
        new.replace(self.folder / "articles" / f"{number}.md")

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """While the server runs."""
        self.start()
        try:
            yield
        finally:
            self.process.terminate()
            self.process.wait(60)
            self.log += self.said.read_text()

    def start(self) -> None:
        """Start the server, always on the same port, and wait until it answers."""
        self.said = self.folder / f"log-{self.faults['server killed']}"
        command = [sys.executable, "-m", "feeds", "serve", "--port", str(self.port), "--log", "none", "--metrics"]
        with self.said.open("wb") as lines:
            self.process = subprocess.Popen(command, cwd=self.folder, env=ENVIRONMENT, stdout=lines, stderr=lines)
        while (found := re.search(r"running on http://127\.0\.0\.1:(\d+)", self.said.read_text())) is None:
            if self.process.poll() is not None:
                sys.exit(self.said.read_text())
            time.sleep(0.1)
        self.port = int(found[1])

    def run(self, seconds: float, *, peaceful: bool = False, kills: bool = False) -> None:
        """Let all of them loose on the server for a while."""
        attacks = [self.endless_line, self.drip, self.silence, self.unread, self.nonsense, self.pipeline]
        work = [self.edit, *([] if peaceful else [self.unmount, *attacks]), *([self.kill] if kills else []), *([self.ask] * 4)]
        with ThreadPoolExecutor(len(work)) as pool:
            running = [pool.submit(self.repeat, each) for each in work]
            end = time.monotonic() + seconds
            while time.monotonic() < end and not any(each.done() for each in running):
                time.sleep(1)
                # A process that was just killed has none.
                with contextlib.suppress(OSError):
                    self.samples.append((self.memory(), len(os.listdir(f"/proc/{self.process.pid}/fd"))))
            self.stop.set()
            for each in running:
                each.result()

    def repeat(self, what: Callable[[random.Random], None]) -> None:
        """Do `what` until it is time to stop; connections that the server ends are part of it."""
        own = random.Random(f"{what.__name__}{threading.get_ident()}")
        while not self.stop.is_set():
            try:
                what(own)
            except OSError:
                time.sleep(0.01)

    def memory(self) -> int:
        """The server's resident memory in bytes."""
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self.process.pid}/status").read_text())
        return int(found[1]) * 1024 if found else 0

    def fault(self, what: str) -> None:
        """Note that something was done to the server or its files."""
        self.faults[what] += 1
        self.last_fault = what

    def note(self, what: str) -> None:
        """Note that an answer was wrong."""
        self.wrong[self.last_fault, what] += 1

    # The editor.

    def edit(self, own: random.Random) -> None:
        number = KEPT + own.randrange(EDITED)
        what = own.choice(("edit", "edit", "break", "delete", "unreadable"))
        self.fault(f"document: {what}")
        file = self.folder / "articles" / f"{number}.md"
        if what == "edit":
            self.write(number, f"Edited {own.random()}", own.randrange(TOPICS))
        elif what == "break":
            self.write(number, "Broken", own.randrange(TOPICS), date="the day after")
        elif what == "unreadable":
            file.write_bytes(b"---\ntitle: \xff\xfe\n---\n")
        else:
            file.unlink(missing_ok=True)
        time.sleep(0.2)

    def unmount(self, own: random.Random) -> None:
        """Have the folder empty for a while. What is written into it meanwhile is lost."""
        self.stop.wait(20)
        articles, away = self.folder / "articles", self.folder / "away"
        articles.rename(away)
        articles.mkdir()
        self.fault("folder empty")
        self.stop.wait(own.uniform(1, 8))
        while away.exists():
            # The editor may write into it at the same time.
            shutil.rmtree(articles, ignore_errors=True)
            with contextlib.suppress(OSError):
                away.rename(articles)

    def kill(self, own: random.Random) -> None:
        """Kill the server and start it again; kill an export with all its processes."""
        self.stop.wait(own.uniform(5, 20))
        if own.random() < 0.5:
            self.fault("export killed")
            export = subprocess.Popen(
                EXPORT,
                cwd=self.folder,
                env=ENVIRONMENT,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            with contextlib.suppress(subprocess.TimeoutExpired):
                export.wait(own.uniform(0.1, 3))
            with contextlib.suppress(ProcessLookupError):
                os.killpg(export.pid, signal.SIGKILL)
            export.wait()
            return
        self.is_away = True
        self.fault("server killed")
        self.process.kill()
        self.process.wait()
        self.log += self.said.read_text()
        self.start()
        self.is_away = False

    # Those who mean no good.

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def endless_line(self, own: random.Random) -> None:
        with self.connect() as client:
            client.sendall(b"GET /all.rss HTTP/1.1\r\nX-Endless: ")
            while not self.stop.is_set():
                client.sendall(b"a" * 65536)
                self.attacks["endless line, 64 kB"] += 1

    def drip(self, own: random.Random) -> None:
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(self.connect()) for _ in range(60)]
            self.attacks["dripped requests"] += len(clients)
            while not self.stop.is_set():
                for client in clients:
                    client.sendall(b"G")
                time.sleep(0.5)

    def silence(self, own: random.Random) -> None:
        with contextlib.ExitStack() as stack:
            for _ in range(150):
                stack.enter_context(self.connect())
            self.attacks["silent connections"] += 150
            self.stop.wait(3)

    def unread(self, own: random.Random) -> None:
        with contextlib.ExitStack() as stack:
            for _ in range(10):
                stack.enter_context(self.connect()).sendall(b"GET /files/sound.mp3 HTTP/1.1\r\nHost: x\r\n\r\n" * 4)
            self.attacks["unread downloads"] += 10
            self.stop.wait(2)

    def nonsense(self, own: random.Random) -> None:
        with self.connect() as client:
            client.sendall(own.randbytes(200) + b"\r\n\r\n")
            self.attacks["nonsense"] += 1
            client.recv(1000)

    def pipeline(self, own: random.Random) -> None:
        with self.connect() as client:
            self.attacks["pipelines"] += 1
            client.sendall(b"GET /all.rss HTTP/1.1\r\nHost: x\r\n\r\n" * 5000)
            self.stop.wait(0.2)

    # Normal clients.

    def ask(self, own: random.Random) -> None:
        known: dict[tuple[str, str], str] = {}
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30) as client:
            while not self.stop.is_set():
                path, coding = own.choice(PATHS), own.choice([*DECODE])
                headers = {"Accept-Encoding": coding or "identity", "User-Agent": "soak"}
                if own.random() < 0.3 and (path, coding) in known:
                    headers["If-None-Match"] = known[path, coding]
                began, killed, was_away = time.monotonic(), self.faults["server killed"], self.is_away
                answer = None
                try:
                    with client.stream("GET", f"/{path}", headers=headers) as answer:
                        body = b"".join(answer.iter_raw())
                except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.ConnectError) as error:
                    is_killed = was_away or self.is_away or self.faults["server killed"] > killed
                    if not is_killed and (answer is not None or isinstance(error, httpx.ConnectError)):
                        self.note(f"{path}: cut off, {error!r}")
                    if is_killed:
                        time.sleep(0.1)
                    # An idle connection may be closed to make room, as every server may do; clients ask again.
                    self.statuses[0] += 1
                    continue
                except httpx.HTTPError as error:
                    self.note(f"{path}: {error!r}")
                    return
                self.seconds.append(time.monotonic() - began)
                self.check(path, answer, body)
                known[path, coding] = answer.headers.get("etag", "")
                time.sleep(0.01)

    def check(self, path: str, answer: httpx.Response, body: bytes) -> None:
        """Note what is wrong with an answer."""
        self.statuses[answer.status_code] += 1
        if answer.status_code == 503 and path.startswith("files/"):
            # Its folder is away.
            return
        if answer.status_code not in (200, 304):
            self.note(f"{path}: {answer.status_code}")
            return
        if answer.status_code == 304:
            return
        coding = answer.headers.get("content-encoding", "")
        plain = DECODE[coding](body)
        tag = answer.headers["etag"]
        if tag != f'"{hashlib.sha256(plain).hexdigest()[:32]}{f"-{coding}" if coding else ""}"':
            self.note(f"{path}: a body that is not that of its ETag")
        if path.endswith((".rss", ".atom", ".opml")):
            etree.fromstring(plain)
        elif path.endswith(".json"):
            json.loads(plain)

    def settle(self) -> None:
        """Compare all answers with those of a fresh export, once nothing changes any more."""
        self.last_fault = "end"
        self.export(self.folder)
        copy = self.folder / "copy"
        shutil.copytree(self.folder / "articles", copy / "articles")
        # With its ledger, which knows the moments of withdrawals.
        for name in ("config.yaml", "feeds.ledger"):
            shutil.copy(self.folder / name, copy)
        self.export(copy)
        with httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30) as client:
            for path in PATHS:
                expected = _bytes(copy / "dist" / path)
                if _bytes(self.folder / "dist" / path) != expected:
                    self.note(f"{path}: exported beside the server, not what is exported anew")
                for _ in range(100):
                    if client.get(f"/{path}").content == expected:
                        break
                    time.sleep(0.1)
                else:
                    self.note(f"{path}: not what is exported")
            metrics = client.get("/metrics").text
            self.metrics = [
                line for line in metrics.splitlines() if re.match("feeds_(connections_closed|answers_bytes|open)", line)
            ]

    def export(self, folder: Path) -> None:
        """Export the site in `folder`, and note an error."""
        ran = subprocess.run(EXPORT, cwd=folder, env=ENVIRONMENT, check=False, capture_output=True, text=True)
        if ran.returncode:
            self.note(f"export in {folder.name}: {ran.stderr}")

    def after(self, fault: str) -> str:
        """What was wrong after a fault."""
        found = Counter({what: count for (before, what), count in self.wrong.items() if before == fault})
        most = "; ".join(f"{what} ({count} times)" for what, count in found.most_common(5))
        return f"{found.total():,} WRONG ANSWERS: {most}" if found else "no wrong answer"

    def report(self) -> int:
        """Print what was seen; the exit status."""
        taken = sorted(self.seconds)
        print(f"answers: {dict(self.statuses)} (0: closed while idle, asked again)")
        print(f"p50 {statistics.median(taken) * 1000:.1f} ms, p99 {taken[len(taken) * 99 // 100] * 1000:.1f} ms")
        for share in (0.1, 0.25, 0.5, 0.75, 1.0):
            memory, files = self.samples[min(int(len(self.samples) * share), len(self.samples) - 1)]
            print(f"after {share:4.0%}: {memory / 1e6:6.1f} MB, {files} open files")
        print("\n".join(self.metrics))
        print(f"lines of log: {len(self.log.splitlines())}, tracebacks: {self.log.count('Traceback')}")
        if (at := self.log.find("Traceback")) >= 0:
            print(self.log[at : at + 3000])
        for fault, times in [*self.faults.items(), *((f"clients: {what}", times) for what, times in self.attacks.items())]:
            print(f"{fault}, {times:,} times: {self.after(fault)}")
        for fault in {fault for fault, _ in self.wrong} - self.faults.keys():
            print(f"{fault}: {self.after(fault)}")
        return 1 if self.wrong or "Traceback" in self.log else 0


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""


if __name__ == "__main__":
    main()
