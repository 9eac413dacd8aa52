"""Properties of the modules of `text` and others that hold for every input."""

import random
import re
import string
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from html import escape
from urllib.parse import urlsplit

import yaml
from hypothesis import assume, example, given
from hypothesis import strategies as st
from lxml import etree

from feeds.documents import fields, front_matter
from feeds.documents.front_matter import Home
from feeds.documents.report import Report
from feeds.text import dates, slugs, text, urls
from feeds.web.conditional import decide, http_date

ANY = st.text()
PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]))
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)
OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
ETAGS = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"')).map(lambda tag: f'"{tag}"')


# ---------------------------------------------------------------- slugs


def not_modified(etag: str, changed: datetime, none_match: str | None, since: str | None) -> bool:
    given_fields = {"if-none-match": none_match, "if-modified-since": since}
    return decide(etag, changed, {name: value for name, value in given_fields.items() if value is not None}) == 304


@given(st.lists(st.one_of(ANY, st.sampled_from(["C++", "c++", "C#", "C", "日本", "!", "?", "archive", "index", "a b", "A-B"]))))
@example(["a", "A", "a ", "a-ca978112", "A-559aead0"])
def test_slugs_are_unique_safe_and_order_independent(names: list[str]) -> None:
    assume(all(name == name.encode("utf-8", "ignore").decode() for name in names))
    given = slugs.slugs(names)
    assert set(given) == set(names)
    assert len(set(given.values())) == len(given)
    for slug in given.values():
        assert re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug)
        assert slug not in {"archive", "index"}
        assert len(slug) < 120
    shuffled = names[:]
    random.Random(1).shuffle(shuffled)
    assert slugs.slugs(shuffled) == given


def test_slugs_are_natural() -> None:
    assert slugs.slugs(["C++", "C#", "C", "Computer Vision", "Éléphant d'Asie"]) == {
        "C++": "c-plus-plus",
        "C#": "c-sharp",
        "C": "c",
        "Computer Vision": "computer-vision",
        "Éléphant d'Asie": "elephant-d-asie",
    }
    # Of two names with one slug, the natural one keeps it.
    given = slugs.slugs(["Café", "Cafe"])
    assert given["Cafe"] == "cafe"
    assert given["Café"].startswith("cafe-")


# ---------------------------------------------------------------- urls

PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["http://", "https://", "HTTPS://E.example", "javascript:", "//", "/", "..", "%2e", "%", "%zz", "%7E", "?", "#"]
        ),
        st.sampled_from(
            ["user:pw@", ":80", ":443", ":99999", "[::1]", "新聞.jp", " ", "\n", "\\", "&#58;", "&amp;", "data:,x", "é", "xn--"]
        ),
        st.text(max_size=4),
    ),
    max_size=8,
).map("".join)


@given(PIECES, st.one_of(st.none(), st.just("https://base.example/a/b?c#d")))
def test_normalising_an_address_twice_changes_nothing(address: str, base: str | None) -> None:
    url = urls.web_address(address, base)
    if url is None:
        return
    assert re.fullmatch(r"https?://[!-~]+", url)
    assert not set(url) & set('<>"`{}|\\^ ')
    assert urlsplit(url).scheme in ("http", "https")
    assert urlsplit(url).hostname
    # Entities are decoded once, so an address that still has one is not normal yet.
    if "&" not in url:
        assert urls.web_address(url) == url


@given(PIECES)
def test_domains_can_be_folders(name: str) -> None:
    domain = urls.domain(name)
    if domain is not None:
        assert re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", domain)
        assert not domain.startswith("www.www.")
        assert urls.domain(domain) in (domain, domain.removeprefix("www."))


def test_addresses_by_example() -> None:
    assert urls.web_address("HTTP://E.Example:80/a/./b/../c%7e%2f?q=é#f") == "http://e.example/a/c~%2F?q=%C3%A9#f"
    assert urls.web_address("https://e.example") == "https://e.example/"
    assert urls.web_address("https://e.example/?a=1&#038;b=2") == "https://e.example/?a=1&b=2"
    nothing = (
        "",
        "x",
        "//e.example/",
        "ftp://e.example/",
        "javascript:alert(1)",
        "java\nscript:x",
        "http://",
        "mailto:a@b.example",
    )
    assert [address for address in nothing if urls.web_address(address)] == []
    assert urls.site_address("/a", "https://e.example/sub") == "https://e.example/sub/a"
    assert urls.site_address("//other.example/a", "https://e.example/sub") is None


# ---------------------------------------------------------------- dates


