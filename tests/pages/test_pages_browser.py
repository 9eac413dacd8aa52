"""Pages in a real browser.

Needs chromium, and axe-core from npm; without them the tests are skipped, but in CI they fail (see `machine`).
"""

import http.server
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest
import zxingcpp
from machine import needed
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect, sync_playwright
from postgres import Cluster
from reader import make_reader
from support import ROOT, Site, doc, until

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
# One page of each kind, and error pages.
KINDS = (
    "",
    "all/",
    "all/archive/2026-05/",
    "topics/",
    "providers/almarsa.example/",
    "feeds/topic=oceans/",
    "search/?q=tide",
    "search/?q=-x",
    "compose/?topic=oceans&not_topic=c-plus-plus",
    "articles/we-love-tide-tables-2c63b132/",
    "topics/climate.json",
    "topics/climat",
)
# A picture of one pixel, for the pictures of articles: nothing else is loaded from other sites.
GIF = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    found = needed(shutil.which("chromium"), "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def axe() -> str:
    script = ROOT / "node_modules/axe-core/axe.min.js"
    needed(script if script.exists() else None, "axe-core (npm)")
    return script.read_text(encoding="utf-8")


class Server:
    """`feeds serve` in a process of its own, on a free port."""

    def __init__(self, config: Path, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/"
        command = [sys.executable, "-m", "feeds", "serve", "--config", str(config), "--port", str(port), "--base-url", self.url]
        self.process = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", port), 1):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of the seeds, with feeds so short that they have archives."""
    file = tmp_path_factory.mktemp("site") / "config.yaml"
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("[seeds]", f"['{ROOT / 'seeds'}']").replace("limit: 50", "limit: 5"), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def site(config: Path) -> Iterator[str]:
    server = Server(config)
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def exported(config: Path) -> Path:
    folder = config.parent / "dist"
    subprocess.run(
        [sys.executable, "-m", "feeds", "export", "--config", str(config), "--out", str(folder)], check=True, capture_output=True
    )
    return folder


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def watched(context: BrowserContext, site: str) -> tuple[Page, list[str]]:
    """A new page, and a list of everything it does that no page may do."""
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"error: {error}"))

    def answer(route: Route) -> None:
        request = route.request
        if request.url.startswith(site):
            route.continue_()
        elif request.resource_type == "image":
            route.fulfill(body=GIF, content_type="image/gif")
        else:
            wrong.append(f"request: {request.url}")
            route.abort()

    page.route("**/*", answer)
    return page, wrong


