"""A document that can't be read is one clear error and costs no other document."""

import json
import os

import pytest
from support import CONFIG, Result, Site, doc

import feeds

GOOD = doc({"title": "Good"})
BODY = "title: t\npublishedDateTime: 2026-01-02\n"

# A document in error; the line and field of its error; parts of `found` and `expected`.
BROKEN: dict[str, tuple[str | bytes, int, str, str, str]] = {
    "date.md": (f"---\n{BODY.replace('2026-01-02', 'soon')}---\n", 3, "publishedDateTime", "'soon'", "2026-11-22T09:30:00Z"),
    "ambiguous.md": ("---\ntitle: t\npublishedDateTime: 02/03/2026\n---\n", 3, "publishedDateTime", "'02/03/2026'", "a date"),
    "no-date.md": ("---\ntitle: t\n---\n", 2, "publishedDateTime", "nothing", "a date"),
    "impossible.md": ("---\ntitle: t\npublishedDateTime: 2026-02-30\n---\n", 3, "publishedDateTime", "'2026-02-30'", "a date"),
    "no-title.md": ("---\npublishedDateTime: 2026-01-02\n---\n", 2, "title", "nothing", "title"),
    "blank-title.md": ("---\npublishedDateTime: 2026-01-02\ntitle: ' <b> </b> '\n---\n", 3, "title", "<b>", "title"),
    "list-title.md": ("---\npublishedDateTime: 2026-01-02\ntitle: [a]\n---\n", 3, "title", "a list", "title"),
    "script.md": (f"---\n{BODY}webUrl: 'javascript:alert(1)'\n---\n", 4, "webUrl", "javascript:alert(1)", "http or https"),
    "data.md": (f"---\n{BODY}originalUrl: 'data:text/html,x'\n---\n", 4, "originalUrl", "data:text/html,x", "http or https"),
    "traversal.md": (f"---\n{BODY}provider: {{name: x, domain: ../../etc}}\n---\n", 4, "provider.domain", "../../etc", "domain"),
    "space.md": (f"---\n{BODY}provider:\n  domain: not a domain\n---\n", 5, "provider.domain", "not a domain", "domain"),
    "quality.md": (f"---\n{BODY}quality: high\n---\n", 4, "quality", "'high'", "a number"),
    "nan.md": (f"---\n{BODY}heat: .nan\n---\n", 4, "heat", "'.nan'", "a number"),
    "flag.md": (f"---\n{BODY}published: maybe\n---\n", 4, "published", "'maybe'", "true or false"),
    "twice.md": (f"---\n{BODY}title: u\n---\n", 4, "title", "a second one", "one (line 2)"),
    "twice.json": ('{"title": "t",\n"title": "u", "publishedDateTime": "2026-01-02"}', 2, "title", "second", "one (line 1)"),
    "open.md": (f"---\n{BODY}", 1, "", "without an end", "---"),
    "yaml.md": ("---\ntitle: t\nx: [1\n---\n", 0, "", "broken YAML", "valid YAML"),
    "json.json": ('{\n"title": "t",\n}', 3, "", "broken JSON", "valid JSON"),
    "list.yaml": ("- a\n- b\n", 1, "", "a list", "fields"),
    "bytes.md": (b"---\ntitle: t\nexcerpt: caf\xe9\n---\n", 3, "", "0xE9", "UTF-8"),
    "utf16.md": ("---\ntitle: t\n---\n".encode("utf-16"), 1, "", "0xFF", "UTF-8"),
    "topics.md": (f"---\n{BODY}topics: [a, {{b: c}}]\n---\n", 4, "topics[1]", "a mapping", "text"),
    "list-url.md": (f"---\n{BODY}webUrl: [x]\n---\n", 4, "webUrl", "a list", "http or https"),
    "list.json": ("[]", 1, "", "a list", "fields"),
    "quote.md": (
        '---\ntitle: "Never closed\npublishedDateTime: 2026-01-02\n---\n',
        2,
        "",
        "a quote that is never closed",
        "quote",
    ),
    "quote-later.md": (f"---\n{BODY}excerpt: 'Never\ntopics: [a]\nx: y\n---\n", 4, "", "a quote that is never closed", "quote"),
    "quote-then-another.md": (
        '---\ntitle: "Never closed\nexcerpt: "It is"\npublishedDateTime: 2026-01-02\n---\n',
        2,
        "",
        "a quote whose text ends only in line 3",
        "another quote",
    ),
    "quote-in-list.md": (
        f'---\n{BODY}topics: [Sea, "Law]\nx: y\nexcerpt: "z"\n---\n',
        4,
        "",
        "a quote whose text ends only in line 6",
        "another quote",
    ),
    "less-indented.md": (f'---\n{BODY}x: "two\n  lines"\nexcerpt: |\n  "a\n b\n---\n', 8, "", "broken YAML", "valid YAML"),
    "anchor.md": (f"---\n{BODY}x: *nowhere\n---\n", 4, "", "broken YAML", "valid YAML"),
    "object.md": (f"---\n{BODY}title2: !!python/object/apply:os.system ['true']\nid: [x]\n---\n", 5, "id", "a list", "text"),
    "laughs.md": (
        f"---\n{BODY}a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10))
        + "topics: *a9\n---\n",
        12,  # the line of the anchor
        "topics[0]",
        "a list",
        "text",
    ),
    "laughing-images.md": (
        f"---\n{BODY}a: &a {{{', '.join(f'k{n}: v' for n in range(1000))}}}\nimages: [{', '.join(['*a'] * 1000)}]\n---\n",
        2,
        "",
        "aliases that expand",
        "values",
    ),
    "deep.md": (f"---\n{BODY}x: {'[' * 200_000}\n---\n", 4, "", "nested too deeply", "levels"),
    "deep-closed.md": (f"---\n{BODY}x: {'[' * 200_000}{']' * 200_000}\n---\n", 4, "", "nested too deeply", "levels"),
    "deep.json": ('{"title": ' + "[" * 200_000, 1, "", "", "JSON"),
    "deep-maps.md": ("---\n" + "? " * 200_000 + "\n---\n", 2, "", "nested too deeply", "levels"),
    "deep-list.md": ("---\n" + "- " * 100_000 + "x\n---\n", 2, "", "nested too deeply", "levels"),
    "deep-lines.yaml": ("".join(f"{' ' * n}a:\n" for n in range(1000)), 0, "", "nested too deeply", "levels"),
    "huge.md": (b"---\ntitle: t\n---\n" + b"x" * (16 * 2**20), 1, "", "bytes", "at most"),
    "huge.yaml": (BODY + "excerpt: " + "y" * (4 * 2**20), 1, "", "characters of YAML", "at most"),
    "number.json": ('{"title": ' + "9" * 10_000 + ', "publishedDateTime": "2026-01-02"}', 1, "", "", "JSON"),
}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Site, Result]:
    site = Site(tmp_path_factory.mktemp("errors")).write({"config.yaml": CONFIG, "articles/good.md": GOOD})
    site.write({f"articles/{name}": text for name, (text, *_) in BROKEN.items()})
    return site, site.run("check", "--json")


