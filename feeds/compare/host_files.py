"""Redirects in the files that static hosts read: `_redirects`, `.htaccess` and an nginx snippet."""

import re
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

_PERMANENT = {"permanent": 301, "temp": 302, "seeother": 303, "gone": 410}
_APACHE = re.compile(r"(Redirect|RedirectMatch|RedirectPermanent|RedirectTemp)\s+(.+)", re.IGNORECASE)
_APACHE_REWRITE = re.compile(r"RewriteRule\s+(\S+)\s+(\S+)\s+\[(.*\b(?:R|G|gone|redirect)\b.*)\]", re.IGNORECASE)
_NGINX_REWRITE = re.compile(r"rewrite\s+\"?([^\s\"]+)\"?\s+(\S+)\s+(?:permanent|redirect)\s*;")
_NGINX_RETURN = re.compile(r"location\s+(=|~\*?)?\s*(\S+)\s*\{\s*return\s+(\d{3})(?:\s+(\S+?))?\s*;")


class Rule(Struct, frozen=True):
    """Paths that match `pattern`, which begins with a `/`, are answered with `status`; `target` is where a redirect leads."""

    pattern: re.Pattern[str]
    status: int
    target: str


class Rules(Struct, frozen=True):
    """Rules in the order in which they are tried."""

    rules: tuple[Rule, ...] = ()

    def find(self, path: str) -> str | None:
        """The target of the first rule for `path`, a path without a leading `/`; empty where it says that the path is gone on
        purpose (410), None where there is no rule.
        """
        for rule in self.rules:
            match = rule.pattern.fullmatch(f"/{path}")
            if match:
                return match.expand(rule.target) if rule.target else "" if rule.status == 410 else None
        return None


def read_rules(folder: Path) -> Rules:
    """The redirects in the host files of a folder. A line that is not understood is passed over."""
    readers = (("_redirects", _netlify), (".htaccess", _apache), (".nginx.conf", _nginx))
    found = []
    for name, read in readers:
        file = folder / name
        if file.is_file():
            found += list(read(file.read_text(encoding="utf-8", errors="replace")))
    return Rules(tuple(found))


def _netlify(text: str) -> Iterator[Rule]:
    """`/from /to [status]`: `*` at the end is `:splat`, `:name` a part of the path. A status of 200 is a rewrite."""
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) < 2 or not words[0].startswith("/"):
            continue
        status = words[2].rstrip("!") if len(words) > 2 else "301"
        if not status.isdigit() or status == "404":
            continue
        pattern = re.sub(r"\\\*$", "(?P<splat>.*)", re.escape(words[0]))
        pattern = re.sub(r":(\w+)", r"(?P<\1>[^/]+)", pattern)
        target = re.sub(r":(\w+)", lambda match: rf"\g<{match[1]}>", words[1]) if "://" not in words[1] else words[1]
        yield from _rule(pattern, int(status), target)


def _apache(text: str) -> Iterator[Rule]:
    """`Redirect` and its kin (mod_alias), and `RewriteRule` with the flags R or G."""
    for line in text.splitlines():
        if match := _APACHE.match(line.strip()):
            yield from _apache_alias(match[1].lower(), match[2].split())
        elif match := _APACHE_REWRITE.match(line.strip()):
            gone = re.search(r"\b(?:G|gone)\b", match[3])
            start = match[1].removeprefix("^")
            pattern = f"/{start}" if match[1].startswith("^") else f"/.*{start}"
            yield from _rule(_whole(pattern), 410 if gone else 301, "" if gone else _groups(match[2]))


def _apache_alias(kind: str, words: list[str]) -> Iterator[Rule]:
    status = {"redirectpermanent": "permanent", "redirecttemp": "temp"}.get(kind, "temp")
    if words and (words[0].lower() in _PERMANENT or words[0].isdigit()):
        status, words = words[0].lower(), words[1:]
    code = _PERMANENT.get(status) or int(status)
    if not words or (len(words) < 2 and code < 400):
        return
    target = words[1] if len(words) > 1 else ""
    if kind == "redirectmatch":
        yield from _rule(_whole(words[0]), code, _groups(target))
    else:
        # The rest of the path is appended (mod_alias, "Redirect").
        rest = r"\g<rest>" if target else ""
        yield from _rule(f"{re.escape(words[0])}(?P<rest>(?:/.*)?)", code, f"{target}{rest}")


def _nginx(text: str) -> Iterator[Rule]:
    """`rewrite … permanent;` and `location … { return 301 …; }`."""
    for match in _NGINX_REWRITE.finditer(text):
        yield from _rule(_whole(match[1]), 301, _groups(match[2]))
    for match in _NGINX_RETURN.finditer(text):
        kind, place, status, target = match.groups(default="")
        pattern = _whole(place) if kind.startswith("~") else re.escape(place) + ("" if kind == "=" else ".*")
        yield from _rule(pattern, int(status), target)


def _whole(pattern: str) -> str:
    """A regular expression that is searched for, as one that matches the whole path."""
    start = "" if pattern.startswith(("^", "/")) else ".*"
    end = "" if pattern.endswith("$") else ".*"
    return f"{start}{pattern.removeprefix('^').removesuffix('$')}{end}"


def _groups(target: str) -> str:
    return re.sub(r"\$(\d)", r"\\\1", target)


def _rule(pattern: str, status: int, target: str) -> Iterator[Rule]:
    try:
        yield Rule(re.compile(pattern), status, target)
    except re.error:
        return
