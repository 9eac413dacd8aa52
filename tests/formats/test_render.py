"""Every member of feeds and entries in each format, rendered by the Python API and read with lxml and feedparser."""

import json
from datetime import UTC, datetime
from typing import Any

import feedparser
import jsonschema
import pytest
from lxml import etree
from msgspec.structs import replace

import feeds
from feeds.model import Action, Category, Image, Origin, Person, Related
from feeds.version import __version__

XML = "http://www.w3.org/XML/1998/namespace"
SPACES = {
    "http://www.w3.org/2005/Atom": "atom",
    "http://purl.org/rss/1.0/modules/content/": "content",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/syndication/history/1.0": "fh",
    "http://search.yahoo.com/mrss/": "media",
    "http://purl.org/rss/1.0/modules/syndication/": "sy",
    XML: "xml",
}
PUBLISHED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
UPDATED = datetime(2026, 11, 22, 13, 4, 5, tzinfo=UTC)
BARE_FEED = feeds.Feed(
    id="tag:x.example,2026:all",
    address="https://x.example/all",
    title="News",
    description="All of it",
    home_url="https://x.example/",
    updated=None,
    author=Person("The desk"),
)
FEED = replace(
    BARE_FEED,
    updated=UPDATED,
    author=Person("The desk", "https://x.example/desk", "https://x.example/desk.png"),
    language="en-GB",
    copyright="© The desk & friends",
    image=Image("https://x.example/logo.png"),
    icon=Image("https://x.example/icon.ico"),
    hubs=("https://hub.example/", "https://hub2.example/?a=1&b=2"),
    minutes_between_visits=240,
    stylesheet="../assets/feed.css",
)
BARE = feeds.Entry(
    id="tag:x.example,2026:1",
    url=None,
    title="Bare",
    summary="",
    content="<p>Text</p>",
    published=PUBLISHED,
    updated=PUBLISHED,
)
FULL = feeds.Entry(
    id="https://x.example/full",
    url="https://x.example/full",
    title="R&D < 3",
    summary="Short & <plain>",
    content="<p>Text &amp; more</p>",
    published=PUBLISHED,
    updated=UPDATED,
    authors=(Person("Ada", "https://x.example/ada", "https://x.example/ada.png"), Person("Bea")),
    categories=(Category("r-d", "R&D", "https://x.example/topics/"), Category("tag", "A tag")),
    images=(
        Image("https://i.example/1.jpg?a=1&b=2", 1600, 900, "Waves & walls", "Ruth", "image/jpeg", 4711),
        Image("https://i.example/2"),
    ),
    enclosures=(
        Action("https://d.example/1.mp3", "Hear", "audio/mpeg", 63, 77),
        Action("https://d.example/2.pdf", "", "application/pdf", None, 9),
        Action("https://d.example/3"),
    ),
    related=(
        Related("Other & more", "https://r.example/1", "An excerpt", "Courier", UPDATED),
        Related("Alone", "https://r.example/2"),
    ),
    language="fr-CA",
    player=None,
    amp_url="https://x.example/full.amp",
    quality=0,
    heat=7.5,
    origin=Origin("Courier & co", "https://courier.example/feed.xml"),
)
Element = tuple[str, dict[str, str], str | None]


def name(tag: str) -> str:
    found = etree.QName(tag)
    return f"{SPACES[found.namespace]}:{found.localname}" if found.namespace else found.localname


def elements(parent: etree._Element) -> list[Element]:
    """Every child of an element: its name, attributes and text; what is in a child follows it, with `>` before the name."""
    found: list[Element] = []
    for child in parent:
        assert (child.tail or "").strip() == ""
        text = child.text if child.text and child.text.strip() else None
        found.append((name(child.tag), {name(key): value for key, value in child.attrib.items()}, text))
        found += [(f">{inner}", attributes, text) for inner, attributes, text in elements(child)]
    return found


def item(entry: feeds.Entry) -> list[Element]:
    return elements(etree.fromstring(feeds.render(BARE_FEED, [entry], "rss")).find("channel/item"))


def atom_entry(entry: feeds.Entry) -> list[Element]:
    return elements(etree.fromstring(feeds.render(BARE_FEED, [entry], "atom")).find("{*}entry"))


def json_item(entry: feeds.Entry) -> dict[str, Any]:
    (found,) = json.loads(feeds.render(BARE_FEED, [entry], "json"))["items"]
    return dict(found)


