"""`feeds new`."""

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from feeds.cli.config import Load
from feeds.cli.options import of_a_site
from feeds.cli.output import fail, say
from feeds.text.slugs import slug


@click.command()
@click.argument("title")
@of_a_site
def new(load: Load, title: str) -> None:
    """Write an article with this TITLE, to be filled in, to the first source. It is a draft until `published: false` goes."""
    source = next((source for source in load().sources if source.url is None), None)
    if source is None:
        fail("the sources are all in object stores; name a folder with --source")
    now = datetime.now(UTC).replace(microsecond=0)
    file = Path(source.folder) / f"{now:%Y-%m-%d}-{slug(title)}.md"
    text = (
        "---\n"
        f"title: {json.dumps(title, ensure_ascii=False)}\n"
        f"publishedDateTime: {now:%Y-%m-%dT%H:%M:%SZ}\n"
        "excerpt: \n"
        "topics: []\n"
        "published: false    # a draft: remove this line to publish it\n"
        "---\n\n"
    )
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        fail(f"{file}: there is such an article already")
    say(str(file))
