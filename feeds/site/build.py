"""Build: update the index from the sources of a config, and make its site."""

import hashlib
from contextlib import suppress
from datetime import datetime
from functools import partial

from msgspec import Struct

from feeds.config.types import Config
from feeds.errors import DamagedError, Problem, ShrinkError, UnreadableError
from feeds.index import grouping
from feeds.index.history import State
from feeds.index.members import Members
from feeds.index.selection import Selection
from feeds.index.store import Index
from feeds.index.view import View
from feeds.model import Listing
from feeds.model.pages import Preview
from feeds.pages import theme
from feeds.pages.theme import Theme
from feeds.site.site import Site
from feeds.sources import reading, scan


class Build(Struct, frozen=True):
    """A site, and facts for its editor.

    `every_problem` includes those of drafts, which only `feeds check` shows. `remarks` are counted, not reported one by
    one. `state` is that of the index. `refused` says why this is the last state, not that of the documents.
    """

    site: Site
    selection: Selection
    every_problem: tuple[Problem, ...]
    index: Index
    state: State
    remarks: tuple[Problem, ...]
    refused: ShrinkError | None = None

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of documents that are for the public."""
        return tuple(problem for problem in self.every_problem if not problem.private)


def build(
    config: Config,
    now: datetime,
    *,
    preview: bool = False,
    publishes: bool = False,
    foresees: bool = False,
    keeps: bool = False,
    index: Index | None = None,
) -> Build:
    """Make the site as of the moment `now`.

    With `preview`, pages mark unpublished articles and list problems. With `publishes`, the identity ledger is updated; with
    `foresees`, the site is as after that update. With `keeps`, where most articles have vanished, the site is the last state.
    """
    index = index or Index(config)
    try:
        return _build(config, now, index, preview=preview, publishes=publishes, foresees=foresees, keeps=keeps)
    except DamagedError as error:
        # The index can be rebuilt.
        if isinstance(error, UnreadableError):
            index.begin_anew()
        else:
            index.database.reopen()
        return _build(config, now, index, preview=preview, publishes=publishes, foresees=foresees, keeps=keeps)


def _build(config: Config, now: datetime, index: Index, *, preview: bool, publishes: bool, foresees: bool, keeps: bool) -> Build:
    files = scan.scan(config)
    with suppress(ShrinkError):
        index.refresh(files, partial(reading.read_all, config), now)
        if publishes:
            index.record(now)
        elif foresees:
            index.foresee(now)
    return assemble(config, now, index=index, preview=preview, keeps=keeps)


def assemble(config: Config, now: datetime, *, index: Index, preview: bool = False, keeps: bool = False) -> Build:
    """Like `build`, with the documents that the index has."""
    refused = None
    try:
        index.advance(now)
    except ShrinkError as error:
        if not keeps:
            raise
        refused = error
    view = index.view()
    noted = index.problems()
    problems = tuple(problem for problem in noted if problem.remark is None)
    remarks = tuple(problem for problem in noted if problem.remark is not None)
    templates = theme.read(config.templates, config.state_folder)
    facts = _preview(index, problems, view, config, templates, now) if preview else None
    site = Site(view, config, templates, index, facts)
    return Build(site, Selection(view, config), problems, index, (view.generation, 0), remarks, refused)


def _preview(index: Index, problems: tuple[Problem, ...], view: View, config: Config, templates: Theme, now: datetime) -> Preview:
    collection = view.collection
    states = {article.id: "draft" for article in view.members((grouping.DRAFT, ""))}
    for article in collection.groups["all"].articles:
        if article.published <= now:
            break
        states.setdefault(article.id, "scheduled")
    by_path: dict[str, list[Problem]] = {}
    for problem in problems:
        by_path.setdefault(problem.path, []).append(problem)
    paths = {_key(group.articles): path for path, group in collection.groups.items()}
    on_pages: dict[str, list[Problem]] = {}
    # Broken articles are supposed to be where they would be if they were sound.
    for article in sorted(_with_problems(index, view, by_path), key=lambda article: (-article.published.timestamp(), article.id)):
        for key in grouping.groups_of(article, config):
            path = paths.get(_key(view.members(key)))
            if path is not None:
                on_pages.setdefault(path, []).extend(by_path[article.path])
    shown = {path: tuple(dict.fromkeys(some)) for path, some in on_pages.items()}
    made_of = repr((view.generation, sorted(states.items()), problems, config, templates))
    return Preview(hashlib.sha256(made_of.encode("utf-8", "surrogateescape")).hexdigest()[:16], states, shown, problems)


def _with_problems(index: Index, view: View, by_path: dict[str, list[Problem]]) -> list[Listing]:
    """The articles of documents with problems, broken ones too, that are published or would be."""
    found: list[Listing] = [article for article in index.broken() if article.path in by_path]
    sound = index.articles_of(by_path)
    return found + [article for article in sound if view.collection.articles.get(article.id) == article]


def _key(articles: object) -> int:
    return articles.number if isinstance(articles, Members) else 0
