"""The sanitiser, element by element: pictures, links, frames, sizes and code."""

from typing import Any

import html5lib
import pytest

from feeds.markup import sanitiser
from feeds.markup.sanitiser import Frame
from feeds.model import Markup
from feeds.text.urls import web_address

TOP = "https://base.example/"
BASE = f"{TOP}a/b"


def resolve(url: str) -> str | None:
    return web_address(url, BASE)


def clean(source: str, **options: Any) -> str:
    return sanitiser.clean(source, resolve, **options)


def elements(html: str) -> list[tuple[str, dict[str, str]]]:
    tree = html5lib.parseFragment(html, namespaceHTMLElements=False)
    return [(element.tag, dict(element.attrib)) for element in tree.iter()][1:]


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ("<p dir=rtl lang=he title=t>x</p>", {"dir": "rtl", "lang": "he", "title": "t"}),
        ("<a href=/x hreflang=en rel=me>x</a>", {"href": "https://base.example/x", "hreflang": "en"}),
        ("<blockquote cite=c>x</blockquote>", {"cite": "https://base.example/a/c"}),
        ("<del cite=c datetime=2026>x</del>", {"cite": "https://base.example/a/c", "datetime": "2026"}),
        ("<ol start=3 reversed type=a><li>x</ol>", {"start": "3", "reversed": ""}),
        ("<time datetime=2026-01-02>x</time>", {"datetime": "2026-01-02"}),
        ("<code class=language-c++>x</code>", {"class": "language-c++"}),
        ("<code class='language-c other'>x</code>", {}),
        ("<code class=other>x</code>", {}),
        ("<p class=language-c style=x id=y>x</p>", {}),
        ("<img src=/i alt='A &amp; B' width=5 height=6>", {"src": f"{TOP}i", "alt": "A & B", "width": "5", "height": "6"}),
        ("<img src=i.png width=50% height=99999>", {"src": "https://base.example/a/i.png", "height": "99999"}),
        ("<img src=i.png width=123456>", {"src": "https://base.example/a/i.png"}),
        ("<video src=/v poster=/p controls autoplay>x</video>", {"src": f"{TOP}v", "poster": f"{TOP}p", "controls": ""}),
        ("<audio src=a.mp3 controls>x</audio>", {"src": "https://base.example/a/a.mp3", "controls": ""}),
        ("<a href=mailto:a@b.example>x</a>", {}),
    ],
)
def test_attributes_that_stay(source: str, kept: dict[str, str]) -> None:
    assert elements(clean(source))[0][1] == kept


def test_cells_keep_their_spans() -> None:
    found = elements(clean("<table><tr><th scope=row colspan=2 align=left>a<td rowspan=3 bgcolor=red align=right>b</table>"))
    assert [attributes for name, attributes in found if name in ("th", "td")] == [
        {"scope": "row", "colspan": "2", "align": "left"},
        {"rowspan": "3", "align": "right"},
    ]


def test_a_picture_without_a_url_leaves_its_alternative_text() -> None:
    assert clean("a <img src='data:x' alt='the &amp; tide'> b") == "a the &amp; tide b"
    assert clean("a <img> b") == "a  b"
    assert clean("<picture><source><source srcset='x.png'><img src=y.png></picture>").count("<source") == 1
    assert clean("<video><source src=v.mp4 type=video/mp4></video>").count("<source") == 1


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("a.png 1x, b.png 2x", "https://base.example/a/a.png 1x, https://base.example/a/b.png 2x"),
        ("a.png 100w,b.png  200w", "https://base.example/a/a.png 100w, https://base.example/a/b.png 200w"),
        ("a.png", "https://base.example/a/a.png"),
        ("a.png, b.png 1.5x", "https://base.example/a/a.png, https://base.example/a/b.png 1.5x"),
        ("a.png?b,, c.png 2x", "https://base.example/a/a.png?b, https://base.example/a/c.png 2x"),
        ("https://c.example/w_1,h_2/a.png 1x, b.png 2x", "https://c.example/w_1%2Ch_2/a.png 1x, https://base.example/a/b.png 2x"),
        ("X.X, X.XX 2x", "https://base.example/a/X.X, https://base.example/a/X.XX 2x"),
        ("a.png?b,c", "https://base.example/a/a.png?b%2Cc"),
        (
            ", a.png 1x , b.png , c.png ,",
            "https://base.example/a/a.png 1x, https://base.example/a/b.png, https://base.example/a/c.png",
        ),
        ("a.png 1x, data:x 2x", None),
        ("a.png 1y", None),
        ("a.png 1w 2h, b.png 2w", None),
        ("javascript:x 1x", None),
        ("", None),
        (" , ", None),
        (", ".join(f"{number}.png {number}w" for number in range(1, 102)), None),
    ],
)
def test_sizes_of_a_picture_are_resolved_or_left_out(written: str, kept: str | None) -> None:
    (picture,) = elements(clean(f'<img src=i.png srcset="{written}">'))
    assert picture[1].get("srcset") == kept


