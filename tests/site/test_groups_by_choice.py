"""Optional groups by language and tag, named feeds by language, tag and words, and the feed menu."""

import json
from typing import Any

import jsonschema
from support import Site, changed, doc, parsed, xml

SPACES = {"a": "http://www.w3.org/2005/Atom"}
# The schema in the draft's appendix (draft-nottingham-feed-menu-00).
MENU = {
    "$ref": "#/$defs/menu",
    "$defs": {
        "menu": {
            "type": "object",
            "required": ["feed-menu", "items"],
            "properties": {
                "feed-menu": {"type": "string"},
                "items": {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/menu"}, {"$ref": "#/$defs/feed"}]}},
            },
            "additionalProperties": False,
        },
        "feed": {
            "type": "object",
            "required": ["feed-title"],
            "anyOf": [{"required": ["rss"]}, {"required": ["atom"]}],
            "properties": {name: {"type": "string"} for name in ("feed-title", "description", "rss", "atom")},
            "additionalProperties": False,
        },
    },
}


def titles(body: bytes) -> list[str]:
    return sorted(item["title"] for item in json.loads(body)["items"])


def test_groups_by_language_and_tag_and_the_links_between_languages(site: Site) -> None:
    site.configure(groups=["topic", "tag", "language"], ledger=False)
    site.article("en", tags=["Low Water", "boats"]).article("fr", locale="fr_CA", tags=["low water"])
    site.article("zh", locale="zh-Hant-TW").article("ja", locale="ja")
    site.export()
    files = site.export()
    groups = {path.removesuffix(".json") for path in files if path.startswith(("languages/", "tags/")) and path.endswith(".json")}
    assert groups == {"languages/en", "languages/fr", "languages/ja", "languages/zh-hant", "tags/boats", "tags/low-water"}
    assert titles(files["languages/fr.json"]) == ["Title of fr"]
    assert titles(files["tags/low-water.json"]) == ["Title of en", "Title of fr"]
    french = json.loads(files["languages/fr.json"])
    assert (french["language"], french["title"]) == ("fr", "Français – Tidings")

    # Links from one language to the others, in feeds and pages.
    here = "https://feeds.example.org/languages"
    others = {("en", f"{here}/en"), ("ja", f"{here}/ja"), ("zh-Hant", f"{here}/zh-hant")}
    for links, suffix in (
        (xml(files["languages/fr.rss"])[0].findall("a:link[@rel='alternate']", SPACES), ".rss"),
        (xml(files["languages/fr.atom"]).findall("a:link[@rel='alternate']", SPACES), ".atom"),
    ):
        assert {(each.get("hreflang"), each.get("href")) for each in links if each.get("hreflang")} == {
            (language, url + suffix) for language, url in others
        }
    page = xml_of_page(files["languages/fr/index.html"])
    found = page.xpath("//link[@rel='alternate'][@hreflang]")
    assert {(each.get("hreflang"), each.get("href")) for each in found} == {(language, f"{url}/") for language, url in others}
    assert b"languages/" in files["index.html"]

    # Feeds of other languages are updated when a language is added or removed, in an incremental export too.
    site.article("de", locale="de")
    assert "languages/fr.atom" in changed(files, site.export())
    (site.folder / "articles/de.md").unlink()
    assert site.export() == files

    # Without the settings there is none of it.
    site.configure()
    assert not [path for path in site.export() if path.startswith(("languages/", "tags/"))]


def xml_of_page(body: bytes) -> Any:
    from lxml import html

    return html.fromstring(body)


def test_named_feeds_by_language_tag_and_words(site: Site) -> None:
    news: dict[str, Any] = {"topics": ["Sea"]}
    site.configure(
        pages=False,
        feeds={
            "sea-en": {**news, "title": "The sea", "language": "en"},
            "sea-fr": {**news, "title": "La mer", "language": "fr"},
            "boats": {"tags": ["Boats"]},
            "found": {"title": "Low water", "text": '"low water" tide -ferry'},
            "found-ja": {"text": "津波"},
        },
    )
    site.article("a", topics=["Sea"], tags=["boats"]).article("b", topics=["Sea"], locale="fr")
    for name, text in (("c", "The tide, at low water."), ("d", "Low tides. Water."), ("e", "Tides, low water and a ferry.")):
        site.write({f"articles/{name}.md": doc({"title": f"Title of {name}"}, text)})
    site.write({"articles/j.md": doc({"title": "Title of j"}, "きのう東北で津波警報が出た。")})
    files = site.export()
    assert titles(files["feeds/sea-en.json"]) == ["Title of a"]
    assert titles(files["feeds/sea-fr.json"]) == ["Title of b"]
    assert titles(files["feeds/boats.json"]) == ["Title of a"]
    assert titles(files["feeds/found.json"]) == ["Title of c"]
    assert titles(files["feeds/found-ja.json"]) == ["Title of j"]
    assert parsed(files["feeds/sea-fr.atom"]).feed.language == "fr"
    links = parsed(files["feeds/sea-fr.atom"]).feed.links
    assert [link["href"] for link in links if link.get("hreflang") == "en"] == ["https://feeds.example.org/feeds/sea-en.atom"]
    assert not [link for link in parsed(files["feeds/boats.atom"]).feed.links if link.get("hreflang")]

    # Members follow the text of articles; a search on the server finds the same.
    site.write({"articles/d.md": doc({"title": "Title of d"}, "Tides at low water.")})
    site.write({"articles/c.md": doc({"title": "Title of c"}, "Nothing of it.")})
    assert titles(site.export()["feeds/found.json"]) == ["Title of d"]
    assert site.items('q.json?text="low water" tide -ferry') == site.items("feeds/found.json")


def test_an_empty_text_of_a_named_feed_is_an_error(site: Site) -> None:
    site.configure(feeds={"a": {"text": "-ferry"}, "b": {"language": "klingon?"}})
    message = site.run("list", status=2).err
    assert "feeds.a.text" in message
    assert "low water" in message
    assert "feeds.b.language" in message


def test_a_feed_menu_names_every_feed_of_the_site(site: Site) -> None:
    site.configure(
        feed_menu=True, feeds={"long": {"title": "Long", "description": "Long reads"}}, topics={"Sea": {"parent": "World"}}
    )
    site.article("a", topics=["Sea"])
    files = site.export()
    menu = json.loads(files[".well-known/feed-menu.json"])
    jsonschema.validate(menu, MENU)
    assert menu["feed-menu"] == "Tidings"
    assert menu["items"][0]["atom"] == "https://feeds.example.org/all.atom"
    below = {item["feed-menu"]: item["items"] for item in menu["items"] if "feed-menu" in item}
    assert below["Feeds"] == [
        {
            "feed-title": "Long",
            "description": "Long reads",
            "rss": "https://feeds.example.org/feeds/long.rss",
            "atom": "https://feeds.example.org/feeds/long.atom",
        }
    ]
    assert [item["feed-menu"] for item in below["Topics"]] == ["World"]
    assert site.run("show", ".well-known/feed-menu.json").out.encode() == files[".well-known/feed-menu.json"]
    site.configure()
    assert ".well-known/feed-menu.json" not in site.export()
    assert "`formats`" in site.configure(feed_menu=True, formats=["json"]).run("list", status=2).err
