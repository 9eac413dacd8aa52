"""Plain values: text, dates, URLs, slugs, languages, labels, media types and compression."""

import gzip
import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from feeds.text import compression, dates, labels, languages, media_types, slugs, text, urls
from feeds.text.similar import similar

# ---------------------------------------------------------------- dates

EAST = timezone(timedelta(hours=5, minutes=30))
NEW_YORK = ZoneInfo("America/New_York")


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2020-12-21T09:08:07Z", at(2020, 12, 21, 9, 8, 7)),
        ("  2020-12-21T09:08:07Z\n", at(2020, 12, 21, 9, 8, 7)),
        ("2020-12-21t09:08:07z", at(2020, 12, 21, 9, 8, 7)),
        ("2020-12-21T09:08:07.987654Z", at(2020, 12, 21, 9, 8, 7)),
        ("2020-12-21T09:08:07.9Z", at(2020, 12, 21, 9, 8, 7)),
        ("2020-12-21 09:08:07.5 +02:00", at(2020, 12, 21, 7, 8, 7)),
        ("2020-12-21T09:08Z", at(2020, 12, 21, 9, 8)),
        ("2020-12-21T09:08", at(2020, 12, 21, 9, 8)),
        ("2020-12-21", at(2020, 12, 21)),
        ("2020-1-2 3:04:05 UTC", at(2020, 1, 2, 3, 4, 5)),
        ("2020-1-2 3:04:05 GMT", at(2020, 1, 2, 3, 4, 5)),
        ("2020/12/21", at(2020, 12, 21)),
        ("2020.12.21", at(2020, 12, 21)),
        ("2020-12-21T09:08:07+02", at(2020, 12, 21, 7, 8, 7)),
        ("2020-12-21T09:08:07-2", at(2020, 12, 21, 11, 8, 7)),
        ("2020-12-21T09:08:07+0530", at(2020, 12, 21, 3, 38, 7)),
        ("2020-12-21T09:08:07-05:30", at(2020, 12, 21, 14, 38, 7)),
        ("2020-12-21T09:08:07+23:59", at(2020, 12, 20, 9, 9, 7)),
        # RFC 3339 5.7: a leap second.
        ("2016-12-31T23:59:60Z", at(2016, 12, 31, 23, 59, 59)),
        ("12/31/2020", at(2020, 12, 31)),
        ("31/12/2020", at(2020, 12, 31)),
        ("13/1/2020", at(2020, 1, 13)),
        ("1/13/2020", at(2020, 1, 13)),
        ("7/7/2020", at(2020, 7, 7)),
        ("20201221T090807Z", at(2020, 12, 21, 9, 8, 7)),
        ("Mon, 21 Dec 2020 09:08:07 GMT", at(2020, 12, 21, 9, 8, 7)),
        ("Mon, 21 Dec 2020 09:08:07 UT", at(2020, 12, 21, 9, 8, 7)),
        ("Mon, 21 Dec 2020 09:08:07 Z", at(2020, 12, 21, 9, 8, 7)),
        ("Mon, 21 Dec 2020 09:08:07 +0200", at(2020, 12, 21, 7, 8, 7)),
        ("December 21, 2020", at(2020, 12, 21)),
        ("21 december 2020 9:08", at(2020, 12, 21, 9, 8)),
    ],
)
def test_dates_as_editors_write_them(written: str, moment: datetime) -> None:
    found = dates.moment(written)
    assert found == moment
    assert (found.tzinfo, found.microsecond) == (UTC, 0)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "soon",
        "2020",
        "2020-13-01",
        "2020-02-30",
        "2020-12-21T24:00:01Z",
        "2020-12-21T09:08:61Z",
        "2020-12/21",
        "2020-12-21T09:08:07+24:00",
        "2020-12-21T09:08:07+12:60",
        "2020-12-21T09:08:07+99",
        "1/2/2020",
        "12/1/2020",
        "13/13/2020",
        "December 2020",
        "21 December",
        "Monday",
        "March",
        # The name of a zone that means another time in another country.
        "Mon, 21 Dec 2020 09:08:07 EST",
        "Mon, 21 Dec 2020 09:08:07 IST",
        "0001-01-01T00:00:00+05:00",
        "9999-12-31T23:59:59-05:00",
    ],
)
def test_invalid_and_ambiguous_dates_are_refused(written: str) -> None:
    why = "isoformat|must be in|out of range|no such|which is the month|no whole date|is no offset"
    with pytest.raises(ValueError, match=why):
        dates.moment(written)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2020-12-21", datetime(2020, 12, 21, 5, tzinfo=UTC)),
        ("2020-07-21 08:00", datetime(2020, 7, 21, 12, tzinfo=UTC)),
        ("31/12/2020", datetime(2020, 12, 31, 5, tzinfo=UTC)),
        ("20201221T0900", datetime(2020, 12, 21, 14, tzinfo=UTC)),
        ("21 December 2020", datetime(2020, 12, 21, 5, tzinfo=UTC)),
        ("2020-12-21T00:00:00Z", datetime(2020, 12, 21, tzinfo=UTC)),
        ("2020-12-21 00:00:00 GMT", datetime(2020, 12, 21, tzinfo=UTC)),
        ("2020-12-21T00:00:00+01:00", datetime(2020, 12, 20, 23, tzinfo=UTC)),
        ("Mon, 21 Dec 2020 00:00:00 +0000", datetime(2020, 12, 21, tzinfo=UTC)),
    ],
)
def test_the_zone_applies_to_dates_without_one(written: str, moment: datetime) -> None:
    assert dates.moment(written, NEW_YORK) == moment
    assert dates.local(written, NEW_YORK) == moment
    assert dates.local(written, NEW_YORK).tzinfo is NEW_YORK


