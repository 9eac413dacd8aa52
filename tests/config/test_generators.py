"""Folders of site generators: front matter, names, dates, links and configs, by their documentation."""

import json
from pathlib import Path
from typing import Any

import feedparser
import pytest
import yaml
from support import REQUIRED, Site, doc

BODY = "Some **text**.\n"


def items(site: Site, *arguments: str) -> dict[str, dict[str, Any]]:
    return {item["title"]: item for item in site.items("all.json", *arguments)}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("yaml.md", f"---\ntitle: A\ndate: 2026-01-02\ntags: [x, y]\n---\n{BODY}"),
        ("toml.md", f'+++\ntitle = "A"\ndate = 2026-01-02\ntags = ["x", "y"]\n+++\n{BODY}'),
        ("toml-time.md", f'+++\ntitle = "A"\ndate = 2026-01-02T01:00:00+01:00\n[taxonomies]\ntags = ["x", "y"]\n+++\n{BODY}'),
        ("json.md", f'{{\n  "title": "A",\n  "date": "2026-01-02",\n  "tags": ["x", "y"]\n}}\n\n{BODY}'),
        ("fenced.md", f'---json\n{{"title": "A", "date": "2026-01-02", "tags": ["x", "y"]}}\n---\n{BODY}'),
        ("hexo.md", f'"title": "A",\n"date": "2026/01/02",\n"tags": ["x", "y"]\n;;;\n{BODY}'),
        ("hexo-fenced.md", f';;;\n"title": "A",\n"date": "2026-01-02",\n"tags": ["x", "y"]\n;;;\n{BODY}'),
        ("pelican.md", f"Title: A\nDate: 2026-01-02\nTags: x, y\n\n{BODY}"),
        ("whole.toml", 'title = "A"\ndate = 2026-01-02\ntags = ["x", "y"]\n'),
        ("post.mdx", f"---\ntitle: A\npubDate: Jan 02 2026\ntags:\n  - x\n  - y\n---\n{BODY}"),
    ],
)
def test_front_matter_in_each_form(site: Site, name: str, text: str) -> None:
    site.write({f"articles/{name}": text})
    (item,) = site.items("all.json")
    assert (item["title"], item["date_published"][:10], item["tags"]) == ("A", "2026-01-02", ["x", "y"])
    if not name.startswith("whole"):
        assert "<strong>text</strong>" in item["content_html"]


@pytest.mark.parametrize(
    ("name", "text", "line", "found"),
    [
        ("a.md", '+++\ntitle = "A"\ndate = \n+++\n', 3, "broken TOML"),
        ("a.md", '+++\ntitle = "A"\n', 1, "front matter without an end"),
        ("a.md", '+++\ntitle = "A"\n\ndate = "soon"\n+++\n', 4, "'soon'"),
        ("a.md", '{"title": "A",\n"date": }\n', 2, "broken JSON"),
        ("a.md", '---json\n{"title": "A",\n"date": }\n---\n', 3, "broken JSON"),
        ("a.md", ';;;\n"title": "A"\n', 1, "front matter without an end"),
        ("a.md", "Title: A\nDate: soon\n\nText\n", 2, "'soon'"),
        ("a.toml", 'title = "A"\ndate = "soon"\n', 2, "'soon'"),
    ],
)
def test_broken_front_matter_is_one_error_at_its_line(site: Site, name: str, text: str, line: int, found: str) -> None:
    site.write({f"articles/{name}": text, "articles/good.md": f"---\ntitle: Good\ndate: 2026-01-01\n---\n{BODY}"})
    report = site.check()
    (problem,) = report["problems"]
    assert (problem["path"], problem["line"], problem["severity"]) == (f"articles/{name}", line, "error")
    assert found in problem["found"]
    assert report["published"] == ["articles/good.md"]


DATES: tuple[tuple[str, dict[str, str], str], ...] = (
    ("2024-12-5-a.md", {}, "2024-12-05"),
    ("2024-12-05-a.md", {"date": "2023-01-01"}, "2023-01-01"),
    ("a.md", {"publishDate": "2023/1/7 20:46:25"}, "2023-01-07"),
    ("a.md", {"created_at": "2023-01-07"}, "2023-01-07"),
    ("a.md", {"published": "2023-01-07"}, "2023-01-07"),
    ("2019/05/28/a.md", {}, "2019-05-28"),
    ("2019-05-28-folder/index.md", {}, "2019-05-28"),
    ("a.md", {"path": "2015/05/15/a"}, "2015-05-15"),
)


def test_dates_as_generators_have_them(site: Site) -> None:
    for number, (name, fields, _) in enumerate(DATES):
        site.write({f"articles/{number}/{name}": f"---\n{yaml.safe_dump({'title': str(number), **fields})}---\n{BODY}"})
    found = items(site)
    assert [found[str(number)]["date_published"][:10] for number in range(len(DATES))] == [date for *_, date in DATES]


