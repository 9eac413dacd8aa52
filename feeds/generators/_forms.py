"""Forms: what feedgen wrote once, filled in for everything of the same shape.

Two entries with as many authors, pictures and categories, and with the same parts missing, are the same XML but for their
texts. So feedgen writes a sample of each shape, in which a mark stands for each value, and a mark tells by what became of it
how a value is spelt at its place: escaped as text, or as an attribute, or twice. Filling a form costs a tenth of what
writing does, and gives the same bytes (a property test holds them to that).
"""

import re
from collections.abc import Callable, Hashable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from feeds.dates import rfc3339
from feeds.model import Action, Category, Entry, Feed, Image, Origin, Person, Related

T = TypeVar("T", Entry, Feed)
Text = TypeVar("Text", str, str | None)
Number = TypeVar("Number", int, int | None)


class Shape(NamedTuple):
    """The shape of a thing: what it has and what it lacks; and its values, in the order in which a sample is marked. `is_sound`
    tells whether XML can hold these.
    """

    key: Hashable
    values: list[Any]
    is_sound: bool


# More shapes than any site has; who has more pays for them again.
_MOST = 1000
# In a mark, `<` and `"` show how it was escaped.
_MARK = re.compile(
    '\ue000(?P<text>[0-9]+)(?P<escaped><"|&lt;"|&lt;&quot;|&amp;lt;")\ue001(?:\\.png)?'
    "|1000000(?P<number>[0-9]{6})0000001"
    "|(?:[A-Z][a-z]{2}, 01 Jan )?1(?P<moment>[0-9]{3})(?P<written>-01-01T00:00:00Z|-01-01T00:00:00\\+00:00| 00:00:00 \\+0000)"
)
# What lxml refuses to write: control characters but tab and line ends, U+FFFE and U+FFFF.
_CONTROLS = bytes(code for code in range(32) if code not in (9, 10, 13))
# Values of as many entries as are rendered at a time.
_SPELT = 2000
_DAYS, _MONTHS = "Mon Tue Wed Thu Fri Sat Sun".split(), "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


class Marks:
    """Stands for the values of a sample, in turn. What is empty stays as it is: it may be left out."""

    def __init__(self) -> None:
        self._given = 0

    def text(self, value: Text, ending: str = "") -> Text:
        """The next mark, for a text; with `ending` after it."""
        self._given += 1
        return f'\ue000{self._given - 1}<"\ue001{ending}' if value else value

    def number(self, value: Number) -> Number:
        """The next mark, for a number."""
        self._given += 1
        return int(f"1000000{self._given - 1:06}0000001") if value else value

    def moment(self) -> datetime:
        """The next mark, for a moment: its year tells which it is."""
        self._given += 1
        return datetime(1000 + self._given - 1, 1, 1, tzinfo=UTC)


class _Form(Struct, frozen=True):
    """`parts` with a gap at each of `gaps`: its place in them, the value that goes there, and how that is spelt."""

    parts: list[str]
    gaps: list[tuple[int, int, Callable[[Any], str]]]

    def fill(self, values: list[Any]) -> bytes:
        """The form with `values`."""
        parts = self.parts.copy()
        for place, index, spelt in self.gaps:
            parts[place] = spelt(values[index])
        return "".join(parts).encode()


class Forms(Generic[T]):
    """Writes things of one kind by forms. `write` is the slow way, `shapes` and `sample` tell what a thing is made of."""

    def __init__(
        self, write: Callable[[Sequence[T]], list[bytes]], shapes: Callable[[Sequence[T]], list[Shape]], sample: Callable[[T], T]
    ) -> None:
        self._write: Callable[[Sequence[T]], list[bytes]] = write
        self._shapes: Callable[[Sequence[T]], list[Shape]] = shapes
        self._sample: Callable[[T], T] = sample
        self._forms: dict[Hashable, _Form] = {}

    def written(self, things: Sequence[T]) -> list[bytes]:
        """What `write` makes of `things`."""
        forms = self._forms
        shapes = self._shapes(things)
        found = [forms.get(shape.key) for shape in shapes]
        new = {shape.key: thing for shape, thing, form in zip(shapes, things, found, strict=True) if form is None}
        if new:
            samples = self._write([self._sample(thing) for thing in new.values()])
            if len(forms) + len(new) > _MOST:
                forms = self._forms = {shape.key: form for shape, form in zip(shapes, found, strict=True) if form is not None}
            forms.update(zip(new, map(_form, samples), strict=True))
            found = [forms[shape.key] for shape in shapes]
        # What XML can't hold is for feedgen to refuse.
        return [
            form.fill(shape.values) if form is not None and shape.is_sound else self._write([thing])[0]
            for form, shape, thing in zip(found, shapes, things, strict=True)
        ]


