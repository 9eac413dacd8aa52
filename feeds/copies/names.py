"""The addresses of copies of pictures. Pure: an address depends on that of the picture alone, not on what can be fetched."""

import hashlib
import re

FOLDER, MEDIA_TYPE = "pictures", "image/webp"
# In pixels: for lists and telephones, and for articles.
SMALL, LARGE = WIDTHS = (480, 1280)
_PATH = re.compile(rf"{FOLDER}/([0-9a-f]{{32}})-({SMALL}|{LARGE})\.webp")
_ENDING = f"-{LARGE}.webp"


def name(url: str) -> str:
    """The name of the copy of the picture at `url`."""
    return hashlib.sha256(url.encode()).hexdigest()[:32]


def path(name: str, width: int = LARGE) -> str:
    """The path of a copy that is at most `width` pixels wide."""
    return f"{FOLDER}/{name}-{width}.webp"


def parse(path: str) -> tuple[str, int] | None:
    """The name and the width of the copy at `path`; None if it is no path of a copy."""
    found = _PATH.fullmatch(path)
    return (found[1], int(found[2])) if found is not None else None


def address(url: str, site_url: str) -> str:
    """The URL of the large copy of the picture at `url`."""
    return f"{site_url}/{path(name(url))}"


def small(address: str, site_url: str) -> str:
    """The URL of the small copy where `address` is that of a large one; any other address as it is."""
    is_copy = parse(address.removeprefix(f"{site_url}/")) is not None
    return f"{address.removesuffix(_ENDING)}-{SMALL}.webp" if is_copy else address


def srcset(address: str, site_url: str) -> str:
    """The `srcset` of a picture (HTML 4.8.4.2.1) where `address` is that of a large copy; empty for any other."""
    smaller = small(address, site_url)
    return f"{smaller} {SMALL}w, {address} {LARGE}w" if smaller != address else ""
