"""Unforeseen exceptions cost one document. Failing libraries stand in for unknown defects."""

import json
import os
import shutil
import subprocess
import sys

import html5lib
import pytest
from support import PATIENCE, REQUIRED, ROOT, Result, Site, doc, environment, until

import feeds

# Each replaces the library of its name, and fails at a document with `Boom`.
BROKEN = {
    # Reads lengths of time that are in ISO 8601.
    "isodate": """
class ISO8601Error(ValueError): pass
def parse_duration(text): raise RuntimeError(f'secret of {text}\\x1b[31m')
""",
    # Reads Markdown.
    "pyromark": """
class Options: ENABLE_TABLES = ENABLE_STRIKETHROUGH = ENABLE_TASKLISTS = ENABLE_FOOTNOTES = ENABLE_HEADING_ATTRIBUTES = 0
class Markdown:
    def __init__(self, options): pass
    def html(self, text):
        if 'Boom' in text: raise RuntimeError('secret\\n2026-01-01 all is well')
        return f'<p>{text}</p>'
""",
    # Tells the rhythm of a feed, here of one whose articles come once an hour.
    "statistics": """
def median(values):
    found = list(values)
    if set(found) == {3600.0}: raise RuntimeError('secret')
    return sorted(found)[len(found) // 2]
""",
    # Writes JSON: entries and what a feed says of itself.
    "orjson": """
import json
def dumps(value, option=None):
    if value == 'Boom – Tidings': raise RuntimeError('secret')
    return json.dumps(value, ensure_ascii=False, separators=(',', ':')).encode()
OPT_INDENT_2 = OPT_SORT_KEYS = 0
""",
}


def broken(site: Site, library: str) -> dict[str, str]:
    """The environment of a command for which `library` is broken."""
    site.write({f"libraries/{library}.py": BROKEN[library]})
    return {"PYTHONPATH": os.pathsep.join((str(site.folder / "libraries"), str(ROOT)))}


def titles(site: Site, path: str = "all.json", out: str = "dist") -> list[str]:
    return [item["title"] for item in json.loads((site.folder / out / path).read_bytes())["items"]]


def assert_reported(ran: Result, path: str) -> None:
    """Fails unless a fault is one line of error and a traceback in the log, which text of the document can't forge."""
    (error,) = [line for line in ran.err.splitlines() if line.startswith(f"error: {path}:1: ")]
    assert "secret" not in error
    assert f"{path}: can't be" in ran.err
    assert "  Traceback (most recent call last):\n" in ran.err
    assert "\x1b" not in ran.err
    assert "\n2026-01-01" not in ran.err


def test_a_document_that_can_not_be_read_costs_that_document(site: Site) -> None:
    sound = {"url": "https://a.example/a.mp3", "length": "4:13"}
    site.write({"articles/sound.md": doc({"title": "Sound", "actions": [sound]})})
    site.write({"articles/boom.md": doc({"title": "Boom", "actions": [sound | {"length": "PT4M"}]})})
    env = broken(site, "isodate")
    ran = site.run("export", "--strict", env=env, status=1)
    assert_reported(ran, "articles/boom.md")
    assert titles(site) == ["Sound"]
    # It stays an error, without further attempts or log lines.
    again = site.run("export", "--strict", env=env, status=1)
    assert again.err.count("articles/boom.md") == 1
    assert [problem["path"] for problem in json.loads(site.run("check", "--json", env=env).out)["problems"]] == [
        "articles/boom.md"
    ]


def test_many_documents_that_can_not_be_read_cost_no_others(site: Site) -> None:
    files = {f"articles/{number}.md": doc({"title": f"Title {number}"}) for number in range(400)}
    bad = {"url": "https://a.example/a.mp3", "length": "PT4M"}
    site.write(files | {f"articles/{number}.md": doc({"actions": [bad]}) for number in range(0, 400, 40)})
    ran = site.run("export", env=broken(site, "isodate"))
    assert ran.out.startswith("390 articles ")
    assert ran.err.count("error: articles/") == 10


