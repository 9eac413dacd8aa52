"""Export writes each file completely or not at all, writes only changed files, and removes only its own."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import CONFIG, REQUIRED, Site, doc, environment, tree, until, xml


def articles(count: int, topic: str = "T") -> dict[str, str]:
    return {
        f"articles/{number:03}.md": doc(
            {
                "title": f"Article {number}",
                "id": f"urn:x:{number}",
                "topics": [topic, f"Topic {number % 7}"],
                "category": f"C{number % 3}",
                "provider": {"domain": f"p{number % 4}.example"},
            },
            f"Body *{number}*\n",
        )
        for number in range(count)
    }


def state(folder: Path) -> dict[str, tuple[int, int, int]]:
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns, path.stat().st_ctime_ns)
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".feeds-lock")
    }


def test_pages_after_a_change_equal_those_of_a_fresh_export(site: Site) -> None:
    site.write({"config.yaml": REQUIRED, "articles/new.md": doc({"title": "Before", "topics": ["T"]}), **articles(9)})
    site.export()
    site.write({"articles/new.md": doc({"title": "What it says now", "topics": ["T"]})})
    changed = site.export()
    assert b"What it says now" in changed["topics/t/index.html"]
    shutil.rmtree(site.folder / ".feeds")
    shutil.rmtree(site.folder / "dist")
    assert site.export() == changed


def test_a_broken_template_is_an_error_and_leaves_the_export_as_it_is(site: Site) -> None:
    site.write({"config.yaml": f"{REQUIRED}templates: theme\n", "theme/site.css": "", **articles(3)})
    before = site.export()
    site.write({"theme/group.html": "{{ page.nothing }}"})
    message = site.run("export", "--out", "dist", status=2).err
    assert "nothing" in message
    assert tree(site.folder / "dist") == before
    (site.folder / "theme" / "group.html").unlink()
    assert site.export() == before


def test_exports_do_not_depend_on_the_machine(tmp_path: Path) -> None:
    trees = []
    files = articles(40)
    environments = [
        {"TZ": "UTC", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        {"TZ": "Asia/Kolkata", "LC_ALL": "fr_FR.UTF-8", "PYTHONHASHSEED": "2", "LANG": "tr_TR.UTF-8"},
        {"TZ": "America/St_Johns", "LC_ALL": "de_DE.UTF-8", "PYTHONHASHSEED": "77", "PYTHONUTF8": "0"},
    ]
    for number, env in enumerate(environments):
        site = Site(tmp_path / str(number))
        names = list(files)
        random.Random(number).shuffle(names)
        site.write({"config.yaml": CONFIG})
        for name in names:
            site.write({name: files[name]})
        trees.append(site.export(env=env))
        time.sleep(0.01)
    assert trees[0] == trees[1] == trees[2]
    assert len(trees[0]) > 30


def test_a_second_export_writes_no_file(site: Site) -> None:
    site.write(articles(5))
    site.export()
    before = state(site.folder / "dist")
    ran = site.run("export")
    assert " 0 written" in ran.out
    assert " 0 removed" in ran.out
    assert state(site.folder / "dist") == before


def test_only_what_changed_is_written(site: Site) -> None:
    site.write(articles(6))
    before, was = site.export(), state(site.folder / "dist")
    site.write({"articles/000.md": articles(1)["articles/000.md"].replace("Article 0", "Corrected 0")})
    after, now = site.export(), state(site.folder / "dist")
    changed = {path for path in after if before[path] != after[path]}
    assert changed == {path for path in after if was[path] != now[path]}
    assert {"all.rss", "topics/t.json", "topics/topic-0.atom", "categories/c0.rss", "providers/p0.example.json"} <= changed
    assert "topics/topic-1.rss" not in changed


def test_only_files_of_earlier_exports_are_removed(site: Site) -> None:
    site.write({"articles/a.md": doc({"topics": ["Kept", "Gone"]}), "dist/mine.txt": "mine", "dist/topics/mine.rss": "mine"})
    first = site.export()
    assert "topics/gone.rss" in first
    site.write({"articles/a.md": doc({"topics": ["Kept"], "provider": {"domain": "p.example"}})})
    # Files of the user, one of them at a path that was exported earlier.
    site.write({"dist/topics/gone.atom": "mine now", "dist/notes/x.json": "{}"})
    second = site.export()
    assert not {"topics/gone.rss", "topics/gone.json"} & set(second)
    assert second["topics/gone.atom"] == b"mine now"
    assert second["mine.txt"] == second["topics/mine.rss"] == b"mine"
    assert second["notes/x.json"] == b"{}"
    site.write({"articles/a.md": doc({})})
    third = site.export()
    assert not [path for path in third if path.startswith("providers/")]
    assert not (site.folder / "dist/providers").exists()
    assert third["topics/gone.atom"] == b"mine now"


def test_a_manifest_can_not_name_files_elsewhere(site: Site) -> None:
    import hashlib

    site.write({"articles/a.md": doc({}), "precious.txt": "precious"})
    site.export()
    digest = hashlib.sha256(b"precious").hexdigest()
    manifest = site.folder / "dist/.feeds-manifest"
    lines = f"{digest}  ../precious.txt\n{digest}  {site.folder}/precious.txt\n{digest}  topics/../../precious.txt\nrubbish\n\n"
    manifest.write_text(manifest.read_text() + lines)
    site.export()
    assert (site.folder / "precious.txt").read_text() == "precious"


def test_a_file_in_place_of_the_folder_is_an_error(site: Site) -> None:
    site.write({"articles/a.md": doc({"topics": "T"}), "dist/topics": "a file where a folder belongs"})
    ran = site.run("export", status=2)
    assert "Traceback" not in ran.err
    assert "topics" in ran.err
    assert (site.folder / "dist/topics").read_text() == "a file where a folder belongs"


def test_a_missing_source_leaves_nothing_behind(site: Site) -> None:
    site.write({"config.yaml": REQUIRED.replace("articles", "nowhere")})
    before = sorted(site.folder.iterdir())
    assert "nowhere" in site.run("export", status=2).err
    assert sorted(site.folder.iterdir()) == before


def test_a_folder_in_place_of_a_feed_is_an_error(site: Site) -> None:
    site.write({"articles/a.md": doc({}), "dist/all.rss/x": "x"})
    ran = site.run("export", status=2)
    assert "Traceback" not in ran.err
    assert "all.rss" in ran.err


def test_killed_at_any_moment_every_feed_is_whole(site: Site) -> None:
    site.write(articles(40, "Old"))
    old = site.export()
    site.write(articles(40, "New"))
    new = site.export(out="expected")
    manifest = site.folder / "dist/.feeds-manifest"
    for _ in range(6):
        # The journal has a line for each file that is about to be written: kill the export after nine or more.
        enough = manifest.stat().st_size + 900
        process = subprocess.Popen(
            [sys.executable, "-m", "feeds", "export"], cwd=site.folder, env=environment(), stdout=subprocess.DEVNULL
        )
        while process.poll() is None and manifest.stat().st_size < enough:
            time.sleep(0.0005)
        process.kill()
        process.wait()
        for path, body in tree(site.folder / "dist").items():
            assert body in (old.get(path), new.get(path)), path
            if not path.startswith("assets/"):
                json.loads(body) if path.endswith(".json") else xml(body)
    assert site.export() == new
    assert {path.name for path in (site.folder / "dist").rglob(".*")} <= {".feeds-manifest", ".feeds-lock"}


def test_files_of_a_killed_export_are_known_to_the_next(site: Site) -> None:
    # Killed before it could clean up: some feeds are written, and the next export knows them.
    site.write(articles(60) | {"config.yaml": CONFIG + "withdrawn: 0\n"})
    process = subprocess.Popen(
        [sys.executable, "-m", "feeds", "export"], cwd=site.folder, env=environment(), stdout=subprocess.DEVNULL
    )
    dist = site.folder / "dist"
    while process.poll() is None and not list(dist.glob("categories/*.rss")):
        time.sleep(0.001)
    process.kill()
    process.wait()
    assert tree(dist)
    for file in (site.folder / "articles").iterdir():
        file.unlink()
    assert set(site.export("--allow-shrink")) == {"all.rss", "all.atom", "all.json", "feeds.opml", "assets/feed.css"}


def many(count: int = 350) -> dict[str, str]:
    """Write enough articles for several processes."""
    return {f"articles/{n:03}.md": doc({"title": f"A {n}", "id": f"urn:x:{n}", "topics": [f"T {n}"]}) for n in range(count)}


def in_one_process(site: Site, out: str) -> dict[str, bytes]:
    """The files of an export that may use only one processor."""
    alone = "import os; os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1]); from feeds.cli import main; main()"
    subprocess.run(
        [sys.executable, "-c", alone, "export", "--out", out], cwd=site.folder, env=environment(), check=True, capture_output=True
    )
    return tree(site.folder / out)


def test_killed_while_several_processes_write(site: Site) -> None:
    dist = site.folder / "dist"
    manifest = dist / ".feeds-manifest"
    site.write(many())
    expected = in_one_process(site, "expected")
    for enough in (1, 20_000, 40_000):
        shutil.rmtree(site.folder / ".feeds")
        process = subprocess.Popen(
            [sys.executable, "-m", "feeds", "export"], cwd=site.folder, env=environment(), stdout=subprocess.DEVNULL
        )
        while process.poll() is None and (not manifest.exists() or manifest.stat().st_size < enough):
            time.sleep(0.0005)
        process.kill()
        process.wait()
        known = set(manifest.read_text().splitlines())
        for path, body in tree(dist).items():
            assert body == expected[path]
            assert f"{hashlib.sha256(body).hexdigest()}  {path}" in known
    assert site.export() == expected
    assert {path.name for path in dist.rglob(".*")} == {".feeds-manifest", ".feeds-lock"}


def children(process: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def test_the_work_of_killed_workers_is_done(site: Site) -> None:
    """As where memory runs out: first one worker is killed each time, then all."""
    site.write(many(1200))
    expected = in_one_process(site, "expected")
    for most in (1, 2):
        shutil.rmtree(site.folder / ".feeds")
        shutil.rmtree(site.folder / "dist", ignore_errors=True)
        killed: set[int] = set()
        process = subprocess.Popen(
            [sys.executable, "-m", "feeds", "export"], cwd=site.folder, env=environment(), stdout=subprocess.DEVNULL
        )
        while process.poll() is None:
            together = children(process.pid)
            if len(together) > 1 and not killed.intersection(together):
                # At different moments.
                time.sleep(0.01 * (1 + len(killed)))
                for child in together[:most]:
                    # It may have ended already.
                    with suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)
                killed.update(together)
            time.sleep(0.0005)
        assert process.returncode == 0
        # Workers that read, and workers that render; with one processor there are none.
        assert len(killed) >= 4 or len(os.sched_getaffinity(0)) == 1
        assert tree(site.folder / "dist") == expected


def test_a_killed_export_leaves_no_process(site: Site) -> None:
    site.write(many(1200))
    process = subprocess.Popen(
        [sys.executable, "-m", "feeds", "export"], cwd=site.folder, env=environment(), stdout=subprocess.DEVNULL
    )
    # With one processor, one process does everything.
    until(lambda: len(children(process.pid)) > 1 or process.poll() == 0)
    left = children(process.pid)
    assert len(left) > 1 or len(os.sched_getaffinity(0)) == 1
    process.kill()
    process.wait()
    until(lambda: not any(Path(f"/proc/{each}").exists() for each in left))


def test_several_processes_write_no_unchanged_file(site: Site) -> None:
    site.write(many())
    site.export()
    before = state(site.folder / "dist")
    shutil.rmtree(site.folder / ".feeds")
    assert " 0 written" in site.run("export").out
    assert state(site.folder / "dist") == before


def test_several_processes_write_the_same_as_one(site: Site) -> None:
    shared = {"category": "C", "provider": {"domain": "p.example"}}
    documents = {
        f"articles/{n:03}.md": doc(
            {"title": f"A {n} & <b>", "id": f"urn:x:{n}", "topics": [f"T {n % 70}", "T"], **shared}
            | {"publishedDateTime": f"2025-{1 + n % 12:02}-0{1 + n % 7}T00:00:00Z", "excerpt": f"\u201c{n}\u201d " * 60}
        )
        for n in range(340)
    }
    limited = CONFIG.replace("archives: false\npages: false\n", "limit: 3\n")
    expected = in_one_process(site.write(documents).write({"config.yaml": limited}), "expected")
    assert {"all/archive/2025-01.rss", "topics/t-1/archive/2025-02.json", "topics/t-1/index.html", "index.html"} <= set(expected)
    shutil.rmtree(site.folder / ".feeds")
    assert site.export() == expected


def test_several_processes_write_companions_too(site: Site) -> None:
    site.write(many()).write({"config.yaml": f"{CONFIG}precompress: [gzip, br]\n"})
    expected = in_one_process(site, "expected")
    assert "topics/t-1.rss.br" in expected
    assert site.export() == expected
    site.write({"articles/007.md": doc({"title": "Corrected", "id": "urn:x:7", "topics": ["T 7"]})})
    assert in_one_process(site, "expected") == site.export() != expected


def test_two_exports_at_once_do_not_mix(site: Site) -> None:
    site.write(articles(60))
    expected = site.export(out="expected")
    both = [
        subprocess.Popen([sys.executable, "-m", "feeds", "export"], cwd=site.folder, env=environment(), stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    output = [(process.communicate()[1].decode(), process.returncode) for process in both]
    assert {status for _, status in output} <= {0, 2}
    assert all("another export" in text for text, status in output if status == 2)
    assert tree(site.folder / "dist") == expected


def test_a_site_with_no_articles_still_has_feeds(site: Site) -> None:
    feeds = site.export()
    assert json.loads(feeds["all.json"])["items"] == []
    assert xml(feeds["all.rss"]).find("channel/lastBuildDate") is None
    assert b"<updated>2000-01-01T00:00:00" in feeds["all.atom"]


def test_show_prints_what_export_writes(site: Site) -> None:
    site.write(articles(3))
    feeds = site.export()
    for path in ("all.rss", "topics/t.atom", "categories/c1.json"):
        assert site.run("show", path).out.encode() == feeds[path]
    # Paths of `feeds list` are shown in the first format; pages and queries too.
    listed = [group["path"] for group in json.loads(site.run("list", "--json").out)]
    assert {site.run("show", path).out.encode() for path in listed} == {feeds[f"{path}.rss"] for path in listed}
    site.write({"config.yaml": REQUIRED})
    assert site.run("show", "topics/t/").out == site.run("show", "topics/t/index.html").out
    assert "<html" in site.run("show", "topics/t/").out
    for query in ("q.json?topic=t&limit=1", "topics/t/categories/c1.json"):
        assert len(json.loads(site.run("show", query).out)["items"]) == 1
    # A query without a suffix is in the first format, as a group is.
    for query, same in (("q?topic=t&limit=1", "q.rss?topic=t&limit=1"), ("topics/t/categories/c1", "topics/t/categories/c1.rss")):
        assert site.run("show", query).out == site.run("show", same).out
    for wrong, near in (
        ("topics/u.atom", "topics/t.atom"),
        ("q.json?topic=u", None),
        ("q.json?topc=t", "topic"),
        ("nothing", None),
    ):
        ran = site.run("show", wrong, status=2)
        assert wrong in ran.err
        assert "Traceback" not in ran.err
        assert near is None or near in ran.err


def test_export_as_json(site: Site) -> None:
    site.write({"articles/a.md": doc({}), "articles/b.md": doc({"title": []})})
    report = json.loads(site.run("export", "--json").out)
    files = len(tree(site.folder / "dist"))
    assert files > 3
    assert (report["articles"], report["written"], report["unchanged"], report["removed"]) == (1, files, 0, 0)
    assert [problem["path"] for problem in report["problems"]] == ["articles/b.md"]


def test_watching_exports_what_is_saved_and_what_falls_due(site: Site) -> None:
    due = datetime.now(UTC) + timedelta(seconds=4)
    later = doc({"title": "Later", "publishedDateTime": due.isoformat(timespec="seconds")})
    site.write({"config.yaml": CONFIG, "articles/a.md": doc({"title": "First"}), "articles/b.md": later})
    with site.running("export", "--watch") as process:
        out = site.folder / "dist/all.rss"
        until(lambda: out.exists() and b"First" in out.read_bytes())
        site.write({"articles/c.md": doc({"title": "Second"})})
        until(lambda: b"Second" in out.read_bytes())
        until(lambda: b"Later" in out.read_bytes())
        site.write({"config.yaml": CONFIG.replace("Tidings", "Renamed").replace("articles", "none")})
        site.write({"articles/c.md": doc({"title": "Third"})})
        site.write({"config.yaml": CONFIG.replace("Tidings", "Renamed")})
        until(lambda: b"Third" in out.read_bytes() and b"Renamed" in out.read_bytes())
        (site.folder / "articles/c.md").unlink()
        until(lambda: b"Third" not in out.read_bytes())
        assert process.poll() is None


def test_files_of_others_are_never_replaced(site: Site) -> None:
    site.write(
        {"articles/a.md": doc({"title": "A", "topics": ["Sea"]}), "dist/index.html": "another site", "dist/robots.txt": "theirs"}
    )
    site.write({"config.yaml": REQUIRED})
    refused = site.run("export", status=2)
    assert "dist/index.html" in refused.err
    assert "--overwrite" in refused.err
    assert tree(site.folder / "dist") == {"index.html": b"another site", "robots.txt": b"theirs"}
    exported = site.export("--overwrite")
    assert exported["index.html"] != b"another site"
    assert exported["robots.txt"] == b"theirs"
    # From now on the file is ours; a file that appears later at a new path is not.
    site.write({"dist/topics/law.rss": "another feed"})
    site.export()
    site.write({"articles/b.md": doc({"title": "B", "topics": ["Law"]})})
    before = tree(site.folder / "dist")
    assert "topics/law.rss" in site.run("export", status=2).err
    assert tree(site.folder / "dist") == before
    (site.folder / "dist/topics/law.rss").unlink()
    assert b"B" in site.export()["topics/law.rss"]


def test_a_file_where_a_folder_must_be_is_not_replaced_either(site: Site) -> None:
    site.write({"config.yaml": REQUIRED, "articles/a.md": doc({"title": "A", "topics": ["Sea"]}), "dist/topics": "theirs"})
    assert site.run("export", status=2).err.startswith("dist/topics: not written by an earlier export")
    # Of our hidden files, only the lock is there.
    left = {path.name: path.read_bytes() for path in (site.folder / "dist").iterdir()}
    assert left == {"topics": b"theirs", ".feeds-lock": b""}
    assert b"A" in site.export("--overwrite")["topics/sea.rss"]


@pytest.mark.parametrize("out", ["articles", "articles/deeper/dist", ".", "/", "~"])
def test_folders_with_articles_or_other_files_are_refused_as_output(site: Site, out: str) -> None:
    site.write({"articles/a.md": doc({"title": "A"})})
    before = tree(site.folder)
    refused = site.run("export", "--out", str(Path(out).expanduser()), status=2)
    assert "--out" in refused.err
    assert {path: body for path, body in tree(site.folder).items() if not path.startswith(".feeds")} == before
