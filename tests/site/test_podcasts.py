"""Podcasts: the requirements of PSP-1, read with gPodder's parser; the rules of directories; playback in a browser."""

import io
import shutil
import uuid
from typing import Any

import podcastparser
import pytest
from machine import needed
from playwright.sync_api import Route, sync_playwright
from support import Site, changed, until, xml

SPACES = {
    "a": "http://www.w3.org/2005/Atom",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "podcast": "https://podcastindex.org/namespace/1.0",
}
# Silence: frames of MPEG-1 layer III, 128 kbit/s, 44.1 kHz.
MP3 = (b"\xff\xfb\x90\x64" + bytes(413)) * 240
PODCAST = {
    "category": ["News > Daily News", "Society & Culture"],
    "image": {"url": "https://cdn.example/cover.jpg", "width": 3000, "height": 3000},
    "author": "Ada Lind",
    "owner": {"name": "The desk", "email": "desk@feeds.example.org"},
    "type": "serial",
    "funding": {"url": "https://feeds.example.org/give", "text": "Give"},
}
EPISODE = {
    "category": "podcast",
    "webUrl": None,
    "audio": "one.mp3",
    "duration": "1:02:03",
    "season": 1,
    "episode": 1,
    "episodeType": "full",
    "explicit": False,
    "transcript": [{"url": "one.vtt", "language": "en"}, "https://cdn.example/one.srt"],
    "chapters": "one.chapters.json",
}


def radio(site: Site, **podcast: Any) -> Site:
    """A site with an episode, another article, and a podcast."""
    feed = {"title": "The Tide", "description": "What the sea brings.", "categories": ["podcast"], "podcast": PODCAST | podcast}
    site.configure(site={"language": "en"}, feeds={"tide": feed}).article("one", **EPISODE).article("none", category="podcast")
    chapters = '{"version": "1.2.0", "title": "Chapters", "chapters": [{"startTime": 0, "title": "Start"}]}'
    return site.write({"articles/one.mp3": MP3, "articles/one.vtt": "WEBVTT\n", "articles/one.chapters.json": chapters})


def test_a_podcast_has_what_psp_1_requires_and_other_feeds_do_not_change(site: Site) -> None:
    radio(site).configure(feeds={"tide": {"title": "The Tide", "categories": ["podcast"]}})
    before = site.export()
    radio(site)
    after = site.export()
    differ = {path for path in changed(before, after) if path.endswith((".rss", ".atom", ".json"))}
    assert differ == {"feeds/tide.rss", "feeds/tide.atom", "feeds/tide.json", "assets/search.json"}
    assert b"itunes" not in b"".join(body for path, body in after.items() if path not in differ)

    channel = xml(after["feeds/tide.rss"])[0]

    def text(name: str) -> str | None:
        found: str | None = channel.findtext(name, namespaces=SPACES)
        return found

    assert (text("title"), text("description"), text("language")) == ("The Tide", "What the sea brings.", "en")
    assert channel.find("a:link[@rel='self']", SPACES).get("href") == "https://feeds.example.org/feeds/tide.rss"
    categories = channel.findall("itunes:category", SPACES)
    assert [each.get("text") for each in categories] == ["News", "Society & Culture"]
    assert categories[0].find("itunes:category", SPACES).get("text") == "Daily News"
    assert (text("itunes:explicit"), text("itunes:author"), text("itunes:type")) == ("false", "Ada Lind", "serial")
    assert text("itunes:owner/itunes:email") == "desk@feeds.example.org"
    assert channel.find("itunes:image", SPACES).get("href") == "https://cdn.example/cover.jpg"
    assert (text("podcast:locked"), text("podcast:funding")) == ("yes", "Give")
    seed = uuid.uuid5(uuid.UUID("ead4c236-bf58-58c6-a2c6-a6b28d128cb6"), "feeds.example.org/feeds/tide.rss")
    assert text("podcast:guid") == str(seed)

    (item,) = channel.findall("item")
    transcripts = [dict(each.attrib) for each in item.findall("podcast:transcript", SPACES)]
    assert transcripts == [
        {"url": "https://feeds.example.org/files/one.vtt", "type": "text/vtt", "language": "en"},
        {"url": "https://cdn.example/one.srt", "type": "application/x-subrip"},
    ]
    chapters = item.find("podcast:chapters", SPACES)
    assert dict(chapters.attrib) == {
        "url": "https://feeds.example.org/files/one.chapters.json",
        "type": "application/json+chapters",
    }
    assert item.findtext("itunes:episodeType", namespaces=SPACES) == "full"
    assert {"files/one.mp3", "files/one.vtt", "files/one.chapters.json"} <= after.keys()

    # As gPodder reads it.
    read = podcastparser.parse("https://feeds.example.org/feeds/tide.rss", io.BytesIO(after["feeds/tide.rss"]))
    assert (read["title"], read["itunes_author"], read["type"]) == ("The Tide", "Ada Lind", "serial")
    (episode,) = read["episodes"]
    assert (episode["title"], episode["total_time"], episode["number"]) == ("Title of one", 3723, 1)
    assert {(file["url"], file["file_size"], file["mime_type"]) for file in episode["enclosures"]} == {
        ("https://feeds.example.org/files/one.mp3", len(MP3), "audio/mpeg")
    }
    assert site.check()["warnings"] == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # Hugo (castanet), Jekyll (from WordPress), Eleventy (podcaster), Jekyll themes.
        (
            {"podcast_file": "/one.mp3", "podcast_duration": 669, "podcast_bytes": 9252288, "episode": "170", "explicit": "no"},
            ("https://feeds.example.org/one.mp3", 9252288, 669, 170),
        ),
        ({"enclosure": "https://c.example/one.mp3\n4711\naudio/mpeg\n"}, ("https://c.example/one.mp3", 4711, 0, None)),
        (
            {"episode": {"filename": "https://c.example/1.mp3", "size": 5, "duration": 61.0, "episodeNumber": 3}},
            ("https://c.example/1.mp3", 5, 61, 3),
        ),
        (
            {"audio": {"mp3": "https://c.example/1.mp3"}, "length": 26214400, "duration": "22:39"},
            ("https://c.example/1.mp3", 26214400, 1359, None),
        ),
        ({"audio": "https://c.example/1.mp3", "length": "22:39"}, ("https://c.example/1.mp3", -1, 1359, None)),
        (
            {"audio": {"url": "https://c.example/1.mp3", "length": "22:39"}, "audioSize": "26_214_400", "chapters": True},
            ("https://c.example/1.mp3", 26214400, 1359, None),
        ),
        (
            {"audio": {"url": "https://c.example/1.mp3", "bytes": "4,711"}, "duration": "61.5", "chapters": "0:00 A\n1:00 B"},
            ("https://c.example/1.mp3", 4711, 61, None),
        ),
    ],
)
def test_episodes_of_generators_are_understood(
    site: Site, fields: dict[str, Any], expected: tuple[str, int, int, int | None]
) -> None:
    site.configure(podcast={"category": "Technology"}, pages=False).article("one", **fields)
    assert site.check()["problems"] == []
    read = podcastparser.parse("https://feeds.example.org/all.rss", io.BytesIO(site.export()["all.rss"]))
    (episode,) = read["episodes"]
    url, size, seconds, number = expected
    assert (episode["total_time"], episode.get("number")) == (seconds, number)
    assert {(file["url"], file["file_size"]) for file in episode["enclosures"]} == {(url, size)}


