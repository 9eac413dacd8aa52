"""Documents of site generators, in every form and with every name of fields."""

import datetime as dt
import json
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from support import CONFIG, Site

from feeds.documents import forms
from feeds.documents.report import Report
from feeds.text import dates

DATED = "2026-01-02T03:04:05Z"
FORMS = {
    "yaml.md": "---\ntitle: The title\ndate: 2026-01-02T03:04:05Z\ntags: [a, b]\n---\nThe body.\n",
    "yaml-named.md": "---yaml\ntitle: The title\ndate: 2026-01-02T03:04:05Z\ntags: [a, b]\n---\nThe body.\n",
    "after-a-blank-line.md": "\n---\ntitle: The title\ndate: 2026-01-02T03:04:05Z\ntags: [a, b]\n---\nThe body.\n",
    "toml.md": '+++\ntitle = "The title"\ndate = 2026-01-02T03:04:05Z\ntags = ["a", "b"]\n+++\nThe body.\n',
    "toml-named.md": '---toml\ntitle = "The title"\ndate = 2026-01-02T03:04:05Z\ntags = ["a", "b"]\n---\nThe body.\n',
    "zola.md": '+++\ntitle = "The title"\ndate = 2026-01-02T03:04:05Z\n\n[taxonomies]\ntags = ["a", "b"]\n+++\n\nThe body.\n',
    "json.md": '{\n  "title": "The title",\n  "date": "2026-01-02T03:04:05Z",\n  "tags": ["a", "b"]\n}\n\nThe body.\n',
    "json-named.md": '---json\n{"title": "The title", "date": "2026-01-02T03:04:05Z", "tags": ["a", "b"]}\n---\nThe body.\n',
    "hexo.md": '"title": "The title",\n"date": "2026/1/2 03:04:05",\n"tags": ["a", "b"]\n;;;\nThe body.\n',
    "hexo-fenced.md": ';;;\n"title": "The title",\n"date": "2026/1/2 03:04:05",\n"tags": ["a", "b"]\n;;;\nThe body.\n',
    "hexo-without-fence.md": "title: The title\ndate: 2026-1-2 03:04:05\ntags:\n- a\n- b\n---\nThe body.\n",
    "hexo-with-tabs.md": "---\ntitle: The title\ndate: 2026-1-2 03:04:05\ntags:\n\t- a\n\t- b\n---\nThe body.\n",
    "pelican.md": "Title: The title\nDate: 2026-01-02 03:04:05\nTags: a, b\n\nThe body.\n",
    "page.mdx": "---\ntitle: The title\ndate: 2026-01-02T03:04:05Z\ntags: [a, b]\n---\nThe body.\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_front_matter(site: Site, name: str) -> None:
    site.write({f"articles/{name}": FORMS[name]})
    assert site.run("export", "--strict").err == ""
    (item,) = site.items()
    assert (item["title"], item["date_published"], item["tags"]) == ("The title", DATED, ["a", "b"])
    assert item["content_html"].strip() == "<p>The body.</p>"


def test_whole_files_in_toml(site: Site) -> None:
    site.write(
        {"articles/a.toml": 'title = "Whole"\ndate = 2026-01-02\nexcerpt = """\nTwo\nlines"""\n', "articles/b.toml": "x = 1"}
    )
    (item,) = site.items()
    assert (item["title"], item["summary"]) == ("Whole", "Two lines")


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ('+++\ntitle = "t"\nx = [1\n+++\nBody', 4, "broken TOML"),
        ('+++\ntitle = "t"\ntitle = "u"\n+++\nBody', 3, "broken TOML"),
        ('+++\ntitle = "t"\ndate = "soon"\n+++\nBody', 3, "'soon'"),
        ('+++\ntitle = "t"\n[taxonomies]\ntags = ["a"]\n[extra]\ndate = "soon"\n+++\nBody', 6, "'soon'"),
        ('+++\ntitle = "t"\n', 1, "without an end"),
        ('\n{\n"title": "t",\n"x": [\n}\nBody', 5, "broken JSON"),
        ('{\n"title": "t",\n"date": "soon"\n}\nBody', 3, "'soon'"),
        ('---json\n{\n"title": "t"\n"date": "soon"\n}\n---\nBody', 4, "broken JSON"),
        ("Title: t\nAuthor: x\nDate: soon\n\nBody", 3, "'soon'"),
    ],
)
def test_broken_front_matter_is_one_error_with_its_line(site: Site, text: str, line: int, found: str) -> None:
    site.write({"articles/a.md": text})
    (problem,) = site.check()["problems"]
    assert problem["line"] == line
    assert found in problem["found"]
    assert problem["severity"] == "error"


