"""What an article's body holds, in each dialect of Markdown and with each generator's shortcodes, as readers get it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
import pytest

from feeds.config import loader
from feeds.markup import markdown
from feeds.site.build import build

CONFIG = """\
site: {title: Tidings, url: "https://feeds.example.org"}
sources: [articles]
groups: []
"""


def content(folder: Path, body: str, name: str = "a.md") -> str:
    """The HTML that a JSON feed has for an article with this `body`."""
    (folder / "articles").mkdir(exist_ok=True)
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    front = "---\ntitle: T\npublishedDateTime: 2026-01-01\nwebUrl: https://a.example/blog/post/\n---\n"
    (folder / "articles" / name).write_text(front + body, encoding="utf-8")
    feed = build(loader.load(folder / "config.yaml"), datetime(2026, 6, 1, tzinfo=UTC)).site.document("all.json")
    assert feed is not None
    (item,) = json.loads(feed.body)["items"]
    return str(item["content_html"])


def tree(html: str) -> Any:
    return html5lib.parseFragment(html, namespaceHTMLElements=False)


def text(html: str) -> str:
    return " ".join("".join(tree(html).itertext()).split())


def test_footnotes_are_at_the_end_in_their_order(tmp_path: Path) -> None:
    body = "One.[^b] Two.[^a]\n\n[^a]: Second *note*.\n\n[^b]: First\n\n    more.\n\n    <div>in it</div>\n\nLast paragraph.\n"
    html = content(tmp_path, body)
    assert [item.text for item in tree(html).findall(".//sup")] == ["[1]", "[2]"]
    notes = ["".join(item.itertext()).split() for item in tree(html).findall(".//ol/li")]
    assert notes == [["First", "more.", "in", "it"], ["Second", "note."]]
    assert html.index("Last paragraph") < html.index("<ol>")
    assert not [link for link in tree(html).findall(".//a") if "#" in link.get("href")]


def test_a_task_list_tells_what_is_done(tmp_path: Path) -> None:
    items = tree(content(tmp_path, "- [x] wash\n- [ ] iron\n")).findall(".//li")
    assert ["".join(item.itertext()).strip() for item in items] == ["☑ wash", "☐ iron"]


@pytest.mark.parametrize(
    ("body", "address", "rest"),
    [
        ("See https://b.example/x_(y).", "https://b.example/x_(y)", "."),
        ("(see https://b.example/x)!", "https://b.example/x", ")!"),
        ("at www.b.example, then", "http://www.b.example/", ", then"),
        ('"https://b.example/?a=1&b=2"', "https://b.example/?a=1&b=2", '"'),
    ],
)
def test_a_bare_url_is_a_link(tmp_path: Path, body: str, address: str, rest: str) -> None:
    link = tree(content(tmp_path, body)).find(".//a")
    assert (link.get("href"), link.tail) == (address, rest)


@pytest.mark.parametrize("body", ["`https://b.example/`", "[x https://b.example/](https://c.example/)", "xhttps://b.example/"])
def test_no_link_is_made_of_code_or_within_a_link(tmp_path: Path, body: str) -> None:
    assert [link.get("href") for link in tree(content(tmp_path, body)).findall(".//a")][:-1] in ([], ["https://c.example/"])


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("> [!WARNING]\n> Mind the *gap*.", "Warning"),
        ("> [!note]- Look here\n> Mind the *gap*.", "Look here"),
        (":::warning\nMind the *gap*.\n:::", "Warning"),
        ("::: tip Look here\n\nMind the *gap*.\n\n:::\n", "Look here"),
        (":::info[Look here]\nMind the *gap*.\n:::", "Look here"),
        (':::{.note title="Look here"}\nMind the *gap*.\n::::', "Look here"),
    ],
)
def test_an_alert_is_a_quotation_with_its_title(tmp_path: Path, body: str, title: str) -> None:
    quotation = tree(content(tmp_path, f"Before.\n\n{body}\n\nAfter.")).find(".//blockquote")
    assert quotation.find(".//strong").text == title
    assert "".join(quotation.itertext()).split() == [*title.split(), "Mind", "the", "gap."]
    assert quotation.find(".//em").text == "gap"


def test_blocks_nest_and_details_have_their_summary(tmp_path: Path) -> None:
    html = content(tmp_path, "::::note\n:::details More & more\n*Hidden*\n:::\n::::\n\nEnd.")
    assert tree(html).find(".//blockquote/details/summary").text == "More & more"
    assert tree(html).find(".//blockquote/details/p/em").text == "Hidden"
    assert [part.text for part in tree(html).findall("./p")][:1] == ["End."]


@pytest.mark.parametrize(
    "body",
    [
        "# Head {#top}",
        "Head {#top}\n===",
        "# Head\n{: .lead }",
        "# Head\n\n* TOC\n{:toc}",
        "# Head\n\n[TOC]",
        "# *Head*{:.big}",
        "# [Head](https://b.example/){target=_blank}",
    ],
)
def test_attributes_in_braces_are_not_shown(tmp_path: Path, body: str) -> None:
    html = content(tmp_path, body)
    assert "".join(tree(html).find(".//h1").itertext()) == "Head"
    assert not set("{}") & set(html)
    assert "TOC" not in html


def test_code_that_shows_a_dialect_stays(tmp_path: Path) -> None:
    shown = ":::note\n> [!TIP]\n{: .lead}\n:::\n[TOC]\n"
    html = content(tmp_path, f":::note\nx\n:::\n\n```md\n{shown}```\n\n`{{: .x}}` and <code>{{: .y}}</code>")
    codes = ["".join(code.itertext()) for code in tree(html).findall(".//code")]
    assert codes == [shown, "{: .x}", "{: .y}"]


def test_masked_code_comes_back() -> None:
    body = "a `b` <code>`c`</code>\n\n    d é\n\n```\ne\n```\n<pre>f\n\n`g`</pre>\n"
    found = markdown.masked(body)
    assert found.restored(found.text) == body
    assert not set("bcdefg") & set(found.text.replace("code", "").replace("pre", ""))