def test_check_reports_what_directories_refuse(site: Site) -> None:
    radio(site, category=["Newz", "News > Nightly News"], image={"url": "/cover.webp", "width": 900, "height": 800}, owner=None)
    site.article("two", **EPISODE | {"audio": "https://cdn.example/two.ogg", "duration": None, "chapters": None})
    site.article("three", **EPISODE | {"audio": "http://cdn.example/three.mp3", "episode": None})
    warnings = {(each["path"], each["found"]) for each in site.check()["warnings"]}
    assert {
        ("feeds/tide.rss", "the category 'Newz'"),
        ("feeds/tide.rss", "the subcategory 'Nightly News' of 'News'"),
        ("feeds/tide.rss", "the picture https://feeds.example.org/cover.webp"),
        ("feeds/tide.rss", "a picture of 900 × 800 pixels"),
        ("feeds/tide.rss", "a podcast without an e-mail address"),
        ("articles/two.md", "a recording of type audio/ogg"),
        ("articles/two.md", "a recording without a length"),
        ("articles/three.md", "the recording http://cdn.example/three.mp3"),
        ("articles/three.md", "an episode without a number"),
    } <= warnings
    assert any("episode 1, as " in found for _, found in warnings)


def test_a_mistake_in_the_settings_is_named(site: Site) -> None:
    radio(site, type="weekly", guid="1", owner={"email": "desk"}, funding="give", catgory="News")
    message = site.run("list", status=2).err
    for mistake in ("podcast.type", "podcast.guid", "podcast.owner.email", "podcast.funding", "'category'"):
        assert mistake in message, message


def test_an_episode_plays_in_a_browser(site: Site) -> None:
    found = needed(shutil.which("chromium"), "chromium")
    radio(site)
    with site.serve() as server, sync_playwright() as playwright:
        address = server.get("feeds/tide.json").json()["items"][0]["url"].removeprefix("https://feeds.example.org/")
        flags = ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"]
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        page = browser.new_page()

        def answer(route: Route) -> None:
            path = route.request.url.removeprefix("https://feeds.example.org/")
            sent = server.get(path, range=route.request.headers.get("range", "bytes=0-"))
            route.fulfill(status=sent.status_code, headers=dict(sent.headers), body=sent.content)

        page.route("https://feeds.example.org/**", answer)
        page.goto(f"{server.url}/{address}")
        page.evaluate("document.querySelector('audio').play()")
        until(lambda: page.evaluate("document.querySelector('audio').currentTime") > 0.5)
        assert page.evaluate("document.querySelector('audio').duration") > 6
        browser.close()
