"""Export: write every document of a site to an output, and of what earlier exports wrote there leave nothing else.

What leads to other documents is written after them, and what is gone is taken away last, so that whoever reads along finds
no link that leads nowhere.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from feeds.model import Document
from feeds.outputs import Output, Upload, Waiting


class Planned(Struct, frozen=True):
    """A document to be exported. `known` is the SHA-256 of its body, in hexadecimal, where that is known without making it."""

    path: str
    known: str | None
    make: Callable[[], Document | Waiting | None]


class Outcome(Struct, frozen=True):
    """What an export did, in numbers of documents, and the SHA-256 of each that stands there, by path."""

    written: int
    unchanged: int
    removed: int
    digests: Mapping[str, str]


def export(
    planned: Iterable[Iterable[Planned]],
    output: Output,
    tell: Callable[[int], None] = lambda done: None,
    cache_control: Callable[[str], str] = lambda path: "",
) -> Outcome:
    """Make `output` hold the documents that are `planned`: each part of them stands before the next is begun.

    `tell` is called with how many are done. `cache_control` says how long HTTP caches may keep what is at a path.
    Raises OutputError where the output can't be written, or another export is writing it.
    """
    now: dict[str, str] = {}
    done = written = unchanged = 0
    with output.opened(cache_control):
        for part in planned:
            for each in part:
                done += 1
                tell(done)
                if each.known is not None and output.holds(each.path, each.known):
                    now[each.path] = each.known
                    unchanged += 1
                    continue
                document = each.make()
                if document is None:
                    continue
                digest = document.sha256
                now[each.path] = digest
                if digest != each.known and output.holds(each.path, digest):
                    unchanged += 1
                    continue
                body, file = (b"", document.file) if isinstance(document, Waiting) else (document.body, "")
                output.put(Upload(each.path, body, digest, document.media_type, file))
                written += 1
            output.settle()
        removed = sum(output.remove(path, digests) for path, digests in output.earlier().items() if path not in now)
        output.finish(now)
    return Outcome(written, unchanged, removed, now)
