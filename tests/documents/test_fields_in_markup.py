"""Fields that are in the markup: the head of a page in HTML and the beginning of reStructuredText, as Pelican reads them."""

import pytest
from support import REQUIRED, Site

import feeds

HTML = """\
<html>
<head>
<title>Tide &amp; time</title>
<meta charset="utf-8">
<meta name="date" content="2026-01-02">
<meta name='tags' contents='sea, "harbour"'>
<META NAME=category CONTENT=News>
<meta name="summary">
<meta name="no name at all" content="x">
<meta property="og:title" content="Another">
</head>
{}
</html>
"""


PELICAN = REQUIRED.replace("[articles]", "[{path: articles, generator: pelican}]")


@pytest.mark.parametrize("body", ["<body class=a>\n<p>Text</p>\n</body>", "<BODY><p>Text</p>", "<p>Text</p>"])
def test_the_head_of_a_page_has_the_fields(site: Site, body: str) -> None:
    site.write({"config.yaml": PELICAN, "articles/a.html": HTML.format(body)})
    (item,) = site.items()
    assert (item["title"], item["date_published"][:10]) == ("Tide & time", "2026-01-02")
    assert set(item["tags"]) == {"News", "sea", '"harbour"'}
    assert "summary" not in item
    assert "<p>Text</p>" in item["content_html"]
    assert "Another" not in str(item)


def test_a_field_of_a_head_keeps_its_line(site: Site) -> None:
    page = HTML.format("<body>\n<p>Text</p></body>").replace('content="2026-01-02"', 'content="soon"')
    site.write({"config.yaml": PELICAN, "articles/a.html": page})
    assert [(each["line"], each["found"]) for each in site.check()["problems"]] == [(5, "'soon'")]


def test_a_page_without_a_head_is_passed_over(site: Site) -> None:
    page = "<title>Tide</title><meta name=date content=2026-01-02><p>Text</p>"
    site.write({"config.yaml": PELICAN, "articles/a.html": page})
    assert [each["why"] for each in site.check()["passed_over"]] == ["no front matter"]


RST = """\
====================
Tide and ``time``
====================

:date: 2026-01-02
:tags: sea, harbour
:summary: A harbour
    counts its losses.

A paragraph.

Another, with a field:

:date: 2020-01-01
"""


def test_restructured_text_begins_with_a_title_and_fields() -> None:
    article = feeds.parse(RST, "a.rst")
    assert (article.title, article.published.date().isoformat(), article.tags) == (
        "Tide and time",
        "2026-01-02",
        ("sea", "harbour"),
    )
    assert article.excerpt == "A harbour counts its losses."
    assert article.body.strip().startswith("A paragraph.")
    assert ":date: 2020-01-01" in article.body


def test_a_field_of_restructured_text_keeps_its_line() -> None:
    with pytest.raises(feeds.DocumentError) as raised:
        feeds.parse(RST.replace(":date: 2026-01-02", ":date: soon"), "a.rst")
    assert [(problem.line, problem.found) for problem in raised.value.problems] == [(5, "'soon'")]


def test_restructured_text_without_fields_is_no_article() -> None:
    with pytest.raises(feeds.DocumentError):
        feeds.parse("Read me\n=======\n\nA paragraph.\n", "README.rst")
