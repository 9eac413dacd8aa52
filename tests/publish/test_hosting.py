"""Exports for static hosts: compressed companions and host files, tried with real servers."""

import gzip
import json
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fnmatch import fnmatchcase
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import brotli
import httpx
import pytest
import zstandard
from machine import needed
from proxies import NGINX, free_port, run
from support import CONFIG, Site, doc, tree

APACHE = shutil.which("apache2", path="/usr/sbin:/usr/local/sbin")
ALL = CONFIG.replace("pages: false\n", "") + "precompress: [gzip, br, zstd]\nhost_files: [netlify, apache, nginx]\n"
MOVED = 'redirects: {topics/water: topics/sea, tides.xml: all.rss, old: "https://elsewhere.example/new"}\n'
PROXIED = "pictures: {show: proxy, allow: [127.0.0.0/8]}\n"
SAID = ("content-type", "cache-control", "x-content-type-options", "content-security-policy", "content-disposition")
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".br": brotli.decompress,
    ".zst": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def written(site: Site) -> tuple[int, int]:
    report = json.loads(site.run("export", "--json").out)
    return report["written"], report["removed"]


def articles(site: Site, body: str = "Water rises and falls. " * 30) -> None:
    site.write({f"articles/{n}.md": doc({"title": f"Tide {n}", "topics": ["Sea"]}, body) for n in range(3)})


def files(site: Site) -> tuple[str, ...]:
    """Write an article with binary files; returns where these are published."""
    bodies = {"map.gif": b"GIF89a\x01\0\x01\0\0\0\0;", "tide.mp3": b"ID3\x03\0\0\0\0\0\0", "chart.pdf": b"%PDF-1.4\n"}
    bodies["plan.svg"] = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'
    links = "![map](map.gif) ![plan](plan.svg) [tide](tide.mp3) [chart](chart.pdf)"
    site.write({f"articles/{name}": body for name, body in bodies.items()})
    site.write({"articles/files.md": doc({"title": "Files", "topics": ["Sea"]}, links)})
    return tuple(f"files/{name}" for name in bodies)


def copies(site: Site, stack: ExitStack) -> tuple[str, ...]:
    """Export with a copy of another site's picture; returns where its sizes are published."""
    site.write({"elsewhere/lead.gif": b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;"})
    other = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(site.folder / "elsewhere")))
    stack.callback(other.server_close)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    stack.callback(other.shutdown)
    images = [{"url": f"http://127.0.0.1:{other.server_port}/lead.gif", "width": 1, "height": 1}]
    site.write({"articles/pictured.md": doc({"title": "Pictured", "topics": ["Sea"], "images": images}, "Text")})
    return tuple(path for path in site.export() if path.startswith("pictures/"))


def test_every_text_has_companions_that_decode_to_it(site: Site) -> None:
    articles(site)
    found = site.write({"config.yaml": ALL}).export()
    plain = {path: body for path, body in found.items() if not path.endswith(tuple(DECODERS))}
    texts = {path for path in plain if path.endswith((".rss", ".atom", ".json", ".opml", ".html", ".css", ".js", ".svg"))}
    assert {"all.rss", "index.html", "feeds.opml", "assets/search.json"} <= texts
    for path in texts:
        for ending, decode in DECODERS.items():
            assert decode(found[f"{path}{ending}"]) == plain[path]
    assert len(found) == len(plain) + 3 * len(texts)
    # The same on every machine and at any time.
    shutil.rmtree(site.folder / ".feeds")
    assert site.export(out="again") == found
    subprocess.run(["sha256sum", "--check", "--quiet", ".feeds-manifest"], cwd=site.folder / "dist", check=True)


def test_companions_follow_their_documents(site: Site) -> None:
    articles(site)
    site.write({"config.yaml": ALL}).export()
    assert written(site) == (0, 0)
    site.write({"articles/2.md": doc({"title": "Ebb", "topics": ["Ice"]}, "Less water.")})
    found = site.export()
    assert b"Ebb" in gzip.decompress(found["topics/ice.json.gz"])
    for path, body in found.items():
        if path.endswith(".gz"):
            assert gzip.decompress(body) == found[path.removesuffix(".gz")]
    (site.folder / "dist/all.rss.br").unlink()
    assert written(site) == (1, 0)
    site.write({"config.yaml": ALL.replace("[gzip, br, zstd]", "[gzip]")})
    assert site.export().keys() == {path for path in found if not path.endswith((".br", ".zst"))}
    site.write({"config.yaml": ALL.replace("[gzip, br, zstd]", "[zstd]").replace("host_files: [netlify, apache, nginx]\n", "")})
    after = site.export()
    assert after["all.rss"] == found["all.rss"]
    assert after["all.rss.zst"] == found["all.rss.zst"]
    assert not [path for path in after if path.endswith((".gz", ".br")) or path == "_headers"]
    assert not (site.folder / "dist/.htaccess").exists()


