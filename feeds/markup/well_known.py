"""Shortcodes that many sites have, such as `figure` and `youtube`, and the HTML that each becomes."""

import re
from collections.abc import Callable, Mapping

from msgspec.structs import replace

from feeds.markup.tags import Arguments, Shortcode, within
from feeds.text.text import escape

_PICTURE = re.compile(r"\.(?:avif|gif|jpe?g|png|svg|webp)\Z|/", re.IGNORECASE)
_PICTURE_FILE = re.compile(r"\.(?:avif|gif|jpe?g|png|svg|webp)\Z", re.IGNORECASE)
_VIDEO_ID = re.compile(r"(?:.*(?:v=|/))?([\w-]{6,20})(?:[?&#].*)?")
_NEXT = "\n\n"


def _figure(tag: Shortcode, inner: str | None) -> str | None:
    given = tag.arguments
    listed = [each for each in given.listed if _PICTURE.search(each)] or given.listed
    source = given.get("src", "url", "path", "file", "filename", "image", "img") or (listed[0] if listed else "")
    if not source:
        return None
    after = given.listed[given.listed.index(source) + 1 :] if source in given.listed else given.listed
    words = [each for each in after if not each.isdecimal()]
    caption = given.get("caption", "title") or (inner or "").strip()
    alt = given.get("alt", "caption", "title") or (words[0] if words else "")
    sizes = "".join(f' {name}="{value}"' for name in ("width", "height") if (value := given.get(name)).isdecimal())
    picture = f'<img src="{escape(source)}" alt="{escape(alt)}"{sizes}>'
    if link := given.get("link", "href"):
        picture = f'<a href="{escape(link)}">{picture}</a>'
    credit = given.get("attr", "attribution", "credit")
    line = " ".join(part for part in (caption if inner and caption == inner.strip() else escape(caption), escape(credit)) if part)
    if not tag.alone and not line:
        return picture
    return f"<figure>{picture}{f'<figcaption>{line}</figcaption>' if line else ''}</figure>"


def _video_frame(page: str, name: str) -> Callable[[Shortcode, str | None], str | None]:
    def made(tag: Shortcode, inner: str | None) -> str | None:
        video = _VIDEO_ID.fullmatch(tag.arguments.get("id", "video", "videoId", "v", "url", "src", place=0))
        if video is None:
            return None
        title = tag.arguments.get("title", "caption") or name
        frame = f'<iframe src="{page.format(video[1])}" title="{escape(title)}" width="560" height="315"></iframe>'
        return _in_its_place(tag, frame)

    return made


def _linked(pattern: str, name: str, *arguments: str) -> Callable[[Shortcode, str | None], str | None]:
    """A link to something that a script of another site would show."""

    def made(tag: Shortcode, inner: str | None) -> str | None:
        given = [tag.arguments.get(argument, place=place) for place, argument in enumerate(arguments)]
        given = [part for part in given if part] or tag.arguments.listed
        if not given:
            return None
        parts = given[:1] if "/" in given[0] else given[: len(arguments)]
        url = given[0] if given[0].startswith("http") else pattern.format("/".join(parts))
        return _in_its_place(tag, f'<a href="{escape(url)}">{escape(tag.arguments.get("title") or name)}</a>')

    return made


def _tweet(tag: Shortcode, inner: str | None) -> str | None:
    """A link to a post of X: by its URL, or by its id, with the user's name or without."""
    given = tag.arguments
    post = given.get("url", "id") or next((each for each in given.listed if each.startswith("http")), "") or given.get(place=1)
    post, user = (post, given.get("user", place=0)) if post else (given.get(place=0), "")
    if not post:
        return None
    # X finds a post by its id alone.
    url = post if post.startswith("http") else f"https://twitter.com/{user or 'i'}/status/{post}"
    return _in_its_place(tag, f'<a href="{escape(url)}">Twitter</a>')


def _in_its_place(tag: Shortcode, html: str) -> str:
    # At the beginning of a line, a frame alone would make HTML of all of the paragraph.
    return f"<p>{html}</p>" if tag.alone else f"<span>{html}</span>"