# Documents that are no front matter at all, and the line, what is found and what is expected there. No field is to blame.
MALFORMED: dict[str, tuple[str | bytes, int, str, str]] = {
    "an open quote": ('---\ntitle: "t\nx: y\n---\nB', 2, "a quote that is never closed", "another quote after the text"),
    "a colon": ("---\ntitle: a: b\n---\nB", 2, "broken YAML (mapping values are not allowed in this context)", "valid YAML"),
    "no mapping": ("---\n[title, date]\n---\nB", 2, "a list", "fields, each `name: value`"),
    "a list for a name": ("---\ndate: 2026-01-01\n[a, b]: x\ntitle: a\n---\nB", 3, "a list", "the name of a field"),
    "another encoding": (b"---\ntitle: caf\xe9\n---\nB", 2, "the byte 0xE9", "text in UTF-8"),
    "no end": ("---\ntitle: a\ndate: 2026-01-01\n", 1, "front matter without an end", "a line `---` after it"),
    "too deep": (f"---\ntitle: a\nx: {'[' * 200}{']' * 200}\n---\nB", 3, "values nested too deeply", "at most 64 levels"),
    "too deep in JSON": (
        f'{{"title": "a", "x": {"[" * 3000}{"]" * 3000}}}\n\nB',
        1,
        "values nested too deeply or too long",
        "plain JSON",
    ),
    "bare text in TOML": ("+++\ntitle = t\n+++\nB", 2, "broken TOML (Invalid value)", "valid TOML"),
}


def test_malformed_front_matter_is_one_error_each(site: Site) -> None:
    site.write({f"articles/{name}.md": text for name, (text, *_) in MALFORMED.items()} | {"config.yaml": CONFIG})
    found = {each["path"]: each for each in site.check()["problems"]}
    assert {path: (each["line"], each["field"], each["found"], each["expected"]) for path, each in found.items()} == {
        f"articles/{name}.md": (line, "", found, expected) for name, (_, line, found, expected) in MALFORMED.items()
    }
    assert {each["severity"] for each in found.values()} == {"error"}


def test_values_of_toml(site: Site) -> None:
    """Each type of TOML is what the same text is in YAML."""
    front = 'title = "{0}"\ndate = {1}\nweight = 7\n{2}\n[extra]\nlist = [{{ a = [1, true] }}]\n'
    documents = {
        "day": front.format("day", "2026-01-02", "draft = false"),
        "local": front.format("local", "2026-01-02T03:04:05", "published = true"),
        "zone": front.format("zone", "2026-01-02T03:04:05+01:00", 'tags = ["a", "b c"]'),
        "draft": front.format("draft", "2026-01-02", "draft = true"),
        "held-back": front.format("held-back", "2026-01-02", "published = false"),
    }
    site.write({f"articles/{name}.md": f"+++\n{text}+++\nText" for name, text in documents.items()} | {"config.yaml": CONFIG})
    assert {item["title"]: item["date_published"] for item in site.items()} == {
        "day": "2026-01-02T00:00:00Z",
        "local": "2026-01-02T03:04:05Z",
        "zone": "2026-01-02T02:04:05Z",
    }
    assert next(item["tags"] for item in site.items() if item["title"] == "zone") == ["a", "b c"]