MEDIA: list[Element] = [
    (
        "media:content",
        {
            "url": "https://i.example/1.jpg?a=1&b=2",
            "medium": "image",
            "type": "image/jpeg",
            "fileSize": "4711",
            "width": "1600",
            "height": "900",
        },
        None,
    ),
    (">media:title", {"type": "plain"}, "Waves & walls"),
    (">media:credit", {}, "Ruth"),
    ("media:content", {"url": "https://i.example/2", "medium": "image"}, None),
    ("media:thumbnail", {"url": "https://i.example/1.jpg?a=1&b=2", "width": "1600", "height": "900"}, None),
    (
        "media:content",
        {"url": "https://d.example/2.pdf", "medium": "document", "type": "application/pdf", "fileSize": "9"},
        None,
    ),
    ("media:content", {"url": "https://d.example/3", "medium": "document"}, None),
    (
        "media:content",
        {"url": "https://d.example/1.mp3", "medium": "audio", "type": "audio/mpeg", "fileSize": "77", "duration": "63"},
        None,
    ),
    (">media:title", {"type": "plain"}, "Hear"),
]


def test_every_element_of_an_rss_item() -> None:
    assert item(FULL) == [
        ("title", {}, "R&D < 3"),
        ("link", {}, "https://x.example/full"),
        ("description", {}, "Short &amp; &lt;plain&gt;"),
        ("content:encoded", {}, "<p>Text &amp; more</p>"),
        ("guid", {"isPermaLink": "true"}, "https://x.example/full"),
        ("category", {"domain": "https://x.example/topics/"}, "R&D"),
        ("category", {}, "A tag"),
        ("enclosure", {"url": "https://d.example/1.mp3", "length": "77", "type": "audio/mpeg"}, None),
        ("pubDate", {}, "Fri, 02 Jan 2026 03:04:05 +0000"),
        ("dc:creator", {}, "Ada"),
        ("dc:creator", {}, "Bea"),
        ("dc:language", {}, "fr-CA"),
        ("source", {"url": "https://courier.example/feed.xml"}, "Courier & co"),
        ("atom:updated", {}, "2026-11-22T13:04:05Z"),
        *MEDIA,
    ]


def test_every_element_of_an_atom_entry() -> None:
    entry = etree.fromstring(feeds.render(BARE_FEED, [FULL], "atom")).find("{*}entry")
    assert dict(entry.attrib) == {f"{{{XML}}}lang": "fr-CA"}
    assert sorted(map(str, elements(entry))) == sorted(
        map(
            str,
            [
                ("atom:id", {}, "https://x.example/full"),
                ("atom:title", {}, "R&D < 3"),
                ("atom:updated", {}, "2026-11-22T13:04:05+00:00"),
                ("atom:author", {}, None),
                (">atom:name", {}, "Ada"),
                (">atom:uri", {}, "https://x.example/ada"),
                ("atom:author", {}, None),
                (">atom:name", {}, "Bea"),
                ("atom:content", {"type": "html"}, "<p>Text &amp; more</p>"),
                ("atom:link", {"href": "https://x.example/full", "rel": "alternate"}, None),
                (
                    "atom:link",
                    {
                        "href": "https://d.example/1.mp3",
                        "rel": "enclosure",
                        "type": "audio/mpeg",
                        "length": "77",
                        "title": "Hear",
                    },
                    None,
                ),
                (
                    "atom:link",
                    {"href": "https://d.example/2.pdf", "rel": "enclosure", "type": "application/pdf", "length": "9"},
                    None,
                ),
                ("atom:link", {"href": "https://d.example/3", "rel": "enclosure"}, None),
                ("atom:link", {"href": "https://r.example/1", "rel": "related", "title": "Other & more"}, None),
                ("atom:link", {"href": "https://r.example/2", "rel": "related", "title": "Alone"}, None),
                ("atom:summary", {}, "Short & <plain>"),
                (
                    "atom:category",
                    {"term": "r-d", "scheme": "https://x.example/topics/", "label": "R&D"},
                    None,
                ),
                ("atom:category", {"term": "tag", "label": "A tag"}, None),
                ("atom:published", {}, "2026-01-02T03:04:05+00:00"),
                *MEDIA,
            ],
        )
    )