def test_an_unknown_choice_is_an_error_with_the_nearest(site: Site) -> None:
    ran = site.write({"config.yaml": CONFIG + "precompress: [gzipp]\nhost_files: [ngnix]\n"}).run("export", status=2)
    assert "precompress" in ran.err
    assert "gzip" in ran.err
    assert "nginx" in ran.err


def test_netlify_has_one_type_for_every_feed(site: Site) -> None:
    articles(site)
    config = ALL.replace("archives: false\n", "") + "feeds: {picked: {topics: [Sea]}}\nlimit: 2\n"
    exported = site.write({"config.yaml": config}).export()
    rules: list[tuple[str, str]] = []
    for line in exported["_headers"].decode().splitlines():
        if line.startswith("/"):
            path = line
        elif line.startswith("  Content-Type: "):
            rules.append((path, line.removeprefix("  Content-Type: ")))
    feeds = {path for path in exported if path.endswith((".rss", ".atom", ".json")) and not path.startswith("assets/")}
    assert {"all.json", "all/archive/2026-01.json", "topics/sea.json", "topics/sea/archive/2026-01.json"} <= feeds
    with site.serve() as server:
        for path in sorted(feeds):
            # A host sends the headers of every rule that matches.
            types = [value for pattern, value in rules if fnmatchcase(f"/{path}", pattern)]
            assert types == [server.get(path, accept="text/html").headers["content-type"]], path
    assert not [pattern for pattern, _ in rules if fnmatchcase("/assets/search.json", pattern)]


def test_netlify_keeps_scripts_from_running(site: Site) -> None:
    articles(site)
    rules = site.write({"config.yaml": ALL}).export()["_headers"].decode()
    assert "/*\n" in rules
    assert "  X-Content-Type-Options: nosniff\n" in rules.partition("/*\n")[2].partition("\n/")[0] + "\n"
    for pattern in ("/files/*.svg", "/files/*.SVG"):
        headers = rules.partition(f"{pattern}\n")[2].partition("\n/")[0]
        assert "Content-Security-Policy: sandbox" in headers
        assert "Content-Disposition: attachment" in headers


def says_what_the_server_says(client: httpx.Client, site: Site, others: tuple[str, ...]) -> None:
    """Fails where media types, caching or CORS differ from `feeds serve`, or compressed answers from plain ones."""
    exported = tree(site.folder / "dist")
    with site.serve() as server:
        for path in ("all.atom", "all.rss", "all.json", "topics/sea.json", "feeds.opml", "index.html", "assets/search.json"):
            ours = server.get(path, accept="text/html", accept_encoding="identity")
            theirs = client.get(path, headers={"Accept-Encoding": "identity"})
            assert theirs.status_code == 200, path
            assert theirs.content == exported[path]
            assert theirs.headers["content-type"].replace("UTF-8", "utf-8") == ours.headers["content-type"], path
            assert theirs.headers["access-control-allow-origin"] == "*"
            assert theirs.headers["x-content-type-options"] == "nosniff"
            assert "max-age=300" in theirs.headers["cache-control"]
            assert "immutable" not in theirs.headers["cache-control"]
            small = client.get(path, headers={"Accept-Encoding": "gzip"})
            assert small.headers["content-encoding"] == "gzip"
            assert small.headers["content-type"] == theirs.headers["content-type"]
            assert "accept-encoding" in small.headers["vary"].lower()
            assert small.content == exported[path]
            refused = client.get(path, headers={"Accept-Encoding": "gzip;q=0, br;q=0.0, zstd; q=0"})
            assert "content-encoding" not in refused.headers
            assert refused.content == exported[path]
        for path in others:
            theirs = client.get(path)
            ours = server.get(path)
            for name in SAID:
                assert theirs.headers.get(name) == ours.headers.get(name), (path, name)
            assert theirs.content == exported[path]
    assert client.get("/").content == exported["index.html"]
    assert client.get("/topics/sea/").content == exported["topics/sea/index.html"]
    assert client.get("/.feeds-manifest").status_code in (403, 404)


