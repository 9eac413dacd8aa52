"""Episodes of podcasts: the recording of an article and its data, in the fields of the usual generators."""

import re

from feeds.documents import limits
from feeds.documents.home import Home, file_or_url
from feeds.documents.media import media_type_of
from feeds.documents.names import Named
from feeds.documents.values import BOOLEAN, FALSE, TRUE, Values
from feeds.model import Action, Episode, Transcript
from feeds.text import dates, languages, urls

TYPES = ("full", "trailer", "bonus")
_RECORDING = ("url", "src", "file", "path", "href", "mp3", "m4a", "aac", "ogg", "opus", "mp4")
_FRACTION = re.compile(r"[0-9]+\.[0-9]+")
# The older values of itunes:explicit, `yes` and `clean`.
_EXPLICIT, _CLEAN = TRUE | {"explicit"}, FALSE | {"clean"}


def with_recording(actions: tuple[Action, ...], found: Named, home: Home) -> tuple[Action, ...]:
    """The files of an article, the recording of the field `audio` first."""
    audio = _recording(found, home)
    if audio is None:
        return actions
    return (audio, *(action for action in actions if action.url != audio.url))


def episode(found: Named, home: Home, most: int) -> Episode | None:
    """The document's fields of an episode; None where it has none. `most` bounds its transcripts."""
    within = found.within("episode")
    number = _count(found, "episode") if within is None else _count(within, "episodeNumber") or _count(within, "number")
    season = _count(found, "season") or (_count(within, "seasonNumber") if within is not None else None)
    image = _address(found, "episodeImage", home)
    made = Episode(number, season, _type(found), _explicit(found), image, _transcripts(found, home, most), _chapters(found, home))
    return None if made == Episode() else made


def _recording(found: Named, home: Home) -> Action | None:
    """The file that the field `audio` names, or None. Its length and size may be in that field, or in fields beside it."""
    if found.is_blank("audio"):
        return None
    values = found.list("audio", bare="url", fatal=False)
    if not values:
        return None
    given = values[0]
    lines = (given.text("url", fatal=False) or "").split()
    if len(lines) in (2, 3) and lines[1].isdigit():
        # As WordPress exports it: the address, its size, and its type.
        url = urls.site_address(lines[0], home.url)
        type = lines[2] if len(lines) > 2 else None
        return Action(url, "", media_type_of(type, lines[0]), _seconds(found, None), int(lines[1])) if url else None
    name = next((name for name in _RECORDING if not given.is_blank(name)), "url")
    if found.written("audio") != "audio" and (given.text(name, fatal=False) or "").lower() in BOOLEAN:
        return None
    url, file = file_or_url(given, home, name)
    if url is None:
        return None
    type = file.media_type if file else media_type_of(given.text("type", fatal=False), url)
    if type is not None and type.partition("/")[0] not in ("audio", "video"):
        return None
    return Action(url, "", type, _seconds(found, given), file.size if file else _size(found, given))


def _count(found: Values, name: str) -> int | None:
    """A number from 1; other texts are ignored, as in `episode: Pilot`."""
    text = (found.text(name, fatal=False) or "").strip() if found.within(name) is None and not found.is_list(name) else ""
    return int(text) or None if text.isascii() and text.isdigit() and len(text) < 10 else None


def _type(found: Named) -> str:
    text = (found.text("episodeType", fatal=False) or "").lower()
    if text and text not in TYPES:
        found.problem("episodeType", f"any of {', '.join(TYPES)}", repr(text), fatal=False)
        return ""
    return text


def _explicit(found: Named) -> bool | None:
    text = (found.text("explicit", fatal=False) or "").lower()
    if text and text not in _EXPLICIT | _CLEAN:
        found.problem("explicit", "true or false", fatal=False)
        return None
    return text in _EXPLICIT if text else None


def _transcripts(found: Named, home: Home, most: int) -> tuple[Transcript, ...]:
    made = []
    for given in limits.some(found, "transcript", "url", most):
        if (given.text("url", fatal=False) or "").count("\n"):
            # The words themselves, not the address of a file.
            continue
        url, file = file_or_url(given, home)
        type = (file.media_type if file else media_type_of(given.text("type", fatal=False), url or "")) or "text/html"
        if url is not None:
            made.append(Transcript(url, type, languages.tag(given.text("language", fatal=False) or "")))
    return tuple(made)


def _chapters(found: Named, home: Home) -> str | None:
    # A list of chapters is for the page of the generator that it was written for.
    return None if found.is_list("chapters") or found.within("chapters") is not None else _address(found, "chapters", home)


def _address(found: Named, name: str, home: Home) -> str | None:
    if found.is_blank(name) or found.is_list(name) or found.within(name) is not None:
        return None
    text = found.text(name, fatal=False) or ""
    if text.lower() in BOOLEAN or "\n" in text:
        # Whether a theme shows any, or the chapters themselves.
        return None
    file = home.locate(text) if urls.is_relative(text) else None
    url = file.url if file is not None else urls.site_address(text, home.url)
    if url is None:
        found.problem(name, "an http or https URL", fatal=False)
    return url


def _seconds(found: Named, given: Values | None) -> int | None:
    text = None
    if given is not None:
        text = given.text("duration", fatal=False) or given.text("length", fatal=False)
    text = text or (found.text("duration", fatal=False) if found.within("duration") is None else None)
    if text is None or _is_size(text, found.written("duration")):
        return None
    try:
        return dates.seconds(text.partition(".")[0] if _FRACTION.fullmatch(text) else text)
    except ValueError:
        found.problem("duration", "a length of time such as 24:10", fatal=False)
        return None


def _size(found: Named, given: Values) -> int | None:
    places: tuple[tuple[Values, str], ...] = ((given, "size"), (given, "bytes"), (given, "length"), (found, "audioSize"))
    for holder, name in places:
        if not (text := holder.text(name, fatal=False)):
            continue
        digits = text.replace(",", "").replace("_", "")
        if digits.isascii() and digits.isdigit() and len(digits) < 16:
            return int(digits) or None
        # A `length` may be one of time.
        if name != "length" and (holder is given or found.written(name) != "length"):
            holder.problem(name, "a number of bytes", fatal=False)
            return None
    return None


def _is_size(text: str, name: str | None) -> bool:
    """Whether a `length` is a number of bytes, as some generators have it, rather than a length of time."""
    return name == "length" and text.isdigit() and int(text) >= 100_000
