"""Groups, their names, members, order and limits, as `feeds list` and the feeds show them."""

import json
import shutil
from pathlib import Path
from typing import Any

import feedparser
import pytest
from lxml import etree
from support import CONFIG, REQUIRED, Site, doc, until

import feeds

CONFIGURED = (
    CONFIG
    + """
topics:
  AI: {description: Machines that learn}
  Computer Vision: {parent: AI}
  Faces: {parent: computer  vision}
  Empty: {name: Nothing Yet}
  Seas: {parent: Waters}
providers: {named.example: {name: Named By Config}}
minimums: {site: {quality: 30}, topic: {heat: 5}}
feeds:
  both: {title: Both, topics: [ai, Seas]}
  vision-of-a: {topics: [Computer Vision], providers: [www.a.example]}
  good-news: {categories: [news], minimum_quality: 60, minimum_heat: 10}
  videos: {type: Video, limit: 1}
"""
)

ARTICLES: dict[str, dict[str, Any]] = {
    "01": {"title": "Vision at A", "topics": ["Computer Vision"], "provider": {"domain": "a.example", "name": "A"}},
    "02": {"title": "vision at B", "topics": ["computer  vision", "COMPUTER VISION"], "provider": {"domain": "b.example"}},
    "03": {"title": "Vision again", "topics": ["Computer Vision", "AI"], "provider": {"domain": "www.A.example", "name": "A"}},
    "04": {"title": "Faces", "topics": "Faces"},
    "05": {"title": "Low quality", "topics": ["AI"], "quality": 29},
    "06": {"title": "Least quality", "topics": ["AI"], "quality": 30},
    "07": {"title": "Too cold for a topic", "topics": ["AI"], "heat": "4"},
    "08": {"title": "Good news", "category": "News", "quality": 60, "heat": 10},
    "09": {"title": "Cold news", "category": "news", "quality": 90, "heat": 9},
    "10": {"title": "Unscored news", "category": "NEWS"},
    "11": {"title": "Video", "type": "video"},
    "12": {"title": "Newer video", "type": "VIDEO"},
    "13": {"title": "At sea", "topics": "Seas"},
    "14": {"title": "Host of the URL", "webUrl": "https://www.host.example/x"},
    "15": {"title": "Named", "provider": {"domain": "named.example", "name": "As Written"}},
    "16": {"title": "Nobody's", "provider": "No Domain"},
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = Site(tmp_path_factory.mktemp("collection")).write({"config.yaml": CONFIGURED})
    for day, fields in ARTICLES.items():
        site.write({f"articles/{day}.md": doc(fields | {"publishedDateTime": f"2026-01-{day}"})})
    site.export()
    return site.folder / "dist"


def titles(folder: Path, path: str) -> list[str]:
    return [item["title"] for item in json.loads((folder / f"{path}.json").read_bytes())["items"]]


def test_which_groups_there_are(exported: Path) -> None:
    paths = {path.relative_to(exported).with_suffix("").as_posix() for path in exported.rglob("*.rss")}
    assert paths == {
        "all",
        *("topics/ai", "topics/computer-vision", "topics/faces", "topics/nothing-yet", "topics/seas", "topics/waters"),
        *("providers/a.example", "providers/b.example", "providers/host.example", "providers/named.example"),
        "categories/news",
        *("feeds/both", "feeds/vision-of-a", "feeds/good-news", "feeds/videos"),
    }


def test_all_holds_everything_above_the_minimum_newest_first(exported: Path) -> None:
    expected = [fields["title"] for _, fields in sorted(ARTICLES.items(), reverse=True)]
    expected.remove("Low quality")
    assert titles(exported, "all") == expected


def test_a_topic_holds_the_topics_below_it(exported: Path) -> None:
    assert titles(exported, "topics/faces") == ["Faces"]
    assert titles(exported, "topics/computer-vision") == ["Faces", "Vision again", "vision at B", "Vision at A"]
    assert titles(exported, "topics/ai") == ["Least quality", "Faces", "Vision again", "vision at B", "Vision at A"]
    assert titles(exported, "topics/waters") == ["At sea"]
    assert titles(exported, "topics/nothing-yet") == []


def test_named_feeds_combine_their_fields(exported: Path) -> None:
    vision = ["Vision again", "vision at B", "Vision at A"]
    assert titles(exported, "feeds/both") == ["At sea", "Too cold for a topic", "Least quality", "Faces", *vision]
    assert titles(exported, "feeds/vision-of-a") == ["Vision again", "Vision at A"]
    assert titles(exported, "feeds/good-news") == ["Unscored news", "Good news"]
    assert titles(exported, "feeds/videos") == ["Newer video"]


def test_providers_and_categories(exported: Path) -> None:
    assert titles(exported, "providers/a.example") == ["Vision again", "Vision at A"]
    assert titles(exported, "providers/host.example") == ["Host of the URL"]
    assert titles(exported, "categories/news") == ["Unscored news", "Cold news", "Good news"]
    named = json.loads((exported / "providers/named.example.json").read_bytes())
    assert named["title"].startswith("Named By Config")


def test_spellings_are_one_group_with_the_most_frequent_name(site: Site) -> None:
    spellings = ["open data", "Open  Data", "OPEN DATA", "Open Data", "straße", "STRASSE", "Tie", "tie"]
    for number, topic in enumerate(spellings):
        site.write({f"articles/{number}.md": doc({"title": topic, "topics": topic})})
    groups = {
        group["name"]: group["articles"] for group in json.loads(site.run("list", "--json").out) if group["kind"] == "topic"
    }
    assert groups == {"Open Data": 4, "STRASSE": 2, "Tie": 2}
    assert {tag for item in site.items() for tag in item["tags"]} == set(groups)


def test_slugs_of_awkward_names(site: Site) -> None:
    names = [
        "C++",
        "C#",
        "C",
        "Computer Vision",
        "computer-vision",
        "日本",
        "!!!",
        "???",
        "archive",
        "index",
        "Éco/../x",
        "a" * 300,
    ]
    for number, topic in enumerate(names):
        site.write({f"articles/{number}.md": doc({"title": topic, "topics": topic, "category": topic})})
    feeds = site.export()
    slugs = {
        path.removeprefix("topics/").removesuffix(".rss") for path in feeds if path.startswith("topics/") and path[-4:] == ".rss"
    }
    assert len(slugs) == len(names)
    assert {"c-plus-plus", "c-sharp", "c", "computer-vision"} <= slugs
    assert not {"archive", "index"} & slugs
    assert all(set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") and len(slug) < 100 for slug in slugs)
    assert {path.split("/")[0] for path in feeds} <= {
        "topics",
        "categories",
        "all.rss",
        "all.atom",
        "all.json",
        "feeds.opml",
        "assets",
    }


def test_order_is_total_and_limit_holds(site: Site) -> None:
    site.write({"config.yaml": CONFIG + "limit: 3\n"})
    for name in ("b", "d", "a", "c"):
        site.write({f"articles/{name}.md": doc({"title": name, "id": f"urn:x:{name}"})})
    site.write({"articles/new.md": doc({"title": "new", "id": "urn:x:z", "publishedDateTime": "2026-02-01"})})
    assert [item["title"] for item in site.items()] == ["new", "a", "b"]


def test_duplicates_by_identity(site: Site) -> None:
    url = "https://e.example/x"
    site.write(
        {
            "articles/a.md": doc({"title": "Older", "webUrl": url}),
            "articles/b.md": doc({"title": "Newer", "webUrl": "https://E.example:443/x", "updatedDateTime": "2026-02-01"}),
            "articles/c.md": doc({"title": "As new", "webUrl": url, "updatedDateTime": "2026-02-01"}),
            "articles/d.md": doc({"title": "Draft", "webUrl": url, "updatedDateTime": "2026-03-01", "published": False}),
            "articles/e.md": doc({"title": "Elsewhere", "id": url, "updatedDateTime": "2026-01-03"}),
        }
    )
    assert [item["title"] for item in site.items()] == ["Newer"]
    output = site.run("check").out
    assert "duplicate: articles/a.md: same identity as articles/b.md" in output
    assert site.check()["duplicates"] == [{"path": f"articles/{name}.md", "published": "articles/b.md"} for name in "ace"]
    assert "duplicate" not in site.run("export").err


def test_scheduled_articles_are_held_back(site: Site) -> None:
    site.write(
        {"articles/a.md": doc({"title": "Later", "publishedDateTime": "2999-01-01"}), "articles/b.md": doc({"title": "Now"})}
    )
    assert [item["title"] for item in site.items()] == ["Now"]
    assert site.check()["scheduled"] == ["articles/a.md"]
    assert [item["title"] for item in site.items("all.json", "--drafts")] == ["Later", "Now"]


def test_kinds_of_groups_can_be_disabled(site: Site) -> None:
    site.write({"config.yaml": CONFIG + "groups: [category]\nformats: [atom]\n"})
    site.write({"articles/a.md": doc({"topics": "T", "category": "C", "provider": {"domain": "d.example"}})})
    assert set(site.export()) == {"all.atom", "categories/c.atom", "feeds.opml", "assets/feed.css"}


CHANNELS: dict[str, dict[str, Any]] = {
    "1": {"title": "One", "webUrl": "https://www.youtube.com/watch?v=1", "provider": "Nina's Channel"},
    "2": {
        "title": "Two",
        "webUrl": "https://www.youtube.com/watch?v=2",
        "provider": {"name": "The Night Desk"},
        "topics": ["Sea"],
    },
    "3": {"title": "Three", "webUrl": "https://www.youtube.com/watch?v=3", "provider": "the night  desk", "topics": ["Sea"]},
    "4": {"title": "Four", "webUrl": "https://www.youtube.com/watch?v=4"},
    "5": {"title": "Five", "webUrl": "https://desk.example/5", "provider": {"name": "The Night Desk"}},
    "6": {"title": "Six", "webUrl": "https://plain.example/6", "provider": {"domain": "plain.example"}},
    "7": {"title": "Seven", "webUrl": "https://plain.example/7", "provider": {"domain": "plain.example", "name": "Plain"}},
}


def test_publishers_on_one_host_have_feeds_of_their_own(site: Site) -> None:
    config = REQUIRED + "withdrawn: 0\n"
    site.write({f"articles/{name}.md": doc(fields) for name, fields in CHANNELS.items()} | {"config.yaml": config})
    exported = site.export()
    found = {
        path.removesuffix(".json"): json.loads(body)
        for path, body in exported.items()
        if path.startswith("providers/") and path.endswith(".json")
    }
    providers = {
        path: (feed["title"].partition(" – ")[0], sorted(item["title"] for item in feed["items"])) for path, feed in found.items()
    }
    assert providers == {
        "providers/youtube.com": ("youtube.com", ["Four", "One", "Three", "Two"]),
        "providers/youtube.com/nina-s-channel": ("Nina's Channel", ["One"]),
        "providers/youtube.com/the-night-desk": ("The Night Desk", ["Three", "Two"]),
        "providers/desk.example": ("The Night Desk", ["Five"]),
        "providers/plain.example": ("Plain", ["Seven", "Six"]),
    }
    assert "providers/youtube.com/the-night-desk/index.html" in exported
    assert b"providers/youtube.com/the-night-desk." in exported["feeds.opml"]
    assert exported["providers/youtube.com/the-night-desk/index.html"].count(b"../../../") > 1
    warnings = [warning for warning in site.check()["warnings"] if warning["path"] == "providers/youtube.com"]
    assert "The Night Desk" in warnings[0]["found"]
    with site.serve() as server:
        for path in ("providers/youtube.com/the-night-desk.atom", "providers/youtube.com/the-night-desk/"):
            assert server.get(path).status_code == 200
        crossed = server.get("topics/sea/providers/youtube.com/the-night-desk.json").json()
        assert {item["title"] for item in crossed["items"]} == {"Three", "Two"}
        asked = server.get("q.json?provider=youtube.com/nina-s-channel").json()
        assert [item["title"] for item in asked["items"]] == ["One"]
        # Without a second channel the host is one publisher; with another it is a platform.
        for name in ("2", "3"):
            (site.folder / f"articles/{name}.md").unlink()
        until(lambda: server.get("providers/youtube.com.json").json()["title"].startswith("Nina's Channel"))
        assert server.get("providers/youtube.com/nina-s-channel.json").status_code in (200, 503), "it may come back"
        site.write({"articles/8.md": doc(CHANNELS["2"] | {"provider": "Other"})})
        until(lambda: server.get("providers/youtube.com/other.json").status_code == 200)
    # The config names one publisher.
    site.write({"config.yaml": REQUIRED + "providers: {youtube.com: {name: Films}}\n"})
    assert not [path for path in site.export() if path.startswith("providers/youtube.com/") and path.endswith(".rss")]
    assert json.loads(site.export()["providers/youtube.com.json"])["title"].startswith("Films")


def test_queries_name_publishers_and_refuse_unknown_ones(site: Site) -> None:
    channels = {f"articles/{name}.md": doc(fields) for name, fields in CHANNELS.items()}
    site.write(channels | {"config.yaml": CONFIG})
    for given in ("youtube.com/nina-s-channel", "www.YouTube.com/nina-s-channel/"):
        found = json.loads(site.run("show", f"q.json?provider={given}").out)
        assert [item["title"] for item in found["items"]] == ["One"]
        assert "Nina's Channel" in found["title"]
    assert len(site.items("q.json?provider=https://www.youtube.com/watch?v=1")) == 4
    with site.serve() as server:
        for path in ("providers/youtube.com/nobody/topics/sea.json", "q.json?provider=youtube.com/nobody"):
            answer = server.get(path)
            assert answer.status_code == 404
            assert "youtube.com/nobody" in answer.text


def test_config_describes_publishers_and_takes_them_in_queries(site: Site) -> None:
    channels = {f"articles/{name}.md": doc(fields) for name, fields in CHANNELS.items()}
    notes = "name: Nina, description: Films of the sea, image: https://i.example/n.png, feed: https://y.example/nina.xml"
    own = (
        f"providers: {{youtube.com/nina-s-channel: {{{notes}}}}}\nfeeds: {{nina: {{providers: [youtube.com/nina-s-channel]}}}}\n"
    )
    site.write(channels | {"config.yaml": REQUIRED + own})
    # Kept groups equal new ones.
    for _ in range(2):
        nina = json.loads(site.run("show", "providers/youtube.com/nina-s-channel.json").out)
        assert nina["title"].startswith("Nina –")
        assert (nina["description"], nina["icon"]) == ("Films of the sea", "https://i.example/n.png")
        assert [item["title"] for item in site.items("feeds/nina.json")] == ["One"]
        assert [item["title"] for item in site.items("q.json?provider=youtube.com/nina-s-channel")] == ["One"]
        assert not json.loads(site.run("show", "providers/youtube.com.json").out)["title"].startswith("Nina")
    found = feedparser.parse(site.run("show", "all.rss").out)
    assert {entry.title: entry.get("source", {}).get("href") for entry in found.entries}["One"] == "https://y.example/nina.xml"
    assert not any("source" in entry for entry in found.entries if entry.title != "One")


def test_a_platform_links_to_its_publishers_without_their_pictures(site: Site) -> None:
    picture = [{"url": "https://i.example/nina.png", "width": 9, "height": 9}]
    files = {f"articles/{name}.md": doc(fields) for name, fields in CHANNELS.items()}
    files["articles/1.md"] = doc(CHANNELS["1"] | {"provider": {"name": "Nina's Channel", "images": picture}})
    exported = site.write(files | {"config.yaml": REQUIRED}).export()
    page = etree.HTML(exported["providers/youtube.com/index.html"].decode())
    (within,) = page.xpath("//section[@aria-labelledby='children']")
    links = within.xpath(".//a[contains(@href, 'providers/')]/@href")
    assert {link.split("youtube.com/")[1] for link in links} == {"nina-s-channel/", "the-night-desk/"}
    assert "icon" not in json.loads(exported["providers/youtube.com.json"])
    assert json.loads(exported["providers/youtube.com/nina-s-channel.json"])["icon"] == "https://i.example/nina.png"


def test_after_another_publisher_an_incremental_export_equals_a_fresh_one(site: Site) -> None:
    files = {f"articles/{name}.md": doc(fields) for name, fields in CHANNELS.items()}
    files["articles/1.md"] = doc(CHANNELS["1"] | {"provider": "C++ Weekly", "topics": ["Sea"]})
    before = site.write(files | {"config.yaml": REQUIRED}).export()
    assert b"youtube.com/c-plus-plus-weekly/" in before["topics/sea/index.html"]
    # Its name is closer to the slug that the other topic has had; the articles of that topic stay the same.
    site.write({"articles/9.md": doc(CHANNELS["4"] | {"title": "Nine", "id": "urn:9", "provider": "C plus plus weekly"})})
    after = site.export()
    shutil.rmtree(site.folder / ".feeds")
    assert after == site.export(out="anew")
    assert b"youtube.com/c-plus-plus-weekly/" not in after["topics/sea/index.html"]


def test_the_names_of_groups_follow_the_count_of_their_spellings(site: Site) -> None:
    """After each change, the names equal those of a new index: the most frequent spelling, then the first."""
    site.write({"config.yaml": CONFIG})

    def write(*names: str | None) -> None:
        """Write articles 0, 1, … whose provider and topic have these spellings; None for no article."""
        for number, name in enumerate(names):
            if name is None:
                (site.folder / f"articles/{number}.md").unlink(missing_ok=True)
            else:
                fields = {"id": f"urn:{number}", "title": f"{number}", "topics": [name], "category": name}
                provider = {"name": name, "domain": "courier.example"}
                site.write({f"articles/{number}.md": doc(fields | {"provider": provider})})

    def names() -> tuple[str, ...]:
        loaded = feeds.load(site.folder / "config.yaml")
        paths = ("providers/courier.example", "topics/the-courier", "categories/the-courier")
        return tuple(json.loads(loaded[f"{path}.json"].body)["title"].removesuffix(" – Tidings") for path in paths)

    for written, name in (
        (("The Courier", "the courier", "The Courier"), "The Courier"),
        (("the courier", "the courier", "The Courier"), "the courier"),
        (("the courier", None, "The Courier"), "The Courier"),
        (("the courier", "the courier", None), "the courier"),
        (("THE COURIER", "the courier", "The Courier"), "THE COURIER"),
        (("The Courier", "the courier", "The Courier", "the courier", "the courier"), "the courier"),
        ((None, None, None, "the courier", "The Courier"), "The Courier"),
    ):
        write(*written)
        assert names() == (name,) * 3, written
        (site.folder / ".feeds").rename(site.folder / "kept")
        assert names() == (name,) * 3, f"{written}, made anew"
        shutil.rmtree(site.folder / ".feeds")
        (site.folder / "kept").rename(site.folder / ".feeds")