@given(MOMENTS, OFFSETS)
def test_every_offset_is_read(at: datetime, offset: timezone) -> None:
    assume(timedelta(days=2) < at - datetime(1, 1, 1, tzinfo=UTC) and at < datetime(9999, 12, 29, tzinfo=UTC))
    local = at.astimezone(offset)
    for written in (local.isoformat(), local.isoformat(" "), local.isoformat(timespec="milliseconds")):
        assert dates.moment(written) == at
    if at.year >= 1000:
        assert dates.moment(format_datetime(local)) == at
    assert dates.moment(dates.rfc3339(at)) == at


@given(ANY)
def test_any_text_is_a_date_or_a_value_error(written: str) -> None:
    try:
        found = dates.moment(written)
    except ValueError:
        return
    assert found.tzinfo is UTC
    assert found.microsecond == 0


@given(st.from_regex(r"\A[0-9]{1,4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,4}([T ][0-9]{1,2}:[0-9]{2})?( ?[A-Za-z+-][A-Za-z0-9:]{0,5})?\Z"))
def test_what_looks_like_a_date_is_one_or_a_value_error(written: str) -> None:
    with suppress(ValueError):
        assert dates.moment(written).tzinfo is UTC


@given(st.integers(0, 10**7))
def test_lengths_of_time(seconds: int) -> None:
    hours, rest = divmod(seconds, 3600)
    written = [f"PT{seconds}S", str(seconds), f"PT{hours}H{rest // 60}M{rest % 60}S", f"{hours}:{rest // 60:02}:{rest % 60:02}"]
    assert {dates.seconds(each) for each in written} == {seconds}


@given(ANY)
def test_any_text_is_a_length_of_time_or_a_value_error(written: str) -> None:
    with suppress(ValueError):
        assert dates.seconds(written) >= 0


# ---------------------------------------------------------------- text


@given(st.text(st.characters(codec=None)))
def test_printable_text_is_text_that_xml_holds(given: str) -> None:
    kept = text.printable(given)
    assert text.printable(kept) == kept
    element = etree.Element("x")
    element.text = kept
    assert etree.fromstring(etree.tostring(element)).text in (
        kept or None,
        kept.replace("\r\n", "\n").replace("\r", "\n") or None,
    )


@given(PRINTABLE)
def test_plain_text_is_one_line(given: str) -> None:
    found = text.plain(given)
    assert not set(found) & set("\t\n\r\u2028")
    assert found == found.strip(" ")
    assert "  " not in found


@given(st.text(string.ascii_letters + string.digits + "&<>'\"“”é日😀.,-", min_size=1))
def test_a_title_escaped_once_or_twice_is_decoded(title: str) -> None:
    # Text that looks like a reference or a tag is read as one.
    assume(not re.search(r"&#?\w+;|<", escape(title).replace("&amp;", "&&").replace("&lt;", "<")))
    assert text.plain(escape(title)) == title
    assert text.plain(escape(escape(title))) == title


@given(ANY)
def test_escaped_text_ends_no_attribute_and_opens_no_tag(given: str) -> None:
    # All attributes are in double quotes.
    assert not set(text.escape(given)) & set('<>"')


@given(st.text("<b>i/!-& \n", max_size=30))
def test_tags_are_found_in_linear_time(given: str) -> None:
    assert len(text.plain(given * 200)) <= len(given) * 200


# ---------------------------------------------------------------- fields

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), PRINTABLE),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(PRINTABLE, inner, max_size=4)),
    max_leaves=20,
)
NAMES = ("title", "topics", "images")


@given(st.dictionaries(st.one_of(st.sampled_from(NAMES), PRINTABLE), VALUES, max_size=6))
def test_fields_of_any_shape_are_read_or_reported(values: dict[str, object]) -> None:
    report = Report("x")
    found = fields.parse(yaml.safe_dump(values, allow_unicode=True), report)
    assert found is not None
    for name in found.names():
        readers = (
            found.text,
            found.flag,
            found.number,
            found.count,
            found.moment,
            found.texts,
            found.list,
            found.fields,
            found.entries,
        )
        for read in readers:
            before = len(report.problems)
            result = read(name)
            assert result is not None or len(report.problems) >= before
    assert all(problem.line >= 1 and "\n" not in str(problem.found) for problem in report.problems)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_any_text_is_fields_or_a_problem(written: str) -> None:
    report = Report("x")
    try:
        found = fields.parse(text.printable(written), report)
    except fields.TooMuchError:
        return
    assert (found is None) <= bool(report.problems)


@given(PRINTABLE.map(str.strip))
def test_a_text_is_read_as_it_was_written(value: str) -> None:
    report = Report("x")
    found = fields.parse(yaml.safe_dump({"a": value}, allow_unicode=True, width=10**6), report)
    assert found is not None
    assert (found.text("a") or "") == text.printable(value).strip()


# ---------------------------------------------------------------- documents