def test_fields_by_their_other_names(site: Site) -> None:
    text = (
        "---\ntitle: A\ndate: 2026-01-02\nlastmod: 2026-02-03\ndescription: In short\nauthor: Ann Lee and Bo\n"
        "categories: [News, Sea]\nimage: https://a.example/i.png\nlang: fr\ncanonical_url: https://a.example/1\n---\n"
    )
    site.write(
        {
            "articles/a.md": text + BODY,
            "articles/b.de.md": "---\ntitle: B\ndate: 2026-01-01\ncover: {image: https://a.example/c.png, alt: Sea}\n---\n",
        }
    )
    found = items(site)
    assert found["A"]["date_modified"].startswith("2026-02-03")
    assert found["A"]["summary"] == "In short"
    assert [author["name"] for author in found["A"]["authors"]] == ["Ann Lee", "Bo"]
    assert found["A"]["tags"] == ["News", "Sea"]
    assert (found["A"]["image"], found["A"]["language"], found["A"]["url"]) == (
        "https://a.example/i.png",
        "fr",
        "https://a.example/1",
    )
    assert found["A"]["id"] == "https://a.example/1"
    assert (found["B"]["image"], found["B"]["language"]) == ("https://a.example/c.png", "de")
    assert "topics/sea.atom" in site.export()


HELD_BACK = (
    {"draft": "true"},
    {"Draft": "yes"},
    {"unlisted": "true"},
    {"render": "false"},
    {"status": "hidden"},
    {"status": "draft"},
    {"published": "false"},
    {"expiryDate": "2020-01-01"},
    {"unpublishdate": "2020-01-01"},
    {"date": "2999-01-01"},
)


def test_what_a_generator_holds_back_is_in_no_feed(site: Site) -> None:
    site.write({"articles/_drafts/b.md": "---\ntitle: Hidden too\ndate: 2019-01-01\n---\n"})
    for number, fields in enumerate(HELD_BACK):
        front = yaml.safe_dump({"title": f"Hidden {number}", "date": "2019-01-01", **fields}).replace("'", "")
        site.write({f"articles/a{number}.md": f"---\n{front}---\n{BODY}"})
    assert not site.items("all.json")
    assert b"Hidden" not in b"".join(site.export().values())


def test_an_article_is_served_until_it_expires(site: Site) -> None:
    from datetime import UTC, datetime, timedelta

    from support import until

    text = f"---\ntitle: A\ndate: 2019-01-01\n---\n{BODY}"
    site.write({"articles/a.md": text, "articles/b.md": text.replace("A", "B")})
    with site.serve() as server:
        assert set(server.titles()) == {"A", "B"}
        moment = (datetime.now(UTC) + timedelta(seconds=3)).strftime("%Y-%m-%dT%H:%M:%SZ")
        site.write({"articles/a.md": text.replace("2019-01-01", f"2019-01-01\nexpiryDate: {moment}")})
        until(lambda: server.titles() == ["B"])


def test_the_beginning_of_a_body_is_the_excerpt(site: Site) -> None:
    for number, mark in enumerate(("<!--more-->", "<!-- more -->", "<!-- truncate -->", "{/* truncate */}")):
        text = f"---\ntitle: A{number}\ndate: 2019-01-01\n---\nThe *first* part.\n\n{mark}\n\nThe rest.\n"
        site.write({f"articles/{number}.md": text})
    found = site.items("all.json")
    assert [item["summary"] for item in found] == ["The first part."] * 4
    assert all("The rest." in item["content_html"] for item in found)


LINKS = (
    ("/blog/:year/:month/:day/:slug/", "2026-03-04-one.md", "", "/blog/2026/03/04/one/"),
    ("/:path/", "a/b/one.md", "date: 2026-01-01", "/a/b/one/"),
    ("/:path/", "a/b/index.md", "date: 2026-01-01", "/a/b/"),
    ("/:section/:slug.html", "a/b/one.md", "date: 2026-01-01\nslug: two", "/a/two.html"),
    ("/:sections/:title/", "a/b/one.md", "date: 2026-01-01", "/a/b/the-title/"),
    ("/:categories/:slug/", "one.md", "date: 2026-01-01\ncategories: [News, Far Sea]", "/news/far-sea/one/"),
    ("/:categories/:slug/", "one.md", "date: 2026-01-01", "/one/"),
    ("/blog/:dated_path/", "2026-03-04-one.md", "", "/blog/2026/03/04/one/"),
    ("/blog/:dated_path/", "2026-03-04-one.md", "slug: /two", "/blog/two/"),
    ("/:filename/", "one.fr.md", "date: 2026-01-01", "/one/"),
    ("/:path/", "one.md", "date: 2026-01-01\nurl: /elsewhere/", "/elsewhere/"),
    ("/:path/", "one.md", "date: 2026-01-01\npermalink: /:year/x/", "/2026/x/"),
    ("/:sections/:slug/", "one.md", "date: 2026-01-01\npath: 2015/05/one", "/2015/05/one/"),
    ("https://other.example/:slug", "one.md", "date: 2026-01-01", "https://other.example/one"),
)


