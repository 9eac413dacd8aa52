"""Pages as files: their content, what they must not contain, and well-formedness."""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest
from lxml import etree
from lxml import html as lxml_html
from machine import needed
from msgspec import structs
from support import ROOT

from feeds.config import loader
from feeds.errors import Problem, ThemeError
from feeds.model import pages
from feeds.site import queries
from feeds.site.build import build
from feeds.site.site import Site

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SITE = "site: {title: Post, url: https://post.example/news, language: en}\n"


def make(folder: Path, settings: str = SITE, documents: dict[str, str] | None = None, *, preview: bool = False) -> Site:
    source = folder / "seeds"
    source.mkdir(exist_ok=True)
    for name, front in (documents or {}).items():
        (source / f"{name}.md").write_text(f"---\n{front}\n---\n", encoding="utf-8")
    (folder / "config.yaml").write_text(settings, encoding="utf-8")
    return build(loader.load(folder / "config.yaml", drafts=preview), NOW, preview=preview).site


def page(site: Site, path: str) -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(text(site, path).encode())


def text(site: Site, path: str) -> str:
    document = site.document(path)
    assert document is not None, path
    return document.body.decode()


@pytest.fixture(scope="module")
def seeds() -> Site:
    return build(loader.load(ROOT / "config.yaml"), NOW).site


def pages_of(site: Site) -> list[str]:
    return [path for path in site.paths() if path.endswith(".html")]


def test_every_group_has_a_page_and_every_link_of_every_page_leads_somewhere(seeds: Site) -> None:
    paths = set(seeds.paths())
    assert {f"{group}/index.html" for group in seeds.collection.groups} <= paths
    for path in pages_of(seeds):
        for target in page(seeds, path).xpath("//a/@href | //link/@href | //script/@src | //@data-search"):
            if re.match("[a-z]+:|#", target):
                continue
            found = os.path.normpath(f"{os.path.dirname(path)}/{target}".lstrip("/")) + ("/" if target.endswith("/") else "")
            found = "index.html" if found == "./" else f"{found}index.html" if found.endswith("/") else found
            # feeds.opml is not in this folder.
            assert found in paths, (path, target)


def test_a_reader_finds_each_format_of_the_feed_on_its_page(seeds: Site) -> None:
    found = page(seeds, "topics/oceans/index.html").xpath("//link[@rel='alternate']")
    assert {(link.get("type"), link.get("href").rpartition(".")[2]) for link in found} == {
        ("application/atom+xml", "atom"),
        ("application/rss+xml", "rss"),
        ("application/feed+json", "json"),
    }
    base = seeds.config.site.url + "/"
    for link in found:
        assert seeds.document(link.get("href").removeprefix(base)) is not None


def test_head_tells_machines_what_the_page_is(seeds: Site) -> None:
    tree = page(seeds, "topics/oceans/index.html")
    address = f"{seeds.config.site.url}/topics/oceans/"
    assert tree.xpath("//link[@rel='canonical']/@href") == [address]
    assert tree.xpath("//meta[@property='og:url']/@content") == [address]
    assert "Oceans" in tree.xpath("//meta[@property='og:title']/@content")[0]
    data = json.loads(tree.xpath("//script[@type='application/ld+json']/text()")[0])
    assert data["@type"] == "CollectionPage"
    articles = seeds.collection.groups["topics/oceans"].articles
    titles = [item["name"] for item in data["mainEntity"]["itemListElement"]]
    assert titles == [article.title for article in articles]


def test_a_page_shows_the_articles_of_its_feed_newest_first(seeds: Site) -> None:
    tree = page(seeds, "topics/climate/index.html")
    shown = [heading.text_content().strip() for heading in tree.xpath("//article//h3")]
    assert shown == [article.title for article in seeds.collection.groups["topics/climate"].articles]
    assert len(tree.xpath("//article//time/@datetime")) == len(shown)


def test_pictures_have_sizes_and_no_page_asks_for_scripts_or_styles_of_others(seeds: Site) -> None:
    for path in pages_of(seeds):
        tree = page(seeds, path)
        for image in tree.xpath("//img[not(@class='logo')]"):
            assert image.get("width"), path
            assert image.get("height"), path
            assert image.get("referrerpolicy") == "no-referrer"
        for address in tree.xpath("//script/@src | //link[@rel='stylesheet' or @rel='icon']/@href"):
            assert "//" not in address
        assert not tree.xpath("//@style | //@onclick")
        digest = base64.b64encode(hashlib.sha256(tree.xpath("string(//style)").encode()).digest()).decode()
        assert f"style-src 'self' 'sha256-{digest}'; script-src 'self';" in tree.xpath("string(//meta[@http-equiv]/@content)")
        assert "unsafe" not in tree.xpath("string(//meta[@http-equiv]/@content)")
        assert len(tree.xpath("//style")) == 1
        assert [each.get("type") for each in tree.xpath("//script[not(@src)]")] == ["application/ld+json"]


