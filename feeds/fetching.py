"""Fetching a URL (http or https), for commands that compare or adopt the feeds of a site."""

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPMessage, HTTPResponse
from typing import IO
from urllib.parse import urlsplit

from feeds.version import __version__

_SECONDS = 30


class ElsewhereError(Exception):
    """A redirect leads to another host, where it is not followed. The message is its URL."""


class _Within(urllib.request.HTTPRedirectHandler):
    """Follows redirects within a host."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if urlsplit(newurl).netloc != urlsplit(req.full_url).netloc:
            raise ElsewhereError(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(redirects: urllib.request.HTTPRedirectHandler) -> urllib.request.OpenerDirector:
    # Of the handlers that `build_opener` adds, those of files and FTP are left out.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        redirects,
    ):
        opener.add_handler(handler)
    opener.addheaders = [("User-Agent", f"Feeds/{__version__}"), ("Accept", "*/*")]
    return opener


_ANYWHERE = _opener(urllib.request.HTTPRedirectHandler())
_WITHIN = _opener(_Within())


@contextmanager
def fetched(url: str, *, within: bool = False) -> Iterator[HTTPResponse]:
    """The answer of a GET request for `url`, with redirects followed; if `within`, only those within its host.

    Raises OSError (HTTPError for a status that is no success), ValueError, http.client.HTTPException or ElsewhereError.
    """
    with (_WITHIN if within else _ANYWHERE).open(url, timeout=_SECONDS) as answer:
        yield answer
