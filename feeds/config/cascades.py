"""The cascades of a Hugo source: what the pages of its sections (`_index.md`) and the site's config pass to documents."""

import os
from collections.abc import Iterator
from pathlib import Path

from feeds.documents import cascades, fields, forms, links
from feeds.documents.cascades import Cascade
from feeds.documents.report import Report
from feeds.documents.values import Value

# The configs that a site of Hugo may have, in its folder.
SITE_CONFIGS = tuple(
    f"{folder}{stem}.{ending}"
    for folder in ("", "config/_default/")
    for stem in ("hugo", "config")
    for ending in ("toml", "yaml", "yml", "json")
)
_FORMS = {**forms.WHOLE, ".yml": forms.Form.YAML}
_SIGN = b"cascade"


def read(folder: Path, name: str) -> tuple[Cascade, ...]:
    """The cascades for the documents of a source in `folder`, called `name` relative to the site, the nearest before those above,
    and those of the site's config last.

    A page that can't be read has none: that it can't is reported where documents are read.
    """
    depth = len(Path(name).parts)
    parents = [*folder.parents][: max(depth - 1, 0)] if not Path(name).is_absolute() else []
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
    of_site = () if Path(name).is_absolute() else tuple(_of_site([folder, *folder.parents][depth], folder))
    return (*(cascade for some in reversed(found) for cascade in some), *of_site)


def _of_file(file: Path, folder: str, section: str) -> Iterator[Cascade]:
    if (given := _values(file).get(_SIGN.decode())) is not None:
        yield from cascades.of(given, folder, section, links.name(file.name).language)


def _of_site(site: Path, folder: Path) -> Iterator[Cascade]:
    """The cascades in the config of the site in the folder `site`, for the documents of a source in `folder`."""
    for file in filter(Path.is_file, (site / each for each in SITE_CONFIGS)):
        values = _values(file)
        root = values.get("contentdir")
        content = site / (root if isinstance(root, str) else "content")
        section = (
            f"/{folder.relative_to(content).as_posix().lower()}/" if folder != content and content in folder.parents else "/"
        )
        if (given := values.get(_SIGN.decode())) is not None:
            yield from cascades.of(given, "", section, cascades.ANY_LANGUAGE)


def _values(file: Path) -> dict[str, Value]:
    """The fields of a file that has a cascade, by their names in lowercase: its front matter, or all of it. Else none."""
    try:
        data = file.read_bytes()
        if _SIGN not in data.lower():
            return {}
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
        form = _FORMS.get(file.suffix)
        parts = forms.Parts(form, text) if form is not None else forms.split(text)
        given = forms.parse(parts.form, parts.front, Report(str(file))) if parts is not None else None
    except (OSError, UnicodeDecodeError, forms.NoEndError, fields.TooMuchError):
        return {}
    return {name.lower(): value for name, value in given.values().items()} if given is not None else {}
