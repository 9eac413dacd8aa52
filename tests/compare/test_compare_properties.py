"""Properties of every comparison: a site equals itself, and findings do not depend on order or format."""

import calendar
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

import feeds
from feeds.compare.comparison import compare
from feeds.compare.findings import Comparison
from feeds.compare.parsed import parse
from feeds.compare.snapshots import Documents
from feeds.model import Article

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=400)
TITLES = st.text("aä<&\"'é ", min_size=1, max_size=8).filter(lambda text: text.strip())
TOPICS = st.lists(st.sampled_from(["Tides", "Winds", "Sand"]), max_size=2, unique=True)
Documented = dict[str, bytes]


@st.composite
def articles(draw: st.DrawFn) -> list[Article]:
    """Some articles, each with an address of its own."""
    days = draw(st.lists(st.integers(0, 300), min_size=1, max_size=12))
    return [article(number, day, draw(TITLES), draw(TOPICS)) for number, day in enumerate(days)]


def article(number: int, day: int, title: str, topics: list[str], **more: str) -> Article:
    fields: dict[str, Any] = {
        "title": title,
        "publishedDateTime": (START + timedelta(days=day)).isoformat(),
        "webUrl": f"https://courier.example/{number}",
        "topics": topics,
        **more,
    }
    text = "".join(f"{name}: {json.dumps(value)}\n" for name, value in fields.items())
    return feeds.parse(f"---\n{text}---\nThe text.", f"{number}.md")


def documents(some: list[Article], *, archives: bool = True) -> Documented:
    """Every feed of a site of these articles, with archives."""
    more = {} if archives else {"archives": False}
    site = feeds.Site(some, title="Tidings", url="https://feeds.example.org", now=NOW, limit=3, pages=False, **more)
    return {
        path: site[path].body for path in site if path.endswith((".rss", ".atom", ".json")) and not path.startswith("assets/")
    }


def found(old: Documented, new: Documented) -> Comparison:
    return compare(Documents(old), Documents(new))


@st.composite
def releases(draw: st.DrawFn) -> tuple[list[Article], list[Article]]:
    """Articles before and after: some deleted, redated, renamed or under another id, and some new."""
    before = draw(articles())
    after = []
    for each in before:
        match draw(st.sampled_from(["same", "same", "same", "gone", "redated", "renamed", "other id"])):
            case "same":
                after.append(each)
            case "redated":
                after.append(replace(each, published=each.published + timedelta(days=1)))
            case "renamed":
                after.append(replace(each, title=f"{each.title} corrected"))
            case "other id":
                after.append(replace(each, id=f"{each.id}/other"))
    new = [
        article(100 + number, day, f"New {number}", [])
        for number, day in enumerate(draw(st.lists(st.integers(0, 350), max_size=5)))
    ]
    return before, [*after, *new]


@given(articles())
@settings(max_examples=25, deadline=None)
def test_a_site_has_no_changes_compared_with_itself(some: list[Article]) -> None:
    comparison = found(documents(some), documents(some))
    assert not comparison.harms
    assert {change.state for change in comparison.feeds} == {"same"}


@given(releases(), st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_findings_do_not_depend_on_order(release: tuple[list[Article], list[Article]], random: Any) -> None:
    before, after = documents(release[0]), documents(release[1])
    shuffled = []
    for some in release:
        again = list(some)
        random.shuffle(again)
        paths = list(documents(again).items())
        random.shuffle(paths)
        shuffled.append(dict(paths))
    assert found(before, after) == found(*shuffled)


@given(releases())
@settings(max_examples=25, deadline=None)
def test_findings_are_the_same_in_every_format(release: tuple[list[Article], list[Article]]) -> None:
    before, after = documents(release[0]), documents(release[1])
    seen = []
    for ending in (".rss", ".atom", ".json"):
        old, new = ({path: body for path, body in side.items() if path.endswith(ending)} for side in (before, after))
        comparison = found(old, new)
        harms = {
            (harm.kind, harm.message, harm.item, tuple(path.removesuffix(ending) for path in harm.feeds))
            for harm in comparison.harms
        }
        changes = [
            (
                change.path.removesuffix(ending),
                change.state,
                *(
                    [item.id for item in items]
                    for items in (change.added, change.changed, change.pushed_off, change.left, change.vanished)
                ),
            )
            for change in comparison.feeds
        ]
        seen.append((harms, changes))
    assert seen[0] == seen[1] == seen[2]


@given(articles(), st.integers(1, 4), st.booleans())
@settings(max_examples=25, deadline=None)
def test_new_articles_never_hurt(some: list[Article], more: int, archives: bool) -> None:
    newest = [article(500 + number, 310 + number, f"New {number}", ["Tides"]) for number in range(more)]
    assert not found(documents(some, archives=archives), documents([*some, *newest], archives=archives)).harms


@given(articles())
@settings(max_examples=25, deadline=None)
def test_a_deleted_article_vanishes_from_every_feed(some: list[Article]) -> None:
    before = documents(some)
    gone = some[0]
    comparison = found(before, documents(some[1:]))
    vanished = [harm for harm in comparison.harms if harm.item == gone.id]
    emptied = {
        path for path, body in before.items() if [item.id for item in parse(body).items] == [gone.id] and "archive" not in path
    }
    had = {path for path, body in before.items() if gone.id in {item.id for item in parse(body).items}}
    assert {path for harm in vanished for path in harm.feeds} | emptied == had | emptied


@given(articles())
@settings(max_examples=25, deadline=None)
def test_feeds_are_read_as_feedparser_reads_them(some: list[Article]) -> None:
    for path, body in documents(some).items():
        ours = parse(body)
        assert not ours.faults
        if path.endswith(".json"):
            continue
        theirs = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
        moments = [datetime.fromtimestamp(calendar.timegm(entry.published_parsed), UTC) for entry in theirs.entries]
        assert [item.published for item in ours.items] == moments
        assert [(item.id, item.link) for item in ours.items] == [(entry.id, entry.link) for entry in theirs.entries]
        links = {link.rel: link.href for link in theirs.feed.links}
        assert ours.self_url == links["self"]
        assert ours.older == links.get("prev-archive", "")


@given(articles())
@settings(max_examples=25, deadline=None)
def test_json_feeds_are_read_as_they_are_written(some: list[Article]) -> None:
    # More than a feed holds, so that there are archives.
    more = [article(500 + number, 310 + number, f"New {number}", []) for number in range(4)]
    written = {path: body for path, body in documents([*some, *more]).items() if path.endswith(".json")}
    for body in written.values():
        ours, theirs = parse(body), json.loads(body)
        assert (ours.id, ours.self_url) == (theirs["feed_url"], theirs["feed_url"])
        assert ours.older == theirs.get("next_url", "")
        assert [item.id for item in ours.items] == [item["id"] for item in theirs["items"]]
    assert "next_url" in json.loads(written["all.json"])