def test_links_by_pattern(site: Site) -> None:
    sources = ", ".join(f"{{path: s{number}, link: '{link}'}}" for number, (link, *_) in enumerate(LINKS))
    site.write({"config.yaml": REQUIRED.replace("[articles]", f"[{sources}]")})
    for number, (_, name, fields, _) in enumerate(LINKS):
        site.write({f"s{number}/{name}": f"---\ntitle: The title\n{fields}\nid: https://x.example/{number}\n---\n{BODY}"})
    found = {item["id"]: item["url"] for item in site.items("all.json")}
    for number, (*_, url) in enumerate(LINKS):
        whole = url if url.startswith("http") else f"https://feeds.example.org{url}"
        assert found[f"https://x.example/{number}"] == whole, LINKS[number]


def test_a_source_has_settings_of_its_own(site: Site) -> None:
    sources = """
sources:
  - path: one
    link: /one/:slug/
    timezone: America/Los_Angeles
    fields: {excerpt: deck, authors: writer}
    authors: people.yml
    defaults: {category: news, provider: {name: Harbour Courier, domain: courier.example}}
    topics: tags
    ignore: ["legacy/**", "*.txt"]
  - two
"""
    site.write(
        {
            "config.yaml": REQUIRED.replace("sources: [articles]\n", sources),
            "people.yml": "ann: {name: Ann Lee, url: https://ann.example/}\n",
            "one/a.md": "---\ntitle: A\ndate: 2026-01-02 03:00\ndeck: Short\nwriter: ann\ntags: [Sea]\n---\n",
            "one/legacy/b.md": "---\ntitle: B\ndate: 2026-01-02\n---\n",
            "one/c.txt": "---\ntitle: C\ndate: 2026-01-02\n---\n",
            "two/d.md": "---\ntitle: D\ndate: 2026-01-02 03:00\ndeck: Short\ntags: [Sea]\n---\n",
        }
    )
    found = items(site)
    assert set(found) == {"A", "D"}
    assert found["A"]["date_published"] == "2026-01-02T11:00:00Z"
    assert found["A"]["summary"] == "Short"
    assert found["A"]["authors"] == [{"name": "Ann Lee", "url": "https://ann.example/"}]
    assert found["A"]["url"] == "https://feeds.example.org/one/a/"
    assert found["D"]["date_published"] == "2026-01-02T03:00:00Z"
    exported = site.export()
    assert [entry.title for entry in feedparser.parse(exported["topics/sea.atom"]).entries] == ["A"]
    assert [entry.title for entry in feedparser.parse(exported["providers/courier.example.rss"]).entries] == ["A"]
    assert "categories/news.json" in exported
    # A change of settings changes articles.
    site.write({"people.yml": "ann: {name: Anna Lee}\n"})
    assert items(site)["A"]["authors"] == [{"name": "Anna Lee"}]


@pytest.mark.parametrize(
    ("source", "line", "field", "found"),
    [
        ("{path: articles, link: '/:yeer/'}", 2, "sources[0].link", ":yeer"),
        ("{path: articles, authors: nobody.yml}", 2, "sources[0].authors", "nobody.yml"),
        ("{path: articles, timezone: Mars/Base}", 2, "sources[0].timezone", "Mars/Base"),
        ("{path: articles, fields: {excerp: deck}}", 2, "sources[0].fields", "excerp"),
        ("{path: articles, lnik: x}", 2, "sources[0]", "lnik"),
        ("{link: x}", 2, "sources[0].path", "nothing"),
    ],
)
def test_mistakes_in_a_source_are_named(site: Site, source: str, line: int, field: str, found: str) -> None:
    site.write({"config.yaml": REQUIRED.replace("[articles]", f"[{source}]")})
    (error,) = site.run("check", status=2).err.splitlines()
    assert error.startswith(f"config.yaml:{line}: {field}")
    assert found in error


def test_posts_of_jekyll_are_found_in_any_folder_that_it_reads(tmp_path: Path) -> None:
    post = "---\ntitle: {}\n---\nText\n"
    site = Site(tmp_path / "site").write(
        {
            "_config.yml": "title: J\nurl: https://j.example\npermalink: pretty\nexclude: [test, 'old/*', README.md]\n",
            "en/news/_posts/2026-01-02-first.md": post.format("First"),
            "fr/_posts/2026-01-03-second.md": post.format("Second"),
            **{
                f"{folder}/_posts/2026-01-04-not.md": post.format("Not")
                for folder in ("test", "old/en", "_site", "_drafts/x", ".git", "node_modules/a", "vendor/bundle/gems")
            },
        }
    )
    site.run("init")
    items = json.loads(site.export()["all.json"])["items"]
    assert [(item["url"], item["tags"]) for item in items] == [
        ("https://j.example/fr/2026/01/03/second/", ["fr"]),
        ("https://j.example/en/news/2026/01/02/first/", ["en", "news"]),
    ]


