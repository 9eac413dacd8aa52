"""Queries, and paths as people write them, with a server and the command in this process."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from lxml import html
from starlette.testclient import TestClient
from support import Site, doc

import feeds
from feeds.cli import app
from feeds.config.types import Period
from feeds.site import archives, queries

BASE = "https://x.example/sub"
CONFIG = f"""
site: {{title: News, url: "{BASE}", language: en}}
sources: [articles]
limit: 3
pages: false
topics: {{Tides: {{parent: Sea}}}}
"""
ARTICLES: list[dict[str, Any]] = [
    {"topics": ["AI"], "provider": "courier.example", "category": "News", "type": "article", "quality": 10, "heat": -5},
    {"topics": ["AI", "Ethics"], "provider": "courier.example", "category": "Opinion", "type": "video", "quality": 20},
    {"topics": ["Ethics"], "provider": "skerry.example", "category": "News", "type": "article", "heat": 5.5},
    {"topics": ["Tides"], "provider": "skerry.example", "category": "Long Reads", "type": "audio", "quality": 30.25},
    {"topics": ["Sea"], "provider": "third.example", "category": "News", "type": "video", "quality": 40, "heat": 50},
    {"topics": [], "provider": "third.example", "type": "article"},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles A0 to A5, the last the newest, and a config."""
    site = Site(tmp_path_factory.mktemp("queries")).write({"config.yaml": CONFIG})
    for number, given in enumerate(ARTICLES):
        provider = given["provider"]
        fields: dict[str, Any] = {"publishedDateTime": f"2026-01-0{number + 1}", "webUrl": f"https://{provider}/{number}"}
        fields |= given | {"title": f"A{number}"}
        fields["provider"] = {"domain": provider, "name": provider.partition(".")[0].title()}
        site.write({f"articles/{number}.md": doc(fields)})
    return site.folder


@pytest.fixture(scope="module")
def client(folder: Path) -> Iterator[TestClient]:
    with TestClient(feeds.asgi(feeds.load(folder / "config.yaml")), follow_redirects=True) as client:
        yield client


def titles(client: TestClient, path: str) -> str:
    """The numbers of the articles at a path, newest first."""
    answer = client.get(f"/{path}")
    assert answer.status_code == 200, answer.text
    return "".join(item["title"].removeprefix("A") for item in answer.json()["items"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"topic": "AI"}, "10"),
        ({"topic": "ai"}, "10"),
        ({"topic": ["ai", "ethics"]}, "210"),
        ({"all_topic": ["ai", "ethics"]}, "1"),
        ({"all_topic": "ethics"}, "21"),
        ({"topic": "sea"}, "43"),
        ({"topic": "sea", "not_topic": "tides"}, "4"),
        ({"not_topic": ["ai", "sea"]}, "52"),
        ({"not_topic": "ai", "limit": "10"}, "5432"),
        ({"provider": "skerry.example"}, "32"),
        ({"provider": "https://www.Skerry.example/x"}, "32"),
        ({"provider": ["skerry.example", "third.example"], "limit": "9"}, "5432"),
        ({"not_provider": "third.example", "limit": "9"}, "3210"),
        ({"not_provider": ["third.example", "courier.example"]}, "32"),
        ({"category": "news"}, "420"),
        ({"category": "Long Reads"}, "3"),
        ({"category": "long-reads"}, "3"),
        ({"category": ["Opinion", "long-reads"]}, "31"),
        ({"not_category": "news", "limit": "9"}, "531"),
        ({"not_category": ["news", "opinion"], "limit": "9"}, "53"),
        ({"type": "video"}, "41"),
        ({"type": ["video", "audio"]}, "431"),
        ({"not_type": "article"}, "431"),
        ({"not_type": ["article", "audio"]}, "41"),
        # Articles without a score match.
        ({"minimum_quality": "30", "limit": "9"}, "5432"),
        ({"minimum_quality": "30.25", "limit": "9"}, "5432"),
        ({"minimum_quality": "30.3", "limit": "9"}, "542"),
        ({"minimum_quality": "1e9", "limit": "9"}, "52"),
        ({"minimum_heat": "5.5", "limit": "9"}, "54321"),
        ({"minimum_heat": "+6", "limit": "9"}, "5431"),
        ({"minimum_heat": "-5.0", "limit": "9"}, "543210"),
        ({"minimum_heat": "-4", "minimum_quality": "21", "limit": "9"}, "5432"),
        ({"topic": ["ai", "ethics"], "provider": "courier.example", "type": "article"}, "0"),
        ({"limit": "1"}, "5"),
        ({"limit": "6"}, "543210"),
        ({"limit": "02"}, "54"),
        ({"limit": "1000000"}, "543210"),
    ],
)
def test_a_query_finds_the_newest_matching_articles(client: TestClient, query: dict[str, Any], found: str) -> None:
    assert titles(client, f"q.json?{urlencode(query, doseq=True)}") == found


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ({"topic": "ai"}, "AI"),
        ({"topic": ["ethics", "ai"]}, "AI or Ethics"),
        ({"all_topic": ["ethics", "ai"], "category": "long reads"}, "AI and Ethics, Long Reads"),
        ({"provider": "skerry.example", "type": "video"}, "Skerry, video"),
        ({"minimum_quality": "30.50", "minimum_heat": "-1", "limit": "2"}, "quality from 30.5, heat from -1"),
        ({"topic": "ai", "not_topic": "ethics", "not_type": "video"}, "AI, without Ethics or video"),
        ({"not_provider": "skerry.example"}, "Everything, without Skerry"),
        ({"limit": "2"}, "Everything"),
        ({"minimum_heat": "-0"}, "heat from 0"),
        ({"minimum_heat": "1e3"}, "heat from 1000"),
    ],
)
def test_a_query_has_a_title(client: TestClient, query: dict[str, Any], title: str) -> None:
    assert client.get(f"/q.json?{urlencode(query, doseq=True)}").json()["title"] == f"{title} – News"


