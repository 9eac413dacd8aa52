"""`feeds doctor`: examine the machine, the config, the index and the output, and give advice. Nothing is changed."""

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

import click
from msgspec import Struct
from msgspec.structs import asdict

from feeds.cli.config import Load
from feeds.cli.options import folder_argument, json_option, of_a_site
from feeds.cli.output import count, print_json, say
from feeds.config.types import Config, is_store
from feeds.errors import FeedsError
from feeds.index.history import url_of
from feeds.storage import database
from feeds.text.dates import rfc3339
from feeds.version import __version__

if TYPE_CHECKING:
    import sqlite3
    from contextlib import closing

# What a library is needed for, by the extra of the package that brings it.
_EXTRAS = {"objects": "obstore", "postgresql": "psycopg"}
_LEAST_FREE = 100_000_000
# A clock before this (in seconds) has been reset.
_FEEDS_BEGAN = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
_SHOWN = 3


class Finding(Struct, frozen=True):
    """The result of one check: whether all is well, doubtful or wrong, what was found, and what to do."""

    about: str
    state: Literal["ok", "note", "wrong"]
    found: str
    advice: str = ""


@click.command()
@folder_argument
@of_a_site
@json_option
def doctor(load: Load, *, as_json: bool) -> None:
    """Examine the config, the index, the output and the machine, and give advice.

    Nothing is changed. The exit status is 1 where something is wrong.
    """
    findings = list(_examine(load()))
    if as_json:
        print_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(f"{finding.state:5}  {finding.about:8}  {finding.found}")
            if finding.advice:
                say(f"{'':17}{finding.advice}")
    sys.exit(any(finding.state == "wrong" for finding in findings))


def _examine(config: Config) -> Iterator[Finding]:
    parts: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        *(_versions, _config, _sources, _clock, _index, _history),
        *(_output, _permissions, _machine),
    )
    for part in parts:
        try:
            yield from part(config)
        except (FeedsError, OSError) as error:
            yield Finding(part.__name__.strip("_"), "wrong", str(error))


def _versions(config: Config) -> Iterator[Finding]:
    # Other commands need neither, and each takes a tenth of the time that they take to start.
    import sqlite3
    from importlib import metadata

    found = f"Feeds {__version__}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    yield Finding("versions", "ok", found)
    stores = [config.output, *(source.url or "" for source in config.sources)]
    needed = {"objects": any(map(is_store, stores)), "postgresql": not database.is_file(config.index)}
    for extra, library in _EXTRAS.items():
        try:
            yield Finding("versions", "ok", f"{library} {metadata.version(library)}")
        except metadata.PackageNotFoundError:
            if needed[extra]:
                yield Finding("versions", "wrong", f"no {library}, which this config needs", f"pip install 'feeds[{extra}]'")
            else:
                yield Finding("versions", "ok", f"no {library}, which this config does not need")


def _config(config: Config) -> Iterator[Finding]:
    site = config.site
    yield Finding("config", "ok", f"{config.path}: {site.title!r}, id {site.id}")
    address = urlsplit(site.url)
    zone = site.timezone or "UTC"
    is_local = address.hostname in ("localhost", "127.0.0.1", "::1") or (address.hostname or "").endswith((".invalid", ".local"))
    yield Finding(
        "config",
        "note" if is_local or address.scheme != "https" else "ok",
        f"addresses begin with {site.url}; dates without an offset are in {zone}",
        "nobody else can reach that: set `site.url`, or use --base-url" if is_local else "",
    )
    kinds = ", ".join(str(kind) for kind in config.groups) or "none"
    formats = ", ".join(config.formats)
    yield Finding("config", "ok", f"groups: {kinds}; formats: {formats}; {config.limit} items a feed; exports to {config.output}")
    keeps = f"a feed is gone when it has been missing for {config.gone_after:,} s"
    if config.least_left:
        yield Finding("config", "ok", f"{keeps}; fewer than {config.least_left:.0%} of the articles left is refused")
    else:
        advice = "set `least_left`, such as 20%, unless articles come and go like that"
        yield Finding("config", "note", f"{keeps}; articles may vanish all at once", advice)