def test_the_front_page_shows_no_article_twice(seeds: Site, tmp_path: Path) -> None:
    one = make(
        tmp_path,
        SITE,
        {"a": "title: Alone\npublishedDateTime: 2026-10-01\ntopics: [T, U]\ncategory: c\nwebUrl: https://a.example/"},
    )
    for site, articles in ((seeds, 11), (one, 1)):
        tree = page(site, "index.html")
        shown = [link.text for link in tree.xpath("//article//h3/a | //p[@class='newest']/a")]
        assert len(shown) == len(set(shown)) == articles
        assert "articles of each week, October 2025 to " in tree.xpath("string(//*[@class='legend'])")
    assert page(one, "index.html").xpath("//h3/a[text()='T']")


def test_held_back_articles_are_on_no_page(tmp_path: Path) -> None:
    site = make(
        tmp_path,
        SITE,
        {
            "shown": "title: Shown\npublishedDateTime: 2026-10-01\ntopics: [Sea]",
            "draft": "title: Hidden draft\npublishedDateTime: 2026-10-02\ntopics: [Sea, Hushed]\npublished: false",
            "later": "title: Hidden later\npublishedDateTime: 2027-10-02\ntopics: [Sea]",
            "secret": "title: With secret\npublishedDateTime: 2026-09-02\nsecured: 'SGlkZGVu'",
        },
    )
    for path in site.paths():
        document = site.document(path)
        assert document is not None
        for word in (b"Hidden", b"ushed", b"SGlkZGVu", b"seeds/"):
            assert word not in document.body, path
    assert "preview" not in text(site, "index.html")
    assert site.document("assets/preview.js") is None


def test_text_of_articles_cannot_break_out_of_the_page(tmp_path: Path) -> None:
    evil = "</script><script>alert(1)</script>"
    front = f'title: "x {evil.replace("script", "xmp")} \\"q\\" {{{{ 7*7 }}}}"\npublishedDateTime: 2026-10-01\nid: "urn:a"'
    front += '\nexcerpt: "</title><img onerror=1> & &lt;/script&gt;"\nwebUrl: "https://a.example/\\"><x>"'
    site = make(tmp_path, SITE, {"a": front})
    tree = page(site, "all/index.html")
    assert not tree.xpath("//xmp | //x | //@onerror")
    assert "7*7" in tree.xpath("string(//article//h3)")
    name = json.loads(tree.xpath("//script[@type='application/ld+json']/text()")[0])["mainEntity"]["itemListElement"][0]["name"]
    assert name == site.collection.articles["urn:a"].title


def test_an_empty_site_and_an_empty_topic_have_pages(tmp_path: Path) -> None:
    site = make(tmp_path, SITE + "topics: {Nothing yet: {}}\n")
    assert "Nothing has been published" in text(site, "index.html")
    assert "Nothing has been published" in text(site, "topics/nothing-yet/index.html")


def test_pages_have_languages_and_directions(tmp_path: Path) -> None:
    documents = {
        "a": "title: خبر\nlocale: ar\npublishedDateTime: 2026-10-01\nwebUrl: https://a.example/1",
        "b": "title: Nouvelle\nlocale: fr\npublishedDateTime: 2026-10-02\nwebUrl: https://a.example/2",
    }
    tree = page(make(tmp_path, SITE, documents), "all/index.html")
    links = {link.text: (link.get("lang"), link.get("dir")) for link in tree.xpath("//article//h3/a")}
    assert links == {"خبر": ("ar", "rtl"), "Nouvelle": ("fr", "ltr")}
    arabic = page(make(tmp_path, SITE.replace("en}", "ar}"), documents), "all/index.html")
    assert (arabic.get("lang"), arabic.get("dir")) == ("ar", "rtl")


def test_dates_are_written_out_and_do_not_depend_on_the_clock(tmp_path: Path) -> None:
    documents = {"a": "title: A\npublishedDateTime: 2026-03-07T23:00:00-05:00\ntopics: [T]"}
    site = make(tmp_path, SITE, documents)
    assert '<time datetime="2026-03-08">8 March 2026</time>' in text(site, "topics/t/index.html")
    later = build(loader.load(tmp_path / "config.yaml"), datetime(2031, 1, 1, tzinfo=UTC)).site
    assert [later.document(path) for path in later.paths()] == [site.document(path) for path in site.paths()]


