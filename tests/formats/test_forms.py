"""Forms write the same XML as feedgen: each entry and frame is compared with feedgen's."""

from datetime import UTC, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from feeds.formats import _feedgen, atom, rss
from feeds.model import Action, Category, Entry, Episode, Feed, Image, Origin, Person, Related, Transcript

# Characters that need escaping, parts of marks, and any other that XML can hold.
CHARACTERS = st.one_of(
    st.sampled_from("&<>\"'\r\n\t ;#x{}0123456789\x7f\x85\xa0\u2028\ue000\ue001"),
    st.characters(exclude_categories=["Cs"], exclude_characters=[*map(chr, {*range(32)} - {9, 10, 13}), "\ufffe", "\uffff"]),
)
TEXTS = st.one_of(
    st.text(CHARACTERS, max_size=12),
    st.sampled_from(["]]>", "&amp;", "<!--", '\ue0000<"\ue001', "10000000000010000001", "1007-01-01T00:00:00Z"]),
)
GIVEN = TEXTS.filter(bool)
MAYBE = st.none() | TEXTS
NUMBERS = st.none() | st.integers(0, 10**12)
# feedgen does not write years before 1000 with four digits on every machine.
MOMENTS = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
TYPES = st.sampled_from([None, "image/png", "audio/mpeg", "video/mp4", "application/pdf"])


PEOPLE = st.builds(Person, GIVEN, MAYBE, MAYBE)
IMAGES = st.builds(Image, TEXTS, NUMBERS, NUMBERS, TEXTS, TEXTS, TYPES, NUMBERS)
PICTURES = st.builds(Image, st.one_of(GIVEN, GIVEN.map(lambda url: f"{url}.PNG"), st.just("https://x.example/a.gif?b.c")))
TRANSCRIPTS = st.builds(Transcript, TEXTS, st.sampled_from(["text/vtt", "application/x-subrip"]), MAYBE)
EPISODES = st.builds(
    Episode,
    NUMBERS,
    NUMBERS,
    st.sampled_from(["", "full", "bonus"]),
    st.sampled_from([None, True, False]),
    MAYBE,
    st.lists(TRANSCRIPTS, max_size=2).map(tuple),
    MAYBE,
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    id, published = draw(GIVEN), draw(MOMENTS)
    return Entry(
        id=id,
        url=draw(st.one_of(st.just(id), MAYBE)),
        title=draw(GIVEN),
        summary=draw(TEXTS),
        content=draw(GIVEN),
        published=published,
        updated=draw(st.one_of(st.just(published), MOMENTS)),
        authors=tuple(draw(st.lists(PEOPLE, max_size=3))),
        categories=tuple(draw(st.lists(st.builds(Category, GIVEN, GIVEN, MAYBE), max_size=3))),
        images=tuple(draw(st.lists(IMAGES, max_size=2))),
        enclosures=tuple(draw(st.lists(st.builds(Action, TEXTS, TEXTS, TYPES, NUMBERS, NUMBERS), max_size=3))),
        related=tuple(draw(st.lists(st.builds(Related, TEXTS, GIVEN), max_size=2))),
        language=draw(MAYBE),
        player=draw(MAYBE),
        amp_url=None,
        quality=None,
        heat=None,
        origin=draw(st.none() | st.builds(Origin, TEXTS, TEXTS)),
        withdrawn=draw(st.sampled_from([None, published])),
        episode=draw(st.none() | EPISODES),
    )


FEEDS = st.builds(
    Feed,
    id=GIVEN,
    address=GIVEN,
    title=GIVEN,
    description=GIVEN,
    home_url=GIVEN,
    updated=st.none() | MOMENTS,
    author=PEOPLE,
    language=MAYBE,
    copyright=TEXTS,
    image=st.none() | PICTURES,
    icon=st.none() | PICTURES,
    hubs=st.lists(GIVEN, max_size=2).map(tuple),
    minutes_between_visits=st.sampled_from([None, 15, 60, 720]),
    older=MAYBE,
    newer=MAYBE,
    current=MAYBE,
    cloud=st.sampled_from([None, "https://x.example/rsscloud", "http://x.example:8080/cloud"]),
    translations=st.sampled_from([(), (("de", "https://x.example/de/all"), ("pt-BR", "https://x.example/pt-br/a%26b"))]),
    stylesheet=st.just(""),
)


@pytest.mark.parametrize("generator", [rss, atom])
@settings(max_examples=150)
@given(st.lists(entries(), min_size=1, max_size=3))
def test_entries_equal_those_of_feedgen(generator: object, some: list[Entry]) -> None:
    made = rss if generator is rss else atom
    # Twice: from a new form, and from a form that is known.
    assert made.render_entries(some) == made._write_entries(some) == made.render_entries(some)


@settings(max_examples=100)
@given(st.lists(entries(), min_size=1, max_size=3))
def test_episodes_equal_those_of_feedgen(some: list[Entry]) -> None:
    assert rss.render_episodes(some) == rss._write_episodes(some) == rss.render_episodes(some)


@pytest.mark.parametrize("generator", [rss, atom])
@settings(max_examples=150)
@given(FEEDS)
@example(Feed("i", "a", "t", "d", "h", None, Person("p"), image=Image("https://x.example/i.webp"), current="c"))
def test_frames_equal_those_of_feedgen(generator: object, feed: Feed) -> None:
    made = rss if generator is rss else atom
    for _ in range(2):
        before, after = made.render_frame(feed)
        assert before + after == made._write_frame(feed)
    assert made.render_feed(feed, []) == made._write_frame(feed)


@pytest.mark.parametrize("generator", [rss, atom])
@pytest.mark.parametrize("character", ["\x00", "\x1f", "\ufffe", "\uffff", "\ud800"])
def test_characters_that_xml_can_not_hold_are_refused(generator: object, character: str) -> None:
    made = rss if generator is rss else atom
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    fields = ("<p>", moment, moment, (), (), (), (), (), None, None, None, None, None)
    made.render_entries([Entry("urn:x", None, "T", "S", *fields)])
    with pytest.raises(ValueError, match=r"XML compatible|surrogates"):
        made.render_entries([Entry("urn:x", None, f"T{character}", "S", *fields)])


def test_more_shapes_than_the_cache_holds() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    people = [tuple(Person(f"P{n}") for n in range(count)) for count in range(1, 40)]
    links = [tuple(Related(f"R{n}", f"https://x.example/{n}") for n in range(count)) for count in range(40)]
    some = [
        Entry(f"urn:x:{a}:{r}", None, "T", "S", "<p>", moment, moment, each, (), (), (), more, None, None, None, None, None)
        for a, each in enumerate(people)
        for r, more in enumerate(links)
    ]
    assert len(some) > 1000
    written = atom.render_entries(some)
    assert [b">urn:x:%d:%d<" % (at // 40, at % 40) in body for at, body in enumerate(written)] == [True] * len(some)
    assert written == atom._write_entries(some)
    assert _feedgen.cut(atom.render_feed(FEED, written), "entry") == written


FEED = Feed("tag:x,2026:all", "https://x.example/all", "T", "D", "https://x.example/", None, Person("P"))