def open_by_keyboard(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus, and then Enter."""
    reach(page, target)
    before = page.url
    page.keyboard.press("Enter")
    expect(page).not_to_have_url(before)


def reach(page: Page, target: Locator) -> None:
    """Press Tab until `target` has the focus, which must be seen."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if target.evaluate("(it) => it === document.activeElement"):
            assert target.evaluate("(it) => getComputedStyle(it).outlineStyle") != "none"
            return
    raise AssertionError(f"no Tab reaches {target}")


def test_find_a_provider_by_typing_open_it_and_copy_its_address(context: BrowserContext, site: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, wrong = watched(context, site)
    page.goto(site)
    page.get_by_label("Find a feed").press_sequentially("fanal")
    page.locator(".results a").first.click()
    page.wait_for_url("**/providers/lefanal.example/")
    page.get_by_role("button", name="Copy the Atom address").click()
    page.get_by_text("Copied").wait_for()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address == f"{site}providers/lefanal.example.atom"
    assert "Fanal" in feedparser.parse(urllib.request.urlopen(address).read()).feed.title
    assert wrong == []


def test_search_finds_names_in_any_script_case_and_order(context: BrowserContext, site: str) -> None:
    page, wrong = watched(context, site)
    page.goto(site)
    for typed, expected in (("erables", 0), ("kioto", 1), ("木音", 1), ("ocean", 1), ("COURIER harb", 1)):
        page.get_by_label("Find a feed").fill(typed)
        page.locator("#found", has_text=re.compile(rf"^{expected} feed")).wait_for()
        assert page.locator(".results li:not([data-article])").count() == expected
    assert wrong == []


def test_search_tolerates_typos_and_shows_articles(context: BrowserContext, site: str) -> None:
    page, wrong = watched(context, site)
    page.goto(site)
    box = page.get_by_label("Find a feed")
    for typed in ("ocaens", "oecan", "harbur courier"):
        box.fill(typed)
        page.locator("#found", has_text=re.compile(r"^\d+ feed")).wait_for()
        name = "Oceans" if typed[0] == "o" else "Harbour Courier"
        page.locator(".results a", has_text=name).first.wait_for()
    box.fill("mackerel")
    found = page.locator(".results li[data-article] a", has_text="We <3 tide tables")
    found.click()
    page.wait_for_url("**/articles/we-love-tide-tables-*/")
    assert wrong == []


def test_keyboard_alone_reaches_a_feed(context: BrowserContext, site: str) -> None:
    page, wrong = watched(context, site)
    page.goto(site)
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the content"
    page.keyboard.press("Tab")
    page.keyboard.type("field notes")
    page.locator(".results a").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/providers/fieldnotes.example/")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.pathname") == "/providers/fieldnotes.example.atom":
            break
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline != "none"
    page.keyboard.press("Enter")
    page.wait_for_url("**/providers/fieldnotes.example.atom")
    assert wrong == []


def test_autodiscovery_leads_to_the_feed_that_the_page_shows(context: BrowserContext, site: str) -> None:
    page, _ = watched(context, site)
    page.goto(f"{site}topics/climate/")
    shown = [text.strip() for text in page.locator("article h3").all_inner_texts()]
    links = page.locator("link[rel=alternate]")
    assert links.count() == 3
    for link in links.all():
        address, kind = link.get_attribute("href"), link.get_attribute("type")
        assert address
        assert kind
        with urllib.request.urlopen(address) as answer:
            assert answer.headers.get_content_type() == kind
            body = answer.read()
        if kind != "application/feed+json":
            assert [entry.title for entry in feedparser.parse(body).entries] == shown


def test_without_javascript_everything_is_there(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page, wrong = watched(context, site)
    page.goto(site)
    assert page.get_by_label("Find a feed").is_visible()
    assert page.get_by_role("button").all_inner_texts() == ["Search"]
    page.get_by_role("link", name="All 7 providers").click()
    page.get_by_role("link", name="Le Fanal du Fleuve").click()
    assert page.locator(".addresses a").all_inner_texts() == [
        f"{site}providers/lefanal.example.{suffix}" for suffix in ("atom", "rss", "json")
    ]
    assert page.locator("article h3").count() == 1
    context.close()
    assert wrong == []


@pytest.mark.parametrize("name", ["topics/climate.rss", "topics/climate.atom"])
def test_a_feed_opened_from_a_disk_can_be_read(context: BrowserContext, exported: Path, name: str) -> None:
    page, wrong = watched(context, "file:")
    page.goto(f"file://{exported}/{name}")
    read: dict[str, Any] = page.evaluate(
        """() => {
          const all = [...document.querySelectorAll("*")];
          const seen = (element) => element.getClientRects().length > 0;
          const text = (name) => all.filter((e) => e.localName === name && seen(e)).map((e) => e.textContent.trim());
          return {titles: text("title"), raw: [...text("encoded"), ...text("content"), ...text("guid"), ...text("description")],
                  hint: getComputedStyle(document.documentElement, "::before").content,
                  size: parseFloat(getComputedStyle(document.querySelector("title")).fontSize)};
        }"""
    )
    tree = ElementTree.parse(exported / name)
    titles = [each.text for each in tree.iter() if each.tag in ("title", "{http://www.w3.org/2005/Atom}title")]
    assert read["titles"] == titles
    assert [text for text in read["raw"] if "&" in text] == []
    assert "feed reader" in read["hint"]
    assert read["size"] > 30
    assert wrong == []


def test_a_feed_opened_on_a_server_has_links_and_leads_to_its_page(context: BrowserContext, site: str) -> None:
    page, wrong = watched(context, site)
    page.goto(f"{site}topics/climate.json")
    page.get_by_role("link", name="We <3 tide tables").click()
    page.wait_for_url("**/articles/we-love-tide-tables-*/")
    page.go_back()
    page.get_by_role("link", name="go to its page").click()
    page.wait_for_url("**/topics/climate/")
    assert wrong == []


def test_exported_pages_work_on_any_static_server(context: BrowserContext, exported: Path) -> None:
    handler = partial(Quiet, directory=str(exported))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page, wrong = watched(context, f"http://127.0.0.1:{server.server_port}/")
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        page.get_by_label("Find a feed").fill("oceans")
        page.locator(".results a").first.click()
        page.wait_for_url("**/topics/oceans/")
        assert page.locator("h1").inner_text() == "Oceans"
        server.shutdown()
    assert wrong == []


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.mark.parametrize("kinds", [KINDS[::2], KINDS[1::2]], ids=["even", "odd"])
def test_each_kind_of_page_is_accessible_light_and_dark_and_fits_every_window(
    browser: Browser, site: str, axe: str, kinds: tuple[str, ...]
) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page, wrong = watched(context, site)
    for path in kinds:
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 800})
        page.goto(f"{site}{path}")
        page.evaluate(axe)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        for width in (2560, 768, 400, 320):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
        # Dark pages differ only in colours. On a narrow window, the folded parts are checked.
        page.emulate_media(color_scheme="dark")
        found += page.evaluate("axe.run({resultTypes: ['violations'], runOnly: ['color-contrast', 'target-size']})")["violations"]
        assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == [], path
    context.close()
    # Browsers log error responses.
    assert [each for each in wrong if "status of 40" not in each] == []


