"""Sitemaps, by the protocol and Google's rules: optional, and only with URLs of the site."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from support import BASE, Site

from feeds.formats import sitemap
from feeds.model.listings import SITEMAP_MOST, Address

SPACES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "n": "http://www.google.com/schemas/sitemap-news/0.9"}


def urls(document: bytes) -> dict[str, str | None]:
    """The addresses in a sitemap, each with its date; none may be there twice."""
    found = ElementTree.fromstring(document).findall("s:url", SPACES)
    made = {each.findtext("s:loc", "", SPACES): each.findtext("s:lastmod", None, SPACES) for each in found}
    assert len(made) == len(found)
    return made


def news(document: bytes) -> list[dict[str, str]]:
    found = ElementTree.fromstring(document).findall("s:url", SPACES)
    names = ("n:publication/n:name", "n:publication/n:language", "n:publication_date", "n:title")
    return [
        {"loc": each.findtext("s:loc", "", SPACES)} | {name: each.findtext(f"n:news/{name}", "", SPACES) for name in names}
        for each in found
    ]


def make(folder: Path, **config: Any) -> Site:
    site = Site(folder).configure(groups=["topic"], sitemaps=["plain", "news"], **config)
    dates = {"publishedDateTime": "2025-01-01", "updatedDateTime": "2025-01-05"}
    site.article("own", webUrl="/stories/own?a=1&b=2", topics=["Ice"], **dates)
    site.article("elsewhere", publishedDateTime="2025-01-02", topics=["Ice"])
    site.article("near", webUrl="https://feeds.example.org.evil.example/x", publishedDateTime="2025-01-02", topics=["Ice"])
    return site


def test_without_the_setting_there_is_no_sitemap(tmp_path: Path) -> None:
    site = make(tmp_path)
    assert {"sitemap.xml", "news.xml"} <= site.export().keys()
    silent: list[dict[str, Any]] = [{}, {"sitemaps": False}, {"sitemaps": []}]
    for sitemaps in silent:
        site.configure(groups=["topic"], **sitemaps)
        assert not {"sitemap.xml", "news.xml"} & site.export().keys()


def test_a_sitemap_lists_pages_and_articles_of_the_site(tmp_path: Path) -> None:
    assert urls(make(tmp_path).export()["sitemap.xml"]) == {
        f"{BASE}/": "2025-01-05T00:00:00Z",
        f"{BASE}/topics/ice/": "2025-01-05T00:00:00Z",
        f"{BASE}/stories/own?a=1&b=2": "2025-01-05T00:00:00Z",
    }


def test_without_pages_a_sitemap_lists_the_feeds(tmp_path: Path) -> None:
    files = make(tmp_path, pages=False).export()
    assert urls(files["sitemap.xml"]).keys() == {f"{BASE}/all.rss", f"{BASE}/topics/ice.rss", f"{BASE}/stories/own?a=1&b=2"}


def test_a_sitemap_lists_only_urls_below_the_site(tmp_path: Path) -> None:
    site = make(tmp_path, site={"url": f"{BASE}/news"})
    site.article("above", webUrl=f"{BASE}/about", publishedDateTime="2025-01-02")
    site.article("beside", webUrl=f"{BASE}/newsroom", publishedDateTime="2025-01-02")
    site.article("long", webUrl=f"{BASE}/news/{'x' * 2048}", publishedDateTime="2025-01-02")
    assert urls(site.export()["sitemap.xml"]).keys() == {
        f"{BASE}/news/",
        f"{BASE}/news/topics/ice/",
        f"{BASE}/news/stories/own?a=1&b=2",
    }


def test_unpublished_articles_are_in_no_sitemap(tmp_path: Path) -> None:
    site = make(tmp_path)
    before = site.export()
    site.article("draft", webUrl="/stories/draft", publishedDateTime="2025-01-02", published=False)
    site.article("later", webUrl="/stories/later", publishedDateTime="2999-01-02")
    after = site.export()
    assert [after[path] for path in ("sitemap.xml", "news.xml")] == [before[path] for path in ("sitemap.xml", "news.xml")]


def test_more_addresses_than_one_sitemap_may_hold_have_an_index() -> None:
    moment = datetime(2025, 1, 1, tzinfo=UTC)
    addresses = [Address(f"{BASE}/{number}", moment) for number in range(2 * SITEMAP_MOST + 1)]
    assert [path for path, _ in sitemap.parts(addresses[:SITEMAP_MOST])] == ["sitemap.xml"]
    parts = dict(sitemap.parts(addresses))
    assert [address for held in parts.values() for address in held] == addresses
    assert max(map(len, parts.values())) <= 50_000
    index = ElementTree.fromstring(sitemap.render_index(parts))
    assert [each.text for each in index.findall("s:sitemap/s:loc", SPACES)] == list(parts)
    assert "sitemap.xml" not in parts


def test_news_are_the_two_days_up_to_the_newest_article_on_the_site(tmp_path: Path) -> None:
    site = make(tmp_path)
    newest = datetime(2025, 6, 10, 12, tzinfo=UTC)
    for name, age in (("old", timedelta(days=2, seconds=1)), ("edge", timedelta(days=2)), ("new", timedelta())):
        site.article(name, webUrl=f"/{name}", publishedDateTime=(newest - age).isoformat(), title="Ice & <3")
    site.article("newer-elsewhere", publishedDateTime="2025-07-01")
    found = news(site.export()["news.xml"])
    assert [each["loc"] for each in found] == [f"{BASE}/new", f"{BASE}/edge"]
    assert found[0] == {
        "loc": f"{BASE}/new",
        "n:publication/n:name": "Tidings",
        "n:publication/n:language": "en",
        "n:publication_date": "2025-06-10T12:00:00Z",
        "n:title": "Ice & <3",
    }


def test_no_more_than_a_thousand_news(tmp_path: Path) -> None:
    site = Site(tmp_path).configure(groups=[], formats=["json"], sitemaps=["news"])
    for number in range(1001):
        site.article(f"a{number}", webUrl=f"/{number}", publishedDateTime="2025-01-01")
    assert len(news(site.export()["news.xml"])) == 1000


LANGUAGES = {"fr_CA": "fr", "zh": "zh-cn", "zh_CN": "zh-cn", "zh-Hant-HK": "zh-tw", "zh_TW": "zh-tw", "haw": "haw"}


def test_news_languages_are_as_google_wants_them(tmp_path: Path) -> None:
    site = Site(tmp_path).configure(groups=[], sitemaps=["news"])
    for locale in LANGUAGES:
        site.article(locale, webUrl=f"/{locale}", publishedDateTime="2025-01-01", locale=locale)
    found = {each["loc"].removeprefix(f"{BASE}/"): each["n:publication/n:language"] for each in news(site.export()["news.xml"])}
    assert found == LANGUAGES


def test_a_news_sitemap_needs_the_language_of_the_site(tmp_path: Path) -> None:
    assert "site.language" in make(tmp_path, site={"language": None}).run("export", status=2).err


def test_no_article_on_the_site_is_no_news_sitemap(tmp_path: Path) -> None:
    site = Site(tmp_path).configure(sitemaps=["plain", "news"])
    files = site.export()
    assert "news.xml" not in files
    assert urls(files["sitemap.xml"]) == {f"{BASE}/": None}
