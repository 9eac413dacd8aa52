"""Awkward titles, as real publishers have them, are right in every format."""

import json

import pytest
from support import CONFIG, NAMESPACES, Site, doc, parsed, xml

# The title in YAML, and as a person reads it.
TITLES = [
    ("'Say &#8220;HUB&#8221;'", "Say “HUB”"),
    ("R&amp;D at AT&T", "R&D at AT&T"),
    ("AT&T <3", "AT&T <3"),
    ("x ]]> y", "x ]]> y"),
    ("A <em>new</em> start", "A new start"),
    ("NO", "NO"),
    ("12:30", "12:30"),
    ("1.0", "1.0"),
    ("2026-01-01", "2026-01-01"),
    ("0x1F", "0x1F"),
    ("Bell\x07 and \x1bescape\x85 and \ufffe", "Bell and escape and"),
    ('"Bell\\a in \\x1b an escape\\0"', "Bell in an escape"),
    ("東京の🤖 ロボット", "東京の🤖 ロボット"),
    ("List<T> of Vec<List<T>>", "List<T> of Vec<List<T>>"),
    ("Fish &amp;quot;n&amp;quot; chips", 'Fish "n" chips'),
    ("a=1&copy=2 & c", "a=1&copy=2 & c"),
    ("'  Two\n\n  lines  '", "Two lines"),
    ("'It''s \"so\"'", 'It\'s "so"'),
    ("Café — naïve", "Café — naïve"),
    ("Cafe\u0301 in pieces", "Cafe\u0301 in pieces"),
    ("1 < 2 > 0", "1 < 2 > 0"),
    ("<b>Bold</b><br/>move<!-- not said -->", "Boldmove"),
    ("مرحبا بالعالم", "مرحبا بالعالم"),
    ("<![CDATA[raw", "<![CDATA[raw"),
    ("<?php echo 1 ?>", "<?php echo 1 ?>"),
    # Unclosed direction marks are removed; closed ones stay.
    ('"An invoice \\u202egnp.exe"', "An invoice gnp.exe"),
    ('"Left \\u2067שלום\\u2069 open \\u2067 and \\u202b not \\u2069"', "Left \u2067שלום\u2069 open and not"),
    ('"Ends \\u202c alone \\u2069, begins \\u2068 alone"', "Ends alone , begins alone"),
    ("Nothing &nbsp; between", "Nothing \xa0 between"),
    ("'&lt;script&gt;alert(1)&lt;/script&gt;'", "<script>alert(1)</script>"),
]
SAID = [said for _, said in TITLES]


@pytest.fixture(scope="module")
def feeds(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    site = Site(tmp_path_factory.mktemp("titles")).write({"config.yaml": CONFIG})
    for number, (yaml, _) in enumerate(TITLES):
        minute = 59 - number
        site.write({f"articles/{number:02}.md": f"---\ntitle: {yaml}\npublishedDateTime: 2026-01-01T00:{minute:02}:00Z\n---\n"})
    return site.export()


def test_rss(feeds: dict[str, bytes]) -> None:
    assert [title.text for title in xml(feeds["all.rss"]).findall("channel/item/title")] == SAID


def test_atom(feeds: dict[str, bytes]) -> None:
    titles = xml(feeds["all.atom"]).findall("a:entry/a:title", NAMESPACES)
    assert [title.text for title in titles] == SAID
    # Without a type, an Atom title is plain text and not decoded again (RFC 4287 3.1.1).
    assert all(title.get("type", "text") == "text" for title in titles)


def test_json(feeds: dict[str, bytes]) -> None:
    assert [item["title"] for item in json.loads(feeds["all.json"])["items"]] == SAID


def test_feedparser_reads_the_same(feeds: dict[str, bytes]) -> None:
    # feedparser trims titles, and reads RSS titles that look like HTML as HTML; Atom has a type.
    assert [entry.title for entry in parsed(feeds["all.atom"]).entries] == SAID


def test_no_entity_is_escaped_twice(feeds: dict[str, bytes]) -> None:
    for path in ("all.rss", "all.atom"):
        for line in feeds[path].splitlines():
            if b"<title" in line:
                assert b"&amp;amp;" not in line
                assert b"&amp;#" not in line


def test_last_resort_text_is_the_title_and_safe(feeds: dict[str, bytes]) -> None:
    contents = [item["content_html"] for item in json.loads(feeds["all.json"])["items"]]
    assert not any("<script" in content for content in contents)
    assert "<p>AT&amp;T &lt;3</p>" in contents[SAID.index("AT&T <3")]


def test_a_heading_that_repeats_the_title_is_not_shown_twice(site: Site) -> None:
    body = "# {}\n\nHarbour opens *today*.\n\n<!-- truncate -->\n\nMore.\n"
    site.write({"config.yaml": CONFIG})
    for name, heading in {"same": "Harbour opens", "marked": "Harbour **opens** {#open}", "other": "Prelude"}.items():
        site.write({f"articles/{name}.md": doc({"title": "Harbour opens", "id": f"urn:x:{name}"}, body.format(heading))})
    found = {item["id"]: item for item in site.items()}
    for same in ("urn:x:same", "urn:x:marked"):
        assert "<h1" not in found[same]["content_html"]
        assert found[same]["summary"] == "Harbour opens today."
        assert found[same]["content_html"].startswith("<p>Harbour opens <em>today</em>")
    assert "Prelude</h1>" in found["urn:x:other"]["content_html"]
