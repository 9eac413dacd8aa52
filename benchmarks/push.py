"""Push: from a saved file to ten thousand subscribers on loopback, some slow and some failing, and a kill in the middle.

    python benchmarks/push.py [--subscribers 10000] [--database sqlite:///.feeds/index.db]
    python benchmarks/push.py --two --database postgresql://user:password@host/database?schema=push [--subscribers 10000]

With `--two`, two servers share the work on one PostgreSQL, and one of them is killed.
Says when the first, the median and the last callback came, what that took of processor and memory, how long a reader waits for a
feed meanwhile, and what `kill -9` in the middle loses and repeats. Linux only: every address of 127.0.0.0/8 is this machine.
"""

import argparse
import asyncio
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

from feeds.config import loader
from feeds.hub.records import Intent, Protocol, Topic
from feeds.hub.store import Store

ROOT = Path(__file__).parent.parent
URL = "https://feeds.example.org"
SLOW, PATIENCE = 8.0, 240.0


class Receiver:
    """An HTTP server that takes deliveries as cheaply as it can. Callbacks in `slow` take their time, those in `failing` fail."""

    def __init__(self) -> None:
        self.times: dict[int, list[float]] = {}
        self.failing: set[int] = set()
        self.slow: set[int] = set()
        self.port = 0
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Connection(self), "0.0.0.0", 0, backlog=4096)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await server.serve_forever()


class Connection(asyncio.Protocol):
    """One connection, which counts the bytes of bodies and looks at heads alone."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.head = b""
        self.left = 0
        self.number = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if not self.left:
            self.head += data
            head, end, body = self.head.partition(b"\r\n\r\n")
            if not end:
                return
            self.head = b""
            self.left = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
            self.number = int(head.split(b" ", 2)[1].rpartition(b"/")[2])
            self.receiver.times.setdefault(self.number, []).append(time.time())
            data = body
        self.left -= len(data)
        if not self.left:
            loop = asyncio.get_running_loop()
            loop.call_later(SLOW if self.number in self.receiver.slow else 0, self.answer, self.number)

    def answer(self, number: int) -> None:
        status = b"500 No" if number in self.receiver.failing else b"204 Yes"
        self.transport.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status)


def used(process: int) -> tuple[float, float]:
    """Seconds of processor time, and megabytes of memory at most."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    peak = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), int(peak[1]) / 1024


def write(folder: Path, title: str) -> float:
    """Save an article; when."""
    new = folder / "new"
    new.write_text(f"---\ntitle: {title}\npublishedDateTime: 2026-01-02T03:04:05Z\n---\n" + "Words. " * 300)
    new.replace(folder / "articles/0.md")
    return time.time()


def serve(folder: Path, *options: str) -> tuple[subprocess.Popen[bytes], str]:
    log = folder / "log"
    with log.open("wb") as to:
        command = [sys.executable, "-m", "feeds", "serve", "--port", "0", "--log", "none", "--metrics", *options]
        process = subprocess.Popen(command, cwd=folder, stderr=to, env=os.environ | {"PYTHONPATH": str(ROOT)})
    while not (found := re.search(r"running on (http://\S+)", log.read_text())):
        time.sleep(0.05)
    time.sleep(2)
    return process, found[1]


def ask_on(url: str, waits: list[float], ending: threading.Event) -> None:
    """Be a reader who asks for a feed ten times a second."""
    while not ending.wait(0.1):
        began = time.perf_counter()
        urllib.request.urlopen(f"{url}/all.rss").read()
        waits.append(time.perf_counter() - began)


def make(folder: Path, database: str) -> None:
    """A site with sixty articles."""
    (folder / "articles").mkdir(parents=True)
    config = f'site: {{title: Push, url: "{URL}"}}\nsources: [articles]\nhub: {{allow: [127.0.0.0/8]}}\nindex: "{database}"\n'
    (folder / "config.yaml").write_text(config)
    for number in range(1, 60):
        text = f"---\ntitle: Story {number}\npublishedDateTime: 2025-01-01T00:00:{number:02}Z\n---\n" + "Words. " * 300
        (folder / f"articles/{number}.md").write_text(text)
    write(folder, "Before")


def subscribe(store: Store, port: int, number: int) -> None:
    """So many subscriptions from a thousand hosts, each with a secret of its own."""
    for each in range(number):
        callback = f"http://127.{1 + each % 1000 // 250}.{each % 250}.1:{port}/{each}"
        intent = Intent(Protocol.WEBSUB, "subscribe", f"{URL}/all.json", callback, f"secret {each}", 86_400)
        store.confirm(intent, Topic(f"{URL}/all.json", "unknown"))


def trouble(receiver: Receiver, number: int) -> None:
    """Forget what came, and make one of a hundred callbacks slow and another fail."""
    receiver.times.clear()
    receiver.failing, receiver.slow = set(range(0, number, 100)), set(range(50, number, 100))


