"""The sanitiser makes every body harmless and well-formed. Oracles: html5lib (the parser of browsers), lxml, json."""

import json
import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import html5lib
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds.config import loader
from feeds.markup import sanitiser
from feeds.model import Markup
from feeds.site.build import build
from feeds.text.urls import web_address

XHTML = "{http://www.w3.org/1999/xhtml}"
RUNS = {"script", "style", "object", "embed", "link", "meta", "base", "form", "input", "button", "svg", "math", "template"} | {
    *(
        "noscript",
        "iframe",
        "frame",
        "frameset",
        "applet",
        "xmp",
        "plaintext",
        "textarea",
        "select",
        "title",
        "noembed",
        "noframes",
    )
}
LOADS = {"href", "src", "poster", "cite", "action", "formaction", "data", "background", "longdesc", "ping", "manifest", "icon"}
CONFIG = """\
site: {title: Tidings, url: "https://feeds.example.org"}
sources: [articles]
groups: []
"""

HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img/src='x'/onerror='alert(1)'>",
    '<img src="https://a.example/x.png" onload=alert(1) style="background:url(javascript:alert(1))">',
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVaScRiPt:alert(1)'>x</a>",
    "<a href='java&#x0A;script:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript&colon;alert(1)'>x</a>",
    "<a href='&amp;#106;avascript:alert(1)'>x</a>",
    "<a href=' \x01javascript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<img src='data:image/svg+xml;base64,PHN2Zz48L3N2Zz4='>",
    "<a href='vbscript:x'>x</a><a href='file:///etc/passwd'>y</a><a href='blob:https://a.example/1'>z</a>",
    "<img srcset='javascript:alert(1) 1x, data:x 2x'>",
    "<picture><source srcset='data:image/png,x'><img src='javascript:1'></picture>",
    "<video src='javascript:1' poster='javascript:2' onplay=alert(1)><source src='data:x'></video>",
    "<p style='position:fixed;top:0'>x</p><style>*{display:none}</style><style>@import 'https://evil.example/x.css'</style>",
    "<svg onload=alert(1)><script>alert(1)</script><a xlink:href='javascript:1'><text>x</text></a></svg>",
    "<svg><foreignObject><iframe src='javascript:1'></iframe></foreignObject></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<math><mi xlink:href='javascript:1'>x</mi><annotation-xml encoding='text/html'><script>1</script></annotation-xml></math>",
    "<svg></p><style><a id='</style><img src=1 onerror=alert(1)>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<template><script>alert(1)</script><img src=x onerror=alert(1)></template>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<listing>&lt;img onerror=alert(1) src=x&gt;</listing><xmp><img src=x onerror=alert(1)></xmp>",
    "<textarea></textarea><script>alert(1)</script></textarea><title><img src=x onerror=alert(1)></title>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'><base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x.css'><link rel=import href=x>",
    "<object data='javascript:1'><embed src='javascript:1'></object><applet code=x></applet>",
    "<iframe src='javascript:alert(1)'></iframe><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<iframe src='https://a.example/'><script>alert(1)</script></iframe><iframe src='https://a.example/",
    "<iframe src='https://a.example/' onload=alert(1)></iframe>",
    "<form action='https://evil.example/'><input name=q><button formaction='javascript:1'>x</button></form>",
    "<p title='\"><script>alert(1)</script>'>x</p>",
    "<p title=\"&quot;&gt;&lt;iframe src=&quot;https://a.example/&quot;&gt;\">x</p><iframe src='https://b.example/'></iframe>",
    "<b><i>broken</b> nesting</i><p><div></p></div></b></i></u></p></body></html>",
    "<table><p>in<tr><td><table><td></table>",
    "<!--><img src=x onerror=alert(1)>--><!-- --!><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]><?php echo 1 ?><!DOCTYPE html>",
    "]]><script>alert(1)</script>",
    "<a href='https://[::bad' ping='https://evil.example/' target=_blank download>x</a>",
    "<a href='https://user:pass@evil.example/'>x</a><a href='//evil.example\\@a.example'>y</a>",
    "<img src='https://a.example/?a=1&amp;b=2&copy=3&amp;quot;onerror=x'>",
    "<p\x00title=x>a\x0cb\x1f\x7f\ufffe\U0001ffff</p>",
    "<p><x-widget onclick=alert(1)>custom</x-widget><marquee onstart=alert(1)>m</marquee><keygen autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)><summary>s</summary></details>",
    "<div id=x name=body contenteditable draggable data-x=1 class=y slot=z is=w>clobber</div>",
]
MARKDOWN = [
    "[x](javascript:alert(1))",
    "[x](<java\nscript:alert(1)>)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '![x](https://a.example/x.png"onerror="alert(1))',
    '```"><script>alert(1)</script>\nx\n```',
    "a <img src=x onerror=alert(1)> b\n\n<div>\n**open",
    "| a |\n|--|\n| <script>alert(1)</script> |",
]


