"""Pages of articles without an address elsewhere: address, content, and links to them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from support import BASE, Site, changed, doc, parsed, until

LONG = "The lamp is lit at dusk, and the keeper counts the boats that come home before the fog does."


@pytest.fixture
def small(tmp_path: Path) -> Site:
    return Site(tmp_path).configure()


def write(small: Site, name: str, day: int = 1, body: str = LONG, **fields: Any) -> None:
    """An article without an address."""
    fields = {"title": f"Title of {name}", "publishedDateTime": f"2026-10-{day:02}T08:00:00Z"} | fields
    small.write({f"articles/{name}.md": doc(fields, body)})


def pages(files: dict[str, bytes]) -> dict[str, Any]:
    """The pages of articles, by the name of their document."""
    return {
        re.sub(r"-[0-9a-f]{8}$", "", path.split("/")[1]): html.document_fromstring(body)
        for path, body in files.items()
        if path.startswith("articles/")
    }


def test_every_entry_of_every_format_leads_to_the_page_of_an_article_without_an_address(small: Site) -> None:
    write(small, "2026-10-01-keeper")
    small.article("elsewhere", publishedDateTime="2026-10-02T08:00:00Z")
    files = small.export()
    (path,) = (path for path in files if path.startswith("articles/"))
    address = f"{BASE}/{path.removesuffix('index.html')}"
    assert re.fullmatch(r"articles/keeper-[0-9a-f]{8}/index\.html", path)
    expected = {"https://news.example.com/elsewhere", address}
    assert {entry.link for entry in parsed(files["all.atom"]).entries} == expected
    assert {entry.link for entry in parsed(files["all.rss"]).entries} == expected
    assert {item["url"] for item in json.loads(files["all.json"])["items"]} == expected


def test_the_page_shows_the_whole_article(small: Site) -> None:
    write(
        small,
        "keeper",
        title="The keeper",
        excerpt="A night at the light",
        topics=["Lights", "Sea"],
        provider={"name": "Harbour Courier", "domain": "courier.example", "authors": [{"name": "Moira Tennent"}]},
        images=[{"url": "https://pictures.example/lamp.jpg", "width": 800, "height": 600, "title": "The lamp"}],
        actions=[{"url": "https://sound.example/14.mp3", "title": "Episode 14", "type": "audio/mpeg", "size": 1_200_000}],
        related=[{"title": "Another light", "webUrl": "https://other.example/light"}],
        corrections=[{"text": "The lamp has four wicks, not three.", "date": "2026-10-03"}],
        body=f"# Dusk\n\n{LONG}\n\n### Fog\n\nIt came.",
    )
    page = pages(small.export())["keeper"]
    assert page.xpath("//h1")[0].text_content() == "The keeper"
    assert [(heading.tag, heading.text_content()) for heading in page.xpath("//*[@class='prose']//*[self::h2 or self::h3]")] == [
        ("h2", "Dusk"),
        ("h3", "Fog"),
    ]
    text = page.xpath("string(//article)")
    for output in (
        LONG,
        "A night at the light",
        "Moira Tennent",
        "Harbour Courier",
        "1 October 2026",
        "Correction, 3 October 2026: The lamp has four",
    ):
        assert output in text
    assert page.xpath("//article//img/@src") == ["https://pictures.example/lamp.jpg"]
    assert page.xpath("//audio/@src") == ["https://sound.example/14.mp3"]
    assert "https://other.example/light" in page.xpath("//section//a/@href")
    assert [link.text for link in page.xpath("//nav[@aria-label='Topics']//a")][:2] == ["Lights", "Sea"]
    data = json.loads(page.xpath("//script[@type='application/ld+json']/text()")[0])
    assert data["@type"] == "Article"
    assert data["headline"] == "The keeper"
    assert data["datePublished"] == "2026-10-01T08:00:00+00:00"
    assert page.xpath("//meta[@property='og:type']/@content") == ["article"]
    assert page.xpath("//meta[@property='og:image']/@content") == ["https://pictures.example/lamp.jpg"]
    assert page.xpath("//link[@rel='canonical']/@href") == page.xpath("//meta[@property='og:url']/@content")


def test_no_script_gets_into_a_page(small: Site) -> None:
    write(
        small, "evil", title="<script>alert(1)</script>", body='<script>alert(2)</script><img src="x:y" onerror="alert(3)">Well.'
    )
    page = pages(small.export())["evil"]
    assert [script.get("src") or script.get("type") for script in page.xpath("//script")] == [
        "../../assets/feeds.js",
        "application/ld+json",
    ]
    assert not page.xpath("//@onerror")


def test_headlines_link_to_the_page_which_links_to_its_neighbours(small: Site) -> None:
    for day, name in enumerate(("first", "second", "third"), 1):
        write(small, name, day, topics=["Sea"])
    write(small, "between", 2, topics=["Land"])
    files = small.export()
    address = {
        re.sub(r"-[0-9a-f]{8}$", "", path.split("/")[1]): path.split("/")[1] for path in files if path.startswith("articles/")
    }
    group = html.document_fromstring(files["topics/sea/index.html"])
    assert group.xpath("//article//h3/a/@href") == [f"../../articles/{address[name]}/" for name in ("third", "second", "first")]
    beside = pages(files)["second"].xpath("//nav[@class='beside']//a/@href")
    assert beside == [f"../../articles/{address['third']}/", f"../../articles/{address['first']}/"]


def test_the_address_stays_when_others_come_and_go_and_the_title_changes(small: Site) -> None:
    write(small, "keeper")
    before = {path for path in small.export() if path.startswith("articles/")}
    write(small, "keeper", title="Another title", body="Another text")
    write(small, "keeper-2", 2)
    assert before < {path for path in small.export() if path.startswith("articles/")}


def test_an_export_after_a_change_is_the_same_as_a_new_one(small: Site) -> None:
    for day in range(1, 9):
        write(small, f"a{day}", day, topics=["Sea"] if day % 2 else ["Land"])
    before = small.export()
    write(small, "a5", 5, body="Reworded", topics=["Sea"])
    write(small, "new", 9, topics=["Sea"])
    (small.folder / "articles/a3.md").unlink()
    after = small.export()
    report = json.dumps(sorted(changed(before, after)))
    # Only the neighbours of a changed article change too.
    assert {name for name in ("a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "new") if f"articles/{name}-" in report} == {
        *("a1", "a3", "a5", "a7", "new")
    }
    assert small.export(out="fresh") == after


def test_a_page_links_to_the_topics_that_have_a_page(small: Site) -> None:
    small.configure(minimums={"topic": {"quality": 50}}, least_left="0%")
    write(small, "poor", quality=1, topics=["Ice", "Sea"])
    write(small, "ice", quality=90, topics=["Ice"])

    def topics() -> list[str]:
        page = pages(small.export())["poor"]
        return [link.text for link in page.xpath("//main//a[contains(@href, 'topics/')]") if link.text in ("Ice", "Sea")]

    write(small, "rich", quality=90, topics=["Sea"])
    assert set(topics()) == {"Ice", "Sea"}
    write(small, "rich", quality=90, topics=["Ice"])
    assert set(topics()) == {"Ice"}
    write(small, "rich", quality=90, topics=["Sea"])
    assert set(topics()) == {"Ice", "Sea"}


@pytest.mark.parametrize(("setting", "expected"), [("missing", {"without"}), ("all", {"without", "elsewhere"}), (False, set())])
def test_a_setting_says_which_articles_have_pages(small: Site, setting: Any, expected: set[str]) -> None:
    small.configure(article_pages=setting)
    write(small, "without")
    small.article("elsewhere", publishedDateTime="2026-10-02T08:00:00Z")
    files = small.export()
    assert set(pages(files)) == expected
    # Feeds link to an article's own address, and search engines get it as canonical.
    assert json.loads(files["all.json"])["items"][0]["url"] == "https://news.example.com/elsewhere"
    if "elsewhere" in expected:
        page = pages(files)["elsewhere"]
        assert page.xpath("//link[@rel='canonical']/@href") == ["https://news.example.com/elsewhere"]
        assert "https://news.example.com/elsewhere" in page.xpath("//article//a/@href")


def test_a_wrong_setting_names_the_right_ones(small: Site) -> None:
    small.configure(article_pages="some")
    done = small.run("export", status=2)
    assert "article_pages: found 'some', expected any of missing, all" in done.err


def test_sitemaps_list_the_pages_of_articles(small: Site) -> None:
    small.configure(sitemaps=["plain", "news"])
    write(small, "keeper")
    files = small.export()
    (path,) = (path for path in files if path.startswith("articles/"))
    address = f"<loc>{BASE}/{path.removesuffix('index.html')}</loc>".encode()
    assert address in files["sitemap.xml"]
    assert address in files["news.xml"]


def test_a_server_answers_410_for_a_removed_page(tmp_path: Path) -> None:
    site = Site(tmp_path).write(
        {
            "config.yaml": "site: {title: Tidings, url: 'https://feeds.example.org'}\nsources: [articles]\ngone_after: 1s\n",
            "articles/keeper.md": f"---\ntitle: Keeper\ndate: 2026-10-01\n---\n{LONG}\n",
            "articles/other.md": "---\ntitle: Other\ndate: 2026-10-02\nlink: https://news.example/other\n---\nText\n",
        }
    )
    with site.serve() as server:
        items = {item["title"]: item["url"] for item in server.get("all.json").json()["items"]}
        path = items["Keeper"].removeprefix("https://feeds.example.org/")
        answer = server.get(path)
        assert answer.status_code == 200
        assert LONG in answer.text
        assert server.get(path, If_None_Match=answer.headers["etag"]).status_code == 304
        assert server.get(path.rstrip("/")).headers["location"].endswith("/")
        (tmp_path / "articles/keeper.md").unlink()
        until(lambda: server.get(path).status_code == 410)
