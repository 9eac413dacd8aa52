"""The fields of a document or a config, read as text, lists, flags, numbers, dates or mappings."""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo
from typing import Union

from feeds.text import dates

TRUE = frozenset({"true", "yes", "on", "1"})
FALSE = frozenset({"false", "no", "off", "0"})
BOOLEAN = TRUE | FALSE
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}")
# No text, a text, a list, or values by name.
Value = Union[None, str, "list[Value]", "dict[str, Value]"]


class Values(ABC):
    """The fields of one mapping.

    Each reader returns the field as the type it is named after, or None where the field is absent, null or can't be understood.
    A field that can't be understood is reported as a problem; `fatal` says whether it leaves the whole document out.
    """

    @abstractmethod
    def __contains__(self, name: str) -> bool:
        """Whether there is a field `name` that is not null."""

    @abstractmethod
    def names(self) -> Iterable[str]:
        """The names of all fields, in the order of the file."""

    @abstractmethod
    def is_blank(self, name: str) -> bool:
        """Whether the field is absent, null, an empty text or an empty list."""

    @abstractmethod
    def is_list(self, name: str) -> bool:
        """Whether the field is a list."""

    @abstractmethod
    def within(self, name: str) -> "Values | None":
        """The field as a mapping; None where it is anything else, which is no problem."""

    @abstractmethod
    def problem(self, name: str, expected: str, found: str | None = None, *, fatal: bool = True) -> None:
        """Report that the field `name` has another value than expected. `found` is its value by default."""

    @abstractmethod
    def text(self, name: str, expected: str = "text", *, fatal: bool = True) -> str | None:
        """The field as text, stripped. Numbers, dates and words such as `NO` are text as written."""

    @abstractmethod
    def texts(self, name: str, *, fatal: bool = True) -> tuple[str, ...]:
        """The field as a list of texts: a single text is a list of one. Blank texts are left out, nested lists are flattened."""

    @abstractmethod
    def fields(self, name: str, bare: str | None = None, *, fatal: bool = True) -> "Values | None":
        """The field as a mapping; a bare text is a mapping with that one field `bare`."""

    @abstractmethod
    def list(self, name: str, bare: str | None = None, *, fatal: bool = True) -> "tuple[Values, ...]":
        """The field as a list of mappings, or the one mapping that it is; `bare` as in `fields`."""

    def flag(self, name: str) -> bool | None:
        """The field as true or false, as YAML 1.1 and people spell them."""
        text = self.text(name, "true or false")
        if text is None:
            return None
        if text.lower() in BOOLEAN:
            return text.lower() in TRUE
        self.problem(name, "true or false")
        return None

    def number(self, name: str, *, fatal: bool = True) -> int | float | None:
        """The field as a number, quoted or not; whole numbers are int."""
        text = self.text(name, "a number", fatal=fatal)
        if text is None:
            return None
        if _INTEGER.fullmatch(text):
            return int(text)
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or "_" in text:
            self.problem(name, "a number", fatal=fatal)
            return None
        return int(number) if number.is_integer() and abs(number) < 1e15 else number

    def count(self, name: str, *, fatal: bool = True) -> int | None:
        """The field as a whole number that is not negative."""
        number = self.number(name, fatal=fatal)
        if number is None:
            return None
        if isinstance(number, float) or number < 0:
            self.problem(name, "a whole number, 0 or more", fatal=fatal)
            return None
        return number

    def moment(self, name: str, zone: tzinfo = UTC, *, fatal: bool = True) -> datetime | None:
        """The field as a moment, in UTC; `zone` is that of dates without an offset."""
        expected = "a date such as 2026-11-22T09:30:00Z"
        text = self.text(name, expected, fatal=fatal)
        if text is None:
            return None
        try:
            return dates.moment(text, zone)
        except ValueError:
            self.problem(name, expected, fatal=fatal)
            return None