def _sources(config: Config) -> Iterator[Finding]:
    from feeds.sources import scan

    for source in config.sources:
        if source.url is None and not source.folder.is_dir():
            advice = "mount or make that folder, or name another in `sources`"
            yield Finding("sources", "wrong", f"{source.name}: no such folder ({source.folder})", advice)
            return
    counts = dict.fromkeys(range(len(config.sources)), 0)
    unreadable: list[str] = []
    for part in scan.scan(config):
        for each in part.found:
            counts[each.source] += not each.path.endswith("/")
            if each.path.endswith("/") or not os.access(each.file, os.R_OK):
                unreadable.append(each.path)
    for number, source in enumerate(config.sources):
        settings = f", as {source.generator} has them" if source.generator else ""
        found = f"{source.name}: {count(counts[number], 'document')} in {source.url or source.folder}{settings}"
        if counts[number]:
            yield Finding("sources", "ok", found)
        else:
            yield Finding(
                "sources", "wrong", found, "is it mounted, and are there documents? See docs/generators.md for their form"
            )
    if unreadable:
        yield Finding(
            "sources", "wrong", f"can't be read: {_some(unreadable)}", "let the user that runs Feeds read them (chmod, chown)"
        )
    known = _known_documents(config)
    left = sum(counts.values())
    if known and left < known * config.least_left:
        advice = "bring back what is missing; if it is meant, export or serve once with --allow-shrink"
        yield Finding("sources", "wrong", f"of {count(known, 'document')} only {left:,} are left", advice)


def _clock(config: Config) -> Iterator[Finding]:
    now = time.time()
    newest = max((file.stat().st_mtime for file in _state_files(config)), default=0.0)
    said = f"{rfc3339(datetime.fromtimestamp(int(now), UTC))}"
    if now < _FEEDS_BEGAN or now < newest - 60:
        last = rfc3339(datetime.fromtimestamp(int(newest), UTC))
        advice = "set the clock (timedatectl set-ntp true): by it, articles would be scheduled"
        yield Finding("clock", "wrong", f"{said}, which is before the last run at {last}", advice)
    else:
        yield Finding("clock", "ok", said)


def _index(config: Config) -> Iterator[Finding]:
    yield from _database(config, config.index, "index", "it is made anew by the next run")


def _history(config: Config) -> Iterator[Finding]:
    """The checks of the history and of the hub's database."""
    if database.is_file(config.index):
        for url in (url_of(config.index, config.path), f"{config.index.rpartition('/')[0]}/hub.db"):
            if (config.path.parent / url.removeprefix("sqlite:///")).exists():
                yield from _database(config, url, "history", "the next run keeps what can be read of it")


def _database(config: Config, url: str, about: str, cure: str) -> Iterator[Finding]:
    import sqlite3

    from feeds.storage.seal import Seal

    if not database.is_file(url):
        opened = database.connect(url, config.path.parent)
        opened.close()
        yield Finding(about, "ok", f"{url.rpartition('@')[2]}: can be reached")
        return
    file = config.path.parent / url.removeprefix("sqlite:///")
    if not file.exists():
        yield Finding(about, "ok", f"{file}: not there yet; the first run makes it")
        return
    from feeds.storage.sqlite import check_ours

    check_ours(file)
    try:
        with _reading(file) as reading:
            said = reading.execute("pragma integrity_check(1)").fetchone()[0]
            sql = "select substr(name, 12), value from feeds_meta where name like 'version of %' order by name"
            versions = ", ".join(f"tables of {name} {value}" for name, value in reading.execute(sql))
            articles = _articles(config, reading) if about == "index" else ""
    except sqlite3.DatabaseError as error:
        said, versions, articles = str(error), "", ""
    found = f"{file}: {versions}, {file.stat().st_size:,} bytes{articles}"
    if said != "ok":
        yield Finding(about, "wrong", f"{file}: damaged ({said})", cure)
    elif Seal.checked(file) is False:
        yield Finding(
            about,
            "wrong",
            f"{file}: has changed since it was closed: it was copied, or another program has written into it",
            cure,
        )
    else:
        yield Finding(about, "ok", found)


def _articles(config: Config, reading: "sqlite3.Connection") -> str:
    from feeds.index.homes import names_of

    homes = dict(reading.execute("select name, number from homes"))
    number = homes.get(names_of(config).home)
    if number is None:
        return "; nothing for this config and this version, so that the next run reads all documents"
    sql = "select count(*), count(article) from documents where home = ?"
    documents, articles = reading.execute(sql, (number,)).fetchone()
    return f"; {count(documents, 'document')}, {count(articles, 'article')}"


def _known_documents(config: Config) -> int:
    """The number of documents in the index for this config; 0 if it can't be read."""
    import sqlite3

    from feeds.index.homes import names_of

    file = config.path.parent / config.index.removeprefix("sqlite:///")
    if not database.is_file(config.index) or not file.exists():
        return 0
    sql = "select count(*) from documents d join homes h on h.number = d.home where h.name = ?"
    try:
        with _reading(file) as reading:
            return int(reading.execute(sql, (names_of(config).home,)).fetchone()[0])
    except sqlite3.DatabaseError:
        return 0