def test_every_member_of_a_json_item() -> None:
    assert json_item(FULL) == {
        "id": "https://x.example/full",
        "url": "https://x.example/full",
        "title": "R&D < 3",
        "content_html": "<p>Text &amp; more</p>",
        "summary": "Short & <plain>",
        "image": "https://i.example/1.jpg?a=1&b=2",
        "date_published": "2026-01-02T03:04:05Z",
        "date_modified": "2026-11-22T13:04:05Z",
        "authors": [
            {"name": "Ada", "url": "https://x.example/ada", "avatar": "https://x.example/ada.png"},
            {"name": "Bea"},
        ],
        "tags": ["R&D", "A tag"],
        "language": "fr-CA",
        "attachments": [
            {
                "url": "https://d.example/1.mp3",
                "mime_type": "audio/mpeg",
                "title": "Hear",
                "size_in_bytes": 77,
                "duration_in_seconds": 63,
            },
            {"url": "https://d.example/2.pdf", "mime_type": "application/pdf", "size_in_bytes": 9},
            {"url": "https://d.example/3", "mime_type": "application/octet-stream"},
        ],
        "_feeds": {
            "quality": 0,
            "heat": 7.5,
            "amp_url": "https://x.example/full.amp",
            "related": [
                {
                    "title": "Other & more",
                    "url": "https://r.example/1",
                    "summary": "An excerpt",
                    "provider": "Courier",
                    "date_published": "2026-11-22T13:04:05Z",
                },
                {"title": "Alone", "url": "https://r.example/2"},
            ],
        },
    }


def test_a_minimal_entry() -> None:
    assert item(BARE) == [
        ("title", {}, "Bare"),
        # RSS 2.0: an item has a description, here the title's.
        ("description", {}, "Bare"),
        ("content:encoded", {}, "<p>Text</p>"),
        ("guid", {"isPermaLink": "false"}, "tag:x.example,2026:1"),
        ("pubDate", {}, "Fri, 02 Jan 2026 03:04:05 +0000"),
    ]
    assert sorted(map(str, atom_entry(BARE))) == sorted(
        map(
            str,
            [
                ("atom:id", {}, "tag:x.example,2026:1"),
                ("atom:title", {}, "Bare"),
                ("atom:updated", {}, "2026-01-02T03:04:05+00:00"),
                ("atom:content", {"type": "html"}, "<p>Text</p>"),
                ("atom:published", {}, "2026-01-02T03:04:05+00:00"),
            ],
        )
    )
    assert json_item(BARE) == {
        "id": "tag:x.example,2026:1",
        "title": "Bare",
        "content_html": "<p>Text</p>",
        "date_published": "2026-01-02T03:04:05Z",
        "date_modified": "2026-01-02T03:04:05Z",
    }


def media(entry: feeds.Entry) -> list[Element]:
    found = [each for each in item(entry) if "media:" in each[0]]
    assert found == [each for each in atom_entry(entry) if "media:" in each[0]]
    return found


def test_a_media_player_belongs_to_the_video() -> None:
    player: Element = (">media:player", {"url": "https://p.example/1"}, None)
    assert media(replace(BARE, player="https://p.example/1")) == [("media:content", {"medium": "video"}, None), player]
    files = (
        Action("https://d.example/1.mp3", "", "audio/mpeg", None, 1),
        Action("https://d.example/2.mp4", "See", "video/mp4", 5, 2),
        Action("https://d.example/3.mp4", "", "video/mp4", None, 3),
    )
    assert media(replace(BARE, player="https://p.example/1", enclosures=files)) == [
        (
            "media:content",
            {"url": "https://d.example/2.mp4", "medium": "video", "type": "video/mp4", "fileSize": "2", "duration": "5"},
            None,
        ),
        (">media:title", {"type": "plain"}, "See"),
        player,
        ("media:content", {"url": "https://d.example/3.mp4", "medium": "video", "type": "video/mp4", "fileSize": "3"}, None),
        ("media:content", {"url": "https://d.example/1.mp3", "medium": "audio", "type": "audio/mpeg", "fileSize": "1"}, None),
    ]


@pytest.mark.parametrize(
    ("files", "enclosure"),
    [
        ([Action("a.pdf", "", "application/pdf", None, 1), Action("b.mp4", "", "video/mp4", None, 2)], "b.mp4"),
        ([Action("a.mp3", "", "audio/mpeg"), Action("b.pdf", "", "application/pdf", None, 2)], "b.pdf"),
        ([Action("a.bin", "", None, None, 1), Action("b.pdf", "", "application/pdf", None, 0)], "b.pdf"),
        ([Action("a.png", "", "image/png", None, 1), Action("b.pdf", "", "application/pdf", None, 2)], "a.png"),
        ([Action("a.bin"), Action("b.mp3", "", "audio/mpeg")], None),
        ([], None),
    ],
)
def test_the_enclosure_is_audio_or_video_with_type_and_size(files: list[Action], enclosure: str | None) -> None:
    found = [attributes["url"] for name, attributes, _ in item(replace(BARE, enclosures=tuple(files))) if name == "enclosure"]
    assert found == ([enclosure] if enclosure else [])


