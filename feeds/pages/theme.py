"""Themes: templates, stylesheets, scripts and a logo, from the package and from the folder that config names.

Files that end in `.html` are templates; all others are published under `assets/`. A file of the site's folder replaces the
package's file of the same name.
"""

import base64
import hashlib
import os
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from msgspec import Struct

from feeds.errors import ThemeError

LOGOS = ("logo.svg", "logo.png", "logo.webp", "logo.jpg", "logo.gif")
STYLESHEET = "feeds.css"
# More rules, for pages that are read rather than scanned.
READING_STYLESHEET = "reading.css"
# A stylesheet with the site's own rules, linked after ours.
OWN_STYLESHEET = "site.css"
# Begins the second names of the package's templates.
_OURS = "feeds/"
# The media type of pages.
PAGE_TYPE = "text/html; charset=utf-8"
MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}


class Theme(Struct, frozen=True):
    """Templates and the bytes of assets, by name.

    Templates of the package also have the name `feeds/<name>`, so that a site's template can extend the one it replaces.
    """

    templates: Mapping[str, str]
    assets: Mapping[str, bytes]
    # The package's stylesheet, inlined in pages to save a browser one request. Empty where the site replaces it: then it is
    # linked, since its `url()` references are relative to its own address.
    style: str = ""
    # The same with the rules for reading pages; empty where the site replaces one of both.
    reading_style: str = ""
    # A folder for compiled templates: compiling takes longer than rendering the pages of one change.
    compiled: str = ""
    # Identifies the version of the template compiler.
    compiler: str = ""

    @property
    def own(self) -> list[str]:
        """The names of the templates that the site's folder replaces or adds."""
        ours = {name.removeprefix(_OURS): text for name, text in self.templates.items() if name.startswith(_OURS)}
        return [name for name, text in self.templates.items() if not name.startswith(_OURS) and text != ours.get(name)]

    @property
    def logo(self) -> str | None:
        """The name of the asset with the site's logo, if it has one."""
        return next((name for name in LOGOS if name in self.assets), None)


def read(folder: Path | None, state: Path | None = None) -> Theme:
    """Read the theme of the package, with the files that `folder` replaces and adds.

    Compiled templates are cached in the folder `state`, if one is given. Raises ThemeError where `folder` can't be used.
    """
    # Not importlib.resources: importing it takes longer than reading the files.
    package = Path(__file__).parent
    ours = {file.name: file.read_text(encoding="utf-8") for file in (package / "templates").iterdir()}
    assets = {file.name: file.read_bytes() for file in (package / "assets").iterdir() if file.is_file()}
    templates = ours | {f"{_OURS}{name}": text for name, text in ours.items()}
    sheets = {name: assets[name] for name in (STYLESHEET, READING_STYLESHEET)}
    if folder is not None:
        if not folder.is_dir():
            raise ThemeError(f"{folder}: no such folder of templates")
        try:
            for file in sorted(folder.iterdir()):
                if file.name.startswith(".") or not file.is_file():
                    continue
                if file.suffix == ".html":
                    templates[file.name] = file.read_text(encoding="utf-8")
                elif file.suffix in MEDIA_TYPES:
                    assets[file.name] = file.read_bytes()
                else:
                    raise ThemeError(f"{file}: neither a template (.html) nor an asset ({', '.join(MEDIA_TYPES)})")
        except OSError as error:
            raise ThemeError(f"{error.filename}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise ThemeError(f"{folder}: a template that is no UTF-8") from error
    style = _condensed(sheets[STYLESHEET].decode()) if assets[STYLESHEET] == sheets[STYLESHEET] else ""
    is_ours = style and assets[READING_STYLESHEET] == sheets[READING_STYLESHEET]
    reading = f"{style}{_condensed(sheets[READING_STYLESHEET].decode())}" if is_ours else ""
    compiled = _writable(state) if state else ""
    found = dict(sorted(templates.items())), dict(sorted(assets.items()))
    return Theme(*found, style, reading, compiled, _compiler() if compiled else "")


def style_hash(style: str) -> str:
    """The hash of a stylesheet for a Content-Security-Policy (CSP Level 3, 2.3.1): `'sha256-…'`."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"


def _compiler() -> str:
    """The installed Jinja by the name of its metadata folder; reading the metadata takes longer than rendering a page."""
    found = find_spec("jinja2")
    beside = Path(found.origin).parent.parent.glob("[jJ]inja2-*info") if found is not None and found.origin else ()
    return next((folder.name for folder in beside), "jinja2")


def _writable(state: Path) -> str:
    place = state / "templates"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return str(place) if os.access(place, os.W_OK) else ""


def _condensed(sheet: str) -> str:
    """The package's stylesheet without comments and needless white space. Not for any stylesheet: it knows no strings."""
    text = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    text = re.sub(r"\s*([{};,])\s*", r"\1", text)
    text = re.sub(r":\s+", ":", text)
    return re.sub(r"\s+", " ", text).replace(";}", "}").strip()


def media_type(name: str) -> str:
    """The media type of the asset `name`."""
    return MEDIA_TYPES[PurePosixPath(name).suffix]
