"""Comparing two snapshots, feed by feed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from threading import Lock
from typing import NamedTuple

from feeds.compare import items
from feeds.compare.findings import Change, Comparison, Harm, Kind, State
from feeds.compare.items import Fate, Found, Surroundings
from feeds.compare.parsed import Item, ParsedFeed, parse
from feeds.compare.snapshots import Answer, Snapshot

# What a reader fetches of a feed at most, in bytes, unless its owner raises it.
LIMITS = {"CommaFeed": 5 * 1024 * 1024, "Miniflux": 15 * 1024 * 1024}
_AT_ONCE = 8
_BATCH = 32


def compare(old: Snapshot, new: Snapshot, *, unchanged: Set[str] = frozenset()) -> Comparison:
    """Compare `old` with `new`: the changes, and those that hurt subscribers. Feeds that are known to be `unchanged`, with their
    archives, are left out. Raises SnapshotError where one of both can't be read.
    """
    sides = (_Side(old), _Side(new))
    paths = [(path, path) for path in sorted({*old.feeds(), *new.feeds()} - unchanged)]
    if old.single and new.single:
        paths = [(old.single, new.single)]
    changes: list[Change] = []
    found: dict[tuple[Kind, str, str], list[str]] = {}
    replaced: set[str] = set()
    for change, harms in _each(sides, paths):
        changes.append(change)
        for path, harm in harms:
            found.setdefault((harm.kind, harm.message, harm.item), []).append(path)
            replaced.add(harm.replaced)
    # An article that continues under another id has not vanished, not even from a feed that is gone.
    kept = {key: feeds for key, feeds in found.items() if key[0] is not Kind.VANISHED or key[2] not in replaced}
    merged = sorted(Harm(*key, tuple(sorted(set(feeds)))) for key, feeds in kept.items())
    changes += [Change(path, State.SAME) for path in unchanged]
    return Comparison(old.name, new.name, tuple(sorted(changes, key=lambda change: change.path)), tuple(merged))


_Result = tuple[Change, list[tuple[str, Found]]]


def _each(sides: "tuple[_Side, _Side]", paths: Sequence[tuple[str, str]]) -> Iterator[_Result]:
    """The changes of each feed. Several are fetched at once, and few are held at a time."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for first in range(0, len(paths), _BATCH):
            yield from pool.map(partial(_feed, *sides), paths[first : first + _BATCH])


class _Side:
    """A snapshot, and facts about the whole of it. Safe for use by several threads."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.documents, self.get = snapshot.documents, snapshot.get
        self._snapshot = snapshot
        self._lock = Lock()

    def has(self, id: str) -> bool:
        """Whether any feed has an item, or says that it is withdrawn."""
        with self._lock:
            return id in self._all.ids

    def has_withdrawn(self, id: str) -> bool:
        """Whether any feed marks an item as withdrawn. RSS can't mark notices; its siblings in Atom and JSON do."""
        with self._lock:
            return id in self._all.withdrawn

    def most(self) -> int:
        """The number of items of the longest feed."""
        with self._lock:
            return self._all.most

    @cached_property
    def _all(self) -> "_All":
        ids: set[str] = set()
        withdrawn: set[str] = set()
        most = 0
        for path in self._snapshot.feeds():
            documents = self._snapshot.documents(path)
            for at, answer in documents.items():
                found = parse(answer.body)
                ids.update(found.by_id())
                withdrawn |= found.withdrawn
                most = max(most, len(found.items) if at == path else 0)
        return _All(frozenset(ids), frozenset(withdrawn), most)


class _All(NamedTuple):
    """The contents of a whole snapshot: the ids of its items, those of withdrawn ones, and the length of its longest feed."""

    ids: frozenset[str]
    withdrawn: frozenset[str]
    most: int