GENERATORS: dict[str, tuple[dict[str, str], str, str]] = {
    "Hugo": (
        {
            "hugo.toml": 'baseURL = "https://h.example/"\ntitle = "My Hugo"\n[permalinks]\nposts = "/:year/:slug/"\n',
            "content/posts/first.md": '+++\ntitle = "First"\ndate = 2026-01-02\n+++\nText\n',
            "content/posts/_index.md": "---\ntitle: Posts\n---\n",
        },
        "My Hugo",
        "https://h.example/2026/first/",
    ),
    "Jekyll": (
        {
            "_config.yml": "title: My Jekyll\nurl: https://j.example\nbaseurl: /blog\ntimezone: Europe/Berlin\n",
            "_posts/2026-01-02-first.md": "---\nlayout: post\ntitle: First\ncategories: [news]\n---\nText\n",
            "_drafts/second.md": "---\ntitle: Second\n---\n",
        },
        "My Jekyll",
        "https://j.example/blog/news/2026/01/02/first.html",
    ),
    "Hexo": (
        {
            "_config.yml": "title: My Hexo\nurl: https://x.example\npermalink: :year/:month/:day/:title/\nsource_dir: source\n",
            "source/_posts/first.md": "---\ntitle: First\ndate: 2026-01-02 10:00:00\n---\nText\n",
        },
        "My Hexo",
        "https://x.example/2026/01/02/first/",
    ),
    "Zola": (
        {
            "config.toml": 'base_url = "https://z.example"\ntitle = "My Zola"\n',
            "content/blog/_index.md": '+++\ntitle = "Blog"\n+++\n',
            "content/blog/2026-01-02-first.md": '+++\ntitle = "First"\n[taxonomies]\ncategories = ["News"]\n+++\nText\n',
        },
        "My Zola",
        "https://z.example/blog/first/",
    ),
    "Pelican": (
        {
            "pelicanconf.py": "SITENAME = 'My Pelican'\nSITEURL = ''\nPATH = 'content'\nPLUGINS = [open]\n",
            "publishconf.py": "from pelicanconf import *\nSITEURL = 'https://p.example'\n",
            "content/first.md": "Title: First\nDate: 2026-01-02 10:20\nCategory: News\n\nText\n",
        },
        "My Pelican",
        "https://p.example/first.html",
    ),
    "Docusaurus": (
        {
            "docusaurus.config.js": "const config = {\n  title: 'My Docs',\n  url: 'https://d.example',\n  baseUrl: '/',\n};\n",
            "blog/2026-01-02-first.mdx": "---\nauthors: [ann]\n---\n# First\n\nText\n",
            "blog/authors.yml": "ann:\n  name: Ann Lee\n",
        },
        "My Docs",
        "https://d.example/blog/2026/01/02/first",
    ),
    "Astro": (
        {
            "astro.config.mjs": "export default defineConfig({ site: 'https://a.example', integrations: [mdx()] });\n",
            "src/consts.ts": "export const SITE_TITLE = 'My Astro';\n",
            "src/content/blog/first.md": "---\ntitle: First\npubDate: 'Jan 02 2026'\n---\nText\n",
        },
        "My Astro",
        "https://a.example/blog/first/",
    ),
    "Eleventy": (
        {
            "eleventy.config.js": "export default function(eleventyConfig) { return { dir: { input: 'content' } } };\n",
            "_data/metadata.js": "export default { title: 'My Eleventy', url: 'https://e.example/' };\n",
            "content/blog/first/first.md": "---\ntitle: First\ndate: 2026-01-02\n---\nText\n",
            "content/blog/blog.json": '{"tags": ["posts"]}',
        },
        "My Eleventy",
        "https://e.example/blog/first/",
    ),
}


@pytest.mark.parametrize("generator", GENERATORS)
def test_init_reads_the_config_of_the_generator(tmp_path: Path, generator: str) -> None:
    files, title, url = GENERATORS[generator]
    site = Site(tmp_path).write(files)
    output = site.run("init").out
    assert generator in output
    assert "feeds serve" in output
    report = site.check()
    assert (report["problems"], len(report["published"])) == ([], 1)
    feed = json.loads(site.export()["all.json"])
    assert feed["title"] == title
    (item,) = feed["items"]
    assert (item["title"], item["url"]) == ("First", url)
    # Midnight in Berlin is the day before in UTC.
    assert item["date_published"].startswith("2026-01-01T23" if generator == "Jekyll" else "2026-01-02")
    assert "Text" in item["content_html"]
    if generator == "Docusaurus":
        assert item["authors"] == [{"name": "Ann Lee"}]
    # Only with --force.
    before = (tmp_path / "config.yaml").read_text()
    (tmp_path / "config.yaml").write_text("site: {title: Mine, url: https://m.example}\n")
    assert "--force" in site.run("init", status=2).err
    assert "Mine" in (tmp_path / "config.yaml").read_text()
    site.run("init", "--force")
    assert (tmp_path / "config.yaml").read_text() == before


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_folder_needs_no_config(tmp_path: Path, generator: str) -> None:
    files, title, url = GENERATORS[generator]
    Site(tmp_path / "blog").write(files)
    site = Site(tmp_path)
    site.run("export", "blog", "--out", "out")
    feed = json.loads((tmp_path / "out/all.json").read_bytes())
    assert (feed["title"], [item["url"] for item in feed["items"]]) == (title, [url])
    assert not (tmp_path / "blog/config.yaml").exists()
    if generator == "Hugo":
        with site.serve("blog") as server:
            assert server.titles() == ["First"]


