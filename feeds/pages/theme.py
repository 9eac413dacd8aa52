"""A site's own look: templates, stylesheets, scripts and a logo, from the package and from the folder that config names.

Files that end in `.html` are templates; every other file is published under `assets/`. A file of the site's folder takes
the place of the package's of the same name.
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
# The site's own rules, after ours.
OWN_STYLESHEET = "site.css"
# That of pages, which templates become.
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
    """Templates by name, and the bytes of assets by name. Templates of the package are found as `feeds/<name>` too,
    so that a site's own may extend the one that it takes the place of.
    """

    templates: Mapping[str, str]
    assets: Mapping[str, bytes]
    # The package's stylesheet, to stand in the pages: a link would keep a browser waiting for one answer more. Empty where
    # the site has its own in its place, which is linked, since what it names by `url()` is found from its own address.
    style: str = ""
    # A folder for what is compiled of the templates: to compile them takes longer than the pages of one change.
    compiled: str = ""
    # A name for the version of what compiles them.
    compiler: str = ""

    @property
    def style_hash(self) -> str:
        """What a Content-Security-Policy calls `style` (CSP Level 3, 2.3.1): `'sha256-…'`."""
        return f"'sha256-{base64.b64encode(hashlib.sha256(self.style.encode()).digest()).decode()}'"

    @property
    def logo(self) -> str | None:
        """The name of the asset that is the site's logo, if it has one."""
        return next((name for name in LOGOS if name in self.assets), None)


def read(folder: Path | None, state: Path | None = None) -> Theme:
    """The theme of the package, with what `folder` replaces and adds. What may be forgotten is kept in the folder `state`.

    Raises ThemeError where `folder` can't be used.
    """
    # Not importlib.resources, which takes longer to load than they to read.
    package = Path(__file__).parent
    ours = {file.name: file.read_text(encoding="utf-8") for file in (package / "templates").iterdir()}
    assets = {file.name: file.read_bytes() for file in (package / "assets").iterdir() if file.is_file()}
    templates = ours | {f"feeds/{name}": text for name, text in ours.items()}
    sheet = assets[STYLESHEET]
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
    style = _condensed(sheet.decode()) if assets[STYLESHEET] == sheet else ""
    compiled = _writable(state) if state else ""
    return Theme(dict(sorted(templates.items())), dict(sorted(assets.items())), style, compiled, _compiler() if compiled else "")


def _compiler() -> str:
    """Which Jinja there is, as its folder of metadata is named: to have that read takes longer than to render a page."""
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