def clean(source: str, **options: Any) -> str:
    return sanitiser.clean(source, lambda url: web_address(url, "https://base.example/a/b"), **options)


def assert_harmless(cleaned: str, frames: bool = False) -> None:
    """Fails where a browser would find scripts or URLs other than http and https."""
    parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"))
    tree = parser.parseFragment(cleaned)
    for element in tree.iter():
        if not isinstance(element.tag, str):
            pytest.fail(f"a comment or an instruction in {cleaned!r}")
        name = element.tag.removeprefix(XHTML)
        assert not name.startswith("{"), name
        assert name not in RUNS - ({"iframe"} if frames else set()), cleaned
        for attribute, value in element.attrib.items():
            assert not attribute.startswith("on"), cleaned
            assert attribute not in {"style", "srcdoc", "id", "name", "target", "ping"}, cleaned
            if attribute in LOADS:
                assert urlsplit(value).scheme in {"http", "https"}, cleaned
            if attribute == "srcset":
                assert all(part.strip().startswith(("http://", "https://")) for part in value.split(", ")), cleaned
    # Well-formed: an XML parser reads it, with empty elements closed and entities declared.
    closed = cleaned.replace("&nbsp;", "&#160;")
    for void in ("br", "col", "hr", "img", "source", "wbr"):
        for element_text in set(_tags(closed, void)):
            closed = closed.replace(element_text, f"{element_text[:-1]}/>")
    etree.fromstring(
        f"<x>{closed.replace(' allowfullscreen>', '>')}</x>".encode(), etree.XMLParser(resolve_entities=False, huge_tree=False)
    )


def _tags(text: str, name: str) -> list[str]:
    return re.findall(rf"<{name}(?: [^<>]*)?>", text)


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_html_is_harmless_and_well_formed(body: str) -> None:
    assert_harmless(clean(body))


@pytest.mark.parametrize("body", HOSTILE)
def test_hostile_html_is_harmless_where_a_host_may_frame(body: str) -> None:
    assert_harmless(clean(body, hosts=("a.example",)), frames=True)


@pytest.mark.parametrize("body", MARKDOWN + HOSTILE)
def test_hostile_markdown_is_harmless_and_well_formed(body: str) -> None:
    assert_harmless(clean(sanitiser.to_html(body, Markup.MARKDOWN)))


@pytest.mark.parametrize("body", HOSTILE)
def test_text_is_text(body: str) -> None:
    cleaned = clean(sanitiser.to_html(body, Markup.TEXT))
    assert_harmless(cleaned)
    assert not _tags(cleaned, "a")


