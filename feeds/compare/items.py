"""The outcome for a feed's items: added, changed, withdrawn, pushed off its end, or gone. Pure.

A feed holds its newest items only: one that newer ones pushed off its end has not vanished, nor has one that is in its archive.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct, field

from feeds.compare.findings import Kind
from feeds.compare.parsed import Item, ParsedFeed

# So many old articles at once, and half of the feed, are a flood.
_FLOOD = 10


class Found(Struct, frozen=True):
    """A harm in one feed: its kind, what is wrong, and the id of the item that it is about. `replaced` is the id that the item
    had before.
    """

    kind: Kind
    message: str
    item: str = ""
    replaced: str = ""


class Fate(Struct):
    """The outcome for the items of a document or a feed; the lists are those of `findings.Change`."""

    added: list[Item] = field(default_factory=list)
    changed: list[Item] = field(default_factory=list)
    pushed_off: list[Item] = field(default_factory=list)
    left: list[Item] = field(default_factory=list)
    withdrawn: list[Item] = field(default_factory=list)
    vanished: list[Item] = field(default_factory=list)
    harms: list[Found] = field(default_factory=list)


class Surroundings(Struct, frozen=True):
    """Facts from beyond the two documents that are compared; each is computed only if it is needed.

    `is_live` is whether the document is a feed, not a page of its archive. `find` gives an item of the new feed or its archive
    by its id, `had` says whether an id was in the old ones, `in_site` whether it is in any new feed, and `is_full` whether the
    new document holds as many items as it may.
    """

    is_live: bool
    find: Callable[[str], Item | None]
    had: Callable[[str], bool]
    in_site: Callable[[str], bool]
    is_full: Callable[[], bool]


def compare(old: ParsedFeed, new: ParsedFeed, around: Surroundings) -> Fate:
    """The outcome for the items of `old` in `new`."""
    fate = Fate()
    before = {item.id: item for item in old.live}
    after = new.by_id()
    fate.added = [item for item in new.live if item.id not in before and item.id not in old.withdrawn and not around.had(item.id)]
    missing = []
    for id, item in before.items():
        now = after.get(id)
        if now is None:
            missing.append(item)
        else:
            _follow(item, now, fate)
    twins = _Twins(old.live, fate.added)
    pushed_off = _pushed_off(old, new, _tail(old.live, missing, after), fate.added, around)
    for item in missing:
        is_pushed_off = item.id in pushed_off
        # In the archive, or on another page of it.
        elsewhere = around.find(item.id) if not is_pushed_off else None
        is_gone = not is_pushed_off and elsewhere is None and not around.in_site(item.id)
        if (twin := twins.of(item, is_gone=is_gone)) is not None:
            fate.harms.append(_new_id(item, twin))
        elif is_gone:
            fate.vanished.append(item)
        elif is_pushed_off:
            fate.pushed_off.append(item)
        elif elsewhere is None:
            fate.left.append(item)
        else:
            _follow(item, elsewhere, fate)
            if around.is_live and not elsewhere.withdrawn:
                fate.pushed_off.append(item)
    for item in old.live:
        if item.id in after and (twin := twins.of(item, is_gone=False, same_title=True)) is not None:
            fate.harms.append(_new_id(item, twin))
    if around.is_live:
        fate.harms += _flooded(old, new, fate.added, twins)
    return fate


def _follow(item: Item, now: Item, fate: Fate) -> None:
    """Note what changed in an item that is still there."""
    if now.withdrawn:
        fate.withdrawn.append(item)
        return
    if (now.digest, now.published, now.updated) != (item.digest, item.published, item.updated):
        fate.changed.append(now)
    fate.harms += _redated(item, now)


def label(item: Item) -> str:
    """An item's title, link or id, for messages."""
    return f"“{item.title}”" if item.title else item.link or item.id


