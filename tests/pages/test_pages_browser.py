"""Pages in a real browser: what a person does with them. Needs chromium, and axe-core from npm.

Where they are missing the tests are passed over and say so, but never in CI (see `machine`).
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
from functools import partial
from pathlib import Path
from typing import Any, Literal
from xml.etree import ElementTree

import feedparser
import pytest
from machine import needed
from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright
from support import ROOT

FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()
KINDS = (
    "",
    "all/",
    "topics/",
    "topics/climate/",
    "providers/",
    "providers/almarsa.example/",
    "categories/news/",
    "feeds/machines-and-climate/",
    "feeds/topic=oceans/",
    "search/",
    "search/?q=tide",
    "compose/",
    "compose/?topic=oceans&not_topic=c-plus-plus",
    "404.html",
    "articles/we-love-tide-tables-2c63b132/",
)
# A picture of one pixel: those of articles are the only things that a page takes from elsewhere.
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
def site() -> Iterator[str]:
    server = Server(ROOT / "config.yaml")
    yield server.url
    server.stop()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "feeds", "export", "--config", str(ROOT / "config.yaml"), "--out", str(folder)],
        check=True,
        capture_output=True,
    )
    return folder


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


def watched(context: BrowserContext, site: str) -> tuple[Page, list[str]]:
    """A new page, and a list that everything goes into that no page may do."""
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


@pytest.mark.parametrize(("typed", "expected"), [("erables", 0), ("kioto", 1), ("木音", 1), ("ocean", 1), ("COURIER harb", 1)])
def test_search_finds_names_in_any_script_case_and_order(context: BrowserContext, site: str, typed: str, expected: int) -> None:
    page, wrong = watched(context, site)
    page.goto(site)
    page.get_by_label("Find a feed").fill(typed)
    page.locator("#found", has_text=re.compile(r"\d feed")).wait_for()
    assert page.locator(".results a").count() == expected
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


@pytest.mark.parametrize("name", ["topics/climate.rss", "topics/climate.atom", "all.rss"])
@pytest.mark.parametrize("where", ["served", "file"])
def test_a_feed_opened_by_hand_can_be_read(context: BrowserContext, site: str, exported: Path, name: str, where: str) -> None:
    page, wrong = watched(context, site if where == "served" else "file:")
    page.goto(f"{site}{name}" if where == "served" else f"file://{exported}/{name}")
    read: dict[str, Any] = page.evaluate(
        """() => {
          const all = [...document.querySelectorAll("*")];
          const seen = (element) => element.getClientRects().length > 0;
          const text = (name) => all.filter((e) => e.localName === name && seen(e)).map((e) => e.textContent.trim());
          return {titles: text("title"), raw: [...text("encoded"), ...text("content"), ...text("guid")],
                  hint: getComputedStyle(document.documentElement, "::before").content,
                  size: parseFloat(getComputedStyle(document.querySelector("title")).fontSize)};
        }"""
    )
    tree = ElementTree.parse(exported / name)
    titles = [each.text for each in tree.iter() if each.tag in ("title", "{http://www.w3.org/2005/Atom}title")]
    assert read["titles"] == titles
    assert read["raw"] == []
    assert "feed reader" in read["hint"]
    assert read["size"] > 30
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_nothing_is_said_or_fetched(
    browser: Browser, site: str, axe: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page, wrong = watched(context, site)
    for path in KINDS:
        page.goto(f"{site}{path}")
        page.evaluate(axe)
        found = page.evaluate("axe.run()")
        told = [(each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]]
        assert told == [], path
    context.close()
    assert wrong == []


@pytest.mark.parametrize("width", [320, 400, 768, 1400, 2560])
def test_nothing_is_wider_than_the_window(browser: Browser, site: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page, _ = watched(context, site)
    for path in KINDS:
        page.goto(f"{site}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


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


def test_nothing_jumps_when_pictures_arrive(context: BrowserContext, site: str) -> None:
    page, _ = watched(context, site)
    page.add_init_script(_COUNT_JUMPS)
    page.goto(f"{site}topics/climate/", wait_until="networkidle")
    assert page.evaluate("window.jumps") < 0.01


@pytest.mark.parametrize("path", ["", "topics/climate/"])
def test_nothing_jumps_when_the_script_comes_late(context: BrowserContext, site: str, path: str) -> None:
    page, _ = watched(context, site)
    page.add_init_script(_COUNT_JUMPS)

    def late(route: Route) -> None:
        page.wait_for_timeout(500)
        route.continue_()

    page.route("**/assets/feeds.js", late)
    page.goto(f"{site}{path}", wait_until="networkidle")
    page.get_by_role("button", name="Copy").first.wait_for()
    assert page.evaluate("window.jumps") < 0.01


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
        page.wait_for_timeout(500)
        story.write_text("---\ntitle: Second\npublishedDateTime: 2026-01-01\npublished: false\n---\n")
        page.get_by_role("heading", name="Second").wait_for()
        story.write_text("---\ntitle: Second\npublishedDateTime: whenever\n---\n")
        page.get_by_text("To be mended").wait_for()
        assert page.locator(".problems code").first.inner_text() == "seeds/a.md:3"
        assert wrong == []
    finally:
        server.stop()


def test_an_article_is_found_by_a_word_of_its_body_and_read(context: BrowserContext, site: str) -> None:
    page, wrong = watched(context, site)
    page.goto(site)
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type("mackerel")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=mackerel")
    page.get_by_role("link", name="We <3 tide tables").click()
    page.wait_for_url("**/articles/we-love-tide-tables-*/")
    assert "wrap a mackerel" in page.locator(".prose").inner_text()
    assert wrong == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_feed_is_composed_by_keyboard_alone(browser: Browser, site: str, *, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts)
    page, wrong = watched(context, site)
    page.goto(f"{site}compose/")
    page.get_by_role("textbox", name="About any of").or_(page.get_by_role("combobox", name="About any of")).first.focus()
    page.keyboard.type("Oceans")
    page.keyboard.press("Tab")
    if scripts:
        # The matches are there before the form is sent.
        page.locator("#composed h2", has_text="Oceans").wait_for()
    page.keyboard.press("Shift+Tab")
    # With scripts, the address is this one before the form is sent.
    with page.expect_navigation(url="**/compose/?*topic=Oceans*"):
        page.keyboard.press("Enter")
    address = page.locator(".addresses a", has_text=".atom").first.inner_text()
    with urllib.request.urlopen(address) as answer:
        entries = feedparser.parse(answer.read()).entries
    shown = [text.strip() for text in page.locator("#composed article h3").all_inner_texts()]
    assert [entry.title for entry in entries] == shown
    assert shown
    assert wrong == []
    context.close()
