"""The document that a request is for, by its path and its Accept header."""

from collections.abc import Mapping
from urllib.parse import quote

from starlette.responses import RedirectResponse, Response

from feeds.formats import opml
from feeds.site import paths, queries
from feeds.site.site import OPENED, Site
from feeds.web.accept import choose, names_html
from feeds.web.answers import QUERY

# The well-known URI of an OPML document with all feeds of a site (provisionally registered with IANA).
_ALL_FEEDS = ".well-known/feeds"


def target(path: str, accept: str | None, site: Site) -> tuple[str, bool]:
    """The path of the document to send for `path`, and whether the choice depends on `Accept`."""
    if path in site:
        return path, False
    if path == _ALL_FEEDS:
        return opml.PATH, False
    if (path == "" or path.endswith("/")) and (page := f"{path}index.html") in site:
        return page, False
    base = path or "all"
    if base not in site.collection.groups:
        page = f"{base}/index.html"
        return (page, False) if page in site else (path, False)
    offered = list(site.config.formats)
    page = f"{base}/index.html" if path else "index.html"
    # A client that asks for HTML gets a feed if the group has no page.
    chosen = choose(accept, [*map(str, offered), *(["html"] if page in site else [])])
    return (page if chosen == "html" else f"{base}.{chosen}"), True


def without_slashes(path: str, site: Site) -> str | None:
    """The path of a document that is published, which `path` spells with superfluous slashes; None for any other `path`."""
    plain = "/".join(part for part in path.split("/") if part)
    if plain == path:
        return None
    if plain in site or plain in site.collection.groups or not plain:
        return plain
    return f"{plain}/" if f"{plain}/index.html" in site and f"{plain}/" != path else None


def query(path: str, parameters: bytes, accept: str | None, site: Site) -> tuple[list[tuple[str, str]], str] | None:
    """The parameters and the format of a query; None if `path` has none of the three forms of a query's address."""
    formats = site.config.formats
    if path == "q":
        path = f"q.{choose(accept, list(map(str, formats)))}"
    if (asked := QUERY.fullmatch(path)) is not None and asked[2] in formats:
        return queries.from_slug(asked[1]), asked[2]
    found = paths.asked(path, parameters.decode("latin-1"))
    return found if found is not None and found[1] in formats else None


def opened(target: str, path: str, fields: Mapping[str, str], site: Site, *, is_query: bool) -> str | Response | None:
    """The path of the page for the feed at `target` in a browser, or a redirect to it.

    None for all requests but those of a browser window, which no feed reader sends (Fetch Metadata, 2.1).
    """
    if fields.get("sec-fetch-dest") != "document" or not names_html(fields.get("accept")) or not site.config.pages:
        return None
    if is_query and target != path:
        # The links of the page are relative, so a query has it at one address alone.
        headers = {"Vary": "Accept, Sec-Fetch-Dest", "Cache-Control": "private, no-cache"}
        return RedirectResponse("../" * path.count("/") + quote(target, safe="/=;:%"), 302, headers)
    is_feed = is_query or (target == path and site.group_at(target) is not None)
    return f"{target}{OPENED}" if is_feed else None
