"""What a body costs: the processor time of an export in which each article has one, beside the same articles without.

    python benchmarks/bodies.py --articles 2000

Each article is in one archive page, in three formats, and the newest in a feed. Each export begins with nothing kept; they run
in turns, and the medians count.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

import corpus

FEEDS = Path(sys.executable).parent / "feeds"
SITE = """\
site: {{title: Bench, url: "https://bench.example"}}
sources: [{}]
groups: []
pages: false
archive_period: day
"""


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what a body costs.")
    parser.add_argument("--articles", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for mean in (0, corpus.BODY):
            corpus.make(folder / f"of{mean}", given.articles, mean=mean)
            (folder / f"{mean}.yaml").write_text(SITE.format(f"of{mean}"), encoding="utf-8")
        runs: dict[int, list[float]] = {0: [], corpus.BODY: []}
        for _ in range(given.rounds):
            for mean, seconds in runs.items():
                seconds.append(exported(folder, mean))
        pages = (folder / f"out{corpus.BODY}").glob("all/archive/*.json")
        items = [item for page in pages for item in json.loads(page.read_bytes())["items"]]
    size = sum(len(item["content_html"]) for item in items) / len(items)
    without, with_bodies = (median(seconds) for seconds in runs.values())
    print(f"{len(items):,} articles, {size / 1000:.1f} kB of HTML each, {given.rounds} rounds")
    print(f"without bodies {without / len(items) * 1000:.2f} ms of CPU each, with {with_bodies / len(items) * 1000:.2f} ms")
    print(f"a body costs {(with_bodies - without) / len(items) * 1000:.2f} ms")


def exported(folder: Path, mean: int) -> float:
    """Seconds of processor time that an export took, of all its processes."""
    for left in (folder / ".feeds", folder / f"out{mean}", folder / f"{mean}.ledger"):
        subprocess.run(["rm", "-rf", left], check=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [FEEDS, "export", "--config", f"{mean}.yaml", "--out", f"out{mean}"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