@pytest.mark.parametrize(
    ("query", "status", "message", "nearest"),
    [
        ("", 400, "A query needs a parameter: topic, all_topic, not_topic, provider, not_provider", []),
        ("topc=ai", 400, "There is no parameter 'topc'", ["topic"]),
        ("topic=", 400, "topic takes a value of 1 to 100 characters", []),
        (f"topic={'x' * 101}", 400, "topic takes a value of 1 to 100 characters", []),
        (f"topic={'x' * 100}", 404, f"There is no topic {'x' * 100!r}", []),
        ("topic=ethic", 404, "There is no topic 'ethic'", ["ethics"]),
        ("not_category=newz", 404, "There is no category 'newz'", ["news"]),
        ("provider=sker.example", 404, "There is no provider 'sker.example'", ["skerry.example"]),
        ("type=vidio", 404, "There is no type 'vidio'", ["video"]),
        ("limit=0", 400, "limit takes a whole number from 1, not '0'", []),
        ("limit=-1", 400, "limit takes a whole number from 1, not '-1'", []),
        ("limit=1.5", 400, "limit takes a whole number from 1, not '1.5'", []),
        ("limit=1&limit=2", 400, "limit can be given once", []),
        ("text=a&text=b", 400, "text can be given once: all of its words must be there", []),
        ("minimum_heat=1&minimum_heat=1", 400, "minimum_heat can be given once", []),
        ("minimum_quality=high", 400, "minimum_quality takes a number, not 'high'", []),
        ("minimum_quality=nan", 400, "minimum_quality takes a number, not 'nan'", []),
        ("minimum_quality=1e999", 400, "minimum_quality takes a number, not '1e999'", []),
        ("&".join(["topic=ai"] * 21), 400, "A query has at most 20 parameters", []),
    ],
)
def test_invalid_queries_are_explained(client: TestClient, query: str, status: int, message: str, nearest: list[str]) -> None:
    answer = client.get(f"/q.json?{query}", headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert message in answer.text.replace('\\"', '"')
    found = answer.json().get("nearest", [])
    assert [name for name in found if name.rpartition("/")[2] in nearest][:1] == nearest[:1] or found[:1] == nearest[:1]


def test_invalid_utf_8_is_not_found(client: TestClient) -> None:
    assert client.get("/q.json?topic=%ff").status_code == 404


def test_twenty_parameters_are_not_too_many(client: TestClient) -> None:
    assert titles(client, f"q.json?{'&'.join(['topic=ai'] * 20)}") == "10"


def test_equal_queries_have_one_address(client: TestClient) -> None:
    one = client.get("/q.json?limit=020&topic=Ethics&topic=AI&topic=ai&minimum_quality=5.0&type=video")
    other = client.get("/q.json?type=video&minimum_quality=5&topic=ai&topic=ethics&limit=20")
    assert one.json()["feed_url"] == other.json()["feed_url"] != client.get("/q.json?topic=ai").json()["feed_url"]
    assert one.content == other.content
    address = one.json()["feed_url"].removeprefix(f"{BASE}/")
    assert client.get(f"/{address}").content == one.content


def test_a_slug_holds_the_whole_query() -> None:
    query = queries.Query((("topic", ("a b", "c;d=e")), ("limit", ("5",))))
    assert query.slug == "topic=a%20b;topic=c%3Bd%3De;limit=5"
    assert queries.from_slug(query.slug) == [("topic", "a b"), ("topic", "c;d=e"), ("limit", "5")]
    assert queries.from_slug("") == []
    assert (query.get("topic"), query.get("limit"), query.get("type")) == (("a b", "c;d=e"), ("5",), ())


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("topics/ai/topics/ethics.json", "1"),
        ("topics/ai/providers/courier.example.json", "10"),
        ("providers/skerry.example/topics/ethics/categories/news.json", "2"),
        ("topics/sea/categories/long-reads.json", "3"),
    ],
)
def test_several_groups_in_a_path_are_combined(client: TestClient, path: str, found: str) -> None:
    assert titles(client, path) == found