def channel(feed: feeds.Feed) -> list[Element]:
    root = etree.fromstring(feeds.render(feed, [], "rss"))
    assert (root.tag, dict(root.attrib)) == ("rss", {"version": "2.0"})
    (found,) = root
    return elements(found)


DOCS: Element = ("docs", {}, "https://www.rssboard.org/rss-specification")
GENERATOR: Element = ("generator", {}, f"Feeds {__version__}")


def atom_link(rel: str, href: str, **more: str) -> Element:
    return ("atom:link", {"href": href, "rel": rel} | more, None)


RSS, ATOM = "application/rss+xml", "application/atom+xml"


def test_every_element_of_an_rss_channel() -> None:
    assert channel(FEED) == [
        ("title", {}, "News"),
        ("link", {}, "https://x.example/"),
        ("description", {}, "All of it"),
        atom_link("self", "https://x.example/all.rss", type=RSS),
        atom_link("hub", "https://hub.example/"),
        atom_link("hub", "https://hub2.example/?a=1&b=2"),
        ("copyright", {}, "© The desk & friends"),
        DOCS,
        GENERATOR,
        ("image", {}, None),
        (">url", {}, "https://x.example/logo.png"),
        (">title", {}, "News"),
        (">link", {}, "https://x.example/"),
        ("language", {}, "en-GB"),
        ("lastBuildDate", {}, "Sun, 22 Nov 2026 13:04:05 +0000"),
        ("ttl", {}, "240"),
        ("sy:updatePeriod", {}, "daily"),
        ("sy:updateFrequency", {}, "6"),
    ]


def test_a_minimal_channel() -> None:
    assert channel(BARE_FEED) == [
        ("title", {}, "News"),
        ("link", {}, "https://x.example/"),
        ("description", {}, "All of it"),
        atom_link("self", "https://x.example/all.rss", type=RSS),
        DOCS,
        GENERATOR,
    ]


@pytest.mark.parametrize(
    ("minutes", "period", "times"), [(15, "hourly", "4"), (60, "hourly", "1"), (61, "daily", "23"), (1440, "daily", "1")]
)
def test_update_periods_are_hourly_or_daily(minutes: int, period: str, times: str) -> None:
    found = channel(replace(BARE_FEED, minutes_between_visits=minutes))
    assert found[-3:] == [("ttl", {}, str(minutes)), ("sy:updatePeriod", {}, period), ("sy:updateFrequency", {}, times)]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("l.png", True),
        ("l.JPG?a=b", True),
        ("l.jpeg", True),
        ("l.gif", True),
        ("l.webp", False),
        ("l?a.png", False),
        ("png", False),
    ],
)
def test_a_channel_shows_pictures_that_rss_knows(url: str, shown: bool) -> None:
    found = channel(replace(BARE_FEED, image=Image(f"https://x.example/{url}")))
    assert [text for name, _, text in found if name == ">url"] == ([f"https://x.example/{url}"] if shown else [])


def atom_head(feed: feeds.Feed) -> list[Element]:
    root = etree.fromstring(feeds.render(feed, [], "atom"))
    assert name(root.tag) == "atom:feed"
    assert {name(key): value for key, value in root.attrib.items()} == ({"xml:lang": feed.language} if feed.language else {})
    return elements(root)


