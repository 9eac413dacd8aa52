"""What is said of a path that has no document: that it is gone, or which ones are near, to a person or a program."""

import json
from html import escape

from rapidfuzz import process
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from feeds.site import Site
from feeds.web.negotiation import media_type

_MOST = 5
_NEAR_ENOUGH = 60
_LONGEST = 200
_NO_CACHE = {"Cache-Control": "no-cache", "Vary": "Accept", "Access-Control-Allow-Origin": "*"}


def missing(path: str, site: Site, accept: str | None, *, gone: bool) -> Response:
    """404, or 410 where the path was published once (RFC 9110 15.5.11), with the nearest documents, as `accept` would have it.

    Only documents that are published are named.
    """
    asked = f"/{path[:_LONGEST]}"
    told = f"{asked} is no longer published." if gone else f"There is nothing at {asked}."
    found = process.extract(path[:_LONGEST], site.paths(), limit=_MOST, score_cutoff=_NEAR_ENOUGH)
    near = [f"{site.config.site.url}/{name}" for name, _, _ in found]
    everything = f"{site.config.site.url}/all.{site.config.formats[0]}"
    status = 410 if gone else 404
    match media_type(accept, ("text/plain", "text/html", "application/json")):
        case "text/html":
            links = "".join(f'<li><a href="{escape(url)}">{escape(url)}</a></li>' for url in near or [everything])
            return HTMLResponse(
                f'<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
                f"<title>{status}</title><h1>{escape(told)}</h1>"
                f"<p>{'The nearest:' if near else 'Everything is here:'}</p><ul>{links}</ul></html>",
                status,
                _NO_CACHE,
            )
        case "application/json":
            body = json.dumps({"status": status, "error": told, "nearest": near, "all": everything}, ensure_ascii=False)
            return Response(body, status, _NO_CACHE, "application/json")
        case _:
            lines = ["Did you mean one of these?", *(f"  {url}" for url in near)] if near else [f"Everything is in {everything}"]
            return PlainTextResponse("\n".join([told, "", *lines, ""]), status, _NO_CACHE)
