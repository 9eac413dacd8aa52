"""Content negotiation and ranges, by the examples of RFC 9110."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.web import ranges
from feeds.web.accept import choose, names_html
from feeds.web.conditional import entity_tags

FEEDS = ("rss", "atom", "json")
PAGES = ("text", "html", "json")
CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "offered", "chosen"),
    [
        (None, FEEDS, "rss"),
        ("", FEEDS, "rss"),
        ("*/*", FEEDS, "rss"),
        ("nonsense", FEEDS, "rss"),
        ("application/atom+xml", FEEDS, "atom"),
        ("Application/ATOM+xml", FEEDS, "atom"),
        ("application/feed+json", FEEDS, "json"),
        ("application/json", FEEDS, "json"),
        ("application/rss+xml;q=0.5, application/atom+xml;q=0.7", FEEDS, "atom"),
        ("application/rss+xml;q=0.5, application/atom+xml;q=0.50, application/feed+json;q=0.6", FEEDS, "json"),
        ("application/rss+xml ; Q=0.1, application/atom+xml ; x=y ; q=0.2", FEEDS, "atom"),
        ("application/rss+xml;q=0.5;x=y, application/atom+xml;q=0.4", FEEDS, "rss"),
        # 12.4.2: a weight is at most 1, with up to three decimals; invalid weights are ignored.
        ("application/rss+xml;q=0.999, application/atom+xml;q=1.000", FEEDS, "atom"),
        ("application/rss+xml;q=0.9, application/atom+xml;q=1.9, application/feed+json;q=1", FEEDS, "atom"),
        ("application/rss+xml;q=0.9, application/atom+xml;q=x", FEEDS, "atom"),
        # 12.5.1: the most specific range counts.
        ("*/*;q=0.9, application/*;q=0.2, application/rss+xml;q=0.1, application/feed+json;q=0.3", FEEDS, "json"),
        ("application/rss+xml;q=0.1, application/*;q=0.2", FEEDS, "atom"),
        ("text/*, application/json;q=0.5", PAGES, "text"),
        ("text/html, text/*", PAGES, "html"),
        ("text/plain;q=0.5, */*;q=0.7", PAGES, "html"),
        ("application/xhtml+xml", PAGES, "html"),
        # A specific type goes before a general one.
        ("application/xml, application/atom+xml", FEEDS, "atom"),
        ("application/xml", FEEDS, "rss"),
        ("text/xml", FEEDS, "rss"),
        ("application/json, application/xml", FEEDS, "rss"),
        ("text/xml, application/xml, application/feed+json;q=0.9", FEEDS, "rss"),
        # 12.4.2: 0 refuses.
        ("application/rss+xml;q=0", FEEDS, "atom"),
        ("application/rss+xml;q=0.000, application/atom+xml;q=0", FEEDS, "json"),
        ("application/rss+xml;q=0, application/xml", FEEDS, "atom"),
        ("*/*;q=0", FEEDS, "rss"),
        ("application/*;q=0, */*", PAGES, "text"),
        ("image/png", FEEDS, "rss"),
        ("image/png, application/atom+xml;q=0.001", FEEDS, "atom"),
        (CHROME, PAGES, "html"),
        (CHROME, FEEDS, "rss"),
        ("text/plain,,text/html;q=0.3, ", PAGES, "text"),
        ("text/html level=1, text/html;q=0.4", ("html", "text"), "html"),
    ],
)
def test_the_format_is_the_one_that_the_client_prefers(accept: str | None, offered: Sequence[str], chosen: str) -> None:
    assert choose(accept, offered) == chosen


@given(st.text(st.sampled_from("application/rss+xml,;q=01.*/ jton"), max_size=60))
def test_any_header_has_an_answer(accept: str) -> None:
    assert choose(accept, FEEDS) in FEEDS


@pytest.mark.parametrize(
    ("accept", "named"),
    [
        (CHROME, True),
        ("text/html", True),
        ("*/*, TEXT/HTML;q=0.1", True),
        ("application/xhtml+xml", True),
        ("text/html;q=0", False),
        ("*/*", False),
        ("text/*", False),
        ("application/rss+xml", False),
        (None, False),
    ],
)
def test_browsers_name_html(accept: str | None, named: bool) -> None:
    assert names_html(accept) is named


CHANGED = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("range", "length", "part"),
    [
        # The examples of 14.1.2, of a representation of 10000 bytes.
        ("bytes=0-499", 10000, (0, 500)),
        ("bytes=500-999", 10000, (500, 1000)),
        ("bytes=-500", 10000, (9500, 10000)),
        ("bytes=9500-", 10000, (9500, 10000)),
        ("bytes=0-0", 10000, (0, 1)),
        ("bytes=9999-9999", 10000, (9999, 10000)),
        ("bytes=9999-99999", 10000, (9999, 10000)),
        ("bytes=-10001", 10000, (0, 10000)),
        ("bytes=-1", 10000, (9999, 10000)),
        ("Bytes= 5-6 ", 10000, (5, 7)),
        ("bytes=5-5", 10000, (5, 6)),
        ("bytes=6-5", 10000, None),
        ("bytes=-", 10000, None),
        ("bytes=0-0,-1", 10000, None),
        ("bytes=٣-٤", 10000, None),
        ("seconds=1-2", 10000, None),
        ("", 10000, None),
        (None, 10000, None),
        ("bytes=0-0", 0, None),
        ("bytes=-5", 0, None),
    ],
)
def test_a_range_is_a_part_of_the_file(range: str | None, length: int, part: tuple[int, int] | None) -> None:
    fields = {} if range is None else {"range": range}
    assert ranges.asked(fields, length, '"x"', CHANGED) == part


@pytest.mark.parametrize("range", ["bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999-99999"])
def test_a_range_after_the_end_is_not_satisfiable(range: str) -> None:
    with pytest.raises(ranges.UnsatisfiableError):
        ranges.asked({"range": range}, 10000, '"x"', CHANGED)


@pytest.mark.parametrize(
    ("validator", "same"),
    [
        ('"x"', True),
        (' "x" ', True),
        ('"y"', False),
        ('W/"x"', False),
        ("Wed, 04 Mar 2026 05:06:07 GMT", True),
        ("Wed, 04 Mar 2026 05:06:08 GMT", False),
        ("Wed, 04 Mar 2026 05:06:06 GMT", False),
        ("x", False),
        ("", False),
    ],
)
def test_if_range_needs_the_same_file(validator: str, same: bool) -> None:
    fields = {"range": "bytes=1-2", "if-range": validator}
    assert ranges.asked(fields, 9, '"x"', CHANGED) == ((1, 3) if same else None)
    if not validator.strip().startswith('"'):
        assert ranges.asked(fields, 9, '"x"', None) is None


@pytest.mark.parametrize(
    ("field", "tags"),
    [
        ('"a"', [(False, '"a"')]),
        ('W/"a" , "b"', [(True, '"a"'), (False, '"b"')]),
        ('"a,b",,"c"', [(False, '"a,b"'), (False, '"c"')]),
        (', "a",\t', [(False, '"a"')]),
        ('""', [(False, '""')]),
        ('"a""b"', []),
        ('"a" x', []),
        ('"b", "a" "c"', [(False, '"b"')]),
        ("a", []),
        ("", []),
    ],
)
def test_lists_of_entity_tags(field: str, tags: list[tuple[bool, str]]) -> None:
    assert list(entity_tags(field)) == tags
