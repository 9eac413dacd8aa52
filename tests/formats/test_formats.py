"""The three formats agree item by item and follow their specifications, as other parsers read them."""

import json
import re
import shutil
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from support import (
    CONFIG,
    NAMESPACES,
    ROOT,
    Site,
    alternate,
    atom_items,
    doc,
    is_json_feed,
    json_items,
    moment,
    parsed,
    rss_items,
    xml,
)

AWKWARD: dict[str, dict[str, Any]] = {
    "01": {"title": "Plain"},
    "02": {
        "title": "x ]]> y & <3",
        "excerpt": "]]> & &amp;lt;",
        "topics": ["R&D", "C++", "A, B"],
        "category": "R&D",
        "tags": "<b>",
    },
    "03": {"title": "東京🤖", "provider": {"name": "新聞", "domain": "新聞.jp", "authors": ["A", "B & C"]}, "locale": "ja_JP"},
    "04": {"title": "رأي", "locale": "ar", "webUrl": "https://e.example/%d8?a=1&b=<2>#f\u00e9"},
    "05": {
        "title": "Files",
        "actions": [{"url": "https://e.example/a.mp3", "size": 5}, {"url": "https://e.example/b.pdf", "size": 6}],
    },
    "06": {
        "title": "Linked",
        "related": [{"title": "R & <S>", "webUrl": "https://r.example/?a&b"}],
        "webUrl": "https://e.example/6",
    },
    "07": {"title": "Old", "publishedDateTime": "1969-12-31T23:59:59+14:00", "images": ["https://e.example/i.jpg?a=1&b=2"]},
    "08": {"title": "Updated", "updatedDateTime": "2026-05-01T10:00:00-03:30"},
}


