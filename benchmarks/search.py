"""How long a search takes: `python benchmarks/search.py [--articles 100000] [--postgresql URL]`.

Makes a corpus of its own (`corpus.py`, with a sentence in Japanese in every tenth article and a rare word in every thousandth),
reads it into an index in SQLite, and in PostgreSQL where an address is given (its schema is written to), and takes in all words.
Then it asks for a common word, a rare one, a phrase, two words without a third, and words in Japanese: the articles that match
best as a page, as a person gets it, and the newest as a feed. Prints a table in Markdown: articles found, and the least and the
median time of all rounds, in milliseconds by the clock.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import corpus

from feeds.config import loader
from feeds.model import Format
from feeds.site import queries
from feeds.site.build import Build, build
from feeds.text import words

JAPANESE = "東北地方の沿岸に津波警報が出された。 港の朝は静かで、漁師たちは船を出した。 図書館の新しい橋が完成した。".split()
ASKED = {
    "a common word": "harbour",
    "a rare word": "zeugma",
    "a phrase": '"harbour council"',
    "two words, without a third": "glacier reactor -bridge",
    "Japanese": "津波警報",
    "the beginning of a word": "harb",
}
CONFIG = """\
site: {title: Search, url: "https://search.example.org", id: "tag:example.org,2026:search", language: en}
sources: [articles]
"""


def main() -> None:
    """Make the corpus, build the indexes, search, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--postgresql", help="such as postgresql://user:password@host/database?schema=search")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _make(folder / "articles", given.articles)
        print("| index | asked | found | page, least | page, median | feed, least | feed, median |")
        print("| --- | --- | --: | --: | --: | --: | --: |")
        for title, index in (("SQLite", ""), ("PostgreSQL", given.postgresql)):
            if index is None:
                continue
            config = folder / "config.yaml"
            config.write_text(CONFIG + (f'index: "{index}"\n' if index else ""))
            made = build(loader.load(config), datetime.now(UTC))
            began = time.perf_counter()
            made.site.view.fill_words(lambda: True)
            filled = time.perf_counter() - began
            for what, text in ASKED.items():
                _print(title, what, text, made, given.rounds)
            print(f"\n{title}: {given.articles:,} articles, whose words took {filled:.1f} s to take in.\n")


def _make(folder: Path, articles: int) -> None:
    corpus.make(folder, articles)
    chance = random.Random(2)
    for number, file in enumerate(sorted(folder.rglob("*.md"))):
        more = [chance.choice(JAPANESE)] if number % 10 == 0 else []
        more += ["A zeugma."] if number % 1000 == 0 else []
        if more:
            with file.open("a", encoding="utf-8") as article:
                article.write("\n\n" + " ".join(more) + "\n")


def _print(title: str, what: str, text: str, made: Build, rounds: int) -> None:
    site = made.site
    everything = len(site.collection.find(words.parse(text), 10**9, False))

    def feed() -> None:
        query = queries.parse([("text", text)], site.collection, site.config)
        site.feed(queries.group(query, site.collection, site.config), Format.ATOM)

    page_times, feed_times = _times(lambda: site.search(text), rounds), _times(feed, rounds)
    figures = (min(page_times), statistics.median(page_times), min(feed_times), statistics.median(feed_times))
    print(f"| {title} | {what}: `{text}` | {everything:,} | {' | '.join(f'{figure:.1f}' for figure in figures)} |", flush=True)


def _times(work: Callable[[], object], rounds: int) -> list[float]:
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return found


if __name__ == "__main__":
    main()
