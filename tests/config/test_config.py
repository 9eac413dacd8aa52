"""Mistakes in the config are errors with line and the nearest valid key."""

import json

import pytest
from support import REQUIRED, Site, doc

from feeds.config import loader
from feeds.errors import ConfigError
from feeds.version import __version__

# Lines added to a valid config of two lines, and the error: line, field, and a part of the message.
MISTAKES = {
    "limite: 5": (3, "limite", "'limit'"),
    "limit: many": (3, "limit", "found 'many', expected a number"),
    "limit: 0": (3, "limit", "1 or more"),
    "limit: -1": (3, "limit", "whole number"),
    "limit: 1.5": (3, "limit", "whole number"),
    "limit: [1]": (3, "limit", "found a list"),
    "topics: [AI]": (3, "topics", "found a list, expected fields"),
    "topics:\n  ' ': {description: X}": (4, "topics. ", "the name of a topic"),
    "topics:\n  AI: {parnt: X}": (4, "topics.AI.parnt", "'parent'"),
    "topics:\n  AI: {image: 'javascript:x'}": (4, "topics.AI.image.url", "http or https"),
    "topics:\n  A: {parent: B}\n  B: {parent: c}\n  C: {parent: a}": (4, "topics.A.parent", "not below this topic"),
    "topics:\n  A: {parent: A}": (4, "topics.A.parent", "not below this topic"),
    "groups: [topic, people]": (3, "groups", "any of topic, provider, category"),
    "formats: [rss, xml]": (3, "formats", "any of rss, atom, json"),
    "archive_period: year": (3, "archive_period", "any of month, day"),
    "cache: {max_age: soon}": (3, "cache.max_age", "5m"),
    "cache: {maxage: 5m}": (3, "cache.maxage", "'max_age'"),
    "poll: 0s": (3, "poll", "30s"),
    "feeds:\n  ../x: {title: X}": (4, "feeds.../x:", "slug"),
    "feeds:\n  Big Words: {title: X}": (4, "feeds.Big Words:", "big-words"),
    "feeds:\n  x: {topic: [AI]}": (4, "feeds.x.topic", "'topics'"),
    "feeds:\n  x: {minimum_quality: high}": (4, "feeds.x.minimum_quality", "a number"),
    "minimums: {site: 5}": (3, "minimums.site", "found '5', expected fields"),
    "minimums: {topics: {quality: 5}}": (3, "minimums.topics", "'topic'"),
    "pages: perhaps": (3, "pages", "true or false"),
    "hubs: [ftp://x]": (3, "hubs", "http or https"),
    "hub: perhaps": (3, "hub", "true or false"),
    "hub: {allow: [10.0.0.0/99]}": (3, "hub.allow", "networks such as 10.0.0.0/8"),
    "hub: {signature: md5}": (3, "hub.signature", "any of sha1, sha256, sha384, sha512"),
    "hub: {url: 'ftp://x'}": (3, "hub.url", "an http or https URL"),
    "hub: {lease: 0}": (3, "hub.lease", "a length of time such as 12h or 10d"),
    "hub: {per_host: 0}": (3, "hub.per_host", "a whole number, 1 or more"),
    "hub: {rssCloud: true}": (3, "hub.rssCloud", "'rsscloud'"),
    "embeds: ['not a host']": (3, "embeds", "hosts such as"),
    "providers: {not a domain: {}}": (3, "providers.not a domain:", "example.org"),
    "output: '${NO_SUCH_VARIABLE}'": (3, "output", "NO_SUCH_VARIABLE to be set"),
    "limit: 5\nlimit: 6": (4, "limit", "a second one, expected one (line 3)"),
    "limit: {": (0, "", "broken YAML"),
    "- a list": (0, "", "broken YAML"),
}
SITES = {
    "": (1, "site", "nothing"),
    "site:": (1, "site", "nothing"),
    "site: My site": (1, "site", "'My site'"),
    "site: {url: 'https://x.example'}": (1, "site.title", "the site's title"),
    "site: {title: T}": (1, "site.url", "found nothing, expected an http or https URL"),
    "site:\n  title: T\n  url: x.example": (3, "site.url", "'x.example'"),
    "site: {title: T, url: 'https://x.example/?a=b'}": (1, "site.url", "no query"),
    "site: {title: T, url: 'https://x.example', ulr: x}": (1, "site.ulr", "'url'"),
    "site: {title: T, url: 'https://x.example', id: my site}": (1, "site.id", "a tag: URI or a URL"),
    "site: {title: T, url: 'https://x.example', language: a language}": (1, "site.language", "fr-CA"),
}