@pytest.mark.parametrize("path", ["topics/ai/", "topics/ai/x/news.json", "topics/ai/providers.json", "q.jsn?topic=ai", "Q.json"])
def test_other_paths_are_not_found(client: TestClient, path: str) -> None:
    assert client.get(f"/{path}").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        {"topic": ["ai", "ethics"], "type": "video"},
        {"topic": "sea", "minimum_quality": "35"},
        {"minimum_heat": "6", "limit": "2"},
        {"provider": ["skerry.example", "third.example"], "limit": "9"},
        {"category": "long-reads"},
        {"type": ["video", "audio"], "text": "a4"},
    ],
)
def test_the_composer_gives_the_lines_of_a_named_feed_with_the_same_articles(
    folder: Path, client: TestClient, composer: TestClient, query: dict[str, Any]
) -> None:
    lines = config_lines(composer, query)
    (folder / "named.yaml").write_text(f"{CONFIG}{lines}\n")
    named = json.loads(next(body for path, body in bodies(folder / "named.yaml") if path.startswith("feeds/")))
    asked = client.get(f"/q.json?{urlencode(query, doseq=True)}").json()
    assert [item["title"] for item in named["items"]] == [item["title"] for item in asked["items"]] != []
    assert named["title"] == asked["title"]


def test_the_config_has_no_lines_for_what_a_query_excludes(composer: TestClient) -> None:
    assert config_lines(composer, {"not_topic": "ai", "limit": "2"}) == ""


@pytest.fixture(scope="module")
def composer(folder: Path) -> Iterator[TestClient]:
    """A server of the same articles with pages."""
    (folder / "pages.yaml").write_text(CONFIG.replace("pages: false\n", ""))
    with TestClient(feeds.asgi(feeds.load(folder / "pages.yaml"))) as client:
        yield client


def config_lines(composer: TestClient, query: dict[str, Any]) -> str:
    """The lines for config.yaml on the composer's page."""
    page = html.fromstring(composer.get(f"/compose/?{urlencode(query, doseq=True)}").content)
    lines: str = page.xpath("string(//pre)")
    return lines


def bodies(config: Path) -> Iterator[tuple[str, bytes]]:
    """The documents in JSON of the site of a config."""
    site = feeds.load(config)
    return ((path, site[path].body) for path in site if path.endswith(".json"))


def show(folder: Path, path: str, status: int = 0, config: str = "config.yaml") -> str:
    ran = CliRunner().invoke(app, ["show", path, "--config", str(folder / config)])
    assert ran.exit_code == status, ran.output
    return ran.output


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("topics/ai.json", "topics/ai.json"),
        (" /topics/ai.json ", "topics/ai.json"),
        (f"{BASE}/topics/ai.json", "topics/ai.json"),
        ("topics/ai", "topics/ai.rss"),
        ("topics/ai/", "topics/ai.rss"),
        ("topics%2Fai", "topics/ai.rss"),
        ("all", "all.rss"),
        ("categories/long-reads", "categories/long-reads.rss"),
        ("feeds.opml", "feeds.opml"),
    ],
)
def test_the_command_accepts_paths_as_people_write_them(folder: Path, written: str, path: str) -> None:
    assert show(folder, written) == show(folder, path) == feeds.load(folder / "config.yaml")[path].body.decode()


@pytest.mark.usefixtures("composer")
def test_the_command_shows_the_page_of_a_folder(folder: Path) -> None:
    pages = feeds.load(folder / "pages.yaml")
    for written, path in (("/", "index.html"), (f"{BASE}/", "index.html"), ("topics/ai/", "topics/ai/index.html")):
        assert show(folder, written, config="pages.yaml") == pages[path].body.decode(), written


