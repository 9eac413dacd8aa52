"""Files that are not articles are counted by reason, and unknown fields are named."""

import json

import pytest
from support import REQUIRED, Site

GOOD = "---\ntitle: Good\ndate: 2026-01-02\nwebUrl: https://a.example/good\n---\n"
PASSED = {
    "readme.md": ("Just words.\n", "no front matter"),
    "_index.md": ("---\ntitle: A section\n---\n", "a page of a section (_index)"),
    "blog/_index.fr.md": ("+++\ntitle = 'Une section'\n+++\n", "a page of a section (_index)"),
    "index.md": ("---\nlayout: home\n---\n", "an index without a title and a date"),
    "moved.md": ("---\ntitle: Moved\nredirect_to: /elsewhere/\n---\n", "a redirect"),
    "stub.md": ("---\ntitle: Stub\nlayout: redirect\n---\n", "a redirect"),
    "blog/blog.json": ('{"tags": ["posts"], "layout": "post.njk"}', "data of something else"),
    "hidden.md": ("---\ntitle: Hidden\ndate: 2026-01-02\npermalink: false\n---\n", "no page of its own (permalink: false)"),
    "old.adoc": ("Title\n=====\n", "a kind of document that Feeds can't read (.adoc)"),
}


def passed(site: Site) -> dict[str, str]:
    return {each["path"].removeprefix("articles/"): each["why"] for each in site.check()["passed_over"]}


def test_files_passed_over_are_counted_by_reason(site: Site) -> None:
    site.write({f"articles/{name}": text for name, (text, _) in PASSED.items()} | {"articles/good.md": GOOD})
    expected = {name: why for name, (_, why) in PASSED.items()}
    assert passed(site) == expected
    report = site.check()
    assert (report["published"], report["problems"]) == (["articles/good.md"], [])
    output = site.run("check").out
    for name, why in expected.items():
        assert f"passed over: articles/{name}: {why}\n" in output
    assert f"{len(expected)} files passed over" in output
    first = site.run("export", "--strict").out
    assert f"{len(expected)} files passed over: 2 a page of a section (_index), 2 a redirect, " in first
    counts = json.loads(site.run("export", "--json").out)["passed_over"]
    assert counts["a redirect"] == 2
    assert sum(counts.values()) == len(expected)


def test_pages_beside_articles_need_no_date_where_a_source_is_part_of_a_site(site: Site) -> None:
    site.write({"config.yaml": REQUIRED.replace("[articles]", "[{path: articles, link: '/:path/'}]"), "articles/good.md": GOOD})
    site.write({"articles/about.md": "---\ntitle: About\n---\n", "articles/2026-01-02-a.md": "---\ntitle: A\n---\n"})
    assert passed(site) == {"about.md": "a page without a date"}
    # An unfinished date is still meant as a date.
    site.write({"articles/about.md": "---\ntitle: About\ndate: ''\n---\n"})
    (problem,) = site.check()["problems"]
    assert (problem["path"], problem["field"]) == ("articles/about.md", "date")


def test_counts_are_the_same_when_little_or_nothing_is_read_again(site: Site) -> None:
    site.write({f"articles/{name}": text for name, (text, _) in PASSED.items()} | {"articles/good.md": GOOD})
    first = json.loads(site.run("export", "--json").out)
    again = json.loads(site.run("export", "--json").out)
    assert (again["written"], again["passed_over"]) == (0, first["passed_over"])
    site.write({"articles/readme.md": GOOD.replace("good", "readme").replace("Good", "Readme")})
    changed = json.loads(site.run("export", "--json").out)
    assert "no front matter" not in changed["passed_over"]
    assert changed["articles"] == 2
    assert sum(changed["passed_over"].values()) == len(PASSED) - 1


def test_an_unknown_field_is_reported_once_with_the_nearest_known_one(site: Site) -> None:
    for number in range(3):
        text = GOOD.replace("good", str(number)).replace("Good", f"Good {number}")
        site.write(
            {f"articles/{number}.md": text.replace("---\n", "---\nsumary: So\nsubject: Sea\nweight: 3\naliases: [a]\n", 1)}
        )
    site.write({"articles/other.toml": 'title = "Other"\ndate = 2026-01-02\nsubject = "Sky"\nwebUrl = "https://a.example/o"\n'})
    assert site.check()["unread"] == [
        {"field": "subject", "documents": 4, "path": "articles/0.md", "nearest": None},
        {"field": "sumary", "documents": 3, "path": "articles/0.md", "nearest": "summary"},
    ]
    output = site.run("check").out
    assert output.count("subject: a field that is not read, in 4 documents, such as articles/0.md; ") == 1
    assert "`fields` of the source can say so" in output
    assert "did you mean 'summary'?" in output
    assert "2 fields not read: subject, sumary" in site.run("export", "--strict").out
    # Config says what it is.
    site.write(
        {"config.yaml": REQUIRED.replace("[articles]", "[{path: articles, fields: {category: subject, excerpt: sumary}}]")}
    )
    assert site.check()["unread"] == []
    assert site.items()[0]["tags"] == ["Sea"]


def test_articles_without_a_link_are_reported(site: Site) -> None:
    site.write({f"articles/{number}.md": f"---\ntitle: T{number}\ndate: 2026-01-0{number}\n---\n" for number in (1, 2)})
    assert site.check()["without_link"] == ["articles/2.md", "articles/1.md"]
    assert "2 articles without a link, such as articles/2.md; " in site.run("check").out
    site.write({"config.yaml": REQUIRED.replace("[articles]", "[{path: articles, link: '/:slug/'}]")})
    assert site.check()["without_link"] == []


@pytest.mark.parametrize("command", ["check", "export"])
def test_an_empty_source_fails_under_strict(site: Site, command: str) -> None:
    site.write({"config.yaml": REQUIRED.replace("[articles]", "[articles, other]"), "articles/good.md": GOOD})
    site.write({"other/readme.md": "Just words.\n", "other/a.rst": "More\n====\n"})
    ran = site.run(command, "--strict", status=1)
    assert "warning: other: no article comes from this source" in ran.out + ran.err
    site.run(command)
    # The same on the second run, when nothing is read.
    site.run(command, "--strict", status=1)
    site.write({"other/b.md": GOOD.replace("good", "b")})
    site.run(command, "--strict", status=0)


def test_a_source_with_a_draft_or_an_error_is_not_empty(site: Site) -> None:
    site.write({"config.yaml": REQUIRED.replace("[articles]", "[articles, other]"), "articles/good.md": GOOD})
    site.write({"other/b.md": GOOD.replace("title", "draft: true\ntitle")})
    site.run("export", "--strict")