def _reading(file: Path) -> "closing[sqlite3.Connection]":
    """A read-only connection. It creates no files beside the database, unless another process is writing."""
    import sqlite3
    from contextlib import closing

    log = Path(f"{file}-wal")
    how = "mode=ro" if log.exists() and log.stat().st_size else "immutable=1"
    return closing(sqlite3.connect(f"{file.absolute().as_uri()}?{how}", uri=True))


def _output(config: Config) -> Iterator[Finding]:
    from feeds.publish import owner
    from feeds.publish.targets import manifest, places

    places.check(config.output_place, config)
    folder = config.output_folder
    if folder is None:
        from feeds.storage import objectstores

        data = objectstores.read(objectstores.connect(config.output), manifest.MANIFEST) or b""
    elif not folder.exists():
        yield Finding("output", "ok", f"{folder}: not there yet; `feeds export` makes it")
        return
    else:
        file = folder / manifest.MANIFEST
        data = file.read_bytes() if file.exists() else b""
    found = manifest.read(data)
    if found.is_damaged:
        yield Finding("output", "wrong", f"{config.output}: its manifest is damaged", "the next `feeds export` makes it anew")
        return
    if not data:
        yield Finding("output", "ok", f"{config.output}: nothing was exported there yet")
        return
    if found.mark is not None and not owner.owns(config, found.mark, None):
        said = f"{config.output}: holds another site, {found.mark.title!r} ({found.mark.url})"
        yield Finding("output", "wrong", said, "name another `output` for this one, or export once with --overwrite")
        return
    whose = f", {count(found.mark.articles, 'article')}" if found.mark is not None else ""
    yield Finding("output", "ok", f"{config.output}: {count(len(found.digests), 'file')} of this site{whose}")
    if folder is not None:
        other = [path for path, digests in found.digests.items() if not _has(folder / path, digests)]
        if other:
            yield Finding("output", "wrong", f"changed or missing: {_some(other)}", "the next `feeds export` puts them right")


def _has(file: Path, digests: set[str]) -> bool:
    try:
        with file.open("rb") as opened:
            return file_digest(opened, "sha256").hexdigest() in digests
    except OSError:
        return False


def _permissions(config: Config) -> Iterator[Finding]:
    wanted = [config.state_folder, config.output_folder, config.ledger]
    is_well = True
    for place in filter(None, wanted):
        there = next(each for each in (place, *place.absolute().parents) if each.exists())
        if not os.access(there, os.W_OK):
            advice = f"let the user that runs Feeds write it: chown {os.environ.get('USER', 'USER')} {there}"
            yield Finding("access", "wrong", f"{place}: can't be written", advice)
            is_well = False
    for file in _state_files(config):
        if not os.access(file, os.W_OK):
            yield Finding("access", "wrong", f"{file}: can't be written", "let the user that runs Feeds write it, or delete it")
            is_well = False
    if is_well:
        yield Finding("access", "ok", "the index, the output and the ledger can be written")


def _machine(config: Config) -> Iterator[Finding]:
    there = next(each for each in (config.state_folder, *config.state_folder.absolute().parents) if each.exists())
    free = shutil.disk_usage(there).free
    if free < _LEAST_FREE:
        yield Finding("machine", "wrong", f"{free / 1e6:,.0f} MB of disk are free", "make room: exports and the index need it")
    else:
        yield Finding("machine", "ok", f"{free / 1e9:,.1f} GB of disk are free")
    if sys.platform != "win32":
        import resource

        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        needed = 2 * config.server.connections
        if 0 <= most < needed:
            advice = f"raise it (ulimit -n, LimitNOFILE=), or lower `server.connections` to {most // 2}"
            found = f"a process may open {most:,} files, and {config.server.connections:,} connections need {needed:,}"
            yield Finding("machine", "note", found, advice)


def _state_files(config: Config) -> list[Path]:
    """The databases beside the index."""
    folder = config.state_folder
    return sorted(folder.glob("*.db")) if database.is_file(config.index) and folder.is_dir() else []


def _some(paths: list[str]) -> str:
    """A few of many paths."""
    more = f" and {len(paths) - _SHOWN:,} more" if len(paths) > _SHOWN else ""
    return f"{', '.join(paths[:_SHOWN])}{more}"