def test_every_element_of_an_atom_feed() -> None:
    assert sorted(map(str, atom_head(FEED))) == sorted(
        map(
            str,
            [
                ("atom:id", {}, "tag:x.example,2026:all"),
                ("atom:title", {}, "News"),
                ("atom:subtitle", {}, "All of it"),
                ("atom:updated", {}, "2026-11-22T13:04:05+00:00"),
                ("atom:author", {}, None),
                (">atom:name", {}, "The desk"),
                (">atom:uri", {}, "https://x.example/desk"),
                atom_link("self", "https://x.example/all.atom", type=ATOM),
                atom_link("alternate", "https://x.example/", type="text/html"),
                atom_link("hub", "https://hub.example/"),
                atom_link("hub", "https://hub2.example/?a=1&b=2"),
                ("atom:generator", {"version": __version__}, "Feeds"),
                ("atom:icon", {}, "https://x.example/icon.ico"),
                ("atom:logo", {}, "https://x.example/logo.png"),
                ("atom:rights", {}, "© The desk & friends"),
            ],
        )
    )
    assert sorted(map(str, atom_head(BARE_FEED))) == sorted(
        map(
            str,
            [
                ("atom:id", {}, "tag:x.example,2026:all"),
                ("atom:title", {}, "News"),
                ("atom:subtitle", {}, "All of it"),
                ("atom:updated", {}, "2000-01-01T00:00:00+00:00"),
                ("atom:author", {}, None),
                (">atom:name", {}, "The desk"),
                atom_link("self", "https://x.example/all.atom", type=ATOM),
                atom_link("alternate", "https://x.example/", type="text/html"),
                ("atom:generator", {"version": __version__}, "Feeds"),
            ],
        )
    )


def test_every_member_of_a_json_feed() -> None:
    assert json.loads(feeds.render(replace(FEED, older="https://x.example/older"), [], "json")) == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "News",
        "home_page_url": "https://x.example/",
        "feed_url": "https://x.example/all.json",
        "description": "All of it",
        "next_url": "https://x.example/older.json",
        "icon": "https://x.example/logo.png",
        "favicon": "https://x.example/icon.ico",
        "authors": [{"name": "The desk", "url": "https://x.example/desk", "avatar": "https://x.example/desk.png"}],
        "language": "en-GB",
        "hubs": [{"type": "WebSub", "url": "https://hub.example/"}, {"type": "WebSub", "url": "https://hub2.example/?a=1&b=2"}],
        "_feeds": {"generator": f"Feeds {__version__}", "copyright": "© The desk & friends"},
        "items": [],
    }
    assert json.loads(feeds.render(BARE_FEED, [], "json")) == {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "News",
        "home_page_url": "https://x.example/",
        "feed_url": "https://x.example/all.json",
        "description": "All of it",
        "authors": [{"name": "The desk"}],
        "_feeds": {"generator": f"Feeds {__version__}"},
        "items": [],
    }


def test_only_used_prefixes_are_declared() -> None:
    def prefixes(feed: feeds.Feed, format: str) -> dict[str | None, str]:
        declared: dict[str | None, str] = etree.fromstring(feeds.render(feed, [], format)).nsmap
        return {prefix: SPACES[uri] for prefix, uri in declared.items()}

    always = {"atom": "atom", "content": "content", "dc": "dc", "media": "media"}
    assert prefixes(BARE_FEED, "rss") == always
    assert prefixes(replace(BARE_FEED, minutes_between_visits=60), "rss") == always | {"sy": "sy"}
    assert prefixes(replace(BARE_FEED, current=CURRENT), "rss") == always | {"fh": "fh"}
    assert prefixes(BARE_FEED, "atom") == {None: "atom", "media": "media"}
    assert prefixes(replace(BARE_FEED, current=CURRENT), "atom") == {None: "atom", "media": "media", "fh": "fh"}


LINKED = {"older": "https://x.example/all/archive/2026-01", "newer": "https://x.example/all/archive/2026-03"}
CURRENT = "https://x.example/all"


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_archives_are_linked_and_marked(format: str) -> None:
    def links(feed: feeds.Feed) -> tuple[list[Element], bool]:
        found = channel(feed) if format == "rss" else atom_head(feed)
        type = {"type": RSS if format == "rss" else ATOM}
        archives = [each for each in found if each[1].get("rel", "") in ("current", "prev-archive", "next-archive")]
        assert all(each[1]["type"] == type["type"] for each in archives)
        return [atom_link(each[1]["rel"], each[1]["href"]) for each in archives], ("fh:archive", {}, None) in found

    older = atom_link("prev-archive", f"{LINKED['older']}.{format}")
    newer = atom_link("next-archive", f"{LINKED['newer']}.{format}")
    current = atom_link("current", f"{CURRENT}.{format}")
    assert links(replace(BARE_FEED, **LINKED, current=CURRENT)) == ([current, older, newer], True)
    assert links(replace(BARE_FEED, older=LINKED["older"])) == ([older], False)
    assert links(BARE_FEED) == ([], False)


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_a_stylesheet_comes_before_the_root(format: str) -> None:
    body = feeds.render(FEED, [FULL], format)
    before = etree.fromstring(body).getprevious()
    assert (before.target, before.attrib) == ("xml-stylesheet", {"type": "text/css", "href": "../assets/feed.css"})
    assert body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<?xml-stylesheet ")
    assert etree.fromstring(feeds.render(BARE_FEED, [], format)).getprevious() is None
    assert b"xml-stylesheet" not in feeds.render(FEED, [], "json")


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_entries_keep_their_order_and_lines(format: str) -> None:
    entries = [replace(FULL, id=f"https://x.example/{number}", title=f"Entry {number}") for number in (3, 1, 2)]
    body = feeds.render(FEED, entries, format)
    if format == "json":
        assert [item["title"] for item in json.loads(body)["items"]] == ["Entry 3", "Entry 1", "Entry 2"]
    else:
        parsed = feedparser.parse(body)
        assert not parsed.bozo
        assert [entry.title for entry in parsed.entries] == ["Entry 3", "Entry 1", "Entry 2"]
    # Another entry only adds lines, so that diffs are small.
    without = feeds.render(FEED, entries[:1], format).splitlines()
    assert {line.rstrip(b",]") for line in without} <= {line.rstrip(b",]") for line in body.splitlines()}


