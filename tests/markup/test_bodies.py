"""Bodies in each dialect of Markdown, as readers get them."""

import json
from typing import Any

import html5lib
import pytest

import feeds
from feeds.markup import markdown


def content(body: str) -> str:
    """The HTML that a JSON feed has for an article with this `body`."""
    front = "---\ntitle: T\npublishedDateTime: 2026-01-01\nwebUrl: https://a.example/blog/post/\n---\n"
    site = feeds.Site([feeds.parse(front + body)], title="Tidings", url="https://feeds.example.org", groups=[], pages=False)
    (item,) = json.loads(site["all.json"].body)["items"]
    return str(item["content_html"])


def tree(html: str) -> Any:
    return html5lib.parseFragment(html, namespaceHTMLElements=False)


def text(html: str) -> str:
    return " ".join("".join(tree(html).itertext()).split())


def test_footnotes_are_at_the_end_in_their_order() -> None:
    body = "One.[^b] Two.[^a]\n\n[^a]: Second *note*.\n\n[^b]: First\n\n    more.\n\n    <div>in it</div>\n\nLast paragraph.\n"
    html = content(body)
    assert [item.text for item in tree(html).findall(".//sup")] == ["[1]", "[2]"]
    notes = ["".join(item.itertext()).split() for item in tree(html).findall(".//ol/li")]
    assert notes == [["First", "more.", "in", "it"], ["Second", "note."]]
    assert html.index("Last paragraph") < html.index("<ol>")
    assert not [link for link in tree(html).findall(".//a") if "#" in link.get("href")]


def test_a_task_list_has_check_marks() -> None:
    items = tree(content("- [x] wash\n- [ ] iron\n")).findall(".//li")
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
def test_a_bare_url_is_a_link(body: str, address: str, rest: str) -> None:
    link = tree(content(body)).find(".//a")
    assert (link.get("href"), link.tail) == (address, rest)


@pytest.mark.parametrize("body", ["`https://b.example/`", "[x https://b.example/](https://c.example/)", "xhttps://b.example/"])
def test_urls_in_code_and_links_are_not_linked(body: str) -> None:
    assert [link.get("href") for link in tree(content(body)).findall(".//a")][:-1] in ([], ["https://c.example/"])


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
def test_an_alert_is_a_quotation_with_its_title(body: str, title: str) -> None:
    quotation = tree(content(f"Before.\n\n{body}\n\nAfter.")).find(".//blockquote")
    assert quotation.find(".//strong").text == title
    assert "".join(quotation.itertext()).split() == [*title.split(), "Mind", "the", "gap."]
    assert quotation.find(".//em").text == "gap"


def test_blocks_nest_and_details_have_their_summary() -> None:
    html = content("::::note\n:::details More & more\n*Hidden*\n:::\n::::\n\nEnd.")
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
        '# Head\n{class="lead"}',
        "# Head\n\nText. {.lead}",
        "# Head\n{.lead #id}",
        "# [Head](https://b.example/){target=_blank}",
    ],
)
def test_attributes_in_braces_are_not_shown(body: str) -> None:
    html = content(body)
    assert "".join(tree(html).find(".//h1").itertext()) == "Head"
    assert not set("{}") & set(html)
    assert "TOC" not in html


def test_code_that_shows_a_dialect_stays() -> None:
    shown = ":::note\n> [!TIP]\n{: .lead}\n:::\n[TOC]\n"
    html = content(f":::note\nx\n:::\n\n```md\n{shown}```\n\n`{{: .x}}` and <code>{{: .y}}</code>")
    codes = ["".join(code.itertext()) for code in tree(html).findall(".//code")]
    assert codes == [shown, "{: .x}", "{: .y}"]


def test_masked_code_comes_back() -> None:
    body = "a `b` <code>`c`</code>\n\n    d é\n\n```\ne\n```\n<pre>f\n\n`g`</pre>\n"
    found = markdown.masked(body)
    assert found.restored(found.text) == body
    assert not set("bcdefg") & set(found.text.replace("code", "").replace("pre", ""))


# ---------------------------------------------------------------- Markdown, as CommonMark and GitHub have it


def alone(body: str) -> Any:
    return tree(content(body))


def test_columns_keep_their_alignment() -> None:
    rows = alone("| a | b | c | d |\n|:--|:-:|--:|---|\n| 1 | 2 | 3 | 4 |\n")
    for name in ("th", "td"):
        assert [cell.get("align") for cell in rows.iter(name)] == ["left", "center", "right", None]
    assert "style" not in content("| a |\n|:--|\n| 1 |\n")


def test_struck_text_and_links() -> None:
    found = alone("~~gone~~ and <https://b.example/> and [x](y 'Title')")
    assert [part.text for part in found.iter("del")] == ["gone"]
    links = [(link.get("href"), link.get("title")) for link in found.iter("a")][:2]
    assert links == [("https://b.example/", None), ("https://a.example/blog/post/y", "Title")]