@pytest.mark.parametrize("name", BROKEN)
def test_every_error_names_its_place(checked: tuple[Site, Result], name: str) -> None:
    _, line, field, found, expected = BROKEN[name]
    problems = [problem for problem in json.loads(checked[1].out)["problems"] if problem["path"] == f"articles/{name}"]
    assert problems
    problem = next((problem for problem in problems if problem["severity"] == "error"), None)
    assert problem
    assert problem["field"] == field
    assert found in problem["found"]
    assert expected in problem["expected"]
    if line:
        assert problem["line"] == line


def test_one_document_in_error_costs_no_other(checked: tuple[Site, Result]) -> None:
    assert json.loads(checked[1].out)["published"] == ["articles/good.md"]
    site = checked[0]
    feeds = site.export()
    assert b"<title>Good</title>" in feeds["all.rss"]
    assert b"javascript:" not in b"".join(feeds.values())
    assert not [path for path in feeds if ".." in path or "etc" in path]


def test_each_error_is_one_short_line(checked: tuple[Site, Result]) -> None:
    ran = checked[0].run("export")
    lines = ran.err.splitlines()
    shown = [line for line in lines if line.startswith(("error: articles/", "warning: articles/"))]
    assert shown == [line for line in lines if not line.startswith("… and ")]
    assert max(len(line) for line in lines) < 400
    assert ran.out.startswith("1 article in ")


