"""Web addresses: normalised as browsers read them, and http(s) only.

The WHATWG URL parser (ada) parses: scheme and host lowercase, IDNA, no default port, dot segments resolved. This module adds
RFC 3986 6.2.2: percent-encoding in one form, and no character that a URI can't have.
"""

import re
from functools import lru_cache
from urllib.parse import unquote

import ada_url

from feeds.text.text import decode_entities, printable

# An absolute URL begins with a scheme or two slashes; browsers read `\` as `/`.
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|[/\\]{2}")
_WEB = re.compile(r"(https?://[^/?#]+)(/.*)", re.DOTALL)
_ENCODED = re.compile(r"%[0-9A-Fa-f]{2}|[^!#$&'()*+,\-./0-9:;=?@A-Z_a-z~]")
_UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]")
# Some readers open the id of an entry without a link, so it must not run a script.
_ABSOLUTE_URI = re.compile(r"(?!(?i:javascript|data|vbscript):)[A-Za-z][A-Za-z0-9+.\-]*:[!#$&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~%]+")
# A URL that is normalised already: a plain host that is not a number, a plain path without dot segments, and a plain query.
_NORMAL = re.compile(
    r"https?://(?:(?!xn--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}(?!xn--)[a-z][a-z-]{0,18}[a-z]/[A-Za-z0-9\-._~/:@!$()*+,;=?]*"
)
_DOMAIN = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")


def web_address(text: str, base: str | None = None) -> str | None:
    """Normalise an http or https URL; None for anything else.

    A relative URL is resolved against `base`. Entities that a CMS left in (`&#038;`) are decoded.
    """
    if _NORMAL.fullmatch(text) and "/." not in text:
        return text
    return _web_address(text, base)


@lru_cache(maxsize=10_000)
def _web_address(text: str, base: str | None) -> str | None:
    text = printable(decode_entities(text)).strip()
    try:
        url = ada_url.join_url(base, text) if base else ada_url.normalize_url(text)
    except ValueError:
        return None
    match = _WEB.fullmatch(url)
    return match[1] + _ENCODED.sub(_normalise, match[2]) if match else None


@lru_cache(maxsize=1000)
def site_address(text: str, site_url: str) -> str | None:
    """Normalise a URL of front matter: one that begins with a single `/` is below `site_url`, including its path."""
    text = text.strip()
    if text.startswith("/") and not text.startswith(("//", "/\\")):
        return web_address(site_url.rstrip("/") + text)
    return web_address(text)


def has_user(url: str) -> bool:
    """Whether a normalised URL names a user or a password (RFC 3986 3.2.1)."""
    return "@" in url.partition("://")[2].partition("/")[0]


def is_relative(text: str) -> bool:
    """Whether a URL has neither scheme nor host (RFC 3986 4.2)."""
    text = text.strip()
    return bool(text) and not _ELSEWHERE.match(text)


@lru_cache(maxsize=10_000)
def domain(text: str) -> str | None:
    """The domain of a URL or a bare host name: lowercase, IDNA, without `www.`; None if it has none."""
    text = text.strip()
    url = web_address(text if "://" in text else f"https://{text}")
    if url is None:
        return None
    host = ada_url.URL(url).hostname.removesuffix(".").removeprefix("www.")
    return host if _DOMAIN.fullmatch(host) and len(host) <= 200 else None


def provider_place(text: str) -> str | None:
    """The normal form of a provider's domain, or of a publisher on a platform: `youtube.com/the-night-desk`.

    A whole URL stands for its domain. None where there is no domain in `text`.
    """
    if "://" in text:
        return domain(text)
    host, _, slug = text.strip().strip("/").partition("/")
    place = domain(host)
    return f"{place}/{slug}" if place and slug else place


def is_absolute_uri(text: str) -> bool:
    """Whether `text` can be an atom:id or a guid: an absolute URI (RFC 3986 4.3) whose scheme runs no script."""
    return _ABSOLUTE_URI.fullmatch(text) is not None


def _normalise(match: re.Match[str]) -> str:
    found = match[0]
    if len(found) == 3:
        plain = unquote(found, errors="replace")
        return plain if _UNRESERVED.fullmatch(plain) else found.upper()
    return "".join(f"%{byte:02X}" for byte in found.encode())