@pytest.fixture(scope="module", params=["seeds", "awkward"])
def feeds(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    site = Site(tmp_path_factory.mktemp(request.param))
    if request.param == "seeds":
        shutil.copytree(ROOT / "seeds", site.folder / "seeds")
        site.write({"config.yaml": (ROOT / "config.yaml").read_text()})
    else:
        site.write({"config.yaml": CONFIG})
        body = "Text & <b>bold</b> ]]&gt; `]]>` <a href='/x?a=1&amp;b=2'>link</a>\n\n| a |\n|---|\n| b |\n"
        for name, fields in AWKWARD.items():
            site.write({f"articles/{name}.md": doc(fields, body)})
    return site.export()


def groups(feeds: dict[str, bytes]) -> list[str]:
    return [path.removesuffix(".json") for path in feeds if is_json_feed(path)]


def test_rss_agrees_with_json(feeds: dict[str, bytes]) -> None:
    for group in groups(feeds):
        assert rss_items(feeds[f"{group}.rss"]) == json_items(feeds[f"{group}.json"])


def test_atom_agrees_with_json(feeds: dict[str, bytes]) -> None:
    for group in groups(feeds):
        assert atom_items(feeds[f"{group}.atom"]) == json_items(feeds[f"{group}.json"])
        updated = [moment(date.text) for date in xml(feeds[f"{group}.atom"]).findall("a:entry/a:updated", NAMESPACES)]
        assert updated == [moment(item["date_modified"]) for item in json.loads(feeds[f"{group}.json"])["items"]]


def test_feedparser_reads_rss_as_it_reads_atom(feeds: dict[str, bytes]) -> None:
    for group in groups(feeds):
        rss, atom = parsed(feeds[f"{group}.rss"]), parsed(feeds[f"{group}.atom"])
        assert (rss.version, atom.version) == ("rss20", "atom10")
        assert rss.feed.title == atom.feed.title
        for one, other in zip(rss.entries, atom.entries, strict=True):
            assert (one.id, alternate(one), one.published_parsed) == (other.id, alternate(other), other.published_parsed)
            assert one.content[0]["value"] == other.content[0]["value"]
            assert [each["url"] for each in one.get("media_content", []) if "url" in each] == [
                each["url"] for each in other.get("media_content", []) if "url" in each
            ]


def test_rss_follows_its_specification(feeds: dict[str, bytes]) -> None:
    for path in (path for path in feeds if path.endswith(".rss")):
        channel = xml(feeds[path]).find("channel")
        for name in ("title", "link", "description"):
            assert len(channel.findall(name)) == 1
            assert channel.findtext(name)
        for date in [*channel.iterfind("lastBuildDate"), *channel.iterfind("item/pubDate")]:
            # RFC 822 with English names, whatever the locale.
            assert re.fullmatch(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (\+0000|GMT)", date.text)
        assert channel.find("a:link[@rel='self']", NAMESPACES).get("href").endswith(f"/{path}")
        for item in channel.iter("item"):
            assert item.find("author") is None
            assert item.findtext("title")
            assert len(item.findall("enclosure")) <= 1
            assert all(set(file.keys()) == {"url", "length", "type"} for file in item.findall("enclosure"))
            names = [child.tag for child in item]
            assert names.index("description") < names.index(f"{{{NAMESPACES['content']}}}encoded")
            assert all(names.count(name) == 1 for name in ("title", "guid", "pubDate", "description"))


def test_atom_follows_rfc_4287(feeds: dict[str, bytes]) -> None:
    for path in (path for path in feeds if path.endswith(".atom")):
        feed = xml(feeds[path])
        assert feed.tag == f"{{{NAMESPACES['a']}}}feed"
        ids = [entry.findtext("a:id", None, NAMESPACES) for entry in feed.iterfind("a:entry", NAMESPACES)]
        assert len(ids) == len(set(ids)), "4.1.1"
        assert len(feed.findall("a:link[@rel='self']", NAMESPACES)) == 1
        for element in [feed, *feed.iterfind("a:entry", NAMESPACES)]:
            for name in ("id", "title", "updated"):
                assert len(element.findall(f"a:{name}", NAMESPACES)) == 1, f"4.1.1, 4.1.2: {name}"
            assert re.match(r"[A-Za-z][A-Za-z0-9+.-]*:\S+$", element.findtext("a:id", None, NAMESPACES)), "4.2.6"
            assert element.findall("a:author/a:name", NAMESPACES), "4.1.1, 4.1.2"
            for date in element.xpath("a:updated | a:published", namespaces=NAMESPACES):
                assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", date.text), "3.3"
            links = element.findall("a:link", NAMESPACES)
            alternates = [
                (link.get("type"), link.get("hreflang")) for link in links if link.get("rel", "alternate") == "alternate"
            ]
            assert len(alternates) == len(set(alternates)), "4.1.1, 4.1.2"
            assert all(re.match(r"https?://[!-~]+$", link.get("href")) for link in links), "4.2.7.1"
            assert all(category.get("term") for category in element.findall("a:category", NAMESPACES)), "4.2.2.1"
        for entry in feed.iterfind("a:entry", NAMESPACES):
            content = entry.findall("a:content", NAMESPACES)
            assert len(content) == 1, "4.1.2"
            assert content[0].get("type") == "html"
            assert len(content[0]) == 0, "4.1.3.3: text only"
            assert content[0].text.strip()
            assert len(entry.findall("a:summary", NAMESPACES)) <= 1


def test_json_feed_follows_version_1_1(feeds: dict[str, bytes]) -> None:
    for path in filter(is_json_feed, feeds):
        feed = json.loads(feeds[path])
        assert feed["version"] == "https://jsonfeed.org/version/1.1"
        assert feed["title"]
        assert feed["feed_url"].endswith(f"/{path}")
        for item in feed["items"]:
            assert isinstance(item["id"], str)
            assert item["content_html"]
            assert None not in item.values()
            assert all({"url", "mime_type"} <= set(file) for file in item.get("attachments", []))
            assert not {key for key in item if key.startswith("_")} - {"_feeds"}


def test_feeds_do_not_depend_on_the_clock(feeds: dict[str, bytes]) -> None:
    for group in groups(feeds):
        feed = xml(feeds[f"{group}.atom"])
        dates = [entry.findtext("a:updated", None, NAMESPACES) for entry in feed.iterfind("a:entry", NAMESPACES)]
        assert moment(feed.findtext("a:updated", None, NAMESPACES)) == max(
            map(moment, dates), default=moment("2000-01-01T00:00Z")
        )
        built = xml(feeds[f"{group}.rss"]).findtext("channel/lastBuildDate")
        assert (parsedate_to_datetime(built) if built else None) == max(map(moment, dates), default=None)


def test_a_draft_of_the_seeds_is_not_published(tmp_path: Path) -> None:
    site = Site(tmp_path).write({"config.yaml": (ROOT / "config.yaml").read_text()})
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    name = "2020-07-08-moscows-use-of-facial-recognition-technology-challenged.md"
    assert f"seeds/{name}" in site.check()["drafts"]
    assert not [path for path, body in site.export().items() if b"Moscow" in body and b"Facial" in body]
    assert any("Moscow" in item["title"] for item in site.items("all.json", "--drafts"))
