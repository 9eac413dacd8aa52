"""Shortcodes of each generator, as readers get them. Oracle: html5lib, as browsers read it."""

import re
from typing import Any

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from test_sanitiser import HOSTILE, MARKDOWN, PIECES, assert_harmless

from feeds.documents import front_matter
from feeds.documents.front_matter import Home
from feeds.documents.rules import Rules
from feeds.markup import sanitiser, shortcodes
from feeds.model import Markup
from feeds.text.urls import web_address

BASE = "https://base.example/blog/post/"
TEMPLATES = {
    "figure": '<img src="{src}" alt="{alt}">',
    "note": "<aside>{inner}</aside>",
    "badge": '<b title="{0}">{1}</b>',
    "twice": "<div>{inner}{inner}</div>",
}


def shown(body: str, templates: dict[str, str] | None = None, markup: Markup = Markup.MARKDOWN) -> str:
    expanded = shortcodes.expand(body, templates or {}, markdown=markup is Markup.MARKDOWN)
    html = sanitiser.to_html(expanded.text, markup)
    return sanitiser.clean(html, lambda url: web_address(url, BASE), hosts=("youtube.com", "player.vimeo.com"))


def tree(html: str) -> Any:
    return html5lib.parseFragment(html, namespaceHTMLElements=False)


def text(html: str) -> str:
    return " ".join("".join(tree(html).itertext()).split())


FIGURES = [
    '{{< figure src="/a.png" caption="A & B" >}}',
    '{{% figure src="/a.png" caption="A & B" %}}',
    '{{< figure\n  src="/a.png"\n  caption="A & B"\n/>}}',
    "{% include figure.html src='/a.png' caption='A & B' %}",
    '{% include components/image.html url="/a.png" caption="A & B" %}',
    '{% figure src="/a.png", caption="A & B" %}',
    '{{ figure(src="/a.png", caption="A & B") }}',
    "{{< img `/a.png` >}}A &amp; B{{< /img >}}",
]


@pytest.mark.parametrize("body", FIGURES)
def test_a_figure_of_each_generator_has_its_picture_and_caption(body: str) -> None:
    figure = tree(shown(f"Before.\n\n{body}\nAfter *it*.")).find(".//figure")
    assert figure.find("./img").get("src") == "https://base.example/a.png"
    assert figure.find("./figcaption").text == "A & B"
    assert tree(shown(f"Before.\n\n{body}\nAfter *it*.")).find(".//em").text == "it"


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ("{{< youtube dQw4w9WgXcQ >}}", "https://www.youtube.com/embed/dQw4w9WgXcQ"),
        ('{{< youtube id="dQw4w9WgXcQ" autoplay="true" >}}', "https://www.youtube.com/embed/dQw4w9WgXcQ"),
        ("{% youtube https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3 %}", "https://www.youtube.com/embed/dQw4w9WgXcQ"),
        ('{% include youtube.html id="dQw4w9WgXcQ" %}', "https://www.youtube.com/embed/dQw4w9WgXcQ"),
        ('{{ youtube(id="dQw4w9WgXcQ", class="wide") }}', "https://www.youtube.com/embed/dQw4w9WgXcQ"),
        ("{{< vimeo 146022717 >}}", "https://player.vimeo.com/video/146022717"),
        ("Text {{< vimeo 146022717 >}} and *more*", "https://player.vimeo.com/video/146022717"),
    ],
)
def test_a_video_is_a_frame_that_the_sanitiser_judges(body: str, address: str) -> None:
    assert tree(shown(body)).find(".//iframe").get("src") == address
    assert "*" not in shown(body)


