"""No SQL statement of the index scans a table, but for those that must: the cost of a change follows its size."""

from datetime import UTC, datetime

from plans import Statements, scans
from support import Site, doc
from test_index import CONFIG, write_many

from feeds.config import loader
from feeds.publish.export import export
from feeds.site import queries
from feeds.site.build import build
from feeds.text import words

NOW = datetime(2026, 11, 1, tzinfo=UTC)
# Statements that may scan: finding deleted files needs all of them, and sites are few.
WHOLE = (
    "select distinct folder from documents",
    "from outputs where place = ? order by path",
    "select count(*) from outputs",
    "select home, min(read) from sites",
    "select number from sites",
    "select s.number from sites s",
    "select number from homes where used",
    "select name from renderings",
    "having count(*) > 1",
    "select 1 from documents",
)


def test_no_statement_scans_a_table(site: Site, database_url: str, statements: Statements) -> None:
    site = write_many(
        site, CONFIG + f"index: '{database_url}'\nminimums: {{topic: {{quality: 5}}}}\nledger: true\npictures: proxy\n"
    )
    site.write({"articles/p.png": b"GIF89a\1\0\1\0\0\0;"})
    config = loader.load(site.folder / "config.yaml")

    def change(number: int, **fields: object) -> None:
        given = {"title": f"Changed {number}", "publishedDateTime": "2026-03-04", "topics": ["Sea", "New"], "id": "urn:x"}
        site.write({f"articles/{number:03}.md": doc(given | fields, "![p](p.png) ![q](https://q.example/q.png)")})

    for step in range(4):
        if step == 1:
            change(7)
            change(8, published=False)
        if step == 2:
            change(9, provider={"name": "P", "domain": "p.example", "images": [{"url": "https://p.example/i.png"}]})
            change(10, publishedDateTime="2027-01-01", id="urn:y")
            (site.folder / "articles/011.md").unlink()
        moment = NOW.replace(year=2028) if step == 3 else NOW
        made = build(config, moment, publishes=True)
        export(made.site, made.index, str(site.folder / "dist"))
        group = made.site.collection.groups["topics/sea"]
        assert len(list(group.articles)) == len(group.articles)
        query = queries.parse([("topic", "sea"), ("provider", "p1.example")], made.site.collection, config)
        assert queries.group(query, made.site.collection, config).articles
        if step:
            assert made.site.collection.articles["urn:x"].title.startswith("Changed")
        assert made.selection.duplicates or step != 2
        for best_first in (True, False):
            assert bool(made.site.collection.find(words.parse("changed"), 3, best_first)) == (step > 0)
        copies = [made.site.collection.copies[name] for name in made.site.collection.copies]
        assert ("https://q.example/q.png" in copies) == (step > 0)
        made.index.problems()
        made.index.broken()
        made.index.close()

    assert len(statements) > 60
    assert not scans(statements, database_url, site.folder, WHOLE)
