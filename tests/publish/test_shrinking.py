"""Where most articles vanish at once, nothing is published unless it is allowed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest
from support import CONFIG as SITE
from support import Site, doc, environment, tree

# With a ledger there would be notices of withdrawal.
CONFIG = SITE + "ledger: false\n"

ARTICLES: dict[str, str | bytes] = {
    f"articles/{number}.md": doc({"title": f"Story {number}", "topics": [f"Topic {number % 3}"]}) for number in range(10)
}
# The command on a machine whose clock was reset to 1970, as by a dead battery.
IN_1970 = """\
from datetime import UTC, datetime
from feeds.cli import export, main
class Clock:
    @staticmethod
    def now(zone):
        return datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
export.datetime = Clock
main()
"""


def empty(site: Site) -> None:
    (site.folder / "articles").rename(site.folder / "away")
    (site.folder / "articles").mkdir()


def truncate(site: Site) -> None:
    for number in range(1, 10):
        site.write({f"articles/{number}.md": b""})


def take_all_but_one(site: Site) -> None:
    for number in range(1, 10):
        (site.folder / f"articles/{number}.md").unlink()


def lose_the_index_too(site: Site) -> None:
    empty(site)
    shutil.rmtree(site.folder / ".feeds")


@pytest.mark.parametrize("harm", [empty, truncate, take_all_but_one, lose_the_index_too])
def test_an_export_of_a_site_that_lost_most_articles_writes_nothing(site: Site, harm: Callable[[Site], None]) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG})
    before = site.export()
    harm(site)
    for _ in range(2):
        refused = site.run("export", status=2)
        assert "10 articles would be left" in refused.err
        assert "--allow-shrink" in refused.err
        assert "Traceback" not in refused.err
        assert tree(site.folder / "dist") == before
    # With the articles back, nothing has changed.
    if (site.folder / "away").exists():
        (site.folder / "articles").rmdir()
        (site.folder / "away").rename(site.folder / "articles")
        site.run("export")
        assert tree(site.folder / "dist") == before
        empty(site)
    site.write(ARTICLES | {"articles/new.md": doc({"title": "New"})})
    assert len(json.loads(site.export()["all.json"])["items"]) == 11
    shutil.rmtree(site.folder / "articles")
    (site.folder / "articles").mkdir()
    assert json.loads(site.export("--allow-shrink")["all.json"])["items"] == []
    # Once allowed, it is the new state.
    assert "0 articles" in site.run("export").out


def test_a_clock_at_1970_removes_nothing(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG, "at_1970.py": IN_1970})
    before = site.export()
    ran = subprocess.run(
        [sys.executable, "at_1970.py", "export"], cwd=site.folder, env=environment(), capture_output=True, check=False
    )
    output = ran.stderr.decode()
    assert ran.returncode == 2, output
    assert "1970-01-01" in output
    assert "is the clock right?" in output
    assert tree(site.folder / "dist") == before
    site.run("export")
    assert tree(site.folder / "dist") == before


def test_held_back_articles_do_not_count_as_lost(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": CONFIG})
    site.export()
    # Eight are held back at once; then a few are deleted; then all but one are moved.
    ways: list[dict[str, object]] = [{"published": False}, {"removed": True}, {"expiryDate": "2026-01-05"}]
    for number in range(8):
        site.write({f"articles/{number}.md": doc({"title": "Held back"} | ways[number % 3])})
    assert len(json.loads(site.export()["all.json"])["items"]) == 2
    for number in range(2, 6):
        (site.folder / f"articles/{number}.md").unlink()
    site.export()
    (site.folder / "articles/8.md").unlink()
    assert len(json.loads(site.export()["all.json"])["items"]) == 1
    site.write({"articles/9.md": doc({"title": "Held back", "published": False})})
    assert json.loads(site.export()["all.json"])["items"] == []


def test_losing_one_of_several_sources_is_refused(site: Site) -> None:
    site.write(ARTICLES | {f"large/{number}.md": doc({"title": f"Large {number}"}) for number in range(60)})
    config = CONFIG.replace("[articles]", "[articles, large]")
    site.write({"config.yaml": config})
    before = site.export()
    empty(site)
    message = site.run("export", status=2).err
    assert "articles: none of 10 articles would be left" in message
    assert tree(site.folder / "dist") == before
    assert "is the last good state" in site.run("list").err
    assert "is the last good state" in site.run("check", "--strict", status=1).err
    assert "topics/topic-1" in site.run("list").out
    # The config can set the share that must be left.
    site.write({"config.yaml": config + "least_left: 0%\n"})
    assert len(json.loads(site.export()["all.json"])["items"]) == 50
    site.write({"config.yaml": config + "least_left: most\n"})
    assert "least_left" in site.run("export", status=2).err
