"""The rhythm of a group: how often it publishes, from the dates of its articles.

No clock: a group that fell silent keeps the rhythm that it had.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby, islice, pairwise
from statistics import median

# Steps that divide an hour or a day, so that one more article seldom changes what a feed says of itself.
_STEPS = (15, 30, 60, 120, 240, 480, 720, 1440)
_NEWEST = 20
_FEWEST = 5


def minutes_between_visits(published: Iterable[datetime]) -> int | None:
    """How many minutes a reader may let pass: at most half the usual time between two articles, from 15 to 1,440.

    `published` are the moments of the group's articles, newest first; of them, the newest 20 different ones count (articles
    that came out together are one visit's worth). None where they are fewer than 5, which is no rhythm yet.
    """
    moments = [moment for moment, _ in islice(groupby(published), _NEWEST)]
    if len(moments) < _FEWEST:
        return None
    usual = median((newer - older).total_seconds() for newer, older in pairwise(moments)) / 60
    return max((step for step in _STEPS if step <= usual / 2), default=_STEPS[0])
