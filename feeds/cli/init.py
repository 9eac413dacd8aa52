"""`feeds init`."""

import sys
from pathlib import Path

import click
from msgspec.structs import replace

from feeds.cli.config import DEFAULT_CONFIG, OTHER_CONFIG
from feeds.cli.folder import found_in
from feeds.cli.output import fail, say
from feeds.config import loader, starter
from feeds.config.generators import Content
from feeds.sources import reader


@click.command()
@click.argument("folder", default=".", type=click.Path(path_type=Path, file_okay=False))
@click.option("--title", help="The title of the site.")
@click.option("--url", help="The address of the site, such as https://example.org.")
@click.option("--source", "sources", multiple=True, help="A folder of articles below FOLDER. May be repeated.")
@click.option("--force", is_flag=True, help="Replace a config that is there.")
def init(folder: Path, title: str | None, url: str | None, sources: tuple[str, ...], *, force: bool) -> None:
    """Write a first config.yaml for the site in FOLDER.

    The config of Hugo, Jekyll, Hexo, Zola, Pelican, Eleventy, Astro or Docusaurus says most of it; on a terminal, what is still
    missing is asked for.
    """
    found = found_in(folder)
    file = folder / (OTHER_CONFIG if found.file == DEFAULT_CONFIG.name else DEFAULT_CONFIG)
    if file.exists() and not force:
        fail(f"{file}: there is a config already; --force replaces it")
    asks = sys.stdin.isatty()
    title = title or found.title
    url = url or found.url
    if asks and not found.generator:
        title = click.prompt("Title of the site", default=title)
        url = url or click.prompt("Address of the site", default=starter.UNKNOWN_URL)
        sources = sources or (click.prompt("Folder of articles", default="."),)
    content = tuple(Content(source, "") for source in sources) or found.content
    found = replace(found, title=title, url=url, content=content)
    # What is written must be what the commands accept.
    config = loader.parse(starter.text(found), file, expand=str)
    if len(content) > 1 and not sources and (numbers := reader.sources_with_documents(config)):
        # A generator has folders of other things too, such as pictures with their data.
        found = replace(found, content=tuple(each for number, each in enumerate(content) if number in numbers))
        left_out = [each.path for number, each in enumerate(content) if number not in numbers]
    else:
        left_out = []
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(starter.text(found), encoding="utf-8")
    say(f"{file}: written" + (f", from {found.generator}'s {found.file}" if found.generator else ""))
    if left_out:
        say(f"Left out, for no article is in them: {', '.join(left_out)}")
    for each in found.content:
        if each.doubt:
            say(f"Look at the `link` of {each.path}: {each.doubt}.")
    if url is None:
        say(f"Set site.url in {file} to the address of the site.")
    here = "" if folder == Path() else f" --config {file}"
    say(f"Next: feeds check{here}    shows what to improve")
    say(f"      feeds serve{here}    shows the feeds at http://127.0.0.1:8000")
