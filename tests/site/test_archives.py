"""RFC 5005 archives: a client that follows the links gets every article, and a change touches only its own page."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from support import BASE, Site, changed, link, parsed

import feeds

HISTORY = "{http://purl.org/syndication/history/1.0}archive"
Files = dict[str, bytes]


def read(files: Files, address: str) -> tuple[list[str], str | None]:
    """The ids of the entries at `address`, and the address of the older page."""
    body = files[address.removeprefix(f"{BASE}/")]
    if address.endswith(".json"):
        document = json.loads(body)
        assert document["feed_url"] == address
        return [item["id"] for item in document["items"]], document.get("next_url")
    document = parsed(body)
    assert link(document, "self") == address
    return [entry.id for entry in document.entries], link(document, "prev-archive")


def walk(files: Files, address: str, known: dict[str, list[str]]) -> list[str]:
    """The ids that a client gets that stops at the first archive page it knows (RFC 5005 4.2). Adds to `known`."""
    seen, next_address = read(files, address)
    while next_address and next_address not in known:
        known[next_address], next_address = read(files, next_address)
        seen += known[list(known)[-1]]
    return list(dict.fromkeys(seen))


def archive_pages(files: Files) -> Files:
    """The archive documents of feeds; test_pages_archives.py is about the pages for people."""
    return {path: body for path, body in files.items() if "/archive/" in path and not path.endswith(".html")}


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], Files]:
    """The ids of 1,000 articles, newest first, and their site.

    There are bursts, a silent half year, and articles with the same date.
    """
    site = Site(tmp_path_factory.mktemp("thousand")).configure(limit=50, groups=["topic"])
    moments = []
    moment = datetime(2023, 1, 1, tzinfo=UTC)
    for number in range(1000):
        moment += timedelta(days=180) if number == 500 else timedelta(hours=(0, 1, 5, 30)[number % 4])
        moments.append(moment)
    site.articles(moments, topics=["Tides"])
    ids = [f"https://news.example.com/a{number:04}" for number in range(1000)]
    expected = sorted(zip(moments, ids, strict=True), key=lambda pair: (-pair[0].timestamp(), pair[1]))
    return [id for _, id in expected], site.export()


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
@pytest.mark.parametrize("group", ["all", "topics/tides"])
def test_a_walk_gives_every_article_in_order_and_once(thousand: tuple[list[str], Files], group: str, format: str) -> None:
    expected, files = thousand
    pages: dict[str, list[str]] = {}
    assert walk(files, f"{BASE}/{group}.{format}", pages) == expected
    assert len(pages) > 10
    on_pages = [id for ids in pages.values() for id in ids]
    assert len(on_pages) == len(set(on_pages))


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_an_archive_page_is_a_document_of_its_own_in_the_same_feed(thousand: tuple[list[str], Files], format: str) -> None:
    _, files = thousand
    live = parsed(files[f"all.{format}"])
    assert etree.fromstring(files[f"all.{format}"]).find(f".//{HISTORY}") is None
    assert link(live, "current") is None
    assert link(live, "next-archive") is None
    paths = sorted(path for path in files if path.startswith("all/archive/") and path.endswith(format))
    for older, path, newer in zip([None, *paths], paths, [*paths[1:], None], strict=False):
        page = parsed(files[path])
        assert etree.fromstring(files[path]).find(f".//{HISTORY}") is not None
        assert link(page, "self") == f"{BASE}/{path}"
        assert link(page, "current") == f"{BASE}/all.{format}"
        assert link(page, "prev-archive") == (f"{BASE}/{older}" if older else None)
        assert link(page, "next-archive") == (f"{BASE}/{newer}" if newer else None)
        assert link(page, "hub") is None
        assert page.feed.title == live.feed.title
        assert page.feed.get("id") == live.feed.get("id")
        assert page.feed.updated_parsed == max(entry.published_parsed for entry in page.entries)
        assert {f"{entry.published_parsed[0]}-{entry.published_parsed[1]:02}" for entry in page.entries} == {Path(path).stem}


MONTHS = [datetime(2025, month, day, 12, tzinfo=UTC) for month in (2, 3, 4, 6, 7) for day in (3, 10, 17, 24)]


@pytest.fixture
def monthly(tmp_path: Path) -> Site:
    """Four articles in each of five months, all on Tides; every second one on Ice too."""
    site = Site(tmp_path).configure(limit=6, groups=["topic"])
    for number, moment in enumerate(MONTHS):
        topics = ["Tides", "Ice"] if number % 2 else ["Tides"]
        site.article(f"a{number:02}", publishedDateTime=moment.isoformat(), topics=topics)
    return site


def pages(period: str, *formats: str, groups: tuple[str, ...] = ("all", "topics/tides")) -> set[str]:
    return {f"{group}/archive/{period}.{format}" for group in groups for format in formats or ("rss", "atom", "json")}


def edit(site: Site, name: str, **fields: Any) -> tuple[Files, Files]:
    """The site before and after one article is written."""
    before = site.export()
    site.article(name, **fields)
    return before, site.export()


def lives(*groups: str) -> set[str]:
    return {f"{group}.{format}" for group in groups for format in ("rss", "atom", "json")}


EVERY_LIVE_FEED = lives("all", "topics/tides", "topics/ice")


@pytest.mark.parametrize("fields", [{"title": "Another title"}, {"updatedDateTime": "2026-01-01"}, {"removed": True}])
def test_a_correction_or_a_removal_touches_its_own_page(monthly: Site, fields: dict[str, Any]) -> None:
    before, after = edit(monthly, "a04", publishedDateTime=MONTHS[4].isoformat(), topics=["Tides"], **fields)
    assert changed(archive_pages(before), archive_pages(after)) == pages("2025-03")
    # Live feeds have the notice of a withdrawn article.
    assert changed(before, after) & EVERY_LIVE_FEED == (lives("all", "topics/tides") if "removed" in fields else set())


def test_an_addition_to_the_past_touches_its_own_page(monthly: Site) -> None:
    before, after = edit(monthly, "new", publishedDateTime="2025-03-12", topics=["Tides"])
    assert changed(archive_pages(before), archive_pages(after)) == pages("2025-03")
    assert not changed(before, after) & EVERY_LIVE_FEED


def test_a_new_article_touches_its_own_page_and_the_live_feeds(monthly: Site) -> None:
    before, after = edit(monthly, "new", publishedDateTime="2025-07-28", topics=["Tides"])
    assert changed(archive_pages(before), archive_pages(after)) == pages("2025-07")
    assert changed(before, after) & EVERY_LIVE_FEED == lives("all", "topics/tides")


def test_a_page_that_appears_between_two_is_linked_by_both(monthly: Site) -> None:
    before, after = edit(monthly, "new", publishedDateTime="2025-05-05", topics=["Tides"])
    # next_url links to older pages, so the older page does not link to the new one.
    neighbours = pages("2025-06") | pages("2025-04", "rss", "atom")
    assert changed(archive_pages(before), archive_pages(after)) == pages("2025-05") | neighbours
    assert after.keys() - before.keys() >= pages("2025-05")


def test_a_new_month_touches_the_month_before_by_its_link_alone(monthly: Site) -> None:
    before, after = edit(monthly, "new", publishedDateTime="2025-08-01", topics=["Tides"])
    assert changed(archive_pages(before), archive_pages(after)) == pages("2025-08") | pages("2025-07", "rss", "atom")
    lines = {format: [body.splitlines() for body in (before[path], after[path])] for format, path in JULY.items()}
    for format, (old, new) in lines.items():
        assert [line for line in new if b"next-archive" not in line] == old, format


JULY = {format: f"all/archive/2025-07.{format}" for format in ("rss", "atom")}


def test_a_page_that_goes_is_linked_by_none(monthly: Site) -> None:
    monthly.article("only", publishedDateTime="2025-05-05", topics=["Tides"])
    before, after = edit(monthly, "only", publishedDateTime="2025-05-05", topics=["Tides"], removed=True)
    assert before.keys() - after.keys() >= pages("2025-05")
    assert not any(b"archive/2025-05" in body for body in after.values())
    everything = [f"https://news.example.com/a{number:02}" for number in reversed(range(len(MONTHS)))]
    found = walk(after, f"{BASE}/all.atom", {})
    found.remove("https://news.example.com/only")
    assert found == everything


def test_a_provider_whose_newest_article_brings_another_picture(tmp_path: Path) -> None:
    site = Site(tmp_path).configure(limit=2, groups=["provider"], archives=["provider"])
    provider = {"name": "Courier", "domain": "courier.example", "images": [{"url": "https://courier.example/old.png"}]}
    for month in (1, 2, 3):
        site.article(f"a{month}", publishedDateTime=f"2025-{month:02}-01", provider=provider)
    newer = provider | {"images": [{"url": "https://courier.example/new.png"}]}
    before, after = edit(site, "a4", publishedDateTime="2025-03-20", provider=newer)
    own = pages("2025-03", groups=("providers/courier.example",))
    assert changed(archive_pages(before), archive_pages(after)) == own
    assert json.loads(after["providers/courier.example.json"])["icon"] == "https://courier.example/new.png"


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_a_client_that_stops_at_a_page_it_knows_misses_nothing(tmp_path: Path, format: str) -> None:
    site = Site(tmp_path).configure(limit=5, groups=[])
    moments = [datetime(2025, month, day, tzinfo=UTC) for month in range(1, 13) for day in (5, 15, 25)]
    known: dict[str, list[str]] = {}
    got: set[str] = set()
    for number, moment in enumerate(moments):
        site.article(f"a{number:02}", publishedDateTime=moment.isoformat())
        # The client reads in the middle of a month, when the newest page can still grow.
        if number % 7 == 6:
            got |= set(walk(site.export(), f"{BASE}/all.{format}", known))
            assert got == {f"https://news.example.com/a{each:02}" for each in range(number + 1)}


def test_unpublished_articles_are_in_no_archive(monthly: Site) -> None:
    before = monthly.export()
    monthly.article("draft", title="Zebra", publishedDateTime="2025-03-12", topics=["Tides"], published=False)
    monthly.article("removed", title="Zebra", publishedDateTime="2025-05-12", topics=["Tides"], removed=True)
    monthly.article("scheduled", title="Zebra", publishedDateTime="2999-01-01", topics=["Tides"])
    after = monthly.export()
    assert archive_pages(after) == archive_pages(before)
    assert not any(b"Zebra" in body for body in after.values())
    assert any(b"Zebra" in body for path, body in monthly.export("--drafts").items() if "/archive/2999-01" in path)


def test_archives_by_day(monthly: Site) -> None:
    monthly.configure(limit=6, groups=["topic"], archive_period="day")
    files = monthly.export()
    stems = {Path(path).stem for path in archive_pages(files) if path.startswith("all/")}
    assert stems == {moment.date().isoformat() for moment in MONTHS}
    assert len(walk(files, f"{BASE}/all.json", {})) == len(MONTHS)


def test_periods_are_those_of_utc(tmp_path: Path) -> None:
    site = Site(tmp_path).configure(limit=1, groups=[])
    site.article("late", publishedDateTime="2025-03-31T23:30:00-05:00")
    site.article("early", publishedDateTime="2025-04-01T00:30:00+02:00")
    files = site.export()
    assert read(files, f"{BASE}/all/archive/2025-04.atom")[0] == ["https://news.example.com/late"]
    assert read(files, f"{BASE}/all/archive/2025-03.atom")[0] == ["https://news.example.com/early"]


NO_PERIODS = ("2025-13", "2025-00", "2025-1", "202501", "2025-W01", "2025", "25-01", "0000-01", "2025-01-01", "٢٠٢٥-٠١", "")


@pytest.mark.parametrize("period", NO_PERIODS)
def test_there_are_no_pages_of_what_is_no_period(period: str) -> None:
    moments = [datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 3, 1, tzinfo=UTC)]
    articles = [feeds.Article(path=f"{at:%m}.md", id=f"urn:x:{at:%m}", title="A", published=at, updated=at) for at in moments]
    site = feeds.Site(articles, title="Tidings", url=BASE, limit=1, archives=["all"])
    paths = [f"all/archive/{{}}{ending}" for ending in (".atom", "/index.html")]
    assert all(path.format("2025-01") in site for path in paths)
    assert all(path.format("2025-03") in site for path in paths)
    assert not any(path.format("2025-02") in site for path in paths)
    assert not any(path.format(period) in site for path in paths)


@pytest.mark.parametrize("wanted", [False, []])
def test_archives_can_be_disabled(monthly: Site, wanted: object) -> None:
    monthly.configure(limit=6, groups=["topic"], archives=wanted)
    files = monthly.export()
    assert not archive_pages(files)
    assert not any(b"prev-archive" in body or b"next_url" in body for body in files.values())


def test_only_the_kinds_that_config_lists_and_only_groups_over_the_limit(monthly: Site) -> None:
    monthly.configure(limit=len(MONTHS) // 2, groups=["topic"], archives=["topic"])
    files = monthly.export()
    assert {path.split("/archive/")[0] for path in archive_pages(files)} == {"topics/tides"}
    assert read(files, f"{BASE}/all.atom")[1] is None
    assert read(files, f"{BASE}/topics/ice.json")[1] is None


MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(2025, 12, 31), timezones=st.just(UTC))


@settings(max_examples=40, deadline=None)
@given(st.lists(MOMENTS, min_size=1, max_size=20), st.integers(1, 12), st.sampled_from(["month", "day"]))
def test_pages_hold_every_article_once_and_lead_on_from_the_live_feed(moments: list[datetime], limit: int, period: str) -> None:
    articles = [
        feeds.Article(path=f"{number}.md", id=f"urn:x:{number}", title="A", published=moment, updated=moment, body="B")
        for number, moment in enumerate(moments)
    ]
    options: dict[str, Any] = {"limit": limit, "archives": ["all"], "archive_period": period}
    site = feeds.Site(articles, title="Tidings", url=BASE, pages=False, **options)
    files = {path: site[path].body for path in site if path.endswith(".json")}
    live, older = read(files, f"{BASE}/all.json")
    kept = [id for path in archive_pages(files) for id in read(files, f"{BASE}/{path}")[0]]
    assert len(live) == min(limit, len(articles))
    if older is None:
        assert not kept
        assert len(articles) <= limit
        return
    assert sorted(kept) == sorted(article.id for article in articles)
    assert set(walk(files, f"{BASE}/all.json", {})) == {article.id for article in articles}


def test_every_kind_of_group_has_an_archive_unless_config_says_otherwise(tmp_path: Path) -> None:
    site = Site(tmp_path).configure(limit=1, feeds={"news": {"categories": ["news"]}})
    provider = {"name": "News", "domain": "news.example"}
    site.articles([datetime(2026, month, 1, tzinfo=UTC) for month in (1, 2)], topics=["AI"], category="news", provider=provider)
    exported = site.export()
    for group in ("all", "topics/ai", "categories/news", "providers/news.example", "feeds/news"):
        assert f"{group}/archive/2026-01.atom" in exported, group
        assert link(parsed(exported[f"{group}.rss"]), "prev-archive"), group
