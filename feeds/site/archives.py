"""Archives: which pages hold the whole of a group, one for each period of `published`, in UTC (RFC 5005 section 4).

Every period in which the group has an article has its page, the newest too, so that an article is on the page of its own period
from its first day: it never moves, and no page waits for another article to be pushed out of the live feed.
"""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from feeds.config.types import Config, Period
from feeds.index.members import first_before, published
from feeds.model import Group, Listing


class Page(Struct, frozen=True):
    """The articles of one period, newest first. `older` and `newer` are the periods of the pages beside it.

    `period` is as addresses spell it: `2026-11`, or `2026-11-22` where a page holds a day.
    """

    period: str
    articles: Sequence[Listing]
    older: str | None
    newer: str | None


def is_kept(group: Group, config: Config) -> bool:
    """Whether `group` has an archive: config wants one of its kind, and the live feed does not hold every article."""
    return group.kind in config.archives and len(group.articles) > group.limit


def pages(group: Group, config: Config) -> tuple[Page, ...]:
    """The archive pages of `group`, newest first."""
    if not is_kept(group, config):
        return ()
    parts: list[tuple[str, Sequence[Listing]]] = []
    start = 0
    while start < len(group.articles):
        period = period_of(published(group.articles, start), config.archive_period)
        end = _end(group.articles, start, config.archive_period)
        parts.append((period, group.articles[start:end]))
        start = end
    periods = [None, *(period for period, _ in parts), None]
    return tuple(
        Page(period, articles, older=periods[place + 2], newer=periods[place]) for place, (period, articles) in enumerate(parts)
    )


def first_period(group: Group, config: Config) -> str | None:
    """The period whose page the live feed leads to: that of the newest article which the live feed no longer holds.

    Not the newest page, which may still grow: a client stops at the first page that it has read before (RFC 5005 4.2), so
    it would miss what came onto that page, and left the live feed, since. Pages before this one hold all that is older.
    """
    if not is_kept(group, config):
        return None
    return period_of(published(group.articles, group.limit), config.archive_period)


def path(group: Group, period: str) -> str:
    """Where the page of `period` is on the site, without a suffix."""
    return f"{group.path}/archive/{period}"


def period_of(moment: datetime, length: Period) -> str:
    """The period of an article that was published at that moment."""
    return moment.date().isoformat()[: len("2026-11") if length is Period.MONTH else len("2026-11-22")]


def _end(articles: Sequence[Listing], start: int, length: Period) -> int:
    """Where the period ends that the article at `start` is in."""
    newest = published(articles, start)
    begin = newest.replace(day=1 if length is Period.MONTH else newest.day, hour=0, minute=0, second=0)
    return first_before(articles, begin, start)
