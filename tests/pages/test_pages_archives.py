"""Archive pages for people: a group's page links to them, month by month, and never to raw XML."""

import os

import pytest
from lxml import html
from support import REQUIRED, Site, doc

MONTHS = [f"2026-{month:02}" for month in range(1, 7)]
NAMES = ["January 2026", "February 2026", "March 2026", "April 2026", "May 2026", "June 2026"]


@pytest.fixture
def monthly(site: Site) -> Site:
    """An article in each month; feeds have the last two."""
    site.write({"config.yaml": REQUIRED + "limit: 2\n"})
    return site.write(
        {
            f"articles/{month}.md": doc({"title": f"Of {month}", "publishedDateTime": f"{month}-05", "topics": ["Oceans"]})
            for month in MONTHS
        }
    )


def target(path: str, link: str) -> str:
    """The file that a link on the page at `path` points to."""
    return os.path.normpath(f"{os.path.dirname(path)}/{link}/index.html")


def test_older_entries_are_found_through_the_archive(monthly: Site) -> None:
    files = monthly.export()
    links = html.fromstring(files["topics/oceans/index.html"]).xpath("//section[@class='archives']//a")
    assert [link.text for link in links] == NAMES[::-1]
    for month, link in zip(MONTHS[::-1], links, strict=True):
        page = html.fromstring(files[target("topics/oceans/index.html", link.get("href"))])
        assert page.xpath("//section//li//text()[contains(., 'Of ')]") == [f"Of {month}"]


@pytest.mark.parametrize("group", ["all", "topics/oceans"])
def test_older_leads_from_the_group_to_its_first_article_and_newer_back(monthly: Site, group: str) -> None:
    files = monthly.export()
    path, seen = f"{group}/index.html", []
    while older := html.fromstring(files[path]).xpath("//a[@rel='next']/@href"):
        path = target(path, older[0])
        seen.append(path.split("/")[-2])
    # The two newest are on the group's page.
    assert seen == MONTHS[3::-1]
    steps = 0
    while newer := html.fromstring(files[path]).xpath("//a[@rel='prev']/@href"):
        path, steps = target(path, newer[0]), steps + 1
    assert (path, steps) == (f"{group}/index.html", 6)


def test_a_correction_changes_the_page_of_its_month_alone(monthly: Site) -> None:
    before = monthly.export()
    monthly.write({"articles/2026-03.md": doc({"title": "Mended", "publishedDateTime": "2026-03-05", "topics": ["Oceans"]})})
    after = monthly.export()
    changed = {path for path in before if "/archive/" in path and path.endswith(".html") and before[path] != after[path]}
    assert changed == {"all/archive/2026-03/index.html", "topics/oceans/archive/2026-03/index.html"}


def test_an_empty_month_has_no_page(monthly: Site) -> None:
    monthly.export()
    (monthly.folder / "articles/2026-03.md").unlink()
    after = monthly.export()
    assert "all/archive/2026-03/index.html" not in after
    assert not any(b"archive/2026-03" in body for body in after.values())
    assert after == monthly.export(out="fresh")


def test_a_server_has_the_same_pages(monthly: Site) -> None:
    with monthly.serve() as server:
        answer = server.get("topics/oceans/archive/2026-01/")
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.content == monthly.export()["topics/oceans/archive/2026-01/index.html"]
        assert server.get("topics/oceans/archive/2025-01/").status_code == 404


def test_pages_of_archives_follow_the_name_of_a_publisher(monthly: Site) -> None:
    def newest(name: str) -> str:
        provider = {"name": name, "domain": "paper.example"}
        return doc({"title": "New", "publishedDateTime": "2026-07-05", "topics": ["Oceans"], "provider": provider})

    # Articles of its site that do not say whose they are have the name that the others have.
    for month in MONTHS:
        url = {"webUrl": f"https://paper.example/{month}"}
        front = {"title": f"Of {month}", "publishedDateTime": f"{month}-05", "topics": ["Oceans"]}
        monthly.write({f"articles/{month}.md": doc(front | url)})
    before = monthly.write({"articles/new.md": newest("Courier")}).export()
    pages = {path for path in before if path.endswith(".html") and b"Courier" in before[path]}
    assert pages > {f"{group}/archive/{month}/index.html" for group in ("all", "topics/oceans") for month in MONTHS}
    after = monthly.write({"articles/new.md": newest("Herald")}).export()
    assert {path for path in pages if b"Courier" in after[path] or b"Herald" not in after[path]} == set()
