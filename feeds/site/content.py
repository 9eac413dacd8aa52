"""The HTML of an entry: the article as readers show it, self-contained and safe.

In this order: corrections; the embed or the lead picture; the body, else the excerpt; files to hear, see or fetch;
where it was published first; other coverage. Never blank: the title is the last resort.
"""

import re

from feeds.config.types import Config
from feeds.index.article_pages import address
from feeds.markup import bodies, sanitiser
from feeds.markup.sanitiser import paragraph, sizes
from feeds.model import Action, Article, Correction, Image, Related
from feeds.text import labels, languages
from feeds.text.text import escape, plain, shortened
from feeds.text.urls import domain, web_address

# Characters of the text that are its excerpt where it has none.
_EXCERPT = 400


def html(article: Article, config: Config) -> str:
    """The HTML of `article`: well-formed, with absolute URLs, and without scripts and trackers."""
    language = article.language or config.site.language
    text = body(article, config)
    opening = lead(article, text, config)
    text = text or paragraph(article.excerpt)
    parts = (
        *(_correction(note, language) for note in article.corrections),
        opening,
        text or ("" if opening else paragraph(article.title)),
        _files(article.actions),
        _credit(article, language, config.site.url),
        _coverage(article, language),
    )
    whole = _with_players("\n".join(part for part in parts if part), article.actions)
    return _directed(whole, language)


def _directed(whole: str, language: str | None) -> str:
    if language and languages.is_right_to_left(language):
        return f'<div dir="rtl" lang="{escape(language)}">\n{whole}\n</div>'
    return whole


def excerpt(article: Article, config: Config) -> str:
    """The HTML of an entry with only an excerpt of `article`.

    It has corrections, the lead, the beginning of the text, and a link to read on.
    """
    language = article.language or config.site.language
    text = body(article, config)
    lead_text = article.excerpt or shortened(plain(text), _EXCERPT)
    url = address(article, config)
    parts = (
        *(_correction(note, language) for note in article.corrections),
        lead(article, text, config),
        paragraph(lead_text or article.title),
        _files(article.actions),
        f'<p><a href="{escape(url)}">{labels.read_on(language)}</a></p>' if url else "",
    )
    whole = _with_players("\n".join(part for part in parts if part), article.actions)
    return _directed(whole, language)


def body(article: Article, config: Config) -> str:
    """The article's text; empty where it has none."""
    return bodies.html(article, config.embeds)


def lead(article: Article, text: str, config: Config) -> str:
    """The embed of the article, or its first picture where its `text` (`body`) does not show it."""
    frames = sanitiser.frames(article.embed, bodies.resolver(article)) if article.embed else ()
    if any(frame.host in config.embeds for frame in frames):
        return bodies.clean(article.embed, article, config.embeds)
    address = player(article)
    image = article.images[0] if article.images else None
    picture = _figure(image, address or article.url, article.title) if image and image.url not in sanitiser.images(text) else ""
    if article.embed and address is None:
        # Something else than a frame, such as a quotation: it stands beside the picture.
        return f"{bodies.clean(article.embed, article, config.embeds)}\n{picture}".strip()
    if picture or address is None:
        return picture
    title = (frames[0].title if frames else "") or article.title
    return f'<p><a href="{escape(address)}">{escape(title)}</a></p>'


def player(article: Article) -> str | None:
    """The address of the page that plays the article's video: what its embed frames, or is."""
    if not article.embed:
        return None
    if url := web_address(article.embed):
        return url
    return next((frame.url for frame in sanitiser.frames(article.embed, bodies.resolver(article))), None)


def coverage(article: Article) -> tuple[Related, ...]:
    """Other coverage of the story, each address once, and never the article's own."""
    first: dict[str, Related] = {}
    for link in article.related:
        if link.url != article.url:
            first.setdefault(link.url, link)
    return tuple(first.values())


def _correction(note: Correction, language: str | None) -> str:
    day = note.date.date().isoformat() if note.date is not None else ""
    date = f' (<time datetime="{day}">{day}</time>)' if day else ""
    return f"<p><strong>{labels.correction(language)}{date}:</strong> {escape(note.text)}</p>"


def _figure(image: Image, target: str | None, title: str) -> str:
    # A picture without a text would be a link without a name to screen readers; it leads to the article, so the title is one.
    alt = image.title or (title if target else "")
    picture = f'<img src="{escape(image.url)}" alt="{escape(alt)}"{sizes(image.width, image.height)}>'
    if target:
        picture = f'<a href="{escape(target)}">{picture}</a>'
    caption = f"<figcaption>{escape(image.credit)}</figcaption>" if image.credit else ""
    return f"<figure>{picture}{caption}</figure>"


def _files(actions: tuple[Action, ...]) -> str:
    if not actions:
        return ""
    return f"<ul>{''.join(f'<li>{_file(action)}</li>' for action in actions)}</ul>"


def _file(action: Action) -> str:
    facts = file_facts(action)
    note = f" ({facts})" if facts else ""
    return f'<a href="{escape(action.url)}">{escape(file_title(action))}</a>{note}'


def file_title(action: Action) -> str:
    """The name of a file: its title, else the last part of its address."""
    return action.title or action.url.rpartition("/")[2] or action.url


def file_facts(action: Action) -> str:
    """The duration and size of a file, as far as known, such as `24:10, 12.3 MB`."""
    facts = []
    if action.seconds is not None:
        minutes, seconds = divmod(action.seconds, 60)
        hours, minutes = divmod(minutes, 60)
        facts.append(f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}")
    if action.size is not None:
        facts.append(f"{action.size / 1e6:.1f} MB" if action.size >= 1e6 else f"{max(1, round(action.size / 1e3))} kB")
    return ", ".join(facts)


def _with_players(whole: str, actions: tuple[Action, ...]) -> str:
    """`whole`, with its links to audio and video changed so that FreshRSS shows its player for them.

    FreshRSS shows none for an enclosure whose address the HTML has in quotes (`Entry::content()`). A media fragment that begins
    at the start (W3C Media Fragments URI 1.0, 4.2.1) is the same file at another address.
    """
    for action in actions:
        if action.medium in ("audio", "video") and "#" not in action.url:
            link = rf'(<a(?: [a-z-]+="[^"]*")*? href="{re.escape(escape(action.url))})"'
            whole = re.sub(link, r'\1#t=0"', whole)
    return whole


def _credit(article: Article, language: str | None, site: str) -> str:
    """A link to the provider or to the first publication; empty for an article of the site itself."""
    name = article.provider.name if article.provider else ""
    if not article.url:
        return f"<p>{labels.source(language)}: {escape(name)}</p>" if name else ""
    if not name and domain(article.url) == domain(site):
        return ""
    name = name or domain(article.url) or article.url
    return f'<p>{labels.source(language)}: <a href="{escape(article.url)}">{escape(name)}</a></p>'


def _coverage(article: Article, language: str | None) -> str:
    links = coverage(article)
    if not links:
        return ""
    return f"<p>{labels.related(language)}:</p>\n<ul>{''.join(f'<li>{_link(link)}</li>' for link in links)}</ul>"


def _link(link: Related) -> str:
    facts = [escape(link.provider)] if link.provider else []
    if link.published:
        date = link.published.date().isoformat()
        facts.append(f'<time datetime="{date}">{date}</time>')
    note = f" – {', '.join(facts)}" if facts else ""
    return f'<a href="{escape(link.url)}">{escape(link.title)}</a>{note}'
