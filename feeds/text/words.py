"""Words of a text in any script, as search compares them, and searches for words. Pure.

Case and accents count for nothing. Scripts that put no spaces between words are cut into pairs of letters that overlap, so that
a word is found wherever it is: it is the pairs of its letters, one after the other.
"""

import re
import unicodedata
from collections.abc import Sequence

from msgspec import Struct

MOST_TERMS = 12
# Shorter words are found as they are; others also as the beginning of a longer word.
_BEGINNING = 3
_MARKS = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u0610-\u061a\u064b-\u065f\u0670\u3099\u309a]"
)
# Letters, digits, and the vowel signs of Indian and south-east Asian scripts, which Python counts among the marks.
_WORD = re.compile("[^\\W_\u0900-\u0dff]+|[\u0900-\u0dff]+")
_DENSE = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
    "\U00020000-\U0003ffff]+"
)
_PART = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')


class Terms(Struct, frozen=True):
    """The terms of a search: phrases of tokens that a text must hold, and others that it must not. `exact` are those in quotes;
    the last word of others may be the beginning of a longer one.
    """

    wanted: tuple[tuple[str, ...], ...]
    unwanted: tuple[tuple[str, ...], ...] = ()
    exact: frozenset[tuple[str, ...]] = frozenset()

    def is_beginning(self, phrase: tuple[str, ...]) -> bool:
        """Whether the last word of a phrase can be the beginning of a longer one."""
        last = phrase[-1]
        return phrase not in self.exact and (len(last) >= _BEGINNING or bool(_DENSE.fullmatch(last) and len(last) == 1))


def tokens(text: str) -> list[str]:
    """The words of `text` in their order, as search compares them."""
    return [token for word in _WORD.findall(_folded(text)) for token in ((word,) if word.isascii() else _cut(word))]


def parse(text: str) -> Terms:
    """Parse a search: all words, `"these words in a row"`, and `-word` for what must not be there.

    Raises ValueError, with advice, where there is no word to search for.
    """
    wanted: dict[tuple[str, ...], None] = {}
    unwanted: dict[tuple[str, ...], None] = {}
    exact = set()
    for minus, quoted, word in _PART.findall(text):
        phrase = tuple(_asked(quoted or word))
        if phrase:
            (unwanted if minus else wanted)[phrase] = None
            if quoted:
                exact.add(phrase)
    if not wanted:
        raise ValueError('search takes words that are to be found, such as: tide "low water" -ferry')
    if len(wanted) + len(unwanted) > MOST_TERMS:
        raise ValueError(f"search takes at most {MOST_TERMS} words or phrases")
    return Terms(tuple(wanted), tuple(unwanted), frozenset(exact))


def hold(parts: Sequence[Sequence[str]], terms: Terms) -> bool:
    """Whether a text matches `terms`. `parts` are the tokens of its parts; phrases do not span parts."""

    def has(phrase: tuple[str, ...]) -> bool:
        *before, last = phrase
        begins = terms.is_beginning(phrase)
        length = len(phrase)
        for part in parts:
            for end, token in enumerate(part, start=1):
                is_last = token == last or (begins and token.startswith(last))
                if is_last and end >= length and list(part[end - length : end - 1]) == before:
                    return True
        return False

    return all(map(has, terms.wanted)) and not any(map(has, terms.unwanted))


def _folded(text: str) -> str:
    text = text.casefold()
    if text.isascii():
        return text
    # Composed again, so that a syllable of Hangul is one letter.
    return unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text))).casefold()


def _cut(word: str) -> list[str]:
    found: list[str] = []
    end = 0
    for dense in _DENSE.finditer(word):
        if dense.start() > end:
            found.append(word[end : dense.start()])
        letters = dense[0]
        # The last letter too, so that one letter is found where no other follows.
        found += [letters[place : place + 2] for place in range(len(letters))]
        end = dense.end()
    return found + ([word[end:]] if end < len(word) else [])


def _asked(text: str) -> list[str]:
    """The tokens of a phrase, in order."""
    found: list[str] = []
    for word in _WORD.findall(_folded(text)):
        cut = [word] if word.isascii() else _cut(word)
        # The single letter at the end of a longer run says nothing that the pair before it does not.
        is_run = len(cut) > 1 and len(cut[-1]) == 1 and cut[-2].endswith(cut[-1]) and len(cut[-2]) == 2
        found += cut[:-1] if is_run and _DENSE.fullmatch(cut[-1]) else cut
    return found