@pytest.mark.parametrize(
    ("body", "address"),
    [
        ('[x]({{< ref "posts/b.md#part" >}})', "https://base.example/posts/b/#part"),
        ('[x]({{% relref "b" %}})', "https://base.example/blog/b/"),
        ('[x]({{< ref "/posts/b/index.md" >}})', "https://base.example/posts/b/"),
        ("[x]({% post_url 2020-01-02-b %})", "https://base.example/2020/01/02/b.html"),
        ("[x]({{ site.baseurl }}{% link _posts/2020-01-02-b.md %})", "https://base.example/2020/01/02/b.html"),
        ("[x]({% link assets/b.pdf %})", "https://base.example/assets/b.pdf"),
        ("[x]({{ '/b' | relative_url }})", "https://base.example/b"),
        ('[x]({{ "/b/" | url }})', "https://base.example/b/"),
        ('<a href="{{ site.url }}/b">x</a>', "https://base.example/b"),
        ('[x]({{ site.baseurl | append: "/b" }})', "https://base.example/b"),
        ("[x](@/blog/2020-01-02-b.md#part)", "https://base.example/blog/b/#part"),
        ("[x]\n\n[x]: @/blog/b/index.md", "https://base.example/blog/b/"),
        ("{{< gist spf13 7896402 >}}", "https://gist.github.com/spf13/7896402"),
        ("{% gist spf13/7896402 file.rb %}", "https://gist.github.com/spf13/7896402"),
        (
            '{{< tweet user="SanDiegoZoo" id="1453110110599868418" >}}',
            "https://twitter.com/SanDiegoZoo/status/1453110110599868418",
        ),
    ],
)
def test_references_are_links(body: str, address: str) -> None:
    assert [link.get("href") for link in tree(shown(body)).findall(".//a")] == [address]


IMAGE = f'<img src="{BASE}a.png"'


@pytest.mark.parametrize(
    ("body", "html"),
    [
        (
            '{{< figure src="a.png" width=5 height="5%" link="/l" attr="<B>" caption="C" >}}',
            f'<figure><a href="https://base.example/l">{IMAGE} alt="C" width="5"></a>'
            "<figcaption>C &lt;B&gt;</figcaption></figure>",
        ),
        ('x {{< figure src="a.png" >}}', f'<p>x {IMAGE} alt=""></p>'),
        ('x {{< figure src="a.png" title="T" >}}', f'<p>x <figure>{IMAGE} alt="T"><figcaption>T</figcaption></figure></p>'),
        ("{% asset_img wide a.png 640 480 The sea %}", f'<figure>{IMAGE} alt="The"></figure>'),
        ("{{< figure >}}", ""),
        (
            '{{< vimeo "https://vimeo.com/146022717?x=1" "no" title="The <film>" >}}',
            '<p><iframe src="https://player.vimeo.com/video/146022717" title="The &lt;film&gt;" width="560" height="315" '
            "allowfullscreen></iframe></p>",
        ),
        ("{{< youtube x >}}", ""),
        ("{{< gist >}}", ""),
        ("{{< tweet >}}", ""),
        (
            "A {{< tweet 1453110110599868418 >}}",
            '<p>A <span><a href="https://twitter.com/i/status/1453110110599868418">Twitter</a></span></p>',
        ),
        ('{{< x id="1" >}}', '<p><a href="https://twitter.com/i/status/1">Twitter</a></p>'),
        ("{% twitter https://twitter.com/a/status/1 wide %}", '<p><a href="https://twitter.com/a/status/1">Twitter</a></p>'),
        ("{{< tweet a 1 >}}", '<p><a href="https://twitter.com/a/status/1">Twitter</a></p>'),
        ('{{< codepen id="b" title="The <pen>" >}}', '<p><a href="https://codepen.io/pen/b">The &lt;pen&gt;</a></p>'),
        ('{{< video mp4="/v.mp4" >}}', '<p><video src="https://base.example/v.mp4" controls=""></video></p>'),
        ("{{< audio >}}", ""),
        (
            '{{< details "Sum <m>" >}}\nin *it*\n{{< /details >}}',
            "<details><summary>Sum &lt;m&gt;</summary><p>in <em>it</em></p></details>",
        ),
        ("{% blockquote Ann, Book %}\nQuoted\n{% endblockquote %}", "<blockquote><p>Quoted</p><p>— Ann, Book</p></blockquote>"),
        ("{{< quote >}}Quoted *it*{{< /quote >}}", "<blockquote><p>Quoted <em>it</em></p></blockquote>"),
        ("{{< quote >}}", ""),
        ('{{< alert "warning" >}}Hot{{< /alert >}}', "<blockquote><p><strong>Warning</strong></p><p>Hot</p></blockquote>"),
        ("{{< tip >}}\nHot\n{{< /tip >}}", "<blockquote><p><strong>Tip</strong></p><p>Hot</p></blockquote>"),
        ('{{< tip "T <1>" >}}Hot{{< /tip >}}', "<blockquote><p><strong>T &lt;1&gt;</strong></p><p>Hot</p></blockquote>"),
        (
            '{{< callout type="note" title="T" >}}Hot{{< /callout >}}',
            "<blockquote><p><strong>T</strong></p><p>Hot</p></blockquote>",
        ),
        ("{{< note >}}", ""),
        (
            '{{< tabs >}}{{< tab "One" >}}first{{< /tab >}}{{< tab name="Two <2>" >}}second{{< /tab >}}{{< /tabs >}}',
            "<p><strong>One</strong></p><p>first</p><p><strong>Two &lt;2&gt;</strong></p><p>second</p>",
        ),
        ("{{< tabs >}}{{< tab >}}first{{< /tab >}}{{< tab >}}second{{< /tab >}}{{< /tabs >}}", "<p>first</p><p>second</p>"),
        ('{{< link href="https://b.example/x" >}}text{{< /link >}}', '<p><a href="https://b.example/x">text</a></p>'),
        ("{{< a >}}text{{< /a >}}", "<p>text</p>"),
        ("{% post_link b The b %}", '<p><a href="https://base.example/blog/b/">The b</a></p>'),
        ("{% asset_link b.png %}", f'<p><a href="{BASE}b.png">b.png</a></p>'),
        ('[x]({{< ref "#part" >}})', f'<p><a href="{BASE}#part">x</a></p>'),
        ("x {% highlight py %}y <b>{% endhighlight %}", '<p>x <code class="language-py">y &lt;b&gt;</code></p>'),
        ('{% highlight "no name" %}y{% endhighlight %}', "<pre><code>y\n</code></pre>"),
        ("{% highlight %}", ""),
        ("{% code_block %}{{ x }}{% endcode_block %}", "<pre><code>{{ x }}\n</code></pre>"),
        ("{% quote %}A{% end_quote %}", "<blockquote><p>A</p></blockquote>"),
        ('{{< quote source="S" >}}A{{< /quote >}}', "<blockquote><p>A</p><p>— S</p></blockquote>"),
        ('{{- "b" -}}', "<p>b</p>"),
        ('{{ "b" | append: "c" | prepend: "a" | upcase }}', "<p>abc</p>"),
        ("{{% 5 %}}", ""),
        ("{% 5 %}", ""),
    ],
)
def test_known_shortcodes_are_the_html_that_they_stand_for(body: str, html: str) -> None:
    def normal(source: str) -> str:
        return re.sub(r"\s*\n\s*", "", html5lib.serialize(tree(source), omit_optional_tags=False))

    assert normal(shown(body)) == normal(html)


