"""The databases of an index: SQLite and PostgreSQL behave alike, and their errors are in plain words."""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postgres import PASSWORD, Cluster
from support import CONFIG, Site, doc

from feeds.errors import DamagedError, DatabaseError
from feeds.storage import database

SCHEMA = database.Schema(
    "things",
    (
        """
create table things (name text primary key, number bigint not null, part double precision, data bytes);
create table others (name text not null, data bytes not null, primary key (name, data)) without rowid
""",
    ),
    is_cache=True,
)
INSERT = "insert into things (name, number, part, data) values (?, ?, ?, ?)"


@pytest.fixture
def pair(database_url: str, tmp_path: Path) -> Iterator[tuple[database.Database, database.Database]]:
    """A database, opened twice."""
    one, other = (database.connect(database_url, tmp_path, SCHEMA) for _ in range(2))
    yield one, other
    one.close()
    other.close()


def names(opened: database.Database) -> list[str]:
    return [name for (name,) in opened.rows("select name from things order by name")]


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(rows=st.dictionaries(texts, st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.binary())))
def test_values_come_back_in_the_order_of_code_points(
    rows: dict[str, tuple[int, float, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    _come_back(database.connect("sqlite:///x.db", tmp_path_factory.mktemp("values"), SCHEMA), rows)


@given(rows=st.dictionaries(texts, st.tuples(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.binary())))
def test_values_come_back_from_postgresql(rows: dict[str, tuple[int, float, bytes]], postgresql: Cluster) -> None:
    _come_back(database.connect(postgresql.url("values"), Path(), SCHEMA), rows)


def _come_back(opened: database.Database, rows: dict[str, tuple[int, float, bytes]]) -> None:
    with opened.transaction():
        opened.execute("delete from things")
        opened.many(INSERT, [(name, *values) for name, values in rows.items()])
    assert opened.rows("select name, number, part, data from things order by name") == [
        (name, *rows[name]) for name in sorted(rows)
    ]
    opened.close()


def test_a_failed_transaction_leaves_no_trace(pair: tuple[database.Database, database.Database]) -> None:
    one, other = pair

    def fail() -> None:
        with one.transaction():
            one.many(INSERT, [("a", 1, None, None), ("b", 2, None, None)])
            assert names(one) == ["a", "b"]
            assert names(other) == []
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert names(one) == names(other) == []
    with one.transaction():
        one.execute(INSERT, ("c", 1, 0.5, b"\0"))
    assert names(other) == ["c"]


def test_a_snapshot_is_of_one_state(pair: tuple[database.Database, database.Database]) -> None:
    reader, writer = pair
    with reader.snapshot():
        assert names(reader) == []
        with writer.transaction():
            writer.execute(INSERT, ("a", 1, None, None))
        assert names(reader) == []
    assert names(reader) == ["a"]


def test_writers_take_turns(pair: tuple[database.Database, database.Database]) -> None:
    pair[0].execute(INSERT, ("count", 0, None, None))

    def add(opened: database.Database) -> None:
        for _ in range(50):
            with opened.transaction():
                number = opened.rows("select number from things")[0][0]
                opened.execute("update things set number = ?", (number + 1,))

    with ThreadPoolExecutor(4) as threads:
        # Two threads share each connection.
        list(threads.map(add, pair * 2))
    assert pair[0].rows("select number from things") == [(200,)]


def test_generations_only_grow(pair: tuple[database.Database, database.Database], tmp_path: Path) -> None:
    seen = [pair[0].generation()]
    for opened in pair * 2:
        with opened.transaction():
            opened.announce()
        seen.append(pair[0].generation())
    assert seen[0] == 0
    assert seen == sorted(set(seen))


def test_only_one_process_leads(pair: tuple[database.Database, database.Database]) -> None:
    one, other = pair
    waited = threading.Event()
    order = []

    def follow() -> None:
        with other.lead(waiting=waited.set) as leads:
            order.append(leads)

    with one.lead() as leads:
        assert leads
        with other.lead(wait=False) as second:
            assert not second
        thread = threading.Thread(target=follow)
        thread.start()
        assert waited.wait(30)
        assert order == []
    thread.join(30)
    assert order == [True]
    with one.lead(wait=False) as again:
        assert again


def test_a_damaged_lock_keeps_nobody_from_writing(tmp_path: Path) -> None:
    with closing(database.connect("sqlite:///index.db", tmp_path, SCHEMA)) as opened:
        (tmp_path / "index.db.lock").write_bytes(b"something else" * 100)
        with opened.lead(wait=False) as leads:
            assert leads
            opened.execute(INSERT, ("a", 1, None, None))
        assert names(opened) == ["a"]


_LEADS = """
import sys
from pathlib import Path
from feeds.storage import database
with database.connect(sys.argv[1], Path(sys.argv[2]), database.NO_TABLES).lead():
    print("leads", flush=True)
    sys.stdin.read()
"""


def test_a_process_that_is_killed_leads_no_more(
    pair: tuple[database.Database, database.Database], database_url: str, tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _LEADS, database_url, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "leads\n"
        with pair[0].lead(wait=False) as leads:
            assert not leads
        process.kill()
        process.wait()
        with pair[0].lead() as leads:
            assert leads


def test_migrations_keep_data(database_url: str, tmp_path: Path) -> None:
    before = database.connect(database_url, tmp_path, SCHEMA)
    before.execute(INSERT, ("a", 1, None, None))
    before.close()
    more = (*SCHEMA.migrations, "alter table things add column more bigint", "create index things_by_number on things (number)")
    for _ in range(2):
        after = database.connect(database_url, tmp_path, SCHEMA._replace(migrations=more))
        assert after.rows("select name, more from things") == [("a", None)]
        after.close()


def test_an_unknown_version_is_rebuilt_with_a_warning(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    newer = SCHEMA._replace(migrations=(*SCHEMA.migrations, "alter table things add column more bigint"))
    before = database.connect(database_url, tmp_path, newer)
    before.execute(INSERT, ("a", 1, None, None))
    beside = database.connect(database_url, tmp_path, database.Schema("beside", ("create table beside (name text primary key)",)))
    beside.execute("insert into beside (name) values (?)", ("kept",))
    before.close()
    assert not caplog.records
    after = database.connect(database_url, tmp_path, SCHEMA)
    assert names(after) == []
    assert "another version" in caplog.text
    assert beside.rows("select name from beside") == [("kept",)], "what is not of that version's change stays"
    after.close()
    beside.close()


def test_irreplaceable_data_is_never_deleted(database_url: str, tmp_path: Path) -> None:
    newer = SCHEMA._replace(migrations=(*SCHEMA.migrations, "alter table things add column more bigint"))
    before = database.connect(database_url, tmp_path, newer)
    before.execute(INSERT, ("a", 1, None, None))
    with pytest.raises(DatabaseError, match="newer version"):
        database.connect(database_url, tmp_path, SCHEMA._replace(is_cache=False))
    assert names(before) == ["a"]
    before.close()


@pytest.mark.parametrize("damage", [b"no database at all" * 99, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file_is_kept_aside(damage: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / ".feeds").mkdir()
    (tmp_path / ".feeds/index.db").write_bytes(damage)
    opened = database.connect("sqlite:///.feeds/index.db", tmp_path, SCHEMA)
    assert names(opened) == []
    assert "index.db.old" in caplog.text
    assert (tmp_path / ".feeds/index.db.old").read_bytes() == damage
    opened.close()


def test_late_damage_is_reported_and_set_aside(tmp_path: Path) -> None:
    opened = database.connect("sqlite:///index.db", tmp_path, SCHEMA)
    with opened.transaction():
        opened.many(INSERT, [(f"{number:05}", number, None, b"x" * 500) for number in range(2000)])
    opened.close()
    file = tmp_path / "index.db"
    # As after its process was killed: there is no seal.
    (tmp_path / "index.db.seal").unlink()
    whole = file.read_bytes()
    # The first pages, which are read on opening, and the last stay.
    kept = 10 * 16384
    file.write_bytes(whole[:kept] + os.urandom(len(whole) - 2 * kept) + whole[-kept:])
    opened = database.connect("sqlite:///index.db", tmp_path, SCHEMA)
    with pytest.raises(DamagedError):
        opened.rows("select * from things")
    opened.close()
    opened = database.connect("sqlite:///index.db", tmp_path, SCHEMA)
    assert names(opened) == []
    opened.close()


def _beside(file: Path) -> dict[str, bytes]:
    """The files in the folder of a file."""
    return {each.name: each.read_bytes() for each in file.parent.iterdir() if each.is_file()}


@pytest.mark.parametrize("state", ["idle", "live", "killed", "only a log", "another application"])
@pytest.mark.parametrize("name", ["shop.db", "history.db"])
def test_the_database_of_another_program_is_not_touched(tmp_path: Path, name: str, state: str) -> None:
    file = tmp_path / name
    shop = sqlite3.connect(file, isolation_level=None)
    if state == "another application":
        shop.execute("pragma application_id = 1")
    elif state != "idle":
        shop.execute("pragma journal_mode = wal")
    if state != "another application":
        shop.execute("create table things (price real)")
        if state != "only a log":
            shop.execute("pragma wal_checkpoint(truncate)")
        shop.executemany("insert into things values (?)", [(number,) for number in range(100)])
    if state in ("idle", "another application"):
        shop.close()
    elif state in ("killed", "only a log"):
        # As after a kill: the last commits are in the log.
        left = _beside(file)
        shop.close()
        for each, data in left.items():
            (tmp_path / each).write_bytes(data)
    before = _beside(file)
    with pytest.raises(DatabaseError, match=f"{name}: a database of another program.*nothing of it was touched.*`index`"):
        database.connect(f"sqlite:///{name}", tmp_path, SCHEMA)
    assert _beside(file) == before
    shop.close()
    if state != "another application":
        with closing(sqlite3.connect(file)) as again:
            assert again.execute("select count(*) from things").fetchone() == (100,)


@pytest.mark.parametrize("content", [b"site: {title: x}\n", b"\x89PNG\r\n" * 99, b"x"])
def test_a_file_that_is_not_a_database_is_not_touched(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "notes").write_bytes(content)
    with pytest.raises(DatabaseError, match="notes: not a database; nothing of it was touched; name another file as `index`"):
        database.connect("sqlite:///notes", tmp_path, SCHEMA)
    assert _beside(tmp_path / "notes") == {"notes": content}


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DatabaseError, match="pipe: no regular file"):
        database.connect("sqlite:///pipe", tmp_path, SCHEMA)


def test_our_databases_are_marked_and_reused(tmp_path: Path) -> None:
    for name in ("index.db", "deep/er/index.db"):
        for _ in range(2):
            opened = database.connect(f"sqlite:///{name}", tmp_path, SCHEMA)
            # The log need not be written to the file first.
            assert (tmp_path / name).read_bytes()[68:72] == b"Feed"
            opened.close()
    # An empty file, and one of ours from before files were marked.
    (tmp_path / "empty").touch()
    with closing(sqlite3.connect(tmp_path / "older")) as older:
        older.execute("create table feeds_meta (name text primary key, value text not null)")
    for name in ("empty", "older"):
        opened = database.connect(f"sqlite:///{name}", tmp_path, SCHEMA)
        assert names(opened) == []
        opened.close()


def test_another_file_as_the_index_is_an_error(site: Site) -> None:
    before = (site.folder / "config.yaml").read_text() + "index: sqlite:///config.yaml\n"
    site.write({"config.yaml": before, "articles/a.md": doc({})})
    ran = site.run("export", status=2)
    assert "config.yaml: not a database; nothing of it was touched" in ran.err
    assert (site.folder / "config.yaml").read_text() == before


def test_tables_of_another_program_are_not_touched(tmp_path: Path, postgresql: Cluster) -> None:
    with postgresql.connect() as theirs:
        theirs.execute("create schema shop; create table shop.things (price real); insert into shop.things values (9.5)")
        with pytest.raises(DatabaseError, match="not of Feeds"):
            database.connect(postgresql.url("shop"), tmp_path, SCHEMA)
        assert theirs.execute("select price from shop.things").fetchall() == [(9.5,)]


def test_several_processes_can_create_a_database_at_once(database_url: str, tmp_path: Path) -> None:
    start = threading.Barrier(4)

    def come(folder: Path) -> list[str]:
        start.wait()
        opened = database.connect(database_url, folder, SCHEMA)
        found = names(opened)
        opened.close()
        return found

    with ThreadPoolExecutor(4) as threads:
        # In one of ten or twenty rounds, they conflict where SQLite does not wait.
        for number in range(40):
            assert list(threads.map(come, [tmp_path / str(number)] * 4)) == [[]] * 4


def test_in_a_read_only_folder_the_index_is_in_memory(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    opened = database.connect("sqlite:///file/index.db", tmp_path, SCHEMA)
    opened.execute(INSERT, ("a", 1, None, None))
    assert names(opened) == ["a"]
    with opened.lead(wait=False) as leads:
        assert leads
    assert "can't be written" in caplog.text
    opened.close()


def test_connections_survive_a_restart_between_transactions(postgresql: Cluster, tmp_path: Path) -> None:
    url = postgresql.url()
    opened = database.connect(url, tmp_path, SCHEMA)

    def write() -> None:
        with opened.transaction():
            opened.execute(INSERT, ("a", 1, None, None))
            postgresql.stop()
            postgresql.start()
            opened.execute(INSERT, ("b", 2, None, None))

    with pytest.raises(DatabaseError):
        write()
    assert names(opened) == []
    opened.execute(INSERT, ("c", 3, None, None))
    postgresql.stop()
    postgresql.start()
    assert names(opened) == ["c"]
    opened.close()


def test_a_writer_leads_again_after_a_lost_connection(postgresql: Cluster, tmp_path: Path) -> None:
    url = postgresql.url()
    one, other = (database.connect(url, tmp_path, SCHEMA) for _ in range(2))
    with one.lead() as leads, postgresql.connect() as theirs:
        assert leads

        def cut_off() -> None:
            theirs.execute(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()"
            )

        cut_off()
        with one.transaction():
            one.execute(INSERT, ("still", 1, None, None))
        with other.lead(wait=False) as second:
            assert not second
        cut_off()
        while True:
            with other.lead(wait=False) as second:
                if second:
                    with pytest.raises(DatabaseError, match="another process"), one.transaction():
                        one.execute(INSERT, ("late", 1, None, None))
                    break
    assert names(other) == ["still"]
    one.close()
    other.close()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("postgresql://feeds:{password}@127.0.0.1:1/feeds", "refused"),
        ("postgresql://feeds:wrong-{password}@{host}/postgres", "authentication"),
        ("postgresql://feeds:{password}@{host}/nowhere", "does not exist"),
        ("postgresql://feeds@{host}/postgres?password={password}&sslmode=rubbish", "sslmode"),
    ],
)
def test_a_database_that_can_not_be_reached_is_one_plain_error(
    address: str, message: str, site: Site, postgresql: Cluster
) -> None:
    host = postgresql.url().partition("@")[2].partition("/")[0]
    site.write({"config.yaml": f"{CONFIG}index: ${{INDEX}}\n", "articles/a.md": doc({"webUrl": "https://example.org/a"})})
    ran = site.run("export", status=2, env={"INDEX": address.format(password=PASSWORD, host=host)})
    assert message in ran.err
    assert "Traceback" not in ran.err
    assert len(ran.err.strip().splitlines()) == 1
    assert PASSWORD not in ran.err
    assert PASSWORD.replace("%40", "@") not in ran.err


def test_an_existing_schema_needs_no_permission_to_create_one(postgresql: Cluster, tmp_path: Path) -> None:
    with postgresql.connect() as theirs:
        theirs.execute(
            f"create role small login password '{PASSWORD.replace('%40', '@')}'; create schema given authorization small"
        )
    opened = database.connect(postgresql.url("given", user="small"), tmp_path, SCHEMA)
    assert names(opened) == []
    opened.close()
    with pytest.raises(DatabaseError, match="permission denied"):
        database.connect(postgresql.url("not_given", user="small"), tmp_path, SCHEMA)
    with postgresql.connect() as theirs:
        theirs.execute("drop owned by small; drop role small")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ("mysql://root:secret@host/feeds", "a database of the kind 'mysql', expected sqlite:///path/to/file or postgresql://"),
        (".feeds/index.db", "no address of a database, expected sqlite:///path/to/file"),
        ("sqlite://index.db", "no file, expected sqlite:/// and a file"),
        ("sqlite:///", "no file, expected sqlite:/// and a file"),
        ("postgresql:secret", "another form, expected postgresql://user:password@host/database"),
        ("postgresql://u:secret@host:port/feeds", "a host or port that can't be"),
        ("postgresql://u:secret@host/feeds?schema=a-b", "a schema that is no lowercase word"),
    ],
)
def test_the_address_of_the_index_is_checked(index: str, message: str, site: Site) -> None:
    site.write({"config.yaml": f"{CONFIG}index: {index}\n"})
    ran = site.run("list", status=2)
    line = CONFIG.count("\n") + 1
    assert f"config.yaml:{line}: index: found {message}" in ran.err
    assert "secret" not in ran.err
