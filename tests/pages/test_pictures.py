"""Pictures on pages: where they are loaded from, by `pictures` in the config, and what pages say about it."""

from typing import Any

import pytest
from lxml import html
from support import BASE, Site, doc

LOADED = "//img/@src | //img/@srcset | //source/@srcset | //video/@poster | //audio/@src | //video/@src"
BODY = """One <a href="https://b.example/"><img src="https://p.example/in-link.png" alt="A chart"></a>

<picture><source srcset="https://p.example/wide.webp"><img src="https://p.example/plain.png" alt="Plain"></picture>

<video src="https://p.example/film.mp4" poster="https://p.example/still.jpg" controls></video>

<img src="own.png" alt="Ours">
"""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c63f8cfc0000003010100c9fe92ef"
    "0000000049454e44ae426082"
)


@pytest.fixture
def pictured(tmp_path: Any) -> Site:
    fields = {
        "title": "Pictured",
        "publishedDateTime": "2026-10-01",
        "topics": ["Sea"],
        "provider": {"name": "Courier", "domain": "courier.example", "images": [{"url": "https://p.example/logo.png"}]},
        "images": [{"url": "https://p.example/lead.jpg", "title": "The lead"}],
    }
    return Site(tmp_path).write({"articles/a.md": doc(fields, BODY), "articles/own.png": PIXEL})


def pages(site: Site, **config: Any) -> dict[str, Any]:
    files = site.configure(**config).export()
    return {path: html.document_fromstring(body) for path, body in files.items() if path.endswith(".html")}


def policy(page: Any) -> str:
    content: str = page.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
    return next(part for part in content.split("; ") if part.startswith("img-src"))


def test_pages_load_pictures_from_their_publishers_and_say_so(pictured: Site) -> None:
    found = pages(pictured)
    (article,) = (page for path, page in found.items() if path.startswith("articles/"))
    assert "https://p.example/lead.jpg" in article.xpath(LOADED)
    for page in found.values():
        assert "Pictures are loaded from the sites that published them." in page.xpath("string(//footer)")


def test_with_pictures_none_pages_load_nothing_of_others_and_lead_to_it(pictured: Site) -> None:
    found = pages(pictured, pictures="none")
    for path, page in found.items():
        of_others = [url for url in page.xpath(LOADED) if not url.startswith((f"{BASE}/", "../", "data:"))]
        # The video is not loaded before it is played.
        assert of_others == (["https://p.example/film.mp4"] if path.startswith("articles/") else []), path
        assert policy(page) == f"img-src 'self' {BASE} data:"
        assert "loads no pictures from other sites" in page.xpath("string(//footer)")
    (article,) = (page for path, page in found.items() if path.startswith("articles/"))
    assert article.xpath("//video/@preload") == ["none"]
    assert [link.text for link in article.xpath("//*[@class='prose']//a")] == ["A chart", "Plain"]
    assert [picture.get("alt") for picture in article.xpath("//*[@class='prose']//img")] == ["Ours"]
    assert not article.xpath("//a//a")
    # Feeds keep pictures: readers load them as their users want.
    assert "https://p.example/lead.jpg" in pictured.items()[0]["content_html"]


def test_an_invalid_value_of_pictures_is_an_error(pictured: Site) -> None:
    pictured.configure(pictures="some")
    assert "pictures.show: found 'some', expected any of link, proxy, none" in pictured.run("check", status=2).err