@pytest.mark.parametrize(
    "opening", ["<div>", "<ul><li>", "<b>", "<span>", "<table><tr><td>", "<blockquote>", "<i><p>", "<a href=x>"]
)
def test_a_megabyte_of_open_tags_is_neither_deep_nor_lost(opening: str) -> None:
    cleaned = clean("The text. " + opening * (1_000_000 // len(opening)))
    assert_harmless(cleaned)
    assert "The text." in cleaned


@pytest.mark.parametrize(
    "source",
    [
        "<img src=a srcset='a" + " " * 900_000 + "b'>",
        "<img src=a srcset='" + "a," * 400_000 + "'>",
        "<iframe src=https://a.example/></iframe>" + "<div>" * 190_000,
        "<p title='" + "<iframe " * 100_000 + "'>x",
        "<!--" * 200_000,
        "<p " + " ".join(f"a{number}=1" for number in range(20_000)) + ">x",
    ],
    ids=["spaces", "commas", "frame", "title", "comments", "attributes"],
)
def test_a_megabyte_of_anything_is_harmless(source: str) -> None:
    assert_harmless(clean(source, hosts=("a.example",)), frames=True)
    sanitiser.frames(source, str)
    sanitiser.references(source)


@pytest.mark.parametrize("depth", [50, 99, 101, 1000])
def test_no_body_nests_deeper_than_readers_parse(depth: int) -> None:
    cleaned = clean("<div>" * depth + "deep" + "</div>" * depth)
    # libxml2 refuses XML that is deeper than 256.
    assert_harmless(cleaned)
    assert ("<div>" in cleaned) is (depth <= 100)
    assert "deep" in cleaned


@pytest.mark.parametrize("piece", ["![", "[a](", "<!--", "*a ", "> ", "&", "`", "<a "])
def test_a_megabyte_of_openings_in_markdown_takes_linear_time(piece: str) -> None:
    assert_harmless(clean(sanitiser.to_html(piece * (200_000 // len(piece)), Markup.MARKDOWN)))


def test_usual_elements_stay() -> None:
    body = (
        "# One\n\n## Two\n\n**b** *i* ~~d~~ `c`\n\n> quote\n\n- a\n- b\n\n1. c\n\n```python\nx < 1\n```\n\n"
        "| l | r |\n|:--|--:|\n| 1 | 2 |\n\n![alt](p.png)\n\n---\n\n[link](../c?x=1&y=2#z)"
    )
    tree = html5lib.parseFragment(clean(sanitiser.to_html(body, Markup.MARKDOWN)), namespaceHTMLElements=False)
    names = {element.tag for element in tree.iter()}
    assert names >= {
        "h1",
        "h2",
        "strong",
        "em",
        "del",
        "code",
        "blockquote",
        "ul",
        "ol",
        "li",
        "pre",
        "table",
        "th",
        "td",
        "img",
        "hr",
        "a",
    }
    assert tree.find(".//a").get("href") == "https://base.example/c?x=1&y=2#z"
    assert tree.find(".//img").get("src") == "https://base.example/a/p.png"
    assert [cell.get("align") for cell in tree.findall(".//td")] == ["left", "right"]
    assert tree.find(".//pre/code").get("class") == "language-python"
    assert tree.find(".//pre/code").text == "x < 1\n"


def test_pictures_in_several_sizes_are_absolute() -> None:
    cleaned = clean('<img src="a.png" srcset="a.png 1x, /b,c.png 2x" alt="A"><video src="v.mp4" poster="p.png" controls></video>')
    tree = html5lib.parseFragment(cleaned, namespaceHTMLElements=False)
    image, video = tree.find(".//img"), tree.find(".//video")
    assert image.get("srcset").startswith("https://base.example/a/a.png 1x, https://base.example/b")
    assert (video.get("src"), video.get("poster")) == ("https://base.example/a/v.mp4", "https://base.example/a/p.png")


def test_frames_stay_for_listed_hosts_and_are_links_elsewhere() -> None:
    body = '<iframe src="//www.player.example/1" width=640 height=360></iframe><iframe src="https://b.example/2" title="T&amp;T">'
    tree = html5lib.parseFragment(clean(body, hosts=("player.example",)), namespaceHTMLElements=False)
    (frame,) = tree.findall(".//iframe")
    assert (frame.get("src"), frame.get("width"), frame.get("height")) == ("https://www.player.example/1", "640", "360")
    (link,) = tree.findall(".//a")
    assert (link.get("href"), link.text) == ("https://b.example/2", "T&T")
    assert not html5lib.parseFragment(clean(body), namespaceHTMLElements=False).findall(".//iframe")


PIECES = [
    *"<>/='\"& ;!-[]ab",
    "script",
    "img",
    "iframe",
    " src=",
    " on",
    "svg",
    "style",
    "<p ",
    "javascript:",
    "title",
    "https://a.example/",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
@example("<iframe src=https://a.example/></iframe ><b>")
def test_no_text_is_harmful(source: str) -> None:
    assert_harmless(clean(source))
    assert_harmless(clean(source, hosts=("a.example",)), frames=True)


# ---------------------------------------------------------------- whole documents

ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=40)
NASTY = st.sampled_from(
    [
        "\ud800",
        "a\udc00b",
        "\x00",
        "\x0b",
        "\ufffe",
        "\U0010ffff",
        "]]>",
        "<![CDATA[",
        "&#0;",
        "&#xD800;",
        "&bogus;",
        "\u2028",
        "\x85",
    ]
)
TEXTS = st.lists(ANY | NASTY, max_size=4).map("".join)


def escaped(text: str) -> str:
    """A YAML double-quoted scalar that holds any code point, surrogates too."""
    return '"' + "".join(f"\\U{ord(char):08x}" if ord(char) > 0xFFFF else f"\\u{ord(char):04x}" for char in text) + '"'


@settings(max_examples=60)
@given(title=TEXTS, excerpt=TEXTS, body=TEXTS, topic=TEXTS, provider=TEXTS, caption=TEXTS, file=TEXTS, link=TEXTS)
@example("\ud800", "]]>", "\ud83d", "&#xD800;", "\x00", "<b", "\udfff", "&amp;#0;")
def test_no_input_makes_a_document_that_a_parser_refuses(
    title: str, excerpt: str, body: str, topic: str, provider: str, caption: str, file: str, link: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "articles").mkdir()
        (Path(folder) / "config.yaml").write_text(CONFIG, encoding="utf-8")
        document = (
            f"---\ntitle: {escaped('T ' + title)}\nexcerpt: {escaped(excerpt)}\npublishedDateTime: 2026-01-01\n"
            f"webUrl: https://a.example/1\ntopics: [{escaped(topic)}]\ntags: [{escaped(topic)}]\n"
            f"provider: {{name: {escaped(provider)}, authors: [{escaped(provider)}]}}\n"
            f"images: [{{url: 'https://a.example/i.png', title: {escaped(caption)}, attribution: {escaped(caption)}}}]\n"
            f"actions: [{{url: 'https://a.example/f.mp3', title: {escaped(file)}, size: 1}}]\n"
            f"related: [{{webUrl: 'https://b.example/', title: {escaped(link)}, provider: {escaped(link)}}}]\n---\n"
        )
        (Path(folder) / "articles" / "a.md").write_bytes(document.encode() + body.encode("utf-8", "replace"))
        made = build(loader.load(Path(folder) / "config.yaml"), datetime(2026, 6, 1, tzinfo=UTC))
        site = made.site
        strict = etree.XMLParser(recover=False, resolve_entities=False)
        for path in ("all.rss", "all.atom"):
            published = site.document(path)
            assert published is not None
            etree.fromstring(published.body, strict)
        published = site.document("all.json")
        assert published is not None
        items = json.loads(published.body)["items"]
        if "\\ud" in document and not items:
            # libyaml refuses half a surrogate pair: such a document is an error with its line.
            assert [problem.path for problem in made.problems] == ["articles/a.md"]
        else:
            assert len(items) == 1


WORDS = st.text(st.characters(categories=["L", "N", "P", "S"], exclude_characters="&<"), min_size=1, max_size=30)


@settings(max_examples=40)
@given(title=WORDS, excerpt=WORDS, body=WORDS)
@example("AT-T > x", "5 > 4 \"q\" 'r'", "a]]>b")
def test_text_survives_a_round_trip(title: str, excerpt: str, body: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "articles").mkdir()
        (Path(folder) / "config.yaml").write_text(CONFIG, encoding="utf-8")
        front = yaml.safe_dump({"title": title, "excerpt": excerpt, "publishedDateTime": "2026-01-01"}, allow_unicode=True)
        (Path(folder) / "articles" / "a.txt").write_text(f"---\n{front}---\n{body}", encoding="utf-8")
        site = build(loader.load(Path(folder) / "config.yaml"), datetime(2026, 6, 1, tzinfo=UTC)).site
        rss, atom, feed = (site.document(f"all.{suffix}") for suffix in ("rss", "atom", "json"))
        assert rss is not None
        assert atom is not None
        assert feed is not None
        item = etree.fromstring(rss.body).find(".//item")
        entry = etree.fromstring(atom.body).find("{*}entry")
        (record,) = json.loads(feed.body)["items"]
        assert [item.findtext("title"), entry.findtext("{*}title"), record["title"]] == [title] * 3
        assert [entry.findtext("{*}summary"), record["summary"]] == [excerpt] * 2
        described = html5lib.parseFragment(item.findtext("description"), namespaceHTMLElements=False)
        assert "".join(described.itertext()) == excerpt
        for content in (item.findtext("{*}encoded"), entry.findtext("{*}content"), record["content_html"]):
            tree = html5lib.parseFragment(content, namespaceHTMLElements=False)
            assert "".join(tree.itertext()) == body
