"""Conditional requests: RFC 9110 section 13, its examples and their combinations."""

from datetime import UTC, datetime

import pytest

from feeds.web.conditional import decide

ETAG = '"xyzzy"'
# The dates of the examples in 8.8.2 and 13.1.3.
CHANGED = datetime(1994, 10, 29, 19, 43, 31, tzinfo=UTC)
AT = "Sat, 29 Oct 1994 19:43:31 GMT"
BEFORE = "Sat, 29 Oct 1994 19:43:30 GMT"
AFTER = "Sun, 30 Oct 1994 00:00:00 GMT"

CASES: list[tuple[dict[str, str], int]] = [
    ({}, 200),
    # 13.1.1 If-Match: strong comparison
    ({"if-match": '"xyzzy"'}, 200),
    ({"if-match": '"xyzzy", "r2d2xxxx", "c3piozzzz"'}, 200),
    ({"if-match": "*"}, 200),
    ({"if-match": 'W/"xyzzy"'}, 412),
    ({"if-match": '"r2d2xxxx", "c3piozzzz"'}, 412),
    # 13.1.2 If-None-Match: weak comparison
    ({"if-none-match": '"xyzzy"'}, 304),
    ({"if-none-match": 'W/"xyzzy"'}, 304),
    ({"if-none-match": '"xyzzy", "r2d2xxxx", "c3piozzzz"'}, 304),
    ({"if-none-match": 'W/"r2d2xxxx", W/"xyzzy", W/"c3piozzzz"'}, 304),
    ({"if-none-match": "*"}, 304),
    ({"if-none-match": '"r2d2xxxx"'}, 200),
    ({"if-none-match": '"XYZZY"'}, 200),
    ({"if-none-match": '"xyzz"'}, 200),
    ({"if-none-match": '"a,b", "xyzzy"'}, 304),
    ({"if-none-match": ', , "xyzzy" ,'}, 304),
    ({"if-none-match": '"other""xyzzy"'}, 200),
    ({"if-none-match": "xyzzy"}, 200),
    ({"if-none-match": ""}, 200),
    ({"if-none-match": 'w/"xyzzy"'}, 200),
    # 13.1.3 If-Modified-Since, in the three forms of 5.6.7
    ({"if-modified-since": AT}, 304),
    ({"if-modified-since": AFTER}, 304),
    ({"if-modified-since": BEFORE}, 200),
    ({"if-modified-since": "Saturday, 29-Oct-94 19:43:31 GMT"}, 304),
    ({"if-modified-since": "Sat Oct 29 19:43:31 1994"}, 304),
    ({"if-modified-since": "yesterday"}, 200),
    ({"if-modified-since": "0"}, 200),
    ({"if-modified-since": ""}, 200),
    # 13.1.4 If-Unmodified-Since
    ({"if-unmodified-since": AT}, 200),
    ({"if-unmodified-since": AFTER}, 200),
    ({"if-unmodified-since": BEFORE}, 412),
    ({"if-unmodified-since": "soon"}, 200),
    # 13.2.2: If-Match before If-Unmodified-Since, If-None-Match before If-Modified-Since, the first pair before the second
    ({"if-match": '"xyzzy"', "if-unmodified-since": BEFORE}, 200),
    ({"if-match": '"other"', "if-unmodified-since": AFTER}, 412),
    ({"if-none-match": '"other"', "if-modified-since": AFTER}, 200),
    ({"if-none-match": '"xyzzy"', "if-modified-since": BEFORE}, 304),
    ({"if-none-match": "broken", "if-modified-since": AFTER}, 200),
    ({"if-match": '"other"', "if-none-match": '"xyzzy"'}, 412),
    ({"if-match": '"xyzzy"', "if-none-match": '"xyzzy"'}, 304),
    ({"if-unmodified-since": BEFORE, "if-none-match": '"xyzzy"'}, 412),
    ({"if-unmodified-since": AFTER, "if-modified-since": AT}, 304),
    ({"if-unmodified-since": AFTER, "if-modified-since": BEFORE}, 200),
]


@pytest.mark.parametrize(("fields", "status"), CASES)
def test_preconditions(fields: dict[str, str], status: int) -> None:
    assert decide(ETAG, CHANGED, fields) == status


@pytest.mark.parametrize("name", ["if-modified-since", "if-unmodified-since"])
@pytest.mark.parametrize("moment", [BEFORE, AT, AFTER])
def test_dates_are_ignored_where_the_last_change_is_unknown(name: str, moment: str) -> None:
    assert decide(ETAG, None, {name: moment}) == 200
