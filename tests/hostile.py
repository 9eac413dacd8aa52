"""Hostile documents, and what must hold for every document. Used by test_hostile.py and tools/fuzz.py.

Oracles: lxml's XML parser, json, and html5lib, which reads HTML as browsers do.
"""

import json
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import html5lib
from hypothesis import strategies as st
from lxml import etree

import feeds
from feeds.documents import front_matter
from feeds.documents.front_matter import Home
from feeds.documents.names import ALIASES, FIELDS, Names
from feeds.documents.rules import Rules
from feeds.model import Article, Document, Person, records

URL = "https://feeds.example.org"
# Markup that entries in feeds and pages must not contain: scripts, and anything that loads by itself.
RUNS = frozenset(
    "script style object embed link meta base form input button svg math template noscript frame frameset applet xmp plaintext "
    "textarea select title noembed noframes".split()
)
LOADS = frozenset("href src poster cite action formaction data background longdesc ping manifest".split())
_XHTML = "{http://www.w3.org/1999/xhtml}"
# Seconds to read and render one document, including imports, and for each of its bytes.
PATIENCE, PATIENCE_PER_BYTE = 20.0, 200e-6
NOW = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

RULES = (
    Rules(root="s/"),
    Rules(
        root="s/",
        names=Names({"title": ("headline",)}, tags_are_topics=True),
        link="/:year/:y_day/:week/:month_name/:sections/:slug_or_title/:categories/:lang/",
        zone=ZoneInfo("Pacific/Kiritimati"),
        authors={"ann": Person("Ann")},
        shortcodes={"note": "<aside>{inner}</aside>", "figure": '<img src="{src}" alt="{0}">'},
    ),
)

# ---------------------------------------------------------------- documents

