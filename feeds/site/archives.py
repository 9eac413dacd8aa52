"""Archives: all articles of a group, on a page for each period, in UTC (RFC 5005 section 4).

Every period in which the group has an article has its page, the newest too, so that an article is on the page of its own period
from its first day: it never moves, and no page waits for another article to be pushed out of the live feed.
"""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby

from msgspec import Struct

from feeds.config.types import Config, Period
from feeds.index.members import members_of
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
    """Whether `group` has an archive: its kind has archives in the config, and the live feed lacks articles."""
    return group.kind in config.archives and len(group.articles) > group.limit


def pages(group: Group, config: Config) -> tuple[Page, ...]:
    """The archive pages of `group`, newest first."""
    if not is_kept(group, config):
        return ()
    articles = members_of(group)
    by_period = groupby(articles.days(), lambda each: period_of(each[0], config.archive_period))
    parts = [(period, list(days)) for period, days in by_period]
    periods = [None, *(period for period, _ in parts), None]
    return tuple(
        Page(
            period,
            articles.between(days[-1][0], days[0][0], sum(count for _, count in days)),
            older=periods[place + 2],
            newer=periods[place],
        )
        for place, (period, days) in enumerate(parts)
    )


def page(group: Group, period: str, config: Config) -> Page | None:
    """The archive page of `group` for `period`; None if it has no articles, or `period` is no period."""
    days = _days(period, config.archive_period)
    if days is None or not is_kept(group, config):
        return None
    articles = members_of(group)
    count, older, newer = articles.around_days(*days)
    if not count:
        return None
    beside = (period_of(moment, config.archive_period) if moment is not None else None for moment in (older, newer))
    return Page(period, articles.between(*days, count), *beside)


def first_period(group: Group, config: Config) -> str | None:
    """The period of the page that the live feed links to: that of the newest article which the live feed lacks.

    Not the newest page, which may still grow: a client stops at the first page that it has read before (RFC 5005 4.2), so
    it would miss what came onto that page, and left the live feed, since. Pages before this one hold all that is older.
    """
    return period_at(group, group.limit, config)


def period_at(group: Group, place: int, config: Config) -> str | None:
    """The period of the page with the article at a place of `group`; None if there is no such page."""
    if not is_kept(group, config) or place >= len(group.articles):
        return None
    return period_of(members_of(group).published(place), config.archive_period)


def path(group: Group, period: str) -> str:
    """The path of the archive page of `period`, without a suffix."""
    return f"{group.path}/archive/{period}"


def period_of(moment: date | datetime, length: Period) -> str:
    """The period of an article that was published at that moment, or on that day."""
    return moment.isoformat()[: len("2026-11") if length is Period.MONTH else len("2026-11-22")]


def _days(period: str, length: Period) -> tuple[date, date] | None:
    """The first and the last day of a period; None if it is not spelled as one."""
    try:
        first = date.fromisoformat(f"{period}-01" if length is Period.MONTH else period)
    except ValueError:
        return None
    if period_of(first, length) != period:
        return None
    return first, first.replace(day=monthrange(first.year, first.month)[1]) if length is Period.MONTH else first
