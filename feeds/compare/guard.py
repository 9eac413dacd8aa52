"""The guard: compare an export with the last one before it is written, and find harm to subscribers."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from feeds.compare.comparison import compare
from feeds.compare.findings import Comparison
from feeds.compare.http import Http, is_url
from feeds.compare.snapshots import Documents, File, Folder, Snapshot, Store
from feeds.config.types import Config, is_store
from feeds.errors import SnapshotError
from feeds.publish.export import unchanged
from feeds.publish.targets.manifest import MANIFEST
from feeds.site import redirects
from feeds.site.build import build
from feeds.site.site import Site

SOURCES = "the sources"
_PAGE = ".html"


def check(config: Config, place: str, now: datetime) -> Comparison | None:
    """Compare the feeds that an export to `place` would write at the moment `now` with those there; None if there are none.

    Nothing at `place` is touched. Raises what `publish` raises, and SnapshotError where `place` can't be read.
    """
    if not is_store(place) and not (Path(place) / MANIFEST).exists():
        return None
    made = build(config, now, foresees=True)
    if is_store(place):
        return compare(opened(place), _snapshot(config, _Feeds(made.site)))
    # What the export would leave as it is needs no comparison, nor need it be rendered.
    old, same = Folder(Path(place)), unchanged(made.site, made.index, place)
    new = _snapshot(config, _Feeds(made.site, lambda path: old.get(path).body if path in same else None))
    feeds = {feed for feed in {*old.feeds(), *new.feeds()} if same.issuperset({*old.paths(feed), *new.paths(feed)})}
    return compare(old, new, unchanged=feeds)


def opened(place: str) -> Snapshot:
    """The feeds at `place`: a folder, a feed's file, a URL of a site or of a feed, or that of an object store.

    Raises SnapshotError where there are none.
    """
    if is_url(place):
        return Http(place)
    if is_store(place):
        return Store(place)
    if "://" in place:
        raise SnapshotError(f"{place}: neither a folder nor an http or https URL")
    return File(Path(place)) if Path(place).is_file() else Folder(Path(place))


def built(config: Config, now: datetime) -> Snapshot:
    """The feeds that an export of `config` would write at the moment `now`. They are rendered when they are asked for, and
    nothing is written but the index. Raises what `build` raises.
    """
    return _snapshot(config, _Feeds(build(config, now, foresees=True).site))


def _snapshot(config: Config, documents: "_Feeds") -> Documents:
    return Documents(documents, SOURCES, partial(_redirect, config))


def _redirect(config: Config, path: str) -> str | None:
    found = redirects.target(path, config)
    return found.removeprefix(f"{config.site.url}/") if found is not None else None


class _Feeds(Mapping[str, bytes]):
    """The feed documents of a site. Those that `standing` has the bytes of are not rendered."""

    def __init__(self, site: Site, standing: Callable[[str], bytes | None] = lambda path: None) -> None:
        self._site = site
        self._standing = standing
        groups = site.collection.groups.values()
        self._paths = {path: None for group in groups for path in site.paths_of(group) if not path.endswith(_PAGE)}

    def __getitem__(self, path: str) -> bytes:
        if path not in self._paths:
            raise KeyError(path)
        if (body := self._standing(path)) is not None:
            return body
        document = self._site.document(path)
        if document is None:
            raise KeyError(path)
        return document.body

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, path: object) -> bool:
        # Without rendering it.
        return path in self._paths
