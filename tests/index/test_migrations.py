"""Indexes of earlier versions are opened without losing what subscribers depend on."""

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from support import Site

CONFIG = """\
site: {title: Tidings, url: "https://feeds.example.org", id: "tag:example.org,2026:tidings", language: en}
sources: [articles]
hub: true
"""
# The index before numbered migrations; in versions 1 and 2, tables of today's names have other columns.
UNNUMBERED = (
    "create table documents (home text not null, path text not null, stamp text not null, content bytea not null, "
    "digest bytea, listing bytea, problems bytea not null, broken bytea, places bytea not null, primary key (home, path))",
    "create table entries (digest bytea not null, look text not null, names bytea not null, bodies bytea not null, "
    "primary key (digest, look))",
    "create table pieces (home text not null, name text not null, number bigint not null, piece bytea not null)",
    "insert into pieces values ('x', 'y', 1, '')",
    "insert into feeds_meta values ('version of documents', '1-96a3ef10cc320b80')",
)
FIRST = (
    "create table homes (number bigint primary key, name text not null unique, generation bigint not null, used bigint not null)",
    "create table articles (number bigint primary key, home bigint not null, id text not null, published bigint not null, "
    "updated bigint not null, listing bytea not null, dropped bigint)",
    "create table looks (name text primary key, used bigint not null)",
    "insert into homes values (1, 'x', 1, 1)",
    "insert into looks values ('x', 1)",
    "insert into feeds_meta values ('version of index', '1')",
)
THIRD = (
    "create table homes (number bigint primary key, name text not null unique, generation bigint not null, used bigint not null, "
    "ledger text not null, identified bigint not null)",
    "create table articles (number bigint primary key, home bigint not null, id text not null, published bigint not null, "
    "updated bigint not null, expires bigint, listing bytea not null, line bytea, withdrawn bigint, dropped bigint)",
    "create index articles_by_id on articles (home, id)",
    "create table renderings (name text primary key, used bigint not null)",
    "create table words (article bigint)",
    "insert into homes values (1, 'x', 1, 1, '', 0)",
    "insert into renderings values ('x', 1)",
    "insert into feeds_meta values ('version of index', '3')",
)
EARLIER = {
    "unnumbered": (*UNNUMBERED, "insert into feeds_meta values ('generation', '1795864040887125')"),
    "1": FIRST,
    "2": (*FIRST[:-1], "create table words (article bigint)", "insert into feeds_meta values ('version of index', '2')"),
    "3": THIRD,
}
META = "create table if not exists feeds_meta (name text primary key, value text not null)"
HISTORY = (
    "create table changed (path text primary key, etag text not null, at bigint not null, generation bigint not null, "
    "due bigint not null)",
    "create table published (path text primary key)",
    "insert into published values ('topics/gone.atom')",
)
HUB = (
    "create table topics (role text not null, url text not null, digest text not null, trace bytea not null, "
    "generation bigint not null, primary key (role, url))",
    "create table deliveries (key text primary key, protocol text not null, topic text not null, callback text not null, "
    "host text not null, secret text not null, expires bigint not null, wanted bigint not null, delivered bigint not null, "
    "due bigint, attempts bigint not null, behind bigint, said text not null)",
    "create table intents (key text primary key, protocol text not null, mode text not null, topic text not null, "
    "callback text not null, host text not null, secret text not null, seconds bigint not null, due bigint not null, "
    "attempts bigint not null)",
    "insert into deliveries values ('k', 'websub', 'https://feeds.example.org/all.atom', 'https://reader.example/', "
    "'reader.example', '', 9999999999999, 0, 0, null, 0, null, '')",
    "insert into feeds_meta values ('version of hub', '1')",
)
AUGUST = 1786010400


def write(url: str, folder: Path, statements: Sequence[str]) -> None:
    """Run statements in the database at `url` without our own code."""
    if url.startswith("sqlite:///"):
        file = folder / url.removeprefix("sqlite:///")
        file.parent.mkdir(exist_ok=True)
        with closing(sqlite3.connect(file)) as connection:
            for statement in statements:
                connection.execute(statement.replace("bytea", "blob"))
            connection.commit()
        return
    schema = urlsplit(url).query.removeprefix("schema=")
    with psycopg.connect(url.partition("?")[0], options=f"-c search_path={schema}") as database:
        database.execute(f'create schema if not exists "{schema}"'.encode())
        for statement in statements:
            database.execute(statement.encode())


@pytest.mark.parametrize("version", EARLIER)
def test_an_earlier_index_forgets_no_last_modified_no_410_and_no_subscriber(site: Site, database_url: str, version: str) -> None:
    site.write({"config.yaml": CONFIG}).article("one", publishedDateTime="2026-03-01", topics=["Sea"])
    etag = f'"{hashlib.sha256(site.export()["all.atom"]).hexdigest()[:32]}"'
    shutil.rmtree(site.folder / ".feeds")
    site.write({"config.yaml": f"{CONFIG}index: '{database_url}'\n"})
    changed = f"insert into changed values ('all.atom', '{etag}', {AUGUST}, 1, 1)"
    for name, statements in {"index": EARLIER[version], "history": (*HISTORY, changed), "hub": HUB}.items():
        write(database_url.replace("index.db", f"{name}.db"), site.folder, (META, *statements))
    with site.serve() as server:
        assert server.get("all.atom").headers["last-modified"] == "Thu, 06 Aug 2026 10:00:00 GMT"
        assert server.get("topics/gone.atom").status_code == 410
        assert server.get("topics/never.atom").status_code == 404
        assert [item["title"] for item in server.get("topics/sea.json").json()["items"]] == ["Title of one"]
        assert "version" not in server.log.read_text(), "no warning, and nothing to do"
    assert json.loads(site.run("hub", "status", "--json").out)["subscriptions"] == 1