def test_a_local_moment_keeps_the_zone_it_was_written_in() -> None:
    assert dates.local(" 2020-12-21T09:08:07+05:30").isoformat() == "2020-12-21T09:08:07+05:30"
    assert dates.local("2020-12-21").isoformat() == "2020-12-21T00:00:00+00:00"
    assert dates.local("2020-12-21T23:00:00Z", EAST).isoformat() == "2020-12-22T04:30:00+05:30"
    with pytest.raises(ValueError, match="no such moment"):
        dates.local("9999-12-31T23:00:00Z", EAST)


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("0", 0),
        ("90", 90),
        (" 90 ", 90),
        ("4:13", 253),
        ("04:13", 253),
        ("75:00", 4500),
        ("1:02:03", 3723),
        ("100:00:00", 360000),
        ("PT4M13S", 253),
        ("PT1H2M3.9S", 3723),
        ("P1DT1S", 86401),
        ("P2W", 1209600),
    ],
)
def test_lengths_of_time_as_editors_write_them(written: str, seconds: int) -> None:
    assert dates.seconds(written) == seconds


@pytest.mark.parametrize("written", ["", "x", "-5", "4:1", "1:2:3:4", "P1Y", "P1M", "-PT5S", "5m", "٣", "1.5"])
def test_lengths_without_fixed_duration_are_refused(written: str) -> None:
    with pytest.raises(ValueError, match="length of") as refused:
        dates.seconds(written)
    assert written in str(refused.value)


def test_an_invalid_date_is_explained() -> None:
    for written, output in {
        "11/12/2020": "which is the month",
        "12/11/2020": "which is the month",
        "December 2020": "no whole date: 'December 2020'",
        "21 Dec 2020 09:08 EST": "'EST' is no offset from UTC",
        "2020-12-21T09:08:07+24:00": r"no such offset from UTC: '\+24:00'",
        "9999-12-31T23:59:59-05:00": "no such moment: '9999-12-31T23:59:59-05:00'",
    }.items():
        with pytest.raises(ValueError, match=output):
            dates.moment(written)
    with pytest.raises(ValueError, match="no fixed length of time: 'P1Y'"):
        dates.seconds("P1Y")


