"""Answers that refuse, and help: what is wrong, and where to go, as text, HTML or JSON by `Accept`."""

import json
from collections.abc import Sequence
from http import HTTPStatus

from rapidfuzz import process
from starlette.responses import RedirectResponse, Response

from feeds.site.site import Site
from feeds.text.text import escape
from feeds.web.accept import choose

METHODS = "GET, HEAD, OPTIONS"
_NEAREST = 5
_NEAR_ENOUGH = 60
_LONGEST = 200


def refuse(
    status: int,
    message: str,
    accept: str | None,
    *,
    see: Sequence[str] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    """An answer with `status` that says `message` and lists the URLs or names to `see`."""
    said = {"Cache-Control": "no-cache", "Vary": "Accept", "Access-Control-Allow-Origin": "*"} | (headers or {})
    kind = choose(accept, ("text", "html", "json"))
    if kind == "json":
        body = json.dumps({"status": status, "error": message, "nearest": list(see)}, ensure_ascii=False, indent=2) + "\n"
        return Response(body, status, said, "application/json")
    if kind == "html":
        links = "".join(f"<li>{_link(place)}</li>" for place in see)
        title = HTTPStatus(status).phrase
        text = (
            f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1>'
            f"<p>{escape(message)}</p>{f'<p>Nearest:</p><ul>{links}</ul>' if see else ''}</html>\n"
        )
        return Response(text, status, said, "text/html")
    lines = [message, *(["", "Nearest:", *(f"  {place}" for place in see)] if see else [])]
    return Response("\n".join(lines) + "\n", status, said, "text/plain")


def _link(place: str) -> str:
    shown = escape(place)
    return f'<a href="{shown}">{shown}</a>' if place.startswith("http") else shown


def missing(path: str, accept: str | None, site: Site, *, gone: bool) -> Response:
    """404 or 410 for `path`, with the nearest feeds that there are."""
    short = path[:_LONGEST]
    url = site.config.site.url
    if gone:
        return refuse(410, f"The feed /{short} was here and is no more.", accept, see=[f"{url}/all.{site.config.formats[0]}"])
    # Groups, not documents: a site has many more pages than feeds. The asked suffix is put back.
    base, dot, suffix = short.rpartition(".")
    suffix = suffix if dot and suffix in site.config.formats else site.config.formats[0]
    near = process.extract(base or short, list(site.collection.groups), limit=_NEAREST, score_cutoff=_NEAR_ENOUGH)
    found = [f"{url}/{group}.{suffix}" for group, _, _ in near] or [f"{url}/all.{suffix}"]
    return refuse(404, f"There is no feed at /{short}.", accept, see=found)


def moved(path: str, site: Site) -> Response | None:
    """301 where config says that `path`, or the group that it belongs to, is somewhere else now (`redirects`)."""
    redirects = site.config.redirects
    if not redirects:
        return None
    at = path.strip("/")
    for start in (at, at.rpartition(".")[0], *_above(at)):
        target = redirects.get(start)
        if start and target is not None:
            rest = at[len(start) :]
            address = target if "://" in target else f"{site.config.site.url}/{target}{rest}"
            return RedirectResponse(address, 301, {"Cache-Control": "public, max-age=86400", "Access-Control-Allow-Origin": "*"})
    return None


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
