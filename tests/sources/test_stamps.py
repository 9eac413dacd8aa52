"""Stamps of files: changes without another size or time are seen, and so is a clock that was set back."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

from machine import without_rights
from support import CONFIG, Site, doc, environment

import feeds

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def titles(site: Site, now: datetime) -> list[str]:
    feed = json.loads(feeds.load(site.folder / "config.yaml", now=now)["all.json"].body)
    return [item["title"] for item in feed["items"]]


def test_a_clock_that_was_ahead_takes_back_an_article_under_embargo(site: Site) -> None:
    embargo = NOON + timedelta(days=2)
    site.write({"config.yaml": CONFIG, "articles/a.md": doc({"title": "Old"})})
    site.write({"articles/b.md": doc({"title": "Under embargo", "publishedDateTime": embargo.isoformat()})})
    assert titles(site, NOON) == ["Old"]
    assert titles(site, NOON + timedelta(days=3)) == ["Under embargo", "Old"]
    assert titles(site, NOON) == ["Old"]


def test_other_bytes_of_the_same_size_and_time_are_seen(site: Site) -> None:
    site.write({"config.yaml": CONFIG, "articles/a.md": doc({"title": "Before"}), "articles/b.md": doc({"title": "Other"})})
    file = site.folder / "articles/a.md"
    moment = 1_790_000_000_000_000_000
    os.utime(file, ns=(moment, moment))
    assert "Before" in site.export()["all.json"].decode()
    size = file.stat().st_size
    # In place, and with another file in its place, as editors do.
    for word, is_replaced in (("Behind", False), ("Beyond", True)):
        text = doc({"title": word})
        target = site.folder / "new" if is_replaced else file
        target.write_text(text)
        os.utime(target, ns=(moment, moment))
        if is_replaced:
            target.replace(file)
        assert (file.stat().st_size, file.stat().st_mtime_ns) == (size, moment)
        assert word in site.export()["all.json"].decode()


def test_a_document_that_becomes_readable_is_read(site: Site) -> None:
    site.write({"config.yaml": CONFIG, "articles/a.md": doc({"title": "Hidden"}), "articles/b.md": doc({"title": "Other"})})
    file = site.folder / "articles/a.md"
    bound = without_rights()

    def shown() -> tuple[bool, bool]:
        command = [*bound, sys.executable, "-m", "feeds", "show", "all.json"]
        ran = subprocess.run(command, cwd=site.folder, env=environment(), capture_output=True, check=False)
        return b"Hidden" in ran.stdout, b"Other" in ran.stdout

    for mode, is_read in ((0o000, False), (0o644, True), (0o000, False), (0o600, True)):
        file.chmod(mode)
        assert shown() == (is_read, True)
