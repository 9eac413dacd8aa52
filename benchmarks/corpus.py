"""Makes a corpus of articles, shaped like those that publishers really keep: any size, always the same for one seed.

    python benchmarks/corpus.py FOLDER --articles 10000

Providers follow Zipf's law, topics less so; four in five articles are published; most have a picture, a fifth have related
coverage, nearly all have a `secured` line of ciphertext; a document is 2.8 kB on average.
"""

import argparse
import base64
import datetime
import random
from pathlib import Path

WORDS = (
    "harbour council river school market budget forest engine museum signal border winter harvest border railway doctor "
    "teacher memory camera network village glacier reactor bridge library election island station workshop archive"
).split()
TOPICS = [f"{first} {second}".title() for first in WORDS[:12] for second in WORDS[12:20]]
NEWEST = datetime.datetime(2026, 10, 1, tzinfo=datetime.UTC)


def make(folder: Path, articles: int, seed: int = 1, providers: int | None = None) -> None:
    """Write `articles` documents below `folder`, a folder for each year; the same for the same arguments."""
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
        text = document(chance, number, published, provider)
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


def main() -> None:
    parser = argparse.ArgumentParser(description="Make a corpus of articles.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--articles", type=int, default=10_000)
    parser.add_argument("--providers", type=int)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    make(given.folder, given.articles, given.seed, given.providers)


if __name__ == "__main__":
    main()
