"""The history: when documents last changed and what was ever published, in SQLite and PostgreSQL."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from postgres import Cluster

from feeds.index.history import History, url_of
from feeds.model import Document
from feeds.storage import database

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def document(body: str, path: str = "all.rss") -> Document:
    return Document(path, body.encode(), "text/plain", hashlib.sha256(body.encode()).hexdigest())


@pytest.fixture
def pair(database_url: str, tmp_path: Path) -> Iterator[tuple[History, History]]:
    """One history, opened by two servers."""
    url = url_of(database_url, tmp_path / "config.yaml")
    one, other = History(url, tmp_path), History(url, tmp_path)
    yield one, other
    one.close()
    other.close()


def test_every_server_sends_the_same_last_modified(pair: tuple[History, History]) -> None:
    one, other = pair
    assert one.changed(document("a"), NOON) == NOON - SECOND
    assert other.changed(document("a"), NOON + 5 * SECOND) == NOON - SECOND
    assert other.changed(document("b"), NOON + 7 * SECOND) == NOON + 7 * SECOND
    assert one.changed(document("b"), NOON + 8 * SECOND) == NOON + 7 * SECOND


def test_moments_are_rounded_up_to_whole_seconds(pair: tuple[History, History]) -> None:
    # No client has older bytes of a document that was never requested.
    assert pair[0].changed(document("a"), NOON + timedelta(microseconds=1)) == NOON - SECOND
    assert pair[0].changed(document("b"), NOON + timedelta(microseconds=1)) == NOON + SECOND


def test_history_survives_its_process(database_url: str, tmp_path: Path) -> None:
    before = History(url_of(database_url, tmp_path / "config.yaml"), tmp_path)
    before.changed(document("a"), NOON)
    before.publish(["topics/ai", "topics/ai.rss"], [], NOON)
    before.close()
    after = History(url_of(database_url, tmp_path / "config.yaml"), tmp_path)
    assert after.changed(document("a"), NOON + 60 * SECOND) == NOON - SECOND
    assert list(after.published()) == ["topics/ai", "topics/ai.rss"]
    after.publish(["topics/ai.rss"], ["topics/ai"], NOON + 60 * SECOND)
    assert list(after.published()) == ["topics/ai.rss"]
    assert after.missing_for("topics/ai", NOON + 90 * SECOND) == 30 * SECOND
    assert after.missing_for("topics/law", NOON) is None
    after.close()


def test_published_paths_are_shared(pair: tuple[History, History]) -> None:
    one, other = pair
    one.publish(["a", "é", "Z"], [], NOON)
    # What goes was at the other one all the time.
    other.publish(["a", "b"], ["é", "Z", "never there"], NOON + SECOND)
    # A path is missing since it last disappeared; a withdrawn one counts as missing for long.
    one.publish(["Z"], ["b", "é"], NOON + 3 * SECOND)
    one.publish([], ["Z"], NOON + 4 * SECOND, lambda path: path == "Z")
    now = NOON + 9 * SECOND
    assert other.missing_for("b", now) == 6 * SECOND
    assert other.missing_for("never there", now) is None
    assert other.missing_for("é", now) == 8 * SECOND
    assert one.missing_for("Z", now) == now - datetime.fromtimestamp(0, UTC)
    assert [one.missing_for(path, now) for path in ("z", "\0")] == [None, None]
    # With the clock set back, no path is gone.
    assert one.missing_for("é", NOON - SECOND) == timedelta()


def test_a_late_request_does_not_bring_back_an_old_state(pair: tuple[History, History]) -> None:
    ahead, behind = pair
    assert behind.changed(document("a"), NOON, (1, 0)) == NOON - SECOND
    assert ahead.changed(document("b"), NOON + SECOND, (2, 0)) == NOON + SECOND
    assert behind.changed(document("a"), NOON + 2 * SECOND, (1, 0)) is None
    assert behind.changed(document("b"), NOON + 3 * SECOND, (2, 0)) == NOON + SECOND
    # The same documents, but by one server's clock another article is due.
    assert ahead.changed(document("c"), NOON + 9 * SECOND, (2, 9)) == NOON + 9 * SECOND
    assert behind.changed(document("b"), NOON + 9 * SECOND, (2, 0)) is None


def test_servers_that_ask_at_the_same_time_get_the_same_answer(pair: tuple[History, History]) -> None:
    paths = [f"topics/{number}.rss" for number in range(40)]

    def ask(server: int) -> list[datetime | None]:
        # In another order and with another clock.
        order = paths if server else list(reversed(paths))
        output = {path: pair[server].changed(document("a", path), NOON + server * SECOND) for path in order}
        return [output[path] for path in paths]

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(ask, (0, 1))
    assert first == second
    assert None not in first


@given(bodies=st.lists(st.tuples(st.sampled_from("abc"), st.integers(-3, 9), st.booleans()), max_size=12))
def test_moments_never_go_back(bodies: list[tuple[str, int, bool]], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("history")
    servers = History("sqlite:///history.db", folder), History("sqlite:///history.db", folder)
    _never_back(bodies, *servers)


def _never_back(bodies: list[tuple[str, int, bool]], one: History, other: History) -> None:
    output: list[tuple[str, datetime]] = []
    for body, seconds, which in bodies:
        moment = (one if which else other).changed(document(body), NOON + seconds * SECOND)
        assert moment is not None
        if output and output[-1][0] == body:
            assert moment == output[-1][1]
        elif output:
            assert moment > output[-1][1]
        output.append((body, moment))
    one.close()
    other.close()


def test_moments_never_go_back_in_postgresql(postgresql: Cluster, tmp_path: Path) -> None:
    url = postgresql.url()
    changes = [(body, step, step % 3 == 0) for step, body in enumerate("abbacabcacc")]
    _never_back([(body, -step, which) for body, step, which in changes], History(url, tmp_path), History(url, tmp_path))


def test_without_the_database_only_last_modified_is_missing(
    postgresql: Cluster, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    history = History(postgresql.url(), tmp_path)
    assert history.changed(document("a"), NOON) == NOON - SECOND
    postgresql.stop()
    try:
        assert history.changed(document("a"), NOON) is None
        assert history.changed(document("b", "b.rss"), NOON) is None
        assert history.missing_for("a", NOON) is None
        assert not history.publish(["a"], [], NOON)
    finally:
        postgresql.start()
    assert len(caplog.records) == 1, "said once"
    assert "@127.0.0.1" in caplog.text
    while (moment := history.changed(document("a"), NOON + SECOND)) is None:
        pass
    assert moment == NOON - SECOND
    history.close()


def test_history_from_before_numbered_migrations_is_kept(database_url: str, tmp_path: Path) -> None:
    before = database.connect(database_url.replace("index.db", "history.db"), tmp_path, database.Schema("x", ("select 1",)))
    before.execute(
        "create table changed (path text primary key, etag text not null, at bigint not null, \
generation bigint not null, due bigint not null)"
    )
    before.execute("create table published (path text primary key)")
    before.execute("insert into feeds_meta (name, value) values ('version of changed', '1-0123456789abcdef')")
    at = int(NOON.timestamp())
    before.execute("insert into changed values (?, ?, ?, 1, 1)", ("all.rss", document("a").etag, at))
    before.execute("insert into published values (?)", ("topics/gone.rss",))
    before.close()
    after = History(url_of(database_url, tmp_path / "config.yaml"), tmp_path)
    assert after.changed(document("a"), NOON + 60 * SECOND, (2, 2)) == NOON
    missing = after.missing_for("topics/gone.rss", NOON)
    assert missing is not None
    assert missing > timedelta(days=1), "gone before, and no less so now"
    after.close()