@pytest.mark.parametrize("format", ["rss", "atom", "json"])
def test_awkward_values_survive_a_round_trip(format: str) -> None:
    awkward = 'a&b<c>d"e\'f\n\tg%b ]]> \ue0000<"\ue001 10000000000010000001 日本😀'
    entry = replace(FULL, title=awkward, content=f"<p>{awkward}</p>", summary=awkward, authors=(Person(awkward),))
    body = feeds.render(replace(FEED, title=awkward, copyright=awkward), [entry], format)
    if format == "json":
        found = json.loads(body)
        (made,) = found["items"]
        assert (found["title"], made["title"], made["summary"]) == (awkward,) * 3
        assert made["content_html"] == entry.content
    elif format == "rss":
        root = etree.fromstring(body).find("channel")
        assert (root.findtext("title"), root.findtext("copyright"), root.findtext("item/title")) == (awkward,) * 3
        assert root.findtext("item/{*}encoded") == entry.content
        assert root.findtext("item/{*}creator") == awkward
        # A description is HTML; readers show its text.
        assert etree.HTML(root.findtext("item/description")).xpath("string()") == awkward
    else:
        root = etree.fromstring(body)
        assert (root.findtext("{*}title"), root.findtext("{*}rights"), root.findtext("{*}entry/{*}title")) == (awkward,) * 3
        assert root.findtext("{*}entry/{*}content") == entry.content
        assert root.findtext("{*}entry/{*}summary") == awkward
        assert root.findtext("{*}entry/{*}author/{*}name") == awkward


@pytest.mark.parametrize("format", ["rss", "atom"])
def test_the_same_shape_with_other_values_is_rendered_with_them(format: str) -> None:
    """A second entry and feed have their own values, though the XML of the first is used again."""
    other = replace(
        FULL,
        id="https://y.example/2",
        url="https://y.example/2",
        title="Second",
        published=datetime(2025, 12, 31, 23, 59, 58, tzinfo=UTC),
        authors=(Person("Cy", "https://y.example/cy"), Person("Di")),
        images=(Image("https://i.example/3.jpg", 3, 4, "T", "C", "image/jpeg", 5), Image("https://i.example/4")),
    )
    both = etree.fromstring(feeds.render(FEED, [FULL, other], format))
    found = both.findall(".//item") if format == "rss" else both.findall("{*}entry")
    alone = item(other) if format == "rss" else atom_entry(other)
    assert elements(found[1]) == alone != elements(found[0])
    changed = replace(FEED, title="Tides", updated=PUBLISHED, home_url="https://y.example/", address="https://y.example/all")
    texts = {text for _, _, text in (channel(changed) if format == "rss" else atom_head(changed))}
    assert "Tides" in texts
    assert not {"News", "https://x.example/"} & texts


def test_json_items_keep_the_schema() -> None:
    schema = {
        "type": "object",
        "required": ["version", "title", "items"],
        "properties": {
            "items": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "content_html"],
                    "properties": {
                        "attachments": {"items": {"required": ["url", "mime_type"]}},
                        "_feeds": {"properties": {"related": {"items": {"required": ["title", "url"]}}}},
                    },
                },
            }
        },
    }
    jsonschema.validate(json.loads(feeds.render(FEED, [FULL, BARE], "json")), schema)
