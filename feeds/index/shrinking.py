"""Shrinking: a site that loses most of its articles at once has probably lost a folder or the time, so it is not published.

Such a state is refused: an export writes nothing, and a server goes on with the last state. Articles that their documents hold
back (drafts, removed and expired ones) are not lost, since somebody has decided that.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from feeds.config.types import Config
from feeds.errors import ShrinkError
from feeds.index import grouping
from feeds.index.grouping import ALL
from feeds.model import Listing, records
from feeds.storage.database import Database

# Fewer articles than these may go at any time, unless none is left.
_FEW = 5
_ASKED = 200
# How long a refused state stays refused before it is tried again.
_AGAIN = timedelta(minutes=1)
_KEPT = (str(ALL[0]), grouping.DRAFT, grouping.BELOW_MINIMUM, grouping.DUPLICATE)


def check(before: int, left: int, least_left: float, what: str, why: str = "") -> None:
    """Raise ShrinkError if of `before` articles of `what` less than the share `least_left` is `left`."""
    lost = before - left
    if left < before * least_left and (lost >= _FEW or not left):
        found = f"only {left:,} of" if left else "none of"
        raise ShrinkError(
            f"{what}: {found} {before:,} articles would be left{why}, so nothing of that is published; bring back what is "
            "missing, or, if it is meant, use --allow-shrink once (for a server that runs: `least_left: 0%` in its config)",
            lost,
        )


class Refused(NamedTuple):
    """Documents that were not placed, since most articles would vanish: their generation, when that was tried, and the error."""

    generation: int
    moment: datetime
    error: ShrinkError

    def holds(self, generation: int, now: datetime) -> bool:
        """Whether another attempt would fail in the same way."""
        return self.generation == generation and abs(now - self.moment) < _AGAIN


class Losses:
    """The articles that a site loses by placing; `site` is the number of the site.

    Make it before placing, in the same transaction.
    """

    def __init__(self, database: Database, config: Config, home: int, site: int) -> None:
        self._database = database
        self._config = config
        self._home = home
        self._before = site
        self._group, self._size = self._everything(site)

    def check(self, site: int, generation: int, now: datetime, last: datetime) -> None:
        """Raise ShrinkError if the site, now `site`, has lost most of its articles or most of those of a source.

        `generation` is that of the placing, `now` its moment, and `last` that of the placing before.
        """
        least = self._config.least_left
        after = self._everything(site)[1]
        # A preview shows what is there, and publishes nothing.
        if not self._size or not least or self._config.drafts:
            return
        gone = self._gone(generation if site == self._before else None)
        if len(gone) < _FEW and after:
            return
        lost = list(self._lost(gone, site))
        why = f" at {now:%Y-%m-%d %H:%M} UTC, which is before {last:%Y-%m-%d %H:%M}: is the clock right?" if now < last else ""
        check(self._size, self._size - len(lost), least, "the site", why)
        names = [source.name.rstrip("/") for source in self._config.sources]
        by_source = Counter(_source(article.path, names) for article in lost)
        for name, count in by_source.items():
            if len(names) > 1 and count >= _FEW:
                left = self._documents(name)
                check(left + count, left, least, name)

    def _everything(self, site: int) -> tuple[int, int]:
        """The number and the size of the group of all articles of a site."""
        sql = "select number, size from groups where site = ? and kind = ? and key = ?"
        return next(iter(self._database.rows(sql, (site, *map(str, ALL)))), (0, 0))

    def _gone(self, generation: int | None) -> Sequence[int]:
        """The numbers of articles that are no longer published, or have another wording."""
        if generation is None:
            rows = self._database.rows("select article from memberships where grp = ? and until is null", (self._group,))
        else:
            rows = self._database.rows("select article from memberships where until = ? and grp = ?", (generation, self._group))
        return [number for (number,) in rows]

    def _lost(self, gone: Sequence[int], site: int) -> Iterator[Listing]:
        """Those of articles that `site` does not have under another number, published or held back."""
        marks = ", ".join("?" * len(_KEPT))
        sql = f"select number from groups where site = ? and key = '' and kind in ({marks})"
        groups = [number for (number,) in self._database.rows(sql, (site, *_KEPT))]
        waiting = iter(gone)
        while some := list(islice(waiting, _ASKED)):
            sql = f"select listing from articles where number in ({', '.join('?' * len(some))})"
            articles = {
                article.id: article for (data,) in self._database.rows(sql, some) for article in [records.decode_listing(data)]
            }
            sql = (
                f"select a.id from articles a where a.home = ? and a.id in ({', '.join('?' * len(articles))}) and exists "
                f"(select 1 from memberships m where m.grp in ({', '.join('?' * len(groups))}) and m.published = a.published "
                "and m.article = a.number and m.until is null)"
            )
            kept = {id for (id,) in self._database.rows(sql, (self._home, *articles, *groups))}
            yield from (article for id, article in articles.items() if id not in kept)

    def _documents(self, source: str) -> int:
        """The number of documents of a source that are articles."""
        sql = "select count(article) from documents where home = ? and (folder = ? or folder >= ? and folder < ?)"
        return int(self._database.rows(sql, (self._home, source, f"{source}/", f"{source}0"))[0][0])


def _source(path: str, names: Sequence[str]) -> str:
    """The source that a document is of: the innermost that its path is in."""
    return max((name for name in names if path.startswith(f"{name}/")), key=len, default="")
