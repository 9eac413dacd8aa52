"""Caching: the Cache-Control header of each document, the same for the server and for uploads. Pure."""

import math
import re
from itertools import pairwise
from statistics import median

from feeds.copies import names
from feeds.model import Group
from feeds.site.site import Site

_ARCHIVE = re.compile(r"(.+)/archive/([0-9-]+)(?:\.[a-z]+|/index\.html)")
_HELD = re.compile(r"(.*max-age=)([0-9]+)(, stale-while-revalidate=)([0-9]+)(.*)")
_NEWEST = 20
# Of copies of pictures: a week.
COPIES = "public, max-age=604800, immutable"
# A reader that asks ten times between two articles of a steady feed misses nothing for long.
_ASKS_PER_GAP = 10
_AROUND = (0.2, 12)
# How much longer than a live feed's the age of an archive page of a past period may be; an article in it may still be corrected.
_PAST = 288


def group_of(path: str, site: Site) -> Group | None:
    """The group whose feed, page or archive is at `path`."""
    base = path.removesuffix("/index.html")
    archive = _ARCHIVE.fullmatch(path)
    if archive is not None:
        base = archive[1]
    elif base == path:
        base = path.rpartition(".")[0]
    return site.collection.groups.get(base)


def cache_control(path: str, group: Group | None, site: Site) -> str:
    """`Cache-Control` of the document at `path`: never `immutable`, since every article can be corrected or withdrawn, but for
    copies of pictures. These never change; caches keep them for a week, since one may be withdrawn.

    `max-age` follows the rhythm of `group`: a tenth of the median time between its newest articles, from a fifth of
    config's max_age to twelve times it. It depends on the articles' dates alone. Pages of past periods may be kept longer, but
    not where an article of the group was withdrawn lately.
    """
    if path.startswith(f"{names.FOLDER}/"):
        return COPIES
    cache = site.config.cache
    age = cache.max_age
    if group is not None:
        archive = _ARCHIVE.fullmatch(path)
        if archive is not None and group.articles and archive[2] < group.articles[0].published.isoformat()[: len(archive[2])]:
            age *= 1 if group.notices else _PAST
        else:
            age = _rhythm(group, age)
    return f"public, max-age={age}, stale-while-revalidate={cache.stale_while_revalidate}, stale-if-error={cache.stale_if_error}"


def until(cache_control: str, seconds: float) -> str:
    """`cache_control` with its times cut so that no cache uses the answer after `seconds`, not even while it revalidates."""
    known = _HELD.fullmatch(cache_control)
    if known is None:
        return cache_control
    left = max(math.floor(seconds), 0)
    age = min(int(known[2]), left)
    return f"{known[1]}{age}{known[3]}{min(int(known[4]), left - age)}{known[5]}"


def _rhythm(group: Group, age: int) -> int:
    moments = [article.published.timestamp() for article in group.articles[:_NEWEST]]
    gaps = [later - earlier for later, earlier in pairwise(moments)]
    # Never 0 where config does not say 0: caches keep nothing that is stale at once.
    least, most = max(round(age * _AROUND[0]), min(age, 1)), age * _AROUND[1]
    return round(min(max(median(gaps) / _ASKS_PER_GAP, least), most)) if gaps else age


def of(site: Site, path: str) -> str:
    """`Cache-Control` of the document at `path`."""
    return cache_control(path, group_of(path, site), site)
