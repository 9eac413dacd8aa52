"""Search for articles: words in any script, as pages and feeds, in SQLite and PostgreSQL alike."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import feedparser
import pytest
from lxml import html
from support import Server, Site, doc, until

CONFIG = "site: {title: Tidings, url: 'https://feeds.example.org'}\nsources: [articles]\nlimit: 20\n"
TEXTS = {
    "eel": ("The eel that took the ferry", "How it got past the weirs at *low water*, in Kraków."),
    "tower": ("東京タワーの夜", "東京都で夜景を見る。京都も近い。"),
    "rain": ("서울은 비", "비가 오는 날"),
    "tea": ("Чай с лимоном", "Самовар стоит в углу."),
    "archive": ("غرف أخبار صغيرة", "تَحفظ أرشيفها خارج الحدود"),
    "ocean": ("Oceans rise", "Water everywhere, and GPT-3 counts it."),
    "ice": ("भारत में बर्फ", "हिमालय की नदियाँ"),
}
FINDS = {
    "ferry": {"eel"},
    "FERRY eel": {"eel"},
    "krakow": {"eel"},
    '"low water"': {"eel"},
    '"water low"': set(),
    "water": {"eel", "ocean"},
    "water -ferry": {"ocean"},
    "ocean": {"ocean"},
    "gpt-3": {"ocean"},
    "東京": {"tower"},
    "夜景": {"tower"},
    "京": {"tower"},
    "東都": set(),
    "서울": {"rain"},
    "самовар": {"tea"},
    "تحفظ": {"archive"},
    "हिमालय": {"ice"},
    "nowhere": set(),
}


@pytest.fixture
def server(site: Site, database_url: str) -> Iterator[Server]:
    site.write({"config.yaml": CONFIG + f"index: '{database_url}'\n"})
    articles = [*TEXTS.items(), ("draft", ("A ferry to come", "Water"))]
    for day, (name, (title, text)) in enumerate(articles, 1):
        fields = {"title": title, "publishedDateTime": f"2026-01-{day:02}", "webUrl": f"https://news.example/{name}"}
        site.write({f"articles/{name}.md": doc(fields | ({"published": False} if name == "draft" else {}), text)})
    with site.serve() as server:
        yield server


def names(addresses: list[str]) -> set[str]:
    return {address.rpartition("/")[2] for address in addresses}


def test_words_are_found_in_any_script_as_a_page_and_as_a_feed(server: Server) -> None:
    for text, expected in FINDS.items():
        page = server.get(f"search/?q={quote(text)}")
        assert page.status_code == 200, text
        assert names(html.fromstring(page.content).xpath("//article//h3/a/@href")) == expected, text
        feed = feedparser.parse(server.get(f"q.atom?text={quote(text)}").content)
        assert names([entry.link for entry in feed.entries]) == expected, text


def test_a_search_links_to_its_feed_and_page(server: Server) -> None:
    page = html.fromstring(server.get("search/?q=water").content)
    (address,) = page.xpath("//link[@rel='alternate'][@type='application/atom+xml']/@href")
    feed = feedparser.parse(server.get(address.removeprefix("https://feeds.example.org/")).content)
    assert "water" in feed.feed.title
    assert [entry.title for entry in feed.entries] == ["Oceans rise", "The eel that took the ferry"]
    home = next(link.href for link in feed.feed.links if link.rel == "alternate" and link.type == "text/html")
    listed = html.fromstring(server.get(home.removeprefix("https://feeds.example.org/")).content)
    assert listed.xpath("//article//h3/a/text()") == ["Oceans rise", "The eel that took the ferry"]


def test_search_follows_changes_of_articles(server: Server, site: Site) -> None:
    def found(text: str) -> set[str]:
        return names(html.fromstring(server.get(f"search/?q={text}").content).xpath("//article//h3/a/@href"))

    assert found("samovar") == set()
    fields = {"title": "Tea", "publishedDateTime": "2026-01-04", "webUrl": "https://news.example/tea"}
    site.write({"articles/tea.md": doc(fields, "The samovar is in the corner.")})
    until(lambda: found("samovar") == {"tea"})
    assert found(quote("самовар")) == set()
    (site.folder / "articles/tea.md").unlink()
    until(lambda: found("samovar") == set())


@pytest.mark.parametrize(
    "asked",
    ["search/?q=%2B%2B", "search/?q=-ferry", "q.atom?text=%22%22", "search/?q=" + "+".join(f"a{each}" for each in range(20))],
)
def test_an_empty_search_has_advice(server: Server, asked: str) -> None:
    answer = server.get(asked)
    assert answer.status_code == 400
    assert "words" in answer.text


def test_without_words_the_page_shows_the_form(server: Server) -> None:
    page = html.fromstring(server.get("search/?q=").content)
    assert page.xpath("//form/@action") == ["../search/"]
    assert server.get("search?q=water").headers["location"] == "search/?q=water"


def test_a_misspelt_name_of_a_group_is_found(server: Server, site: Site) -> None:
    fields = {"title": "Warm", "publishedDateTime": "2026-01-20", "topics": ["Climate"]}
    site.write({"articles/warm.md": doc(fields, "Text")})
    until(lambda: server.get("topics/climate.atom").status_code == 200)
    page = html.fromstring(server.get("search/?q=climte").content)
    assert page.xpath("//section//a[text()='Climate']/@href") == ["../topics/climate/"]


def test_an_index_that_is_kept_is_searched_after_a_restart(tmp_path: Path) -> None:
    site = Site(tmp_path).write({"config.yaml": CONFIG})
    site.write({"articles/a.md": doc({"title": "One", "publishedDateTime": "2026-01-01"}, "The samovar")})
    for _ in range(2):
        with site.serve() as server:
            assert "One" in server.get("search/?q=samovar").text
