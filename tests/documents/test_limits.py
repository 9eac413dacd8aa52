"""Limits of a document: over a limit, it is one error that names file and field."""

import os
import time
from typing import Any

import pytest
from support import CONFIG, Result, Site, doc

IMAGE = "https://a.example/{}.png"
# A field over its default limit, and its error.
OVER: dict[str, tuple[dict[str, Any], str, str]] = {
    "topics": ({"topics": [f"T{number}" for number in range(101)]}, "topics: found 101 of them", "at most 100 (`limits.topics`"),
    "tags": ({"tags": [f"T{number}" for number in range(201)]}, "tags: found 201 of them", "at most 200 (`limits.tags`"),
    "images": ({"images": [IMAGE.format(number) for number in range(201)]}, "images: found 201 of them", "at most 200 ("),
    "logos": (
        {"provider": {"name": "P", "images": [IMAGE.format(number) for number in range(201)]}},
        "provider.images: found 201 of them",
        "at most 200 (`limits.images`",
    ),
    "related": (
        {"related": [{"webUrl": f"https://a.example/{number}"} for number in range(201)]},
        "related: found 201 of them",
        "at most 200 (",
    ),
    "actions": ({"actions": [f"https://a.example/{number}.mp3" for number in range(201)]}, "actions: found 201", "at most 200 ("),
    "authors": ({"authors": [f"Ann {number}" for number in range(101)]}, "authors: found 101 of them", "at most 100 ("),
    "title": ({"title": "a" * 1001}, "title: found 1,001 characters", "at most 1,000 (`limits.title`"),
}


def errors(ran: Result) -> list[str]:
    return [line for line in ran.err.splitlines() if line.startswith("error: ")]


@pytest.mark.parametrize("name", OVER)
def test_a_document_over_a_limit_is_an_error(site: Site, name: str) -> None:
    fields, found, expected = OVER[name]
    site.write({"articles/over.md": doc(fields), "articles/sound.md": doc({"title": "Sound"})})
    ran = site.run("export", "--strict", status=1)
    (error,) = errors(ran)
    assert error.startswith("error: articles/over.md:")
    assert found in error
    assert expected in error
    assert ran.out.startswith("1 article ")


def test_a_document_at_the_limits_is_published(site: Site) -> None:
    whole: dict[str, Any] = {"title": "a" * 1000, "topics": [f"T{number}" for number in range(100)]}
    site.write({"articles/a.md": doc(whole | {"authors": [f"Ann {number}" for number in range(100)]}, "b" * 1_999_999)})
    site.run("export", "--strict")
    assert (site.folder / "dist/topics/t99.rss").is_file()


def test_limits_can_be_configured(site: Site) -> None:
    limits = "limits: {document: 2 kB, title: 10, body: 20, topics: 2, tags: 1, images: 1, related: 1, actions: 1, authors: 1}\n"
    site.write({"config.yaml": CONFIG + limits})
    two = ["https://a.example/1", "https://a.example/2"]
    site.write({"articles/a.md": doc({"title": "Short", "topics": ["A", "B"], "tags": ["C"]}, "b" * 19)})
    over = {"title": "a" * 11, "topics": ["A", "B", "C"], "tags": ["A", "B"], "images": two, "related": two, "actions": two}
    site.write({"articles/over.md": doc(over | {"authors": ["A", "B"]}, "b" * 21)})
    site.write({"articles/large.md": doc({"title": "Large"}, "b" * 2000)})
    output = errors(site.run("export", "--strict", status=1))
    for name in ("title", "topics", "tags", "images", "related", "actions", "authors", "body"):
        assert any(f" {name}: found " in line and f"`limits.{name}`" in line for line in output), name
    assert any("articles/large.md:1: found 2," in line and "at most 2,000 (`limits.document`" in line for line in output)
    assert [item["title"] for item in site.items()] == ["Short"]
    # Other limits: documents are read again.
    site.write({"config.yaml": CONFIG})
    assert sorted(item["title"] for item in site.items()) == ["Large", "Short", "a" * 11]


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ("{topics: 0}", "limits.topics: found '0', expected a whole number, 1 or more"),
        ("{document: big}", "limits.document: found 'big', expected a number of bytes such as 500 kB or 10 MB"),
        ("{document: 0 MB}", "limits.document: found '0 MB', expected a number of bytes"),
        ("{topic: 3}", "the unknown key 'topic', expected 'topics'"),
    ],
)
def test_invalid_limits_are_errors(site: Site, limits: str, message: str) -> None:
    site.write({"config.yaml": f"{CONFIG}limits: {limits}\n"})
    assert message in site.run("export", status=2).err


def test_a_huge_document_is_not_read(site: Site) -> None:
    site.write({"articles/sound.md": doc({"title": "Sound"})})
    with (site.folder / "articles/huge.md").open("wb") as file:
        file.write(doc({"title": "Huge"}).encode())
        os.truncate(file.fileno(), 3 * 2**30)
    began = time.monotonic()
    ran = site.run("export", "--strict", status=1)
    (error,) = errors(ran)
    assert error.startswith(
        "error: articles/huge.md:1: found 3,221,225,472 bytes, expected at most 10,000,000 (`limits.document`"
    )
    assert ran.out.startswith("1 article ")
    assert time.monotonic() - began < 20


def test_topics_nested_too_deeply_are_an_error(site: Site) -> None:
    topics = "".join(f"  t{number}: {{parent: t{number - 1}}}\n" for number in range(1, 2000))
    site.write({"config.yaml": f"{CONFIG}topics:\n  t0: {{}}\n{topics}", "articles/a.md": doc({"topics": ["t1999"]})})
    ran = site.run("export", status=2)
    assert "topics.t16.parent: found a topic below 16 or more others, expected at most 16 levels" in ran.err
    assert len(ran.err.splitlines()) < 30
