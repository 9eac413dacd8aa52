"""`feeds check` reports content that readers show badly: file, line, field, what was found, and advice."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from feeds.cli import app

CONFIG = 'site: {title: Tidings, url: "https://feeds.example.org"}\nsources: [articles]\nformats: [atom, json]\n'
LONG = "A text that is long enough to be no chance when it stands in two documents, word for word, from end to end."


def check(folder: Path, files: dict[str, str], *, extra: str = "") -> dict[str, Any]:
    (folder / "articles").mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG + extra, encoding="utf-8")
    for name, text in files.items():
        (folder / "articles" / name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["check", "--config", str(folder / "config.yaml"), "--json"])
    assert result.exit_code == 0, result.output
    report: dict[str, Any] = json.loads(result.stdout)
    plain = CliRunner().invoke(app, ["check", "--config", str(folder / "config.yaml")])
    for warning in report["warnings"]:
        assert warning["advice"]
        assert f"{warning['found']}; {warning['advice']}" in plain.stdout
    return report


def places(report: dict[str, Any]) -> list[tuple[str, int | None, str]]:
    return [(warning["path"], warning["line"], warning["field"]) for warning in report["warnings"]]


def article(
    title: str = "Title", date: str = "2026-01-01", url: str = "https://a.example/1", body: str = "", more: str = ""
) -> str:
    link = f"webUrl: {url}\n" if url else ""
    return f"---\ntitle: {title}\npublishedDateTime: {date}\n{link}{more}---\n{body}\n"


@pytest.mark.parametrize(
    ("text", "line", "field", "found", "advice"),
    [
        (
            article(more="images:\n- url: https://a.example/1.png\n  width: 1\n  height: 1\n- url: https://a.example/2.png\n"),
            9,
            "images[1]",
            "an image without width and height",
            "in pixels",
        ),
        (
            article(more="images: [{url: https://a.example/1.png, height: 2}]\n"),
            5,
            "images[0]",
            "an image without width",
            "pixels",
        ),
        (article(url="", body="One.\n\nTwo with [a link](elsewhere).\n"), 7, "body", "'elsewhere'", "give the article a webUrl"),
        (article(url="", body="\n<img src='gone.png'>"), 6, "body", "'gone.png'", "beside the document"),
        (article(more="excerpt: Cut in &#82\n"), 5, "excerpt", "'Cut in &#82'", "finish it"),
        (article(more="excerpt: Cut in a quotation &am…\n"), 5, "excerpt", "&am…'", "before the &"),
        (article(more="excerpt: Cut in a quotation &rsqu...\n"), 5, "excerpt", "&rsqu...'", "finish it"),
        (article(title="Said &quo"), 2, "title", "'Said &quo'", "finish it"),
        (article(date="2999-01-01"), 3, "publishedDateTime", "(2999-01-01 00:00 UTC)", "held back until then"),
        (
            article(more="updatedDateTime: 2999-01-01\n"),
            5,
            "updatedDateTime",
            "(2999-01-01 00:00 UTC)",
            "readers show articles by it",
        ),
        (article(more="category: News, Sport\n"), 5, "category", "'News, Sport'", "FreshRSS"),
        (article(more="topics:\n- Plain\n- Arts, Letters\n"), 7, "topics", "'Arts, Letters'", "without"),
        (article(more="tags: ['a, b']\n"), 5, "tags", "'a, b'", "without"),
        (article(more="actions:\n- url: https://a.example/1.mp3\n"), 6, "actions[0]", "audio without a size", "in bytes"),
        (
            article(more="actions:\n- url: https://a.example/1.mp4\n"),
            6,
            "actions[0]",
            "video without a size",
            "RSS has no enclosure",
        ),
    ],
)
def test_each_finding_has_its_line_field_and_advice(
    tmp_path: Path, text: str, line: int, field: str, found: str, advice: str
) -> None:
    (warning,) = check(tmp_path, {"a.md": text})["warnings"]
    assert (warning["path"], warning["line"], warning["field"]) == ("articles/a.md", line, field)
    assert found in warning["found"]
    assert advice in warning["advice"]


@pytest.mark.parametrize(
    "text",
    [
        article(more="images: [{url: https://a.example/1.png, width: 1, height: 1}]\n"),
        article(body="A [link](elsewhere) under the article's own address, and [a part](#part)."),
        article(url="", body="A [link](https://a.example/)."),
        article(more="excerpt: R&D, AT&T and Q&A\n"),
        article(more="excerpt: Ends in R&D\n"),
        article(more="excerpt: Whole &#8217;\n"),
        article(more="category: News\ntopics: [Arts and Letters]\n"),
        article(more="actions: [{url: https://a.example/1.mp3, size: 9}, {url: https://a.example/1.pdf}]\n"),
    ],
)
def test_good_content_has_no_findings(tmp_path: Path, text: str) -> None:
    assert check(tmp_path, {"a.md": text})["warnings"] == []


def test_json_and_crlf_documents_have_their_lines_too(tmp_path: Path) -> None:
    report = check(
        tmp_path,
        {
            "a.json": '{\n"title": "A",\n"publishedDateTime": "2026-01-01",\n"images": [\n{"url": "https://a.example/1.png"}\n]\n}\n',
            "b.md": article(title="B", url="https://a.example/b", more="category: x, y\n").replace("\n", "\r\n"),
        },
    )
    assert places(report) == [("articles/a.json", 5, "images[0]"), ("articles/b.md", 5, "category")]


@pytest.mark.parametrize(
    ("first", "second", "field", "found"),
    [
        (
            article("Same", more="provider: {name: P, domain: p.example}\n"),
            article("SAME", more="provider: {domain: p.example}\n"),
            "title",
            "the same title and provider as",
        ),
        (article("Same", more="provider: P\n"), article("Same", more="provider: p\n"), "title", "the same title and provider as"),
        (article("One", body=LONG), article("Two", body=f"\n{LONG}\n"), "body", "the same text as"),
        (article("One", body="x" * 80), article("Two", body="x" * 80), "body", "the same text as"),
        (article("One", more=f"excerpt: {LONG}\n"), article("Two", more=f"excerpt: {LONG}\n"), "excerpt", "the same text as"),
        (article("Same", more="provider: P\n"), article("same", more="provider: Q\n"), "title", "the same title as"),
        (
            article("Same", more="provider: {name: P, domain: p.example}\n"),
            article("Same", more="provider: {name: P, domain: q.example}\n"),
            "title",
            "the same title as",
        ),
    ],
)
def test_of_two_similar_articles_the_second_is_reported(tmp_path: Path, first: str, second: str, field: str, found: str) -> None:
    # Drafts may repeat what they revise.
    draft = first.replace("---\ntitle", "---\npublished: false\ntitle").replace("a.example/1", "a.example/0")
    files = {"0.md": draft, "a.md": first, "b.md": second.replace("a.example/1", "a.example/2")}
    report = check(tmp_path, files)
    (warning,) = [warning for warning in report["warnings"] if not warning["path"].startswith("providers/")]
    assert (warning["path"], warning["field"]) == ("articles/b.md", field)
    assert warning["found"] == f"{found} articles/a.md"
    assert "give them different titles" in warning["advice"] or "leave one out" in warning["advice"]


@pytest.mark.parametrize(
    ("publishers", "found"),
    [
        (["One", "Two"], "2 publishers on one domain: One, Two"),
        (["One", "Two", "Three"], "3 publishers on one domain: One, Three, Two"),
        (["A", "B", "C", "D", "E"], "5 publishers on one domain: A, B, C and 2 more"),
    ],
)
def test_a_domain_with_several_publishers_is_reported(tmp_path: Path, publishers: list[str], found: str) -> None:
    files = {
        f"{name}.md": article(name, url=f"https://a.example/{name}", more=f"provider: {{name: {name}, domain: tube.example}}\n")
        for name in publishers
    }
    (warning,) = check(tmp_path, files)["warnings"]
    assert (warning["path"], warning["field"]) == ("providers/tube.example", "")
    assert warning["found"].startswith(found.partition(":")[0])
    assert sorted(warning["found"].partition(": ")[2].split(", ")) == sorted(found.partition(": ")[2].split(", "))
    assert "providers: {tube.example: {name: …}}" in warning["advice"]


def test_translations_may_have_one_title(tmp_path: Path) -> None:
    files = {
        f"{language}.md": article("Ruby 4.0", url=f"https://a.example/{language}", more=f"provider: P\nlocale: {language}\n")
        for language in ("de", "fr", "en")
    }
    assert check(tmp_path, files)["warnings"] == []


def test_two_documents_of_one_identity_are_duplicates_and_no_more(tmp_path: Path) -> None:
    report = check(tmp_path, {"a.md": article("Same"), "b.md": article("Same")})
    assert report["warnings"] == []
    assert len(report["duplicates"]) == 1


def test_a_feed_of_more_than_a_megabyte_is_reported(tmp_path: Path) -> None:
    long = {
        "a.md": article("One", body="one " * 130_000),
        "b.md": article("Two", url="https://a.example/2", body="two " * 130_000),
    }
    report = check(tmp_path, long)
    assert {path for path, _, _ in places(report)} == {
        "all.atom",
        "all.json",
        "providers/a.example.atom",
        "providers/a.example.json",
    }
    assert all(re.fullmatch(r"a feed of [1-9],[0-9]{3},[0-9]{3} bytes", warning["found"]) for warning in report["warnings"])


def test_a_body_that_is_shown_as_text_is_reported(tmp_path: Path) -> None:
    report = check(tmp_path, {"a.html": article(body="<b>x</b>" * 11_000)})
    assert places(report) == [("articles/a.html", 6, "body")]
    (warning,) = report["warnings"]
    assert warning["found"] == "a body of 88,000 characters"
    assert "published as its text" in warning["advice"]


def test_frames_of_other_hosts_are_reported(tmp_path: Path) -> None:
    text = article(body="A\n\n<iframe src='https://www.one.example/1'></iframe>\n<iframe src='https://two.example/2'></iframe>")
    assert check(tmp_path, {"a.md": text})["warnings"] == []
    report = check(tmp_path, {"a.md": text}, extra="embeds: [one.example]\n")
    assert places(report) == [("articles/a.md", 9, "body")]
    assert report["warnings"][0]["found"] == "a frame of two.example"
    assert "`embeds`" in report["warnings"][0]["advice"]
    embed = article(more="featuredContent: <iframe src='https://two.example/2'></iframe>\n")
    assert places(check(tmp_path, {"a.md": embed}, extra="embeds: [one.example]\n")) == [("articles/a.md", 5, "featuredContent")]


def test_held_back_articles_are_reported_by_check_alone(tmp_path: Path) -> None:
    report = check(tmp_path, {"a.md": article("Hush", more="category: a, b\npublished: false\n")})
    assert places(report) == [("articles/a.md", 5, "category")]
    made = CliRunner().invoke(
        app, ["export", "--config", str(tmp_path / "config.yaml"), "--out", str(tmp_path / "out"), "--json"]
    )
    assert "a.md" not in made.output
    assert "Hush" not in made.output
