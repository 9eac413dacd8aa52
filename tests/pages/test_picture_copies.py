"""`pictures: proxy`: pages show copies of the pictures of other sites, and readers of pages ask these sites for nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import imagesize
import pytest
from lxml import html
from machine import needed
from PIL import Image
from playwright.sync_api import sync_playwright
from support import BASE, ROOT, Site, doc, environment, until

LOADED = "//img/@src | //video/@poster"
NETWORKS = ["127.0.0.0/8"]


def picture(width: int, height: int, format: str, mode: str = "RGB", **options: Any) -> bytes:
    made = BytesIO()
    Image.effect_noise((width, height), 30).convert(mode).save(made, format, **options)
    return made.getvalue()


def bomb() -> bytes:
    """A PNG of 900 million pixels, in a few kilobytes."""
    made = BytesIO()
    Image.new("1", (30_000, 30_000)).save(made, "PNG")
    return made.getvalue()


class Host:
    """Another site: what it answers by path, and the paths that it was asked for."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        turned = Image.Exif()
        turned[0x0112] = 6
        turned[0x010E] = "taken at home"
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {
            "/lead.jpg": (200, {}, picture(2000, 1400, "JPEG", exif=turned)),
            "/mark.png": (200, {}, picture(300, 300, "PNG", "RGBA")),
            "/text.gif": (200, {"Content-Type": "text/plain"}, picture(90, 60, "GIF", "L")),
            "/still.webp": (200, {}, picture(500, 3000, "WEBP")),
            "/moved.png": (302, {"Location": f"{url}/mark.png"}, b""),
            "/inwards.png": (302, {"Location": "http://169.254.169.254/latest/meta-data/"}, b""),
            "/other.png": (302, {"Location": "file:///etc/hostname"}, b""),
            "/drawing.svg": (200, {}, b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"),
            "/page.jpg": (200, {}, b"<!DOCTYPE html><title>Log in</title>"),
            "/bomb.png": (200, {}, bomb()),
            "/endless.png": (200, {}, b"\x89PNG\r\n\x1a\n" + b"\0" * 21_000_000),
        }


@contextmanager
def hosted() -> Iterator[Host]:
    """Another site on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            other.asked.append(self.path)
            status, headers, body = other.answers.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    other = Host(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield other
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def host() -> Iterator[Host]:
    with hosted() as other:
        yield other


def story(host: Host, **fields: Any) -> str:
    """An article with every kind of picture, and no address elsewhere."""
    names = "moved.png inwards.png other.png drawing.svg page.jpg bomb.png endless.png gone.png"
    body = f'<video src="{host.url}/film.mp4" poster="{host.url}/still.webp" controls></video>\n\n'
    body += f'<img src="{host.url}/text.gif" srcset="{host.url}/text.gif 2x" alt="Text">\n\n![Ours](own.png)\n\n'
    body += "\n\n".join(f"![{name}]({host.url}/{name})" for name in names.split())
    given = {
        "topics": ["Sea"],
        "provider": {"name": "Courier", "domain": "courier.example", "images": [{"url": f"{host.url}/mark.png"}]},
        "images": [{"url": f"{host.url}/lead.jpg", "width": 2000, "height": 3000, "title": "The lead"}],
    }
    return doc(given | fields, body)


def write(site: Site, host: Host) -> Site:
    given: dict[str, str | bytes] = {"articles/a.md": story(host), "articles/own.png": picture(5, 5, "PNG")}
    # This one is read elsewhere, so no page shows what is in its text.
    elsewhere = doc({"title": "Elsewhere", "webUrl": "https://courier.example/b"}, f"![Unseen]({host.url}/unseen.png)")
    return site.write({**given, "articles/b.md": elsewhere})


def test_an_export_keeps_copies_of_what_its_pages_show(site: Site, host: Host) -> None:
    write(site, host).configure(pictures={"show": "proxy", "allow": NETWORKS})
    output = site.run("export", "--out", "dist").out
    assert "pictures: 5 copied, 7 not to be had (2 not a picture in JPEG, PNG, GIF, WebP or AVIF, " in output, output
    for reason in (
        *("its host is not a public address", "a redirect to something else than http", "status 404 Not Found"),
        *("more than 40 million pixels", "more than 20 MB"),
    ):
        assert f"1 {reason}" in output, output
    assert "/unseen.png" not in host.asked

    files = {path.relative_to(site.folder / "dist").as_posix(): path for path in (site.folder / "dist").rglob("*.*")}
    pages = {path: html.parse(str(file)) for path, file in files.items() if path.endswith(".html")}
    shown: set[str] = set()
    for path, page in pages.items():
        of_others = [url for url in page.xpath(LOADED) if not url.startswith((f"{BASE}/", "../", "data:"))]
        assert not of_others, path
        assert not page.xpath("//source | //img[contains(@srcset, '127.0.0.1')]")
        assert "are copies that this site keeps" in page.xpath("string(//footer)")
        (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert f"img-src 'self' {BASE} data:" in policy
        shown.update(url.removeprefix(f"{BASE}/") for url in page.xpath(LOADED))
        shown.update(url.split()[0].removeprefix(f"{BASE}/") for each in page.xpath("//img/@srcset") for url in each.split(","))
    copies = {path: file for path, file in files.items() if path.startswith("pictures/")}
    assert {path.rpartition("-")[0] for path in copies} <= {path.rpartition("-")[0] for path in shown}
    # An oracle that is not Pillow: WebP, no wider than its name says, turned as a camera was held, nothing else of the camera.
    sizes = {path: imagesize.get(str(file)) for path, file in copies.items()}
    assert sorted(size for path, size in sizes.items() if "-480." in path) == [
        (90, 60),
        (300, 300),
        (300, 300),
        (480, 686),
        (480, 2880),
    ]
    assert (1280, 1829) in sizes.values()
    for file in copies.values():
        body = file.read_bytes()
        assert body[:4] == b"RIFF"
        assert body[8:12] == b"WEBP"
        assert b"taken at home" not in body
    # Feeds name the pictures where they were published.
    assert f"{host.url}/lead.jpg" in (site.folder / "dist/all.atom").read_text()
    assert "/pictures/" not in (site.folder / "dist/all.atom").read_text()

    # Nothing is asked for twice, and another export elsewhere has the same files.
    host.asked.clear()
    before = site.export()
    assert site.export(out="second") == before
    assert not host.asked
    # Withdrawn with its article, here and in what is kept.
    site.write({"articles/a.md": story(host, published=False)})
    assert not [path for path in site.export() if path.startswith("pictures/")]
    assert not [*(site.folder / ".feeds").rglob("*.webp")]


def test_no_private_address_is_asked_unless_config_allows_it(site: Site, host: Host) -> None:
    write(site, host).configure(pictures="proxy")
    output = site.run("export", "--out", "dist").out
    assert "pictures: 0 copied, 12 not to be had (12 its host is not a public address)" in output
    assert not host.asked
    found = site.configure(pictures={"show": "proxy", "allow": ["here"]}).run("check", status=2).err
    assert "allow: found 'here', expected networks such as 10.0.0.0/8" in found


def test_an_export_does_not_wait_for_a_host_that_is_away(site: Site) -> None:
    with hosted() as away:
        pass
    body = "\n\n".join(f"![Away]({away.url}/{number}.png)" for number in range(50))
    site.write({"articles/a.md": doc({}, body)}).configure(pictures={"show": "proxy", "allow": NETWORKS})
    report = site.run("export", "--json").out
    failed = json.loads(report)["pictures"]["failed"]
    assert failed.keys() == {"no connection", "its host does not answer"}
    assert sum(failed.values()) == 50
    assert failed["no connection"] < 25


def test_a_server_copies_what_is_asked_for_and_readers_ask_nobody_else(site: Site, host: Host) -> None:
    write(site, host)
    site.configure(site={"url": "http://127.0.0.1:8000"}, pictures={"show": "proxy", "allow": NETWORKS}, gone_after="0s")
    browser_at = needed(shutil.which("chromium"), "chromium")
    with site.serve() as server, sync_playwright() as playwright:
        assert not host.asked
        browser = playwright.chromium.launch(executable_path=browser_at, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{server.url}/")
        page.wait_for_function("[...document.images].filter(i => i.loading != 'lazy').every(i => i.complete && i.naturalWidth)")
        page.click("main a:text-is('A title') >> nth=0")
        until(lambda: page.evaluate("document.querySelector('article figure img')?.naturalWidth ?? 0"))
        until(lambda: "/lead.jpg" in host.asked)
        browser.close()
        assert any("/pictures/" in url for url in asked)
        assert {url for url in asked if not url.startswith((f"{server.url}/", "data:"))} == set()

        (article,) = (item["url"] for item in server.get("all.json").json()["items"] if "/articles/" in item["url"])
        prose = html.fromstring(server.get(article.removeprefix(f"{server.url}/")).content)
        by_text = {image.get("alt"): image.get("src").removeprefix(f"{server.url}/") for image in prose.iter("img")}
        lead = server.get(by_text["The lead"])
        assert (lead.status_code, lead.headers["content-type"]) == (200, "image/webp")
        assert lead.headers["cache-control"] == "public, max-age=604800, immutable"
        assert server.get(by_text["The lead"], If_None_Match=lead.headers["etag"]).status_code == 304
        assert server.get(by_text["The lead"].replace("1280", "480")).status_code == 200
        assert host.asked.count("/lead.jpg") == 1
        # What can't be had is asked for once, and its absence is not kept for long.
        for _ in range(2):
            missing = server.get(by_text["gone.png"])
            assert (missing.status_code, missing.headers["cache-control"]) == (404, "public, max-age=300")
        assert "status 404" in missing.text
        assert host.asked.count("/gone.png") == 1
        # Nobody can have anything else fetched.
        host.asked.clear()
        assert server.get(f"pictures/{'0' * 32}-1280.webp").status_code == 404
        assert server.get(by_text["The lead"].replace("1280", "640")).status_code == 404
        assert server.get("pictures/?url=http://127.0.0.1/").status_code == 404
        site.replace({"articles/a.md": story(host, published=False)})
        until(lambda: server.get(by_text["The lead"]).status_code == 404)
        assert server.get(by_text["bomb.png"]).status_code == 404
        assert not host.asked


def test_without_pillow_copies_are_an_error_of_the_config(site: Site) -> None:
    site.configure(pictures={"show": "proxy"})
    # All that is installed, but Pillow.
    packages = site.folder / "packages"
    packages.mkdir()
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if not each.name.lower().startswith(("pil", "pillow")):
            (packages / each.name).symlink_to(each)
    command = [sys.executable, "-S", "-m", "feeds", "export"]
    env = environment({"PYTHONPATH": os.pathsep.join([str(ROOT), str(packages)])})
    ran = subprocess.run(command, cwd=site.folder, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert re.search(r"config\.yaml:\d+: pictures\.show: .*Pillow.*pip install pillow", ran.stderr), ran.stderr
    assert not (site.folder / "dist").exists()
    # It is needed for copies alone.
    site.configure(pictures="link")
    subprocess.run(command, cwd=site.folder, env=env, capture_output=True, check=True)
