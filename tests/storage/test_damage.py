"""Damage to the index and other kept files is found, reported once and repaired. It never changes what is published."""

import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from machine import without_rights
from support import CONFIG, Site, doc, environment, tree, until

from feeds.config import loader
from feeds.index.history import History
from feeds.publish.publish import publish
from feeds.storage import sqlite

NOW = datetime(2026, 11, 28, tzinfo=UTC)
NAMES = [f"{number:02}" for number in range(30)]


def text(number: int, version: int = 0) -> str:
    front = {
        "title": f"Story {number}, version {version}",
        "topics": [f"Topic {number % 4}"],
        "webUrl": f"https://x.example/{number}",
    }
    return doc(front, f"Words of {number}. " * 40)


def written(folder: Path) -> Site:
    site = Site(folder)
    site.write(
        {"config.yaml": CONFIG + "least_left: 0%\nledger: false\n"} | {f"articles/{name}.md": text(int(name)) for name in NAMES}
    )
    return site


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = written(tmp_path_factory.mktemp("damage"))
    site.run("export")
    return site


def exported(site: Site) -> None:
    """Export in this process, as the command does."""
    config = loader.load(site.folder / "config.yaml")
    publish(config, config.output_place, NOW).index.close()
    sqlite.close_all()


def fresh(site: Site, folder: Path) -> dict[str, bytes]:
    """The files of a fresh export of the same documents."""
    other = Site(folder)
    shutil.copytree(site.folder / "articles", folder / "articles")
    shutil.copy(site.folder / "config.yaml", folder)
    exported(other)
    return tree(folder / "dist")


PLACES = (
    ".feeds/index.db",
    ".feeds/index.db",
    ".feeds/index.db",
    ".feeds/history.db",
    "dist/.feeds-manifest",
    ".feeds/index.db.seal",
)


# Shrinking an example takes longer than reading it.
@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    place=st.sampled_from(PLACES),
    hits=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 3000)), min_size=1, max_size=4),
    seed=st.integers(0, 2**32),
    kind=st.sampled_from(["noise", "zeros", "letters", "cut"]),
)
def test_an_index_overwritten_anywhere_is_rebuilt(
    original: Site,
    tmp_path_factory: pytest.TempPathFactory,
    place: str,
    hits: list[tuple[float, int]],
    seed: int,
    kind: str,
) -> None:
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(original.folder, folder, dirs_exist_ok=True)
    site = Site(folder)
    exported(site)
    file = folder / place
    if file.exists():
        overwrite(file, hits, random.Random(seed), kind)
    # One article is deleted, one is new and one reworded, so that there is work to do.
    (folder / "articles/07.md").unlink()
    site.write({"articles/08.md": text(8, 1), "articles/new.md": text(77)})
    exported(site)
    assert tree(folder / "dist") == fresh(site, tmp_path_factory.mktemp("fresh"))
    before = stamps(folder / "dist")
    exported(site)
    assert stamps(folder / "dist") == before, "made good once"


def overwrite(file: Path, hits: list[tuple[float, int]], own: random.Random, kind: str) -> None:
    """Write over parts of a file."""
    data = bytearray(file.read_bytes())
    for where, length in hits:
        at = int(where * len(data))
        if kind == "cut":
            data = data[: at + 1]
            break
        end = min(at + length, len(data))
        new = {"noise": own.randbytes(end - at), "zeros": bytes(end - at), "letters": b"e" * (end - at)}[kind]
        data[at:end] = new
    file.write_bytes(data)


def stamps(folder: Path) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in folder.rglob("*") if file.is_file() and not file.name.endswith("lock")}