def test_moments_are_written_in_utc() -> None:
    assert dates.rfc3339(at(2026, 11, 22, 9, 30)) == "2026-11-22T09:30:00Z"


# ---------------------------------------------------------------- languages and labels


@pytest.mark.parametrize(
    ("locale", "tag"),
    [
        ("en", "en"),
        ("EN_us", "en-US"),
        ("fr_CA.UTF-8", "fr-CA"),
        ("de_DE@euro", "de-DE"),
        (" zh_hant_tw ", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("gsw", "gsw"),
        ("sl-ROZAJ", "sl-rozaj"),
        ("de-1996", "de-1996"),
        ("", None),
        ("english", None),
        ("e", None),
        ("en-", None),
        ("en--us", None),
        ("en US", None),
        ("C", None),
    ],
)
def test_locales_are_tags_of_bcp_47(locale: str, tag: str | None) -> None:
    assert languages.tag(locale) == tag


@pytest.mark.parametrize(
    ("language", "rtl"),
    [
        ("ar", True),
        ("HE-IL", True),
        ("fa-AF", True),
        ("en", False),
        ("az-Arab", True),
        ("az-arab-IR", True),
        ("ar-Latn", False),
        ("pa-IN", False),
        ("pa-Arab-PK", True),
        ("ar-1994", True),
    ],
)
def test_the_direction_follows_the_script_then_the_language(language: str, rtl: bool) -> None:
    assert languages.is_right_to_left(language) is rtl


def test_labels_are_in_the_language_or_in_english() -> None:
    assert (labels.source("de"), labels.related("de")) == ("Quelle", "Mehr zum Thema")
    assert (labels.source("pt-BR"), labels.related("pt-BR")) == ("Fonte", "Mais sobre o tema")
    for language in (None, "", "en", "en-GB", "tlh", "tlh-en"):
        assert (labels.source(language), labels.related(language)) == ("Source", "Related coverage")


# ---------------------------------------------------------------- media types


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("a.mp3", "audio/mpeg"),
        ("a.tar.MP3", "audio/mpeg"),
        ("https://e.example/x/a.jpg", "image/jpeg"),
        ("https://e.example/x/a.jpg?b=c.png", "image/jpeg"),
        ("https://e.example/x/a.jpg#t.png", "image/jpeg"),
        ("https://e.example/a.jpg/", "image/jpeg"),
        ("https://e.example/a.jpg/.", "image/jpeg"),
        ("https://e.example/a.xyz", None),
        ("https://e.example/png", None),
        ("https://e.example/.png", None),
        ("a.d/png", None),
        ("png", None),
        ("", None),
    ],
)
def test_media_types_follow_the_suffix(name: str, type: str | None) -> None:
    assert media_types.media_type(name) == type


# ---------------------------------------------------------------- compression

CODERS: dict[str, Callable[[bytes], bytes]] = {
    "br": brotli.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompress(data),
    "gzip": gzip.decompress,
}
BODY = b"".join(b"<p>%s</p>\n" % hashlib.sha256(b"%d" % number).hexdigest().encode() for number in range(2000))


@pytest.mark.parametrize("body", [BODY, b"x", b""])
@pytest.mark.parametrize("coding", compression.CODINGS)
def test_compressed_bytes_are_smaller_and_decode_to_the_same(coding: str, body: bytes) -> None:
    encoded = compression.encode(body, coding)
    assert CODERS[coding](encoded) == body
    # At most as many bytes as gzip's usual level makes.
    assert len(encoded) <= len(gzip.compress(body, 6))
    assert compression.encode(body, coding) == encoded
    if coding == "gzip":
        assert encoded[4:8] == bytes(4), "RFC 1952 2.3.1: no time"


