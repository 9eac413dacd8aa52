"""The HTML of an entry: the article as a reader shows it, complete on its own and safe.

In this order: the embed or the lead picture; the body, else the excerpt; files to hear, see or fetch;
where it was published first; other coverage. Never blank: the title is the last resort.
"""

import re
from collections.abc import Callable
from html import unescape

import nh3
from markdown_it import MarkdownIt

from feeds import languages
from feeds.config import Config
from feeds.model import Action, Article, Image, Markup, Related
from feeds.text import escape, printable
from feeds.urls import domain, web_address

_TAGS = (nh3.ALLOWED_TAGS | {"audio", "source", "video"}) - {"area", "map"}
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "abbr": {"title"},
    "audio": {"controls", "src"},
    "blockquote": {"cite"},
    "del": {"cite", "datetime"},
    "img": {"alt", "height", "src", "width"},
    "ins": {"cite", "datetime"},
    "ol": {"reversed", "start"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"controls", "height", "poster", "src", "width"},
}
_FRAME_ATTRIBUTES = {"iframe": {"allowfullscreen", "height", "src", "width"}}
_FRAME = re.compile(r'<iframe [^>]*?src="([^"]*)"[^>]*></iframe>')
_MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def html(article: Article, config: Config) -> str:
    """The HTML of `article`: well-formed, its URLs absolute, nothing in it that runs or calls home."""
    text = _body(article) or _paragraph(article.excerpt) or _paragraph(article.title)
    parts = [
        _lead(article, config, text),
        text,
        _files(article.actions),
        _credit(article),
        _coverage(article),
    ]
    whole = "\n".join(part for part in parts if part)
    if article.language and languages.is_right_to_left(article.language):
        whole = f'<div dir="rtl" lang="{escape(article.language)}">\n{whole}\n</div>'
    return printable(whole)


def player(article: Article) -> str | None:
    """The address of the page that plays the article's video: what its embed frames."""
    frame = _FRAME.search(_frames(article.embed))
    return web_address(unescape(frame[1])) if frame else None


def _lead(article: Article, config: Config, text: str) -> str:
    address = player(article)
    if address is not None and domain(address) in config.embeds:
        return _frames(article.embed)
    embed = _sanitise(article.embed, article.url).strip()
    target = address or article.url
    if article.images and escape(article.images[0].url) not in text:
        return embed + _figure(article.images[0], target)
    return embed + (f'<p><a href="{escape(address)}">{escape(article.title)}</a></p>' if address else "")


def _body(article: Article) -> str:
    match article.markup:
        case Markup.MARKDOWN:
            source = _MARKDOWN.render(article.body)
        case Markup.TEXT:
            source = "\n".join(_paragraph(part) for part in re.split(r"\n\s*\n", article.body) if part.strip())
        case Markup.HTML:
            source = article.body
    return _sanitise(source, article.url).strip()


def _sanitise(source: str, base: str | None) -> str:
    if not source:
        return ""
    return nh3.clean(
        source,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https"},
        url_relative=_absolute(base),
        link_rel=None,
    )


def _frames(embed: str) -> str:
    if "<iframe" not in embed.lower():
        return ""
    cleaned = nh3.clean(
        embed,
        tags={"iframe"},
        attributes=_FRAME_ATTRIBUTES,
        url_schemes={"http", "https"},
        url_relative=_absolute("https://invalid/"),
        link_rel=None,
    )
    return "".join(match[0] for match in _FRAME.finditer(cleaned))


def _absolute(base: str | None) -> Callable[[str], str | None]:
    return lambda url: web_address(url, base) if base else None


def _paragraph(text: str) -> str:
    return f"<p>{escape(text.strip()).replace(chr(10), '<br>')}</p>" if text.strip() else ""


def _figure(image: Image, target: str | None) -> str:
    sizes = "".join(f' {name}="{size}"' for name, size in (("width", image.width), ("height", image.height)) if size)
    picture = f'<img src="{escape(image.url)}" alt="{escape(image.title)}"{sizes}>'
    if target:
        picture = f'<a href="{escape(target)}">{picture}</a>'
    caption = f"<figcaption>{escape(image.credit)}</figcaption>" if image.credit else ""
    return f"<figure>{picture}{caption}</figure>"


def _files(actions: tuple[Action, ...]) -> str:
    if not actions:
        return ""
    return f"<ul>{''.join(f'<li>{_file(action)}</li>' for action in actions)}</ul>"


def _file(action: Action) -> str:
    facts = []
    if action.seconds is not None:
        minutes, seconds = divmod(action.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        facts.append(f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}")
    if action.size is not None:
        facts.append(f"{action.size / 1e6:.1f} MB" if action.size >= 1e6 else f"{max(1, round(action.size / 1e3))} kB")
    told = f" ({', '.join(facts)})" if facts else ""
    title = action.title or action.url.rpartition("/")[2] or action.url
    return f'<a href="{escape(action.url)}">{escape(title)}</a>{told}'


def _credit(article: Article) -> str:
    provider = article.provider.name if article.provider else ""
    if not article.url:
        return _paragraph(f"Source: {provider}") if provider else ""
    return f'<p>Source: <a href="{escape(article.url)}">{escape(provider or domain(article.url) or article.url)}</a></p>'


def _coverage(article: Article) -> str:
    links = {link.url: link for link in article.related if link.url != article.url}
    return f"<ul>{''.join(f'<li>{_link(link)}</li>' for link in links.values())}</ul>" if links else ""


def _link(link: Related) -> str:
    facts = [link.provider] if link.provider else []
    if link.published:
        facts.append(link.published.date().isoformat())
    told = f" – {escape(', '.join(facts))}" if facts else ""
    return f'<a href="{escape(link.url)}">{escape(link.title)}</a>{told}'
