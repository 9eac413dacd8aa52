"""The Python API: sites as mappings from path to document, and the steps that make them.

`feeds` itself has all names of this module. docs/python.md describes them with examples.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from msgspec.structs import replace

from feeds.config import loader
from feeds.config.site import KEYS as SITE_KEYS
from feeds.config.types import Config
from feeds.documents import front_matter
from feeds.errors import DocumentError, Problem
from feeds.index.store import Index
from feeds.model import Article, Document, Entry, Feed, Format
from feeds.pages import theme
from feeds.publish import export
from feeds.publish.publish import add_pictures, publish
from feeds.publish.targets import places
from feeds.site.build import Build, assemble, build
from feeds.site.site import Site as _Site
from feeds.storage import database

if TYPE_CHECKING:
    from feeds.web.app import Server


class Site(Mapping[str, Document]):
    """Everything that is published of some articles: a mapping from path to document.

    Paths are those of an export and of a server, such as `topics/ai.atom` or `index.html`. A document is rendered when it is
    asked for. Safe for use by several threads.
    """

    def __init__(
        self, articles: Iterable[Article], *, title: str, url: str, now: datetime | None = None, **settings: Any
    ) -> None:
        """Make a site of `articles` in memory; no file is read or written.

        `settings` are keys of config.yaml, such as `limit=20` or `feeds={…}`; those of `site` are among them by their own names,
        such as `language="en"`. Articles whose date is after `now` (default: the present) are held back.
        Raises ConfigError where a setting is wrong.
        """
        config = _config(title, url, settings)
        self._index = Index(config)
        self._index.add(articles, now or datetime.now(UTC))
        self._site = _Site(self._index.view(), config, theme.read(config.templates), self._index)
        self._build: Build | None = None
        self._load: Callable[[], Config] | None = None

    @classmethod
    def _of(cls, build: Build, load: Callable[[], Config]) -> "Site":
        made = cls.__new__(cls)
        made._load = load
        made._index = build.index
        made._site = build.site
        made._build = build
        return made

    @property
    def config(self) -> Config:
        """The site's config."""
        return self._site.config

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of documents that are for the public; those with a fatal problem are left out."""
        return self._build.problems if self._build is not None else ()

    def __getitem__(self, path: str) -> Document:
        document = self._site.document(path)
        if document is None:
            raise KeyError(path)
        return document

    def __iter__(self) -> Iterator[str]:
        return iter(self._site.paths())

    def __len__(self) -> int:
        return len(self._site.paths())

    def __contains__(self, path: object) -> bool:
        return path in self._site

    def export(self, place: str | Path, *, overwrite: bool = False) -> export.Outcome:
        """Write every document to `place`, a folder or the URL of an object store; see `feeds export`.

        Only files whose bytes differ are written, and files of an earlier export that are gone from the site are removed. A
        site that was loaded from a config is brought up to date first. Raises OutputError where the place can't be written, or
        holds a file that no export wrote at the path of a document; `overwrite` replaces such files.
        """
        place = str(place)
        if self._build is None:
            places.check(place, self.config)
            return export.export(self._site, self._index, place, overwrite=overwrite)
        now = datetime.now(UTC)
        done = publish(self.config, place, now, overwrite=overwrite)
        done = add_pictures(self.config, place, now, done, patience=timedelta(minutes=1), overwrite=overwrite)
        self._index.close()
        self._build = assemble(self.config, now, index=done.index)
        self._index, self._site = done.index, self._build.site
        return done.outcome or export.Outcome(0, done.unchanged, 0)


def load(
    path: str | os.PathLike[str] = "config.yaml",
    *,
    sources: Sequence[str] = (),
    base_url: str | None = None,
    drafts: bool = False,
    allow_shrink: bool = False,
    now: datetime | None = None,
) -> Site:
    """Make the site of the config file at `path`.

    `sources`, `base_url` and `drafts` go before what the file says. Articles whose date is after `now` (default: the present)
    are held back. What is known of the documents is kept in the config's index, as the command does.
    Raises ConfigError, SourceError or ThemeError, or ShrinkError where most articles have vanished since the last time, unless
    with `allow_shrink`; a mistake in one document is in `Site.problems`.
    """
    read = partial(loader.load, Path(path), sources=tuple(sources), base_url=base_url, drafts=drafts)
    config = read()
    if allow_shrink:
        config = replace(config, least_left=0.0)
    return Site._of(build(config, now or datetime.now(UTC)), read)


def asgi(site: Site) -> "Server":
    """An ASGI application that serves a site that `load` made, and follows changes of its files.

    Starlette, FastAPI and Django can mount it; the host enters its `lifespan`, a context manager. Nothing of the host's process
    is changed. Raises TypeError for a site in memory, which has no files to follow.
    """
    from feeds.web.app import create_app

    if site._load is None or site._build is None:
        raise TypeError("asgi() needs a site that load() made; a site in memory can be answered from by its paths")
    return create_app(site._load, site._build)


def parse(text: str | bytes, path: str = "article.md", *, url: str = "http://localhost", id: str | None = None) -> Article:
    """Read one document: front matter and a body, or a whole YAML or JSON file.

    `path` says by its suffix how to read the text, and is the article's identity where it has no other. `url` and `id` are
    those of its site. Raises DocumentError with every mistake where the document can't be published.
    """
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    found = front_matter.taken_apart(path, data)
    if found.passed:
        raise DocumentError([Problem(path, 1, "", found.passed, "a line `---`, fields, and another line `---`")])
    reading = front_matter.read(found, front_matter.Home(url, url, id or url))
    if reading.article is None:
        raise DocumentError(reading.problems or [Problem(path, 1, "", "no field of an article", "at least a title and a date")])
    return reading.article


def render(feed: Feed, entries: Sequence[Entry], format: str) -> bytes:
    """Render `entries` as a feed: `format` is `rss`, `atom` or `json`. Raises ValueError for another format."""
    name = {Format.RSS: "rss", Format.ATOM: "atom", Format.JSON: "jsonfeed"}[Format(format)]
    module = import_module(f"feeds.formats.{name}")
    body: bytes = module.render_feed(feed, module.render_entries(tuple(entries)))
    return body


def _config(title: str, url: str, settings: dict[str, Any]) -> Config:
    of_site = {key: settings.pop(key) for key in SITE_KEYS if key in settings}
    text = yaml.safe_dump({"site": {"title": title, "url": url, **of_site}, **settings}, allow_unicode=True, sort_keys=False)
    return replace(loader.parse(text, Path("feeds.Site"), expand=str), sources=(), index=database.MEMORY, ledger=None)
