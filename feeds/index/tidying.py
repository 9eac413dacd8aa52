"""Tidying: remove rows of the index that nothing needs any more."""

from feeds.index import search
from feeds.index.homes import clock
from feeds.storage.database import Database

# In microseconds: how long replaced rows are kept for servers that still show them, and rows that no run uses.
_GRACE, UNUSED = 3_600_000_000, 7 * 86_400_000_000


def tidy(database: Database) -> None:
    """Remove rows that were replaced a while ago, and those that no run has used. Call it within a transaction."""
    now = clock()
    execute, rows = database.execute, database.rows
    unused, replaced = now - UNUSED, now - _GRACE
    for (number,) in rows("select number from homes where used < ?", (unused,)):
        for table in ("documents", "remarks", "touched", "held", "files"):
            execute(f"delete from {table} where home = ?", (number,))
        execute("update articles set dropped = ? where home = ? and dropped is null", (0, number))
        execute("update sites set used = 0 where home = ?", (number,))
        execute("delete from homes where number = ?", (number,))
    # A site that has not taken in what is about to go can't do so later.
    sql = (
        "select s.number from sites s where s.used < ? or s.generation < ? and exists (select 1 from sites o "
        "where o.home = s.home and o.name = s.name and o.number > s.number) or s.read < ? and s.used < ? and exists "
        "(select 1 from homes h where h.number = s.home and h.generation > s.read)"
    )
    for (number,) in rows(sql, (unused, replaced, replaced, replaced)):
        for table in ("memberships", "spellings"):
            execute(f"delete from {table} where grp in (select number from groups where site = ?)", (number,))
        for table in ("groups", "changes", "unrecorded"):
            execute(f"delete from {table} where site = ?", (number,))
        execute("delete from sites where number = ?", (number,))
    execute("delete from memberships where until < ?", (replaced,))
    for home, read in rows("select home, min(read) from sites group by home"):
        execute("delete from touched where home = ? and generation < ? and generation <= ?", (home, replaced, read))
    for (site,) in rows("select number from sites"):
        execute("delete from changes where site = ? and generation < ?", (site, unused))
    # A site that keeps its last state, since most articles have vanished, needs these.
    sql = (
        "select a.number from articles a where a.dropped < ? and not exists "
        "(select 1 from sites s where s.home = a.home and s.read < a.dropped)"
    )
    dropped = rows(sql, (replaced,))
    for (rendering,) in rows("select name from renderings"):
        sql = "delete from entries where rendering = ? and article = ?"
        database.many(sql, [(rendering, number) for (number,) in dropped])
    search.forget(database, dropped)
    for table in ("bodies", "articles"):
        database.many(f"delete from {table} where number = ?", dropped)
    if renderings := rows("select name from renderings where used < ?", (unused,)):
        database.many("delete from entries where rendering = ?", renderings)
        database.many("delete from renderings where name = ?", renderings)
