"""Feed documents as elements and values, for the rules of readers. Pure."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import orjson
from lxml import etree

from feeds.readers.kept import Kept
from feeds.text.dates import moment

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
MEDIA = "{http://search.yahoo.com/mrss/}"
XML = "{http://www.w3.org/XML/1998/namespace}"


def by_format(
    body: bytes, *, rss: Callable[[Any], Kept], atom: Callable[[Any], Kept], json: Callable[[dict[str, Any]], Kept]
) -> Kept:
    """The result of the function for the document's format, given its channel, its root element or its object."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        try:
            return json(orjson.loads(body))
        except orjson.JSONDecodeError as error:
            return Kept(refused=f"not JSON: {error}")
    try:
        root = etree.fromstring(body, etree.XMLParser(resolve_entities=False, huge_tree=True))
    except etree.XMLSyntaxError as error:
        return Kept(refused=f"not well-formed XML: {error.msg}")
    if root.tag == "rss" and (channel := root.find("channel")) is not None:
        return rss(channel)
    if root.tag == f"{ATOM}feed":
        return atom(root)
    return Kept(refused=f"no RSS 2.0, Atom 1.0 or JSON Feed: its root element is <{etree.QName(root).localname}>")


def text(element: Any, name: str) -> str:
    """The text of the first child with this name, without white space around it; empty without one."""
    found = element.find(name)
    return "".join(found.itertext()).strip() if found is not None else ""


def texts(element: Any, name: str) -> list[str]:
    """The same of every child with this name that has a text."""
    return [said for each in element.findall(name) if (said := "".join(each.itertext()).strip())]


def when(said: str) -> datetime | None:
    """A moment; None if it is missing or can't be understood."""
    with suppress(ValueError):
        return moment(said) if said else None
    return None
