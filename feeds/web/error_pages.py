"""Error responses that say what is wrong and where to go instead, as text, HTML or JSON, whichever the client prefers."""

import json
from collections.abc import Sequence

from starlette.responses import RedirectResponse, Response

from feeds.errors import DatabaseError
from feeds.index.article_pages import FOLDER
from feeds.site import paths, redirects, usual
from feeds.site.page_composer import error_title
from feeds.site.site import Site
from feeds.text.similar import similar
from feeds.text.text import escape
from feeds.web.accept import choose

METHODS = "GET, HEAD, OPTIONS"
_NEAREST = 3
# To compare a path with more pages than these would take a tenth of a second, which crawlers could ask for again and again.
_MOST_COMPARED = 20_000
_NEAR_ENOUGH = 60
_LONGEST = 200
# The colours of feeds.css.
_BARE_STYLE = (
    ":root{color-scheme:light dark;background:#fdfcf9;color:#1d1b18}"
    "@media(prefers-color-scheme:dark){:root{background:#171613;color:#ece8de}}"
    "body{font:1.125rem/1.5 Charter,Cambria,Georgia,serif;max-width:38rem;margin:12vh auto;padding:0 1rem}"
    "p,li{overflow-wrap:break-word}"
    "h1,h2{line-height:1.2}h2{font-size:1.125rem}a{color:inherit}"
)
_MOVED = {"Cache-Control": "public, max-age=86400", "Access-Control-Allow-Origin": "*"}


def refuse(
    status: int,
    message: str,
    accept: str | None,
    *,
    see: Sequence[str] = (),
    headers: dict[str, str] | None = None,
    site: Site | None = None,
    path: str = "",
    near: Sequence[str] = (),
) -> Response:
    """A response with `status` that says `message` and lists the URLs or names to `see` instead.

    With a `site` that has pages, a person who asked for `path` gets a page of it, with links to the groups that are `near`.
    """
    said = {"Cache-Control": "no-cache", "Vary": "Accept", "Access-Control-Allow-Origin": "*"} | (headers or {})
    kind = choose(accept, ("text", "html", "json"))
    if kind == "json":
        body = json.dumps({"status": status, "error": message, "nearest": list(see)}, ensure_ascii=False, indent=2) + "\n"
        return Response(body, status, said, "application/json")
    if kind == "html" and site is not None and site.config.pages:
        names = () if near or (status in (404, 410) and see and see[0].startswith("http")) else see
        page = site.error_page(status, message, near=near, names=names, depth=path.count("/"))
        return Response(page, status, said, "text/html")
    if kind == "html":
        return Response(_bare_page(status, message, see), status, said, "text/html")
    lines = [message, *(["", "Nearest:", *(f"  {place}" for place in see)] if see else [])]
    return Response("\n".join(lines) + "\n", status, said, "text/plain")


def _bare_page(status: int, message: str, see: Sequence[str]) -> str:
    """A page that needs neither templates nor the database, in the colours of our theme."""
    title = error_title(status)
    links = "".join(f"<li>{_link(place)}</li>" for place in see)
    near = f"<h2>Nearest</h2><ul>{links}</ul>" if see else ""
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">'
        f"<title>{title}</title><style>{_BARE_STYLE}</style></head>\n"
        f"<body><main><h1>{title}</h1><p>{escape(message)}</p>{near}</main></body></html>\n"
    )


def unavailable(message: str, accept: str | None, site: Site, path: str) -> Response:
    """A 503 for what may work again in seconds. Its page is in the site's look if it can be made without the database."""
    try:
        return refuse(503, message, accept, headers={"Retry-After": "5"}, site=site, path=path)
    except DatabaseError:
        return refuse(503, message, accept, headers={"Retry-After": "5"})


def away(path: str, accept: str | None, site: Site, *, retry: str) -> Response:
    """A 503 for a document that was published and may come back, after `retry` seconds or later, with the pages most like it."""
    short = path[:_LONGEST]
    near = paths.groups_like(short.rpartition(".")[0] or short, site)
    said = "There are no articles here at the moment; they may come back. Try again in a few minutes."
    return refuse(503, said, accept, headers={"Retry-After": retry}, site=site, path=path, near=near)


def _link(place: str) -> str:
    shown = escape(place)
    return f'<a href="{shown}">{shown}</a>' if place.startswith("http") else shown


def missing(path: str, accept: str | None, site: Site, *, gone: bool) -> Response:
    """A 404, or a 410 if the document is `gone`, that lists the feeds whose paths are most like `path`."""
    short = path[:_LONGEST]
    url = site.config.site.url
    if gone:
        see = [f"{url}/all.{site.config.formats[0]}"]
        return refuse(410, f"What was at /{short} has been removed.", accept, see=see, site=site, path=path)
    # Search the groups, since a site has many more documents, and add the requested suffix again.
    base, dot, suffix = short.rpartition(".")
    suffix = suffix if dot and suffix in site.config.formats else site.config.formats[0]
    groups = paths.groups_like(base or short, site)
    found = [f"{url}/{group}.{suffix}" for group in groups] or [f"{url}/all.{suffix}"]
    pages = [*_articles_like(short, site), *groups]
    return refuse(404, f"Nothing is published at /{short}.", accept, see=found, site=site, path=path, near=pages)


def _articles_like(path: str, site: Site) -> list[str]:
    """The paths of the articles' pages that are most like `path`, if that is in their folder."""
    pages = site.collection.pages
    if not path.startswith(f"{FOLDER}/") or len(pages) > _MOST_COMPARED:
        return []
    return similar(path, pages, _NEAREST, _NEAR_ENOUGH, as_wholes=True)


def moved(path: str, site: Site) -> Response | None:
    """A 301 if config's `redirects` give a new place for `path`, its group or a folder above; None if they do not."""
    config = site.config
    target = redirects.target(path, config)
    if target is None and (feed := usual.redirects(config).get(path.strip("/"))) is not None:
        target = f"{config.site.url}/{feed}"
    return RedirectResponse(target, 301, _MOVED) if target is not None else None
