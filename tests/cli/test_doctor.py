"""`feeds doctor`: each problem is found, and the advice helps."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from machine import without_rights
from support import REQUIRED, Site, doc, environment

ARTICLES: dict[str, str | bytes] = {f"articles/{number}.md": doc({"title": f"Story {number}"}) for number in range(8)}


def examined(site: Site, status: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(site.run("doctor", "--json", status=status).out)
    return found


def state(site: Site) -> dict[str, bytes]:
    return {str(file): file.read_bytes() for file in site.folder.rglob("*") if file.is_file()}


def empty(site: Site) -> None:
    shutil.rmtree(site.folder / "articles")
    (site.folder / "articles").mkdir()


def take_the_folder_away(site: Site) -> None:
    shutil.rmtree(site.folder / "articles")


def overwrite_the_index(site: Site) -> None:
    file = site.folder / ".feeds/index.db"
    file.write_bytes(file.read_bytes().replace(b"Story 1", b"Story X"))


def break_the_index(site: Site) -> None:
    file = site.folder / ".feeds/index.db"
    data = file.read_bytes()
    file.write_bytes(data[:16384] + os.urandom(len(data) - 16384))


def break_the_manifest(site: Site) -> None:
    (site.folder / "dist/.feeds-manifest").write_bytes(b"\xff\x00")


def edit_a_feed(site: Site) -> None:
    (site.folder / "dist/all.rss").write_text("mine")


def put_another_site_there(site: Site) -> None:
    other = (
        REQUIRED.replace("Tidings", "Others")
        .replace("feeds.example.org", "other.example")
        .replace("example.org,2026:", "o,2026:")
    )
    (site.folder / "dist").rename(site.folder / "before")
    site.write({"other/config.yaml": other.replace("[articles]", "[../articles]") + "output: ../dist\n"})
    site.run("export", "--config", "other/config.yaml")


def set_the_clock_back(site: Site) -> None:
    later = time.time() + 86_400
    os.utime(site.folder / ".feeds/index.db", (later, later))


@pytest.mark.parametrize(
    ("harm", "about", "found", "advice"),
    [
        (empty, "sources", "of 8 documents only 0 are left", "--allow-shrink"),
        (take_the_folder_away, "sources", "no such folder", "mount"),
        (overwrite_the_index, "index", "has changed since it was closed", "made anew"),
        (break_the_index, "index", "damaged", "made anew"),
        (break_the_manifest, "output", "manifest is damaged", "feeds export"),
        (edit_a_feed, "output", "changed or missing: all.rss", "feeds export"),
        (put_another_site_there, "output", "holds another site, 'Others' (https://other.example)", "--overwrite"),
        (set_the_clock_back, "clock", "before the last run", "set the clock"),
    ],
)
def test_each_harm_is_reported_with_advice(site: Site, harm: Callable[[Site], None], about: str, found: str, advice: str) -> None:
    site.write(ARTICLES | {"config.yaml": REQUIRED})
    site.run("export")
    harm(site)
    before = state(site)
    wrong = [each for each in examined(site, 1) if each["state"] == "wrong"]
    assert any(each["about"] == about and found in each["found"] and advice in each["advice"] for each in wrong), wrong
    assert len(wrong) <= 2, wrong
    assert state(site) == before, "nothing is changed"


def test_a_healthy_site(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": REQUIRED})
    # Before the first export and after it.
    assert {each["state"] for each in examined(site, 0)} == {"ok"}
    assert not (site.folder / ".feeds").exists()
    site.run("export")
    output = site.run("doctor").out
    assert "articles: 8 documents" in output
    assert "8 articles" in output
    assert "dates without an offset are in UTC" in output
    assert "https://feeds.example.org" in output
    assert "of this site" in output
    # Advice is not an error.
    site.write({"config.yaml": REQUIRED.replace("https://feeds.example.org", "http://localhost:8000")})
    assert "--base-url" in site.run("doctor").out


def test_files_without_permission(site: Site) -> None:
    site.write(ARTICLES | {"config.yaml": REQUIRED})
    site.run("export")
    bound = without_rights()
    (site.folder / "articles/3.md").chmod(0)
    (site.folder / "dist").chmod(0o555)
    try:
        command = [*bound, sys.executable, "-m", "feeds", "doctor"]
        ran = subprocess.run(command, cwd=site.folder, env=environment(), capture_output=True, check=False)
    finally:
        (site.folder / "dist").chmod(0o755)
    output = ran.stdout.decode()
    assert ran.returncode == 1, output + ran.stderr.decode()
    assert "can't be read: articles/3.md" in output
    assert "dist: can't be written" in output