def test_other_documents_may_be_elsewhere() -> None:
    found = shortcodes.expand('{{< ref "b.md" >}} {{< ref "c.md" >}}', {}, refer={"b.md": "/x/b.html"}.get)
    assert found.text == "/x/b.html ../c/"


def test_templates_of_the_source_go_first() -> None:
    body = (
        '{{< figure src="a.png" alt="1 < \\"2\\"" caption="no" >}} {{< badge "a b" c >}}\n\n'
        "{{% note %}}\nText *it*\n\n- item\n{{% /note %}}\nEnd *it*."
    )
    found = tree(shown(body, TEMPLATES))
    assert (found.find(".//img").get("alt"), found.find(".//figcaption")) == ('1 < "2"', None)
    assert (found.find(".//b").get("title"), found.find(".//b").text) == ("a b", "c")
    assert [found.find(path).text for path in (".//aside/p/em", ".//aside/ul/li", "./p[last()]/em")] == ["it", "item", "it"]


@pytest.mark.parametrize(
    "body",
    [
        '{{< highlight go "linenos=table" >}}\n{{ .T }} *a*\n\n    <b>\n{{< /highlight >}}',
        "{% highlight go %}\n{{ .T }} *a*\n\n    <b>\n{% endhighlight %}",
        "{% codeblock lang:go %}\n{{ .T }} *a*\n\n    <b>\n{% endcodeblock %}",
        "- x\n\n  {{< highlight go >}}\n  {{ .T }} *a*\n\n      <b>\n  {{< /highlight >}}\n",
        "```go\n{{ .T }} *a*\n\n    <b>\n```",
    ],
)
def test_highlighted_code_is_a_block_of_code(body: str) -> None:
    code = tree(shown(body)).find(".//pre/code")
    assert (code.get("class"), code.text) == ("language-go", "{{ .T }} *a*\n\n    <b>\n")


