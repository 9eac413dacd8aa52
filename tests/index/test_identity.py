"""The identity of an article: one string in every format and feed, whatever its text, order, or site address."""

import json
import uuid
from typing import Any

from support import CONFIG, NAMESPACES, Site, doc, xml


def ids(site: Site, *arguments: str) -> dict[str, str]:
    return {item["title"]: item["id"] for item in site.items("all.json", *arguments)}


def write(site: Site, more: dict[str, Any]) -> None:
    common = {"webUrl": "https://web.example/A%2fb/../c?q=%7E", "originalUrl": "https://original.example/c"}
    site.write(
        {
            "articles/given.md": doc({"title": "given", "id": "tag:x,2026:1"} | common | more),
            "articles/short.md": doc({"title": "short", "id": "1234"} | common | more),
            "articles/web.md": doc({"title": "web"} | common | more),
            "articles/original.md": doc({"title": "original", "originalUrl": "https://original.example/o"} | more),
            "articles/rooted.md": doc({"title": "rooted", "webUrl": "/stories/1"} | more),
            "articles/path.md": doc({"title": "path"} | more),
        }
    )


def test_which_field_is_the_identity(site: Site) -> None:
    write(site, {})
    found = ids(site)
    assert found["given"] == "tag:x,2026:1"
    assert found["web"] == "https://web.example/c?q=~"
    assert found["original"] == "https://original.example/o"
    for name, text in {"short": "1234", "path": "articles/path.md", "rooted": "/stories/1"}.items():
        assert found[name].startswith("urn:uuid:")
        assert uuid.UUID(found[name]).version == 5
        # An article of the same name on another site is another article.
        assert found[name] == uuid.uuid5(uuid.uuid5(uuid.NAMESPACE_URL, "tag:example.org,2026:tidings"), text).urn


def test_only_another_identity_field_changes_the_identity(site: Site) -> None:
    write(site, {})
    before = ids(site)
    write(site, {"excerpt": "New text", "updatedDateTime": "2026-05-05", "topics": ["New"]})
    assert ids(site, "--base-url", "https://elsewhere.example/feeds/") == before
    site.write({"config.yaml": CONFIG + "limit: 7\ntopics: {New: {description: d}}\n"})
    assert ids(site) == before


def test_a_site_with_an_id_may_move(site: Site) -> None:
    write(site, {})
    before = ids(site)
    site.write({"config.yaml": CONFIG.replace("https://feeds.example.org", "https://elsewhere.example/news")})
    assert ids(site) == before
    assert "https://elsewhere.example/news/stories/1" in {item.get("url") for item in site.items("all.json")}


def test_without_an_id_an_address_on_the_site_is_the_identity(site: Site) -> None:
    write(site, {})
    site.write({"config.yaml": 'site: {title: Tidings, url: "https://feeds.example.org"}\nsources: [articles]\n'})
    assert ids(site)["rooted"] == "https://feeds.example.org/stories/1"


def test_a_source_is_the_same_however_it_is_spelled(site: Site) -> None:
    write(site, {})
    before = ids(site)
    for spelling in ("./articles", "articles/", ".//articles/."):
        site.write({"config.yaml": CONFIG.replace("[articles]", f"[{spelling}]")})
        assert ids(site) == before, spelling


def test_one_identity_in_all_formats_and_feeds(site: Site) -> None:
    write(site, {"topics": ["T"]})
    feeds = site.export()
    for group in ("all", "topics/t"):
        named = [item["id"] for item in json.loads(feeds[f"{group}.json"])["items"]]
        assert [guid.text for guid in xml(feeds[f"{group}.rss"]).iter("guid")] == named
        assert [id.text for id in xml(feeds[f"{group}.atom"]).findall("a:entry/a:id", NAMESPACES)] == named
        assert len(set(named)) == 6


def test_a_guid_is_a_permalink_only_where_it_is_the_link(site: Site) -> None:
    write(site, {})
    for item in xml(site.export()["all.rss"]).iter("item"):
        guid, link = item.find("guid"), item.findtext("link")
        assert guid.get("isPermaLink") == ("true" if guid.text == link else "false")


def test_base_url_moves_the_feeds_but_not_their_ids(site: Site) -> None:
    write(site, {})
    here, there = site.export(), site.export("--base-url", "https://moved.example/sub", out="moved")
    old, new = xml(here["all.atom"]), xml(there["all.atom"])
    assert old.findtext("a:id", None, NAMESPACES) == new.findtext("a:id", None, NAMESPACES)
    assert new.find("a:link[@rel='self']", NAMESPACES).get("href") == "https://moved.example/sub/all.atom"
    assert json.loads(there["all.json"])["feed_url"] == "https://moved.example/sub/all.json"


def test_an_id_can_not_be_a_script(site: Site) -> None:
    # feedparser and others open the id where an entry has no link.
    for number, id in enumerate(("javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x")):
        site.write({f"articles/{number}.md": doc({"title": str(number), "id": id})})
    found = ids(site)
    assert len(set(found.values())) == 4
    assert all(id.startswith("urn:uuid:") for id in found.values())