@pytest.mark.parametrize(
    ("written", "found", "format"),
    [
        ("q.json?topic=ethics&type=article", "2", "json"),
        ("q?topic=ethics&type=article", "2", "rss"),
        ("topics/ai/categories/opinion.atom", "1", "atom"),
        ("topics/ai/categories/opinion", "1", "rss"),
        ("topics/ai/providers/courier.example", "01", "rss"),
        (f"{BASE}/q.atom?topic=ai", "01", "atom"),
    ],
)
def test_the_command_answers_queries(folder: Path, written: str, found: str, format: str) -> None:
    body = show(folder, written)
    assert sorted(number for number in "012345" if f"A{number}<" in body or f'"A{number}"' in body) == sorted(found)
    assert body.lstrip("\ufeff").startswith("{" if format == "json" else "<?xml")
    assert ("<rss " in body, "<feed " in body) == (format == "rss", format == "atom")


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("topics/ethic.rss", "topics/ethics.rss"),
        ("/topics/ethic.atom?x", "topics/ethics.atom"),
        ("topics/ethic", "topics/ethics"),
        ("providers/curier.example", "providers/courier.example"),
        ("providers/curier.example.json", "providers/courier.example.json"),
        ("categories/long-read.json", "categories/long-reads.json"),
        ("topics/ethic.pdf", "topics/ethics"),
        ("providers/skery.example.xml", "providers/skerry.example"),
        (f"{BASE}/topics%2Fethic.rss", "topics/ethics.rss"),
    ],
)
def test_a_misspelt_path_has_suggestions(folder: Path, written: str, nearest: str) -> None:
    output = show(folder, written, status=2).splitlines()
    assert f"{written}: nothing is published there" in output[0]
    assert "`feeds list`" in output[0]
    assert output[1] == f"  {nearest}"


def test_a_path_that_is_near_to_many_has_five_suggestions(folder: Path) -> None:
    assert len(show(folder, "e", status=2).splitlines()) == 1 + 5


def test_an_unknown_path_has_no_suggestions(folder: Path) -> None:
    assert "nearest" not in show(folder, "@@@@", status=2)
    assert "There is no topic" in show(folder, "q.json?topic=zzz", status=2)


# ---------------------------------------------------------------- archives


def six() -> list[feeds.Article]:
    days = [datetime(2026, month, day, 23, tzinfo=UTC) for month in (1, 2, 4) for day in (1, 2)]
    return [
        feeds.Article(path=f"{day:%m%d}", id=f"urn:{day:%m%d}", title=f"{day:%m%d}", published=day, updated=day, topics=("AI",))
        for day in days
    ]


def site(**settings: Any) -> feeds.Site:
    return feeds.Site(six(), title="News", url=BASE, limit=3, formats=["json"], **settings)


def test_archive_pages_are_periods_and_lead_to_older_ones() -> None:
    pages = site(archives=["topic"])
    assert [path for path in pages if "/archive/" in path and path.endswith(".json")] == [
        f"topics/ai/archive/{period}.json" for period in ("2026-01", "2026-02", "2026-04")
    ]

    def read(path: str) -> tuple[list[str], str | None]:
        found = json.loads(pages[path].body)
        return [item["title"] for item in found["items"]], found.get("next_url")

    address = f"{BASE}/topics/ai/archive/2026"
    # The live feed leads to the page of the newest article that it no longer holds.
    assert read("topics/ai.json") == (["0402", "0401", "0202"], f"{address}-02.json")
    assert read("topics/ai/archive/2026-04.json") == (["0402", "0401"], f"{address}-02.json")
    assert read("topics/ai/archive/2026-02.json") == (["0202", "0201"], f"{address}-01.json")
    assert read("topics/ai/archive/2026-01.json") == (["0102", "0101"], None)
    assert read("all.json") == (["0402", "0401", "0202"], None)


def test_archive_pages_may_hold_a_day() -> None:
    pages = site(archives=["topic"], archive_period="day")
    assert [path for path in pages if "/archive/" in path and path.endswith(".json")][:2] == [
        f"topics/ai/archive/{period}.json" for period in ("2026-01-01", "2026-01-02")
    ]
    assert archives.period_of(date(2026, 4, 2), Period.DAY) == "2026-04-02"
    assert archives.period_of(date(2026, 4, 2), Period.MONTH) == "2026-04"


def test_a_feed_with_every_article_has_no_archive() -> None:
    # Six articles, and room for six.
    whole = feeds.Site(six(), title="News", url=BASE, limit=6)
    assert not [path for path in whole if "/archive/" in path]
    assert not [path for path in site(archives=False) if "/archive/" in path]
    assert not [path for path in site(archives=["category"]) if "/archive/" in path]
