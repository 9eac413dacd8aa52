"""Differences: the paths that came and went between two states of a site."""

from collections.abc import Collection, Iterator

from feeds.copies import names
from feeds.index.members import members_of
from feeds.index.store import Index
from feeds.site.site import Site


def differences(before: Site, after: Site, index: Index) -> tuple[set[str], set[str]] | None:
    """The paths of documents and groups that came and those that went between two states; None where any path may have.

    Only the groups that have changed are looked at, so one changed article costs the same in a large site. A path that came
    may have been there before, and one that went may never have been there.
    """
    # An index that was made anew since then does not know the state before.
    is_known = before.view.generation >= after.view.renamed
    changed = index.changed_since(after.view, before.view.site, before.view.generation) if is_known else None
    if changed is None:
        return None
    earlier, later = set(_paths(before, after, changed)), set(_paths(after, before, changed))
    for _, path, _ in after.view.singles(changed):
        if path and names.parse(path) is None:
            (later if path in after else earlier).add(path)
    return later - earlier, earlier - later


def _paths(site: Site, other: Site, changed: Collection[int]) -> Iterator[str]:
    """The paths of the groups of `site` that have changed, or that the `other` does not have, and those of no group."""
    for path, group in site.collection.groups.items():
        if members_of(group).number in changed or path not in other.collection.groups:
            yield path
            yield from site.paths_of(group)
    yield from site.other_paths()
