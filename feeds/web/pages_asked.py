"""Pages made on request: searches, the composer and pages of queries, by their addresses."""

import re
from urllib.parse import parse_qsl, quote

from starlette.responses import RedirectResponse, Response

from feeds.site import queries
from feeds.site.queries import QueryError
from feeds.site.site import COMPOSER, SEARCH_PAGE, Site
from feeds.text import words
from feeds.web.accept import choose

_QUERY = re.compile(r"feeds/([^/]*=[^/]*?)(/?)")
# A form sends its empty fields too.
_MOST_FIELDS = 60
_HEADERS = {"Vary": "Accept", "Cache-Control": "no-cache", "Access-Control-Allow-Origin": "*"}


def find(path: str, query: str, accept: str | None, site: Site) -> Response | str | None:
    """The path of the requested page in `Answers`, or a redirect to its canonical address; None for anything else.

    Raises QueryError for a question that can't be answered.
    """
    if path in ("search", "compose"):
        return _to(f"{path}/{f'?{query}' if query else ''}")
    if path == "search/" and query:
        return _search(_pairs(query))
    if path == "compose/" and query:
        pairs = [(name, value) for name, value in _pairs(query) if value.strip()]
        return f"compose/{_slug(pairs, site)}/index.html" if pairs else COMPOSER
    if path == "q" and query and choose(accept, [*map(str, site.config.formats), "html"]) == "html":
        return _to(f"feeds/{_slug(_pairs(query), site)}/")
    if (found := _QUERY.fullmatch(path)) is None:
        return None
    if not found[2] and found[1].rpartition(".")[2] in site.config.formats:
        return None
    slug = _slug(queries.from_slug(found[1]), site)
    if not found[2]:
        return _to(f"./{slug}/")
    return f"feeds/{slug}/index.html"


def _search(pairs: list[tuple[str, str]]) -> str:
    text = " ".join(dict(pairs).get("q", "").split())
    if not text:
        return SEARCH_PAGE
    if len(text) > queries.LONGEST_VALUE:
        raise QueryError(f"A search takes at most {queries.LONGEST_VALUE} letters")
    try:
        words.parse(text)
    except ValueError as error:
        said = str(error)
        raise QueryError(f"{said[0].upper()}{said[1:]}") from None
    return f"search/q={quote(text, safe='')}/index.html"


def _slug(pairs: list[tuple[str, str]], site: Site) -> str:
    return queries.parse(pairs, site.collection, site.config).slug


def _pairs(query: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="replace")
    except ValueError as error:
        raise QueryError(f"A query has at most {queries.MOST_PARAMETERS} parameters") from error


def _to(place: str) -> Response:
    return RedirectResponse(place, 302, _HEADERS)
