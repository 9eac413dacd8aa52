"""How long caches may keep each document, with a server in this process."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from support import Site, until

import feeds

MAX_AGE = 300
NEWEST = datetime(2026, 3, 20, 12, tzinfo=UTC)
# Hours between the articles of a topic, newest first, and the seconds that its feed may be kept: a tenth of the usual time
# between two articles, from a fifth of config's `max_age` to twelve times it.
RHYTHMS: dict[str, tuple[list[float], int]] = {
    "steady": ([1, 1, 1], 360),
    "median": ([1, 2, 9], 720),
    "busy": ([0.001, 0.001], 60),
    "slow": ([24 * 40, 24 * 40], 3600),
    "single": ([], MAX_AGE),
    # Only the newest twenty articles count: ten gaps of an hour and nine of five.
    "changed": ([1.0] * 10 + [5.0] * 20, 360),
}


def write(site: Site, **config: object) -> Site:
    """A site with a topic for each of RHYTHMS."""
    site.configure(limit=1, cache={"max_age": MAX_AGE, "stale_while_revalidate": "1h", "stale_if_error": "1d"} | config)
    for topic, (gaps, _) in RHYTHMS.items():
        published = NEWEST
        for number, gap in enumerate([*gaps, 0]):
            site.article(f"{topic}-{number}", publishedDateTime=published.isoformat(), topics=[topic])
            published -= timedelta(hours=gap)
    return site


def serve(site: Site) -> TestClient:
    """A server of the site as it is now."""
    return TestClient(feeds.asgi(feeds.load(site.folder / "config.yaml")))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with serve(write(Site(tmp_path_factory.mktemp("caching")))) as client:
        yield client


def directives(client: TestClient, path: str) -> dict[str, str]:
    """The directives of `Cache-Control` (RFC 9111, 5.2)."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    return {name: value for name, _, value in (each.partition("=") for each in answer.headers["cache-control"].split(", "))}


def kept(client: TestClient, path: str) -> int:
    """The seconds that caches may keep a document."""
    return int(directives(client, path)["max-age"])


@pytest.mark.parametrize("topic", RHYTHMS)
def test_a_feed_is_kept_for_a_tenth_of_the_time_between_its_articles(client: TestClient, topic: str) -> None:
    for path in (f"topics/{topic}.rss", f"topics/{topic}.atom", f"topics/{topic}.json", f"topics/{topic}/"):
        assert kept(client, path) == RHYTHMS[topic][1], path


def test_other_documents_are_cached_for_max_age(client: TestClient) -> None:
    for path in ("feeds.opml", "topics/"):
        assert directives(client, path) == {
            "public": "",
            "max-age": str(MAX_AGE),
            "stale-while-revalidate": "3600",
            "stale-if-error": "86400",
        }


def test_archives_of_past_months_are_kept_for_a_day(client: TestClient) -> None:
    for path in ("topics/slow/archive/2026-02.rss", "topics/slow/archive/2025-12.json", "topics/slow/archive/2026-02/"):
        assert kept(client, path) == 24 * 3600, path
    # Articles are still added to the archive of the newest month.
    for path in ("topics/slow/archive/2026-03.rss", "topics/slow/archive/2026-03/"):
        assert kept(client, path) == RHYTHMS["slow"][1], path


def test_archives_are_not_kept_for_long_while_they_have_a_withdrawn_article(tmp_path: Path) -> None:
    site = write(Site(tmp_path))
    site.run("export")
    (site.folder / "articles/slow-1.md").unlink()
    with serve(site) as client:
        # A server records what was withdrawn soon after its start.
        until(lambda: kept(client, "topics/slow/archive/2025-12.rss") == MAX_AGE)


@pytest.mark.parametrize(("max_age", "busy", "slow"), [(0, 0, 0), (1, 1, 12), (2, 1, 24), (4, 1, 48), (100_000, 20_000, 345_600)])
def test_the_config_sets_the_bounds(tmp_path: Path, max_age: int, busy: int, slow: int) -> None:
    """`max-age=0` only where the config has it: a cache would ask for each request."""
    with serve(write(Site(tmp_path), max_age=max_age)) as client:
        assert (kept(client, "topics/busy.atom"), kept(client, "topics/slow.atom")) == (busy, slow)


def test_nothing_is_kept_past_the_moment_when_an_article_is_due(tmp_path: Path) -> None:
    site = write(Site(tmp_path), max_age=60)
    due = datetime.now(UTC) + timedelta(seconds=100)
    site.article("soon", publishedDateTime=due.isoformat(), topics=["steady"])
    with serve(site) as client:
        found = directives(client, "topics/steady.rss")
        left = (due - datetime.now(UTC)).total_seconds()
        assert 30 < int(found["max-age"]) + int(found["stale-while-revalidate"]) <= left + 1
        assert found.keys() == {"public", "max-age", "stale-while-revalidate", "stale-if-error"}
        assert (int(found["max-age"]), found["stale-if-error"]) == (min(360, int(found["max-age"])), "86400")
