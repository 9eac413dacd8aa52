"""The last export into a folder: as long as nothing of what it was made from, and nothing that it wrote, has changed, another
one would do nothing. To see that takes a look at every file's size and time, and no more.
"""

import hashlib
import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path

import msgspec
from msgspec import Struct

from feeds.config.types import Config, is_store
from feeds.errors import Problem
from feeds.processes import Beside
from feeds.publish.targets import MANIFEST
from feeds.publish.targets.lines import Lines, line
from feeds.site.remarks import Remarks
from feeds.sources.scan import Scan, scan, scan_beside, stamp
from feeds.version import __version__

FOLDER = "exports"
# Files that are sooner looked at than a process is forked.
_MANY = 1000


class Told(Struct, frozen=True):
    """What an export told: how many articles and feeds there are, how many files, what is wrong with documents, and what of them
    is no article or not read.
    """

    articles: int
    feeds: int
    files: int
    problems: tuple[Problem, ...]
    remarks: Remarks = Remarks()


class _Kept(Struct, frozen=True):
    """What is kept of an export: a name for what it made, what that was made of and with which files beside documents, when the
    next article is due, the stamps of what it wrote, as `Lines`, and what it told.
    """

    state: str
    key: str
    due: float | None
    places: list[tuple[str, str]]
    files: str
    told: Told


class Last:
    """The last export to `place`. What it wrote is looked at from the first, beside whatever is done meanwhile; where there was
    none, the documents are.

    Once `told` has been asked, `stamps` are those of what it wrote, by path, and `state` is the name that was kept with it,
    where nobody has touched what it wrote.
    """

    def __init__(self, config: Config, place: str) -> None:
        self.state = ""
        self.stamps = Lines("")
        self._config = config
        self._place = place
        self._last = self._kept(config, place)
        if self._last is None:
            self._scanned = scan_beside(config)
            return
        self._scanned = partial(scan, config)
        kept = Lines(self._last.files)
        self._looked = Beside(lambda: _looked_at(Path(place), kept), worth_it=len(kept) >= _MANY)

    def _kept(self, config: Config, place: str) -> _Kept | None:
        # What another machine has written there may be what is exported; and to look at what stands in a store takes as long as
        # an export.
        if not config.index.startswith("sqlite:") or is_store(place):
            return None
        try:
            return msgspec.json.decode(_file(config, Path(place)).read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError):
            return None

    @cached_property
    def found(self) -> Scan:
        """The documents. Raises what `scan` does."""
        return self._scanned()

    @cached_property
    def _key(self) -> str:
        return _key(self._config, self.found)

    @property
    def is_known(self) -> bool:
        """Whether there was one, as far as is known here."""
        return self._last is not None

    def told(self, now: datetime) -> Told | None:
        """What it told, if another one would do nothing: the documents are as they were, and so are the files that they refer
        to, the config, its templates, and what was written. Raises what `scan` does.
        """
        last = self._last
        if last is None:
            return None
        # Before what was written is waited for.
        key = self._key
        looked = self._looked.result().decode()
        self.stamps = Lines(looked or last.files)
        if looked:
            return None
        self.state = last.state
        if last.key != key or (last.due is not None and last.due <= now.timestamp()):
            return None
        return last.told if all(stamp(place) == before for place, before in last.places) else None

    def replace(
        self,
        *,
        due: datetime | None,
        places: Iterable[tuple[str, str]],
        paths: Iterable[str],
        stamps: Mapping[str, str],
        told: Told,
        state: str,
        only_changes: bool,
    ) -> None:
        """Another export, of the documents that were `found`, is the last one from now on.

        `due` is when the next article is, `places` are the files that documents depend on with their stamps, `paths` what stands
        now, with `only_changes` what was written beside what stands as it was looked at, `stamps` those of it that are known;
        `state` is a name for what was made.
        """
        if is_store(self._place):
            return
        folder = Path(self._place)
        file = _file(self._config, folder)
        if not self.found.is_whole:
            # What was saved just now may be saved again within the same tick of the clock.
            file.unlink(missing_ok=True)
            return
        known = self.stamps if only_changes else Lines("")
        known.put({path: stamps.get(path) or stamp(f"{folder}/{path}") for path in (*paths, MANIFEST)})
        last = _Kept(
            state=state,
            key=self._key,
            due=due.timestamp() if due else None,
            places=sorted(places),
            files=known.text,
            told=told,
        )
        temporary = file.with_suffix(f".{os.getpid()}")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            temporary.write_bytes(msgspec.json.encode(last))
            temporary.replace(file)
        except OSError:
            # Nowhere to write: the next export takes its time.
            return


def _file(config: Config, folder: Path) -> Path:
    name = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return config.state_folder / FOLDER / f"{name}.json"


def _key(config: Config, found: Scan) -> str:
    made = hashlib.sha256(f"{__version__}\n{config!r}\n{_templates(config)}".encode("utf-8", "surrogateescape"))
    made.update(found.lines.encode("utf-8", "surrogateescape"))
    return made.hexdigest()


def _templates(config: Config) -> list[str]:
    if config.templates is None or not config.templates.is_dir():
        return []
    return [f"{file}\0{stamp(str(file))}" for file in sorted(config.templates.iterdir())]


def _looked_at(folder: Path, kept: Lines) -> bytes:
    """The stamps of what stands now, if they are others than those that were `kept`."""
    now = "".join([line(path, stamp(f"{folder}/{path}")) for path in kept.paths()])
    return now.encode() if now != kept.text else b""