def test_without_a_coding_bytes_stay_as_they_are() -> None:
    assert compression.encode(b"x", compression.IDENTITY) == b"x"


@pytest.mark.parametrize(
    ("type", "text"),
    [
        ("text/html; charset=utf-8", True),
        ("Text/Plain", True),
        ("application/rss+xml; charset=utf-8", True),
        ("application/xml", True),
        ("application/feed+json", True),
        ("application/javascript ; x=y", True),
        ("image/svg+xml", True),
        ("image/png", False),
        ("audio/mpeg", False),
        ("image/png; x=json", False),
        ("application/text/", False),
    ],
)
def test_text_is_worth_compressing(type: str, text: bool) -> None:
    assert compression.compressible(type) is text


# ---------------------------------------------------------------- slugs


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("C++", "c-plus-plus"),
        ("C#", "c-sharp"),
        ("Éléphant d'Asie", "elephant-d-asie"),
        ("R&amp;D", "r-amp-d"),
        ("&#65;", "sharp-65"),
        ("&#x42;", "sharp-x42"),
        ("  Two   words ", "two-words"),
    ],
)
def test_slugs_by_example(name: str, slug: str) -> None:
    assert slugs.slug(name) == slug


@pytest.mark.parametrize("name", ["", "!?", "🤖"])
def test_a_name_without_letters_has_a_hash(name: str) -> None:
    assert slugs.slug(name) == hashlib.sha256(name.encode()).hexdigest()[:8]


def test_long_and_reserved_names_end_with_a_hash() -> None:
    for name in ("x" * 81, "word " * 30, "Archive", "index"):
        words, _, mark = slugs.slug(name).rpartition("-")
        assert mark == hashlib.sha256(name.encode()).hexdigest()[:8]
        assert not words.endswith("-")
        assert len(words) <= 80
        assert name.lower().replace(" ", "-").startswith(words)
    assert slugs.slug("x" * 80) == "x" * 80
    assert slugs.slug(("y" * 79 + " ") * 2).startswith("y" * 79 + "-")


def test_of_names_with_the_same_slug_the_natural_one_keeps_it() -> None:

    def marked(name: str) -> str:
        return f"ai-{hashlib.sha256(name.encode()).hexdigest()[:8]}"

    assert slugs.slugs(["ai!", "AI", "Ai?"]) == {"AI": "ai", "ai!": marked("ai!"), "Ai?": marked("Ai?")}
    # Even if it is not the first in code-point order.
    assert slugs.slugs(["AI!", "ai"]) == {"ai": "ai", "AI!": marked("AI!")}
    # If none or several are natural, the first in code-point order.
    assert slugs.slugs(["ai?", "ai!"]) == {"ai!": "ai", "ai?": marked("ai?")}
    assert slugs.slugs(["ai", "AI"]) == {"AI": "ai", "ai": marked("ai")}
    assert slugs.slugs(["A  b", "a-b!"])["A  b"] == "a-b"
    assert slugs.slugs([]) == {}


# ---------------------------------------------------------------- text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Plain", "Plain"),
        ("  two \t\n words\u2028 ", "two words"),
        ("two  words", "two words"),
        ("a\u00a0b\u3000c", "a\u00a0b\u3000c"),
        ("R&amp;D", "R&D"),
        ("R&amp;amp;D", "R&D"),
        ("R&amp;amp;amp;D", "R&amp;D"),
        ("caf&#233; &#xe9;", "café é"),
        ("AT&T x&copy=1 &unknown; &#999999999;", "AT&T x&copy=1 &unknown; &#999999999;"),
        ("<b>Bold</b> <3 List<T> a<br/>b", "Bold <3 List<T> ab"),
        ("<A HREF='x'>x</A>", "x"),
        ("a<!-- b -->c", "ac"),
        ("a<!-- b\nc", "a"),
        ("&lt;b&gt;", "<b>"),
        ("x\x00\x1f\x7f\x85\ufffe\U0001ffff\ufdd0y", "xy"),
        ("x\ud800y", "xy"),
        ("&#0;x&#8;", "\ufffdx"),
    ],
)
def test_plain_text_is_read_as_an_editor_means_it(written: str, shown: str) -> None:
    assert text.plain(written) == shown