def redirects_as_the_server_does(client: httpx.Client, site: Site) -> None:
    """Fails where the redirects of a host differ from those of `feeds serve`."""
    with site.serve() as server:
        for path in ("topics/water", "topics/water.atom", "topics/water/", "tides.xml", "old", "old.rss"):
            ours, theirs = server.get(path), client.get(f"/{path}")
            assert (ours.status_code, theirs.status_code) == (301, 301), path
            host = f"{client.base_url.scheme}://{client.base_url.netloc.decode()}"
            location = theirs.headers["location"].replace(host, "https://feeds.example.org")
            # Pages of a static host end in a slash; the server redirects to it.
            assert location.rstrip("/") == ours.headers["location"], path
    for path in ("topics/sea.atom", "topics/waters.atom", "all.rss"):
        assert client.get(f"/{path}").status_code in (200, 404)


def test_an_export_has_its_redirects_in_host_files(site: Site) -> None:
    articles(site)
    site.write({"config.yaml": CONFIG}).export(out="old")
    for host, file in (("netlify", "_redirects"), ("apache", ".htaccess"), ("nginx", ".nginx.conf")):
        articles(site)
        moved = f"host_files: [{host}]\nredirects: {{topics/sea: topics/ocean}}\n"
        site.write({f"articles/{n}.md": doc({"title": f"Tide {n}", "topics": ["Ocean"]}, "Water rises.") for n in range(3)})
        site.write({"config.yaml": CONFIG + moved}).export(out=host)
        assert (site.folder / host / file).exists()
        report = json.loads(site.run("diff", "old", host, "--output-format", "json").out)
        states = {change["path"]: change["state"] for change in report["feeds"]}
        assert states["topics/sea.atom"] == "moved"
        assert report["harms"] == []


def test_nginx_serves_an_export(site: Site, stack: ExitStack) -> None:
    needed(NGINX, "nginx")
    articles(site)
    others = files(site)
    site.write({"config.yaml": ALL + MOVED + PROXIED})
    others += copies(site, stack)
    assert "pictures/" in others[-1]
    port = free_port()
    dist = site.folder / "dist"
    work = site.folder / "work"
    work.mkdir()
    (work / "nginx.conf").write_text(
        f"pid {work}/pid; error_log {work}/error.log; daemon off; user root;\nevents {{ }}\n"
        f"http {{ access_log off; client_body_temp_path {work}/b; proxy_temp_path {work}/p; fastcgi_temp_path {work}/f;\n"
        f"uwsgi_temp_path {work}/u; scgi_temp_path {work}/s;\n"
        f"server {{ listen 127.0.0.1:{port}; root {dist}; include {dist}/.nginx.conf; }} }}\n"
    )
    run(stack, [str(NGINX), "-c", str(work / "nginx.conf"), "-e", str(work / "error.log")], port, work)
    client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False))
    says_what_the_server_says(client, site, others)
    redirects_as_the_server_does(client, site)
    # The challenges of certificate authorities belong to the host.
    site.write({"dist/.well-known/acme-challenge/proof": "proof"})
    assert client.get("/.well-known/acme-challenge/proof").text == "proof"


def test_apache_serves_an_export(site: Site, stack: ExitStack) -> None:
    needed(APACHE, "apache2")
    articles(site)
    others = files(site)
    site.write({"config.yaml": ALL + MOVED + PROXIED})
    others += copies(site, stack)
    assert "pictures/" in others[-1]
    port = free_port()
    # It does not serve as root, and only root can read the folders of tests.
    place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    place.chmod(0o755)
    shutil.copytree(site.folder / "dist", place / "dist")
    modules = Path("/usr/lib/apache2/modules")
    names = ("mpm_event", "authz_core", "mime", "dir", "headers", "rewrite")
    loads = "".join(f"LoadModule {name}_module {modules}/mod_{name}.so\n" for name in names)
    user = "User nobody\nGroup nogroup\n" if os.geteuid() == 0 else ""
    (place / "apache.conf").write_text(
        f"{loads}{user}ServerRoot {place}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {place}/pid\n"
        f"ErrorLog {place}/error.log\nMutex pthread\nTypesConfig /etc/mime.types\n"
        f"DocumentRoot {place}/dist\n<Directory {place}/dist>\n"
        'AllowOverride All\nRequire all granted\n</Directory>\n<FilesMatch "^\\.">\nRequire all denied\n</FilesMatch>\n'
    )
    run(stack, [str(APACHE), "-f", str(place / "apache.conf"), "-D", "FOREGROUND"], port, place)
    client = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False))
    says_what_the_server_says(client, site, others)
    redirects_as_the_server_does(client, site)
