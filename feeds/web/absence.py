"""Absence: published documents that are missing, for now or for good.

Readers unsubscribe from a feed that answers 410. So a feed that is missing is only away at first: its last bytes are sent, or a
503 that asks to come again. It is gone (410) when it has been missing for `gone_after`, or when the documents of its articles
say that they are held back.
"""

from feeds.copies.names import FOLDER as COPIES
from feeds.index import grouping
from feeds.index.article_pages import FOLDER as PAGES
from feeds.model import Group
from feeds.site.site import Site
from feeds.sources.local_files import FOLDER as FILES


def may_be_away(path: str) -> bool:
    """Whether subscribers may need the document at `path`: a feed, or a document that belongs to one."""
    return not path.startswith((f"{PAGES}/", f"{FILES}/", f"{COPIES}/"))


def articles_of(path: str, site: Site) -> frozenset[str]:
    """The identities of the articles in the document at `path`, if it is of a group."""
    group = _group_of(path, site)
    return frozenset(each.id for each in group.articles) if group is not None else frozenset()


def withdrawn_of(articles: frozenset[str], now: Site) -> frozenset[str]:
    """Those of `articles` that are held back by their documents in the state `now`."""
    held_back = now.view.by_identity((grouping.DRAFT, ""))
    return frozenset(id for id in articles if id in held_back) if len(held_back) else frozenset()


def is_withdrawn(path: str, before: Site, now: Site) -> bool:
    """Whether the document at `path` in the state `before` is missing on purpose in the state `now`.

    It is if all articles of its group are held back by their documents.
    """
    articles = articles_of(path, before)
    return bool(articles) and withdrawn_of(articles, now) == articles


def _group_of(path: str, site: Site) -> Group | None:
    """The group that a document is of: a feed, an archive, or a page of one of these."""
    groups = site.collection.groups
    base = path.rpartition("/archive/")[0] or path.removesuffix("/index.html")
    return groups.get(base) or groups.get(base.rpartition(".")[0])
