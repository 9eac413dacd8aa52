"""The findings of a comparison: changes of feeds, and harms to subscribers."""

from enum import StrEnum

from msgspec import Struct

from feeds.compare.parsed import Item


class State(StrEnum):
    """The outcome for a feed. `ended` is one that is gone on purpose (HTTP 410)."""

    SAME = "same"
    CHANGED = "changed"
    NEW = "new"
    MOVED = "moved"
    GONE = "gone"
    ENDED = "ended"


class Kind(StrEnum):
    """A kind of harm."""

    NEW_ID = "new-id"
    VANISHED = "vanished"
    REDATED = "redated"
    FLOODED = "flooded"
    EMPTIED = "emptied"
    GONE = "gone"
    INVALID = "invalid"
    TOO_LARGE = "too-large"
    SELF_LINK = "self-link"
    FEED_ID = "feed-id"

    @property
    def meaning(self) -> str:
        """The effect on subscribers, in a sentence."""
        return _MEANINGS[self]

    @property
    def advice(self) -> str:
        """Advice to the publisher."""
        return _ADVICE[self]


_MEANINGS = {
    Kind.NEW_ID: "Readers show an article that they had as a new one, unread.",
    Kind.VANISHED: "Most readers keep the article's text for good, and nobody learns that it was withdrawn.",
    Kind.REDATED: "Readers that take the new date move the article; others go on showing the old one.",
    Kind.FLOODED: "Readers show many old articles as new, all at once.",
    Kind.EMPTIED: "Readers see a feed with nothing in it.",
    Kind.GONE: "Subscribers get 404, and after a while their readers give the feed up.",
    Kind.INVALID: "Strict readers refuse the feed or drop the item.",
    Kind.TOO_LARGE: "The reader refuses the whole feed.",
    Kind.SELF_LINK: "Readers that go by the self link subscribe to another address, and WebSub hubs to another topic.",
    Kind.FEED_ID: "Readers that identify feeds by id take it for another feed.",
}
_ADVICE = {
    Kind.NEW_ID: "Give the document the `id` that it had.",
    Kind.VANISHED: "Put the article back, or withdraw it with a notice.",
    Kind.REDATED: "Keep `publishedDateTime`; for a correction, set `updatedDateTime` to its moment.",
    Kind.FLOODED: "Check for changed ids; release old articles a few at a time.",
    Kind.EMPTIED: "Check that the sources are there and that filters let articles through.",
    Kind.GONE: "Redirect the old address to the new one (`redirects` in config.yaml, or the host's own way).",
    Kind.INVALID: "Correct what is named.",
    Kind.TOO_LARGE: "Lower `limit`, or publish shorter texts.",
    Kind.SELF_LINK: "Keep `site.url`; where the site really moves, redirect every old address.",
    Kind.FEED_ID: "Keep `site.url`, from which feeds have their ids.",
}


class Harm(Struct, frozen=True, order=True):
    """Something that hurts subscribers, in all of `feeds`, by path. `item` is the id of the item that it is about, or empty."""

    kind: Kind
    message: str
    item: str
    feeds: tuple[str, ...]


class Change(Struct, frozen=True):
    """The changes of one feed, its archive included.

    `pushed_off` left the end of the feed for newer items; `left` are still in other feeds of the site; `withdrawn` came as
    notices, or are named as deleted; `vanished` are in none of these ways. `moved_to` is a path or a URL.
    """

    path: str
    state: State
    added: tuple[Item, ...] = ()
    changed: tuple[Item, ...] = ()
    pushed_off: tuple[Item, ...] = ()
    left: tuple[Item, ...] = ()
    withdrawn: tuple[Item, ...] = ()
    vanished: tuple[Item, ...] = ()
    moved_to: str = ""


class Comparison(Struct, frozen=True):
    """The comparison of two snapshots, called `old` and `new`: every feed, by path, and the harms."""

    old: str
    new: str
    feeds: tuple[Change, ...]
    harms: tuple[Harm, ...]