_CHARACTERS = [
    chr(code) for code in (0, 7, 8, 9, 10, 11, 12, 13, 27, 0x7F, 0x85, 0x9B, 0xA0, 0xAD, 0x61C, 0x200B, 0x200D, 0x200F)
]
_CHARACTERS += [chr(code) for code in (0x2028, 0x2029, 0x202E, 0x2066, 0x2069, 0xE000, 0xE001, 0xFDD0, 0xFEFF, 0xFFFE, 0xFFFF)]
_CHARACTERS += [chr(code) for code in (0x1F468, 0x1FFFE, 0x10FFFF, 0xD800, 0xDC00, 0xDFFF)]
_TEXTS = [
    *("", " ", "~", "null", "NO", "12:30", "1e400", "-0", "0x10", ".inf", "-.nan", "1_0", "<", "&", "]]>", "<!--"),
    *("-->", "&#0;", "&#xD800;", "&#x1b;[31m", "&amp;lt;script&amp;gt;", "<b>", "</title><script>alert(1)</script>"),
    *("<![CDATA[", "%00", "%s%n", "{{7*7}}", "{0}", "{inner}", "\\u0000", '"', "'", "`", "𝕏", "नमस्ते", "مرحبا"),
    *("﷽" * 9, "a" * 5000, "a " * 3000, "é" * 300, "../../etc/passwd", "..\\..\\x", "/", "//", "con", "index"),
    *("archive", "C++", "c++", "日本", "!", "a/b", "topics/ai", "-"),
]
_URLS = [
    *("javascript:alert(1)", " java\nscript:alert(1)", "JAVASCRIPT:x", "data:text/html,<script>x</script>"),
    *("vbscript:x", "file:///x", "https://a.example/", "http://user:pw@a.example/", "https://a.example/?a=1&b=<>\"'"),
    *("//a.example/x.png", "/x", "x.png", "?", "#", "https://新聞.jp/é", "https://[::1]/", "https://1.2.3"),
    *("https://a.example:99999/", "https://a.example/%", "https://xn--/", "https://a.example/" + "x" * 4000),
    *("https://www.youtube.com/embed/abcdefgh", "https://a.example/a.mp3", "mailto:a@b.example", "https:a", "https:/a"),
    *("https://a.example\\b", "https://a.example/&#x6A;", "&#106;avascript:x", "\x01javascript:x", "a:b", "."),
]
_DATES = [
    *("2026-01-02T03:04:05Z", "2026-01-02", "0001-01-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"),
    *("0000-00-00", "2026-02-30", "2026-01-02 03:04:60", "1/2/2026", "31/12/2026", "2 Jan 2026"),
    *("Fri, 02 Jan 2026 03:04:05 GMT", "Jan", "now", "2026-W01-1", "20260102", "2026-01-02T03:04:05.999999999Z"),
    *("٢٠٢٦-٠١-٠٢", "2026-01-02T24:00:00", "99999-01-01", "1e3", "0", "Jan 1 99999999999999999999", "10-10-10"),
    *("2026-01-02T03:04:05+99:99", "1 Jan 1 BC", "12 Dec 9999 23:59 -2359"),
]
_LENGTHS = [
    *("PT4M", "PT99999999999H", "P1Y", "P" + "9" * 400 + "D", "1:02:03", "9" * 400, "-PT1S", "PT0.1S", "P1W", "PT"),
    *("P", "NaN"),
]
_SNIPPETS = [
    *("<div>", "</div>", "<b>", "<p ", "<a href='", "'>", "<!--", "-->", "<script>", "</script>", "<svg>", "<math>"),
    *("<table><td>", "<iframe src='https://www.youtube.com/embed/abcdefgh'>", "<img src=x onerror=alert(1)>"),
    *("<img srcset='x 1x,'>", "<picture>", "[", "](", ")", "![", "[^1]", "[^1]: ", "*", "**", "_", "~~", "`", "```\n"),
    *("~~~", "> ", "- ", "1. ", "\n", "\n\n", "    ", "\t", "# ", "|", "|-|-|\n", "<", ">", "&", "&lt;", ":::note\n"),
    *(":::\n", "> [!NOTE] x\n", "{#id}", "{.c}", "{:toc}", "[[toc]]", "- [ ] ", "{{< note >}}", "{{< /note >}}"),
    *("{{% figure src='x' %}}", "{% note %}", "{% endnote %}", "{{ '/x' | url }}", "{{", "}}", "{%", "%}"),
    *('{{< figure src="javascript:x" >}}', "{% include x.html a=b %}", "{% raw %}", "{% endraw %}"),
    *("{% highlight x %}", "<%", "%>", "{{ youtube(id='x') }}", '{{< ref "x.md" >}}', "{% post_url 2020-01-01-x %}"),
    *("@/x.md", "<!--more-->", "{/* truncate */}", "import X from 'x'\n", "export const a = {\n", "<X a={b}>", "</X>"),
    *("<>", "</>", "{a}", "{`", "{/*", "<X.Y {...z}/>", "<Tabs>", "{", "https://a.example/x_y", "www.a.example."),
    *("http://", "javascript:alert(1)", "<javascript:alert(1)>", "[x](javascript:alert(1))", "[a]: data:x\n", "[a]"),
    *("\\", "\\\n", "&#x6A;avascript:", "]]>", "<![CDATA[", "<?php ", "?>", "<!DOCTYPE x [<!ENTITY a 'b'>]>", "&a;"),
]
_characters = st.one_of(st.sampled_from(_CHARACTERS), st.characters(codec=None, exclude_categories=[]))
_text = st.one_of(st.sampled_from(_TEXTS), st.text(_characters, max_size=12))
_scalar = st.one_of(
    _text,
    st.sampled_from(_URLS),
    st.sampled_from(_DATES),
    st.sampled_from(_LENGTHS),
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(),
)
_keys = st.sampled_from(
    sorted({*FIELDS, *(each for text in ALIASES.values() for each in text.split())})
    + "url src width height title alt credit type length size name domain authors images webUrl provider excerpt key".split()
)
_value: st.SearchStrategy[Any] = st.recursive(
    _scalar, lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_keys, inner, max_size=4)), max_leaves=8
)
_fields = st.builds(
    lambda usual, more: {name: value for name, value in usual.items() if value is not ...} | more,
    st.fixed_dictionaries(
        {
            "title": st.one_of(st.just("A title"), _text),
            "publishedDateTime": st.one_of(st.just("2026-01-02"), st.sampled_from(_DATES)),
            "webUrl": st.one_of(st.just(...), st.sampled_from(_URLS)),
        }
    ),
    st.dictionaries(_keys, _value, max_size=6),
)
_body = st.builds(
    lambda parts, times: "".join(parts) * times,
    st.lists(st.one_of(st.sampled_from(_SNIPPETS), _text), max_size=12),
    st.one_of(st.just(1), st.sampled_from([2, 30, 300, 3000])),
).map(lambda body: body[:60_000])


