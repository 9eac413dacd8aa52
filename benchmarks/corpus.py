"""Makes a corpus of articles, shaped like those that publishers really keep: any size, always the same for one seed.

    python benchmarks/corpus.py FOLDER --articles 10000

Providers follow Zipf's law, topics less so; four in five articles are published; most have a picture, a fifth have related
coverage, nearly all have a `secured` line of ciphertext. Front matter is 2.8 kB
on average, a body 6 kB: a third are shorter than 3 kB, a few longer than 30, as in blogs. The same seed gives the same front
matter whether there are bodies or not.
"""

import argparse
import base64
import datetime
import math
import random
from pathlib import Path

WORDS = (
    "harbour council river school market budget forest engine museum signal border winter harvest border railway doctor "
    "teacher memory camera network village glacier reactor bridge library election island station workshop archive"
).split()
TOPICS = [f"{first} {second}".title() for first in WORDS[:12] for second in WORDS[12:20]]
# The mean length of bodies in bytes, and how far they spread: the standard deviation of the logarithm.
BODY = 6000
SPREAD = 0.9
LONGEST = 60_000
NEWEST = datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC)


def make(folder: Path, articles: int, seed: int = 1, providers: int | None = None, mean: int = BODY) -> None:
    """Write `articles` documents below `folder`, a folder for each year; the same for the same arguments.

    Bodies have `mean` bytes on average; with 0 there are none.
    """
    chance = random.Random(seed)
    count = providers or max(10, articles // 20)
    weights = [1 / (rank + 1) for rank in range(count)]
    # About 40 a day, so that a corpus grows by years.
    step = datetime.timedelta(minutes=36)
    for number in range(articles):
        published = NEWEST - step * number
        provider = chance.choices(range(count), weights)[0]
        place = folder / f"{published:%Y}"
        place.mkdir(parents=True, exist_ok=True)
        text = document(chance, number, published, provider) + body(random.Random(f"{seed} {number}"), mean)
        (place / f"{published:%Y-%m-%d}-{number:06}.md").write_text(text, encoding="utf-8")


def document(chance: random.Random, number: int, published: datetime.datetime, provider: int) -> str:
    def sentence(least: int, most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(least, most))).capitalize()

    title = f"{sentence(4, 9)} {number}"
    host = f"paper{provider}.example"
    url = f"https://www.{host}/{published:%Y/%m}/{title.lower().replace(' ', '-')}"
    score = chance.randint(5, 120)
    topics = sorted({TOPICS[min(int(chance.paretovariate(0.7)) - 1, len(TOPICS) - 1)] for _ in range(chance.randint(1, 3))})
    lines = [
        "---",
        f"category: {chance.choice(['news', 'news', 'news', 'features', 'opinion'])}",
        f'title: "{title} &#8217;s"',
        f'excerpt: "{sentence(20, 45)}. {sentence(8, 16)}."',
        f"publishedDateTime: {published:%Y-%m-%dT%H:%M:%SZ}",
        f'originalUrl: "{url}"',
        f'webUrl: "{url}"',
        "type: article",
        f"quality: {score}",
        f"heat: {score - chance.randint(0, 20)}",
        f"published: {'true' if chance.random() < 0.8 else 'false'}",
        "",
        "provider:",
        f"  name: Paper {provider}",
        f"  domain: {host}",
        "",
        "topics:",
        *(f"  - {topic}" for topic in topics),
        "",
    ]
    if chance.random() < 0.9:
        lines += ["images:", f'  - url: "https://www.{host}/pictures/{number}.jpg"', "    width: 1200", "    height: 630", ""]
    if chance.random() < 0.2:
        lines.append("related:")
        for other in range(chance.randint(1, 3)):
            lines += [
                f'  - title: "{sentence(5, 9)}"',
                f'    excerpt: "{sentence(15, 30)}."',
                f"    publishedDateTime: {published + datetime.timedelta(hours=other):%Y-%m-%dT%H:%M:%SZ}",
                f'    webUrl: "https://other{other}.example/{number}"',
                "    provider:",
                f"      name: Other {other}",
                f"      domain: other{other}.example",
            ]
        lines.append("")
    cipher = base64.b64encode(chance.randbytes(chance.randint(600, 1500))).decode()
    lines += [f'secured: "{cipher};{base64.b64encode(chance.randbytes(16)).decode()}"', "---", ""]
    return "\n".join(lines)


def body(chance: random.Random, mean: int = BODY) -> str:
    """An article's text in Markdown: paragraphs, and between them headings, lists, code, tables, pictures and quotations."""
    if not mean:
        return ""
    length = min(LONGEST, chance.lognormvariate(math.log(mean) - SPREAD**2 / 2, SPREAD))

    def words(least: int, most: int) -> str:
        return " ".join(chance.choices(WORDS, k=chance.randint(least, most)))

    def sentence() -> str:
        said = words(6, 20).split()
        place = chance.randrange(len(said))
        match chance.random():
            case luck if luck < 0.12:
                said[place] = (
                    f"[{said[place]}](https://www.paper{chance.randint(0, 99)}.example/{said[0]}/{said[-1]}?page={place})"
                )
            case luck if luck < 0.2:
                said[place] = f"*{said[place]}*"
            case luck if luck < 0.26:
                said[place] = f"**{said[place]}**"
            case luck if luck < 0.31:
                said[place] = f"`{said[place]}()`"
            case luck if luck < 0.32:
                said[place] = f"/{said[0]}/{said[-1]}/".join(("[this](", ")"))
        return " ".join(said)[:1].upper() + " ".join(said)[1:]

    def paragraph() -> str:
        return " ".join(f"{sentence()}." for _ in range(chance.randint(2, 5)))

    def part() -> str:
        match chance.random():
            case luck if luck < 0.58:
                return paragraph()
            case luck if luck < 0.7:
                return f"{'#' * chance.choice([2, 2, 2, 3])} {words(2, 6).capitalize()}"
            case luck if luck < 0.8:
                mark = chance.choice(["-", "-", "1."])
                return "\n".join(f"{mark} {sentence()}" for _ in range(chance.randint(3, 7)))
            case luck if luck < 0.87:
                lines = (
                    f"{'    ' * chance.randint(0, 2)}{words(1, 1)} = {words(1, 1)}[{line}] < 1"
                    for line in range(chance.randint(3, 15))
                )
                return "\n".join(("```python", *lines, "```"))
            case luck if luck < 0.92:
                return f"![{words(2, 5)}](https://www.paper1.example/pictures/{chance.randint(0, 9999)}.jpg)"
            case luck if luck < 0.95:
                rows = (f"| {words(1, 3)} | {chance.randint(0, 999)} | {words(1, 3)} |" for _ in range(chance.randint(3, 8)))
                return "\n".join((f"| {words(1, 1)} | {words(1, 1)} | {words(1, 1)} |", "| --- | ---: | --- |", *rows))
            case _:
                return f"> {paragraph()}"

    parts = [paragraph()]
    written = len(parts[0])
    while written < length:
        parts.append(part())
        written += len(parts[-1]) + 2
    return "\n" + "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a corpus of articles.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--providers", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mean", type=int, default=BODY, help="the mean length of bodies in bytes; 0 for articles without")
    given = parser.parse_args()
    make(given.folder, given.articles, given.seed, given.providers, given.mean)


if __name__ == "__main__":
    main()
