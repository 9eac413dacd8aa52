"""Values of config.yaml: lengths of time, sizes, choices, addresses, pictures. Mistakes are reported to the mapping."""

import ipaddress
import re
from collections.abc import Callable

from feeds.documents.fields import Fields
from feeds.model import Image
from feeds.text import urls
from feeds.text.text import plain

SITE_URL = "an http or https URL, with no query, user or password"
_TIME = re.compile(r"(\d+)\s*(s|m|h|d|w)?")
_SHARE, _WHOLE = re.compile(r"([0-9]{1,3}) ?%"), 100
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_BYTES = re.compile(r"([0-9]{1,12}) ?(|B|kB|MB|GB|KiB|MiB|GiB)", re.IGNORECASE)
_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}


def public_url(text: str, base: str = "") -> str | None:
    """A URL for the public, or a path on the site at `base`, normalised; None for anything else, or with a password."""
    url = urls.site_address(text, base) if base else urls.web_address(text)
    return None if url is None or urls.has_user(url) else url


def shown(text: str | None) -> str:
    """`text` as messages show it: an invalid address without its password."""
    if text is None:
        return "nothing"
    return "an address with a user or a password, which would be published" if "@" in text else repr(text)


def size(found: Fields, name: str) -> int | None:
    """A number of bytes, such as `10 MB`."""
    text = found.text(name) or ""
    match = _BYTES.fullmatch(text)
    if text and (match is None or not int(match[1])):
        found.problem(name, "a number of bytes such as 500 kB or 10 MB")
    return int(match[1]) * _UNITS[(match[2] or "").lower()] if match is not None else None


def time_above_zero(found: Fields, name: str) -> int | None:
    """A length of time such as `30s`, in seconds; zero is reported as a mistake."""
    length = time(found, name)
    if length == 0:
        found.problem(name, "a length of time such as 30s or 5m")
        return None
    return length


def time(found: Fields, name: str) -> int | None:
    """A length of time such as `5m`, in seconds."""
    text = found.text(name)
    if text is None:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        found.problem(name, "a length of time such as 5m, 1h or 1d")
        return None
    return int(match[1]) * _SECONDS[match[2] or "s"]


def share(found: Fields, name: str) -> float | None:
    """A share such as `20%`, from 0 to 1."""
    text = found.text(name)
    if text is None:
        return None
    match = _SHARE.fullmatch(text)
    if match is None or int(match[1]) > _WHOLE:
        found.problem(name, "a share such as 20%, from 0% to 100%")
        return None
    return int(match[1]) / _WHOLE


def is_off(found: Fields, name: str) -> bool:
    """Whether the key `name` has the one value false, no or off."""
    return found.texts(name) in (("false",), ("no",), ("off",))


def each(found: Fields, name: str, read: Callable[[str], str | None], expected: str) -> tuple[str, ...]:
    """The texts of the key `name`, each as `read` makes it; those of which it makes None are reported as mistakes."""
    made = []
    for text in found.texts(name):
        if (value := read(text)) is None:
            found.problem(name, expected, shown(text))
        else:
            made.append(value)
    return tuple(made)


def choices(found: Fields, name: str, allowed: tuple[str, ...], *, empty_means_none: bool = False) -> tuple[str, ...]:
    """The values of the key `name`, each one of `allowed`; by default all of these."""
    chosen = found.texts(name)
    for text in chosen:
        if text not in allowed:
            found.problem(name, f"any of {', '.join(allowed)}", repr(text))
    kept = tuple(dict.fromkeys(text for text in chosen if text in allowed))
    return kept if kept or (empty_means_none and name in found) else allowed


def choices_or_none(found: Fields, name: str, known: tuple[str, ...]) -> tuple[str, ...]:
    """The values of the key `name`, each one of `known`; none where the key is absent or off."""
    if name not in found or is_off(found, name):
        return ()
    return tuple(choices(found, name, known, empty_means_none=True))


def count_above_zero(found: Fields, name: str) -> int | None:
    """A whole number, 1 or more."""
    number = found.count(name)
    if number == 0:
        found.problem(name, "a whole number, 1 or more")
    return number


def image(found: Fields, base: str, name: str = "image") -> Image | None:
    """The picture of the key `name`: a URL, or a mapping."""
    given = found.fields(name, bare="url")
    if given is None:
        return None
    given.only(("url", "width", "height", "title", "attribution"))
    address = url(given, "url", base)
    if address is None:
        return None
    return Image(address, given.count("width"), given.count("height"), plain(given.text("title") or ""))


def url(found: Fields, name: str, base: str) -> str | None:
    """The URL of the key `name`, or the path on the site at `base`, normalised."""
    text = found.text(name)
    found_url = public_url(text, base) if text else None
    if text and found_url is None:
        found.problem(name, "an http or https URL, or a path that begins with /", shown(text))
    return found_url


def site_url(text: str) -> str | None:
    """The URL of a site, without a closing slash; None for anything else."""
    url = public_url(text)
    return None if url is None or "?" in url or "#" in url else url.rstrip("/")


def network(text: str) -> str | None:
    """A network in CIDR notation, such as `10.0.0.0/8`; None if `text` is not one."""
    try:
        return str(ipaddress.ip_network(text))
    except ValueError:
        return None
