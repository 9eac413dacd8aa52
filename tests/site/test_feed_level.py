"""Metadata of feeds: links, pictures, language, rhythm and identity, in every format."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from support import BASE, Site, link, parsed

from feeds.site.rhythm import minutes_between_visits
from feeds.version import __version__

SYNDICATION = "{http://purl.org/rss/1.0/modules/syndication/}"
START = datetime(2025, 3, 1, 9, tzinfo=UTC)
TIDES = {"Tides": {"description": "Water that comes and goes", "image": "https://img.example.org/tides.png"}}


def make(folder: Path, **config: Any) -> Site:
    site = Site(folder).configure(**({"topics": TIDES} | config))
    provider = {"name": "Courier", "domain": "courier.example", "images": [{"url": "https://courier.example/logo.gif"}]}
    site.article("a", publishedDateTime=START.isoformat(), topics=["Tides", "Ice"], category="news", provider=provider)
    return site


GROUPS = ["all", "topics/tides", "topics/ice", "providers/courier.example", "categories/news"]


def test_links_lead_to_the_feed_its_page_and_its_hubs(tmp_path: Path) -> None:
    hubs = ["https://hub.example.org/", "https://hub.example.com/"]
    files = make(tmp_path, hubs=hubs).export()
    for group in GROUPS:
        page = f"{BASE}/" if group == "all" else f"{BASE}/{group}/"
        for format in ("rss", "atom"):
            found = parsed(files[f"{group}.{format}"])
            assert link(found, "self") == f"{BASE}/{group}.{format}"
            assert link(found, "alternate") == page == found.feed.link
            assert [each.href for each in found.feed.links if each.rel == "hub"] == hubs
        document = json.loads(files[f"{group}.json"])
        assert document["feed_url"] == f"{BASE}/{group}.json"
        assert document["home_page_url"] == page
        assert document["hubs"] == [{"type": "WebSub", "url": hub} for hub in hubs]


def test_without_pages_the_page_for_people_is_the_site(tmp_path: Path) -> None:
    files = make(tmp_path, pages=False).export()
    assert link(parsed(files["topics/tides.atom"]), "alternate") == f"{BASE}/"
    assert parsed(files["topics/tides.rss"]).feed.link == f"{BASE}/"
    assert json.loads(files["topics/tides.json"])["home_page_url"] == f"{BASE}/"


def test_the_picture_is_the_groups_own_or_else_the_sites(tmp_path: Path) -> None:
    files = make(tmp_path, site={"image": "/site.jpg", "icon": "/icon.png"}).export()
    own = {"topics/tides": "https://img.example.org/tides.png", "providers/courier.example": "https://courier.example/logo.gif"}
    for group in GROUPS:
        rss, atom, document = parsed(files[f"{group}.rss"]), parsed(files[f"{group}.atom"]), json.loads(files[f"{group}.json"])
        # RSS wants the picture's title and link to be the channel's (RSS Advisory Board, "image").
        assert rss.feed.image.href == atom.feed.logo == document["icon"] == own.get(group, f"{BASE}/site.jpg")
        assert rss.feed.image.title == rss.feed.title
        assert rss.feed.image.link == rss.feed.link
        assert atom.feed.icon == document["favicon"] == f"{BASE}/icon.png"


@pytest.mark.parametrize("picture", ["/site.webp", "/site.svg", "/picture?format=webp"])
def test_a_picture_that_rss_does_not_know_is_in_the_other_formats(tmp_path: Path, picture: str) -> None:
    files = make(tmp_path, site={"image": picture}).export()
    assert etree.fromstring(files["all.rss"]).find("channel/image") is None
    assert parsed(files["all.atom"]).feed.logo == json.loads(files["all.json"])["icon"] == f"{BASE}{picture}"


def test_language_copyright_and_generator_in_every_format(tmp_path: Path) -> None:
    files = make(tmp_path, site={"language": "fr_CA", "copyright": "© Tidings & friends"}).export()
    for format in ("rss", "atom"):
        found = parsed(files[f"all.{format}"])
        assert found.feed.language == "fr-CA"
        assert found.feed.rights == "© Tidings & friends"
    assert parsed(files["all.rss"]).feed.generator == f"Feeds {__version__}"
    assert parsed(files["all.atom"]).feed.generator_detail == {"name": "Feeds", "version": __version__}
    document = json.loads(files["all.json"])
    assert document["language"] == "fr-CA"
    assert document["_feeds"] == {"generator": f"Feeds {__version__}", "copyright": "© Tidings & friends"}


def test_unset_values_are_in_no_feed(tmp_path: Path) -> None:
    files = make(tmp_path, site={"language": None}).export()
    channel = etree.fromstring(files["all.rss"]).find("channel")
    for name in ("language", "copyright", "image", "ttl"):
        assert channel.find(name) is None, name
    atom = etree.fromstring(files["all.atom"])
    for name in ("rights", "icon", "logo"):
        assert atom.find(f"{{*}}{name}") is None, name
    assert not {"language", "icon", "favicon", "hubs", "next_url"} & json.loads(files["all.json"]).keys()


def test_an_rss_channel_begins_with_required_elements_and_ends_with_items(tmp_path: Path) -> None:
    site = make(tmp_path, site={"image": "/site.jpg", "copyright": "©"}, hubs=["https://hub.example.org/"])
    site.articles(START + timedelta(hours=hour) for hour in range(8))
    channel = etree.fromstring(site.export()["all.rss"]).find("channel")
    names = [etree.QName(each).localname for each in channel]
    assert names[:5] == ["title", "link", "description", "link", "link"]
    first_item = names.index("item")
    assert set(names[first_item:]) == {"item"}
    assert len(names[3:first_item]) - names[3:first_item].count("link") == len(set(names[3:first_item]) - {"link"})


@pytest.mark.parametrize(
    ("gap", "count", "ttl", "period", "frequency"),
    [
        (timedelta(minutes=2), 30, "15", "hourly", "4"),
        (timedelta(hours=2), 12, "60", "hourly", "1"),
        (timedelta(hours=10), 8, "240", "daily", "6"),
        (timedelta(days=1), 8, "720", "daily", "2"),
        (timedelta(days=40), 8, "1440", "daily", "1"),
    ],
)
def test_the_ttl_follows_the_rhythm_of_the_group(
    tmp_path: Path, gap: timedelta, count: int, ttl: str, period: str, frequency: str
) -> None:
    site = Site(tmp_path).configure(limit=3)
    site.articles((START + number * gap for number in range(count)), topics=["Tides"])
    site.article("alone", publishedDateTime="2020-01-01", topics=["Ice"])
    files = site.export()
    channel = etree.fromstring(files["topics/tides.rss"]).find("channel")
    assert channel.findtext("ttl") == ttl
    assert channel.findtext(f"{SYNDICATION}updatePeriod") == period
    assert channel.findtext(f"{SYNDICATION}updateFrequency") == frequency
    # One article has no rhythm, and archive pages have no ttl.
    for path in ("topics/ice.rss", "topics/tides/archive/2025-03.rss"):
        quiet = etree.fromstring(files[path]).find("channel")
        assert quiet.find("ttl") is None
        assert quiet.find(f"{SYNDICATION}updatePeriod") is None


def test_articles_published_together_count_once() -> None:
    days = [START - timedelta(days=day) for day in range(10)]
    assert minutes_between_visits(day for day in days for _ in range(12)) == minutes_between_visits(days) == 720


@given(st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)), max_size=40))
def test_the_rhythm_is_bounded_and_fits_into_an_hour_or_a_day(moments: list[datetime]) -> None:
    moments = sorted((moment.replace(microsecond=0) for moment in moments), reverse=True)
    minutes = minutes_between_visits(moments)
    if len(set(moments)) < 5:
        assert minutes is None
    else:
        assert minutes is not None
        assert 15 <= minutes <= 1440
        assert 60 % minutes == 0 or 1440 % minutes == 0


def test_each_feed_has_one_id_that_stays_when_the_site_moves(tmp_path: Path) -> None:
    site = make(tmp_path, limit=1, archives=["topic"])
    site.article("b", publishedDateTime="2024-01-01", topics=["Tides"])

    def ids(files: dict[str, bytes]) -> dict[str, str]:
        return {path: parsed(body).feed.id for path, body in files.items() if path.endswith(".atom")}

    before = ids(site.export())
    live = {path: id for path, id in before.items() if "/archive/" not in path}
    assert len(set(live.values())) == len(live)
    assert before["topics/tides/archive/2024-01.atom"] == before["topics/tides.atom"]
    assert ids(site.export("--base-url", "https://elsewhere.example.net/feeds")) == before
    site.article("c", publishedDateTime="2025-09-01", topics=["Tides"])
    site.configure(topics={"Tides": {"description": "Other words"}}, limit=1, archives=["topic"], site={"title": "New name"})
    after = ids(site.export())
    assert {path: after[path] for path in before} == before