def _redated(item: Item, now: Item) -> Iterator[Found]:
    if item.published is not None and now.published != item.published:
        message = f"{label(item)}: published {_day(item.published)}, now {_day(now.published)}"
        yield Found(Kind.REDATED, message, item.id)
    elif item.updated is not None and now.updated is not None and now.updated < item.updated:
        message = f"{label(item)}: its `updated` went back from {_day(item.updated)} to {_day(now.updated)}"
        yield Found(Kind.REDATED, message, item.id)
    elif now.digest == item.digest and now.updated != item.updated and item.updated is not None:
        message = f"{label(item)}: nothing changed but `updated`, from {_day(item.updated)} to {_day(now.updated)}"
        yield Found(Kind.REDATED, message, item.id)


def _day(moment: datetime | None) -> str:
    return "no date" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _new_id(item: Item, twin: Item) -> Found:
    link = f" ({twin.link})" if twin.link else ""
    return Found(Kind.NEW_ID, f"{label(twin)}{link}: the id was {item.id}, now it is {twin.id}", twin.id, item.id)


class _Twins:
    """Fresh items that seem to be old ones under another id."""

    def __init__(self, old: Iterable[Item], fresh: Sequence[Item]) -> None:
        before = list(old)
        self._links = Counter(item.link for item in before)
        self._by_link: dict[str, list[Item]] = {}
        self._by_title: dict[str, list[Item]] = {}
        self._taken: set[str] = set()
        for item in fresh:
            self._by_link.setdefault(item.link, []).append(item)
            self._by_title.setdefault(item.title, []).append(item)

    def of(self, item: Item, *, is_gone: bool, same_title: bool = False) -> Item | None:
        """The fresh item that has the link of `item`, or its title. A title alone counts only where `item` is gone, or was
        published at the same moment: columns have one title for years. `same_title` asks for both.
        """
        of_link = [twin for twin in self._by_link.get(item.link, ()) if item.link and twin.id not in self._taken]
        if same_title or self._links[item.link] > 1 or len(of_link) > 1:
            # A link blog may send several of its items to one place.
            of_link = [twin for twin in of_link if twin.title == item.title]
        of_title = [twin for twin in self._by_title.get(item.title, ()) if item.title and twin.id not in self._taken]
        if not is_gone:
            of_title = [twin for twin in of_title if twin.published == item.published and item.published is not None]
        found = next(iter(of_link), None) or (None if same_title else next(iter(of_title), None))
        if found is not None:
            self._taken.add(found.id)
        return found

    def __contains__(self, id: str) -> bool:
        return id in self._taken


def _tail(old: Sequence[Item], missing: Iterable[Item], after: Iterable[str]) -> list[Item]:
    """The missing items at the end of the old document, after the last one that is still there."""
    gone, kept = {item.id for item in missing}, set(after)
    found: list[Item] = []
    for item in reversed(old):
        if item.id in kept:
            break
        if item.id in gone:
            found.append(item)
    return found


def _pushed_off(old: ParsedFeed, new: ParsedFeed, tail: Sequence[Item], fresh: Sequence[Item], around: Surroundings) -> set[str]:
    """The ids of those of `tail` that newer items pushed off: no more than came, and only where the feed is full."""
    if not around.is_live or not tail or len(new.items) < len(old.items):
        return set()
    room = len(old.items) + len(fresh) - len(new.items)
    if len(tail) > min(room, len(fresh)):
        return set()
    if len(new.items) > len(old.items) and not around.is_full():
        return set()
    return {item.id for item in tail}


def _flooded(old: ParsedFeed, new: ParsedFeed, fresh: Sequence[Item], twins: _Twins) -> Iterator[Found]:
    newest = max((item.published for item in old.live if item.published), default=None)
    if newest is None:
        return
    late = [item for item in fresh if item.published and item.published <= newest and item.id not in twins]
    if len(late) >= _FLOOD and 2 * len(late) >= len(new.items):
        yield Found(
            Kind.FLOODED,
            f"{len(late):,} of {len(new.items):,} items are new but older than the newest before, such as {label(late[0])}",
        )
