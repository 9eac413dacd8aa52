"""`feeds show --as`: what a reader keeps of a feed."""

from collections import Counter

from feeds.cli.output import count, fail, print_json
from feeds.readers import READERS, Kept
from feeds.readers.kept import KeptItem
from feeds.text.dates import rfc3339

_SHOWN = 70


def print_kept(reader: str, path: str, body: bytes, url: str, *, as_json: bool) -> None:
    """Print what a reader keeps of a document that is published at `path`, and fetched from `url`."""
    which = READERS[reader]
    kept = which.keep(body, url)
    if as_json:
        print_json(
            {
                "reader": which.name,
                "rules": which.rules,
                "path": path,
                "title": kept.title,
                "refused": kept.refused,
                "dropped": list(kept.dropped),
                "items": [_item_as_json(item) for item in kept.items],
            }
        )
        return
    if kept.refused:
        fail(f"{which.name} takes nothing of {path}: {kept.refused}")
    print(f"{which.name} keeps {count(len(kept.items), 'item')} of {path} ({which.rules}): {kept.title}")
    for item in kept.items:
        _print_item(item)
    _print_losses(kept)


def _item_as_json(item: KeptItem) -> dict[str, object]:
    return {
        "id": item.id,
        "title": item.title,
        "link": item.link,
        "published": rfc3339(item.published) if item.published else None,
        "updated": rfc3339(item.updated) if item.updated else None,
        "authors": list(item.authors),
        "categories": list(item.categories),
        "content": item.content,
        "summary": item.summary,
        "image": item.image,
        "files": [{"url": file.url, "media_type": file.media_type} for file in item.files],
        "language": item.language,
        "lost": dict(item.lost),
    }


def _print_item(item: KeptItem) -> None:
    text = " ".join(item.content.split())
    start = f": {text[:_SHOWN]}{'…' if len(text) > _SHOWN else ''}" if text else ""
    fields = (
        ("id", item.id),
        ("link", item.link),
        ("published", rfc3339(item.published) if item.published else "when the reader first saw it"),
        ("updated", rfc3339(item.updated) if item.updated else ""),
        ("authors", ", ".join(item.authors)),
        ("categories", ", ".join(item.categories)),
        ("content", f"{count(len(item.content), 'character')}{start}"),
        ("summary", item.summary),
        ("image", item.image),
        ("files", ", ".join(file.url for file in item.files)),
        ("language", item.language),
        ("lost", ", ".join(what if number == 1 else f"{number} {what}" for what, number in item.lost.items())),
    )
    print(f"\n{item.title}")
    for name, value in fields:
        if value:
            print(f"  {name:<11}{value}")


def _print_losses(kept: Kept) -> None:
    """The totals of what is lost, by kind."""
    losses = Counter(what for item in kept.items for what in item.lost)
    print()
    for dropped in kept.dropped:
        print(f"left out: {dropped}")
    for what, items in losses.most_common():
        print(f"lost in {count(items, 'item')}: {what}")
    if not losses and not kept.dropped:
        print("nothing is lost")