def _medium(kind: str) -> Callable[[Shortcode, str | None], str | None]:
    def made(tag: Shortcode, inner: str | None) -> str | None:
        source = tag.arguments.get("src", "url", "file", "mp4", "mp3", "webm", place=0)
        return f'<{kind} src="{escape(source)}" controls></{kind}>' if source else None

    return made


def _details(tag: Shortcode, inner: str | None) -> str | None:
    summary = tag.arguments.get("summary", "title", place=0)
    return f"<details><summary>{escape(summary)}</summary>{within(tag, inner)}</details>" if inner is not None else None


def _quotation(tag: Shortcode, inner: str | None) -> str | None:
    if inner is None:
        return None
    by = tag.arguments.get("author", "cite", "source", "attribution") or ", ".join(tag.arguments.listed)
    text = f"{inner.strip()}\n\n— {escape(by)}" if by else inner
    return f"<blockquote>{within(tag, text)}</blockquote>"


def _admonition(tag: Shortcode, inner: str | None) -> str | None:
    if inner is None:
        return None
    kinds = ("admonition", "alert", "callout", "hint", "notice")
    kind = tag.arguments.get("type", "kind", place=0) if tag.name.lower() in kinds else tag.name
    title = tag.arguments.get("title", "header") or (kind == tag.name and tag.arguments.get(place=0)) or kind.capitalize()
    text = inner.strip("\n")
    return f"<blockquote>{within(tag, f'**{escape(title)}**{_NEXT}{tag.indent}{text}' if title else inner)}</blockquote>"


def _tab(tag: Shortcode, inner: str | None) -> str | None:
    title = tag.arguments.get("label", "name", "title", "header", "value", place=0)
    if inner is None:
        return None
    return f"\n\n{tag.indent}**{escape(title)}**\n\n{inner}" if title else f"{inner}\n\n"


def _anchor(tag: Shortcode, inner: str | None) -> str | None:
    target = tag.arguments.get("href", "to", "url")
    return f'<a href="{escape(target)}">{inner}</a>' if inner and target else inner


def _text_within(tag: Shortcode, inner: str | None) -> str | None:
    return inner


def with_picture(tag: Shortcode) -> str | None:
    """The figure for a shortcode of any name with a picture and no content; None where it has no picture."""
    source = tag.arguments.get("src", "url", "image", "img", "file", place=0)
    if not _PICTURE_FILE.search(source):
        return None
    # Further arguments without a name could mean anything.
    return _figure(replace(tag, arguments=Arguments(tag.arguments.named, [source])), None)


# By their names, without `_` and `-`. None where the arguments make no sense.
SHORTCODES: Mapping[str, Callable[[Shortcode, str | None], str | None]] = {
    **dict.fromkeys("assetimg fig figure image img photo picture".split(), _figure),
    **dict.fromkeys(
        "youtube youtubelite liteyoutube youtubeembed".split(), _video_frame("https://www.youtube.com/embed/{}", "YouTube")
    ),
    "vimeo": _video_frame("https://player.vimeo.com/video/{}", "Vimeo"),
    "gist": _linked("https://gist.github.com/{}", "Gist", "user", "id"),
    **dict.fromkeys("tweet twitter twittersimple x xsimple".split(), _tweet),
    "slideshare": _linked("https://www.slideshare.net/slideshow/embed_code/{}", "SlideShare", "id"),
    "speakerdeck": _linked("https://speakerdeck.com/player/{}", "Speaker Deck", "id"),
    "instagram": _linked("https://www.instagram.com/p/{}", "Instagram", "id"),
    "codepen": _linked("https://codepen.io/pen/{}", "CodePen", "id"),
    "video": _medium("video"),
    "audio": _medium("audio"),
    "details": _details,
    **dict.fromkeys("blockquote quote pullquote".split(), _quotation),
    **dict.fromkeys(
        "admonition alert callout caution danger hint important info note notice success tip warning".split(), _admonition
    ),
    **dict.fromkeys("tab tabitem".split(), _tab),
    **dict.fromkeys("a link".split(), _anchor),
    **dict.fromkeys("browseronly tabs tabpane fragment center centered column columns row".split(), _text_within),
}
