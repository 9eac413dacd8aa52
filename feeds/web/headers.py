"""Header fields for feed readers and hubs, made from a site and a path. Pure."""

from feeds.site.site import Site

MEDIA_TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml", "json": "application/feed+json"}
CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"Content-Location, ETag, IM, Link"),
)


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
    found += [f'<{hub}>; rel="hub"' for hub in site.config.all_hubs]
    return ", ".join(found)