def test_neighbours_parents_and_children_lead_to_each_other(tmp_path: Path) -> None:
    site = make(
        tmp_path,
        SITE + "topics: {Birds: {parent: Animals}}\n",
        {
            "a": "title: A\npublishedDateTime: 2026-10-01\ntopics: [Birds, Weather]\nwebUrl: https://one.example/a",
            "b": "title: B\npublishedDateTime: 2026-10-02\ntopics: [Birds, Weather]\nwebUrl: https://two.example/a",
        },
    )
    birds = page(site, "topics/birds/index.html")
    assert birds.xpath("//nav[@class='trail']//a/@href") == ["../../topics/", "../../topics/animals/"]
    assert birds.xpath("//section[@aria-labelledby='near']//a/text()") == ["Weather"]
    assert birds.xpath("//section[@aria-labelledby='by']//a/text()") == ["one.example", "two.example"]
    assert page(site, "topics/animals/index.html").xpath("//section[@aria-labelledby='children']//h3/a/text()") == ["Birds"]
    front = page(site, "index.html")
    assert front.xpath("//ul[@class='tree']/li[.//h3/a='Animals']/ul/li//h4/a/text()") == ["Birds"]


def test_pages_stay_small_and_long_lists_are_cut_into_pages(tmp_path: Path) -> None:
    long = "Très longue dépêche à propos d’une affaire " * 6
    documents = {
        f"a{number}": f"title: {long}{number}\nexcerpt: {long * 9}\npublishedDateTime: 2026-10-01\ntopics: [T{number}, All]\n"
        f"webUrl: https://site{number:03}.example/{'é' * 60}\n"
        f"provider: {{name: Provider {number:03}, domain: site{number:03}.example}}"
        for number in range(300)
    }
    site = make(tmp_path, SITE + "limit: 1000\n", documents)
    shared = sum(len(text(site, f"assets/{name}").encode()) for name in ("feeds.js", "icon.svg"))
    for path in pages_of(site):
        assert len(text(site, path).encode()) + shared < 60_000, path
    second = page(site, "providers/index/2.html")
    names = [
        link.text
        for path in ("providers/index.html", "providers/index/2.html")
        for link in page(site, path).xpath("//ul[@class='names']//a")
    ]
    assert names == [f"Provider {number:03}" for number in range(300)]
    assert second.xpath("//nav[@class='parts']//a/@href") == ["../../providers/", "../../providers/index/2.html"]


def test_search_index_names_every_group(seeds: Site) -> None:
    rows = json.loads(text(seeds, "assets/search.json"))
    expected = {path: (group.name, len(group.articles)) for path, group in seeds.collection.groups.items() if path != "all"}
    assert {f"{kind}/{slug}": (name, count) for kind, slug, name, count in rows} == expected


