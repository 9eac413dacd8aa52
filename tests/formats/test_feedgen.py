"""Workarounds for defects of feedgen: each test fails without the workaround of its name."""

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace
from support import NAMESPACES, ROOT, Site, doc, environment, parsed, xml

from feeds.formats import atom, rss
from feeds.model import Action, Category, Entry, Feed, Image, Person, Related

MOMENT = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
FEED = Feed("tag:x,2026:all", "https://x.example/all", "T", "D", "https://x.example/", None, Person("P"))


def entry(id: str, **fields: object) -> Entry:
    given = Entry(
        id=id,
        url=f"https://e.example/{id}",
        title=id,
        summary="S",
        content="<p>C</p>",
        published=MOMENT,
        updated=MOMENT,
        authors=(Person("A"),),
        categories=(Category("t", "T", "https://x.example/topics/"),),
        images=(Image("https://e.example/i.png"),),
        enclosures=(),
        related=(),
        language=None,
        player=None,
        amp_url=None,
        quality=None,
        heat=None,
    )
    return replace(given, **fields)


def test_dates_change_neither_the_locale_nor_feedgen_itself() -> None:
    # feedgen's own dates switch the locale of the process, while other threads run.
    code = """
import locale
calls = []
real = locale.setlocale
locale.setlocale = lambda *given: (calls.append(given), real(*given))[1]
from test_feedgen import FEED, MOMENT, entry
from msgspec.structs import replace
from feeds.formats import rss
body = rss.render_feed(replace(FEED, updated=MOMENT), rss.render_entries([entry("urn:x:1")]))
assert b"Tue, 03 Feb 2026 04:05:06 +0000" in body, body
import feedgen.entry, feedgen.feed, feedgen.util
assert feedgen.feed.formatRFC2822 is feedgen.entry.formatRFC2822 is feedgen.util.formatRFC2822, "a host's feedgen is its own"
print(len([given for given in calls if len(given) > 1 and given[1] is not None]))
"""
    path = os.pathsep.join(map(str, (Path(__file__).parent, ROOT / "tests", ROOT)))
    env = environment({"PYTHONPATH": path})
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "0"


def test_several_threads_write_the_same() -> None:
    entries = [entry(f"urn:x:{number}") for number in range(20)]
    expected = rss.render_entries(entries)
    found: list[list[bytes]] = []
    threads = [threading.Thread(target=lambda: found.append(rss.render_entries(entries))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 4


def test_atom_entry_links_keep_their_relations() -> None:
    made = entry(
        "urn:x:1",
        enclosures=(
            Action("https://e.example/a.mp3", "Hear", "audio/mpeg", 9, 77),
            Action("https://e.example/b.pdf", "Read", "application/pdf"),
        ),
        related=(Related("Other", "https://r.example/"),),
    )
    body = atom.render_feed(FEED, atom.render_entries([made]))
    links = [dict(link.attrib) for link in xml(body).findall("a:entry/a:link", NAMESPACES)]
    assert links == [
        {"href": "https://e.example/urn:x:1", "rel": "alternate"},
        {"href": "https://e.example/a.mp3", "rel": "enclosure", "type": "audio/mpeg", "length": "77", "title": "Hear"},
        {"href": "https://e.example/b.pdf", "rel": "enclosure", "type": "application/pdf", "title": "Read"},
        {"href": "https://r.example/", "rel": "related", "title": "Other"},
    ]
    read = parsed(body).entries[0]
    assert read.link == "https://e.example/urn:x:1"
    assert [file["href"] for file in read.enclosures] == ["https://e.example/a.mp3", "https://e.example/b.pdf"]


def test_entries_keep_their_order() -> None:
    entries = [entry(f"urn:x:{number}") for number in (3, 1, 2)]
    for generator in (rss, atom):
        assert [b"urn:x:%d<" % number in body for number, body in zip((3, 1, 2), generator.render_entries(entries), strict=True)]
        read = parsed(generator.render_feed(FEED, generator.render_entries(entries)))
        assert [each.id for each in read.entries] == ["urn:x:3", "urn:x:1", "urn:x:2"]


def test_a_feed_without_a_date_has_no_clock() -> None:
    assert xml(rss.render_feed(FEED, [])).find("channel/lastBuildDate") is None
    assert xml(atom.render_feed(FEED, [])).findtext("a:updated", None, NAMESPACES) == "2000-01-01T00:00:00+00:00"


def test_rendering_is_the_same_at_another_time() -> None:
    def render() -> list[bytes]:
        entries = [entry("urn:x:1"), entry("urn:x:2")]
        return [made.render_feed(FEED, made.render_entries(entries)) for made in (rss, atom)]

    before = render()
    second = int(time.time())
    while int(time.time()) == second:
        time.sleep(0.05)
    assert render() == before


def test_rss_channel_links_to_the_page_for_people(site: Site) -> None:
    # feedgen uses the last link of a feed as the channel's.
    site.write({"articles/a.md": doc({})})
    channel = xml(site.export()["all.rss"]).find("channel")
    assert [link.text for link in channel.findall("link")] == ["https://feeds.example.org/"]


def test_hubs_are_in_rss_too(site: Site) -> None:
    from support import CONFIG

    site.write({"config.yaml": CONFIG + "hubs: [https://hub.example/]\n", "articles/a.md": doc({})})
    feeds = site.export()
    hub = {"rel": "hub", "href": "https://hub.example/"}
    assert dict(xml(feeds["all.rss"]).find("channel/a:link[@rel='hub']", NAMESPACES).attrib) == hub
    assert dict(xml(feeds["all.atom"]).find("a:link[@rel='hub']", NAMESPACES).attrib) == hub
    assert json.loads(feeds["all.json"])["hubs"] == [{"type": "WebSub", "url": "https://hub.example/"}]


def test_authors_with_a_name_alone_are_in_rss() -> None:
    body = rss.render_feed(FEED, rss.render_entries([entry("urn:x:1", authors=(Person("Ada"), Person("Bea")))]))
    assert [author["name"] for author in parsed(body).entries[0].authors] == ["Ada", "Bea"]


def test_cutting_finds_real_tags_alone() -> None:
    awkward = "</entry>\n  <entry>\n</item>\n    <item>\n ]]>"
    entries = [
        entry("urn:x:1", title=awkward, content=awkward, summary=awkward),
        entry("urn:x:2", content=f"<pre>\n{awkward}</pre>"),
    ]
    for generator, place in ((rss, "channel/item"), (atom, f"{{{NAMESPACES['a']}}}entry")):
        cut = generator.render_entries(entries)
        assert len(cut) == 2
        assert len(xml(generator.render_feed(FEED, cut)).findall(place)) == 2


def test_content_has_a_type_and_no_cdata() -> None:
    body = atom.render_feed(FEED, atom.render_entries([entry("urn:x:1", content="<p>a &amp; b</p>")]))
    assert xml(body).find("a:entry/a:content", NAMESPACES).attrib == {"type": "html"}
    assert xml(body).findtext("a:entry/a:content", None, NAMESPACES) == "<p>a &amp; b</p>"


def test_media_content_is_not_in_a_group() -> None:
    for generator in (rss, atom):
        body = generator.render_feed(FEED, generator.render_entries([entry("urn:x:1")]))
        assert b"media:group" not in body
        assert parsed(body).entries[0].media_content[0]["url"] == "https://e.example/i.png"
