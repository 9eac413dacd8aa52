"""Short cuts for usual values give the same result as the full code, for any value."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import PurePosixPath

from hypothesis import example, given, settings
from hypothesis import strategies as st

from feeds.documents import ciphertext, forms, front_matter
from feeds.text import dates, text, urls
from feeds.text.media_types import media_type

ANY = st.text()
HOSTS = st.text(st.sampled_from("abxn019-._A"), min_size=1, max_size=14)
ADDRESSES = st.one_of(
    st.builds(
        "{}://{}{}{}".format,
        st.sampled_from(["http", "https", "HTTP", "ftp"]),
        HOSTS,
        st.sampled_from(["", ".example", ".com", ":80"]),
        st.text(st.sampled_from("/.%2eaZ~?#&;'\"<>[]{}|\\^`é 日\t\n:@!$()*+,=-_"), max_size=12).map(lambda path: f"/{path}"),
    ),
    ANY,
)
DIGITS = st.text(st.sampled_from("0123456789"), min_size=2, max_size=2)
MOMENTS = st.one_of(
    st.builds("{}{}-{}-{}T{}:{}:{}Z".format, DIGITS, DIGITS, DIGITS, DIGITS, DIGITS, DIGITS, DIGITS),
    st.builds("20{}-0{}-1{}T1{}:0{}:{}Z".format, DIGITS, *[st.sampled_from("123456789")] * 4, DIGITS),
    st.text(st.sampled_from("0123456789-:.,WTZz ٣"), min_size=20, max_size=20).map(
        lambda given: f"{given[:4]}-{given[5:10]}T{given[11:19]}Z"
    ),
)
NAMES = st.text(st.sampled_from("aZ./?#:- é"), max_size=10).map(lambda name: f"{name}.jpg") | st.text(
    st.sampled_from("agifpn./?#:\\ "), max_size=10
)
FRONTS = st.lists(
    st.sampled_from(
        [
            "secured: 'YQ=='",
            'secured: "YQ==;YQ=="  ',
            "secured: 'YQ==\"",
            "secured:",
            " secured: 'YQ=='",
            "a: b",
            "secured: ''",
            "",
            "secured: 'YQ==' #",
        ]
    ),
    max_size=4,
).map("\n".join)


@settings(max_examples=1000)
@given(ADDRESSES)
@example("https://a.example/")
@example("https://xn--a.example/a")
@example("https://ab--c.example/a")
@example("https://a.0x1/")
@example("https://a.b/../c")
def test_addresses(address: str) -> None:
    assert urls.web_address(address) == urls._web_address(address, None)


@given(st.text(st.sampled_from("a b&<>;#12am\t\n\r\u2028\xa0\u3000\x00\x85\ufffe\U0001f600/-!"), max_size=12) | ANY)
@example("a &amp;amp; <b>b</b> ")
def test_plain_text(given_text: str) -> None:
    assert text.plain(given_text) == text._plain(given_text)
    assert text.fold(given_text) == text._fold(given_text)


@settings(max_examples=1000)
@given(MOMENTS)
@example("2026-11-22T09:30:60Z")
@example("2026-W47-7T09:30:00Z")
@example("2026-02-30T09:30:00Z")
def test_moments(given_text: str) -> None:
    def result(read: Callable[[str, tzinfo], datetime]) -> datetime | None:
        try:
            return read(given_text, UTC).replace(microsecond=0)
        except ValueError:
            return None

    assert result(dates.moment) == result(dates.local)


@settings(max_examples=500)
@given(NAMES)
@example("https://x.example/a.JPG?b=c.png#d.gif")
@example("https://x.example/a.jpg/")
@example(".jpg")
def test_media_types(name: str) -> None:
    ending = PurePosixPath(name.partition("?")[0].partition("#")[0]).suffix.lower()
    assert media_type(name) == media_type(f"a{ending}")


@given(FRONTS)
def test_ciphertext(front: str) -> None:
    assert ciphertext.cut(front) == ciphertext._LINE.sub("", front)


@given(FRONTS, FRONTS, st.sampled_from(["---", "...", "----", "--- "]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_ciphertext_of_a_document(front: str, body: str, fence: str, line_end: str) -> None:
    document = f"---\n{front}\n{fence}\n{body}\n---\n"
    closing = forms.CLOSING.search(document, 3)
    assert closing is not None
    text = front_matter.taken_apart("a.md", document.replace("\n", line_end).encode())
    assert text.front == ciphertext._LINE.sub("", document[4 : closing.start() + 1])
    assert text.body == document[closing.end() :]


@given(st.text(st.sampled_from("a\x00\x1f\x7f\x85\t\n\r\ufffe\ufdd0é")) | ANY)
def test_clean_text_is_printable(given_text: str) -> None:
    if text.is_clean(given_text.encode("utf-8", "replace")):
        assert text.printable(given_text) == given_text