def assert_mistake(site: Site, text: str, expected: tuple[int, str, str]) -> None:
    # Without the command, whose start takes longer than all of these; `test_all_mistakes…` shows that it prints them.
    line, field, rest = expected
    site.write({"config.yaml": text})
    with pytest.raises(ConfigError) as raised:
        loader.load(site.folder / "config.yaml")
    output = [each for each in str(raised.value).splitlines() if f"config.yaml:{line or ''}" in each and rest in each]
    assert output, raised.value
    assert f" {field}" in output[0], output[0]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_each_mistake_is_named(site: Site, mistake: str) -> None:
    assert_mistake(site, REQUIRED + mistake + "\n", MISTAKES[mistake])


@pytest.mark.parametrize("text", SITES)
def test_a_site_needs_a_title_and_a_url(site: Site, text: str) -> None:
    assert_mistake(site, text, SITES[text])


def test_all_mistakes_are_reported_in_order(site: Site) -> None:
    site.write({"config.yaml": REQUIRED + "limit: x\npages: y\nfoo: z\n"})
    ran = site.run("export", status=2)
    lines = ran.err.splitlines()
    assert lines[0] == "config.yaml:3: limit: found 'x', expected a number"
    assert ran.out == ""
    assert [line.split(":")[1] for line in lines] == ["3", "4", "5"]
    assert not (site.folder / "dist").exists()


def test_no_config_file(site: Site) -> None:
    ran = site.run("export", "--config", "other.yaml", status=2)
    assert "other.yaml" in ran.err
    assert "Traceback" not in ran.err


def test_a_config_of_bytes_or_recursive_aliases(site: Site) -> None:
    laughs = "a0: &a0 {k: v}\n" + "".join(
        f"a{n}: &a{n} {{{', '.join(f'k{m}: *a{n - 1}' for m in range(10))}}}\n" for n in range(1, 9)
    )
    for text in (b"\xff\xfe\x00", "x: " + "[" * 100_000, laughs + "topics: *a8\n"):
        site.write({"config.yaml": text})
        ran = site.run("list", status=2)
        assert "Traceback" not in ran.err
        assert "config.yaml:" in ran.err


def test_usage_errors(site: Site) -> None:
    site.run("export", "--no-such-option", status=2)
    site.run("publish", status=2)
    site.run("list", "--base-url", "ftp://x", status=2)
    site.run("list", "--base-url", "nowhere", status=2)


def test_only_a_title_and_a_url_are_needed(site: Site) -> None:
    site.write({"config.yaml": 'site: {title: 2026, url: "https://x.example/"}\n', "seeds/a.md": doc({"topics": "T"})})
    assert [group["path"] for group in json.loads(site.run("list", "--json").out)] == ["all", "topics/t"]


def test_environment_variables_are_expanded(site: Site) -> None:
    site.write({"config.yaml": REQUIRED.replace("Tidings", '"${NAME} & ${OTHER}"'), "articles/a.md": doc({"title": "${NAME}"})})
    feed = json.loads(site.run("show", "all.json", env={"NAME": "The: [Name]", "OTHER": "x"}).out)
    assert feed["title"] == "The: [Name] & x"
    assert feed["items"][0]["title"] == "${NAME}", "of the config alone"


def test_paths_are_relative_to_the_config_file(site: Site) -> None:
    site.write(
        {"sub/feeds.yaml": REQUIRED + "output: ../out\n", "sub/articles/a.md": doc({}), "articles/no.md": doc({"title": "No"})}
    )
    site.run("export", "--config", "sub/feeds.yaml")
    assert json.loads((site.folder / "out/all.json").read_bytes())["items"][0]["title"] == "A title"


def test_sources_of_the_command_line_and_the_environment(site: Site) -> None:
    site.write(
        {"one/a.md": doc({"title": "One"}), "two/b.md": doc({"title": "Two"}), "other.yaml": REQUIRED.replace("Tidings", "Other")}
    )
    items = site.items("all.json", "--source", "one", "--source", "two/")
    assert {item["title"] for item in items} == {"One", "Two"}
    ran = site.run("show", "all.json", env={"FEEDS_CONFIG": str(site.folder / "other.yaml")})
    assert json.loads(ran.out)["title"] == "Other"


def test_the_config_file_and_the_output_are_no_documents(site: Site) -> None:
    text = REQUIRED.replace("[articles]", "[.]") + "output: built\n"
    site.write({"config.yaml": text, "articles/a.md": doc({}), "built/old.md": doc({"title": "Old"})})
    assert site.check()["published"] == ["./articles/a.md"]
    assert site.check()["problems"] == []


def test_version(site: Site) -> None:
    assert site.run("--version").out.strip() == __version__


def test_a_source_that_is_named_twice_is_read_once(site: Site) -> None:
    site.write({"articles/a.md": doc({})})
    assert len(site.items("all.json", "--source", "articles", "--source", "./articles")) == 1
    assert site.check("--source", "articles", "--source", "./articles")["duplicates"] == []
