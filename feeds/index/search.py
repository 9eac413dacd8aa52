"""Full-text search. The words of articles are in a table of FTS5 (SQLite) or of text search vectors (PostgreSQL).

Both get the same tokens (`text.words`), so both find the same. An export needs none of it: the table is filled when a search is
first asked for, or when a server has begun, and from then on with what is new.
"""

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

from feeds.model import Article, records
from feeds.storage.database import Database
from feeds.text import words
from feeds.text.words import Terms

# Articles that are filled in at a time; the longest text, in letters, whose words are kept.
_FILLED, _LONGEST = 500, 100_000
# PostgreSQL keeps no more positions of a word, and none behind this one.
_POSITIONS, _LAST_POSITION = 255, 16_000
# How long a search waits for others that write the index, in seconds.
_PATIENCE = 5.0
_NO_TEXT = re.compile(r"<[^>]*>|\]\([^)]*\)|https?://\S+")
_TITLE, _TEXT = "A", ""


class Words:
    """The words of all articles of an index."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._is_file = database.dialect == "sqlite"
        self._filling = threading.Lock()

    def fill(self, *, goes_on: Callable[[], bool] = lambda: True) -> None:
        """Index the words of all articles that are not in the table yet, while `goes_on`."""
        with self._filling:
            while goes_on() and self._fill_some():
                pass

    def matching(self, terms: Terms) -> tuple[str, str, tuple[str, ...]]:
        """SQL for the articles that match `terms`.

        Returns the `from` clause, with `number` as the article's number; the rank, in which lower is better; and the parameters.
        """
        if self._is_file:
            source = "(select rowid as number, bm25(words, 8.0, 1.0) as score from words where words match ?)"
            return source, "w.score", (_for_sqlite(terms),)
        source = (
            "(select article as number, - ts_rank(found, q.asked) as score from words, (select cast(? as tsquery) as asked) q "
            "where found @@ q.asked)"
        )
        return source, "w.score", (_for_postgresql(terms),)

    def _fill_some(self) -> bool:
        sql = "select number, article from bodies where number > ? order by number limit ?"
        rows = self._database.rows(sql, (self._last(), _FILLED))
        if not rows:
            # To find that out takes no turn at writing.
            return False
        articles = ((number, records.decode(data)) for number, data in rows)
        # Others use the database while this takes its time.
        if self._is_file:
            insert = "insert into words (rowid, title, rest) values (?, ?, ?)"
            new: list[tuple[Any, ...]] = [(number, *map(" ".join, texts(article))) for number, article in articles]
        else:
            insert = "insert into words (article, found) values (?, cast(? as tsvector))"
            new = [(number, _vector(article)) for number, article in articles]
        with self._database.transaction(_PATIENCE):
            # Another process may have been quicker.
            last = self._last()
            self._database.many(insert, [row for row in new if row[0] > last])
        return len(rows) == _FILLED

    def _last(self) -> int:
        column = "rowid" if self._is_file else "article"
        return next(
            (number for (number,) in self._database.rows(f"select {column} from words order by {column} desc limit 1")), 0
        )


def forget(database: Database, numbers: list[tuple[int]]) -> None:
    """Forget the words of articles. Within a transaction."""
    column = "rowid" if database.dialect == "sqlite" else "article"
    database.many(f"delete from words where {column} = ?", numbers)


def texts(article: Article) -> Iterator[list[str]]:
    """The words of an article as search compares them: those of its title, then all others."""
    yield words.tokens(article.title)
    provider = article.provider.name if article.provider is not None else ""
    text = _NO_TEXT.sub(" ", article.body[:_LONGEST])
    yield words.tokens("\n".join((article.excerpt, provider, *article.topics, article.category or "", *article.tags, text)))


def _vector(article: Article) -> str:
    """The words as a tsvector, written out: PostgreSQL's own parser would cut them otherwise."""
    places: dict[str, list[str]] = {}
    position = 0
    for part, weight in zip(texts(article), (_TITLE, _TEXT), strict=True):
        # A phrase does not go on from one part to the next.
        position += 2
        for token in part:
            position += 1
            at = places.setdefault(token, [])
            if len(at) < _POSITIONS and position < _LAST_POSITION:
                at.append(f"{position}{weight}")
    return " ".join(f"'{token}':{','.join(at)}" if at else f"'{token}'" for token, at in places.items())


def _for_sqlite(terms: Terms) -> str:
    def spelled(phrase: tuple[str, ...]) -> str:
        return f'"{" ".join(phrase)}"{" *" if terms.is_beginning(phrase) else ""}'

    wanted = " AND ".join(map(spelled, terms.wanted))
    return f"({wanted})" + "".join(f" NOT {spelled(phrase)}" for phrase in terms.unwanted)


def _for_postgresql(terms: Terms) -> str:
    def spelled(phrase: tuple[str, ...]) -> str:
        parts = [f"'{token}'" for token in phrase]
        if terms.is_beginning(phrase):
            parts[-1] += ":*"
        return f"({' <-> '.join(parts)})"

    return " & ".join([*map(spelled, terms.wanted), *(f"!{spelled(phrase)}" for phrase in terms.unwanted)])
