"""Publish 192 real documents, which are beside the checkout and not part of it, and hold the result to what must be true.

    PYTHONPATH=tests .venv/bin/python .ci/corpus.py

Prints a line for each thing that holds; ends with status 1 and a traceback at the first that doesn't.
"""

import html
import json
import re
import tempfile
from pathlib import Path
from typing import Any

import jsonschema
import yaml
from lxml import etree
from referencing import Registry, Resource
from support import Site, atom_items, is_json_feed, json_items, rss_items, xml

ROOT = Path(__file__).parent.parent

CORPUS = ROOT.parent / "shared/corpus/news"
SCHEMAS = ROOT.parent / "shared/schemas"
ARTICLES, HELD_BACK = 131, 60


def main() -> None:
    if not CORPUS.is_dir():
        print("corpus: not there, not checked")
        return
    with tempfile.TemporaryDirectory() as folder:
        config = {
            "site": {"title": "Corpus", "url": "https://feeds.example.org", "language": "en"},
            "sources": [str(CORPUS)],
            "limit": 1000,
            "sitemaps": ["plain"],
        }
        site = Site(Path(folder)).write({"config.yaml": yaml.safe_dump(config)})
        check_counts(site)
        feeds = site.export()
        check_agreement(feeds)
        check_titles(feeds)
        check_secrets(feeds)
        check_schemas(feeds)
        check_second_export(site, feeds)
        check_server(site, feeds)


def check_counts(site: Site) -> None:
    told = site.check()
    held = [told[why] for why in ("drafts", "scheduled", "below_minimum")]
    assert len(told["published"]) == ARTICLES, len(told["published"])
    assert sum(map(len, held)) == HELD_BACK, list(map(len, held))
    assert len(told["duplicates"]) == 1, told["duplicates"]
    lost = told["duplicates"][0]
    said = [line for line in site.run("check").out.splitlines() if line.startswith("duplicate: ")]
    assert len(said) == 1
    assert lost["path"] in said[0]
    assert lost["published"] in said[0]
    done(f"{ARTICLES} published, {HELD_BACK} held back, the duplicate named")


def check_agreement(feeds: dict[str, bytes]) -> None:
    assert len(json_items(feeds["all.json"])) == ARTICLES
    groups = [path.removesuffix(".json") for path in feeds if is_json_feed(path)]
    for group in groups:
        expected = json_items(feeds[f"{group}.json"])
        assert rss_items(feeds[f"{group}.rss"]) == expected, group
        assert atom_items(feeds[f"{group}.atom"]) == expected, group
    done(f"the three formats agree in {len(groups)} feeds")


def check_titles(feeds: dict[str, bytes]) -> None:
    seen = 0
    for path, body in feeds.items():
        titles = [item["title"] for item in json.loads(body)["items"]] if is_json_feed(path) else []
        if path.endswith((".rss", ".atom")):
            titles = [found.decode() for found in re.findall(rb"<title[^>]*>(.*?)</title>", body, re.DOTALL)]
        for title in titles:
            assert not re.search(r"&amp;(amp;|#)", title), (path, title)
        seen += len(titles)
    done(f"nothing is escaped twice in {seen} titles")


def check_secrets(feeds: dict[str, bytes]) -> None:
    documents = [front_matter(file) for file in sorted(CORPUS.iterdir()) if file.suffix == ".md"]
    drafts = [each for each in documents if each.get("published") is False or each.get("removed") is True]
    public = {plain(each["title"]) for each in documents if each not in drafts}
    secured = {text[:40].encode() for each in documents for text in strings(each, "secured")}
    titles = {plain(each["title"]) for each in drafts} - public
    assert len(drafts) == HELD_BACK
    assert secured
    everything = b"\n".join(feeds.values())
    read = html.unescape(html.unescape(everything.decode()))
    assert not [secret for secret in secured if secret in everything]
    assert not [title for title in titles if title in read]
    done(f"none of {len(titles)} titles of drafts and {len(secured)} secured texts is in the output")


def check_schemas(feeds: dict[str, bytes]) -> None:
    if not SCHEMAS.is_dir():
        print("schemas: not there, not checked")
        return
    atom = etree.RelaxNG(etree.parse(SCHEMAS / "atom-rfc4287-appendixB.rng"))
    schemas = [json.loads(file.read_bytes()) for file in sorted(SCHEMAS.glob("jsonfeed-1.1-*.json"))]
    # The one of schemastore.org leans on its neighbour.
    older = Resource.from_contents(json.loads((SCHEMAS / "jsonfeed-1-schemastore.json").read_bytes()))
    registry: Registry[Any] = Registry().with_resource("https://json.schemastore.org/feed-1", older)
    validators = [jsonschema.validators.validator_for(schema)(schema, registry=registry) for schema in schemas]
    opml = etree.XMLSchema(etree.parse(SCHEMAS / "opml-2.0.xsd"))
    assert opml.validate(xml(feeds["feeds.opml"])), opml.error_log
    sitemap = etree.XMLSchema(etree.parse(SCHEMAS / "sitemap.xsd"))
    assert sitemap.validate(xml(feeds["sitemap.xml"])), sitemap.error_log
    for path, body in feeds.items():
        if path.endswith(".atom"):
            assert atom.validate(xml(body)), (path, atom.error_log)
        elif is_json_feed(path):
            for validator in validators:
                validator.validate(json.loads(body))
    done(f"Atom keeps RFC 4287's schema, JSON Feed {len(schemas)} schemas, OPML and the sitemap their own")


def check_second_export(site: Site, feeds: dict[str, bytes]) -> None:
    told = json.loads(site.run("export", "--json").out)
    assert (told["written"], told["removed"]) == (0, 0), told
    done(f"a second export writes none of {len(feeds)} files")


def check_server(site: Site, feeds: dict[str, bytes]) -> None:
    with site.serve() as server:
        for path, body in feeds.items():
            assert server.get(path).content == body, path
    done(f"{len(feeds)} files are what the server sends")


def front_matter(file: Path) -> dict[str, Any]:
    """The front matter, by PyYAML and not by Feeds."""
    text = re.sub(r"[\x80-\x9f]", "", file.read_text(encoding="utf-8-sig").replace("\r\n", "\n"))
    found = yaml.load(text.split("\n---", 1)[0].removeprefix("---"), Loader=yaml.CSafeLoader)
    assert isinstance(found, dict), file
    return found


def strings(value: Any, name: str) -> list[str]:
    """Every text that stands under `name`, at any depth."""
    if isinstance(value, list):
        return [text for item in value for text in strings(item, name)]
    if not isinstance(value, dict):
        return []
    own = [value[name]] if isinstance(value.get(name), str) else []
    return own + [text for item in value.values() for text in strings(item, name)]


def plain(title: object) -> str:
    """A title with its entities decoded and white space folded."""
    return " ".join(html.unescape(html.unescape(str(title))).split())


def done(what: str) -> None:
    """Say what holds."""
    print(f"corpus: {what}")


if __name__ == "__main__":
    main()
