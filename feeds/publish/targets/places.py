"""Which kind of output a place is."""

from pathlib import Path

from feeds.config.types import STORES, is_store
from feeds.errors import OutputError
from feeds.publish.targets import Output
from feeds.publish.targets.folder import Folder
from feeds.publish.targets.lines import Lines


def output(place: str, memory: Path | None = None, seen: Lines | None = None, state: str = "") -> Output:
    """The output at `place`, a folder or the URL of an object store; `memory`, `seen` and `state` as for `Folder`.

    Raises OutputError where it is the URL of something else.
    """
    if is_store(place):
        # Its library is an extra.
        from feeds.publish.targets.objects import Objects

        return Objects(place)
    if "://" in place:
        raise OutputError(f"{place}: not a folder, nor an object store ({', '.join(STORES)})")
    return Folder(Path(place), memory, seen, state)
