"""Jekyll (jekyllrb.com/docs/configuration) and Hexo (hexo.io/docs/configuration)."""

import os
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from feeds.config.generators.files import Values, data, homepage, mapping_in, person, text_in
from feeds.config.generators.found import Content, Found, based
from feeds.documents import permalinks

_AUTHORS = tuple(f"authors.{ending}" for ending in ("yml", "yaml", "json"))
_POSTS = "_posts"
# Jekyll looks into no folder with such a name, unless `include` names it.
_HIDDEN = ("_", ".", "#", "~")
_EXCLUDED = ("node_modules", "vendor/bundle", "vendor/cache", "vendor/gems", "vendor/ruby")


def jekyll(folder: Path, name: str) -> Found | None:
    """The site of Jekyll's config; None where there are no posts of Jekyll. Jekyll needs no config: `name` may be a folder's."""
    values = data(folder / name) if (folder / name).is_file() else {}
    root = text_in(values, "collections_dir").strip("/")
    base = f"{root}/" if root else ""
    folders = [f"{base}{_POSTS}"] if (folder / base / _POSTS).is_dir() else []
    above = sorted(each for each in _folders_with_posts(folder, values) if each not in (".", root))
    if not folders and not above:
        return None
    link = permalinks.jekyll(_permalink(values) or text_in(values, "permalink") or "date")
    link = link if link.startswith("/") else f"/{link}"
    data_folder = text_in(values, "data_dir") or "_data"
    authors = next((f"{data_folder}/{each}" for each in _AUTHORS if (folder / data_folder / each).is_file()), None)
    settings: dict[str, Any] = {"authors": authors} if authors else {}
    author = person(values.get("author"))
    if authors and author:
        # Of the authors' file, the site's author may be a key.
        author = person(data(folder / authors).get(author)) or author
    return Found(
        "Jekyll",
        name,
        title=text_in(values, "title") or text_in(values, "name"),
        url=based(text_in(values, "url") or homepage(folder), text_in(values, "baseurl")),
        description=" ".join(text_in(values, "description").split()),
        language=text_in(values, "lang") or text_in(values, "locale") or None,
        timezone=text_in(values, "timezone") or None,
        author=author,
        content=(
            *(Content(each, link, settings) for each in folders),
            *(_below(each, link, settings) for each in above),
        ),
    )


def _folders_with_posts(folder: Path, values: Values) -> Iterator[str]:
    """The folders that hold a folder of posts, relative to the site's, wherever they are."""
    given = values.get("exclude")
    excluded = (*_EXCLUDED, *(str(each).strip("/") for each in (given if isinstance(given, list) else ())))
    for place, names, _ in os.walk(folder):
        here = Path(place).relative_to(folder)
        if _POSTS in names:
            yield here.as_posix()
        names[:] = [
            name
            for name in names
            if not name.startswith(_HIDDEN) and not any(fnmatch((here / name).as_posix(), each) for each in excluded)
        ]


def _below(folder: str, link: str, settings: dict[str, Any]) -> Content:
    """The posts in a folder. In their addresses, the folders that this is in come before their own categories; where they have
    none, the folders are their categories.
    """
    link = link.replace(":jekyll_categories", f"{folder.lower()}/:jekyll_own_categories")
    *topics, category = folder.split("/")
    defaults = {"category": category} | ({"topics": topics} if topics else {})
    return Content(f"{folder}/{_POSTS}", link, settings | {"defaults": defaults})


def _permalink(values: Values) -> str:
    """The permalink of posts: that of their collection, or a default for them."""
    if found := text_in(mapping_in(mapping_in(values, "collections"), "posts"), "permalink"):
        return found
    defaults = values.get("defaults")
    for default in defaults if isinstance(defaults, list) else ():
        scope, given = (mapping_in(default, key) if isinstance(default, dict) else {} for key in ("scope", "values"))
        if scope.get("type") == "posts" and not scope.get("path"):
            return text_in(given, "permalink")
    return ""


def hexo(folder: Path, name: str) -> Found | None:
    """The site of Hexo's config; None where there are no posts of Hexo."""
    values = data(folder / name)
    root = text_in(values, "source_dir") or "source"
    if not (folder / root / "_posts").is_dir():
        return None
    pattern = text_in(values, "permalink") or ":year/:month/:day/:title/"
    link = permalinks.hexo(pattern, dated_names=":year" in text_in(values, "new_post_name")).lstrip("/")
    return Found(
        "Hexo",
        name,
        title=text_in(values, "title"),
        url=text_in(values, "url") or None,
        description=text_in(values, "description") or text_in(values, "subtitle"),
        language=text_in(values, "language") or None,
        timezone=text_in(values, "timezone") or None,
        author=person(values.get("author")),
        content=(Content(f"{root}/_posts", f"/{link}"),),
    )
