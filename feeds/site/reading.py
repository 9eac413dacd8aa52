"""The HTML of an article on its own page: that of feeds, adapted to the page's headline. Pure."""

import re

from feeds.config.types import Config
from feeds.markup import sanitiser
from feeds.model import Article
from feeds.site import content, pictures
from feeds.text.text import escape

# What sanitised HTML consists of: lowercase names, values in double quotes.
_HEADING = re.compile(r"<(/?)h([1-6])((?:\s[^>]*)?)>")
_PICTURE = re.compile(r'<img(?![^>]*\salt=")((?:\s+[a-z]+(?:="[^"]*")?)*)>')
_LAZY = re.compile(r"<(img|iframe)(?=[\s>])")
_FRAME = re.compile(r'<iframe(?![^>]*\stitle=")')
_SCROLLED = re.compile(r"<(pre|table)(?=[\s>])")
# The headline of the page is the only heading of the first level.
_TOP = 2


def lead(article: Article, text: str, config: Config) -> str:
    """The embed or the lead picture of the page; empty where there is neither, or where the article's `text` shows it."""
    found = pictures.within(content.lead(article, text, config), config)
    # A picture that is not shown opens nothing.
    return _accessible(found, article.title) if article.embed or "<img" in found else ""


def body(article: Article, text: str, config: Config) -> str:
    """The article's `text`, or the excerpt where there is no text; empty where there is neither."""
    found = pictures.within(text or sanitiser.paragraph(article.excerpt), config)
    return _LAZY.sub(r'<\1 loading="lazy"', _accessible(_below_headline(found), article.title))


def _below_headline(html: str) -> str:
    """`html` with its headings on the levels below the page's headline, none of them left out (WCAG 2.2, H42)."""
    above: list[int] = []

    def placed(tag: re.Match[str]) -> str:
        level = int(tag[2])
        if not tag[1]:
            while above and above[-1] >= level:
                above.pop()
            above.append(level)
        return f"<{tag[1]}h{min(_TOP - 1 + max(len(above), 1), 6)}{tag[3]}>"

    return _HEADING.sub(placed, html)


def _accessible(html: str, title: str) -> str:
    """`html` made accessible: texts for pictures and frames, and keyboard focus for what scrolls."""
    html = _PICTURE.sub(r'<img alt=""\1>', html)
    # A function, since the title is no template: a backslash in it is a backslash.
    html = _FRAME.sub(lambda _: f'<iframe title="{escape(title)}"', html)
    return _SCROLLED.sub(r'<\1 tabindex="0"', html)
