"""What `build.py` measured, as a table, a plot and a page."""

from dataclasses import dataclass
from html import escape
from pathlib import Path

COLOURS = {
    "Feeds": "#0a7d5a",
    "Feeds, with pages and archives": "#74b89f",
    "Feeds before": "#4a6fa5",
    "Feeds before, with pages and archives": "#9db3d3",
    "Hugo": "#b3478a",
    "Hugo, with pages": "#d19bbb",
    "Hugo, code not coloured": "#e6c9da",
    "Pelican": "#8a8a8a",
}


@dataclass(frozen=True, slots=True)
class Result:
    """The median of some runs: seconds of wall time and of CPU, MiB of memory; and how much was written."""

    size: int
    name: str
    situation: str
    wall: float
    cpu: float
    memory: float
    feeds: int
    entries: int
    stages: dict[str, float]


@dataclass(frozen=True, slots=True)
class Facts:
    """How the results came about."""

    command: str
    versions: list[str]
    cores: int
    load: tuple[float, float]


def table(results: list[Result]) -> str:
    """The results as a table in Markdown. The last columns compare wall time with that of a cold build of Hugo at the same size,
    and, where it was measured, CPU with that of Feeds before in the same situation.
    """
    before = {(result.size, result.name, result.situation): result.cpu for result in results if "before" in result.name}
    rows = [
        "| articles | built by | situation | wall, s | CPU, s | MiB | CPU per article, µs | feeds | entries | stages, s "
        f"| Hugo = 1 |{' before = 1 |' if before else ''}",
        f"| ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- | ---: |{' ---: |' if before else ''}",
    ]
    hugo = {result.size: result.wall for result in results if result.name == "Hugo"}
    for each in results:
        ratio = f"{each.wall / hugo[each.size]:.2f}" if each.size in hugo else ""
        earlier = before.get((each.size, each.name.replace("Feeds", "Feeds before", 1), each.situation))
        change = f" {each.cpu / earlier:.2f} |" if earlier else " |" if before else ""
        rows.append(
            f"| {each.size:,} | {each.name} | {each.situation} | {each.wall:.2f} | {each.cpu:.2f} | {each.memory:.0f} "
            f"| {each.cpu / each.size * 1e6:.0f} | {each.feeds:,} | {each.entries:,} "
            f"| {' + '.join(f'{seconds:.2f}' for seconds in each.stages.values())} | {ratio} |{change}"
        )
    return "\n".join(rows)


def plot(results: list[Result]) -> str:
    """The wall time of cold builds as an SVG: a bar each, a group of bars for each size, each group to its own scale."""
    cold = [result for result in results if result.situation == "cold"]
    parts: list[str] = []
    top = 30
    for size in dict.fromkeys(result.size for result in cold):
        group = [result for result in cold if result.size == size]
        longest = max(result.wall for result in group)
        parts.append(f'<text x="10" y="{top}" font-weight="bold">{size:,} articles, cold</text>')
        for result in group:
            top += 24
            width = max(1, round(380 * result.wall / longest))
            parts.append(f'<text x="230" y="{top}" text-anchor="end">{escape(result.name)}</text>')
            parts.append(f'<rect x="240" y="{top - 13}" width="{width}" height="17" fill="{COLOURS[result.name]}"/>')
            parts.append(f'<text x="{246 + width}" y="{top}">{result.wall:.2f} s</text>')
        top += 40
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 {top - 16}" font-family="sans-serif" font-size="14">'
    ground = '<title>Wall time of cold builds</title><rect width="100%" height="100%" fill="#fff"/>'
    return "\n".join([head, ground, *parts, "</svg>", ""])


def write(docs: Path, results: dict[str, list[Result]], facts: Facts) -> None:
    """Write benchmarks.md and benchmarks.svg. `results` are by whether the articles have bodies, the most important first."""
    (docs / "benchmarks.svg").write_text(plot(next(iter(results.values()))), encoding="utf-8")
    (docs / "benchmarks.md").write_text(page(results, facts), encoding="utf-8")


def page(results: dict[str, list[Result]], facts: Facts) -> str:
    """The page: what was compared, and the tables."""
    tables = "\n\n".join(f"## Articles {bodies} bodies\n\n{table(some)}" for bodies, some in results.items())
    return f"""# Benchmarks

How long a build takes and how much memory it needs, beside two other programs that make feeds of a folder of articles.
Made by

    {facts.command} --write

with {", ".join(facts.versions)}, on {facts.cores} cores, with the page cache warm. The load average was
{facts.load[0]:.1f} when it began and {facts.load[1]:.1f} when it ended. Each time is the median of the
runs after the first, in which memory was watched; the programs ran in turns. CPU is that of all processes of a program
together, memory is the peak of their sum (PSS).

![Wall time of cold builds](benchmarks.svg)

{tables}

## What is compared

The articles are made by `benchmarks/corpus.py`: 2.8 kB of front matter each, a fifth of them drafts, a fifth with related
coverage, providers by Zipf's law; bodies are 6 kB of Markdown on average, with headings, lists, code, tables, pictures and
links. Each program writes a feed of the newest 50 articles of everything, of each topic and of each provider, with title, link,
id, date, summary, HTML (picture, body or else excerpt, source) and categories. No pages, but in the lines that say so.

- **cold**: nothing was built before. **No change**: the same command again. **One change**: one article that is in feeds says
  something else. **1% changed**: every hundredth article does. **One new**: there is one more. Hugo and Pelican build
  everything each time, so they have one line.
- Stages are those that Feeds tells of itself: reading, rendering entries, writing. What is missing to the whole is starting,
  and looking which files have changed; where none has, nothing else is done.
- Hugo highlights code by default, which takes most of its time here: code is in the bodies of many blogs. The line
  without is beside it; Feeds names the language of code and leaves its colours to readers.
- Feeds and Hugo write RSS, Atom and JSON Feed; Pelican writes RSS and Atom.
- Feeds also checks each field and tells what is wrong with its line, makes addresses and dates normal, takes out what is
  unsafe, gives every entry its media, related links and language, and writes OPML and a manifest of what it wrote. Hugo and
  Pelican do what their templates say: Hugo's here are the shortest that hold what is named above, and not all of what
  they write is valid.
- Feeds are counted where they have an entry; archive pages are not counted.
- "With pages and archives" is all that Feeds makes by default: a page for each feed, with a QR code; the archive of each by
  month, in three formats and as pages; lists of feeds, and an index to search. "Hugo, with pages" is Hugo with a page for each
  feed and further pages that list the rest of its articles, 50 each; it has no archives of feeds.
"""
