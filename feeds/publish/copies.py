"""Copies of pictures for an export: those that are not there are fetched after everything else was written."""

from collections import Counter
from datetime import timedelta

from feeds.config.types import Config
from feeds.copies import names
from feeds.copies.copying import Copied, copy_all
from feeds.copies.store import Store
from feeds.index.store import Index
from feeds.index.view import View
from feeds.publish.outputs import Outputs


def fetch(config: Config, view: View, patience: timedelta) -> Copied:
    """Copy the pictures that pages show and that have no copy, those of the newest articles first, for as long as `patience`.

    Pictures that failed lately count as failed, and are not tried. Copies that no page shows any more are deleted.
    """
    store, copies = Store(config), view.collection.copies
    wanted = list(copies)
    store.tidy(frozenset(wanted))
    held = store.names()
    lacking = [name for name in wanted if name not in held]
    failed: Counter[str] = Counter()
    tried = []
    for name in lacking:
        if (why := store.failure(name)) is not None:
            failed[why] += 1
        elif (url := copies.get(name)) is not None:
            tried.append((name, url))
    done = copy_all(config, tried, patience)
    failed.update(done.failed)
    return Copied(done.copied, dict(failed.most_common()), done.left)


def lacking(config: Config, index: Index, place: str) -> set[str]:
    """The names of pictures whose copies are there and are not at `place`, the key of an output."""
    held = Store(config).names().intersection(index.view().collection.copies)
    standing = {copy[0] for row in Outputs(index.database, place).all() if (copy := names.parse(row.path)) is not None}
    return set(held - standing)
