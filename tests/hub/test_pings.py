"""Pings: hubs are notified once of each changed feed."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from subscribers import Subscriber, subscriber
from support import REQUIRED, Site, doc, until

URL = "https://feeds.example.org"


@pytest.fixture
def hub() -> Iterator[Subscriber]:
    with subscriber() as made:
        yield made


@pytest.fixture
def published(tmp_path: Path, hub: Subscriber) -> Site:
    """A site that names a hub."""
    config = REQUIRED + f"archives: false\npages: false\nhubs: ['{hub.url}/']\n"
    # The first notice is about new articles.
    now = datetime.now(UTC).isoformat()
    files = {
        "articles/a.md": doc({"topics": ["Seas"], "publishedDateTime": now}),
        "articles/b.md": doc({"topics": ["Skies"], "publishedDateTime": now}),
    }
    return Site(tmp_path).write({"config.yaml": config} | files)


def notified(hub: Subscriber) -> Counter[str]:
    """The notifications that the hub received, by path."""
    assert all(each.form["hub.mode"] == "publish" for each in hub.deliveries())
    assert all(each.form["hub.topic"] == each.form["hub.url"] for each in hub.deliveries())
    return Counter(each.form["hub.topic"].removeprefix(f"{URL}/") for each in hub.deliveries())


def paths(*groups: str) -> Counter[str]:
    return Counter(f"{group}.{format}" for group in groups for format in ("rss", "atom", "json"))


def test_an_export_pings_each_changed_feed_once(published: Site, hub: Subscriber) -> None:
    message = published.run("export", "--ping").err
    assert "9 feeds changed, 9 pings taken" in message
    assert notified(hub) == paths("all", "topics/seas", "topics/skies")
    hub.received.clear()
    assert "0 feeds changed, 0 pings taken" in published.run("export", "--ping").err
    published.write({"articles/a.md": doc({"title": "Edited", "topics": ["Seas"]})})
    published.run("export")
    assert not hub.received
    # After the upload: announces changes without an export.
    assert "6 feeds changed, 6 pings taken" in published.run("export", "--ping").err
    assert notified(hub) == paths("all", "topics/seas")


def test_a_first_run_announces_only_news(published: Site, hub: Subscriber) -> None:
    old, now = "2026-01-01T00:00:00Z", datetime.now(UTC).isoformat()
    published.write(
        {
            "articles/a.md": doc({"topics": ["Seas"], "publishedDateTime": old}),
            "articles/b.md": doc({"topics": ["Skies"], "publishedDateTime": old}),
        }
    )
    assert "0 feeds changed" in published.run("export", "--ping").err
    # A new feed is announced only where it has new articles.
    published.write(
        {
            "articles/a.md": doc({"topics": ["Seas", "Old"], "publishedDateTime": old}),
            "articles/c.md": doc({"topics": ["New"], "publishedDateTime": old, "updatedDateTime": now}),
        }
    )
    assert "9 feeds changed" in published.run("export", "--ping").err
    assert notified(hub) == paths("all", "topics/seas", "topics/new")
    hub.received.clear()
    # The same for a server without history.
    (published.folder / ".feeds/hub.db").unlink()
    with published.serve():
        until(lambda: len(hub.deliveries()) >= 6)
        published.write({"articles/b.md": doc({"title": "Edited", "topics": ["Skies"], "publishedDateTime": old})})
        until(lambda: len(hub.deliveries()) >= 12)
    assert notified(hub) == paths("all", "topics/new") + paths("all", "topics/skies")


def test_a_ping_that_failed_is_kept_and_sent_by_a_server(published: Site, hub: Subscriber) -> None:
    hub.status = 503
    message = published.run("export", "--ping").err
    assert f"warning: {hub.url}/: status 503; the next `feeds export --ping` tries again" in message
    assert json.loads(published.run("hub", "status", "--json").out)["pings"] == 9
    assert set(notified(hub).values()) == {1}
    hub.received.clear()
    hub.status = 204
    # As after a minute.
    with sqlite3.connect(published.folder / ".feeds/hub.db") as database:
        database.execute("update deliveries set due = 0")
    with published.serve():
        until(lambda: len(hub.deliveries()) == 9)
    assert notified(hub) == paths("all", "topics/seas", "topics/skies")
    assert json.loads(published.run("hub", "status", "--json").out)["pings"] == 0


def test_a_server_pings_after_a_saved_file(published: Site, hub: Subscriber) -> None:
    with published.serve() as server:
        until(lambda: len(hub.deliveries()) == 9)
        hub.received.clear()
        published.write({"articles/b.md": doc({"title": "Edited", "topics": ["Skies"]})})
        until(lambda: len(hub.deliveries()) >= 6)
        # Only public feeds are announced.
        assert "Edited" in server.titles()
    assert notified(hub) == paths("all", "topics/skies")
    hub.received.clear()
    with published.serve():
        published.write({"articles/b.md": doc({"title": "Edited again", "topics": ["Skies"]})})
        until(lambda: len(hub.deliveries()) >= 6)
    assert notified(hub) == paths("all", "topics/skies")


def test_drafts_are_never_announced(published: Site, hub: Subscriber) -> None:
    assert "leave out --drafts" in published.run("export", "--ping", "--drafts", status=2).err
    with published.serve("--drafts") as server:
        published.write({"articles/b.md": doc({"title": "Edited", "topics": ["Skies"]})})
        until(lambda: "Edited" in server.titles())
    assert not hub.received


def test_a_ping_needs_a_hub(site: Site) -> None:
    assert "the config has no hub" in site.run("export", "--ping", status=2).err
