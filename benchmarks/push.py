"""Push: from a saved file to ten thousand subscribers on loopback, some slow and some failing, and a kill in the middle.

    python benchmarks/push.py [--subscribers 10000] [--database sqlite:///.feeds/index.db]

Says when the first, the median and the last callback came, what that took of processor and memory, how long a reader waits for a
feed meanwhile, and what `kill -9` in the middle loses and repeats. Linux only: every address of 127.0.0.0/8 is this machine.
"""

import argparse
import asyncio
import json
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
from collections import Counter
from pathlib import Path

from feeds.config import loader
from feeds.hub.store import Intent, Protocol, Store, Topic

ROOT = Path(__file__).parent.parent
URL = "https://feeds.example.org"
SLOW, PATIENCE = 8.0, 240.0


class Receiver:
    """An HTTP server that takes deliveries. One in a hundred callbacks is slow, one fails."""

    def __init__(self) -> None:
        self.times: dict[int, list[float]] = {}
        self.failing: set[int] = set()
        self.slow: set[int] = set()
        self.port = 0
        self._ready = threading.Event()
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()
        self._ready.wait()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._answer, "0.0.0.0", 0, backlog=4096)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
                number = int(head.split(b" ", 2)[1].rpartition(b"/")[2])
                self.times.setdefault(number, []).append(time.time())
                if number in self.slow:
                    await asyncio.sleep(SLOW)
                writer.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % (b"500 No" if number in self.failing else b"204 Yes"))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


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


def serve(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    log = folder / "log"
    with log.open("wb") as to:
        command = [sys.executable, "-m", "feeds", "serve", "--port", "0", "--log", "none", "--metrics"]
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


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--subscribers", type=int, default=10_000)
    options.add_argument("--database", default="sqlite:///.feeds/index.db")
    given = options.parse_args()
    receiver = Receiver()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "articles").mkdir()
        config = f'site: {{title: Push, url: "{URL}"}}\nsources: [articles]\nhub: {{allow: [127.0.0.0/8]}}\nindex: "{given.database}"\n'
        (folder / "config.yaml").write_text(config)
        for number in range(1, 60):
            text = f"---\ntitle: Story {number}\npublishedDateTime: 2025-01-01T00:00:{number:02}Z\n---\n" + "Words. " * 300
            (folder / f"articles/{number}.md").write_text(text)
        write(folder, "Before")
        process, url = serve(folder)
        size = len(urllib.request.urlopen(f"{url}/all.json").read())
        store = Store(loader.load(folder / "config.yaml"))
        for number in range(given.subscribers):
            # A thousand hosts, and a secret each.
            host = f"127.{1 + number % 1000 // 250}.{number % 250}.1"
            callback = f"http://{host}:{receiver.port}/{number}"
            intent = Intent(Protocol.WEBSUB, "subscribe", f"{URL}/all.json", callback, f"secret {number}", 86_400)
            store.confirm(intent, Topic(f"{URL}/all.json", "unknown"))
        # The state that they know.
        wait_for(store, write(folder, "Known"), receiver, given.subscribers)
        receiver.times.clear()
        receiver.failing = set(range(0, given.subscribers, 100))
        receiver.slow = set(range(50, given.subscribers, 100))
        waits: list[float] = []
        ending = threading.Event()
        reader = threading.Thread(target=ask_on, args=(url, waits, ending))
        reader.start()
        before = used(process.pid)[0]
        began = write(folder, "News")
        well = given.subscribers - len(receiver.slow) - len(receiver.failing)
        prompt = wait_for(store, began, receiver, given.subscribers)
        after, memory = used(process.pid)
        ending.set()
        reader.join()
        others = [moment for number, moment in prompt.items() if number not in receiver.slow | receiver.failing]
        shown = [round(each - began, 2) for each in (min(others), statistics.median(others), max(others))]
        print(
            f"{given.subscribers:,} subscribers, a feed of {size:,} bytes, signed; {well:,} well, {SLOW} s slow and failing 1 % each"
        )
        print(f"from the saved file to the first, the median and the last callback that is well: {shown} s")
        print(f"processor: {after - before:.1f} s, memory at most: {memory:.0f} MB")
        waits.sort()
        print(
            f"a reader's wait meanwhile: median {1000 * statistics.median(waits):.0f} ms, 99 of 100 {1000 * waits[int(len(waits) * 0.99)]:.0f} ms"
        )
        time.sleep(SLOW + 2)
        receiver.slow = receiver.failing = set()
        receiver.times.clear()
        write(folder, "Killed")
        while len(receiver.times) < given.subscribers / 2:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
        reached = len(receiver.times)
        process, url = serve(folder)
        end = time.monotonic() + PATIENCE
        while (left := store.counts().pending - len(store.behind(10**6))) > 0 and time.monotonic() < end:
            time.sleep(0.2)
        repeats = sum(len(times) - 1 for times in receiver.times.values())
        behind = len(store.behind(10**6))
        print(
            f"killed after {reached:,}: {len(receiver.times):,} reached in the end, {behind:,} wait for their back-off, ", end=""
        )
        print(f"{left:,} lost, {repeats:,} given twice, at most {max(Counter(map(len, receiver.times.values())))} times")
        process.terminate()
        process.wait()
        store.close()


def wait_for(store: Store, began: float, receiver: Receiver, number: int) -> dict[int, float]:
    """When each callback was first called after `began`, once all were."""
    end = time.monotonic() + PATIENCE
    while len(receiver.times) < number:
        assert time.monotonic() < end, json.dumps(store.counts()._asdict())
        time.sleep(0.05)
    return {each: times[0] for each, times in receiver.times.items()}


if __name__ == "__main__":
    main()
