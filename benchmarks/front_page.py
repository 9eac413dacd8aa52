"""The front page of a site with many providers: its bytes, its time to draw, the search's time per key.

    python benchmarks/front_page.py [providers]

Needs chromium. The processor is slowed to a quarter, as Lighthouse does for a slow phone; the line has 1.6 Mbit/s and 150 ms.
"""

import gzip
import http.server
import shutil
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from feeds import configfile, theme
from feeds.collection import collect
from feeds.model import Article, Provider
from feeds.site import Site

WORDS = "north harbour river daily evening lantern field coast valley times post herald review bulletin globe star".split()
KEYS = "harbour 49"


def site(folder: Path, providers: int) -> Site:
    (folder / "config.yaml").write_text("site: {title: Many, url: http://127.0.0.1}\n")
    start = datetime(2026, 1, 1, tzinfo=UTC)
    articles = []
    for number in range(providers * 3):
        one = number % providers
        name = f"{WORDS[one % 16]} {WORDS[one // 16 % 16]} {one}".title()
        domain = f"{name.lower().replace(' ', '-')}.example"
        when = start + timedelta(minutes=number * 31)
        articles.append(
            Article(
                path=f"{number}.md",
                id=f"https://{domain}/{number}",
                url=f"https://{domain}/{number}",
                title=f"Story {number} of {name}, with a headline of usual length",
                published=when,
                updated=when,
                excerpt="What happened, to whom, and why it matters to those who were not there. " * 3,
                provider=Provider(name, domain),
                topics=(f"Topic {one % 300}", f"Theme {one % 17}"),
            )
        )
    settings = configfile.load(folder / "config.yaml")
    return Site(collect(articles, settings), settings, theme.read(None))


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


def main() -> None:
    providers = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        made = site(folder, providers)
        begun = time.perf_counter()
        for path in ("index.html", *(path for path in made.paths() if path.startswith("assets/"))):
            document = made.document(path)
            assert document is not None
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_bytes(document.body)
            print(f"{path:22} {len(document.body):9,} bytes {len(gzip.compress(document.body, 9)):8,} compressed")
        print(f"rendered in {time.perf_counter() - begun:.2f} s")
        largest = max(
            len(found.body)
            for path in made.paths()
            if path.endswith("ndex.html") and path.count("/") < 2 and (found := made.document(path))
        )
        print(f"largest of the front page and the lists: {largest:,} bytes")
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=place)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            measure(f"http://127.0.0.1:{server.server_port}/")
            server.shutdown()


def measure(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for slow in (False, True):
            drawn = []
            for _ in range(5):
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
                if len(drawn) == 5:
                    keys(page, slow)
                context.close()
            where = "slow phone" if slow else "this machine"
            print(f"{where}: first contentful paint {statistics.median(drawn):.0f} ms (median of 5)")
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
