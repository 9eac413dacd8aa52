"""Export: write every document of a site to an output, and of what earlier exports wrote there leave nothing else.

What leads to other documents is written after them, and what is gone is taken away last, so that whoever reads along finds
no link that leads nowhere.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from msgspec import Struct

from feeds import faults
from feeds.errors import FeedsError, OutputError, Problem
from feeds.model import Document
from feeds.publish.targets import Output, Upload, Waiting


class Planned(Struct, frozen=True):
    """A document to be exported. `known` is the SHA-256 of its body, in hexadecimal, where that is known without making it."""

    path: str
    known: str | None
    make: Callable[[], Document | Waiting | None]


class Part(Struct, frozen=True):
    """Documents of which none leads to another one here. `standing` are those that stood already, as SHA-256 by path, where
    nobody else has touched them; `make` makes what is to be there again.
    """

    standing: Mapping[str, str]
    make: Callable[[str], Document | Waiting | None]
    planned: Sequence[Planned]

    def __len__(self) -> int:
        return len(self.standing) + len(self.planned)


class Outcome(Struct, frozen=True):
    """What an export did, in numbers of documents, and the SHA-256 of those that it was to make stand there, by path; which it
    wrote; and which it could not make, as `problems`: what stands there is left as it is.
    """

    written: int
    unchanged: int
    removed: int
    digests: Mapping[str, str]
    put: Sequence[str]
    problems: tuple[Problem, ...] = ()


def export(
    parts: Sequence[Part],
    output: Output,
    tell: Callable[[int], None] = lambda done: None,
    cache_control: Callable[[str], str] = lambda path: "",
    *,
    only_changes: bool = False,
    overwrite: bool = False,
) -> Outcome:
    """Make `output` hold the documents of `parts`, each part in full before the next; with `only_changes`, beside those that
    the output's `state` stands for.

    `tell` is called with how many are done. `cache_control` says how long HTTP caches may keep what is at a path. With
    `overwrite`, files that no export has written are replaced.
    Raises OutputError where the output can't be written, another export is writing it, or, before anything is written, where
    it holds such a file at a path of a document.
    """
    now: dict[str, str] = {}
    put: list[str] = []
    problems: list[Problem] = []
    failed: set[str] = set()
    done = 0
    with output.opened(cache_control):
        if not overwrite:
            _refuse_foreign(parts, output)
        before = {} if only_changes else output.earlier()
        for part in parts:
            lacking = output.lacking(part.standing)
            now |= part.standing
            done += len(part.standing) - len(lacking)
            again = [Planned(path, None, partial(part.make, path)) for path in lacking]
            for each in [*again, *part.planned]:
                done += 1
                tell(done)
                if each.known is not None and output.holds(each.path, each.known):
                    now[each.path] = each.known
                    continue
                try:
                    document = each.make()
                except FeedsError:
                    raise
                except Exception as error:
                    problems.append(faults.report(each.path, faults.RENDERED, error))
                    failed.add(each.path)
                    now.pop(each.path, None)
                    continue
                if document is None:
                    now.pop(each.path, None)
                    continue
                digest = document.sha256
                now[each.path] = digest
                if digest != each.known and output.holds(each.path, digest):
                    continue
                body, file = (b"", document.file) if isinstance(document, Waiting) else (document.body, "")
                output.put(Upload(each.path, body, digest, document.media_type, file))
                put.append(each.path)
            output.settle()
        left = {path: digest for path in failed for digest in before.get(path, ()) if output.holds(path, digest)}
        removed = sum(output.remove(path, digests) for path, digests in before.items() if path not in now | left)
        standing = output.finish(now | left, only_changes=only_changes)
    return Outcome(len(put), standing - len(put), removed, now, put, tuple(problems))


def _refuse_foreign(parts: Sequence[Part], output: Output) -> None:
    paths = (path for part in parts for path in (*part.standing, *(each.path for each in part.planned)))
    found = sorted(output.foreign(paths))
    if found:
        others = f" and {len(found) - 1:,} more" if len(found) > 1 else ""
        raise OutputError(
            f"{output.name}/{found[0]}{others}: not written by an earlier export, so nothing was written; "
            "export to another place with --out, or replace what is there with --overwrite"
        )
