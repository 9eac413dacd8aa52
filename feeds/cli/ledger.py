"""`feeds ledger`: show and change the identity ledger."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from feeds.cli.config import Load
from feeds.cli.options import json_option, of_a_site
from feeds.cli.output import count, fail, print_json
from feeds.config.types import Config
from feeds.errors import LedgerError
from feeds.ledger import file
from feeds.ledger import line as lines
from feeds.ledger.line import Line
from feeds.text import urls

_STATES = {"article": "published", "withdrawn": "withdrawn", "adopted": "adopted, no document has claimed it yet"}


@click.group()
def ledger() -> None:
    """Show or change the identity ledger: the id under which each article was first published."""


@ledger.command()
@click.argument("article", required=False)
@of_a_site
@json_option
def show(load: Load, article: str | None, *, as_json: bool) -> None:
    """Print the identity and the history of ARTICLE, a path, address, title or id; without it, the number of articles."""
    settings, place = _ledger_of(load)
    known = file.parsed(file.read(place), place)
    if article is None:
        states = Counter(map(_state, known))
        if as_json:
            print_json({"ledger": str(place), **{name: states[name] for name in _STATES}})
            return
        print(f"{place}: {count(len(known), 'article')}")
        for name, words in _STATES.items():
            print(f"  {states[name]:,} {words}")
        return
    found = _found(known, article, settings)
    if as_json:
        print_json([{"state": _state(line), **json.loads(lines.encode(line))} for line in found])
        return
    for line in found:
        print(line.title or line.id)
        for name, value in _facts(line, settings):
            print(f"  {name:<10} {value}")


@ledger.command("import")
@click.argument("feeds", nargs=-1, required=True)
@of_a_site
def import_(load: Load, feeds: tuple[str, ...]) -> None:
    """Adopt the ids of FEEDS, files or URLs, that the site has published with another tool.

    Articles with the address, or the title and date, of an entry keep its id, so that subscribers see nothing new.
    """
    from feeds.ledger import adoption

    settings, place = _ledger_of(load)
    new: list[Line] = []
    for feed in feeds:
        try:
            new += adoption.of_feed(_fetched(feed), settings.site.url)
        except (LedgerError, OSError) as error:
            fail(f"{feed}: {error}")
    counted: list[int] = []

    def change(known: Sequence[Line]) -> list[Line]:
        made, number = adoption.adopted(known, new)
        counted.append(number)
        return made

    _change(place, change)
    print(f"{count(counted[-1], 'id')} adopted of {len(new):,} in {place}")
    if odd := sum(not urls.is_absolute_uri(line.id) for line in new):
        print(
            f"warning: {odd:,} of them are no URIs: readers of RSS know such articles again, but Atom asks for URIs",
            file=sys.stderr,
        )


@ledger.command()
@click.argument("articles", nargs=-1, required=True)
@of_a_site
def forget(load: Load, articles: tuple[str, ...]) -> None:
    """Take ARTICLES out of the ledger: each a path, address, title or id.

    One that is still published gets the id that its document has, which may be another; feeds drop the notice of a withdrawn one.
    """
    settings, place = _ledger_of(load)

    def change(known: Sequence[Line]) -> list[Line]:
        gone = {line.id for article in articles for line in _found(known, article, settings)}
        return [line for line in known if line.id not in gone]

    _change(place, change)


@ledger.command()
@click.argument("ledgers", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@of_a_site
def merge(load: Load, ledgers: tuple[Path, ...]) -> None:
    """Add the lines of other LEDGERS. Of two lines for one id, the last updated one stays."""
    _, place = _ledger_of(load)
    others = [line for each in ledgers for line in file.parsed(file.read(each), each)]
    _change(place, lambda known: [*known, *others])


def _ledger_of(load: Load) -> tuple[Config, Path]:
    settings = load()
    if settings.ledger is None:
        fail("this site keeps no ledger: `ledger: false`, or --source")
    return settings, settings.ledger


def _change(place: Path, change: Callable[[Sequence[Line]], list[Line]]) -> None:
    file.update(place, lambda before: [file.joined(change(file.parsed(before, place)))])


def _found(known: Sequence[Line], article: str, settings: Config) -> list[Line]:
    """The lines of an article. Ends the command if there are none."""
    url = urls.site_address(article, settings.site.url)
    address = lines.address(url, settings.site.url) if url else None
    found = [line for line in known if article in (line.id, line.path, line.given, line.title) or address == line.address]
    if not found:
        fail(f"{article}: the ledger has no article of this path, address, title or id; `feeds ledger show` says how many it has")
    return found


def _state(line: Line) -> str:
    return next(name for name in _STATES if getattr(line, name))


def _facts(line: Line, settings: Config) -> list[tuple[str, Any]]:
    address = f"{settings.site.url}{line.address}" if line.address[:2] != "//" else f"https:{line.address}"
    facts = [
        ("state", _STATES[_state(line)]),
        ("id", line.id),
        ("document", line.path),
        ("address", address if line.address else ""),
        ("published", line.published),
        ("updated", line.updated),
        ("withdrawn", line.at),
        ("why", line.why),
    ]
    return [(name, value) for name, value in facts if value]


def _fetched(place: str) -> bytes:
    """The bytes of a file, or of what is at a URL. Raises OSError."""
    if urls.web_address(place) is None:
        return Path(place).read_bytes()
    from feeds.fetching import fetched

    with fetched(place) as answer:
        return answer.read()