def say_when(url: str, receiver: Receiver, number: int, began: float) -> None:
    """Print when the callbacks came that are neither slow nor failing."""
    troubled = receiver.slow | receiver.failing
    well = [times[0] - began for each, times in receiver.times.items() if each not in troubled]
    size = len(urllib.request.urlopen(f"{url}/all.json").read())
    print(f"{number:,} subscribers, a signed feed of {size:,} bytes; 1 % take {SLOW} s, 1 % fail")
    print(f"callbacks that are well: first {min(well):.2f} s, median {statistics.median(well):.2f} s, last {max(well):.2f} s")


def measure(folder: Path, process: int, url: str, receiver: Receiver, number: int) -> None:
    """From a saved file to every callback, while a reader asks for feeds."""
    trouble(receiver, number)
    waits: list[float] = []
    ending = threading.Event()
    reader = threading.Thread(target=ask_on, args=(url, waits, ending))
    reader.start()
    before, own = used(process)[0], time.process_time()
    began = write(folder, "News")
    wait_for(receiver, number)
    after, memory = used(process)
    own = time.process_time() - own
    ending.set()
    reader.join()
    say_when(url, receiver, number, began)
    waits.sort()
    print(f"processor {after - before:.1f} s, memory at most {memory:.0f} MB; of the receiver: {own:.1f} s")
    median, most = (round(1000 * each) for each in (statistics.median(waits), waits[len(waits) * 99 // 100]))
    print(f"a reader's wait meanwhile: median {median} ms, 99 % at most {most} ms")


def kill(folder: Path, process: subprocess.Popen[bytes], receiver: Receiver, store: Store, number: int) -> None:
    """Kill the server after half of the deliveries of a change, and start another."""
    receiver.slow = receiver.failing = set()
    receiver.times.clear()
    write(folder, "Killed")
    while len(receiver.times) < number / 2:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = len(receiver.times)
    other, _ = serve(folder)
    lost = wait_until_settled(store)
    repeated = sum(len(times) - 1 for times in receiver.times.values())
    print(f"killed after {reached:,} of {number - len(store.behind(10**6)):,} deliveries: {lost:,} lost, {repeated:,} repeated")
    other.terminate()
    other.wait()


def share(folder: Path, other: Path, receiver: Receiver, store: Store, number: int) -> None:
    """From a saved file to every callback with two servers, one of which is killed after half of the deliveries."""
    stays, url = serve(folder)
    killed, _ = serve(other, "--follow")
    wait_for_the_known_state(folder, receiver, number)
    wait_until_settled(store)
    trouble(receiver, number)
    before = [used(each.pid)[0] for each in (stays, killed)]
    began = write(folder, "News")
    while len(receiver.times) < number / 2:
        time.sleep(0.01)
    last = used(killed.pid)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    reached = len(receiver.times)
    wait_for(receiver, number)
    lost = wait_until_settled(store)
    say_when(url, receiver, number, began)
    for name, then, (now, memory) in zip(("that stays", "killed"), before, (used(stays.pid), last), strict=True):
        print(f"the server {name}: processor {now - then:.1f} s, memory at most {memory:.0f} MB")
    # Those that fail are tried again on purpose.
    repeated = sum(len(times) - 1 for each, times in receiver.times.items() if each not in receiver.failing)
    print(f"one of two killed after {reached:,} of {number:,} deliveries: {lost:,} lost, {repeated:,} repeated")
    stays.terminate()
    stays.wait()


def wait_until_settled(store: Store) -> int:
    """Wait until nothing is pending but what failed. Returns how many are, after a long while."""
    end = time.monotonic() + PATIENCE
    while (pending := store.counts().pending - len(store.behind(10**6))) > 0 and time.monotonic() < end:
        time.sleep(0.2)
    return pending


def wait_for_the_known_state(folder: Path, receiver: Receiver, number: int) -> None:
    """Make `number` subscribers know a state of the feed."""
    write(folder, "Known")
    wait_for(receiver, number)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--subscribers", type=int, default=10_000)
    options.add_argument("--database", help="default: SQLite")
    options.add_argument("--two", action="store_true", help="two servers on one PostgreSQL")
    given = options.parse_args()
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as name:
        folder, other = Path(name) / "one", Path(name) / "other"
        if given.two:
            if given.database is None:
                options.error("--two needs --database, a PostgreSQL that both servers share")
            make(folder, given.database)
            make(other, given.database)
            store = Store(loader.load(folder / "config.yaml"))
            subscribe(store, receiver.port, given.subscribers)
            share(folder, other, receiver, store, given.subscribers)
            store.close()
            return
        make(folder, given.database or "sqlite:///.feeds/index.db")
        process, url = serve(folder)
        store = Store(loader.load(folder / "config.yaml"))
        subscribe(store, receiver.port, given.subscribers)
        wait_for_the_known_state(folder, receiver, given.subscribers)
        measure(folder, process.pid, url, receiver, given.subscribers)
        time.sleep(SLOW + 2)
        kill(folder, process, receiver, store, given.subscribers)
        store.close()


def wait_for(receiver: Receiver, number: int) -> None:
    """Wait until every callback was called."""
    end = time.monotonic() + PATIENCE
    while len(receiver.times) < number:
        assert time.monotonic() < end, f"{len(receiver.times):,} of {number:,}"
        time.sleep(0.05)


if __name__ == "__main__":
    main()
