"""Feeds as feed readers keep them, by the rules of their own sources, so that a publisher sees what they lose.

Each reader is a module with `NAME`, `RULES` (which of its sources say so) and `keep`. The rules end where a reader stores an
item: how it cleans the HTML of a text before it shows it is left out.
"""

from feeds.readers import feedparser_itself, freshrss, miniflux, netnewswire
from feeds.readers.kept import Kept, Reader

READERS: dict[str, Reader] = {
    "feedparser": Reader(feedparser_itself.NAME, feedparser_itself.RULES, feedparser_itself.keep),
    "freshrss": Reader(freshrss.NAME, freshrss.RULES, freshrss.keep),
    "miniflux": Reader(miniflux.NAME, miniflux.RULES, miniflux.keep),
    "netnewswire": Reader(netnewswire.NAME, netnewswire.RULES, netnewswire.keep),
}

__all__ = ["READERS", "Kept", "Reader"]
