"""Whatever a document holds, it is read and rendered, and what comes of it is sound. tools/fuzz.py tries many more."""

import hostile
from hypothesis import given, settings


@settings(max_examples=40)
@given(hostile.DOCUMENTS)
def test_any_document_is_read_and_rendered(document: tuple[str, bytes]) -> None:
    hostile.examine(*document)