def _feed(old: _Side, new: _Side, path: tuple[str, str]) -> _Result:
    """The changes of the feed that was at the first of two paths, and is at the other."""
    was, now = old.documents(path[0]), new.documents(path[1])
    before, after = was[path[0]], now[path[1]]
    if before.status != 200:
        return _new_feed(path[1], after)
    if after.moved_to and after.status != 200:
        # It leads to another host.
        return Change(path[0], State.MOVED, moved_to=after.moved_to), []
    if after.status != 200:
        return _gone(path[0], before, after, old, new)
    # A walk leaves out pages of which the feed itself holds every item.
    now = {**now, **_more(new, was.keys() - now.keys() - {path[0]})}
    was = {**was, **_more(old, now.keys() - was.keys() - {path[1]})}
    if was == now and path[0] == path[1]:
        return Change(path[0], State.SAME), []
    return _Feed(old, new, path, was, now).compared()


def _more(side: _Side, paths: Iterable[str]) -> dict[str, Answer]:
    """Archive documents that a side has at `paths`."""
    found = {path: side.get(path) for path in paths}
    return {path: answer for path, answer in found.items() if answer.status == 200 and not answer.moved_to}


def _new_feed(path: str, after: Answer) -> _Result:
    parsed = parse(after.body)
    harms = [(path, Found(Kind.INVALID, fault)) for fault in parsed.faults]
    return Change(path, State.NEW, added=parsed.live), harms


def _gone(path: str, before: Answer, after: Answer, old: _Side, new: _Side) -> _Result:
    gone = [item for item in parse(before.body).live if not new.has(item.id) and not old.has_withdrawn(item.id)]
    harms = [(path, Found(Kind.VANISHED, _vanished(item), item.id)) for item in gone]
    state = State.ENDED if after.status == 410 else State.GONE
    if state is State.GONE:
        harms.append((path, Found(Kind.GONE, "the feed is gone (404), with no redirect")))
    return Change(path, state, vanished=tuple(gone)), harms


def _vanished(item: Item) -> str:
    return f"{items.label(item)}: gone without a notice of withdrawal"


class _Feed:
    """A feed in both snapshots, with its archive: the old and the new document at each path."""

    def __init__(
        self, old: _Side, new: _Side, path: tuple[str, str], was: Mapping[str, Answer], now: Mapping[str, Answer]
    ) -> None:
        self._old, self._new = old, new
        self._path, self._new_path = path
        self._was, self._now = was, now
        self._moved_to = now[self._new_path].moved_to
        pairs = [(at, self._new_path if at == self._path else at) for at in was]
        self._pairs = [(at, then) for at, then in pairs if was[at] != now.get(then)]
        fresh = [at for at in now if at not in was and at != self._new_path]
        self._fresh = fresh
        self._old_items = _Items(was, [at for at, _ in self._pairs])
        self._new_items = _Items(now, [*(then for _, then in self._pairs if then in now), *fresh])

    def compared(self) -> _Result:
        """The changes of the feed. Documents with the same bytes are parsed only where the others leave a question."""
        harms: list[tuple[str, Found]] = []
        whole = Fate()
        for at, then in self._pairs:
            fate, found = self._document(at, then)
            harms += [(at, each) for each in found]
            for name in ("added", "changed", "pushed_off", "left", "withdrawn", "vanished"):
                getattr(whole, name).extend(getattr(fate, name))
        for at in self._fresh:
            parsed = self._new_items.at(at)
            harms += [(at, Found(Kind.INVALID, fault)) for fault in parsed.faults]
            whole.added.extend(item for item in parsed.live if not self._had(item.id))
        return self._change(whole), harms

    def _change(self, whole: Fate) -> Change:
        """One item may be in the feed and in its archive."""
        vanished = _unique(whole.vanished)
        return Change(
            self._path,
            State.MOVED if self._moved_to else State.CHANGED,
            added=_unique(whole.added),
            changed=_unique(whole.changed),
            pushed_off=tuple(item for item in _unique(whole.pushed_off) if item not in vanished),
            left=_unique(whole.left),
            withdrawn=_unique(whole.withdrawn),
            vanished=vanished,
            moved_to=self._moved_to,
        )

    def _document(self, at: str, then: str) -> tuple[Fate, list[Found]]:
        is_live = at == self._path
        old, new, harms = self._old_items.at(at), ParsedFeed(""), []
        if then in self._now:
            new = self._new_items.at(then)
            is_moved = bool(self._moved_to) or self._path != self._new_path
            harms = list(_document_harms(old, new, self._was[at], self._now[then], is_moved=is_moved))
            if new.is_broken and not old.is_broken:
                # Nothing is known of the items of a document that can't be read.
                return Fate(), harms
        around = Surroundings(
            is_live=is_live,
            find=self._new_items.find,
            had=partial(self._came_back, new) if is_live else self._had,
            in_site=self._new.has,
            is_full=lambda: bool(new.older) or len(new.items) >= self._new.most(),
        )
        fate = items.compare(old, new, around)
        # A notice may end, and an article may come back with the dates that it had.
        fate.vanished = [item for item in fate.vanished if not self._old.has_withdrawn(item.id)]
        fate.harms = [each for each in fate.harms if each.kind is not Kind.REDATED or not self._old.has_withdrawn(each.item)]
        if is_live and old.live and not new.live and len(fate.withdrawn) < len(old.live):
            harms.append(Found(Kind.EMPTIED, f"the feed had {len(old.live):,} items and has none"))
        else:
            harms += [Found(Kind.VANISHED, _vanished(item), item.id) for item in fate.vanished]
        return fate, harms + fate.harms

    def _had(self, id: str) -> bool:
        """Whether an item was in a document that has changed: an item that moves within an archive changes both pages."""
        return self._old_items.find(id, among_changed=True) is not None

    def _came_back(self, new: ParsedFeed, id: str) -> bool:
        """Whether an item came into the feed from its archive, as at the end of a feed from which others were taken."""
        if self._had(id):
            return True
        kept = [number for number, item in enumerate(new.items) if self._had(item.id)]
        is_last = all(item.id != id for item in new.items[: kept[-1] if kept else 0])
        return is_last and self._old_items.find(id) is not None


