"""reStructuredText by docutils, as in Pelican: bodies read no files, run no code and take limited time."""

from pathlib import Path

import pytest
from support import REQUIRED, Site
from test_sanitiser import HOSTILE, MARKDOWN, assert_harmless

from feeds.markup import restructured, sanitiser
from feeds.model import Markup
from feeds.text.urls import web_address

ARTICLE = """\
============
A ``c`` tour
============

:date: 2026-01-02 10:00
:tags: Sea, Storm
:authors: Ann Lee, Bo Ek
:summary: In short,
  over two lines.

Words, and `a link <{filename}/other.md>`_ to |b|, see `the plan <{static}/files/plan.pdf>`_.

.. |b| replace:: **boats**

.. code-block:: python
   :linenos:

   print("<b>")

.. youtube:: dQw4w9WgXcQ

.. chart:: boats.csv
   :width: 3

   kept *words*
"""


def test_an_article_in_restructured_text(site: Site) -> None:
    source = "{path: articles, generator: pelican, link: '/:pelican_slug.html'}"
    site.write({"config.yaml": REQUIRED.replace("[articles]", f"[{source}]"), "articles/tour.rst": ARTICLE})
    site.write({"articles/README.rst": "Readme\n======\n\nNo article.\n", "articles/bad.rst": "Bad\n===\n\n:date: soon\n"})
    site.write({"articles/other.md": "Title: Other\nDate: 2025-01-01\n\nWords.\n"})
    item = site.items("all.json")[0]
    assert (item["title"], item["summary"], item["tags"]) == ("A c tour", "In short, over two lines.", ["Sea", "Storm"])
    assert (item["date_published"], item["url"]) == ("2026-01-02T10:00:00Z", "https://feeds.example.org/tour.html")
    assert [author["name"] for author in item["authors"]] == ["Ann Lee", "Bo Ek"]
    html = item["content_html"]
    for part in (
        '<a href="https://feeds.example.org/other.html">a link</a>',
        '<a href="https://feeds.example.org/files/plan.pdf">the plan</a>',
        "<strong>boats</strong>",
        '<pre><code class="language-python">print("&lt;b&gt;")</code></pre>',
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ",
        "kept <em>words</em>",
    ):
        assert part in html.replace("&quot;", '"')
    report = site.check()
    assert [(problem["path"], problem["line"]) for problem in report["problems"]] == [
        ("articles/bad.rst", 4),
        ("articles/tour.rst", 22),
    ]
    assert "'chart'" in report["problems"][1]["found"]
    assert [(each["path"], each["why"]) for each in report["passed_over"]] == [("articles/README.rst", "no front matter")]


def test_restructured_text_reads_no_file_and_is_harmless(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret words")
    for directive in (".. include:: {}", ".. raw:: html\n   :file: {}", ".. csv-table::\n   :file: {}", ".. literalinclude:: {}"):
        body = restructured.expand(directive.format(secret) + "\n", {}).text
        assert "secret words" not in sanitiser.to_html(body, Markup.RESTRUCTURED)
    for hostile in HOSTILE + MARKDOWN:
        raw = f".. raw:: html\n\n   {hostile}\n\n.. image:: {hostile}\n\n`x <{hostile}>`_ {hostile}\n"
        assert_harmless(sanitiser.clean(sanitiser.to_html(raw, Markup.RESTRUCTURED), web_address))


@pytest.mark.parametrize("piece", ["*", "- ", "+-", "|", "[1]_ ", "`a <b>`_ ", "= ", ".. a:: b\n", ":a: ", "(a) "])
def test_the_html_of_large_bodies_is_bounded(piece: str) -> None:
    body = restructured.expand(piece * (100_000 // len(piece)), {}).text
    assert len(sanitiser.to_html(body, Markup.RESTRUCTURED)) < 10_000_000