def _plain_lines(fields: dict[str, Any]) -> str:
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def _toml(fields: dict[str, Any]) -> str:
    return "".join(
        f"{json.dumps(name)} = {json.dumps(value, allow_nan=False)}\n" for name, value in fields.items() if _is_toml(value)
    )


def _is_toml(value: Any) -> bool:
    return isinstance(value, str | bool) or (isinstance(value, list) and all(isinstance(each, str) for each in value))


def _document(fields: dict[str, Any], body: str, form: str) -> tuple[str, str]:
    text = json.dumps(fields)
    match form:
        case "yaml":
            return ".md", f"---\n{text}\n---\n{body}"
        case "block":
            lines = "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in fields.items())
            return ".md", f"---\n{lines}---\n{body}"
        case "plain":
            return ".md", f"---\n{_plain_lines(fields)}---\n{body}"
        case "lines":
            return ".md", f"{_plain_lines(fields)}\n{body}"
        case "hexo":
            return ".md", f"{text[1:-1]}\n;;;\n{body}"
        case "toml":
            return ".md", f"+++\n{_toml(fields)}+++\n{body}"
        case "json":
            return ".md", f"{text}\n{body}"
        case "mdx" | "html" | "txt":
            return f".{form}", f"---\n{text}\n---\n{body}"
        case "whole.toml":
            return ".toml", _toml(fields)
        case _:
            return f".{form.rpartition('.')[2]}", text


_FORMS = "yaml block plain lines hexo toml json mdx html txt whole.json whole.yaml whole.toml".split()


def _spoilt(data: bytes, cut: int, noise: bytes) -> bytes:
    place = cut % (len(data) + 1)
    return data[:place] + noise + data[place:]


_names = st.sampled_from(["a", "2026-01-02-a", "index", "_index", "x.fr", "2026/01/02/a", "_drafts/a", "\x1b[31m", "é", "a b"])
_NOISE = [b"\x00", b"\xff", b"\n", b"---\n", b": ", b"{", b"[", b"*a", b"&a ", b"<<: *a\n", b"\xef\xbb\xbf"]
# A document: its path, and its bytes.
DOCUMENTS: st.SearchStrategy[tuple[str, bytes]] = st.builds(
    lambda name, made, cut, noise: (f"s/{name}{made[0]}", _spoilt(made[1].encode("utf-8", "surrogatepass"), cut, noise)),
    _names,
    st.builds(_document, _fields, _body, st.sampled_from(_FORMS)),
    st.integers(0, 10**6),
    st.one_of(st.just(b""), st.sampled_from(_NOISE)),
)


# ---------------------------------------------------------------- checks


def examine(path: str, data: bytes) -> None:
    """Read a document by each of `RULES` and render it. Fails where a check fails."""
    for rules in RULES:
        # Processor time, so that a busy machine is not a failure.
        began = time.process_time()
        text = front_matter.taken_apart(path, data, rules)
        reading = front_matter.read(text, Home(URL, URL, URL))
        is_published = reading.article is not None and not reading.article.draft
        documents = _documents(reading.article) if reading.article is not None and is_published else {}
        took = time.process_time() - began
        assert took < PATIENCE + PATIENCE_PER_BYTE * len(data), f"took {took:.1f} s for {len(data):,} bytes"
        for article in filter(None, (reading.article, reading.broken)):
            assert records.decode(records.encode(article)) == article
        assert records.decode_problems(records.encode_problems(reading.problems)) == reading.problems
        assert all("\n" not in str(problem) for problem in reading.problems)
        if documents:
            _examine_documents(documents)