def test_any_folder_of_articles_is_served_and_a_new_article_is_begun(tmp_path: Path) -> None:
    site = Site(tmp_path).write({"mine/a.md": "---\ntitle: A\ndate: 2026-01-02\n---\n"})
    assert "--base-url" in site.run("export", "mine", "--out", "out").err
    assert json.loads((tmp_path / "out/all.json").read_bytes())["title"] == "mine"
    # Ids are those of the address that is given, so that two folders have no id in common.
    site.run("export", "mine", "--out", "other", "--base-url", "https://other.example")
    assert feedparser.parse((tmp_path / "other/all.atom").read_bytes()).feed.id == "https://other.example/all"
    with site.serve("mine") as server:
        assert server.get("all.json").json()["feed_url"] == f"{server.url}/all.json"
        assert "warning" not in server.log.read_text()
    for command in ("list", "export", "serve", "check"):
        assert "feeds init" in site.run(command, status=2).err
    site.run("init", "--title", "Mine: all", "--url", "https://m.example", "--source", "mine")
    assert json.loads(site.export()["all.json"])["title"] == "Mine: all"
    file = site.run("new", "A café: #1").out.strip()
    assert (tmp_path / file).is_file()
    assert [item["title"] for item in site.items("all.json")] == ["A"]
    assert "A café: #1" in {item["title"] for item in site.items("all.json", "--drafts")}
    assert "already" in site.run("new", "A café: #1", status=2).err


def test_similar_messages_are_summarised(site: Site) -> None:
    for number in range(40):
        site.write({f"articles/{number}.md": f"---\ntitle: T{number}\ndate: 2026-01-01\ndraft: true\n---\n"})
        site.write({f"articles/old{number}.md": f"---\ntitle: O{number}\ndate: 2019-01-01\nexpiryDate: 2020-01-01\n---\n"})
    output = site.run("check").out
    assert output.count(": draft") == 3
    assert "37 more like that (draft)" in output
    assert "37 more like that (expired)" in output
    assert "80 held back" in output
    assert site.run("check", "--verbose").out.count(": draft") == 40
    assert len(site.check()["drafts"]) == 80


def test_an_export_summarises_similar_warnings(site: Site) -> None:
    for number in range(40):
        site.write({f"articles/{number}.md": f"---\ntitle: T{number}\ndate: 2026-01-01\n---\n{{% box %}}x{{% endbox %}}\n"})
    message = site.run("export").err
    assert message.count("shortcode or component 'box'") == 3
    assert "37 more like that" in message
    assert "`feeds check --verbose` shows each" in message


@pytest.mark.parametrize(
    ("files", "source", "url"),
    [
        (
            {
                "astro.config.ts": "export default defineConfig({ site: 'https://a.example' });\n",
                "src/content.config.ts": "const post = defineCollection({ loader: glob({ base: './content/posts' }) });\n",
                "src/pages/blog/index.astro": "",
                "content/posts/first.md": "---\ntitle: First\ndate: 2026-01-02\n---\n",
            },
            "content/posts",
            "https://a.example/blog/first/",
        ),
        (
            {
                "_config.yml": "url: https://j.example\ncollections:\n  posts:\n    permalink: /news/:year/:title/\n",
                "_posts/2026-01-02-first.md": "---\ntitle: First\n---\n",
            },
            "_posts",
            "https://j.example/news/2026/first/",
        ),
        (
            {
                "_config.yml": "url: https://j.example\ndefaults:\n- scope: {type: posts}\n"
                "  values: {permalink: '/:year/:i_day/:title'}\n",
                "_posts/2026-01-02-first.md": "---\ntitle: First\n---\n",
            },
            "_posts",
            "https://j.example/2026/2/first",
        ),
        (
            {
                "eleventy.config.js": "export default () => ({});\n",
                "package.json": '{"homepage": "https://github.com/a/b#readme"}',
                "posts/first.md": "---\ntitle: First\ndate: 2026-01-02\n---\n",
            },
            "posts",
            "https://example.org/posts/first/",
        ),
    ],
)
def test_init_finds_articles_where_the_config_says(tmp_path: Path, files: dict[str, str], source: str, url: str) -> None:
    site = Site(tmp_path).write(files)
    site.run("init")
    (item,) = site.items()
    assert item["url"] == url
    assert site.check()["published"][0].startswith(f"{source}/")


