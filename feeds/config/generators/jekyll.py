"""Jekyll (jekyllrb.com/docs/configuration) and Hexo (hexo.io/docs/configuration)."""

from pathlib import Path
from typing import Any

from feeds.config.generators.files import Values, data, homepage, mapping_in, person, text_in
from feeds.config.generators.found import Content, Found, based
from feeds.documents import permalinks

_AUTHORS = tuple(f"authors.{ending}" for ending in ("yml", "yaml", "json"))


def jekyll(folder: Path, name: str) -> Found | None:
    """The site of Jekyll's config; None where there are no posts of Jekyll. Jekyll needs no config: `name` may be a folder's."""
    values = data(folder / name) if (folder / name).is_file() else {}
    root = text_in(values, "collections_dir").strip("/")
    base = f"{root}/" if root else ""
    folders = [f"{base}_posts"] if (folder / base / "_posts").is_dir() else []
    categories = sorted(each.parent.name for each in folder.glob("*/_posts") if each.parent.name not in (root, "_site"))
    if not folders and not categories:
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
            # The folder that posts are in is a category of theirs.
            *(Content(f"{each}/_posts", link, settings | {"defaults": {"category": each}}) for each in categories),
        ),
    )


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
