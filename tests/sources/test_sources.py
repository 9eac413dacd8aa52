"""Settings of a source: authors files, defaults, links and time zones apply to its documents only."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import REQUIRED, Site, until

from feeds.documents import links

ARTICLE = "---\ntitle: A\ndate: 2026-01-02\nauthors: [ann, Bea Public]\nwebUrl: https://a.example/\n---\n"
ANN = [{"name": "Ann Lee", "url": "https://ann.example/", "avatar": "https://ann.example/a.png"}, {"name": "Bea Public"}]
AUTHORS: dict[str, dict[str, str]] = {
    "Docusaurus": {"authors.yml": "ann:\n  name: Ann Lee\n  url: https://ann.example/\n  image_url: https://ann.example/a.png\n"},
    "Jekyll": {"authors.yml": "Ann:\n  name: Ann Lee\n  web: https://ann.example/\n  avatar: https://ann.example/a.png\n"},
    "JSON": {
        "authors.json": '{"ann": {"name": "Ann Lee", "url": "https://ann.example/", "avatar": "https://ann.example/a.png"}}'
    },
    "TOML": {"authors.toml": '[ann]\nname = "Ann Lee"\nurl = "https://ann.example/"\navatar = "https://ann.example/a.png"\n'},
    "a folder of data": {
        "authors/ann.json": '{"name": "Ann Lee", "website": "https://ann.example/", "avatar": "https://ann.example/a.png"}',
        "authors/bob.yml": "name: Bob\n",
    },
    "a folder of pages": {
        "authors/ann/_index.md": "---\ntitle: Ann Lee\nurl: https://ann.example/\navatar: https://ann.example/a.png\n---\n"
    },
    "pages with a key": {
        "authors/1.md": "---\nshort_name: ann\nname: Ann Lee\nurl: https://ann.example/\nimage: https://ann.example/a.png\n---\n"
    },
}


def with_source(settings: str) -> str:
    return REQUIRED.replace("[articles]", f"[{{path: articles, {settings}}}]")


@pytest.mark.parametrize("kind", AUTHORS)
def test_authors_files_of_every_kind(site: Site, kind: str) -> None:
    place = next(iter(AUTHORS[kind])).partition("/")[0]
    site.write({"config.yaml": with_source(f"authors: {place}"), "articles/a.md": ARTICLE, **AUTHORS[kind]})
    assert site.run("export", "--strict").err == ""
    assert site.items()[0]["authors"] == ANN


@pytest.mark.parametrize(
    ("files", "place", "error"),
    [
        ({}, "nobody.yml", r"config\.yaml:2: sources\[0\]\.authors: found 'nobody\.yml' \(No such file"),
        ({"authors.yml": "ann: {name: Ann\n"}, "authors.yml", r"authors\.yml:[12]: found broken YAML"),
        ({"authors.toml": "[ann]\nname = Ann\n"}, "authors.toml", r"authors\.toml:2: found broken TOML"),
        ({"people/ann.json": '{"name": "Ann",\n}'}, "people", r"people/ann\.json:2: found broken JSON"),
    ],
)
def test_a_broken_authors_file_is_one_error_with_its_line(site: Site, files: dict[str, str], place: str, error: str) -> None:
    site.write({"config.yaml": with_source(f"authors: {place}"), "articles/a.md": ARTICLE, **files})
    (output,) = site.run("check", status=2).err.splitlines()
    assert re.match(error, output), output


def test_an_unknown_author_is_a_warning(site: Site) -> None:
    site.write(
        {"config.yaml": with_source("authors: authors.yml"), "authors.yml": "bob: {name: Bob}\n", "articles/a.md": ARTICLE}
    )
    (problem,) = site.check()["problems"]
    assert (problem["line"], problem["field"], problem["found"], problem["severity"]) == (4, "authors", "'ann'", "warning")
    assert [author["name"] for author in site.items()[0]["authors"]] == ["ann", "Bea Public"]


def test_a_server_follows_the_authors_file(site: Site) -> None:
    site.write({"config.yaml": with_source("authors: data/authors.yml"), "data/authors.yml": "ann: {name: Ann}\n"})
    site.write({"articles/a.md": ARTICLE})

    def names(server: Any) -> list[str]:
        return [author["name"] for author in server.get("all.json").json()["items"][0]["authors"]]

    with site.serve() as server:
        assert names(server) == ["Ann", "Bea Public"]
        site.write({"data/authors.yml": "ann: {name: Anna}\n"})
        until(lambda: names(server) == ["Anna", "Bea Public"])


def test_defaults_apply_to_missing_fields(site: Site) -> None:
    defaults = "defaults: {category: news, author: The desk, provider: {name: Courier, domain: courier.example}, quality: 5}"
    site.write({"config.yaml": with_source(defaults).replace("author:", "authors:")})
    site.write({"articles/a.md": "---\ntitle: A\ndate: 2026-01-02\n---\n"})
    site.write({"articles/b.md": "---\ntitle: B\ndate: 2026-01-01\nby: Ann\ncategory: sport\nquality: 7\n---\n"})
    first, second = site.items()
    assert (first["tags"], [author["name"] for author in first["authors"]]) == (["news"], ["The desk"])
    assert (second["tags"], [author["name"] for author in second["authors"]]) == (["sport"], ["Ann"])
    assert [item["_feeds"]["quality"] for item in (first, second)] == [5, 7]


@pytest.mark.parametrize(
    ("defaults", "field", "found"),
    [
        ("{catgory: news}", "sources[0].defaults", "'catgory'"),
        ("{quality: high}", "sources[0].defaults.quality", "'high'"),
        ("{provider: {domain: not a domain}}", "sources[0].defaults.provider.domain", "not a domain"),
        ("{published: perhaps}", "sources[0].defaults.published", "'perhaps'"),
    ],
)
def test_mistakes_in_defaults_are_mistakes_of_the_config(site: Site, defaults: str, field: str, found: str) -> None:
    site.write({"config.yaml": with_source(f"defaults: {defaults}"), "articles/a.md": ARTICLE})
    (output,) = site.run("check", status=2).err.splitlines()
    assert output.startswith(f"config.yaml:2: {field}")
    assert found in output


@pytest.mark.parametrize(
    ("settings", "date", "url", "published"),
    [
        ("timezone: America/Los_Angeles", "2026-01-02 20:00", "/2026/01/02/a", "2026-01-03T04:00:00Z"),
        ("timezone: America/Los_Angeles", "2026-01-02T05:00:00Z", "/2026/01/01/a", "2026-01-02T05:00:00Z"),
        ("topics: topics", "2026-01-02T23:30:00-08:00", "/2026/01/02/a", "2026-01-03T07:30:00Z"),
        ("timezone: Europe/Berlin", "2026-07-01", "/2026/07/01/a", "2026-06-30T22:00:00Z"),
    ],
)
def test_dates_in_links_are_as_the_publishers_clock_shows_them(
    site: Site, settings: str, date: str, url: str, published: str
) -> None:
    site.write({"config.yaml": with_source(f"{settings}, link: '/:year/:month/:day/:slug'")})
    site.write({"articles/a.md": f"---\ntitle: A\ndate: {date}\n---\n"})
    (item,) = site.items()
    assert (urlsplit(item["url"]).path, item["date_published"]) == (url, published)


@pytest.mark.parametrize(
    ("link", "path", "fields", "url"),
    [
        ("/:slugified_path/", "My Posts/Some Story.md", "", "/my-posts/some-story/"),
        ("/:undated_path/", "blog/2026-01-02-a.md", "", "/blog/a/"),
        ("/:path/", "blog/a.md", "slug: b", "/blog/b/"),
        ("/:path/", "blog/a.md", "slug: /b/c", "/b/c/"),
        ("/:lang/:path/", "blog/a.fr.md", "", "/fr/blog/a/"),
        ("/:lang/:path/", "blog/a.md", "", "/blog/a/"),
        ("/:month_name/:i_day/:slug", "a.md", "", "/january/2/a"),
        ("/:slug/", "ein-größerer-fisch.md", "", "/ein-gr%C3%B6%C3%9Ferer-fisch/"),
        ("/:category/:slug", "a.md", "category: Science & Sea", "/science-sea/a"),
    ],
)
def test_more_placeholders(site: Site, link: str, path: str, fields: str, url: str) -> None:
    site.write(
        {"config.yaml": with_source(f"link: '{link}'"), f"articles/{path}": f"---\ntitle: A\ndate: 2026-01-02\n{fields}\n---\n"}
    )
    (item,) = site.items()
    assert urlsplit(item["url"]).path == url


# The output of Hugo 0.168 for the title "A & B: (C++) — it's Ümlaut" and each token of `permalinks`.
HUGO = [
    ("/:hugo_path/", "posts/OSCON-2014.md", "", "/posts/oscon-2014/"),
    ("/:hugo_path/", "posts/My Post v1.2.md", "", "/posts/my-post-v1.2/"),
    ("/:hugo_path/", "posts/größe & mehr.md", "", "/posts/gr%C3%B6%C3%9Fe--mehr/"),
    ("/:hugo_path/", "posts/it's (here), now!.md", "", "/posts/its-here-now/"),
    ("/:hugo_path/", "Posts/Sub Folder/index.md", "", "/posts/sub-folder/"),
    ("/:hugo_path/", "posts/x.md", "slug: My Slug", "/posts/my-slug/"),
    ("/:hugo_path/", "posts/y.md", "url: /Some/Where", "/Some/Where/"),
    ("/:hugo_path/", "posts/y2.md", "url: rel/where.html", "/rel/where.html"),
    ("/:hugo_title/", "posts/q.md", "", "/a-b-c-its-%C3%BCmlaut/"),
    ("/:hugo_slug_or_title/", "posts/q.md", "", "/a-b-c-its-%C3%BCmlaut/"),
    ("/:hugo_slug_or_title/", "posts/x.md", "slug: My Slug", "/my-slug/"),
    ("/:hugo_slug/", "posts/x.md", "slug: My Slug", "/my-slug/"),
    ("/:hugo_filename/", "posts/größe & mehr.md", "", "/gr%C3%B6%C3%9Fe-mehr/"),
    ("/:hugo_filename/", "posts/a_b~c+d.md", "", "/a_b~c-d/"),
    ("/:hugo_sections/:hugo_filename/", "Posts/Sub Folder/index.md", "", "/posts/sub-folder/"),
]


@pytest.mark.parametrize(("link", "path", "fields", "url"), HUGO)
def test_links_are_those_of_hugo(site: Site, link: str, path: str, fields: str, url: str) -> None:
    title = 'title: "A & B: (C++) — it\'s Ümlaut"'
    site.write({"config.yaml": with_source(f"link: '{link}'")})
    site.write({f"articles/{path}": f"---\n{title}\ndate: 2014-01-02\n{fields}\n---\n"})
    (item,) = site.items()
    assert urlsplit(item["url"]).path == url


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)


PIECES = [
    "/",
    "-",
    "blog",
    ".html",
    *links.PLACEHOLDERS,
    *(f":{form}{each[1:]}" for form in links.FORMS for each in links.PLACEHOLDERS),
]


@given(st.lists(st.sampled_from(PIECES), max_size=8), WORDS, WORDS, WORDS)
def test_a_link_stays_on_its_site(pattern: list[str], title: str, slug: str, name: str) -> None:
    facts = links.Facts(
        links.name(f"{name.replace('/', '')}.md"), datetime(2026, 1, 2, tzinfo=UTC), title, slug, "", (title,), "en"
    )
    path = links.fill("/" + "".join(pattern), facts)
    assert path.startswith("/")
    assert not path.startswith("//")
    assert not re.search(r"[\s<>\"\\?#]", path)