def test_init_skips_empty_folders_and_reports_unreadable_settings(tmp_path: Path) -> None:
    astro = Site(tmp_path / "astro").write(
        {
            "astro.config.ts": "export default defineConfig({ site: 'https://a.example' });\n",
            "src/content/blog/a.md": "---\ntitle: A\ndate: 2026-01-02\n---\n",
            "src/content/images/README.md": "# Pictures\n",
        }
    )
    assert "no article is in them: src/content/images" in astro.run("init").out
    assert astro.check()["empty_sources"] == []
    eleventy = {
        "eleventy.config.js": "module.exports = () => ({ dir: { input: '.', data: 'data' } });\n",
        "data/site.yaml": "title: My Eleventy\nhost: https://e.example\nlocale: en-GB\n",
        "posts/2026-01-02-a.md": "---\ntitle: A\n---\n",
    }
    function = "export default { permalink: function({page}) {\n return `/web/${ page.fileSlug }/`\n} };\n"
    site = Site(tmp_path / "11ty").write({**eleventy, "posts/posts.11tydata.js": function})
    assert "Look at" not in site.run("init").out
    (item,) = site.items()
    assert (item["url"], json.loads(site.export()["all.json"])["title"]) == ("https://e.example/web/a/", "My Eleventy")
    site.write({"posts/posts.11tydata.js": "module.exports = { permalink: '/{{ page.date | toPath }}/{{ page.fileSlug }}/' };\n"})
    assert "Look at the `link` of posts: what posts.11tydata.js says" in site.run("init", "--force").out
    assert "TODO: what posts.11tydata.js" in (tmp_path / "11ty/config.yaml").read_text()
    pelican = Site(tmp_path / "pelican").write(
        {"publishconf.py": "SITEURL = 'https://p.example'\n", "content/a.md": "Title: A\nDate: 2026-01-02\n\nText\n"}
    )
    assert "Pelican's publishconf.py" in pelican.run("init").out
    hugo = Site(tmp_path / "hugo").write(
        {
            "hugo.toml": 'baseURL = "https://h.example/"\ndefaultContentLanguage = "en"\n[languages.en]\n'
            '[taxonomies]\nauthor = "authors"\n'
            '[permalinks]\nauthors = "/by/:slug/"\n[[module.mounts]]\nsource = "content/en"\ntarget = "content"\n'
            "[module.mounts.sites.matrix]\nlanguages = ['en']\n",
            "content/en/news/a.md": "---\ntitle: A\ndate: 2026-01-02\n---\n",
            "content/en/authors/ann/_index.md": "---\ntitle: Ann\n---\n",
        }
    )
    hugo.run("init")
    assert [item["url"] for item in hugo.items()] == ["https://h.example/news/a/"]
    assert "/by/" not in (tmp_path / "hugo/config.yaml").read_text()


def test_hugos_own_config_yaml_is_not_replaced(tmp_path: Path) -> None:
    hugo = "baseURL: https://h.example/\ntitle: My Hugo\n"
    site = Site(tmp_path).write({"config.yaml": hugo, "content/a.md": "---\ntitle: A\ndate: 2026-01-02\n---\n"})
    assert "Hugo's config; `feeds init`" in site.run("check", status=2).err
    site.run("export", ".", "--out", "dist")
    assert (tmp_path / "dist/all.json").is_file()
    assert "feeds.yaml: written" in site.run("init").out
    site.run("init", "--force")
    assert (tmp_path / "config.yaml").read_text() == hugo
    (item,) = site.items()
    assert item["url"] == "https://h.example/a/"
    assert site.check()["problems"] == []


def test_a_folder_of_hugos_configs_has_a_source_for_each_language(tmp_path: Path) -> None:
    site = Site(tmp_path).write(
        {
            "config/_default/hugo.toml": 'baseURL = "https://h.example/"\ndefaultContentLanguage = "en"\n',
            "config/_default/permalinks.toml": '[page]\npost = "/:year/:slug/"\n',
            "config/_default/languages.en.toml": 'title = "My Hugo"\ncontentDir = "content/en"\n',
            "config/_default/languages.pt-br.toml": 'title = "Meu Hugo"\ncontentDir = "content/pt-br"\n',
            "content/en/post/a.md": "---\ntitle: A\ndate: 2026-01-02\n---\n",
            "content/pt-br/post/a.md": "---\ntitle: B\ndate: 2026-01-03\n---\n",
            "content/pt-br/b.md": "---\ntitle: C\ndate: 2026-01-04\n---\n",
        }
    )
    site.run("init")
    assert [(item["url"], item["language"]) for item in site.items()] == [
        ("https://h.example/pt-br/b/", "pt-BR"),
        ("https://h.example/pt-br/2026/b/", "pt-BR"),
        ("https://h.example/2026/a/", "en"),
    ]
    assert json.loads(site.export()["all.json"])["title"] == "My Hugo"