@pytest.mark.parametrize("count", [1, 300])
def test_an_entry_that_can_not_be_rendered_is_in_no_feed_and_costs_no_other(site: Site, count: int) -> None:
    site.write({f"articles/{number}.md": doc({"title": f"Title {number}"}, "Text") for number in range(count)})
    site.write({"config.yaml": REQUIRED + "limit: 1000\n", "articles/boom.md": doc({"title": "Loud", "topics": ["T"]}, "Boom")})
    env = broken(site, "pyromark")
    ran = site.run("export", "--strict", env=env, status=1)
    assert_reported(ran, "articles/boom.md")
    assert sorted(titles(site)) == sorted(f"Title {number}" for number in range(count))
    assert titles(site, "topics/t.json") == []
    # The error is reported each time, whether or not anything else has changed.
    assert "error: articles/boom.md:1: " in site.run("export", "--strict", env=env, status=1).err
    site.write({"articles/new.md": doc({"title": "New"}, "Text")})
    assert "error: articles/boom.md:1: " in site.run("export", "--strict", env=env, status=1).err
    site.write({"articles/boom.md": doc({"title": "Mended"}, "Text")})
    assert "boom.md" not in site.run("export", "--strict", env=env).err
    assert "Mended" in titles(site)


def test_a_feed_that_can_not_be_rendered_keeps_its_last_bytes(site: Site) -> None:
    site.write({"articles/a.md": doc({"title": "First", "topics": ["Boom", "Calm"]})})
    site.run("export")
    site.write({"articles/a.md": doc({"title": "Second", "topics": ["Boom", "Calm"]})})
    ran = site.run("export", "--strict", env=broken(site, "orjson"), status=1)
    assert_reported(ran, "topics/boom.json")
    assert titles(site, "topics/boom.json") == ["First"]
    assert titles(site, "topics/calm.json") == titles(site) == ["Second"]
    assert b"Second" in (site.folder / "dist/topics/boom.atom").read_bytes()


def test_a_feed_whose_metadata_can_not_be_composed_costs_that_feed_and_what_stood_there_stays(site: Site) -> None:
    def articles(title: str) -> dict[str, str]:
        hourly = {"title": title, "topics": ["Hourly"]}
        files = {f"articles/{n}.md": doc(hourly | {"publishedDateTime": f"2026-01-02T0{n}:00:00Z"}) for n in range(6)}
        return files | {"articles/calm.md": doc({"title": title, "publishedDateTime": "2025-01-01", "topics": ["Calm"]})}

    site.write({"config.yaml": REQUIRED + "groups: [topic]\nlimit: 3\n", **articles("First")})
    site.run("export")
    env = broken(site, "statistics")
    site.write(articles("Second"))
    ran = site.run("export", "--strict", env=env, status=1)
    assert_reported(ran, "topics/hourly")
    assert titles(site, "topics/hourly.json") == ["First"] * 3
    assert (site.folder / "dist/topics/hourly/archive/2026-01.json").is_file()
    assert titles(site, "topics/calm.json") == ["Second"]
    # An index that is made anew plans everything, and leaves what can't be made.
    shutil.rmtree(site.folder / ".feeds")
    assert_reported(site.run("export", "--strict", env=env, status=1), "topics/hourly")
    assert titles(site, "topics/hourly.json") == ["First"] * 3
    with site.serve(env=env) as server:
        assert server.get("topics/hourly.json").status_code == 500
        assert server.get("topics/calm.json").status_code == 200
    site.run("export", "--strict")
    assert titles(site, "topics/hourly.json") == ["Second"] * 3


def test_a_server_goes_on_and_counts_what_it_could_not_read_or_render(site: Site) -> None:
    site.write({"articles/a.md": doc({"title": "First", "topics": ["Boom"]}), "articles/b.md": doc({"title": "Other"})})
    env = broken(site, "orjson") | broken(site, "isodate")
    with site.serve("--metrics", env=env) as server:
        assert server.get("topics/boom.json").status_code == 500
        assert server.get("topics/boom.atom").status_code == 200
        bad = {"url": "https://a.example/a.mp3", "length": "PT4M"}
        site.write({"articles/b.md": doc({"title": "Other", "actions": [bad]}), "articles/c.md": doc({"title": "New"})})
        until(lambda: "New" in server.titles())
        assert server.titles() == ["First", "New"] or server.titles() == ["New", "First"]
        assert "feeds_documents_in_error 1.0" in server.get("metrics").text
        assert "Traceback" in server.log.read_text()