# Front matter of generators, and the members that the item must have.
NAMES: dict[str, tuple[str, dict[str, Any]]] = {
    "publishDate": ("title: t\npublishDate: 2026-01-02\n", {"date_published": "2026-01-02T00:00:00Z"}),
    "pubDate": ("title: t\npubDate: Jan 2 2026\n", {"date_published": "2026-01-02T00:00:00Z"}),
    "created_at": ("title: t\ncreated_at: 2026/01/02\n", {"date_published": "2026-01-02T00:00:00Z"}),
    "a day after a month": ("title: t\ndate: 12/31/2025\n", {"date_published": "2025-12-31T00:00:00Z"}),
    "a day before a month": ("title: t\ndate: 31/12/2025\n", {"date_published": "2025-12-31T00:00:00Z"}),
    "published as a date": ("title: t\npublished: 2026-01-02\n", {"date_published": "2026-01-02T00:00:00Z"}),
    "date before pubDate": ("title: t\npubDate: 2026-01-03\ndate: 2026-01-02\n", {"date_published": "2026-01-02T00:00:00Z"}),
    "blank names don't count": ("title: t\ndate:\npubDate: 2026-01-02\n", {"date_published": "2026-01-02T00:00:00Z"}),
    "the later publishDate": (
        "title: t\ndate: 2026-01-02\npublishDate: 2026-01-03\n",
        {"date_published": "2026-01-03T00:00:00Z"},
    ),
    "scheduled": ("title: t\ndate: 2026-01-02\nscheduled: 2026-01-03\n", {"date_published": "2026-01-03T00:00:00Z"}),
    "lastmod": ("title: t\ndate: 2026-01-02\nlastmod: 2026-01-05\n", {"date_modified": "2026-01-05T00:00:00Z"}),
    "updatedDate": ("title: t\ndate: 2026-01-02\nupdatedDate: 'Jan 5 2026'\n", {"date_modified": "2026-01-05T00:00:00Z"}),
    "last_update": ("title: t\ndate: 2026-01-02\nlast_update: {date: 2026-01-05}\n", {"date_modified": "2026-01-05T00:00:00Z"}),
    "description": ("title: t\ndate: 2026-01-02\ndescription: So\n", {"summary": "So"}),
    "summary before description": ("title: t\ndate: 2026-01-02\ndescription: No\nsummary: So\n", {"summary": "So"}),
    "an empty summary": ("title: t\ndate: 2026-01-02\nsummary: ''\ndescription: So\n", {"summary": "So"}),
    "deck": ("title: t\ndate: 2026-01-02\ndeck: So\n", {"summary": "So"}),
    "author": ("title: t\ndate: 2026-01-02\nauthor: Ada\n", {"authors": [{"name": "Ada"}]}),
    "two authors in a text": ("title: t\ndate: 2026-01-02\nauthor: Ada, Bea\n", {"authors": [{"name": "Ada"}, {"name": "Bea"}]}),
    "authors": ("title: t\ndate: 2026-01-02\nauthors: [Ada, Bea]\n", {"authors": [{"name": "Ada"}, {"name": "Bea"}]}),
    "by": ("title: t\ndate: 2026-01-02\nby: Ada\n", {"authors": [{"name": "Ada"}]}),
    "authors in full": (
        "title: t\ndate: 2026-01-02\nauthors:\n- name: Ada\n  url: https://ada.example/\n  image_url: https://ada.example/a.png\n",
        {"authors": [{"name": "Ada", "url": "https://ada.example/", "avatar": "https://ada.example/a.png"}]},
    ),
    "an author with fields beside": (
        "title: t\ndate: 2026-01-02\nauthor: Ada\nauthorURL: https://ada.example/\nauthorImageURL: https://ada.example/a.png\n",
        {"authors": [{"name": "Ada", "url": "https://ada.example/", "avatar": "https://ada.example/a.png"}]},
    ),
    "a thumbnail without a picture": ("title: t\ndate: 2026-01-02\nthumbnail: {url: ''}\n", {"image": None}),
    "no name of an author": (
        "title: t\ndate: 2026-01-02\nauthor: '-'\n",
        {"authors": [{"name": "Tidings", "url": "https://feeds.example.org/"}]},
    ),
    "extra.author": ("title: t\ndate: 2026-01-02\nextra: {author: Ada}\n", {"authors": [{"name": "Ada"}]}),
    "categories": ("title: t\ndate: 2026-01-02\ncategories: [Sea, Sky]\n", {"tags": ["Sea", "Sky"]}),
    "categories in lists": (
        "title: t\ndate: 2026-01-02\ncategories:\n- [Sea, Tides]\n- [Sky]\n",
        {"tags": ["Sea", "Tides", "Sky"]},
    ),
    "image": ("title: t\ndate: 2026-01-02\nimage: /a.png\n", {"image": "https://feeds.example.org/a.png"}),
    "image by path": (
        "title: t\ndate: 2026-01-02\nimage: {path: /a.png, alt: A tide}\n",
        {"image": "https://feeds.example.org/a.png"},
    ),
    "cover": (
        "title: t\ndate: 2026-01-02\ncover: {image: https://a.example/a.png, caption: So}\n",
        {"image": "https://a.example/a.png"},
    ),
    "heroImage": ("title: t\ndate: 2026-01-02\nheroImage: /a.png\n", {"image": "https://feeds.example.org/a.png"}),
    "cover without a picture": ("title: t\ndate: 2026-01-02\ncover: false\n", {"image": None}),
    "canonical_url": ("title: t\ndate: 2026-01-02\ncanonical_url: https://a.example/b\n", {"url": "https://a.example/b"}),
    "permalink": ("title: t\ndate: 2026-01-02\npermalink: /b/\n", {"url": "https://feeds.example.org/b/"}),
    "permalink to a file": ("title: t\ndate: 2026-01-02\npermalink: b/index.html\n", {"url": "https://feeds.example.org/b/"}),
    "permalink with placeholders": (
        "title: The t\ndate: 2026-01-02\npermalink: /:year/:title/\n",
        {"url": "https://feeds.example.org/2026/the-t/"},
    ),
    "url": ("title: t\ndate: 2026-01-02\nurl: b.html\n", {"url": "https://feeds.example.org/b.html"}),
    "lang": ("title: t\ndate: 2026-01-02\nlang: pt-br\n", {"language": "pt-BR"}),
    "in capitals": ("Title: t\nDATE: 2026-01-02\nDescription: So\n", {"summary": "So"}),
    "our own first": ("title: t\ndate: 2025-01-01\npublishedDateTime: 2026-01-02\n", {"date_published": "2026-01-02T00:00:00Z"}),
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Items, by the name of their document."""
    site = Site(tmp_path_factory.mktemp("names")).write({"config.yaml": CONFIG})
    site.write(
        {
            f"articles/{name}.md": f"---\nid: 'tag:t.example,2026:{n}'\n{text}---\n"
            for n, (name, (text, _)) in enumerate(NAMES.items())
        }
    )
    assert site.run("export", "--strict").err == ""
    names = list(NAMES)
    return {names[int(item["id"].rpartition(":")[2])]: item for item in site.items()}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_generators(named: dict[str, dict[str, Any]], name: str) -> None:
    for key, expected in NAMES[name][1].items():
        assert named[name].get(key) == expected


def test_an_invalid_alias_field_costs_only_that_field(site: Site) -> None:
    site.write({"articles/a.md": "---\ntitle: t\ndate: 2026-01-02\ndescription: {a: b}\ncategories: {a: b}\nurl: [a]\n---\n"})
    (item,) = site.items()
    assert "summary" not in item
    assert site.run("export", "--strict").err.count("warning: articles/a.md:") == 3


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        ("2026-1-2-name.md", "title: t", "2026-01-02T00:00:00Z"),
        ("2026-01-02_name.md", "title: t", "2026-01-02T00:00:00Z"),
        ("2026-01-02-name/index.md", "title: t", "2026-01-02T00:00:00Z"),
        ("2026/01/02/name.md", "title: t", "2026-01-02T00:00:00Z"),
        ("2026/01-02-name.md", "title: t", "2026-01-02T00:00:00Z"),
        ("2025-12-31-name.md", "title: t\ndate: 2026-01-02", "2026-01-02T00:00:00Z"),
    ],
)
def test_dates_of_names(site: Site, path: str, text: str, expected: str) -> None:
    site.write({f"articles/{path}": f"---\n{text}\n---\n"})
    (item,) = site.items()
    assert item["date_published"] == expected


def test_the_text_above_a_mark_is_the_excerpt(site: Site) -> None:
    marks = ["<!--more-->", "<!-- more -->", "<!--truncate-->", "<!-- truncate -->", "{/* truncate */}"]
    site.write(
        {
            f"articles/{n}.md": f"---\ntitle: t{n}\ndate: 2026-01-02\n---\nThe *lead*.\n\n{mark}\n\nThe rest.\n"
            for n, mark in enumerate(marks)
        }
    )
    items = site.items()
    assert [item["summary"] for item in items] == ["The lead."] * len(marks)
    assert all("The rest" in item["content_html"] for item in items)


def test_languages_of_names(site: Site) -> None:
    names = {"index.fr.md": "fr", "b/index.pt-br.md": "pt-BR", "story.de.md": "de", "node.js.md": "en", "v1.2.md": "en"}
    site.write({f"articles/{name}": f"---\ntitle: {name}\ndate: 2026-01-02\n---\n" for name in names})
    assert {item["title"]: item["language"] for item in site.items()} == names


def test_pelican_takes_the_folder_for_the_category(site: Site) -> None:
    site.write({"articles/tides/a.md": "Title: t\nDate: 2026-01-02\nSlug: x\nSummary: One\n    and two\n\nBody.\n"})
    (item,) = site.items()
    assert (item["tags"], item["summary"]) == (["tides"], "One and two")


def test_prose_with_colons_is_not_front_matter(site: Site) -> None:
    site.write(
        {
            "articles/readme.md": "Note: this is no article\n\nReally.\n",
            "articles/b.md": "{% include x %}\n",
            "articles/c.md": "{: .x}\n",
        }
    )
    assert site.items() == []
    assert site.check()["problems"] == []


NAME = st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name not in ("null", "true", "y", "n"))
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp")), max_size=20).map(str.strip)


@given(st.dictionaries(NAME, TEXT | st.lists(TEXT.filter(bool), max_size=3), min_size=1, max_size=5), TEXT)
def test_the_same_fields_in_every_form_are_the_same(values: dict[str, Any], body: str) -> None:
    written = json.dumps(values, ensure_ascii=False)
    toml = "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
    texts = [
        f"---\n{yaml.safe_dump(values, allow_unicode=True)}---\n",
        f"+++\n{toml}+++\n",
        f"{written}\n",
        f"---json\n{written}\n---\n",
    ]
    for text in texts:
        parts = forms.split(f"{text}{body}")
        assert parts is not None
        assert parts.body.strip() == body
        report = Report("a.md", first_line=parts.line)
        found = forms.parse(parts.form, parts.front, report)
        assert found is not None
        assert not report.problems
        for name, value in values.items():
            expected = tuple(value) if isinstance(value, list) else (value,) if value else ()
            assert found.texts(name) == expected


@given(st.text(st.sampled_from("-+;{}\":\n \tatitlejson=[]#'")) | st.text())
@example("---\n---\n")
@example("title: a\n---")
@example("+++\n+++")
def test_any_text_is_split_or_an_error(text: str) -> None:
    try:
        parts = forms.split(text)
    except forms.NoEndError:
        return
    if parts is not None:
        assert text.endswith(parts.body)
        assert 1 <= parts.line <= parts.body_line <= text.count("\n") + 1
        forms.parse(parts.form, parts.front, Report("a.md", first_line=parts.line))


@given(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_dates_of_every_form_are_the_same_moment(when: dt.datetime, minutes: int) -> None:
    when = when.replace(microsecond=0)
    zone = dt.timezone(dt.timedelta(minutes=minutes))
    expected = when.replace(tzinfo=zone).astimezone(dt.UTC)
    day = f"{when.year}/{when.month}/{when.day}"
    for text in (when.isoformat(), when.isoformat(" "), f"{day} {when:%H:%M:%S}", f"{when:%d %B %Y %H:%M:%S}"):
        assert dates.moment(text, zone) == expected
        assert dates.local(text, zone).utcoffset() == zone.utcoffset(None)
    assert dates.moment(when.replace(tzinfo=zone).isoformat(), dt.UTC) == expected
    assert dates.local(when.replace(tzinfo=zone).isoformat()).replace(tzinfo=None) == when
