"""`feeds check` names what readers trip over: the file, the line, the field, what was found, what to do."""

import json
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
    ("text", "line", "field"),
    [
        (
            article(more="images:\n- url: https://a.example/1.png\n  width: 1\n  height: 1\n- url: https://a.example/2.png\n"),
            9,
            "images[1]",
        ),
        (article(more="images: https://a.example/1.png\n"), 5, "images[0]"),
        (article(url="", body="One.\n\nTwo with [a link](elsewhere).\n"), 7, "body"),
        (article(url="", body="\n<img src='gone.png'>"), 6, "body"),
        (article(more="excerpt: Cut in &#82\n"), 5, "excerpt"),
        (article(more="excerpt: Cut in a quotation &am…\n"), 5, "excerpt"),
        (article(more="excerpt: Cut in a quotation &rsqu...\n"), 5, "excerpt"),
        (article(title="Said &quo"), 2, "title"),
        (article(date="2999-01-01"), 3, "publishedDateTime"),
        (article(more="updatedDateTime: 2999-01-01\n"), 5, "updatedDateTime"),
        (article(more="category: News, Sport\n"), 5, "category"),
        (article(more="topics:\n- Plain\n- Arts, Letters\n"), 7, "topics"),
        (article(more="tags: ['a, b']\n"), 5, "tags"),
        (article(more="actions:\n- url: https://a.example/1.mp3\n"), 6, "actions[0]"),
    ],
)
def test_each_finding_has_its_line_and_field(tmp_path: Path, text: str, line: int, field: str) -> None:
    assert places(check(tmp_path, {"a.md": text})) == [("articles/a.md", line, field)]


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
    ("first", "second", "field"),
    [
        (
            article("Same", more="provider: {name: P, domain: p.example}\n"),
            article("SAME", more="provider: {domain: p.example}\n"),
            "title",
        ),
        (article("One", body=LONG), article("Two", body=f"\n{LONG}\n"), "body"),
        (article("One", more=f"excerpt: {LONG}\n"), article("Two", more=f"excerpt: {LONG}\n"), "excerpt"),
        (article("Same", more="provider: P\n"), article("same", more="provider: Q\n"), "title"),
    ],
)
def test_of_two_similar_articles_the_second_is_reported(tmp_path: Path, first: str, second: str, field: str) -> None:
    report = check(tmp_path, {"a.md": first, "b.md": second.replace("a.example/1", "a.example/2")})
    (warning,) = [warning for warning in report["warnings"] if not warning["path"].startswith("providers/")]
    assert (warning["path"], warning["field"]) == ("articles/b.md", field)
    assert "articles/a.md" in warning["found"]


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


def test_a_body_that_is_shown_as_text_is_reported(tmp_path: Path) -> None:
    report = check(tmp_path, {"a.html": article(body="<b>x</b>" * 11_000)})
    assert places(report) == [("articles/a.html", 6, "body")]


def test_frames_of_other_hosts_are_reported(tmp_path: Path) -> None:
    text = article(body="A\n\n<iframe src='https://www.one.example/1'></iframe>\n<iframe src='https://two.example/2'></iframe>")
    assert check(tmp_path, {"a.md": text})["warnings"] == []
    assert places(check(tmp_path, {"a.md": text}, extra="embeds: [one.example]\n")) == [("articles/a.md", 9, "body")]


def test_held_back_articles_are_reported_by_check_alone(tmp_path: Path) -> None:
    report = check(tmp_path, {"a.md": article("Hush", more="category: a, b\npublished: false\n")})
    assert places(report) == [("articles/a.md", 5, "category")]
    made = CliRunner().invoke(
        app, ["export", "--config", str(tmp_path / "config.yaml"), "--out", str(tmp_path / "out"), "--json"]
    )
    assert "a.md" not in made.output
    assert "Hush" not in made.output