def test_a_site_in_memory_goes_without_an_article_that_xml_can_not_hold() -> None:
    sound = feeds.parse(doc({"title": "Sound", "topics": ["T"]}), "a.md")
    bad = feeds.parse(doc({"title": "Bad", "topics": ["T"]}), "b.md")
    bad = type(bad)(**{name: getattr(bad, name) for name in bad.__struct_fields__} | {"excerpt": "\x00"})
    made = feeds.Site([sound, bad], title="Tidings", url="https://feeds.example.org", pages=False)
    for path in ("all.rss", "all.atom", "all.json", "topics/t.json"):
        assert b"Sound" in made[path].body
        assert b"Bad" not in made[path].body


# ---------------------------------------------------------------- former faults


def test_an_impossible_duration_is_reported(site: Site) -> None:
    lengths = ["PT99999999999H", "P99999999999999999999D", "9" * 20, "9" * 5000, f"{'9' * 6}:59:59", "PT1E9999H", "PT٣H"]
    actions = [{"url": f"https://a.example/{number}.mp3", "length": length} for number, length in enumerate(lengths)]
    site.write({"articles/a.md": doc({"actions": actions})})
    ran = site.run("export", "--strict")
    assert ran.err.count("a length of time such as PT4M13S") == len(lengths), ran.err
    (item,) = site.items()
    assert len(item["attachments"]) == len(lengths)


def test_a_picture_in_a_folder_whose_name_is_no_utf_8_costs_nothing(site: Site) -> None:
    folder = os.fsencode(site.folder) + b"/articles/\xff"
    os.mkdir(folder)
    for name, data in ((b"a.md", doc({"title": "A", "images": ["a.png"]}, "![](b.png)").encode()), (b"a.png", b"\x89PNG\r\n")):
        with open(folder + b"/" + name, "wb") as file:
            file.write(data)
    site.write({"articles/b.md": doc({"title": "B"})})
    ran = site.run("export", "--strict")
    assert "Traceback" not in ran.err
    assert sorted(titles(site)) == ["A", "B"]


@pytest.mark.parametrize("year", ["0001", "0002", "9999"])
def test_an_only_article_of_the_first_or_the_last_year_is_published(site: Site, year: str) -> None:
    site.write({"config.yaml": REQUIRED + "sitemaps: [plain, news]\n"})
    dates = {"0001": "0001-01-01", "0002": "0002-06-01", "9999": "9999-12-31T23:59:59Z"}
    site.write({"articles/a.md": doc({"title": "Old", "publishedDateTime": dates[year], "topics": ["T"]})})
    site.run("export", "--strict", "--drafts")
    assert titles(site) == ["Old"]
    assert (site.folder / "dist/topics/t/index.html").is_file()


def test_a_title_with_backslashes_names_a_video_on_the_page_of_its_article(site: Site) -> None:
    site.write({"config.yaml": REQUIRED + "embeds: [youtube.com]\n"})
    title = r"C:\Users\g<0> \1"
    site.write({"articles/a.md": doc({"title": title}, '<iframe src="https://www.youtube.com/embed/abcdefgh"></iframe>')})
    assert "Traceback" not in site.run("export", "--strict").err
    (page,) = (site.folder / "dist/articles").rglob("index.html")
    (frame,) = html5lib.parse(page.read_text(), namespaceHTMLElements=False).iter("iframe")
    assert frame.get("title") == title


# A system that starts so many processes and no more, as one whose limit is reached.
FORKLESS = """
import os, sys
fork, left = os.fork, [int(sys.argv.pop(1))]
def limited():
    left[0] -= 1
    if left[0] < 0:
        raise BlockingIOError(11, "Resource temporarily unavailable")
    return fork()
os.fork = limited
from feeds.cli import main
main()
"""


@pytest.mark.parametrize("count", [0, 1])
def test_an_export_works_alone_where_no_process_can_be_started(site: Site, count: int) -> None:
    site.write({f"articles/{number}.md": doc({"title": f"Article {number}"}) for number in range(350)})
    command = [sys.executable, "-c", FORKLESS, str(count), "export"]
    ran = subprocess.run(
        command, cwd=site.folder, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "350 articles" in ran.stdout
