"""Authors files: the people whom documents name by a key.

A file maps keys to people: `_data/authors.yml` of Jekyll, `authors.yml` of Docusaurus, JSON or TOML. In a folder, each file is
one person, called by the file's name or by that of the folder that it is the index of, or a file of several people.
"""

from collections.abc import Iterator
from pathlib import Path

from feeds.documents import fields, forms
from feeds.documents import people as people_of
from feeds.documents.fields import Fields
from feeds.documents.report import Report
from feeds.model import Person

_DATA = {**forms.WHOLE, ".yml": forms.Form.YAML}
_TEXTS = (".md", ".mdx", ".markdown")
_WHAT = "a file of authors by key (YAML, TOML, JSON), or a folder of authors"
# What else a person may be called by.
_KEYS = ("key", "id", "slug", "username", "short_name", "nickname")


def read(found: Fields, place: Path) -> dict[str, Person]:
    """The people at `place`, a file or a folder, by key. Mistakes are reported to `found`, each with its own file and line."""
    people: dict[str, Person] = {}
    try:
        files = sorted(_files(place)) if place.is_dir() else [place]
        for file in files:
            people |= _of_file(found, file, in_folder=place.is_dir())
    except OSError as error:
        found.problem("authors", _WHAT, f"{found.text('authors')!r} ({error.strerror})")
    return people


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.suffix.lower() in (*_DATA, *_TEXTS) and file.is_file())


def _of_file(found: Fields, file: Path, *, in_folder: bool) -> dict[str, Person]:
    report = Report(str(file))
    given = _fields(file, report)
    people: dict[str, Person] = {}
    if given is not None and in_folder and (given.text("name", fatal=False) or given.text("title", fatal=False)):
        key = file.parent.name if file.stem in ("index", "_index") else file.stem
        keys = (key, *(each for name in _KEYS if (each := given.text(name, fatal=False))))
        people = dict.fromkeys(keys, people_of.person(given, key))
    elif given is not None:
        for key in given.names():
            entry = given.fields(key, bare="name", fatal=False)
            if entry is not None:
                people[key] = people_of.person(entry, key)
    for problem in report.problems:
        found.add(problem)
    return people


def _fields(file: Path, report: Report) -> Fields | None:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        report.add(1, "", "bytes that are no text", "text in UTF-8")
        return None
    try:
        form = _DATA.get(file.suffix.lower())
        parts = forms.Parts(form, text) if form is not None else forms.split(text)
        if parts is None:
            return None
        report.first_line = parts.line
        return forms.parse(parts.form, parts.front, report)
    except forms.NoEndError as error:
        report.add(error.line, "", "front matter without an end", f"a line `{error.fence}` after it")
    except fields.TooMuchError:
        report.add_too_much()
    return None