def test_damage_is_reported_once_and_never_published(original: Site, tmp_path: Path) -> None:
    shutil.copytree(original.folder, tmp_path / "copy")
    site = Site(tmp_path / "copy")
    before = tree(site.folder / "dist")
    index = site.folder / ".feeds/index.db"
    # A copy that keeps the times is used.
    assert "0 written" in site.run("export").out
    assert not index.with_name("index.db.old").exists()
    # An altered text, which SQLite can't detect, and which would be published.
    data = index.read_bytes()
    assert b"Story 12, version 0" in data
    index.write_bytes(data.replace(b"Story 12, version 0", b"Story 99, altered 0"))
    (site.folder / "dist/all.json").unlink()
    output = site.run("export")
    assert output.err.count("has changed since it was closed") == 1
    assert "Traceback" not in output.err
    assert tree(site.folder / "dist") == before
    assert site.run("export").err == ""
    # A manifest that is not text, one of garbage, and one that names a file of someone else.
    manifest = site.folder / "dist/.feeds-manifest"
    whole = manifest.read_bytes()
    mine = {"dist/mine.html": "mine"}
    site.write(mine)
    for garbage in (
        b"\xff\xfe\x00",
        whole.replace(b"all.rss", b"mine.html"),
        whole[: len(whole) // 2],
        b"e" * 64 + b"  mine.html\n",
    ):
        manifest.write_bytes(garbage)
        (site.folder / "articles/03.md").unlink()
        site.run("export")
        assert b"topics/topic-3.rss" in manifest.read_bytes()
        assert manifest.read_bytes() != garbage
        site.write({"articles/03.md": text(3)})
        output = site.run("export")
        assert output.err == ""
        assert tree(site.folder / "dist") == before | {"mine.html": b"mine"}
        assert manifest.read_bytes() == whole


def test_an_index_from_an_archive_is_used_and_one_of_another_time_is_made_anew(original: Site, tmp_path: Path) -> None:
    site = Site(tmp_path)
    # GNU's format keeps whole seconds.
    archive = tmp_path / "kept.tar"
    with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT) as opened:
        opened.add(original.folder, ".")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    before = tree(site.folder / "dist")
    assert (site.folder / ".feeds/index.db").stat().st_mtime_ns % 1_000_000_000 == 0
    output = site.run("export")
    assert output.err == ""
    assert "0 written" in output.out
    os.utime(site.folder / ".feeds/index.db")
    output = site.run("export")
    assert "index.db: has changed since it was closed" in output.err
    assert "0 written" in output.out
    assert tree(site.folder / "dist") == before


def test_published_paths_survive_damage(tmp_path: Path) -> None:
    history = History("sqlite:///.feeds/history.db", tmp_path)
    paths = {f"topics/a-topic-with-a-long-name-{number}.rss" for number in range(4000)}
    assert history.publish(paths, [], NOW)
    history.close()
    file = tmp_path / ".feeds/history.db"
    data = bytearray(file.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 8000] = os.urandom(8000)
    file.write_bytes(data)
    history = History("sqlite:///.feeds/history.db", tmp_path)
    kept = sum(history.missing_for(path, NOW) is not None for path in paths)
    assert kept > len(paths) // 2
    history.close()


def test_a_read_only_index(original: Site, tmp_path: Path) -> None:
    shutil.copytree(original.folder, tmp_path / "copy")
    site = Site(tmp_path / "copy")
    expected = site.run("show", "all.json").out
    state = site.folder / ".feeds"
    for file in (*state.glob("*.db*"), state):
        file.chmod(0o555)
    bound = without_rights()
    try:
        for _ in range(2):
            for arguments, output in ((["show", "all.json"], expected), (["export"], "30 articles in 6 feeds")):
                command = [*bound, sys.executable, "-m", "feeds", *arguments]
                ran = subprocess.run(command, cwd=site.folder, env=environment(), capture_output=True, check=False)
                assert ran.returncode == 0, ran.stderr.decode()
                assert output in ran.stdout.decode()
                assert "can't be written" in ran.stderr.decode()
            # The next server can write the folder.
            state.chmod(0o755)
    finally:
        for file in (state, *state.glob("*.db*")):
            file.chmod(0o755)
    assert site.run("show", "all.json").err == ""


def test_a_server_goes_on_while_its_index_is_overwritten(original: Site, tmp_path: Path) -> None:
    shutil.copytree(original.folder, tmp_path / "copy")
    site = Site(tmp_path / "copy")
    with site.serve("--log", "none") as server:
        before = server.get("all.json").content
        time.sleep(1)
        file = site.folder / ".feeds/index.db"
        data = file.read_bytes()
        file.write_bytes(data[:16384] + os.urandom(len(data) - 16384))
        site.write({"articles/new.md": text(77)})
        until(lambda: server.get("all.json").status_code == 200 and "Story 77, version 0" in server.titles())
        assert server.get("all.json").content != before
        assert server.get("topics/topic-1.rss").status_code == 200
        assert "Traceback" not in server.log.read_text()
    with sqlite3.connect(site.folder / ".feeds/index.db") as opened:
        assert opened.execute("pragma integrity_check").fetchone() == ("ok",)