def test_a_hundred_sizes_are_kept() -> None:
    (picture,) = elements(clean(f'<img src=i.png srcset="{", ".join(f"{number}.png {number}w" for number in range(1, 101))}">'))
    assert picture[1]["srcset"].count("https://") == 100


def test_known_sizes_are_for_pictures_that_say_none() -> None:
    known: dict[str, tuple[int | None, int | None]] = {
        "https://base.example/a/i.png": (30, 40),
        "https://base.example/a/j.png": (30, None),
    }
    found = elements(clean("<img src=i.png><img src=i.png height=5><img src=j.png><img src=k.png>", pictures=known))
    assert [(attributes.get("width"), attributes.get("height")) for _, attributes in found] == [
        ("30", "40"),
        (None, "5"),
        ("30", None),
        (None, None),
    ]
    assert sanitiser.sizes(3, 4) == ' width="3" height="4"'
    assert sanitiser.sizes(None, 4) == ' height="4"'
    assert sanitiser.sizes(None, None) == ""


FRAME = '<iframe src="https://www.p.example/1?a=1&amp;b=2" title="The &quot;film&quot;" width=640 height=360 name=x></iframe>'


def test_a_frame_of_a_host_that_is_allowed_stays() -> None:
    assert elements(clean(FRAME, hosts=("p.example",))) == [
        (
            "iframe",
            {
                "src": "https://www.p.example/1?a=1&b=2",
                "title": 'The "film"',
                "width": "640",
                "height": "360",
                "allowfullscreen": "",
            },
        )
    ]
    bare = clean("<iframe src=//p.example/1>inner</iframe>", hosts=("p.example",))
    assert elements(bare) == [("iframe", {"src": "https://p.example/1", "allowfullscreen": ""})]
    assert "inner" not in bare


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("https://www.p.example/1", "https://www.p.example/1"),
        ("https://www.youtube.com/embed/dQw4w9WgXcQ?start=3", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ", "https://www.youtube.com/watch?v=dQw4w9WgXcQ"),
        ("https://www.youtube.com/embed/x", "https://www.youtube.com/embed/x"),
        ("https://player.vimeo.com/video/123?h=x", "https://vimeo.com/123"),
        ("https://player.vimeo.com/video/abc", "https://player.vimeo.com/video/abc"),
    ],
)
def test_other_frames_are_links(address: str, page: str) -> None:
    made = clean(f"<iframe src='{address}'></iframe>")
    assert elements(made) == [("a", {"href": page})]
    host = address.split("/")[2].removeprefix("www.")
    assert made.endswith(f">{host}</a>")
    assert ">T &lt; 3</a>" in clean(f"<iframe src='{address}' title='T &lt; 3'></iframe>", hosts=("other.example",))


def test_a_frame_without_an_address_is_removed() -> None:
    assert clean("a<iframe></iframe><iframe src=javascript:x></iframe><iframe src=''></iframe>b").startswith("a")
    assert "iframe" not in clean("a<iframe></iframe><iframe src=javascript:x></iframe>b")
    assert clean("a<iframe src=javascript:x></iframe>b") == "ab"


def test_frames_are_found_in_their_order() -> None:
    source = f"<p>{FRAME}</p><IFRAME src=/x></IFRAME><iframe src=data:x></iframe><iframe></iframe>"
    assert sanitiser.frames(source, resolve) == (
        Frame("https://www.p.example/1?a=1&b=2", "p.example", 'The "film"', 640, 360),
        Frame("https://base.example/x", "base.example"),
    )
    assert sanitiser.frames("<p>no frame</p>", resolve) == ()


def test_pictures_that_are_shown() -> None:
    html = clean("<img alt='src=\"n.png\"' src='i.png?a=1&amp;b=2'><p>x</p><img src=j.png>")
    assert sanitiser.images(html) == {"https://base.example/a/i.png?a=1&b=2", "https://base.example/a/j.png"}
    assert sanitiser.images("<p>x</p>") == frozenset()


REFERRING = (
    "<a href=' l '>x</a><img src=i.png srcset='s.png 1x, t.png 2x'><video poster=p.png src=v.mp4></video>"
    "<blockquote cite=c>x</blockquote><iframe src=/f></iframe><a href='l'>y</a><a href='q?a=1&amp;b=2'>z</a>"
)


def test_references_are_all_urls_once() -> None:
    found = sanitiser.references(REFERRING)
    assert sorted(found) == sorted({"l", "i.png", "s.png", "p.png", "v.mp4", "c", "/f", "q?a=1&b=2"})
    assert found[0] == "l"
    # The likely references include all of them, and each of a srcset.
    assert {"i.png", "s.png", "t.png", "p.png", "v.mp4", "c", "/f", "q?a=1&b=2"} <= sanitiser.likely_references(REFERRING)
    assert sanitiser.likely_references("<p title=x>no</p>") == frozenset()
    for spelt in ("<a href = 'x'>", '<A HREF="x">', "<a href=x>", "<img\nsrc='x'>"):
        assert "x" in sanitiser.likely_references(spelt), spelt