@pytest.mark.parametrize(
    ("source", "name", "fields", "url"),
    [
        ("generator: jekyll, link: '/:categories/:slug'", "2026-01-02-a.md", "categories: a b", "/a/b/a"),
        ("generator: jekyll, link: '/:slug'", "2026-01-02-a-b.md", "permalink: /x/:title.html", "/x/a-b.html"),
        ("generator: eleventy, link: '/:slug/'", "2026-01-02-a.md", "permalink: '/x/{{ page.fileSlug }}/index.html'", "/x/a/"),
        ("generator: eleventy, link: '/:slug/'", "2026-01-02-a.md", "permalink: '/{{ lang }}/a/'", "/a/"),
        ("link: '/:slug/', translations: '/:lang/:slug/'", "2026-01-02-a.fr.md", "", "/fr/a/"),
        ("link: '/:slug/', translations: '/:lang/:slug/'", "2026-01-02-a.en.md", "", "/a/"),
        ("link: '/:slug/', translations: '/:lang/:slug/', defaults: {locale: fr}", "2026-01-02-a.md", "", "/a/"),
        ("link: '/:long_month/:short_month/:long_day/:undated_filename'", "2026-01-02-a.md", "slug: x", "/January/Jan/Friday/a"),
        ("link: '/:pelican_title'", "2026-01-02-a.md", "title: It's C++ & Ünï", "/its-c-uni"),
        ("link: '/:zola_sections/:zola_slug'", "Ünï/2026-01-02-A b.md", "", "/uni/a-b"),
    ],
)
def test_conventions_of_generators(site: Site, source: str, name: str, fields: str, url: str) -> None:
    title = "" if "title:" in fields or "jekyll" in source else "title: The title\n"
    site.write({"config.yaml": REQUIRED.replace("[articles]", f"[{{path: articles, {source}}}]")})
    site.write({f"articles/{name}": f"---\n{title}{fields}\nauthor: Ann\n---\n{BODY}"})
    (item,) = site.items("all.json")
    assert item["url"] == f"https://feeds.example.org{url}"


def test_a_section_of_hugo_hands_down_its_front_matter(site: Site) -> None:
    site.write(
        {"config.yaml": REQUIRED.replace("[articles]", "[{path: content/news, generator: hugo, link: '/news/:hugo_path/'}]")}
    )
    section = (
        "---\ncascade:\n- Author: Ann\n  date: 2026-01-01\n- draft: true\n  target: {path: '{/news/old/**,/news/gone}'}\n---\n"
    )
    site.write(
        {
            "content/_index.md": "+++\n[cascade]\nauthor = 'Bo'\ntags = ['Sea']\n+++\n",
            "content/news/_index.md": section,
            **{f"content/news/{name}.md": f"---\ntitle: {name}\n---\n{BODY}" for name in ("a", "gone", "old/b")},
            "content/news/old/c.md": f"---\ntitle: c\ndraft: false\nauthor: Cy\n---\n{BODY}",
        }
    )
    found = items(site)
    assert {title: item["authors"][0]["name"] for title, item in found.items()} == {"a": "Ann", "c": "Cy"}
    assert (found["a"]["date_published"], found["a"]["tags"]) == ("2026-01-01T00:00:00Z", ["Sea"])
    # A change of a section changes its documents.
    site.write({"content/news/_index.md": section.replace("Ann", "Anna")})
    assert items(site)["a"]["authors"] == [{"name": "Anna"}]


@pytest.mark.parametrize(
    ("name", "config"),
    [
        (
            "hugo.toml",
            "baseURL = 'https://h.example/'\n[[cascade]]\nauthor = 'Ann'\ndate = 2026-01-01\n[[cascade]]\n"
            "[cascade.params]\nsummary = 'Old.'\n[cascade.target]\npath = '/news/old/**'\n"
            "[[cascade]]\ndraft = true\n[cascade.target]\nlang = 'fr'\n",
        ),
        (
            "config/_default/hugo.yaml",
            "baseURL: https://h.example/\nCascade:\n- {author: Ann, date: 2026-01-01}\n"
            "- {params: {summary: Old.}, _target: {path: /news/old/**}}\n- {draft: true, target: {lang: fr}}\n",
        ),
    ],
)
def test_the_config_of_hugo_hands_down_front_matter_after_its_sections(site: Site, name: str, config: str) -> None:
    site.write({name: config, "content/news/_index.md": "---\ncascade: {author: Bo}\n---\n"})
    site.write({f"content/{each}.md": f"---\ntitle: {each}\n---\n{BODY}" for each in ("b", "news/c", "news/old/d", "e.fr")})
    site.write({"content/a.md": f"---\ntitle: a\nauthor: Cy\ndate: 2025-01-01\n---\n{BODY}"})
    site.run("init", "--force")
    found = items(site)
    assert {title: item["authors"][0]["name"] for title, item in found.items()} == {
        "a": "Cy",
        "b": "Ann",
        "news/c": "Bo",
        "news/old/d": "Bo",
    }
    assert [title for title, item in found.items() if item["date_published"][:10] == "2025-01-01"] == ["a"]
    assert [title for title, item in found.items() if item.get("summary") == "Old."] == ["news/old/d"]