def test_one_mistake_is_one_problem(checked: tuple[Site, Result]) -> None:
    places = [(problem["path"], problem["line"], problem["field"]) for problem in json.loads(checked[1].out)["problems"]]
    assert len(places) == len(set(places))


def test_errors_fail_an_export_under_strict(checked: tuple[Site, Result]) -> None:
    checked[0].run("export", "--strict", status=1)


def test_an_invalid_part_is_left_out(site: Site) -> None:
    site.write(
        {
            "articles/a.md": doc(
                {
                    "images": ["javascript:x", "https://ok.example/1.png", {"url": "https://ok.example/2.png", "width": "wide"}],
                    "related": [{"title": "no address"}, {"title": "R", "webUrl": "https://r.example/"}],
                    "actions": [{"url": "https://ok.example/a.mp3", "type": "audio/mpeg", "length": "long"}],
                    "locale": "a language",
                    "ampWebUrl": "nowhere",
                }
            )
        }
    )
    ran = site.run("export", "--strict")
    assert ran.err.count("warning: articles/a.md:") == 6
    (item,) = site.items()
    assert item["image"] == "https://ok.example/1.png"
    assert [link["title"] for link in item["_feeds"]["related"]] == ["R"]
    assert item["attachments"][0]["url"] == "https://ok.example/a.mp3"
    assert item["language"] == "en"


def test_errors_of_a_draft_are_reported_by_check_alone(site: Site) -> None:
    site.write({"articles/a.md": "---\ntitle: My secret plan\npublished: false\npublishedDateTime: someday\n---\n"})
    for command in (["export", "--strict"], ["list"], ["show", "all.rss"]):
        ran = site.run(*command)
        assert "a.md" not in ran.out + ran.err
    assert "articles/a.md:4: publishedDateTime: found 'someday'" in site.run("check").out


def test_the_error_of_a_draft_in_broken_yaml_does_not_quote_it(site: Site) -> None:
    site.write({"articles/a.md": "---\npublished: false\ntitle: My secret plan: the plan\n---\n"})
    ran = site.run("export")
    assert "secret plan" not in ran.out + ran.err


def test_a_source_that_is_not_a_folder_is_a_usage_error(site: Site) -> None:
    ran = site.run("export", "--source", "nowhere", status=2)
    assert "nowhere" in ran.err
    assert "Traceback" not in ran.err


def test_a_file_that_is_a_dangling_link_costs_nothing_else(site: Site) -> None:
    site.write({"articles/good.md": GOOD})
    (site.folder / "articles/bad.md").symlink_to(site.folder / "gone.md")
    ran = site.run("export")
    assert "articles/bad.md" in ran.err
    assert ran.out.startswith("1 article ")


def test_folders_that_link_to_each_other_end(site: Site) -> None:
    site.write({"articles/in/good.md": GOOD})
    (site.folder / "articles/in/again").symlink_to(site.folder / "articles", target_is_directory=True)
    assert len(site.items()) == 1


