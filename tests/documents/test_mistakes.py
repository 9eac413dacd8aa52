"""Mistakes in fields: what decides about publishing is an error, and what only adds to an article is a warning."""

from typing import Any, NamedTuple

import pytest
from support import CONFIG, Site, doc

URL, MOMENT = "an http or https URL", "a date such as 2026-11-22T09:30:00Z"
PICTURE, SOUND = "https://a.example/1.png", "https://a.example/1.mp3"


class Mistake(NamedTuple):
    """Fields of a document, the one that is wrong, and what is found and expected there."""

    fields: dict[str, Any]
    field: str
    found: str
    expected: str


# Without these, an article would be another one, at another place or time, or published against its author's will.
ERRORS = (
    Mistake({"title": ["a", "b"]}, "title", "a list", "the article's title"),
    Mistake({"title": None}, "title", "nothing", "the article's title"),
    Mistake({"publishedDateTime": "soon"}, "publishedDateTime", "'soon'", f"{MOMENT}, here or beginning the file's name"),
    Mistake({"updatedDateTime": "soon"}, "updatedDateTime", "'soon'", MOMENT),
    Mistake({"webUrl": "ftp://a.example/a"}, "webUrl", "'ftp://a.example/a'", URL),
    Mistake({"webUrl": ["/a"]}, "webUrl", "a list", URL),
    Mistake({"id": ["x"]}, "id", "a list", "text"),
    Mistake({"published": "maybe"}, "published", "'maybe'", "true or false"),
    Mistake({"removed": ["x"]}, "removed", "a list", "true, false, or why it was removed"),
    Mistake({"topics": {"a": "b"}}, "topics", "a mapping", "text"),
    Mistake({"tags": [{"a": "b"}]}, "tags[0]", "a mapping", "text"),
    Mistake({"excerpt": ["a"]}, "excerpt", "a list", "text"),
    Mistake({"quality": "high"}, "quality", "'high'", "a number"),
    Mistake({"provider": ["a"]}, "provider", "a list", "fields, each `name: value`"),
    Mistake({"provider": {"domain": "not a domain!"}}, "provider.domain", "'not a domain!'", "a domain such as example.org"),
)
WARNINGS = (
    Mistake({"ampWebUrl": "ftp://a.example/a"}, "ampWebUrl", "'ftp://a.example/a'", URL),
    Mistake({"category": ["a", "b"]}, "category", "2 names", "one category; more of them are `topics`"),
    Mistake({"locale": "not a language!"}, "locale", "'not a language!'", "a language such as fr or fr-CA"),
    Mistake({"locale": ["fr"]}, "locale", "a list", "text"),
    Mistake({"images": ["javascript:alert(1)"]}, "images[0].url", "'javascript:alert(1)'", URL),
    Mistake({"images": ["no-such.png"]}, "images[0].url", "'no-such.png'", "a file beside the document or in its source folder"),
    Mistake({"images": [{"url": PICTURE, "width": "wide"}]}, "images[0].width", "'wide'", "a number"),
    Mistake(
        {"provider": {"name": "P", "images": ["ftp://a.example/1.png"]}}, "provider.images[0].url", "'ftp://a.example/1.png'", URL
    ),
    Mistake({"authors": [{"name": "A", "url": "ftp://a.example"}]}, "authors[0].url", "'ftp://a.example'", URL),
    Mistake({"authors": [{"name": "A", "avatar": "javascript:x"}]}, "authors[0].avatar", "'javascript:x'", URL),
    Mistake({"authors": ["B", {"url": "https://a.example"}]}, "authors[1].name", "nothing", "the author's name"),
    Mistake({"actions": [{"type": "audio/mpeg"}]}, "actions[0].url", "nothing", URL),
    Mistake({"actions": [{"url": SOUND, "size": "big"}]}, "actions[0].size", "'big'", "a number"),
    Mistake({"actions": [{"url": SOUND, "length": "long"}]}, "actions[0].length", "'long'", "a length of time such as PT4M13S"),
    Mistake({"actions": [{"url": SOUND, "title": ["a"]}]}, "actions[0].title", "a list", "text"),
    Mistake({"audio": SOUND, "duration": "long"}, "duration", "'long'", "a length of time such as 24:10"),
    Mistake({"audio": {"url": SOUND, "size": "12 MB"}}, "audio.size", "'12 MB'", "a number of bytes"),
    Mistake({"audio": {"url": SOUND, "bytes": "many"}}, "audio.bytes", "'many'", "a number of bytes"),
    Mistake({"audio": SOUND, "audioSize": "12 MB"}, "audioSize", "'12 MB'", "a number of bytes"),
    Mistake({"audio": SOUND, "explicit": "perhaps"}, "explicit", "'perhaps'", "true or false"),
    Mistake({"audio": SOUND, "chapters": "ftp://a.example/c.json"}, "chapters", "'ftp://a.example/c.json'", URL),
    Mistake({"related": [{"title": "Without an address"}]}, "related[0].webUrl", "nothing", URL),
    Mistake({"related": [{"originalUrl": "ftp://a.example"}]}, "related[0].originalUrl", "'ftp://a.example'", URL),
    Mistake(
        {"related": [{"webUrl": "https://a.example", "publishedDateTime": "soon"}]},
        "related[0].publishedDateTime",
        "'soon'",
        MOMENT,
    ),
    Mistake({"correction": {"date": "2026-01-02"}}, "correction.text", "nothing", "the text of the correction"),
    Mistake({"correction": {"text": "A year was wrong.", "date": "soon"}}, "correction.date", "'soon'", MOMENT),
    Mistake({"actions": [SOUND], "episodeType": "pilot"}, "episodeType", "'pilot'", "any of full, trailer, bonus"),
)


@pytest.mark.parametrize(("mistakes", "severity"), [(ERRORS, "error"), (WARNINGS, "warning")])
def test_a_mistake_in_a_field_is_reported_once(site: Site, mistakes: tuple[Mistake, ...], severity: str) -> None:
    documents = {f"articles/{number}.md": doc({"title": f"Story {number}"} | each.fields) for number, each in enumerate(mistakes)}
    site.write(documents | {"articles/sound.md": doc({"title": "Sound"}), "config.yaml": CONFIG})
    reported = {
        (each["path"], each["severity"], each["field"], each["found"], each["expected"]) for each in site.check()["problems"]
    }
    assert reported == {
        (f"articles/{number}.md", severity, each.field, each.found, each.expected) for number, each in enumerate(mistakes)
    }
    site.run("export")
    # An article with a warning is published.
    assert len(site.items()) == (1 if severity == "error" else len(mistakes) + 1)


def test_what_is_right_beside_a_mistake_is_published(site: Site) -> None:
    fields: dict[str, Any] = {
        "authors": [
            {"name": "Ada", "url": "ftp://a.example", "website": "https://ada.example/"},
            {"url": "https://b.example"},
            "-",
        ],
        "related": [{"title": "Nowhere"}, {"title": "There", "webUrl": "https://c.example/"}],
        "correction": ["A year was wrong.", {"date": "2026-01-02"}, ""],
    }
    site.write({"articles/a.md": doc(fields, "Text"), "config.yaml": CONFIG})
    assert {each["field"] for each in site.check()["problems"]} == {"authors[1].name", "related[0].webUrl", "correction[1].text"}
    site.run("export")
    (item,) = site.items()
    assert item["authors"] == [{"name": "Ada", "url": "https://ada.example/"}]
    assert [each["title"] for each in item["_feeds"]["related"]] == ["There"]
    assert item["content_html"].count("A year was wrong.") == 1
