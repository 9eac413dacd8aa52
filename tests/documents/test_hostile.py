"""Any document is read and rendered without harm. tools/fuzz.py tries many more."""

import hostile
import pytest
from hypothesis import given, settings


@settings(max_examples=40)
@given(hostile.DOCUMENTS)
def test_any_document_is_read_and_rendered(document: tuple[str, bytes]) -> None:
    hostile.examine(*document)


@pytest.mark.parametrize("part", ["`a` {{ b }} text\n\n", "<div>", "{% a %}`b`", "[", "{", "~~", "`", "{{}}]("])
@pytest.mark.parametrize("suffix", ["md", "mdx"])
def test_a_long_body_takes_time_in_proportion(part: str, suffix: str) -> None:
    hostile.examine(f"s/a.{suffix}", f"---\ntitle: A\ndate: 2026-01-02\n---\n{part * (100_000 // len(part))}".encode())
