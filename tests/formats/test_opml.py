"""feeds.opml: every feed once, by kind, children within their parents, with any names."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from support import BASE, Site

TOPICS = {"AI": {}, "Vision": {"parent": "AI"}, "Faces": {"parent": "Vision"}, "R&D <labs>": {"parent": "ai"}}


def make(folder: Path, **config: Any) -> Site:
    site = Site(folder).configure(**({"topics": TOPICS, "feeds": {"best": {"title": "The best", "topics": ["AI"]}}} | config))
    provider = {"name": "Courier", "domain": "courier.example"}
    site.article("a", publishedDateTime="2025-01-01", topics=["AI", "Vision"], category="news", provider=provider)
    site.article("b", publishedDateTime="2025-01-02", topics=["Ice", "Faces", "R&D <labs>"], provider=provider)
    return site


def body(files: dict[str, bytes]) -> ElementTree.Element:
    root = ElementTree.fromstring(files["feeds.opml"])
    assert root.tag == "opml"
    assert root.get("version") == "2.0"
    found = root.find("body")
    assert found is not None
    return found


def heading(parent: ElementTree.Element, text: str) -> ElementTree.Element:
    (found,) = [each for each in parent if each.get("text") == text and each.get("xmlUrl") is None]
    return found


def texts(parent: ElementTree.Element) -> list[str | None]:
    return [each.get("text") for each in parent]


def test_every_feed_is_listed_once_and_exists(tmp_path: Path) -> None:
    files = make(tmp_path).export()
    subscriptions = [each for each in body(files).iter("outline") if each.get("xmlUrl")]
    paths = [(each.get("xmlUrl") or "").removeprefix(f"{BASE}/") for each in subscriptions]
    assert sorted(paths) == sorted(path for path in files if path.endswith(".rss"))
    for each, path in zip(subscriptions, paths, strict=True):
        channel = ElementTree.fromstring(files[path]).find("channel")
        assert channel is not None
        assert each.get("type") == "rss"
        assert each.get("title") == channel.findtext("title")
        assert each.get("description") == channel.findtext("description")
        assert each.get("htmlUrl") == channel.findtext("link")
        assert each.get("language") == "en"
        # Many readers ignore outlines within one that has a feed's address.
        assert len(each) == 0


def test_feeds_are_in_outlines_by_kind_and_children_below_their_parents(tmp_path: Path) -> None:
    outline = body(make(tmp_path).export())
    assert texts(outline) == ["Tidings", "Feeds", "Topics", "Providers", "Categories"]
    assert texts(heading(outline, "Feeds")) == ["The best"]
    assert texts(heading(outline, "Providers")) == ["Courier"]
    assert texts(heading(outline, "Categories")) == ["news"]
    topics = heading(outline, "Topics")
    assert texts(topics) == ["AI", "Ice"]
    assert texts(heading(topics, "AI")) == ["AI", "R&D <labs>", "Vision"]
    assert texts(heading(heading(topics, "AI"), "Vision")) == ["Vision", "Faces"]


@pytest.mark.parametrize(("formats", "suffix"), [(["json", "atom"], "atom"), (["json"], "json")])
def test_outlines_name_the_most_common_format(tmp_path: Path, formats: list[str], suffix: str) -> None:
    outline = body(make(tmp_path, formats=formats).export())
    assert {Path(url).suffix for each in outline.iter("outline") if (url := each.get("xmlUrl"))} == {f".{suffix}"}


def test_an_article_changes_it_only_with_a_feed(tmp_path: Path) -> None:
    site = make(tmp_path)
    before = site.export()["feeds.opml"]
    site.article("c", publishedDateTime="2025-02-01", topics=["AI"], provider={"name": "Courier", "domain": "courier.example"})
    assert site.export()["feeds.opml"] == before
    site.article("d", publishedDateTime="2025-02-01", topics=["Oceans"])
    assert b"topics/oceans.rss" in site.export()["feeds.opml"]


def test_unpublished_articles_make_no_outline(tmp_path: Path) -> None:
    site = make(tmp_path)
    before = site.export()["feeds.opml"]
    site.article("draft", publishedDateTime="2025-02-01", topics=["Zebra"], published=False)
    site.article("later", publishedDateTime="2999-02-01", topics=["Zebra"])
    assert site.export()["feeds.opml"] == before


def test_a_site_without_articles(tmp_path: Path) -> None:
    assert texts(body(Site(tmp_path).configure().export())) == ["Tidings"]
