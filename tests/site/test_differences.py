"""The paths that come and go between two states are those of all paths of one and of the other."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import Site, doc

from feeds.config import loader
from feeds.index.store import Index
from feeds.site import site
from feeds.site.build import build
from feeds.site.differences import differences

NOW = datetime(2026, 11, 1, tzinfo=UTC)
CONFIG = """\
site: {title: Tidings, url: "https://feeds.example.org", language: en}
sources: [articles]
limit: 2
feeds: {best: {title: Best, minimum_quality: 50}}
withdrawn: WITHDRAWN
sitemaps: [plain]
"""
ENDS = ("", ".rss", ".atom", ".json", "/index.html")
PICTURE = b"GIF89a\1\0\1\0\0\0;"
fields = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["One", "Two"]),
        "publishedDateTime": st.sampled_from(["2026-01-02", "2026-01-03", "2026-02-01", "2126-06-01"]),
        "topics": st.lists(st.sampled_from(["Sea", "Ice", "Fire"]), max_size=2, unique=True),
        "published": st.booleans(),
    },
    optional={
        "provider": st.sampled_from([{"name": "A", "domain": "a.example"}, {"name": "B", "domain": "b.example"}]),
        "quality": st.sampled_from([10, 90]),
        "webUrl": st.sampled_from(["https://b.example/1", "https://c.example/2"]),
        "images": st.just([{"url": "picture.gif"}]),
    },
)
states = st.dictionaries(st.sampled_from("abcdef"), fields, max_size=6)


def paths_of(some: site.Site) -> set[str]:
    return {*some.paths(), *some.collection.groups}


@given(some=st.lists(states, min_size=2, max_size=5), withdrawn=st.sampled_from(["0", "30d"]))
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_differences_are_those_of_all_paths(some: list[Mapping[str, Mapping[str, Any]]], withdrawn: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written = Site(folder).write({"config.yaml": CONFIG.replace("WITHDRAWN", withdrawn), "articles/picture.gif": PICTURE})
        # So that the others may vanish.
        written.write({f"articles/kept-{number}.md": doc({"title": f"Kept {number}", "topics": ["Sea"]}) for number in range(9)})
        config = loader.load(folder / "config.yaml")
        index = Index(config)
        before, paths = None, set[str]()
        for state in some:
            for letter in "abcdef":
                file = f"articles/{letter}.md"
                (folder / file).unlink(missing_ok=True)
                if letter in state:
                    # No two may be taken for one another.
                    title = f"{state[letter]['title']} {letter}"
                    written.write({file: doc({**state[letter], "title": title}, f"Text {letter}")})
            now = build(config, NOW, publishes=True, index=index).site
            found = differences(before, now, index) if before is not None else None
            if found is not None:
                came, went = found
                assert came <= paths_of(now)
                assert paths_of(now) - paths <= came
                assert not went & paths_of(now)
                assert paths - paths_of(now) <= went
            before, paths = now, paths_of(now)
        index.close()


def test_one_article_is_told_from_all(tmp_path: Path) -> None:
    text = doc({"title": "T", "publishedDateTime": "2026-01-02", "topics": ["Sea"]}, "Text")
    site = Site(tmp_path).write({"config.yaml": CONFIG.replace("WITHDRAWN", "0"), "articles/a.md": text, "articles/b.md": text})
    config = loader.load(tmp_path / "config.yaml")
    index = Index(config)
    before = build(config, NOW, index=index).site
    site.write({"articles/a.md": text.replace("Sea", "Ice")})
    after = build(config, NOW, index=index).site
    came, went = differences(before, after, index) or (set(), set())
    assert {path for path in came if path.startswith("topics/")} == {f"topics/ice{end}" for end in ENDS}
    assert went == set()
    site.write({"config.yaml": CONFIG.replace("WITHDRAWN", "0") + "groups: [provider, tag]\n"})
    other_config = loader.load(tmp_path / "config.yaml")
    other = Index(other_config)
    regrouped = build(other_config, NOW, index=other).site
    assert differences(after, regrouped, other) is None
    # Its numbers begin anew.
    index.begin_anew()
    made_anew = build(config, NOW, index=index).site
    assert differences(after, made_anew, index) is None
    for each in (index, other):
        each.close()
