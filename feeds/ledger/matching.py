"""Matching: which line of the ledger each article is. Pure.

Address, path, text, and title with date each speak for a line. Of all pairs of an article and a line, the one with the most to
speak for it is made first, and neither takes part in another. No two sets of reasons weigh the same, so pairs that do have the
same reasons, and then the match is ambiguous.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby

from feeds.errors import LedgerError
from feeds.ledger.line import Line

# A kind of fact, and the fact.
Clue = tuple[str, str]
_GIVEN, _ADDRESS, _PATH, _TEXT, _TITLE = 100, 10, 6, 5, 2


def match(articles: Mapping[int, Line], lines: Sequence[Line]) -> dict[int, Line]:
    """The line that each of some `articles` is, if it is one. Articles are given as their documents would have their lines.

    Raises LedgerError where two of them could be the same line, or one of them could be either of two.
    """
    places: dict[Clue, list[int]] = {}
    for place, line in enumerate(lines):
        for clue in clues_to(line):
            places.setdefault(clue, []).append(place)
    weights: dict[tuple[int, int], int] = {}
    for number, article in articles.items():
        for reason, weight in _reasons_for(article):
            for place in places.get(reason, ()):
                # An id that is given is the same line's once.
                pair = (number, place)
                weights[pair] = max(weights.get(pair, 0), weight) if weight == _GIVEN else weights.get(pair, 0) + weight
    found: dict[int, Line] = {}
    taken: set[int] = set()
    ordered = sorted(weights.items(), key=lambda pair: (-pair[1], pair[0]))
    for weight, some in groupby(ordered, key=lambda pair: pair[1]):
        pairs = [pair for pair, _ in some if pair[0] not in found and pair[1] not in taken]
        # A new article may be called as a withdrawn one was.
        pairs = [pair for pair in pairs if weight != _PATH or not lines[pair[1]].withdrawn]
        _refuse_ambiguous(pairs, articles, lines)
        for number, place in pairs:
            found[number] = lines[place]
            taken.add(place)
    return found


def clues_to(line: Line) -> Iterator[Clue]:
    """What speaks for a line. An article with none of these clues is not the line."""
    yield from (clue for clue, _ in _reasons(line))
    yield "id", line.id


def clues_of(article: Line) -> Iterator[Clue]:
    """What of an article can speak for a line."""
    return (clue for clue, _ in _reasons_for(article))


def _reasons_for(article: Line) -> list[tuple[Clue, int]]:
    """What of an article can speak for a line, and how much."""
    return [(("given", article.given), _GIVEN), (("id", article.id), _GIVEN)] if article.given else _reasons(article)


def _reasons(line: Line) -> list[tuple[Clue, int]]:
    """The facts in a line that articles are known by, and what each weighs."""
    named = (("given", line.given, _GIVEN), ("address", line.address, _ADDRESS), ("path", line.path, _PATH))
    dated = ("title", f"{line.published}\n{line.title}" if line.title else "", _TITLE)
    return [((kind, value), weight) for kind, value, weight in (*named, ("text", line.text, _TEXT), dated) if value]


def _refuse_ambiguous(pairs: Iterable[tuple[int, int]], articles: Mapping[int, Line], lines: Sequence[Line]) -> None:
    by_article: dict[int, int] = {}
    by_line: dict[int, int] = {}
    for number, place in pairs:
        article, line = articles[number], lines[place]
        if (other := by_article.setdefault(number, place)) != place:
            names = " and ".join(sorted(each.path or each.title for each in (lines[other], line)))
            raise LedgerError(
                f"{article.path}: this could be either of two articles that were published, {names}; say which by its id, "
                f"`id: {lines[other].id}` or `id: {line.id}`, or let the ledger forget one with `feeds ledger forget`"
            )
        if (rival := by_line.setdefault(place, number)) != number and not _are_one(articles[rival], article):
            names = " and ".join(sorted((articles[rival].path, article.path)))
            raise LedgerError(
                f"{names}: both could be the article that was published as {line.path or line.title}; "
                f"give the one that is it `id: {line.id}`, or let the ledger forget it with `feeds ledger forget`"
            )


def _are_one(one: Line, other: Line) -> bool:
    """Whether two documents are known to be one article: they give the same address or id."""
    return bool(one.address and one.address == other.address) or bool(one.given and one.given == other.given)
