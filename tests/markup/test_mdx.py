"""MDX as Docusaurus, Astro and others have it, as readers get it. Oracle: html5lib, as browsers read it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_sanitiser import HOSTILE, PIECES, assert_harmless

from feeds.config import loader
from feeds.markup import mdx, sanitiser
from feeds.model import Markup
from feeds.site.build import build
from feeds.text.urls import web_address

BASE = "https://base.example/blog/post/"


def shown(body: str, templates: dict[str, str] | None = None) -> str:
    html = sanitiser.to_html(mdx.expand(body, templates or {}).text, Markup.MARKDOWN)
    return sanitiser.clean(html, lambda url: web_address(url, BASE), hosts=("youtube.com",), autolinks=True)


def tree(html: str) -> Any:
    return html5lib.parseFragment(html, namespaceHTMLElements=False)


def text(html: str) -> str:
    return " ".join("".join(tree(html).itertext()).split())


@pytest.mark.parametrize(
    "body",
    [
        "import X from './x';\nimport * as Y from \"y\"\n\nText",
        "import {\n  A,\n  B as C,\n} from '@theme/x';\nimport './x.css'\n\nText",
        "export const a = 1;\n\nText",
        "export default function Layout({children}) {\n  return (\n    <div>\n\n      {children}\n    </div>\n  );\n}\n\nText",
        "{/* a <comment> */}\n\nText {/*\n\nb */}",
        "{\n  /* a */\n}\n\nText",
        "<!-- a -->\n\nText",
    ],
)
def test_modules_and_comments_are_gone(body: str) -> None:
    assert shown(body) == "<p>Text</p>"


def test_components_are_unwrapped_and_markdown_in_them_is_read() -> None:
    body = (
        '<Tabs groupId="os">\n  <TabItem value="mac" label="macOS" default>\n\n    Some *text*\n\n    ```js title="a"\n'
        "    if (a) {\n      <B />;\n    }\n    ```\n\n    - item\n\n"
        "  </TabItem>\n</Tabs>\n\n<>After</> <Deep.Name a={{b: {c: 1}}}>*it*</Deep.Name>"
    )
    found = tree(shown(body))
    assert [part.text for part in found.findall("./p/strong")] == ["macOS"]
    assert [part.text for part in found.findall("./p/em")] == ["text", "it"]
    assert found.find("./pre/code").text == "if (a) {\n  <B />;\n}\n"
    assert found.find("./ul/li").text == "item"
    assert mdx.expand(body, {}).unknown == ("Deep.Name",)


@pytest.mark.parametrize(
    ("body", "source"),
    [
        ("import pic from './pic.png';\n\n<img src={pic} alt='p' />", f"{BASE}pic.png"),
        ("import pic from '@site/static/img/pic.png';\n\n<Image src={pic.src} alt='p' />", "https://base.example/img/pic.png"),
        ("<img src={require('./pic.png').default} style={{width: 1}} onClick={() => x > 1} />", f"{BASE}pic.png"),
        ("<img src={useBaseUrl('/img/pic.png')}/>", "https://base.example/img/pic.png"),
        ('<img\n  src={"/pic.png"}\n  width={300}\n/>', "https://base.example/pic.png"),
        ('<Figure src="/pic.png" caption="C" />', "https://base.example/pic.png"),
    ],
)
def test_pictures_are_found(body: str, source: str) -> None:
    html = shown(body)
    assert tree(html).find(".//img").get("src") == source
    assert text(html) in ("", "C")


def test_components_have_templates_as_shortcodes_do() -> None:
    body = '<Note title="T">\n  In *it*\n</Note>\n\n<YouTube id="dQw4w9WgXcQ" />\n\n<Link to="/x">y</Link>'
    found = tree(shown(body, {"Note": '<aside title="{title}">{inner}</aside>'}))
    assert found.find("./aside").get("title") == "T"
    assert found.find("./aside/p/em").text == "it"
    assert found.find(".//iframe").get("src") == "https://www.youtube.com/embed/dQw4w9WgXcQ"
    assert found.find(".//a").get("href") == "https://base.example/x"


def test_expressions_show_their_text() -> None:
    body = "# Head {#id}\n\nA {'b'}{' '}{`c`} {1.5} {props.x}d \\frac{a}{b}"
    assert text(shown(body)) == "Head A b c 1.5 d \\frac{a}{b}"
    assert mdx.expand(body, {}).unknown == ("props.x",)


def test_code_that_shows_mdx_stays() -> None:
    code = "import A from 'a';\n{/* b */}\n<C d={e} />\n\nexport const f = 1;\n"
    body = f"import X from 'x'\n\n```mdx\n{code}```\n\nA `<B c={{d}} />`.\n\n1. x\n\n   ~~~\n   {{y}}\n     z\n   ~~~\n"
    codes = [block.text for block in tree(shown(body)).findall(".//code")]
    assert codes == [code, "<B c={d} />", "{y}\n  z\n"]


@pytest.mark.parametrize(
    ("name", "body", "is_it"),
    [
        ("a.mdx", "x", True),
        ("a.md", "import A from 'a'\n\nx", True),
        ("a.md", "x <b style={{a: 1}}>y</b>", True),
        ("a.md", 'x\n\nimport "fmt"\n', False),
        ("a.md", "```\nimport A from 'a'\n<b c={d}/>\n```\n\n`{/* x */}`", False),
        ("a.md", "set a={b} and {c}", False),
    ],
)
def test_mdx_is_recognised_by_suffix_or_text(name: str, body: str, is_it: bool) -> None:
    assert mdx.is_mdx(name, body) is is_it


def test_a_document_of_mdx_is_published(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "config.yaml").write_text('site: {title: T, url: "https://a.example"}\nsources: [articles]\n', encoding="utf-8")
    body = "import X from './x'\n\n# Head\n\n<X>\n  Text\n</X>\n\n{/* no */}\n"
    (tmp_path / "articles" / "a.mdx").write_text(f"---\ntitle: A\npublishedDateTime: 2026-01-01\n---\n{body}", encoding="utf-8")
    made = build(loader.load(tmp_path / "config.yaml"), datetime(2026, 6, 1, tzinfo=UTC))
    feed = made.site.document("all.json")
    assert feed is not None
    (item,) = json.loads(feed.body)["items"]
    assert text(item["content_html"]) == "Head Text"
    assert [(problem.line, problem.fatal) for problem in made.problems] == [(9, False)]


SIGNS = [
    *(
        "<A>",
        "</A>",
        "<A/>",
        "<",
        "/>",
        "{",
        "}",
        "{{",
        "}}",
        "={",
        "'",
        '"',
        "`",
        "```\n",
        "\n",
        "\n\n",
        "    ",
        "import a from 'b'\n",
    ),
    *(
        "export const a = {\n",
        "{/*",
        "*/}",
        "javascript:alert(1)",
        "onClick=",
        "<YouTube id=",
        "<Figure src=",
        "<img src=",
        "<>",
        "</>",
    ),
    *("\ufdd0", "0", "\ufdd1", "dangerouslySetInnerHTML={{__html: '<script>'}}"),
]


@settings(max_examples=50)
@given(st.lists(st.sampled_from(SIGNS + PIECES)).map("".join))
def test_mdx_is_harmless(body: str) -> None:
    assert_harmless(shown(body, {"A": "<aside>{inner}{b}</aside>"}), frames=True)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_html_in_mdx_is_harmless(hostile: str) -> None:
    assert_harmless(shown(hostile), frames=True)
    assert_harmless(shown(f"<A b={{`{hostile}`}}>{hostile}</A> {{`{hostile}`}}", {"A": "<aside>{b}{inner}</aside>"}), frames=True)


@pytest.mark.parametrize(
    "piece",
    ["{", "{a", "<A>", "<A ", "<A b={", "import a\n", "export const a = {\n", "```\n", "`a``", "{/*", "<A/>", "{a}", "<A></A>"],
)
def test_a_megabyte_of_mdx_takes_linear_time(piece: str) -> None:
    body = piece * (1_000_000 // len(piece))
    mdx.is_mdx("a.md", body)
    assert len(mdx.expand(body, {}).text) <= 2_000_000