def test_code_shows_a_call_of_zola_without_what_keeps_it_from_running() -> None:
    body = "```\n{{/* youtube(id=1) */}} {%/* quote() */%}x{%/* end */%} {{/* a comment of Go */}}\n```\n"
    assert text(shown(body)) == "{{ youtube(id=1) }} {% quote() %}x{% end %} {{/* a comment of Go */}}"


def test_code_that_shows_a_shortcode_stays() -> None:
    body = (
        '```\n{{< figure src="a" >}} {% if x %}\n```\n\n    {{ indented }}\n\nA `{{< b >}}` and <code>{% c %}</code>\n\n'
        "```\n{{</* figure */>}}{% raw %}{{ d }}{% endraw %}\n```\n\n"
    )
    shown_by = {"": "{{< figure >}}{{ d }}\n", "{{</* e */>}}": "{{< figure >}}{% raw %}{{ d }}{% endraw %}\n"}
    for end, last in shown_by.items():
        codes = ["".join(code.itertext()) for code in tree(shown(body + end)).findall(".//code")]
        assert codes[:4] == ['{{< figure src="a" >}} {% if x %}\n', "{{ indented }}\n", "{{< b >}}", "{% c %}"]
        assert codes[4].replace("< figure >", "<figure>") == last.replace("< figure >", "<figure>")


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ("{{</* e */>}} {{%/* f */%}}", "{{< e >}} {{% f %}}"),
        ("{% raw %}{{ f }} {% g %}{% endraw %}", "{{ f }} {% g %}"),
        ("{{/* youtube(id=1) */}}", "{{ youtube(id=1) }}"),
        ("{{< youtube dQw4w9WgXcQ >}} as in {{ page.title }} {% if %}", "YouTube as in {{ page.title }} {% if %}"),
    ],
)
def test_visible_content_of_shortcodes_stays(body: str, seen: str) -> None:
    assert text(shown(body)) == seen.removeprefix("YouTube ")


@pytest.mark.parametrize(
    ("body", "unknown"),
    [
        ("{{< box >}}in *it*{{< /box >}} {{< box >}} {{% card a=1 %}}kept", ["box", "card"]),
        (
            "{% box %}in *it*{% endbox %} {% widget a=1 %} {{ page.title }} {% if x %}kept{% endif %}",
            ["box", "if", "page.title", "widget"],
        ),
        ("{% box(a=1) %}in *it*{% end %} {{ card(a=1) }}kept", ["box", "card"]),
    ],
)
def test_an_unknown_shortcode_is_reported_once_and_its_text_stays(body: str, unknown: list[str]) -> None:
    assert sorted(shortcodes.expand(body, {}).unknown) == unknown
    assert text(shown(body)) == "in it kept"


@pytest.mark.parametrize(
    "body",
    [
        "{% comment %}x {{ y }}{% endcomment %}",
        "{% 5 %}",
        "{{% 5 %}}",
        "{# x #}",
        "{{/* x */}}",
        "{% assign a = 1 %}",
        "{{% comment %}}x{{% /comment %}}",
    ],
)
def test_shortcodes_without_content_are_removed(body: str) -> None:
    assert (shown(body), shortcodes.expand(body, {}).unknown) == ("", ())


@pytest.mark.parametrize("body", [r"\frac{{a}}{b}", "${{ secrets.TOKEN }}", "a {b} {", "x {% y", "{{ z"])
def test_text_that_only_looks_like_a_shortcode_stays(body: str) -> None:
    assert text(shown(body)) == body


def test_html_and_paired_shortcodes_of_zola() -> None:
    body = '<p>{% quote(author="Ann") %}Quoted{% end %}</p><pre>{{ shown }}</pre>'
    assert text(shown(body, markup=Markup.HTML)) == "Quoted — Ann {{ shown }}"


