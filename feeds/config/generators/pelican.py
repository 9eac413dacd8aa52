"""Pelican (docs.getpelican.com/en/latest/settings.html)."""

from pathlib import Path
from typing import Any

from feeds.config.generators.files import Values, python, text_in
from feeds.config.generators.found import Content, Found
from feeds.documents import permalinks


def pelican(folder: Path, name: str) -> Found | None:
    """The site of Pelican's settings."""
    values = python(folder / name)
    if (folder / "publishconf.py").is_file():
        # The settings for publishing have the public address.
        values |= {key: value for key, value in python(folder / "publishconf.py").items() if value}
    root = (text_in(values, "PATH") or "content").removeprefix("./").rstrip("/")
    if not (folder / root).is_dir() and (folder / "content").is_dir():
        # The path of the machine that the site is made on.
        root = "content"
    paths = values.get("ARTICLE_PATHS")
    folders = [str(each).strip("/") for each in paths if str(each).strip("/")] if isinstance(paths, list | tuple) else []
    return Found(
        "Pelican",
        name,
        title=text_in(values, "SITENAME"),
        url=text_in(values, "SITEURL") or None,
        description=text_in(values, "SITESUBTITLE"),
        language=text_in(values, "DEFAULT_LANG") or None,
        timezone=text_in(values, "TIMEZONE") or None,
        author=text_in(values, "AUTHOR") or None,
        content=tuple(_content(root, each, values) for each in folders or [""]),
    )


def _content(root: str, place: str, values: Values) -> Content:
    source = text_in(values, "SLUGIFY_SOURCE")
    slug = ":pelican_slug" if source == "basename" else ":pelican_slug_or_title"
    url = text_in(values, "ARTICLE_URL") or _saved_as(values, "ARTICLE_SAVE_AS") or "{slug}.html"
    translated = text_in(values, "ARTICLE_LANG_URL") or _saved_as(values, "ARTICLE_LANG_SAVE_AS") or "{slug}-{lang}.html"
    settings: dict[str, Any] = {"translations": f"/{permalinks.pelican(translated, slug=slug).lstrip('/')}"}
    settings["defaults"] = {"category": text_in(values, "DEFAULT_CATEGORY") or "misc"}
    pages = values.get("ARTICLE_EXCLUDES", values.get("PAGE_PATHS", ["pages"]))
    within = [str(each).strip("/") for each in pages] if isinstance(pages, list | tuple) else []
    if not place and any(within):
        settings["ignore"] = [f"/{each}/" for each in within if each]
    path = f"{root}/{place}" if place else root
    return Content(path, f"/{permalinks.pelican(url, slug=slug).lstrip('/')}", settings)


def _saved_as(values: Values, name: str) -> str:
    return text_in(values, name).removesuffix("index.html")
