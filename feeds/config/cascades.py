"""The cascades of a Hugo source: front matter that the pages of its sections (`_index.md`) pass to documents."""

import os
from collections.abc import Iterator
from pathlib import Path

from feeds.documents import cascades, fields, forms, links
from feeds.documents.cascades import Cascade
from feeds.documents.report import Report

_SIGN = b"cascade"


def read(folder: Path, name: str) -> tuple[Cascade, ...]:
    """The cascades for the documents of a source in `folder`, called `name` relative to the site, the nearest before those above.

    A page that can't be read has none: that it can't is reported where documents are read.
    """
    parents = [*folder.parents][: len(Path(name).parts) - 1] if not Path(name).is_absolute() else []
    # The content folder is the last, going up, that a section's page may be in: beside it is the site's config.
    above = [parent for parent in parents if any(parent.glob("_index.*"))]
    section = f"/{folder.relative_to(above[-1]).as_posix().lower()}/" if above else "/"
    found = [tuple(_of_file(file, "", section)) for parent in reversed(above) for file in sorted(parent.glob("_index.*"))]
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith("."))
        within = os.path.relpath(place, folder).replace(os.sep, "/")
        for file in sorted(each for each in files if each.startswith("_index.")):
            found.append(tuple(_of_file(Path(place, file), "" if within == "." else f"{within}/", section)))
    # A folder is met before those in it.
    return tuple(cascade for some in reversed(found) for cascade in some)


def _of_file(file: Path, folder: str, section: str) -> Iterator[Cascade]:
    try:
        data = file.read_bytes()
        if _SIGN not in data.lower():
            return
        parts = forms.split(data.decode("utf-8-sig").replace("\r\n", "\n"))
        given = forms.parse(parts.form, parts.front, Report(str(file))) if parts is not None else None
    except (OSError, UnicodeDecodeError, forms.NoEndError, fields.TooMuchError):
        return
    for name in given.names() if given is not None else ():
        if given is not None and name.lower() == _SIGN.decode():
            yield from cascades.of(given.values()[name], folder, section, links.name(file.name).language)