class _Last:
    """The shapes that were asked for last: one format asks after the other."""

    shapes: tuple[Sequence[Entry], list[Shape]] = ((), [])


def entry_shapes(entries: Sequence[Entry]) -> list[Shape]:
    """The shape of each of `entries`, and the values that its XML holds."""
    last, shapes = _Last.shapes
    if last is not entries:
        shapes = [_entry_shape(entry) for entry in entries]
        # What may change is not known again.
        if isinstance(entries, tuple):
            _Last.shapes = (entries, shapes)
    return shapes


def _entry_shape(entry: Entry) -> Shape:
    values: list[Any] = [entry.id, entry.url, entry.title, entry.summary, entry.content, entry.language, entry.player]
    values += (entry.published, entry.updated)
    for person in entry.authors:
        values += (person.name, person.url)
    for category in entry.categories:
        values += (category.term, category.label, category.scheme)
    for image in entry.images:
        values += (image.url, image.width, image.height, image.title, image.credit, image.size)
    for file in entry.enclosures:
        values += (file.url, file.title, file.seconds, file.size)
    for link in entry.related:
        values += (link.title, link.url)
    if entry.origin is not None:
        values += (entry.origin.title, entry.origin.feed_url)
    key = (
        entry.id == entry.url,
        entry.updated == entry.published,
        len(entry.authors),
        len(entry.categories),
        tuple([image.media_type for image in entry.images]),
        tuple([file.media_type for file in entry.enclosures]),
        len(entry.related),
        # An empty text, None and zero are told apart; anything else is there.
        *[value and 1 for value in values],
    )
    return Shape(key, values, _is_sound(values))


def entry_sample(entry: Entry) -> Entry:
    """An entry of the shape of `entry`, with marks for its values."""
    marks = Marks()
    id, url = marks.text(entry.id), marks.text(entry.url)
    title, summary, content = marks.text(entry.title), marks.text(entry.summary), marks.text(entry.content)
    language, player = marks.text(entry.language), marks.text(entry.player)
    published, updated = marks.moment(), marks.moment()
    return replace(
        entry,
        id=id,
        url=id if entry.id == entry.url else url,
        title=title,
        summary=summary,
        content=content,
        language=language,
        player=player,
        published=published,
        updated=published if entry.updated == entry.published else updated,
        authors=tuple(Person(marks.text(person.name), marks.text(person.url)) for person in entry.authors),
        categories=tuple(
            Category(marks.text(each.term), marks.text(each.label), marks.text(each.scheme)) for each in entry.categories
        ),
        images=tuple(_image(image, marks) for image in entry.images),
        enclosures=tuple(
            Action(
                marks.text(file.url), marks.text(file.title), file.media_type, marks.number(file.seconds), marks.number(file.size)
            )
            for file in entry.enclosures
        ),
        related=tuple(Related(marks.text(link.title), marks.text(link.url)) for link in entry.related),
        origin=Origin(marks.text(entry.origin.title), marks.text(entry.origin.feed_url)) if entry.origin else None,
    )


def feed_shapes(feeds: Sequence[Feed]) -> list[Shape]:
    """The shape of each of `feeds`, and the values that its frame holds."""
    return [_feed_shape(feed) for feed in feeds]


def _feed_shape(feed: Feed) -> Shape:
    image, icon = feed.image, feed.icon
    values: list[Any] = [feed.id, feed.address, feed.title, feed.description, feed.home_url, feed.language, feed.copyright]
    values += (feed.author.name, feed.author.url, feed.older, feed.newer, feed.current)
    values += (image.url if image else None, icon.url if icon else None, *feed.hubs)
    key = (
        feed.updated is None,
        feed.minutes_between_visits,
        image is not None and is_rss_image(image),
        *[value and 1 for value in values],
    )
    return Shape(key, [feed.updated, *values], _is_sound(values))