def test_an_unknown_shortcode_is_reported_with_its_line() -> None:
    data = b"---\ntitle: T\npublishedDateTime: 2026-01-01\n---\nOne\n\n{{< box >}}x{{< /box >}}\n{{< figure src='a.png' >}}\n"
    taken = front_matter.taken_apart("a.md", data, Rules(shortcodes={"figure": "<i>{src}</i>"}))
    site = "https://a.example"
    reading = front_matter.read(taken, Home(site, site, site))
    assert reading.article is not None
    assert reading.article.body.split() == ["One", "x", "<i>a.png</i>"]
    assert [(problem.line, problem.field, problem.fatal) for problem in reading.problems] == [(7, "body", False)]
    assert "'box'" in reading.problems[0].found


def test_a_shortcode_of_any_name_with_a_picture_is_that_picture() -> None:
    bodies = ("{% breaking_image /a/b.png, https://b.example/, no-margin %}\n", '{{< shot src="/b.jpg" alt="Sea" >}}\n')
    found = [shortcodes.expand(body, {}) for body in bodies]
    assert [each.unknown for each in found] == [(), ()]
    pictures = [picture for each in found for picture in html5lib.parse(each.text, namespaceHTMLElements=False).iter("img")]
    assert [(each.get("src"), each.get("alt")) for each in pictures] == [("/a/b.png", ""), ("/b.jpg", "Sea")]


SHORT = [
    *("{{< ", " >}}", "{{% ", " %}}", "{% ", " %}", "{{ ", " }}", "{{</* ", " */>}}", "/", "end", "raw", "highlight", "figure"),
    *(
        ' src="',
        '"',
        "note",
        "twice",
        "youtube",
        "quote(",
        ")",
        "`",
        "```\n",
        "\n",
        "    ",
        "<pre>",
        "</pre>",
        "{{<note>}}",
        "{{</note>}}",
    ),
    *("javascript:alert(1)", "<script>", "onerror=", "@/", "](", "\ufdd0", "0", "\ufdd1"),
]


@settings(max_examples=25)
@given(st.lists(st.sampled_from(SHORT + PIECES)).map("".join))
@example('{{< figure src="javascript:alert(1)" link="javascript:1" alt="\\"><script>" >}}')
@example("{{<twice>}}" * 40 + "x" + "{{</twice>}}" * 40)
def test_shortcodes_are_harmless(body: str) -> None:
    assert_harmless(shown(body, TEMPLATES), frames=True)
    assert_harmless(shown(body, TEMPLATES, Markup.HTML), frames=True)


@pytest.mark.parametrize("hostile", HOSTILE + MARKDOWN)
def test_arguments_of_shortcodes_are_harmless(hostile: str) -> None:
    value = hostile.replace('"', '\\"')
    for body in (
        f'{{{{< figure src="{value}" caption="{value}" alt="{value}" >}}}}',
        f"{{{{< note >}}}}{hostile}{{{{< /note >}}}}",
    ):
        assert_harmless(shown(body, TEMPLATES), frames=True)
        assert_harmless(shown(body), frames=True)


CODE = st.text(st.sampled_from("ab {}%<>/*.\"'-|="), min_size=1, max_size=30).filter(lambda code: code.strip() == code)


@given(CODE, st.sampled_from(["{{< %s >}}", "{{%% %s %%}}", "{%% %s %%}", "{{ %s }}"]))
def test_any_shortcode_in_code_stays(given_code: str, form: str) -> None:
    code = form % given_code
    if "/*" in code or "*/" in code:
        return
    blocks = tree(shown(f"Text\n\n```\n{code}\n```\n\n`` {code} ``\n")).findall(".//code")
    assert [block.text for block in blocks] == [f"{code}\n", code]


@pytest.mark.parametrize(
    "piece", ["{{<", "{{< a >}}", "{% raw %}", "{{", "{#", "{{< a >}}{{< /a >}}", "{% a(", "{{ '", "{{< twice >}}", "{% end %}"]
)
def test_a_megabyte_of_shortcodes_takes_linear_time(piece: str) -> None:
    body = piece * (1_000_000 // len(piece))
    assert len(shortcodes.expand(body, TEMPLATES).text) <= 2_000_000
