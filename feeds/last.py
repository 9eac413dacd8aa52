"""The last export into a folder: as long as nothing of what it was made from, and nothing that it wrote, has changed, another
one would do nothing. To see that takes a look at every file's size and time, and no more.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct, structs

from feeds import __version__
from feeds.config import Config, is_store
from feeds.errors import Problem
from feeds.scanning import Found, stamp

FOLDER = "exports"


class Told(Struct, frozen=True):
    """What an export told: how many articles and feeds there are, how many files, and what is wrong with documents."""

    articles: int
    feeds: int
    files: int
    problems: tuple[Problem, ...]


def told(config: Config, place: str, found: Sequence[Found], now: datetime) -> Told | None:
    """What the last export to `place` told, if another one would do nothing: the documents are as they were, which are
    `found` now, and so are the files that they refer to, `config`, its templates, and what was written.
    """
    if not config.index.startswith("sqlite:"):
        # What another machine has written there may be what is exported.
        return None
    if is_store(place):
        # To look at what stands there takes as long as an export.
        return None
    folder = Path(place)
    try:
        last = json.loads(_place(config, folder).read_bytes())
    except (OSError, ValueError):
        return None
    if last["key"] != _key(config, found) or (last["due"] is not None and last["due"] <= now.timestamp()):
        return None
    if any(stamp(place) != before for place, before in last["places"]) or last["output"] != _output(folder, last["paths"]):
        return None
    problems = tuple(Problem(**problem) for problem in last["problems"])
    return Told(last["articles"], last["feeds"], len(last["paths"]), problems)


def remember(
    config: Config,
    place: str,
    found: Sequence[Found],
    *,
    due: datetime | None,
    places: Iterable[tuple[str, str]],
    paths: Sequence[str],
    told: Told,
) -> None:
    """Keep what `told` is asked for later. `due` is when the next article is, `places` are the files that documents depend on
    with their stamps, `paths` what was written.
    """
    if is_store(place):
        return
    folder = Path(place)
    file = _place(config, folder)
    if not all(each.stamp for each in found):
        # What was saved just now may be saved again within the same tick of the clock.
        file.unlink(missing_ok=True)
        return
    last = {
        "key": _key(config, found),
        "due": due.timestamp() if due else None,
        "places": sorted(places),
        "paths": paths,
        "output": _output(folder, paths),
        "articles": told.articles,
        "feeds": told.feeds,
        "problems": [structs.asdict(problem) for problem in told.problems],
    }
    temporary = file.with_suffix(f".{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(last))
        temporary.replace(file)
    except OSError:
        # Nowhere to write: the next export takes its time.
        return


def _place(config: Config, folder: Path) -> Path:
    name = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return config.state_folder / FOLDER / f"{name}.json"


def _key(config: Config, found: Sequence[Found]) -> str:
    made = hashlib.sha256(f"{__version__}\n{config!r}\n{_templates(config)}".encode("utf-8", "surrogateescape"))
    made.update("\n".join([f"{each.path}\0{each.file}\0{each.stamp}" for each in found]).encode("utf-8", "surrogateescape"))
    return made.hexdigest()


def _templates(config: Config) -> list[str]:
    if config.templates is None or not config.templates.is_dir():
        return []
    return [f"{file}\0{stamp(str(file))}" for file in sorted(config.templates.iterdir())]


def _output(folder: Path, paths: Iterable[str]) -> str:
    made = hashlib.sha256()
    for path in paths:
        made.update(f"{path}\0{stamp(f'{folder}/{path}')}\n".encode("utf-8", "surrogateescape"))
    return made.hexdigest()
