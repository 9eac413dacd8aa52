"""Hugo (gohugo.io/configuration) and Zola (getzola.org/documentation/getting-started/configuration)."""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from feeds.config.generators.files import Values, data, mapping_in, person, text_in
from feeds.config.generators.found import Content, Found
from feeds.documents import permalinks

# A config.yaml or config.json may be anybody's: Hugo's has one of these.
_MARKS = frozenset({"baseurl", "theme", "languagecode", "params", "permalinks", "module"})


def hugo(folder: Path, name: str) -> Found | None:
    """The site of Hugo's config; None where the config is not Hugo's."""
    found = data(folder / name)
    if "base_url" in found:
        return None
    values = _lower(found)
    if name.startswith("config.") and not values.keys() & _MARKS:
        return None
    # A folder of configs has one file for each key.
    beside = (folder / name).parent
    if beside.name == "_default":
        for part in sorted(each for each in beside.iterdir() if each.suffix in (".toml", ".yaml", ".yml", ".json")):
            key, _, language = part.stem.lower().partition(".")
            if key == "languages" and language:
                values[key] = mapping_in(values, key) | {language: data(part)}
            elif key not in ("hugo", "config") and not language:
                values.setdefault(key, data(part))
    languages = {key.lower(): _lower(each) for key, each in mapping_in(values, "languages").items() if isinstance(each, dict)}
    language = (text_in(values, "defaultcontentlanguage") or "en").lower()
    own = languages.get(language, {})
    params = mapping_in(values, "params")
    code = text_in(own, "languagecode") or text_in(own, "locale") or text_in(values, "languagecode") or text_in(values, "locale")
    return Found(
        "Hugo",
        name,
        title=text_in(own, "title") or text_in(values, "title"),
        url=text_in(values, "baseurl") or None,
        description=text_in(params, "description") or text_in(params, "subtitle"),
        language=code or (language if languages or "defaultcontentlanguage" in values else None),
        timezone=text_in(values, "timezone") or None,
        author=person(params.get("author") or values.get("author")),
        content=tuple(_hugo_content(folder, values, languages, language)),
    )


def _hugo_content(folder: Path, values: Values, languages: dict[str, dict[str, Any]], language: str) -> Iterator[Content]:
    """The content folders of each language, and their sections with permalinks."""
    root = text_in(values, "contentdir") or "content"
    roots = {key: text_in(each, "contentdir") for key, each in languages.items()} | _mounted(values)
    main = roots.get(language) or root
    disabled = {key for key, each in languages.items() if each.get("disabled") is True}
    disabled |= {str(each).lower() for each in values.get("disablelanguages") or ()}
    others = languages.keys() - {language} - disabled
    prefix = f"/{language}" if values.get("defaultcontentlanguageinsubdir") is True else ""
    # Translations beside their originals have the language in their names.
    beside = any(roots.get(key, root) in ("", main) for key in others)
    hidden = [f"*.{key}.md" for key in sorted(disabled)]
    yield from _sections(folder, main, prefix, values, {"ignore": hidden} if hidden else {}, translated=beside)
    for key in sorted(others):
        place = roots.get(key, "")
        if place and place != main and (folder / place).is_dir():
            settings = {"defaults": {"locale": key}}
            yield from _sections(folder, place, text_in(languages[key], "baseurl") or f"/{key}", values, settings)


def _mounted(values: Values) -> dict[str, str]:
    """The folders that are mounted as the content of a language."""
    mounts = mapping_in(values, "module").get("mounts")
    found: dict[str, str] = {}
    for each in mounts if isinstance(mounts, list) else ():
        if isinstance(each, dict) and str(each.get("target", "")).strip("/") == "content":
            # A mount is for a language, or for a matrix of sites.
            matrix = mapping_in(mapping_in(each, "sites"), "matrix")
            if language := text_in(each, "lang") or text_in(matrix, "languages"):
                found[language.lower()] = str(each.get("source", ""))
    return found


def _sections(
    folder: Path, root: str, prefix: str, values: Values, settings: dict[str, Any], *, translated: bool = False
) -> Iterator[Content]:
    root = PurePosixPath(root).as_posix()
    ending = ".html" if values.get("uglyurls") is True else "/"
    permalinks_set = mapping_in(values, "permalinks")
    permalinks_set = permalinks_set.get("page", permalinks_set)
    # A taxonomy has no articles of its own: its folder says more of its terms.
    taxonomies = {"tags", "categories", *map(str, mapping_in(values, "taxonomies").values())}
    sections = {
        f"{root}/{section}": permalinks.hugo(pattern).strip("/")
        for section, pattern in sorted(permalinks_set.items())
        if isinstance(pattern, str) and section not in taxonomies and (folder / root / section).is_dir()
    }
    path = ":path" if values.get("disablepathtolower") is True else ":hugo_path"
    # What has a source of its own, as a section or another language, is not of the first.
    others = [f"/{each.removeprefix(f'{root}/')}/" for each in sections]
    others += [f"/{each.name}/" for each in sorted((folder / root).glob("*")) if _is_other_root(each, folder, values)]
    whole = settings | ({"ignore": [*settings.get("ignore", []), *others]} if others else {})
    for place, pattern, more in ((root, path, whole), *((place, pattern, settings) for place, pattern in sections.items())):
        link = f"{prefix}/{pattern}{ending}"
        inside = f"{prefix.rpartition('/')[0]}/:lang/{pattern}{ending}"
        yield Content(place, link, ({"translations": inside} if translated else {}) | more)


def _is_other_root(place: Path, folder: Path, values: Values) -> bool:
    """Whether a folder within a content folder is that of another language."""
    roots = {text_in(_lower(each), "contentdir") for each in mapping_in(values, "languages").values() if isinstance(each, dict)}
    roots |= set(_mounted(values).values())
    return place.is_dir() and place.relative_to(folder).as_posix() in {each.strip("/").removeprefix("./") for each in roots}


def zola(folder: Path, name: str) -> Found | None:
    """The site of Zola's config; None where the config is not Zola's."""
    values = data(folder / name)
    if "base_url" not in values:
        return None
    # Since 0.9, addresses are made of letters and digits; before, and with `off`, they are as the files are called.
    raw = text_in(mapping_in(values, "slugify"), "paths") in ("off", "safe")
    path = ":sections/:slug/" if raw else ":zola_sections/:zola_slug/"
    translations = {"translations": f"/:lang/{path}"} if mapping_in(values, "languages") else {}
    return Found(
        "Zola",
        name,
        title=text_in(values, "title"),
        url=text_in(values, "base_url"),
        description=text_in(values, "description"),
        language=text_in(values, "default_language") or "en",
        author=person(values.get("author")),
        content=(Content("content", f"/{path}", translations),),
    )


def _lower(values: Values) -> dict[str, Any]:
    """Values by their names in lowercase: Hugo's may be in any case."""
    return {str(key).lower(): value for key, value in values.items()}
