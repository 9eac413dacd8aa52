"""Errors: pages for people, lists of feeds for readers, and redirects from the usual addresses of feeds."""

from collections.abc import Iterator

import pytest
from lxml import html
from support import Server, Site, doc, until

CONFIG = (
    "site: {title: Tidings, url: 'https://feeds.example.org/news'}\nsources: [articles]\nhost_files: [apache, nginx, netlify]\n"
)
USUAL = {
    "all.rss": ("feed", "feed/", "feed.xml", "rss", "rss.xml", "index.xml"),
    "all.atom": ("atom", "atom.xml"),
    "all.json": ("feed.json", "index.json"),
}
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture
def written(site: Site) -> Site:
    site.write({"config.yaml": f"{CONFIG}gone_after: 1s\n"})
    return site.write({"articles/a.md": doc({"title": "A", "publishedDateTime": "2026-01-01", "topics": ["Climate"]}, "Text")})


@pytest.fixture
def server(written: Site) -> Iterator[Server]:
    with written.serve() as server:
        yield server


def test_a_person_gets_a_page_of_the_site_with_the_nearest_pages(server: Server) -> None:
    answer = server.get("topics/climte/", accept=BROWSER)
    assert answer.status_code == 404
    page = html.fromstring(answer.content)
    assert page.xpath("//header//span/text()") == ["Tidings"]
    assert page.xpath("//a[text()='Climate']/@href") == ["../../topics/climate/"]
    assert page.xpath("//form/@action") == ["../../search/"]
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert page.xpath("//h1/text()") == ["There is no page here"]


def test_an_error_page_suggests_the_nearest_article_or_the_largest_topics(server: Server) -> None:
    path = server.get("all.json").json()["items"][0]["url"].removeprefix("https://feeds.example.org/news/")
    page = html.fromstring(server.get(f"{path[:-3]}/", accept=BROWSER).content)
    assert page.xpath("//a[text()='A']/@href") == [f"../../{path}"]
    page = html.fromstring(server.get("zzzz", accept=BROWSER).content)
    assert page.xpath("//section[h2='Topics']//a/text()") == ["Climate"]


def test_a_reader_gets_the_nearest_feeds(server: Server) -> None:
    answer = server.get("topics/climte.atom", accept="application/atom+xml, application/json;q=0.9")
    assert answer.status_code == 404
    assert "https://feeds.example.org/news/topics/climate.atom" in answer.json()["nearest"]


def test_an_error_page_suggests_queries(server: Server) -> None:
    answer = server.get("compose/?topic=climte", accept=BROWSER)
    assert answer.status_code == 404
    assert "Perhaps you mean" in answer.text
    assert server.get("search/?q=-x", accept=BROWSER).status_code == 400


def test_gone_documents_have_an_error_page(server: Server, written: Site) -> None:
    path = server.get("all.json").json()["items"][0]["url"].removeprefix("https://feeds.example.org/news/")
    assert server.get(path).status_code == 200
    written.write({"articles/b.md": doc({"title": "B", "publishedDateTime": "2026-01-01"}, "Text")})
    until(lambda: len(server.titles()) == 2)
    (written.folder / "articles/a.md").unlink()
    until(lambda: server.get(path, accept=BROWSER).status_code == 410)
    assert html.fromstring(server.get(path, accept=BROWSER).content).xpath("//h1/text()") == ["This is no longer here"]


def test_the_usual_addresses_lead_to_the_feed_of_everything(server: Server) -> None:
    for target, paths in USUAL.items():
        for path in paths:
            answer = server.get(path)
            assert (answer.status_code, answer.headers["location"]) == (301, f"https://feeds.example.org/news/{target}"), path


def test_redirects_of_the_config_go_first(written: Site) -> None:
    written.write({"config.yaml": CONFIG + "redirects: {feed: topics/climate.atom}\n"})
    with written.serve() as server:
        assert server.get("feed").headers["location"].endswith("topics/climate.atom")


def test_an_export_has_an_error_page_and_host_files_name_it(written: Site) -> None:
    files = written.export()
    page = html.fromstring(files["404.html"])
    # A host sends the page for paths of any depth.
    links = [link for link in page.xpath("//a/@href | //script/@src") if not link.startswith(("http", "#"))]
    assert links
    assert all(link.startswith("/news/") for link in links)
    assert "ErrorDocument 404 /news/404.html" in (written.folder / "dist/.htaccess").read_text()
    assert "error_page 404 /news/404.html;" in (written.folder / "dist/.nginx.conf").read_text()
    redirects = dict(line.split()[:2] for line in files["_redirects"].decode().splitlines())
    for target, paths in USUAL.items():
        assert {redirects[f"/news/{path.rstrip('/')}"] for path in paths} == {f"/news/{target}"}