def test_printable_text_keeps_tabs_and_line_ends() -> None:
    assert text.printable("a\tb\r\nc é 日本 😀") == "a\tb\r\nc é 日本 😀"
    assert text.printable("a\x0bb\x1bc") == "abc"
    assert text.printable("é\x0b\x9f\U0010ffff") == "é"


def test_entities_are_decoded_once() -> None:
    assert text.decode_entities("&amp;lt; & &eacute;") == "&lt; & é"
    assert text.decode_entities("none; at all") == "none; at all"


def test_names_are_equal_but_for_case_and_white_space() -> None:
    assert text.name_key("  Straße\tIST  ") == text.name_key("STRASSE ist") == "strasse ist"
    assert text.name_key("a b") != text.name_key("ab")


def test_html_is_escaped_for_text_and_for_attributes() -> None:
    assert text.escape('<a href="x">R&D\'s</a>') == "&lt;a href=&quot;x&quot;&gt;R&amp;D's&lt;/a&gt;"
    assert text.escape('"x" & <y>', quote=False) == '"x" &amp; &lt;y&gt;'


@given(st.text())
def test_clean_ascii_is_what_printable_leaves_alone(given: str) -> None:
    data = given.encode("utf-8", "ignore")
    assert text.is_clean(data) == (data.isascii() and text.printable(data.decode()) == data.decode())


# ---------------------------------------------------------------- URLs

IDN = "新聞.jp".encode("idna").decode()


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("https://e.example/a", "https://e.example/a"),
        ("https://e.example", "https://e.example/"),
        ("https://e.example/a/../b/.", "https://e.example/b/"),
        ("HTTPS://E.Example:443/A", "https://e.example/A"),
        ("https://新聞.jp/é?ü#ö", f"https://{IDN}/%C3%A9?%C3%BC#%C3%B6"),
        ("https://e.example/%7ea%2f%e9", "https://e.example/~a%2F%E9"),
        ("https://e.example/a b|c^d`e{f}[g]", "https://e.example/a%20b%7Cc%5Ed%60e%7Bf%7D%5Bg%5D"),
        ("  https://e.example/a\x00b ", "https://e.example/ab"),
        ("https://e.example/?a=1&amp;b=2", "https://e.example/?a=1&b=2"),
        ("https://192.168.1/", "https://192.168.0.1/"),
        ("http://e.example:80/", "http://e.example/"),
        ("mailto:a@e.example", None),
        ("ftp://e.example/", None),
        ("javascript:alert(1)", None),
        ("/a", None),
        ("https://", None),
        ("", None),
    ],
)
def test_web_addresses_are_normalised(written: str, address: str | None) -> None:
    assert urls.web_address(written) == address


def test_relative_addresses_are_resolved() -> None:
    base = "https://e.example/a/b?c"
    assert urls.web_address("../d", base) == "https://e.example/d"
    assert urls.web_address("#e", base) == "https://e.example/a/b?c#e"
    assert urls.web_address("//o.example/", base) == "https://o.example/"
    assert urls.web_address("https://o.example/x", base) == "https://o.example/x"
    assert urls.web_address("data:,x", base) is None


def test_addresses_of_front_matter_are_below_the_site() -> None:
    assert urls.site_address(" /a ", "https://e.example/sub/") == "https://e.example/sub/a"
    assert urls.site_address("https://o.example/a", "https://e.example/sub") == "https://o.example/a"
    for nothing in ("//o.example/a", "/\\o.example/a", "a", ""):
        assert urls.site_address(nothing, "https://e.example/sub") is None


