"""What the identity ledger costs: the same articles exported with it and without, in turns, in one run.

    python benchmarks/ledger.py --size 100000 --rounds 5

Processor time counts, of all processes together, so that a busy machine does little harm. Pages and archives are left out: they
take the same time with a ledger and without.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import corpus
from build import FEEDS, FEEDS_ONLY, FRESH, SITE, change, put_aside, timed

LEDGERS = ("false", "true")
SITUATIONS = ("cold", "no change", "one change", "one new")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure what the identity ledger costs.")
    parser.add_argument("--size", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--work", type=Path, help="where to work, instead of a temporary folder")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.work) as name:
        folders = {ledger: Path(name) / ledger for ledger in LEDGERS}
        for ledger, folder in folders.items():
            corpus.make(folder / "articles", given.size, mean=0)
            (folder / "config.yaml").write_text(f"{SITE}{FEEDS_ONLY}ledger: {ledger}\n", encoding="utf-8")
        found: dict[tuple[str, str], list[float]] = {}
        for number in range(given.rounds):
            runs = {ledger: seconds(folder, number) for ledger, folder in folders.items()}
            for situation in SITUATIONS:
                # Neither always goes first.
                for ledger in LEDGERS[:: -1 if number % 2 else 1]:
                    found.setdefault((ledger, situation), []).append(next(runs[ledger]))
    print(f"{given.size:,} articles, {given.rounds} rounds: processor seconds, median (least to most)")
    print("| situation | without | with | more |\n| --- | ---: | ---: | ---: |")
    for situation in SITUATIONS:
        without, with_one = (sorted(found[ledger, situation]) for ledger in LEDGERS)
        more = 100 * (median(with_one) / median(without) - 1)
        print(f"| {situation} | {shown(without)} | {shown(with_one)} | {more:+.1f} % |")


def seconds(folder: Path, number: int) -> Iterator[float]:
    """The processor time of an export in each situation."""
    for left in (folder / "out", folder / ".feeds", folder / "feeds.ledger"):
        put_aside(left)
    command = [str(FEEDS), "export", "--json"]
    time.sleep(FRESH)
    yield timed(command, folder, watched=False).cpu
    yield timed(command, folder, watched=False).cpu
    files = sorted((folder / "articles").rglob("*.md"), reverse=True)
    published = next(file for file in files[5:] if "published: true" in file.read_text(encoding="utf-8"))
    change(published, str(number))
    yield timed(command, folder, watched=False).cpu
    new = published.with_name(f"new-{number}.md")
    text = corpus.document(random.Random(number), len(files), corpus.NEWEST, 0)
    new.write_text(text.replace("published: false", "published: true"), encoding="utf-8")
    yield timed(command, folder, watched=False).cpu
    new.unlink()


def shown(seconds: list[float]) -> str:
    return f"{median(seconds):.2f} ({seconds[0]:.2f} to {seconds[-1]:.2f})"


if __name__ == "__main__":
    main()