SITE = Home("https://site.example", "https://site.example", "https://site.example")
SAID = st.sampled_from(
    """|a|'a  b'|"a &amp; <b>b</b>\\n"|https://x.example/a|/a|a.png|2026-01-02|2026-01-02T03:04:05Z|7|-1|1e2|true|no|null|fr|nowhere|"""
    """PT4M|x.example|[a, b]|{url: a}|>|a: b""".split("|")
)
NAMED = st.sampled_from(
    "title Title excerpt publishedDateTime updatedDateTime webUrl originalUrl id type quality heat published removed provider "
    "topics category tags images featuredContent actions related ampWebUrl locale secured unknown date Date pubDate lastmod "
    "description author by categories taxonomies extra image cover resources permalink url slug path lang draft status unlisted "
    "expiryDate redirect_to layout author_url".split()
)
WITHIN = st.sampled_from(
    "name domain url width title webUrl publishedDateTime length type size authors src alt tags categories author date".split()
)
PART = st.one_of(
    st.builds(" {}".format, SAID),
    st.lists(st.builds("\n  {}: {}".format, WITHIN, SAID), max_size=3).map("".join),
    st.lists(st.builds("\n  - {}".format, SAID), max_size=3).map("".join),
    st.lists(st.builds("\n  - {}: {}\n    {}: {}".format, WITHIN, SAID, WITHIN, SAID), max_size=2).map("".join),
)
FRONT = st.lists(st.builds("{}:{}\n".format, NAMED, PART), max_size=6).map("".join)


@given(FRONT, st.booleans())
@example("topics:\n  - a\n  - ~\n", True)
@example("images:\n  url: /a.png\nprovider: P\n", True)
@example("images: /a.png\nactions:\n  - a\n", True)
@example("related:\n  - title: a\n    provider:\n      domain: x.example\n", True)
def test_plain_front_matter_is_read_as_libyaml_reads_it(front: str, whole: bool) -> None:
    if whole:
        front = f"title: A\npublishedDateTime: 2026-01-02\n{front}"
    # Comments are not plain YAML.
    texts = [front_matter.taken_apart("x.md", f"---\n{text}---\nBody".encode()) for text in (front, f"{front}# comment\n")]
    plainly, by_libyaml = (front_matter.read(text, SITE) for text in texts)
    assert plainly == by_libyaml


# ---------------------------------------------------------------- conditional requests

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@given(ETAGS, st.lists(st.tuples(st.sampled_from(["", "W/"]), ETAGS), max_size=5), st.sampled_from([",", ", ", " ,\t", ",,"]))
def test_a_list_matches_where_it_holds_the_tag(etag: str, members: list[tuple[str, str]], comma: str) -> None:
    field = (comma if comma != ",," else ",").join(weak + tag for weak, tag in members)
    assert not_modified(etag, NOW, field, None) == (etag in [tag for _, tag in members])
    assert not_modified(etag, NOW, f"{field}, W/{etag}" if members else etag, None)


@given(ETAGS, ANY)
def test_no_header_breaks_the_answer(etag: str, field: str) -> None:
    for since in (None, field):
        assert not_modified(etag, NOW, field, since) in (True, False)
    if etag not in field and field.strip() != "*":
        assert not not_modified(etag, NOW, field, format_datetime(NOW, usegmt=True)), "If-None-Match goes first"


@given(MOMENTS, st.integers(-5, 5))
def test_modified_since_compares_dates(changed: datetime, seconds: int) -> None:
    assume(1000 < changed.year < 9999)
    since = format_datetime(changed + timedelta(seconds=seconds), usegmt=True)
    assert not_modified('"x"', changed, None, since) == (seconds >= 0)


@given(ANY)
def test_any_text_is_an_http_date_or_none(written: str) -> None:
    found = http_date(written)
    assert found is None or found.tzinfo is not None


def test_http_dates_in_their_three_forms() -> None:
    expected = datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)
    # The examples of RFC 9110 5.6.7.
    assert http_date("Sun, 06 Nov 1994 08:49:37 GMT") == expected
    assert http_date("Sunday, 06-Nov-94 08:49:37 GMT") == expected
    assert http_date("Sun Nov  6 08:49:37 1994") == expected


ADDRESS = st.lists(st.sampled_from(["a", "B", "0", "é", *"/.-_~?#&=%;:@!$'()*+,[]|^`\\ ", "%7e", "..", "&amp;"]), max_size=12)


@given(st.sampled_from(["https://e.example", "http://www.e-x.example.org", "https://1.2", "https://xn--a.example"]), ADDRESS)
def test_an_address_is_the_same_by_the_short_way_and_by_the_long(host: str, rest: list[str]) -> None:
    address = f"{host}/{''.join(rest)}"
    # With white space around it, which no address in a normal form has, each goes through the parser.
    assert urls.web_address(address) == urls.web_address(f" {address} ")
    assert urls.web_address(address, "https://base.example/a?b") == urls.web_address(f" {address} ")