@pytest.mark.parametrize(
    ("written", "relative"),
    [("a", True), ("/a", True), ("?a", True), (" a:b", False), ("//a", False), ("\\\\a", False), ("/\\a", False), (" ", False)],
)
def test_relative_references(written: str, relative: bool) -> None:
    assert urls.is_relative(written) is relative


@pytest.mark.parametrize(
    ("written", "domain"),
    [
        ("e.example", "e.example"),
        (" WWW.E.Example. ", "e.example"),
        ("https://www.e.example/a?b", "e.example"),
        ("http://e.example:8080/", "e.example"),
        ("新聞.jp", IDN),
        ("localhost", "localhost"),
        ("https://[::1]/", None),
        ("-e.example", None),
        ("e-.example", None),
        ("ftp://e.example/", None),
        ("two words", None),
        ("", None),
        (".".join(["a" * 60] * 3) + ".example", ".".join(["a" * 60] * 3) + ".example"),
        (".".join(["a" * 60] * 4), None),
        ("a" * 64 + ".example", None),
    ],
)
def test_domains(written: str, domain: str | None) -> None:
    assert urls.domain(written) == domain


@pytest.mark.parametrize(
    ("written", "place"),
    [
        ("www.youtube.com/the-night-desk", "youtube.com/the-night-desk"),
        (" /YouTube.com/a/b/ ", "youtube.com/a/b"),
        ("youtube.com", "youtube.com"),
        ("youtube.com/", "youtube.com"),
        ("https://www.youtube.com/the-night-desk", "youtube.com"),
        ("two words/x", None),
        ("", None),
    ],
)
def test_places_of_providers(written: str, place: str | None) -> None:
    assert urls.provider_place(written) == place


def test_ids_are_absolute_uris_without_scripts() -> None:
    for good in ("tag:e.example,2026:a", "https://e.example/", "urn:uuid:1", "x-y+z.1:%41[]@!~"):
        assert urls.is_absolute_uri(good), good
    for bad in ("", "a", "1a:b", "a:", "a:b c", "a:é", "JavaScript:x", "data:,x", "vbscript:x", "a:<b>", 'a:"'):
        assert not urls.is_absolute_uri(bad), bad


@given(st.binary(min_size=1, max_size=8))
def test_percent_encoding_has_one_form(data: bytes) -> None:
    written = "".join(f"%{byte:02x}" for byte in data)
    found = urls.web_address(f"https://e.example/x{written}")
    assert found is not None
    path = found.removeprefix("https://e.example/x")
    # RFC 3986 6.2.2: unreserved characters bare, all others in upper case.
    assert re.fullmatch(r"(?:[A-Za-z0-9._~-]|%[0-9A-F]{2})*", path)
    bare = "".join(chr(byte) if re.fullmatch(rb"[A-Za-z0-9._~-]", bytes([byte])) else f"%{byte:02X}" for byte in data)
    assert path == bare


# ---------------------------------------------------------------- similar texts


def test_the_most_similar_texts_come_first_and_others_not_at_all() -> None:
    known = ["economy", "climate models", "climate"]
    assert similar("climte", known, 5, 60) == ["climate", "climate models"]
    assert similar("climte", known, 1, 60) == ["climate"]
    assert similar("economy", known, 5, 100) == ["economy"]
    assert similar("ymonoce", known, 1, 100, key=lambda text: text[::-1]) == ["economy"]
    assert similar("sports", known, 5, 60) == []
    assert similar("climate", [], 5, 60) == []


def test_texts_that_are_compared_as_wholes_differ_where_one_is_a_part_of_the_other() -> None:
    known = ["models of the climate in the north", "climates"]
    assert similar("climate", known, 5, 60) == ["climates", "models of the climate in the north"]
    assert similar("climate", known, 5, 60, as_wholes=True) == ["climates"]
