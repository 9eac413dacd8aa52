"""Header fields for feed readers and hubs, made from a site and a path. Pure."""

from collections.abc import Iterable

from feeds.site.site import Site

MEDIA_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
# The fields of every answer for a document: it may be read by pages of other sites, and is nothing but what it says that it is.
COMMON = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Content-Location, ETag, IM, Link"),
    (b"x-content-type-options", b"nosniff"),
)


def fields(named: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Header fields as ASGI has them."""
    return [(name.lower().encode(), value.encode()) for name, value in named]


def links(path: str, base: str, site: Site, *, page: bool) -> str:
    """The `Link` header (RFC 8288) of a feed: its own URL, other formats, the group's page, and the hubs (WebSub 4)."""
    url = site.config.site.url
    suffix = path.rpartition(".")[2]
    found = [f'<{url}/{path}>; rel="self"']
    found += [
        f'<{url}/{base}.{format}>; rel="alternate"; type="{MEDIA_TYPES[format]}"'
        for format in site.config.formats
        if format != suffix
    ]
    if page:
        home = base if base != "all" else ""
        found.append(f'<{url}/{home}{"/" if home else ""}>; rel="alternate"; type="text/html"')
    found += [f'<{hub}>; rel="hub"' for hub in site.config.hubs]
    return ", ".join(found)