def test_pelican_reads_metadata_in_html_heads(site: Site) -> None:
    page = (
        "<html>\n<head><title>A &amp; B</title>\n<meta name='date' content='2026-01-02'/><meta name=tags content='x, y'>\n"
        "</head>\n<body><p>Some <b>text</b></p></body></html>\n"
    )
    site.write({"config.yaml": REQUIRED.replace("[articles]", "[{path: articles, generator: pelican}, other]")})
    site.write({"articles/a.html": page, "articles/b.html": page.replace("2026-01-02", "soon"), "other/c.html": page})
    (item,) = site.items("all.json")
    assert (item["title"], item["date_published"][:10], item["tags"]) == ("A & B", "2026-01-02", ["x", "y"])
    assert "<p>Some <b>text</b></p>" in item["content_html"]
    report = site.check()
    assert [(each["path"], each["line"]) for each in report["problems"]] == [("articles/b.html", 3)]
    assert [each["path"] for each in report["passed_over"]] == ["other/c.html"]


def test_a_hexo_post_without_a_date_is_an_error(site: Site) -> None:
    site.write({"config.yaml": REQUIRED.replace("[articles]", "[{path: articles, generator: hexo, link: '/:slug/'}]")})
    site.write({"articles/a.md": "---\ntitle: A\n---\n", "articles/b.md": "---\ntitle: B\ndate: 2026-01-01\n---\n"})
    report = site.check()
    assert ([problem["path"] for problem in report["problems"]], report["passed_over"]) == (["articles/a.md"], [])


def test_an_invalid_default_is_reported_for_the_document(site: Site) -> None:
    source = "{path: articles, authors: people.yml, defaults: {authors: anne}}"
    site.write({"config.yaml": REQUIRED.replace("[articles]", f"[{source}]"), "people.yml": "ann: {name: Ann}\n"})
    site.write({"articles/a.md": "---\ntitle: A\ndate: 2026-01-01\n---\n"})
    assert [problem["found"] for problem in site.check()["problems"]] == ["'anne'"]
    assert [item["title"] for item in site.items("all.json")] == ["A"]


def test_an_unknown_generator_is_an_error(site: Site) -> None:
    site.write({"config.yaml": REQUIRED.replace("[articles]", "[{path: articles, generator: hugoo}]")})
    assert "config.yaml:2: sources[0].generator: found 'hugoo', expected one of astro" in site.run("check", status=2).err


def test_the_route_of_an_astro_page_is_its_articles_link(tmp_path: Path) -> None:
    site = Site(tmp_path).write(
        {
            "astro.config.mjs": "export default defineConfig({ site: 'https://a.example', trailingSlash: 'never' });\n",
            "src/content/posts/first.md": "---\ntitle: First\ndate: 2026-01-02\n---\n",
            "src/pages/[year]/[month]/[slug].astro": "---\nconst posts = await getCollection('posts');\n---\n",
            "src/pages/tags/[tag].astro": "---\nconst posts = await getCollection('posts');\n---\n",
        }
    )
    site.run("init")
    (item,) = site.items()
    assert item["url"] == "https://a.example/2026/01/first"


def test_a_folder_of_articles_alone_is_a_site(site: Site) -> None:
    """Its output is in the folder itself, and is not read as articles."""
    site.write({"blog/a.md": doc({"title": "First"}, "Text"), "blog/more/b.md": doc({"title": "Second"}, "![](p.png)")})
    site.write({"blog/more/p.png": b"\x89PNG\r\n"})
    for written in (" written, 0 unchanged", ": 0 written, "):
        ran = site.run("export", "blog", "--base-url", "https://blog.example")
        assert ran.out.startswith("2 articles in 1 feed: ")
        assert written in ran.out
        assert ran.err == ""
    assert len(feedparser.parse((site.folder / "blog/dist/all.atom").read_bytes()).entries) == 2
    # The picture beside the article, and not its copy in the output.
    assert [file.relative_to(site.folder).as_posix() for file in site.folder.rglob("dist/files/**/*.png")] == [
        "blog/dist/files/more/p.png"
    ]
    with site.serve("blog", "--base-url", "https://blog.example") as server:
        assert len(server.get("all.json").json()["items"]) == 2
    # Elsewhere in the source, exported files would be read as articles by the next run.
    for out in ("blog", "blog/other", "."):
        assert "articles and exported files would mix" in site.run("export", "blog", "--out", out, status=2).err