def test_files_that_are_hard_to_read_cost_nothing_else(site: Site) -> None:
    site.write({"articles/good.md": GOOD})
    (site.folder / "articles/circle.md").symlink_to("circle.md")
    (site.folder / "articles/folder").symlink_to("folder")
    os.mkfifo(site.folder / "articles/pipe.md")
    with open(os.fsencode(site.folder) + b"/articles/\xff.md", "wb") as file:
        file.write(doc({"title": "A name that is no UTF-8"}).encode())
    ran = site.run("export")
    assert [line.split(":")[1].strip() for line in ran.err.splitlines()] == ["articles/circle.md", "articles/pipe.md"]
    assert {item["title"] for item in site.items()} == {"Good", "A name that is no UTF-8"}


@pytest.mark.parametrize(
    ("fields", "line", "field", "severity"),
    [
        ("layout: post\nlayout: page\n", 5, "layout", "warning"),
        ("excerpt: Ours\ndescription: a\ndescription: b\n", 6, "description", "warning"),
        ("images:\n  - url: https://a.example/a.png\n    fit: crop\n    fit: fill\n", 7, "images[0].fit", "warning"),
        ("images:\n  - url: https://a.example/a.png\n    width: 1\n    width: 2\n", 7, "images[0].width", "warning"),
        ("provider:\n  name: A\n  founded: 1\n  founded: 2\n", 7, "provider.founded", "warning"),
        ("provider:\n  name: A\n  name: B\n", 6, "provider.name", "error"),
        ("description: a\ndescription: b\n", 5, "description", "warning"),
        # With the first value, the article would be published.
        ("draft: false\ndraft: true\n", 5, "draft", "error"),
        ("status: published\nStatus: hidden\n", 5, "status", "error"),
        ("date: 2026-01-01\npublished: 2026-01-01\npublished: false\n", 6, "published", "error"),
    ],
)
def test_a_repeated_field_is_an_error_where_the_field_matters(
    site: Site, fields: str, line: int, field: str, severity: str
) -> None:
    site.write({"articles/a.md": f"---\n{BODY}{fields}---\n"})
    report = site.check()
    assert [(each["line"], each["field"], each["severity"]) for each in report["problems"]] == [(line, field, severity)]
    assert report["published"] == ([] if severity == "error" else ["articles/a.md"])


def test_an_unused_repeated_field_and_a_second_category_are_warnings(site: Site) -> None:
    site.write({"articles/a.md": f"---\n{BODY}layout: post\nlayout: page\ncategory: [News, Sport]\n---\n"})
    report = site.check()
    assert report["published"] == ["articles/a.md"]
    found = {(problem["line"], problem["field"], problem["severity"]) for problem in report["problems"]}
    assert found == {(5, "layout", "warning"), (6, "category", "warning")}
    assert site.run("export", "--strict", status=0)
    assert "category" in site.run("export").err


def test_data_files_of_a_site_generator_are_not_articles(site: Site) -> None:
    data = {
        "blog.json": '{"title": "All posts", "tags": ["posts"], "layout": "post.njk"}',
        "posts.11tydata.json": '{"title": "Posts"}',
        "site.json": '{"tags": ["posts"], "layout": "post.njk"}',
        "authors.yaml": "x: {name: X}",
    }
    site.write({f"articles/blog/{name}": text for name, text in data.items()} | {"articles/blog/a.md": GOOD})
    assert not site.check()["problems"]
    # Without a title it is still an article.
    site.write({"articles/blog/b.json": '{"publishedDateTime": "2026-01-02"}'})
    assert [problem["field"] for problem in site.check()["problems"]] == ["title"]
    # A document can be named after its folder.
    site.write({"articles/c/c.json": '{"title": "C", "date": "2026-01-02"}'})
    assert "articles/c/c.json" in site.check()["published"]
    with pytest.raises(feeds.DocumentError, match="data of something else"):
        feeds.parse("{}", "site.json")


def test_options_have_no_line(site: Site) -> None:
    site.write({"articles/good.md": GOOD})
    assert site.run("export", "--base-url", "elsewhere", status=2).err.startswith("--base-url: found 'elsewhere'")
    assert site.run("export", "--source", "ftp://x.example/", status=2).err.startswith("--source: found ")