def test_a_folder_of_templates_changes_pages_and_adds_a_logo_and_rules(tmp_path: Path) -> None:
    theme = tmp_path / "theme"
    theme.mkdir()
    (theme / "base.html").write_text(
        '{% extends "feeds/base.html" %}{% block masthead %}<p>Ours: {{ site.title }}</p>{% endblock %}'
    )
    (theme / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (theme / "site.css").write_text("p { color: red }")
    front = "title: A\npublishedDateTime: 2026-10-01\ntopics: [T]"
    site = make(tmp_path, SITE + "templates: theme\n", {"a": front})
    tree = page(site, "topics/t/index.html")
    assert tree.xpath("string(//header)").strip() == "Ours: Post"
    assert tree.xpath("//style/following::link[@rel='stylesheet']/@href") == ["../../assets/site.css"]
    assert tree.xpath("//link[@rel='icon']/@href") == ["../../assets/logo.svg"]
    assert text(site, "assets/site.css") == "p { color: red }"


def test_urls_in_a_custom_stylesheet_work(tmp_path: Path) -> None:
    (tmp_path / "theme").mkdir()
    (tmp_path / "theme" / "feeds.css").write_text("@font-face { font-family: Own; src: url(own.woff2) }")
    (tmp_path / "theme" / "own.woff2").write_bytes(b"font")
    site = make(tmp_path, SITE + "templates: theme\n", {"a": "title: A\npublishedDateTime: 2026-10-01\ntopics: [T]"})
    tree = page(site, "topics/t/index.html")
    assert tree.xpath("//link[@rel='stylesheet']/@href") == ["../../assets/feeds.css"]
    assert not tree.xpath("//style")
    assert "style-src 'self'; " in tree.xpath("string(//meta[@http-equiv]/@content)")
    assert text(site, "assets/feeds.css").endswith("url(own.woff2) }")


@pytest.mark.parametrize(
    ("name", "content"), [("front.html", "{% if %}"), ("front.html", "{{ page.nothing }}"), ("notes.doc", "x"), (None, "")]
)
def test_a_broken_template_is_an_error(tmp_path: Path, name: str | None, content: str) -> None:
    if name is not None:
        (tmp_path / "theme").mkdir()
        (tmp_path / "theme" / name).write_text(content)
    with pytest.raises(ThemeError, match=name or "theme"):
        make(tmp_path, SITE + "templates: theme\n").document("index.html")


def test_without_pages_feeds_keep_their_stylesheet(tmp_path: Path) -> None:
    site = make(tmp_path, SITE + "pages: false\n", {"a": "title: A\npublishedDateTime: 2026-10-01"})
    assert not pages_of(site)
    assert [path for path in site.paths() if path.startswith("assets/")] == ["assets/feed.css"]


@pytest.mark.parametrize("path", ["all.rss", "topics/oceans.rss", "topics/oceans.atom"])
def test_a_feed_names_its_stylesheet_and_stays_a_feed(seeds: Site, path: str) -> None:
    body = text(seeds, path).encode()
    instruction = etree.fromstring(body).getprevious()
    address = re.search('href="([^"]*)"', instruction.text)
    assert address is not None
    assert os.path.normpath(f"{os.path.dirname(path)}/{address[1]}".lstrip("/")) == "assets/feed.css"
    assert not feedparser.parse(body).bozo


def test_a_preview_shows_sources_states_and_mistakes(tmp_path: Path) -> None:
    documents = {
        "draft": "title: Not yet\npublishedDateTime: 2026-10-02\ntopics: [Sea]\npublished: false",
        "later": "title: Later\npublishedDateTime: 2027-10-02\ntopics: [Sea]",
        "broken": "title: Broken\npublishedDateTime: soon\ntopics: [Sea]",
        "other": "title: Other\npublishedDateTime: 2026-01-02\ntopics: [Land]",
        "nowhere": "title: [unclosed",
    }
    site = make(tmp_path, documents=documents, preview=True)
    sea = page(site, "topics/sea/index.html")
    assert sea.xpath("//*[@class='state']/text()") == ["Scheduled", "Draft"]
    assert sea.xpath("//article//code/text()") == ["seeds/later.md", "seeds/draft.md"]
    assert sea.xpath("//section[@class='problems']//code/text()") == ["seeds/broken.md:3", "publishedDateTime"]
    assert not page(site, "topics/land/index.html").xpath("//section[@class='problems']")
    front = page(site, "index.html")
    assert {code.partition(":")[0] for code in front.xpath("//section[@class='problems']//li/code[1]/text()")} == {
        "seeds/broken.md",
        "seeds/nowhere.md",
    }
    assert site.document("assets/preview.js") is not None


def test_html_validate_finds_nothing_on_any_page(seeds: Site, tmp_path: Path) -> None:
    tool = ROOT / "node_modules/html-validate/bin/html-validate.mjs"
    node = needed(shutil.which("node"), "node")
    needed(tool if tool.exists() else None, "html-validate (npm)")
    (tmp_path / ".htmlvalidate.json").write_text('{"root": true, "extends": ["html-validate:recommended"]}')
    found = {path: text(seeds, path) for path in pages_of(seeds)}
    # Pages that only a server has: searches, queries, errors, feeds in a browser.
    group = queries.group(queries.parse([("topic", "oceans")], seeds.collection, seeds.config), seeds.collection, seeds.config)
    asked = [seeds.search("tide"), seeds.search("nowhere"), seeds.query_page(group), seeds.opened("topics/oceans.atom")]
    found |= {str(number): document.body.decode() for number, document in enumerate(asked) if document is not None}
    for status, near in ((404, ["topics/oceans"]), (404, []), (410, []), (503, [])):
        found[f"{status}{near}"] = seeds.error_page(status, "Why & how.", near=near, depth=1).decode()
    assert len(found) == len(pages_of(seeds)) + len(asked) + 4
    names = []
    for number, content in enumerate(found.values()):
        names.append(f"{number}.html")
        (tmp_path / names[-1]).write_text(content)
    done = subprocess.run([node, str(tool), *names], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_variable_of_templates_is_documented() -> None:
    documented = set(re.findall(r"`([a-z_]+)", (ROOT / "docs/templates.md").read_text(encoding="utf-8")))
    nouns = (
        pages.FrontPage,
        pages.GroupPage,
        pages.ListPage,
        pages.Part,
        pages.Card,
        pages.Story,
        pages.Link,
        pages.Address,
        pages.ErrorPage,
        pages.OpenedFeed,
        Problem,
    )
    for noun in nouns:
        for field in structs.fields(noun):
            # Private facts are only for previews.
            assert field.name in documented or field.name == "private", f"{noun.__name__}.{field.name}"
