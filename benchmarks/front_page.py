"""The front page of a site with many providers: its bytes, its time to draw, the search's time per key.

    python benchmarks/front_page.py [providers] [--rounds 11]

Starts `feeds serve`, as a reader meets it: compressed. Needs chromium. The processor is slowed to a quarter, as Lighthouse
does for a slow phone; the line has 1.6 Mbit/s and 150 ms. It prints the median of the rounds, each with an empty cache.
"""

import argparse
import gzip
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

WORDS = "north harbour river daily evening lantern field coast valley times post herald review bulletin globe star".split()
KEYS = "harbour 49"
PATIENCE = 300


def write(folder: Path, providers: int) -> None:
    """A site with three articles of each provider."""
    (folder / "config.yaml").write_text("site: {title: Many, url: http://127.0.0.1}\nsources: [articles]\n")
    (folder / "articles").mkdir()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number in range(providers * 3):
        one = number % providers
        name = f"{WORDS[one % 16]} {WORDS[one // 16 % 16]} {one}".title()
        domain = f"{name.lower().replace(' ', '-')}.example"
        when = start + timedelta(minutes=number * 31 * 5000 // max(providers, 5000))
        excerpt = "What happened, to whom, and why it matters to those who were not there. " * 3
        (folder / "articles" / f"{number}.md").write_text(
            f"---\ntitle: Story {number} of {name}, with a headline of usual length\nwebUrl: https://{domain}/{number}\n"
            f"publishedDateTime: {when:%Y-%m-%dT%H:%M:%SZ}\nexcerpt: {excerpt}\n"
            f"provider: {{name: {name}, domain: {domain}}}\ntopics: [Topic {one % 300}, Theme {one % 17}]\n---\n"
        )


def body(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("providers", type=int, nargs="?", default=5000)
    parser.add_argument("--rounds", type=int, default=11)
    options = parser.parse_args()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    with tempfile.TemporaryDirectory() as place:
        write(Path(place), options.providers)
        command = [sys.executable, "-m", "feeds", "serve", "--log", "none", "--port", str(port), "--base-url", url[:-1]]
        server = subprocess.Popen(command, cwd=place, stderr=subprocess.DEVNULL)
        try:
            for _ in range(PATIENCE):
                try:
                    body(f"{url}readyz")
                    break
                except urllib.error.URLError:
                    time.sleep(1)
            for path in ("", "assets/feeds.js", "assets/search.json", "providers/", "topics/"):
                found = body(url + path)
                print(f"/{path:22} {len(found):9,} bytes {len(gzip.compress(found, 9)):8,} compressed")
            measure(url, options.rounds)
        finally:
            server.terminate()
            server.wait()


def measure(url: str, rounds: int) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for slow in (False, True):
            drawn = []
            for _ in range(rounds):
                context = browser.new_context(viewport={"width": 400, "height": 800})
                page = context.new_page()
                if slow:
                    session = context.new_cdp_session(page)
                    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
                    line = {"offline": False, "latency": 150, "downloadThroughput": 204_800, "uploadThroughput": 96_000}
                    session.send("Network.emulateNetworkConditions", line)
                page.goto(url, wait_until="load")
                page.wait_for_timeout(300)
                script = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
                drawn.append(page.evaluate(script))
                if len(drawn) == rounds:
                    keys(page, slow)
                context.close()
            where = "slow phone" if slow else "this machine"
            spread = f"median of {rounds}, {min(drawn):.0f} to {max(drawn):.0f}"
            print(f"{where}: first contentful paint {statistics.median(drawn):.0f} ms ({spread})", flush=True)
        browser.close()


def keys(page: Any, slow: bool) -> None:
    """From each key to the list being there and laid out, the first one fetching the index."""
    page.evaluate(
        """() => { window.took = []; const box = document.querySelector('#search'); let from = 0;
        box.addEventListener('input', () => { from = performance.now(); }, true);
        new MutationObserver(() => { document.body.offsetHeight; took.push(performance.now() - from); })
          .observe(document.querySelector('#found'), {childList: true, characterData: true, subtree: true}); }"""
    )
    page.focus("#search")
    for key in KEYS:
        page.keyboard.press(key if key != " " else "Space")
        page.wait_for_timeout(1500 if slow and key == KEYS[0] else 400)
    took = page.evaluate("took")
    print(
        f"search, {'slow phone' if slow else 'this machine'}: first key {took[0]:.1f} ms, "
        f"later keys median {statistics.median(took[1:]):.1f} ms, at most {max(took[1:]):.1f} ms"
    )


if __name__ == "__main__":
    main()