def test_errors_have_pages_that_are_accessible_valid_and_lead_on(
    browser: Browser, axe: str, postgresql: Cluster, site_of_notes: Site
) -> None:
    tool = ROOT / "node_modules/html-validate/bin/html-validate.mjs"
    node = needed(shutil.which("node"), "node")
    needed(tool if tool.exists() else None, "html-validate (npm)")
    folder = site_of_notes.folder
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    found: dict[str, list[Any]] = {}

    def look(path: str, status: int) -> None:
        page.emulate_media(color_scheme="light")
        answer = page.goto(f"{server.url}/{path}")
        assert answer is not None
        assert answer.status == status, path
        (folder / f"{len(found)}.html").write_bytes(answer.body())
        page.evaluate(axe)
        found[path] = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        page.emulate_media(color_scheme="dark")
        found[path] += page.evaluate("axe.run({resultTypes: ['violations'], runOnly: ['color-contrast']})")["violations"]
        page.set_viewport_size({"width": 320, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path

    def answers_again() -> bool:
        """Whether trying again leads to the page; connections of the pool may need a moment."""
        with page.expect_navigation():
            page.get_by_role("link", name="Try again").click()
        return page.locator("h1").inner_text() == "Oceans"

    with site_of_notes.serve() as server:
        gone = f"articles/{server.get('topics/ice.json').json()['items'][0]['url'].rpartition('articles/')[2]}"
        assert server.get(gone).status_code == 200
        site_of_notes.replace({"articles/ice.md": doc({"title": "Ice", "topics": ["Ice"], "published": False}, "Text")})
        until(lambda: server.get(gone).status_code == 410)
        look(gone, 410)
        # A path that is too long is refused before the site is asked for it, so the page is bare.
        look("a" * 5000, 414)
        postgresql.stop()
        try:
            look("topics/oceans/", 503)
            assert page.locator("header").inner_text().startswith("Notes")
        finally:
            postgresql.start()
        until(answers_again)
    context.close()
    assert {path: [each["id"] for each in each_found] for path, each_found in found.items() if each_found} == {}
    (folder / ".htmlvalidate.json").write_text('{"root": true, "extends": ["html-validate:recommended"]}')
    names = [f"{number}.html" for number in range(len(found))]
    done = subprocess.run([node, str(tool), *names], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def site_of_notes(tmp_path: Path, postgresql: Cluster) -> Site:
    """A site of two articles without an address elsewhere, with its index in PostgreSQL."""
    config = "site: {title: Notes, url: 'https://notes.example', language: en}\nsources: [articles]\ngone_after: 1s\n"
    config += f"index: '{postgresql.url()}'\n"
    files = {f"articles/{name.lower()}.md": doc({"title": name, "topics": [name]}, "Text") for name in ("Oceans", "Ice")}
    return Site(tmp_path).write({"config.yaml": config, **files})


def test_a_narrow_window_shows_the_story_first_and_unfolds_the_ways_to_subscribe(browser: Browser, site: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page, _ = watched(context, site)
    for path in ("", "topics/climate/"):
        page.goto(f"{site}{path}")
        box = page.locator("article").first.bounding_box()
        assert box is not None
        assert box["y"] < 740
        address = page.locator(".addresses a").first
        assert not address.is_visible()
        page.locator("summary", has_text="Subscribe").click()
        assert address.is_visible()
    assert page.get_by_role("link", name="Feedly").is_visible()
    context.close()


# Latin words that are on two lines though the page is wide enough for them on one.
_BROKEN = """() => {
  const broken = [], texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const [left, right] = ["paddingLeft", "paddingRight"].map((name) => parseFloat(getComputedStyle(document.body)[name]));
  while (texts.nextNode()) {
    const text = texts.currentNode;
    if (text.parentElement.closest("script, style, .addresses")) continue;
    for (const word of text.data.matchAll(/\\p{Script=Latin}+/gu)) {
      const range = document.createRange();
      range.setStart(text, word.index);
      range.setEnd(text, word.index + word[0].length);
      const parts = [...range.getClientRects()].filter((part) => part.width > 0);
      const width = parts.reduce((sum, part) => sum + part.width, 0);
      if (new Set(parts.map((part) => Math.round(part.top))).size > 1 && width < document.body.clientWidth - left - right)
        broken.push(word[0]);
    }
  }
  return broken;
}"""


def test_long_headlines_long_words_and_many_authors_fit_every_window(browser: Browser, tmp_path: Path) -> None:
    long = " ".join(["The river rose, and the people of the lower town carried their furniture up to the attics."] * 3)
    people = ["Ana-Maria Popescu-Tăriceanu", "Bo Li", "Đặng Thị Ngọc Thịnh", "小川洋子", "محمود درويش"] * 2
    given: dict[str, dict[str, Any]] = {
        "long": {"title": long, "provider": {"name": "Wattenmeerpost", "domain": "w.example"}, "excerpt": "Of the dam. " * 20},
        "word": {"title": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"},
        "many": {"title": "Ten people wrote this", "authors": [{"name": name} for name in people]},
        "arabic": {"title": "مدينة الميناء تستعد لارتفاع مستوى البحر وتعيد رسم خرائطها القديمة", "language": "ar"},
        "tea": {"title": "宇治の茶師たちが人工知能の見習いに教える、摘み取りと蒸しをめぐる百年の記録", "language": "ja"},
    }
    config = "site: {title: Notes, url: 'https://n.example', language: en}\nsources: [articles]\n"
    site = Site(tmp_path).write({"config.yaml": config})
    site.write({f"articles/{name}.md": doc({"topics": ["Sea"]} | more, "Text") for name, more in given.items()})
    articles = [path for path in site.export() if path.startswith("articles/")]
    assert len(articles) == len(given)
    context = browser.new_context()
    page, wrong = watched(context, "file:")
    for path in ("index.html", "topics/sea/index.html", "providers/w.example/index.html", *articles):
        page.goto(f"file://{tmp_path}/dist/{path}")
        for width, height in ((320, 640), (360, 740), (1400, 800)):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
            assert [word for word in page.evaluate(_BROKEN) if len(word) < 80] == [], (path, width)
            # Of the longest headline, too, all is seen before the window is scrolled.
            headline = page.locator("h1").bounding_box()
            assert headline is not None
            assert headline["y"] + headline["height"] < height, (path, width)
    context.close()
    assert wrong == []


# The pixels of a drawing as a camera sees them, one byte each.
_PIXELS = """async (svg) => {
  const picture = new Image(), side = 400;
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  picture.src = "data:image/svg+xml," + encodeURIComponent(svg.outerHTML);
  await picture.decode();
  const canvas = new OffscreenCanvas(side, side).getContext("2d");
  canvas.drawImage(picture, 0, 0, side, side);
  return [...canvas.getImageData(0, 0, side, side).data].filter((_, place) => place % 4 === 0);
}"""


def test_the_code_beside_the_addresses_is_that_of_the_feed(context: BrowserContext, site: str) -> None:
    page, _ = watched(context, site)
    page.goto(f"{site}topics/climate/")
    pixels = bytes(page.locator("svg.qr").evaluate(_PIXELS))
    (code,) = zxingcpp.read_barcodes(memoryview(pixels).cast("B", (400, 400)))
    assert code.text == f"{site}topics/climate.atom"


def test_a_picture_that_fails_leaves_no_gap_and_an_initial_takes_the_place_of_a_mark(context: BrowserContext, site: str) -> None:
    page, _ = watched(context, site)
    page.route(re.compile(r"\.(jpg|png|svg)(\?|$)|pictures|images"), lambda route: route.abort())

    def late(route: Route) -> None:
        # Pictures fail before the script runs, too.
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/assets/feeds.js", late)
    page.goto(site, wait_until="networkidle")
    for medium in ("screen", "print"):
        page.emulate_media(media=medium)
        expect(page.locator("figure").filter(visible=True)).to_have_count(0)
        expect(page.locator(".mark img").filter(visible=True)).to_have_count(0)
    assert "H" in [mark.inner_text() for mark in page.locator(".mark").all()]


def test_print_leaves_out_what_paper_cannot_do(context: BrowserContext, site: str) -> None:
    page, _ = watched(context, site)
    page.goto(f"{site}topics/climate/")
    page.emulate_media(media="print")
    assert not page.get_by_role("button").first.is_visible()
    assert page.get_by_role("heading", name="Climate", exact=True).is_visible()


_COUNT_JUMPS = (
    "window.jumps = 0; new PerformanceObserver((list) => { for (const e of list.getEntries()) window.jumps += e.value; })"
    ".observe({type: 'layout-shift', buffered: true});"
)


def test_the_layout_is_stable_while_pictures_load(context: BrowserContext, site: str) -> None:
    page, _ = watched(context, site)
    page.add_init_script(_COUNT_JUMPS)
    page.goto(f"{site}topics/climate/", wait_until="networkidle")
    assert page.evaluate("window.jumps") < 0.01


def test_the_layout_is_stable_while_the_script_loads(context: BrowserContext, site: str) -> None:
    page, _ = watched(context, site)
    page.add_init_script(_COUNT_JUMPS)

    def late(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/assets/feeds.js", late)
    page.goto(f"{site}topics/climate/", wait_until="networkidle")
    page.get_by_role("button", name="Copy").first.wait_for()
    assert page.evaluate("window.jumps") < 0.01


def test_older_leads_by_keyboard_alone_from_the_newest_article_to_the_first(context: BrowserContext, site: str) -> None:
    page, wrong = watched(context, site)
    page.goto(f"{site}all/")
    shown: list[str] = []
    while True:
        shown += [text.strip() for text in page.locator("article h3, .older li > a, .day li > a").all_inner_texts()]
        older = page.locator(".turn a[rel=next]")
        if not older.count():
            break
        open_by_keyboard(page, older)
    # Every published article of the seeds, down to the first.
    assert len(set(shown)) == len(shown) == 11
    assert "HUB" in shown[-1]
    assert wrong == []


def test_a_preview_reloads_when_a_file_is_saved(context: BrowserContext, tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "config.yaml").write_text("site: {title: Post, url: https://post.example}\n")
    story = tmp_path / "seeds" / "a.md"
    story.write_text("---\ntitle: First\npublishedDateTime: 2026-01-01\npublished: false\n---\n")
    server = Server(tmp_path / "config.yaml", "--drafts")
    try:
        page, wrong = watched(context, server.url)
        page.goto(f"{server.url}all/")
        assert page.locator(".state").inner_text() == "Draft"
        assert page.locator(".source").inner_text() == "seeds/a.md"
        page.wait_for_timeout(300)
        story.write_text("---\ntitle: Second\npublishedDateTime: 2026-01-01\npublished: false\n---\n")
        page.get_by_role("heading", name="Second").wait_for()
        story.write_text("---\ntitle: Second\npublishedDateTime: whenever\n---\n")
        page.get_by_text("To be mended").wait_for()
        assert page.locator(".problems code").first.inner_text() == "seeds/a.md:3"
        assert wrong == []
    finally:
        server.stop()


def test_an_article_is_found_by_a_word_of_its_body_and_read_by_keyboard_alone(context: BrowserContext, site: str) -> None:
    page, wrong = watched(context, site)
    page.goto(site)
    page.keyboard.press("/")
    page.keyboard.type("mackerel")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=mackerel")
    open_by_keyboard(page, page.get_by_role("link", name="We <3 tide tables"))
    page.wait_for_url("**/articles/we-love-tide-tables-*/")
    assert "wrap a mackerel" in page.locator(".prose").inner_text()
    assert wrong == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_feed_is_composed_by_keyboard_alone(browser: Browser, site: str, *, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page, wrong = watched(context, site)
    page.goto(site)
    open_by_keyboard(page, page.get_by_role("link", name="Compose a feed", exact=True))
    reach(page, page.locator("input[name=topic]"))
    page.keyboard.type("Oceans")
    page.keyboard.press("Tab")
    if scripts:
        # The matches are shown before the form is sent.
        page.locator("#composed h2", has_text="Oceans").wait_for()
    page.keyboard.press("Shift+Tab")
    # With scripts, the address is updated before the form is sent.
    with page.expect_navigation(url="**/compose/?*topic=Oceans*"):
        page.keyboard.press("Enter")
    address = page.locator(".addresses a", has_text=".atom").first.inner_text()
    shown = [text.strip() for text in page.locator("#composed article h3").all_inner_texts()]
    with closing(make_reader(":memory:")) as reader:
        reader.add_feed(address)
        reader.update_feed(address)
        assert [entry.title for entry in reader.get_entries()] == shown
    assert shown
    assert wrong == []
    context.close()
