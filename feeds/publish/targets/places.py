"""The kinds of outputs, by the form of a place."""

import os
from pathlib import Path, PurePosixPath

from feeds.config.types import STORES, Config, is_store
from feeds.errors import OutputError
from feeds.publish.targets import Output
from feeds.publish.targets.folder import Folder


def output(place: str) -> Output:
    """The output at `place`, a folder or the URL of an object store. Raises OutputError where it is the URL of something else."""
    if is_store(place):
        # Its library is an extra.
        from feeds.publish.targets.objects import Objects

        return Objects(place)
    if "://" in place:
        raise OutputError(f"{place}: not a folder, nor an object store ({', '.join(STORES)})")
    return Folder(Path(place))


def key(place: str) -> str:
    """The key of the output at `place` in the index."""
    return place.rstrip("/") if "://" in place else _text(Path(place).resolve())


def check(place: str, config: Config) -> None:
    """Raise OutputError where an export to `place` would mix with articles, or with everything else on the machine.

    Exported files in a source would be read as articles, and articles in an output would be published. The output folder of
    the config may be within a source: the scan passes it over.
    """
    output = PurePosixPath(place) if is_store(place) else Path(place).resolve()
    # Not Path.home, which raises where the account has none.
    if output in (Path(output.anchor), Path(os.path.expanduser("~")).resolve()):
        raise OutputError(f"{place}: not a folder of its own for exported files; name one with --out or `output`")
    is_passed_over = config.output_folder is not None and output == config.output_folder.resolve()
    for source in config.sources:
        articles = PurePosixPath(source.url) if source.url is not None else source.folder.resolve()
        is_within, is_around = output.is_relative_to(articles), articles.is_relative_to(output)
        if is_around or (is_within and not is_passed_over):
            kind = "inside" if is_within else "around"
            raise OutputError(
                f"{place}: {kind} the source {source.name}, so that articles and exported files would mix; "
                "name another place with --out or `output`"
            )


def _text(folder: Path) -> str:
    # A folder's name need not be UTF-8.
    return os.fsencode(folder).decode("utf-8", "backslashreplace")
