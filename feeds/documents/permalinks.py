"""Permalinks of site generators as patterns of ours (see `links`)."""

import re
from collections.abc import Mapping

_TOKEN = re.compile(r":[a-z]+(?:_[a-z]+)*")

# gohugo.io/configuration/permalinks
_HUGO = {
    ":slug": ":hugo_slug_or_title",
    ":slugorfilename": ":hugo_slug",
    ":slugorcontentbasename": ":hugo_slug",
    ":contentbasename": ":hugo_filename",
    ":filename": ":hugo_filename",
    ":title": ":hugo_title",
    ":section": ":hugo_section",
    ":sections": ":hugo_sections",
    ":monthname": ":month_name",
    ":weekdayname": ":weekday_name",
    ":yearday": ":y_day",
}
# jekyllrb.com/docs/permalinks
_JEKYLL = {
    ":title": ":jekyll_slug",
    ":slug": ":slugified_slug",
    ":categories": ":jekyll_categories",
    ":output_ext": ".html",
}
_JEKYLL_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
# hexo.io/docs/permalinks
_HEXO = {":title": ":file_path", ":name": ":filename", ":post_title": ":title", ":category": ":hexo_categories"}
# Hexo's title is the name of the file as `new_post_name` has it, where a date may come first.
_HEXO_DATED = _HEXO | {":title": ":undated_filename", ":name": ":undated_filename"}
# docs.getpelican.com/en/latest/settings.html#url-settings, with the directives of strftime.
_PELICAN = {
    "category": ":pelican_category",
    "lang": ":lang",
    "date:%Y": ":year",
    "date:%y": ":short_year",
    "date:%m": ":month",
    "date:%-m": ":i_month",
    "date:%b": ":short_month",
    "date:%B": ":long_month",
    "date:%d": ":day",
    "date:%-d": ":i_day",
    "date:%j": ":y_day",
    "date:%H": ":hour",
    "date:%M": ":minute",
    "date:%S": ":second",
}
# 11ty.dev/docs/data-eleventy-supplied, in Nunjucks and Liquid.
_ELEVENTY = {
    "page.fileSlug": ":undated_filename",
    "page.filePathStem": "/:path",
    "title": ":title",
    "title | slug": ":slugified_title",
    "title | slugify": ":slugified_title",
    "slug": ":slug",
    "page.date | date: '%Y'": ":year",
    "page.date | date: '%m'": ":month",
    "page.date | date: '%d'": ":day",
    "page.outputFileExtension": "html",
}
_PELICAN_LINK = re.compile(r"""(?<=[(<"'\s:])[{|](?:filename|static|attach)[}|]""", re.IGNORECASE)
_EXPRESSION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}")
_INDEX_PAGE = re.compile(r"(?:^|/)index\.html?\Z")


def as_written(permalink: str) -> str:
    """A permalink whose placeholders are ours already."""
    return permalink


def hugo(permalink: str) -> str:
    """A permalink of Hugo's config."""
    return _translated(permalink, _HUGO)


def jekyll(permalink: str) -> str:
    """A permalink of Jekyll's config, which may be the name of a style, or of a post's front matter."""
    return _translated(_JEKYLL_STYLES.get(permalink, permalink), _JEKYLL)


def hexo(permalink: str, *, dated_names: bool) -> str:
    """A permalink of Hexo's config; `dated_names` says whether dates begin the names of its posts."""
    return _translated(permalink, _HEXO_DATED if dated_names else _HEXO)


def pelican(url: str, *, slug: str) -> str:
    """A URL setting of Pelican, such as `{date:%Y}/{slug}.html`; `slug` is the pattern of its slugs."""
    return re.sub(r"\{([^}]*)\}", lambda match: slug if match[1] == "slug" else _PELICAN.get(match[1], match[0]), url)


def pelican_links(body: str) -> str:
    """`body` without what Pelican's links begin with (`{filename}`, `{static}`, `{attach}`).

    What follows is a path, which begins with `/` where it is one below the source folder, else it is beside the document.
    """
    return _PELICAN_LINK.sub("", body) if "{" in body or "|" in body else body


def eleventy(permalink: str) -> str:
    """A permalink of Eleventy, a template; empty if it can't be evaluated here."""
    if permalink.startswith("/:") or "{" not in permalink:
        return permalink
    known = _EXPRESSION.sub(lambda match: _ELEVENTY.get(re.sub(r"\"", "'", match[1]), match[0]), permalink)
    return "" if "{" in known else _INDEX_PAGE.sub("/", known)


def _translated(permalink: str, placeholders: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda match: placeholders.get(match[0], match[0]), permalink)
