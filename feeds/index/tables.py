"""The tables of the index, and what makes long lists and long values go in and out of them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from feeds.storage.database import Database

# `home` is what readings depend on beside the documents, `look` what entries do beside their articles, or a catalogue does.
# There is a catalogue only of what the documents are: whoever changes them changes it, or takes it away, in the
# same step.
SCHEMA = """
create table if not exists documents (
    home text not null, path text not null, stamp text not null, content bytes not null, digest bytes, listing bytes,
    problems bytes not null, broken bytes, places bytes not null, primary key (home, path));
create table if not exists seen (home text primary key, problems bytes not null, places bytes not null);
create table if not exists articles (digest bytes primary key, article bytes not null);
create table if not exists entries (
    digest bytes not null, look text not null, names bytes not null, bodies bytes not null, primary key (digest, look));
create index if not exists unrendered on entries (look) where length(bodies) = 0;
create table if not exists made (
    home text not null, owner text not null, made bytes not null, primary key (home, owner));
create table if not exists catalogues (
    home text not null, look text not null, name bytes not null, primary key (home, look));
create table if not exists pieces (
    home text not null, name text not null, number bigint not null, piece bytes not null, primary key (home, name, number));
create table if not exists files (
    home text not null, document text not null, path text not null, body bytes not null, primary key (home, document, path));
create table if not exists dropped (digest bytes primary key, at bigint not null);
create table if not exists used (name text primary key, at bigint not null);
"""
# Takes away what is of a home or a look that no run asked for.
DROP_UNUSED = (
    "delete from documents where home not in (select name from used)",
    "delete from seen where home not in (select name from used)",
    "delete from made where home not in (select name from used)",
    "delete from catalogues where home not in (select name from used)",
    "delete from pieces where home not in (select name from used)",
    "delete from files where home not in (select name from used)",
    "delete from entries where look not in (select name from used)",
)
# Rows that are asked for at a time.
_BATCH = 200
# Bytes of a long value that are written at a time.
_PIECE = 65_536


def chosen(database: Database, sql: str, parameters: Sequence[str], wanted: Iterable[bytes | str]) -> Iterator[tuple[Any, ...]]:
    """What `sql`, which ends with `in`, finds for all that is `wanted`, of which there may be any number."""
    waiting = iter(wanted)
    while some := list(islice(waiting, _BATCH)):
        yield from database.rows(f"{sql} ({', '.join('?' * len(some))})", (*parameters, *some))


def long_value(database: Database, home: str, name: str) -> bytes:
    """The long value of `home` with this `name`; empty where there is none."""
    rows = database.rows("select piece from pieces where home = ? and name = ? order by number", (home, name))
    return b"".join(bytes(piece) for (piece,) in rows)


def keep_long_value(database: Database, home: str, name: str, value: bytes, before: bytes) -> None:
    """Keep a long `value`, where `before` is what is kept: only pieces that differ are written. Within a transaction."""
    pieces, old = _pieces(value), _pieces(before)
    new = [(home, name, number, piece) for number, piece in enumerate(pieces) if old[number : number + 1] != [piece]]
    sql = (
        "insert into pieces (home, name, number, piece) values (?, ?, ?, ?) "
        "on conflict (home, name, number) do update set piece = excluded.piece"
    )
    database.many(sql, new)
    # Always: of a database that someone emptied meanwhile, not all may be left that `before` says.
    database.execute("delete from pieces where home = ? and name = ? and number >= ?", (home, name, len(pieces)))


def _pieces(value: bytes) -> list[bytes]:
    return [value[start : start + _PIECE] for start in range(0, len(value), _PIECE)]