def test_boxes_and_notes_in_code_stay_code() -> None:
    found = alone("- [x] done\n\n`- [ ] shown` and `[^a]` and `|:-:|`")
    assert [code.text for code in found.iter("code")] == ["- [ ] shown", "[^a]", "|:-:|"]
    assert "☑ done" in text(content("- [x] done"))


def test_footnotes_of_one_kind_are_a_list() -> None:
    made = content("One[^1] and again[^1], two[^2].\n\n[^1]: First.\n[^2]: Second.\n")
    found = tree(made)
    assert [mark.text for mark in found.iter("sup")] == ["[1]", "[1]", "[2]"]
    assert ["".join(item.itertext()).strip() for item in found.findall(".//ol/li")] == ["First.", "Second."]
    assert len(found.findall(".//hr")) == 1
    assert "footnote" not in made
    # A footnote without a reference makes no list, and a text without footnotes no rule.
    assert tree(content("No notes ^ here.")).find(".//hr") is None


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("> [!tip]\n> x", "Tip"),
        ("> [!IMPORTANT]+ Own words\n> x", "Own words"),
        ("  > > [!CAUTION]\n> > x", "Caution"),
    ],
)
def test_alerts_in_quotations(body: str, title: str) -> None:
    assert [strong.text for strong in alone(body).iter("strong")] == [title]
    assert "[!" not in content(body)


def test_blocks_are_quotations_details_or_nothing() -> None:
    made = content(
        ":::danger Mind\nA\n:::\n\n:::columns\nB\n:::\n\n:::success\nC\n:::\n\n:::wide Title\nD\n:::\n\n:::tip[]\nE\n:::\n"
    )
    found = tree(made)
    assert [text_of(quotation) for quotation in found.iter("blockquote")] == ["Mind A", "Success C", "Tip E"]
    assert [text_of(part) for part in found.findall("./div")] == ["B", "Title D"]
    assert ":::" not in made
    details = tree(content(":::details\nHidden\n:::\n")).find(".//details")
    assert (details.find("./summary").text or "", text_of(details)) == ("", "Hidden")


def text_of(element: Any) -> str:
    return " ".join("".join(element.itertext()).split())


def test_a_block_that_is_not_closed_and_an_end_too_much() -> None:
    assert text(content(":::note\nA\n")).startswith("Note A")
    made = content("A\n\n:::\n\nB\n")
    assert (":::" in made, [text_of(part) for part in tree(made).findall("./p")][:2]) == (False, ["A", "B"])
    nested = content("\n".join([*(f":::note N{number}" for number in range(60)), "deep", *(":::" for _ in range(60))]))
    assert "deep" in text(nested)
    assert ":::" not in nested
    # Real texts nest blocks at most fifty deep.
    assert nested.count("<blockquote>") == 50


def test_indented_blocks_stay_in_their_item() -> None:
    found = alone("- item\n\n  :::note\n  inside\n  :::\n\nafter\n")
    assert text_of(found.find(".//li/blockquote")) == "Note inside"


@pytest.mark.parametrize("body", ["a {b} c", "f(x){y}", "set {1, 2}", "x::: y", "[!] no", "TOC of it", "{a=1} within"])
def test_text_that_only_looks_like_a_dialect_stays(body: str) -> None:
    assert text(content(f"Start {body}")).startswith(f"Start {body}")


def test_masks_hold_code_of_each_kind() -> None:
    for body in (
        "`a`",
        "``a ` b``",
        "    a\n    b",
        "\ta",
        "~~~\na\n~~~",
        "x\n\n```py\na\n```",
        "<pre>a</pre>",
        "<code>a</code>",
    ):
        found = markdown.masked(body)
        assert len(found.pieces) == 1, body
        assert "a" not in found.text.replace("\ufdd0", "").replace("\ufdd1", ""), body
        assert found.restored(found.text) == body
        assert found.restored(f"1{found.text}2{found.text}") == f"1{body}2{body}"
    for body in ("no code", "a 'b' </p>", "    ", "<pre>open"):
        assert markdown.masked(body).restored(markdown.masked(body).text) == body
    # In HTML and plain text, only code elements of HTML are masked.
    assert markdown.masked("`a` <code>b</code>", markdown=False).pieces == ("<code>b</code>",)


def test_forged_masks_are_harmless() -> None:
    found = markdown.masked("\ufdd00\ufdd1 `a` \ufdd09\ufdd1")
    assert found.pieces == ("`a`",)
    assert found.restored("\ufdd07\ufdd1") == ""
    assert found.restored(found.text) == "0 `a` 9"
    assert markdown.without_marks("\ufdd0a\ufdd1b") == "ab"
    pieces = ["x"]
    assert markdown.mark(pieces, "y") == "\ufdd01\ufdd1"
    assert pieces == ["x", "y"]
