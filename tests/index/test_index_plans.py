"""What a change costs follows what it touches: no statement of the index scans a table, but those that are meant to."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from support import Site, doc
from test_index import CONFIG, write_many

from feeds.config import loader
from feeds.publish.export import export
from feeds.site import queries
from feeds.site.build import build
from feeds.storage import database
from feeds.storage.postgresql import PostgreSQL
from feeds.storage.sqlite import SQLite

NOW = datetime(2026, 11, 1, tzinfo=UTC)
# What looks at everything: whether files are gone is seen by all of them, as is what stands; and sites are few.
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
    "feeds_meta",
    "sqlite_master",
    "pg_tables",
    "pg_namespace",
)

# All of a table, or all that one site or place has in it.
BAD = r"^SCAN (?!CONSTANT)|AUTOMATIC|(documents|articles|a|outputs) USING .*\((home|place)=\?\)|Seq Scan"


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> dict[str, Sequence[Any]]:
    """Every statement that is run, with parameters that it is run with."""
    found: dict[str, Sequence[Any]] = {}
    for driver in (SQLite, PostgreSQL):
        rows, many = driver.rows, driver.many

        def watched(self: Any, sql: str, parameters: Sequence[Any], rows: Any = rows) -> Any:
            found.setdefault(sql, parameters)
            return rows(self, sql, parameters)

        def watched_many(self: Any, sql: str, given: Any, many: Any = many) -> None:
            given = list(given)
            if given:
                found.setdefault(sql, given[0])
            many(self, sql, given)

        monkeypatch.setattr(driver, "rows", watched)
        monkeypatch.setattr(driver, "many", watched_many)
    return found


def test_no_statement_scans_a_table(site: Site, database_url: str, statements: dict[str, Sequence[Any]]) -> None:
    site = write_many(site, CONFIG + f"index: '{database_url}'\nminimums: {{topic: {{quality: 5}}}}\n")
    site.write({"articles/p.png": b"GIF89a\1\0\1\0\0\0;"})
    config = loader.load(site.folder / "config.yaml")

    def change(number: int, **fields: object) -> None:
        given = {"title": f"Changed {number}", "publishedDateTime": "2026-03-04", "topics": ["Sea", "New"], "id": "urn:x"}
        site.write({f"articles/{number:03}.md": doc(given | fields, "![p](p.png)")})

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
        made.index.problems()
        made.index.broken()
        made.index.close()

    opened = database.connect(database_url, site.folder)
    if opened.dialect == "postgresql":
        # Of small tables PostgreSQL would rather read all.
        opened.execute("set enable_seqscan = off")
    scanned = {}
    for sql, parameters in list(statements.items()):
        if not re.match(r"select|insert|update|delete", sql) or any(part in sql for part in WHOLE):
            continue
        explain = "explain query plan " if opened.dialect == "sqlite" else "explain "
        plan = [str(row[-1]) for row in opened.rows(explain + sql, parameters)]
        if bad := [line for line in plan if re.search(BAD, line)]:
            scanned[sql] = bad
    opened.close()
    assert len(statements) > 60
    assert not scanned
