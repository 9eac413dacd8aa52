"""Redirects of the config, with a server in this process."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from support import BASE, Site

import feeds

REDIRECTS = {
    "topics/ml": "topics/steady",
    "old.xml": "all.rss",
    "away": "https://other.example/feed",
    "blog": "topics/busy",
    "blog/2024": "topics/slow",
    "blog.json": "all.json",
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    site = Site(tmp_path_factory.mktemp("redirects")).configure(pages=False, redirects=REDIRECTS).article("one")
    with TestClient(feeds.asgi(feeds.load(site.folder / "config.yaml")), follow_redirects=False) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("topics/ml", f"{BASE}/topics/steady"),
        ("topics/ml.atom", f"{BASE}/topics/steady.atom"),
        ("topics/ml/archive/2026-01.json", f"{BASE}/topics/steady/archive/2026-01.json"),
        ("old.xml", f"{BASE}/all.rss"),
        ("away", "https://other.example/feed"),
        ("away.rss", "https://other.example/feed"),
        # The longest that fits: a file before its group, a folder before the one above.
        ("blog/first.rss", f"{BASE}/topics/busy/first.rss"),
        ("blog/2024/first.rss", f"{BASE}/topics/slow/first.rss"),
        ("blog.json", f"{BASE}/all.json"),
        ("blog.rss", f"{BASE}/topics/busy.rss"),
    ],
)
def test_redirects(client: TestClient, path: str, location: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (301, location)


@pytest.mark.parametrize("path", ["topics/mlx.rss", "topics/m", "blogs", "x/blog/first.rss", "old", "old.json", "ml"])
def test_other_paths_are_not_redirected(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404