class _Items:
    """The items of a feed and its archive, by id. Documents are read when they are needed, those that changed first."""

    def __init__(self, documents: Mapping[str, Answer], changed: Sequence[str]) -> None:
        self._documents = documents
        self._changed = changed
        self._parsed: dict[str, ParsedFeed] = {}

    def at(self, path: str) -> ParsedFeed:
        """The document at a path."""
        if path not in self._parsed:
            self._parsed[path] = parse(self._documents[path].body)
        return self._parsed[path]

    def find(self, id: str, *, among_changed: bool = False) -> Item | None:
        """The item with this id, in any document or only in one that changed; None where there is none."""
        found = self._in_changed.get(id)
        return found if found is not None or among_changed else self._in_all.get(id)

    @cached_property
    def _in_changed(self) -> dict[str, Item]:
        return self._of(self._changed)

    @cached_property
    def _in_all(self) -> dict[str, Item]:
        return self._of(self._documents)

    def _of(self, paths: Iterable[str]) -> dict[str, Item]:
        return {id: item for path in paths for id, item in self.at(path).by_id().items()}


def _unique(found: Iterable[Item]) -> tuple[Item, ...]:
    return tuple({item.id: item for item in found}.values())


def _document_harms(old: ParsedFeed, new: ParsedFeed, before: Answer, after: Answer, *, is_moved: bool) -> Iterator[Found]:
    """The harms of a document as a whole. Faults that it had before do not count."""
    for fault in new.faults:
        if fault not in old.faults:
            yield Found(Kind.INVALID, fault)
    for reader, limit in LIMITS.items():
        if len(before.body) <= limit < len(after.body):
            size, most = len(after.body) / 1024 / 1024, limit // 1024 // 1024
            yield Found(Kind.TOO_LARGE, f"{size:.1f} MiB, of which {reader} takes {most} MiB")
    if is_moved or not new.format:
        return
    if old.self_url and new.self_url != old.self_url:
        yield Found(Kind.SELF_LINK, f"the self link was {old.self_url}, now it is {new.self_url or 'missing'}")
    if old.id and new.format == old.format and new.id != old.id and new.format != "json":
        yield Found(Kind.FEED_ID, f"the feed's id was {old.id}, now it is {new.id or 'missing'}")
