"""Podcasts in RSS: the elements of Apple (itunes) and of Podcasting 2.0 (podcast) that PSP-1 asks for."""

from collections.abc import Sequence

from feedgen.entry import FeedEntry
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.formats._feedgen import ITUNES, PODCAST, element
from feeds.model import Action, Entry, Podcast

NAMESPACES = {"itunes": ITUNES, "podcast": PODCAST}


def extend(feed: FeedGenerator) -> None:
    """Let `feed` and its entries have podcast elements."""
    feed.load_extension("podcast", atom=False, rss=True)


def describe(feed: FeedGenerator, podcast: Podcast) -> None:
    """Set the elements of the channel that feedgen writes."""
    made = feed.podcast
    made.itunes_author(podcast.author)
    made.itunes_type(podcast.type)
    made.itunes_category([{"cat": name, "sub": below} if below else {"cat": name} for name, below in podcast.categories])
    if podcast.email:
        made.itunes_owner(podcast.owner, podcast.email)
    if podcast.complete:
        made.itunes_complete("yes")
    if podcast.block:
        made.itunes_block(True)
    if podcast.new_feed_url:
        made.itunes_new_feed_url(podcast.new_feed_url)


def mend_channel(channel: etree._Element, podcast: Podcast) -> None:
    """Add to a channel what feedgen can't write.

    Defects: it writes `itunes:explicit` as `yes` and `no`, which directories no longer take, and drops a picture whose URL does
    not end in `.jpg` or `.png`, such as `.jpeg`.
    """
    element(channel, f"{{{ITUNES}}}explicit", _flag(podcast.explicit))
    if podcast.image is not None:
        element(channel, f"{{{ITUNES}}}image", href=podcast.image.url)
    element(channel, f"{{{PODCAST}}}guid", podcast.guid)
    element(channel, f"{{{PODCAST}}}locked", "yes" if podcast.locked else "no", owner=podcast.email or None)
    for url, text in podcast.funding:
        element(channel, f"{{{PODCAST}}}funding", text or None, url=url)


def recording(files: Sequence[Action]) -> Action | None:
    """The recording of an episode: its first file to hear or see, or None. Where its size is unknown, `size` is None."""
    playable = [file for file in files if file.medium in ("audio", "video")]
    return next((file for file in playable if file.size is not None), playable[0] if playable else None)


def add_episode(made: FeedEntry, entry: Entry) -> None:
    """Set the elements of an item that feedgen writes."""
    file, episode = recording(entry.enclosures), entry.episode
    if file is not None and file.seconds:
        made.podcast.itunes_duration(file.seconds)
    if episode is not None:
        if episode.season:
            made.podcast.itunes_season(episode.season)
        if episode.number:
            made.podcast.itunes_episode(episode.number)
        if episode.type:
            made.podcast.itunes_episode_type(episode.type)


def mend_episode(item: etree._Element, entry: Entry) -> None:
    """Add to an item what feedgen can't write; see `mend_channel`."""
    episode = entry.episode
    if episode is None:
        return
    if episode.explicit is not None:
        element(item, f"{{{ITUNES}}}explicit", _flag(episode.explicit))
    if episode.image is not None:
        element(item, f"{{{ITUNES}}}image", href=episode.image)
    for each in episode.transcripts:
        element(item, f"{{{PODCAST}}}transcript", url=each.url, type=each.media_type, language=each.language)
    if episode.chapters is not None:
        element(item, f"{{{PODCAST}}}chapters", url=episode.chapters, type="application/json+chapters")


def _flag(value: bool) -> str:
    return "true" if value else "false"
