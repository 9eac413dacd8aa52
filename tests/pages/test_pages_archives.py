"""A group's page leads to its archive pages, and they are there."""

from lxml import html
from support import REQUIRED, Site, doc


def test_older_entries_are_found_through_the_archive(site: Site) -> None:
    months = [f"2026-{month:02}" for month in range(1, 7)]
    site.write({"config.yaml": REQUIRED + "limit: 2\n"})
    site.write(
        {
            f"articles/{month}.md": doc({"title": month, "publishedDateTime": f"{month}-05", "topics": ["Oceans"]})
            for month in months
        }
    )
    files = site.export()
    page = html.fromstring(files["topics/oceans/index.html"])
    links = page.xpath("//section[@class='archives']//a")
    assert [link.text for link in links] == months[::-1]
    for link in links:
        target = f"topics/oceans/{link.get('href')}".replace("topics/oceans/../../", "")
        assert target in files, target
