"""Records: articles in the index are read back with every value."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import Problem
from feeds.model import Action, Article, File, Image, Listing, Markup, Person, Provider, Related, records

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PICTURE = Image("https://i.example/1.png", 3, 4, "Title", "Credit", "image/png", 5)
LOCAL = File("files/1.png", "https://x.example/files/1.png", 2, "a/1.png", "image/png", 6, 7, 8)
FULL = Article(
    path="articles/1.md",
    id="tag:x.example,2026:1",
    title="Title",
    published=MOMENT,
    updated=MOMENT + timedelta(days=1),
    url="https://x.example/1",
    type="article",
    provider=Provider(
        "Courier", "courier.example", (PICTURE,), (Person("Ada", "https://x.example/a", "https://x.example/a.png"),)
    ),
    topics=("AI", "Ice"),
    category="News",
    language="en-GB",
    quality=7,
    heat=0.5,
    expires=MOMENT + timedelta(days=2),
    draft=True,
    files=(("1.png", LOCAL),),
    excerpt="Excerpt",
    tags=("a", "b"),
    images=(PICTURE,),
    embed="https://p.example/1",
    body="Body",
    markup=Markup.HTML,
    actions=(Action("https://d.example/1.mp3", "Hear", "audio/mpeg", 1, 2),),
    related=(Related("Other", "https://r.example/", "Excerpt", "Provider", MOMENT),),
    amp_url="https://x.example/amp",
)
BARE = Article(path="a.md", id="urn:a", title="A", published=MOMENT, updated=MOMENT)
LISTED = [field for field in Listing.__struct_fields__ if field != "number"]


def test_articles_come_back_whole() -> None:
    for article in (FULL, BARE):
        assert records.decode(records.encode(article)) == article
    assert records.encode(FULL) == records.encode(records.decode(records.encode(FULL)))
    digests = {records.digest(records.encode(article)) for article in (FULL, BARE)}
    assert {len(digest) for digest in digests} == {16}
    assert len(digests) == 2


def test_listings_are_the_first_part_of_articles() -> None:
    for article in (FULL, BARE):
        kept = records.encode_listing(article)
        listed = records.decode_listing(kept)
        assert (type(listed), listed.number) == (Listing, 0)
        assert records.encode_listing(listed) == kept
        again = records.decode_listing(kept, 42)
        assert again.number == 42
        assert [getattr(again, field) for field in LISTED] == [getattr(article, field) for field in LISTED]
        # A site has many listings, so equal values share memory.
        other = records.decode_listing(kept)
        assert all(one is another for one, another in zip(other.topics, again.topics, strict=True))
        assert other.provider is again.provider


def test_moments_are_in_seconds() -> None:
    start = int(MOMENT.timestamp())
    assert records.moments(FULL) == (start, start + 86_400, start + 2 * 86_400)
    assert records.moments(BARE) == (start, start, None)


def test_parts_come_back() -> None:
    assert records.decode_image(records.encode_part(PICTURE)) == PICTURE
    assert records.decode_file(records.encode_part(LOCAL)) == LOCAL
    problems = (Problem("a.md", 3, "title", "nothing", "a text"), Problem("b.md", 1, "", "x", "y"))
    assert records.decode_problems(records.encode_problems(problems)) == problems
    assert (records.encode_problems(()), records.decode_problems(b"")) == (b"", ())
    places = (("a.png", "1-2"), ("b.png", ""))
    assert records.decode_places(records.encode_places(places)) == places
    assert (records.encode_places(()), records.decode_places(b"")) == (b"", ())


@given(st.lists(st.lists(st.binary(max_size=50), max_size=3).map(tuple), max_size=4))
def test_bodies_come_back_in_order(bodies: list[tuple[bytes, ...]]) -> None:
    assert records.decode_bodies(records.encode_bodies(bodies)) == bodies


def test_bodies_take_little_space() -> None:
    bodies = [(b"<p>The same text in each format.</p>" * 20,) * 3]
    assert sum(map(len, records.encode_bodies(bodies))) < sum(map(len, bodies[0])) / 10


def test_media_of_files() -> None:
    types = ("audio/mpeg", "video/mp4", "image/png", "application/pdf", "audio", None)
    mediums = ["audio", "video", "image", "document", "audio", "document"]
    assert [Action("https://x.example/", media_type=type).medium for type in types] == mediums
