"""The message of a server once it listens: the site's address, its size, and the watched folders."""

import os
import threading
import webbrowser
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from feeds.cli.output import count, say
from feeds.sources.watch import watched

if TYPE_CHECKING:
    # What it takes to render is loaded by the commands that do.
    from feeds.site.build import Build


def guide(made: "Build", address: str, root_path: str, *, follows: bool, opens: bool) -> None:
    """Print the message of a server at `address`; with `opens`, open the site in a browser. `follows` is as of `feeds serve`."""
    config, collection = made.site.config, made.site.collection
    home = f"{address}{root_path}"
    say(
        f"{config.site.title}: {count(len(made.selection.published), 'article')}, {count(len(collection.groups), 'feed')}",
        to_stderr=True,
    )
    rows = [("site", f"{home}/"), ("everything", " ".join(f"{home}/all.{format}" for format in config.formats))]
    if config.site.url != home:
        rows.append(("published as", f"{config.site.url}/ (site.url; --base-url changes it)"))
    rows.append(("watched", "the index, which another process writes" if follows else ", ".join(_watched(made))))
    for name, text in rows:
        say(f"  {name:<13} {text}", to_stderr=True, colour="cyan" if text.startswith("http") else None)
    if opens:
        # Some browsers end only when they are closed.
        threading.Thread(target=webbrowser.open, args=(f"{home}/",), daemon=True).start()


def _watched(made: "Build") -> Iterator[str]:
    """The watched folders and files, relative to the working folder if they are below it."""
    config = made.site.config
    here = Path.cwd()
    places = [folder for folder, is_whole, _ in watched(config) if is_whole]
    if config.path.is_file():
        places.append(config.path)
    for place in dict.fromkeys(places):
        whole = place.absolute()
        yield os.path.relpath(whole, here) if whole.is_relative_to(here) else str(whole)
    for source in config.sources:
        if source.url:
            yield f"{source.url} (every {config.poll} s)"
