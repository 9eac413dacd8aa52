"""News: which feeds that were never announced are announced. Only those with news, so a first build does not ping about all."""

from datetime import UTC, datetime, timedelta

from feeds.model import Group

_LATELY = timedelta(days=1)


def shows_news(group: Group) -> bool:
    """Whether the feed of a group shows an article that was published, updated or withdrawn in the last day."""
    since = datetime.now(UTC) - _LATELY
    return any(max(each.published, each.updated, each.withdrawn or each.updated) >= since for each in group.shown)
