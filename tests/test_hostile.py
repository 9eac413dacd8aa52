"""Whatever a document holds, it is read and rendered, and what comes of it is sound. tools/fuzz.py tries many more."""

import hostile
import pytest
from hypothesis import given, settings


@settings(max_examples=40)
@given(hostile.DOCUMENTS)
def test_any_document_is_read_and_rendered(document: tuple[str, bytes]) -> None:
    hostile.examine(*document)


@pytest.mark.parametrize("part", ["`a` {{ b }} text\n\n", "<div>", "{% a %}`b`", "[", "> ", "{", "```\n{{< a >}}\n```\n"])
def test_a_long_body_takes_time_in_proportion(part: str) -> None:
    hostile.examine("s/a.md", f"---\ntitle: A\ndate: 2026-01-02\n---\n{part * (300_000 // len(part))}".encode())
