"""HTTP: codings, negotiation, redirects, 410, and headers for readers in browsers."""

import gzip
import json

import brotli
import feedparser
import httpx
import zstandard
from support import CONFIG, REQUIRED, Server, Site, doc, until, xml

ARTICLES = {
    f"articles/{number}.md": doc(
        {
            "title": f"Story {number}",
            "webUrl": f"https://x.example/{number}",
            "topics": ["Oceans"] if number else ["Oceans", "Rare"],
            "excerpt": "A harbour counts its losses after the long night of the storm. " * 4,
        }
    )
    for number in range(5)
}
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
DECODE = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}


def raw(server: Server, path: str, **headers: str) -> tuple[httpx.Response, bytes]:
    """A response, and its body without decoding."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    with server.client.stream("GET", f"{server.url}/{path}", headers=fields) as answer:
        return answer, b"".join(answer.iter_raw())


def test_each_coding_is_the_same_feed_with_its_own_validator(site: Site) -> None:
    site.write(ARTICLES)
    body = site.export()["all.atom"]
    with site.serve() as server:
        plain, sent = raw(server, "all.atom", Accept_Encoding="identity")
        assert sent == body
        assert "content-encoding" not in plain.headers
        etags = {plain.headers["ETag"]}
        for coding, decode in DECODE.items():
            for _ in range(2):  # rendered, then from the cache
                answer, sent = raw(server, "all.atom", Accept_Encoding=coding)
                assert answer.headers["Content-Encoding"] == coding
                assert decode(sent) == body
                assert len(sent) < len(body) / 2
                assert answer.headers["Content-Length"] == str(len(sent))
            etags.add(answer.headers["ETag"])
            same, nothing = raw(server, "all.atom", Accept_Encoding=coding, If_None_Match=answer.headers["ETag"])
            assert (same.status_code, nothing) == (304, b"")
            assert "content-encoding" not in same.headers
            other, _ = raw(server, "all.atom", Accept_Encoding="identity", If_None_Match=answer.headers["ETag"])
            assert other.status_code == 200, "another representation"
        assert len(etags) == 4
        assert all(etag.startswith('"') for etag in etags)


def test_the_path_without_suffix_is_negotiated(site: Site) -> None:
    site.write(ARTICLES)
    with site.serve() as server:
        for accept, suffix in {
            "application/atom+xml": "atom",
            "application/rss+xml": "rss",
            "application/feed+json": "json",
            "application/json": "json",
            "application/rss+xml;q=0.5, application/atom+xml": "atom",
            "*/*": "rss",
            "image/png": "rss",
            "text/html;q=0": "rss",
            "application/rss+xml;q=0": "atom",
            "application/rss+xml;q=0, application/atom+xml;q=0, */*;q=0.1": "json",
            "application/rss+xml;q=0, application/atom+xml;q=0, application/feed+json;q=0": "rss",
        }.items():
            answer = server.get("topics/oceans", Accept=accept)
            assert answer.status_code == 200, accept
            assert answer.content == server.get(f"topics/oceans.{suffix}").content, accept
            assert answer.headers["Content-Location"] == f"https://feeds.example.org/topics/oceans.{suffix}"
            assert "accept" in {part.strip().lower() for part in answer.headers["Vary"].split(",")}
        etag = server.get("all", Accept="application/json").headers["ETag"]
        assert server.get("all", Accept="application/json", If_None_Match=etag).status_code == 304
        # A feed with a suffix is sent whatever the client accepts.
        assert feedparser.parse(server.get("topics/oceans.rss", Accept="text/html").content).version == "rss20"
        # Chrome shows feed types as source, and XML with its stylesheet, so it gets the same bytes as plain XML.
        shown = server.get("topics/oceans.rss", Accept=BROWSER)
        assert shown.headers["Content-Type"] == "text/xml; charset=utf-8"
        assert shown.content == server.get("topics/oceans.rss").content
        for accept in ("text/html;q=0, */*", "*/*", "application/rss+xml", "text/htmlx", 'x/y;z="text/html"'):
            answer = server.get("topics/oceans.rss", Accept=accept)
            assert answer.headers["Content-Type"] == "application/rss+xml; charset=utf-8", accept
        assert "accept" in {part.strip().lower() for part in server.get("topics/oceans.rss").headers["Vary"].split(",")}


def test_files_of_articles_run_no_scripts(site: Site) -> None:
    drawing = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><script>document.title = "ran"</script></svg>'
    named = {f"articles/{name}": drawing for name in ("e.svg", "E2.SVG", "large.svg")}
    named["articles/large.svg"] += f"<!-- {'x' * (2 << 20)} -->"
    body = "![One](e.svg) ![Two](E2.SVG) ![Large](large.svg)"
    site.write(ARTICLES | named | {"articles/z.md": doc({"title": "Drawings"}, body), "config.yaml": REQUIRED})
    with site.serve("--metrics") as server:
        for name in named:
            for _ in range(2):  # rendered, then from the cache
                answer = server.get(name.replace("articles", "files"))
                assert answer.status_code == 200
                assert answer.headers["Content-Type"] == "image/svg+xml"
                assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")
                assert "allow-scripts" not in answer.headers["Content-Security-Policy"]
                assert answer.headers["Content-Disposition"] == "attachment"
        etag = server.get("all.rss").headers["ETag"]
        for path, headers, status in (
            ("all.rss", {}, 200),
            ("all.rss", {"If-None-Match": etag}, 304),
            ("all.rss", {"If-Match": '"other"'}, 412),
            ("files/large.svg", {"Range": "bytes=0-9"}, 206),
            ("files/large.svg", {"Range": "bytes=99999999-"}, 416),
            ("", {"Accept": "text/html"}, 200),
            ("topics/oceans", {"Accept": "text/html"}, 302),
            ("topics//oceans.rss", {}, 308),
            ("nothing", {}, 404),
            ("q.rss?topic=nothing", {}, 404),
            ("healthz", {}, 200),
            ("readyz", {}, 200),
            ("metrics", {}, 200),
            ("robots.txt", {}, 200),
            ("favicon.ico", {}, 404),
            ("x" * 3000, {}, 414),
            ("x" * 40_000, {}, 431),
        ):
            answer = server.client.get(f"{server.url}/{path}", headers=headers, follow_redirects=False)
            assert answer.status_code == status, path
            assert answer.headers.get_list("X-Content-Type-Options") == ["nosniff"], path
        assert server.client.post(f"{server.url}/all.rss").headers["X-Content-Type-Options"] == "nosniff"
        assert server.client.options(f"{server.url}/all.rss").headers["X-Content-Type-Options"] == "nosniff"


def test_the_well_known_uri_lists_all_feeds(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG})
    with site.serve() as server:
        found = server.get(".well-known/feeds")
        assert found.status_code == 200
        assert found.headers["Content-Type"].partition(";")[0] == "text/x-opml"
        assert found.headers["Content-Location"] == "https://feeds.example.org/feeds.opml"
        assert found.content == server.get("feeds.opml").content
        addresses = [outline.get("xmlUrl") for outline in xml(found.content).iter("outline")]
        assert "https://feeds.example.org/topics/oceans.rss" in addresses
        assert server.get(".well-known/feeds", if_none_match=found.headers["ETag"]).status_code == 304
        assert server.get(".well-known/nothing").status_code == 404


def test_headers_have_links_and_cors(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG + "hubs: [https://hub.example.org/]\n"})
    with site.serve() as server:
        headers = server.get("topics/oceans.atom").headers
        links = {tuple(part.strip().split("; ")) for part in headers["Link"].split(",")}
        base = "https://feeds.example.org/topics/oceans"
        assert (f"<{base}.atom>", 'rel="self"') in links
        assert any(link[:2] == (f"<{base}.rss>", 'rel="alternate"') for link in links)
        assert ("<https://hub.example.org/>", 'rel="hub"') in links
        assert headers["Access-Control-Allow-Origin"] == "*"
        asked = server.client.options(
            f"{server.url}/all.atom",
            headers={
                "Origin": "https://reader.example",
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "if-none-match",
            },
        )
        assert asked.status_code == 204
        assert asked.headers["Access-Control-Allow-Origin"] == "*"
        assert "if-none-match" in asked.headers["Access-Control-Allow-Headers"].lower()


def test_moved_documents_are_redirected(site: Site) -> None:
    moved = "redirects: {topics/sea: topics/oceans, old.xml: all.rss, away: 'https://other.example/feed'}\n"
    site.write(ARTICLES | {"config.yaml": CONFIG + moved})
    with site.serve() as server:
        for path, target in {
            "topics/sea.atom": "https://feeds.example.org/topics/oceans.atom",
            "topics/sea": "https://feeds.example.org/topics/oceans",
            "old.xml": "https://feeds.example.org/all.rss",
            "away": "https://other.example/feed",
        }.items():
            answer = server.get(path)
            assert (answer.status_code, answer.headers["Location"]) == (301, target)


def test_invalid_redirects_are_errors(site: Site) -> None:
    site.write({"config.yaml": CONFIG + "redirects: {a: b, b: a, c: ''}\n", "articles/a.md": doc({})})
    message = site.run("export", status=2).err
    assert "redirects.a" in message
    assert "redirects.c" in message


def test_gone_documents_are_410_after_a_restart(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG + "withdrawn: 0\n"})
    with site.serve() as server:
        assert server.get("topics/rare.rss").status_code == 200
    (site.folder / "articles/0.md").unlink()
    # It is unknown since when it is missing: it is away first, and gone later.
    config = (site.folder / "config.yaml").read_text() + "gone_after: 2s\n"
    site.write({"config.yaml": config})
    with site.serve() as server:
        assert server.get("topics/rare.rss").status_code == 503
        until(lambda: server.get("topics/rare.rss").status_code == 410)
    with site.serve() as server:
        assert server.get("topics/rare.rss").status_code == 410
        assert server.get("topics/rarer.rss").status_code == 404


def test_previewed_documents_are_never_410(site: Site) -> None:
    site.write(ARTICLES | {"articles/draft.md": doc({"title": "Hush", "topics": "Hidden", "published": False})})
    with site.serve("--drafts") as server:
        assert server.get("topics/hidden.rss").status_code == 200
    with site.serve() as server:
        missing = server.get("topics/hidden.rss")
        assert missing.status_code == 404
        assert "hidden" not in missing.text.replace("/topics/hidden.rss", "")


def test_a_misspelt_path_is_answered_in_the_format_of_the_client(site: Site) -> None:
    site.write(ARTICLES)
    nearest = "https://feeds.example.org/topics/oceans.rss"
    with site.serve() as server:
        text = server.get("topics/ocean.rss")
        page = server.get("topics/ocean.rss", Accept=BROWSER)
        data = server.get("topics/ocean.rss", Accept="application/json")
        assert {answer.status_code for answer in (text, page, data)} == {404}
        assert nearest in text.text
        assert f'href="{nearest}"' in page.text
        assert data.json()["nearest"][0] == nearest
        hostile = server.get("%3Cscript%3Ealert(1)%3C/script%3E", Accept=BROWSER)
        assert "<script" not in hostile.text
        assert json.loads(server.get("%22%3C", Accept="application/json").text)["status"] == 404


def test_the_app_may_be_mounted_below_a_path(site: Site) -> None:
    site.write(ARTICLES)
    (site.folder / "mounted.py").write_text(
        "from functools import partial\nfrom pathlib import Path\n"
        "from starlette.applications import Starlette\nfrom starlette.routing import Mount\n"
        "from feeds.config import loader\nfrom feeds.web.app import create_app\n"
        "inner = create_app(partial(loader.load, Path('config.yaml')))\n"
        "app = Starlette(routes=[Mount('/news', app=inner)], lifespan=inner.lifespan)\n"
    )
    exported = site.export()
    with site.serve_with("-m", "uvicorn", "mounted:app", "--port", "0") as server:
        until(lambda: "Last-Modified" in server.get("news/all.rss").headers)
        for _ in range(2):
            assert server.get("news/all.rss").content == exported["all.rss"]
        assert server.get("all.rss").status_code == 404