def _documents(article: Article) -> dict[str, Document]:
    site = feeds.Site([article], title="Tidings", url=URL, now=NOW, embeds=["youtube.com"], sitemaps=["plain"])
    return {path: site[path] for path in site if not path.startswith("assets/") or path.endswith(".json")}


def _examine_documents(documents: dict[str, Document]) -> None:
    rss, atom, items = (documents[f"all.{suffix}"].body for suffix in ("rss", "atom", "json"))
    (item,) = json.loads(items)["items"]
    (content,) = _xml(rss).iter("{http://purl.org/rss/1.0/modules/content/}encoded")
    (entry,) = _xml(atom).iter("{http://www.w3.org/2005/Atom}entry")
    for text in (item["content_html"], content.text, entry.findtext("{http://www.w3.org/2005/Atom}content")):
        assert text, "never blank"
        harmless(text)
    assert item["title"]
    _examine_members(json.loads(items))
    for path, document in documents.items():
        assert re.fullmatch(r"[a-z0-9._/-]+", path), path
        assert not {"..", "."} & set(path.split("/")), path
        if path.endswith((".rss", ".atom", ".xml", ".opml")):
            for element in _xml(document.body).iter():
                for name, value in element.attrib.items():
                    if name in ("url", "href", "xmlUrl", "htmlUrl"):
                        is_web(value)
                if element.tag in ("link", "loc", "{http://www.w3.org/2005/Atom}uri", "{http://www.w3.org/2005/Atom}logo"):
                    assert element.text is None or is_web(element.text)
        elif path.endswith(".html"):
            page = html5lib.parse(document.body.decode(), namespaceHTMLElements=False)
            for element in page.iter():
                for name, value in element.attrib.items():
                    assert not str(name).startswith("on"), (path, name, value)
                    if name in LOADS and ":" in value.partition("/")[0]:
                        # `feed:`, before an address of ours, opens a reader.
                        is_web(value.replace(f"feed:{URL}/", f"{URL}/"))


def _examine_members(value: Any) -> None:
    """Fails where a URL of JSON Feed 1.1 is not http or https, or an id is a script."""
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if isinstance(inner, str) and (str(name).endswith("url") or name in ("image", "icon", "favicon", "avatar")):
            is_web(inner)
        assert name != "id" or not re.match(r"\s*(javascript|data|vbscript):", inner, re.IGNORECASE), inner
        _examine_members(inner)


def harmless(text: str) -> None:
    """Fails where a browser would run or load something from the HTML of an entry."""
    for element in html5lib.parseFragment(text).iter():
        if not isinstance(element.tag, str):
            raise AssertionError(f"a comment or an instruction: {element.text!r}")
        assert element.tag.startswith((_XHTML, "DOCUMENT_FRAGMENT")), element.tag
        name = element.tag.removeprefix(_XHTML)
        assert name not in RUNS, name
        for attribute, value in element.attrib.items():
            assert not str(attribute).startswith("on"), attribute
            assert attribute not in ("style", "srcdoc"), attribute
            if attribute in LOADS:
                is_web(value)
        if name == "iframe":
            assert urlsplit(element.attrib["src"]).hostname == "www.youtube.com"


def is_web(url: str) -> bool:
    """Fails where `url` is not an absolute http or https URL."""
    assert re.match(r"https?://[^\s<>\"]+\Z", url), url
    return True


def _xml(body: bytes) -> Any:
    return etree.fromstring(body, etree.XMLParser(resolve_entities=False, huge_tree=True))