def feed_sample(feed: Feed) -> Feed:
    """A feed of the shape of `feed`, with marks for its values, and without a style sheet."""
    marks = Marks()
    moment = marks.moment()
    id, address, title, description, home_url = map(
        marks.text, (feed.id, feed.address, feed.title, feed.description, feed.home_url)
    )
    language, copyright = marks.text(feed.language), marks.text(feed.copyright)
    author = Person(marks.text(feed.author.name), marks.text(feed.author.url))
    older, newer, current = marks.text(feed.older), marks.text(feed.newer), marks.text(feed.current)
    image, icon = marks.text(feed.image.url if feed.image else None), marks.text(feed.icon.url if feed.icon else None)
    if feed.image is not None and is_rss_image(feed.image):
        image = f"{image}.png"
    return replace(
        feed,
        id=id,
        address=address,
        title=title,
        description=description,
        home_url=home_url,
        updated=moment if feed.updated else None,
        author=author,
        language=language,
        copyright=copyright,
        image=None if image is None else Image(image),
        icon=None if icon is None else Image(icon),
        hubs=tuple(map(marks.text, feed.hubs)),
        older=older,
        newer=newer,
        current=current,
        stylesheet="",
    )


def is_rss_image(image: Image) -> bool:
    """Whether an RSS channel may show `image` (RSS 2.0: GIF, JPEG or PNG)."""
    return image.url.lower().partition("?")[0].endswith((".jpg", ".jpeg", ".png", ".gif"))


def _image(image: Image, marks: Marks) -> Image:
    url, width, height = marks.text(image.url), marks.number(image.width), marks.number(image.height)
    return Image(
        url, width, height, marks.text(image.title), marks.text(image.credit), image.media_type, marks.number(image.size)
    )


def _is_sound(values: list[Any]) -> bool:
    text = "".join([value for value in values if isinstance(value, str)])
    data = text.encode()
    return len(data.translate(None, _CONTROLS)) == len(data) and "\ufffe" not in text and "\uffff" not in text


def _form(sample: bytes) -> _Form:
    written = sample.decode()
    parts: list[str] = []
    gaps: list[tuple[int, int, Callable[[Any], str]]] = []
    end = 0
    for mark in _MARK.finditer(written):
        parts += (written[end : mark.start()], "")
        index = int(mark["text"] or mark["number"] or mark["moment"])
        gaps.append((len(parts) - 1, index, _SPELLINGS[mark["escaped"] or mark["written"] or ""]))
        end = mark.end()
    return _Form([*parts, written[end:]], gaps)


def _raw(value: str) -> str:
    return value


# An entry says the same in several places and formats, and many say the same as others.
@lru_cache(maxsize=_SPELT)
def _text(value: str) -> str:
    return value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


@lru_cache(maxsize=_SPELT)
def _attribute(value: str) -> str:
    return _text(value).replace('"', "&quot;").replace("\n", "&#10;").replace("\t", "&#9;")


def _moment(value: datetime) -> str:
    """As `format_datetime` writes it, which takes ten times as long."""
    if value.tzinfo is not UTC:
        return format_datetime(value)
    day, month = _DAYS[value.weekday()], _MONTHS[value.month - 1]
    return f"{day}, {value.day:02} {month} {value.year:04} {value.hour:02}:{value.minute:02}:{value.second:02} +0000"


@lru_cache(maxsize=_SPELT)
def _text_of_html(value: str) -> str:
    return _text(value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


# What became of a mark, and what becomes of a value at its place.
_SPELLINGS: dict[str, Callable[[Any], str]] = {
    '<"': _raw,
    '&lt;"': _text,
    "&lt;&quot;": _attribute,
    '&amp;lt;"': _text_of_html,
    "": str,
    "-01-01T00:00:00Z": rfc3339,
    "-01-01T00:00:00+00:00": datetime.isoformat,
    " 00:00:00 +0000": _moment,
}
