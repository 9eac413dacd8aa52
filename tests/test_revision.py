"""A catalogue with articles taken out and put in is the one that grouping all of them anew would give."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from feeds.index.catalogue import Catalogue
from feeds.index.revision import revised
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from feeds.config.types import Config, Minimum, NamedFeed, ProviderNotes, Site, Topic
from feeds.index import catalogue, grouping
from feeds.index.grouping import Collection, Selection
from feeds.model import File, Image, Kind, Listing, Provider

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
BASE = "https://feeds.example.org"
CONFIG = Config(Path("config.yaml"), Site("Tidings", BASE, BASE, BASE), ())
PICTURED = Image("https://b.example/of-config.png")
GROUPS = tuple(kind for kind in Kind if kind is not Kind.ALL)
CONFIGS = [
    replace(CONFIG, groups=GROUPS, limit=2),
    replace(
        CONFIG,
        groups=GROUPS,
        providers={
            "a.example": ProviderNotes("a.example", name="Config's"),
            "b.example": ProviderNotes("b.example", image=PICTURED),
        },
        topics={"sea": Topic("Sea", parent="Water"), "deep sea": Topic("Deep Sea", parent="Sea")},
        minimums={"topic": Minimum(quality=50), "provider": Minimum(heat=5)},
        feeds=(NamedFeed("best", "Best", topics=("sea",), minimum=Minimum(quality=50)),),
    ),
    replace(CONFIG, groups=(Kind.CATEGORY,), minimums={"site": Minimum(quality=50)}),
    replace(CONFIG, groups=GROUPS, drafts=True),
]
PROVIDERS = st.builds(
    Provider,
    name=st.sampled_from(["", "Ada", "ada", "Bo"]),
    domain=st.sampled_from([None, "a.example", "b.example"]),
    images=st.sampled_from([(), (Image("https://a.example/1.png"),), (Image("https://a.example/2.png"),)]),
)
PICTURE = File("files/p.png", "https://feeds.example.org/files/p.png", 0, "p.png", "image/png", 3)
FILES = st.sampled_from([(), (), (("p.png", PICTURE),), (("p.png", replace(PICTURE, size=4)),)])
LISTINGS = st.builds(
    Listing,
    path=st.sampled_from([f"articles/{name}.md" for name in "abcdefgh"]),
    id=st.integers(0, 20).map(lambda number: f"urn:{number}"),
    title=st.sampled_from(["One", "Two"]),
    published=st.sampled_from([-3000, -60, -59.5, -59.2, 0, 1, 90]).map(lambda minutes: NOW + timedelta(minutes=minutes)),
    updated=st.just(NOW),
    url=st.sampled_from([None, "https://b.example/1"]),
    provider=st.none() | PROVIDERS,
    topics=st.lists(st.sampled_from(["Sea", "sea", "Deep sea", "Ice"]), max_size=2).map(tuple),
    category=st.sampled_from([None, "News", "news"]),
    quality=st.sampled_from([None, 10, 90]),
    heat=st.sampled_from([None, 1, 9]),
    draft=st.sampled_from([False, False, True]),
    files=FILES,
).map(lambda listing: replace(listing, digest=hashlib.blake2b(repr(listing).encode(), digest_size=16).digest()))


def grouped(documents: dict[str, Listing], config: Config, now: datetime) -> Catalogue:
    selection = grouping.select((documents[path] for path in sorted(documents)), config, now)
    return catalogue.make(b"anew", selection, grouping.collect(selection.published, config))


def told(selection: Selection, found: Collection) -> tuple[object, ...]:
    """All that a collection says, in its order; files have none."""
    groups = {path: (replace(group, articles=()), list(group.articles)) for path, group in found.groups.items()}
    held = (selection.published, selection.drafts, selection.scheduled, selection.below_minimum)
    return (
        list(groups.items()),
        [list(each) for each in held],
        (selection.duplicates, selection.next_due, found.topics, found.categories, dict(found.files)),
        list(found.articles.items()),
    )


@given(
    st.sampled_from(CONFIGS),
    st.lists(LISTINGS, max_size=12),
    st.lists(st.lists(st.one_of(LISTINGS, st.sampled_from("abcdefgh")), min_size=1, max_size=3), min_size=1, max_size=4),
)
@settings(max_examples=600, suppress_health_check=list(HealthCheck), deadline=None)
def test_what_is_revised_is_what_would_be_grouped_anew(
    config: Config, first: list[Listing], steps: list[list[Listing | str]]
) -> None:
    documents = {each.path: each for each in first}
    kept = grouped(documents, config, NOW)
    everything = {each.digest: each for each in first}

    def fetch(wanted: Sequence[tuple[str, bytes]]) -> list[Listing]:
        return [everything[digest] for _, digest in wanted]

    for step in steps:
        before = dict(documents)
        for each in step:
            if isinstance(each, str):
                documents.pop(f"articles/{each}.md", None)
            else:
                documents[each.path] = each
                everything[each.digest] = each
        changes = [
            (before.get(path), documents.get(path))
            for path in sorted(before.keys() | documents.keys())
            if before.get(path) != documents.get(path)
        ]
        changed = revised(kept, b"new", changes, config, NOW, fetch)
        anew = grouped(documents, config, NOW)
        if changed is None:
            kept = anew
            continue
        assert told(*catalogue.opened(changed, fetch)) == told(*catalogue.opened(anew, fetch))
        assert changed.spelled == anew.spelled
        assert {domain: names for domain, names in changed.called.items() if names} == anew.called
        kept = changed