@pytest.mark.parametrize(
    ("text", "address", "shown"),
    [
        ("See https://b.example/x.", "https://b.example/x", "https://b.example/x"),
        ("See https://b.example/x?!", "https://b.example/x", "https://b.example/x"),
        ("(https://b.example/x)", "https://b.example/x", "https://b.example/x"),
        ("https://b.example/x_(y)", "https://b.example/x_(y)", "https://b.example/x_(y)"),
        ("https://b.example/x_(y)).", "https://b.example/x_(y)", "https://b.example/x_(y)"),
        ("https://b.example/?a=1&amp;b=2 x", "https://b.example/?a=1&b=2", "https://b.example/?a=1&amp;b=2"),
        ("&lt;https://b.example/x&gt;", "https://b.example/x", "https://b.example/x"),
        ("www.b.example/x, and", "http://www.b.example/x", "www.b.example/x"),
        ("http://b.example", "http://b.example/", "http://b.example"),
    ],
)
def test_text_that_is_a_url_is_a_link_where_asked(text: str, address: str, shown: str) -> None:
    source = f"<p>{text}</p>"
    made = clean(source, autolinks=True)
    assert elements(made)[1] == ("a", {"href": address})
    assert f">{shown}</a>" in made
    plain = html5lib.parseFragment(made, namespaceHTMLElements=False)
    assert "".join(plain.itertext()) == "".join(html5lib.parseFragment(source, namespaceHTMLElements=False).itertext())
    assert "<a" not in clean(source)


@pytest.mark.parametrize(
    "source",
    [
        "<code>https://b.example/</code>",
        "<pre>https://b.example/</pre>",
        "<p title='https://b.example/'>x</p>",
        "xhttps://b.example/",
        "x/https://b.example/",
        "awww.b.example",
        "https://",
        f"https://b.example/{'x' * 2000}",
    ],
)
def test_other_text_is_not_linked(source: str) -> None:
    assert "<a" not in clean(source, autolinks=True)


def test_links_are_not_nested() -> None:
    assert clean("<a href='/x'>https://b.example/</a>", autolinks=True).count("<a") == 1


def test_bodies_are_read_by_their_markup() -> None:
    assert sanitiser.to_html("*a* <b>c</b>", Markup.HTML) == "*a* <b>c</b>"
    assert sanitiser.to_html("*a* <b>c</b>", Markup.MARKDOWN) == "<p><em>a</em> <b>c</b></p>\n"
    assert sanitiser.to_html("*a*\n<b>\n \n\nc", Markup.TEXT) == "<p>*a*<br>&lt;b&gt;</p>\n<p>c</p>"
    assert sanitiser.paragraph(" a\nb ") == "<p>a<br>b</p>"
    assert sanitiser.paragraph(" \n ") == ""


def test_very_long_bodies_are_shown_as_text() -> None:
    assert sanitiser.to_html("*" + "a" * 999_998 + "*", Markup.MARKDOWN).startswith("<p><em>a")
    assert sanitiser.to_html("*" + "a" * 999_999 + "*", Markup.MARKDOWN).startswith("<p>*a")
    assert clean("<b>" + "a" * 999_997).startswith("<b>")
    assert clean("<b>" + "a" * 999_998).startswith("<p>a")
    for tags in ("<b></b>" * 10_000, "<br>" * 20_000, "<li>" * 5_000, "<p>text<img src=i.png></p>\n" * 6_000):
        assert not sanitiser.is_too_much(tags)
    for tags in ("<b></b>" * 10_000 + "<b>", "<br>" * 20_001, "<DIV>" * 5_001, "<div>" * 5_001 + "</div>" * 5_001):
        assert sanitiser.is_too_much(tags)
    assert not sanitiser.is_too_much("< 3 " * 30_000)
    assert clean("<b>x" * 20_001).startswith("<p>xx")


def test_very_deep_nesting_is_shown_as_text() -> None:
    assert clean("<div>" * 100 + "x" + "</div>" * 100).count("<div>") == 100
    assert clean("<div>" * 101 + "x" + "</div>" * 101) == "<p>x</p>"
    assert clean("<p>x</p>" * 150).count("<p>") == 150
    assert clean("<div>" * 99 + "a<br>b<img src=i.png>" * 3 + "</div>" * 99).count("<br>") == 3
    frame = f"<iframe src='https://p.example/'>{'<div>' * 101}{'</div>' * 101}</iframe>"
    assert "p.example" in clean(f"<p>{frame}</p>")


def test_scripts_are_removed_and_content_stays() -> None:
    assert clean("<noscript><p>shown</p></noscript><script>x()</script>") == "<p>shown</p>"
    assert clean("") == clean(" \n ") == ""
    assert clean("  <p>x</p>\n") == "<p>x</p>"
    assert clean("<map><area></map><p>a\x0b</p>") == "<p>a</p>"
    assert clean("<figure><figcaption>x</figcaption></figure>") == "<figure><figcaption>x</figcaption></figure>"
