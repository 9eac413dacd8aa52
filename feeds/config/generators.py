"""Site generators: recognise the one that a folder belongs to, and read what it says of the site.

Each reader below takes what its generator documents: Hugo, Zola, Jekyll, Hexo, Pelican, Docusaurus, Astro and Eleventy. Configs
in YAML, TOML and JSON are parsed; of Python and JavaScript, which would have to be run, literal values are read.
"""

import ast
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from feeds.errors import ConfigError, Problem

_Values = Mapping[str, Any]


class Content(Struct, frozen=True):
    """A folder with articles. `path` is relative to the site's folder; `link` is the pattern of their addresses.

    `settings` are more keys of the source in config.yaml, such as `authors`.
    """

    path: str
    link: str
    settings: Mapping[str, Any] = {}


class Found(Struct, frozen=True):
    """What a generator's config says of its site. `url` is None where the config has none; `file` is the config's name."""

    generator: str
    file: str
    title: str = ""
    url: str | None = None
    description: str = ""
    language: str | None = None
    timezone: str | None = None
    author: str | None = None
    content: tuple[Content, ...] = ()


def recognise(folder: Path) -> Found | None:
    """The generator of the site in `folder`, with its settings; None where there is no config of a known generator.

    Raises ConfigError where its config can't be read.
    """
    for names, read in _READERS:
        for name in names:
            if (folder / name).is_file() and (found := read(folder, name)) is not None:
                return found
    return None


# ---------------------------------------------------------------- Hugo (gohugo.io/configuration) and Zola (getzola.org)

# Hugo's permalink tokens, as ours.
_HUGO_TOKENS = {
    ":slug": ":lower_slug_or_title",
    ":slugorfilename": ":lower_slug",
    ":slugorcontentbasename": ":lower_slug",
    ":contentbasename": ":lower_filename",
    ":filename": ":lower_filename",
    ":title": ":lower_title",
    ":section": ":lower_section",
    ":sections": ":lower_sections",
    ":monthname": ":month_name",
    ":yearday": ":y_day",
}


def _hugo(folder: Path, name: str) -> Found | None:
    found = _data(folder / name)
    if "base_url" in found:
        return None
    values = {key.lower(): value for key, value in found.items()}
    if name.startswith("config.") and not values.keys() & {"baseurl", "theme", "languagecode", "params", "permalinks", "module"}:
        return None
    # A folder of configs has one file for each key.
    beside = (folder / name).parent
    if beside.name == "_default":
        for key in ("params", "permalinks", "languages"):
            for part in beside.glob(f"{key}.*"):
                values.setdefault(key, _data(part))
    language = _text(values, "defaultcontentlanguage") or _text(values, "languagecode")
    own = values.get("languages", {}).get(language, {}) if isinstance(values.get("languages"), dict) else {}
    own = {key.lower(): value for key, value in own.items()} if isinstance(own, dict) else {}
    params = values.get("params")
    params = params if isinstance(params, dict) else {}
    root = _text(own, "contentdir") or _text(values, "contentdir") or "content"
    ending = ".html" if values.get("uglyurls") is True else "/"
    path = ":path" if values.get("disablepathtolower") is True else ":lower_path"
    content = [Content(root, f"/{path}{ending}")]
    permalinks = values.get("permalinks")
    permalinks = permalinks.get("page", permalinks) if isinstance(permalinks, dict) else {}
    sections = {section: pattern for section, pattern in permalinks.items() if isinstance(pattern, str)}
    for section, pattern in sorted(sections.items()):
        if (folder / root / section).is_dir():
            content.append(Content(f"{root}/{section}", _hugo_link(pattern)))
    if len(content) > 1:
        content[0] = Content(
            root, content[0].link, {"ignore": [f"{each.path.removeprefix(root + '/')}/**" for each in content[1:]]}
        )
    return Found(
        "Hugo",
        name,
        title=_text(own, "title") or _text(values, "title"),
        url=_text(values, "baseurl") or None,
        description=_text(params, "description") or _text(params, "subtitle"),
        language=_text(own, "languagecode") or _text(values, "languagecode") or language or None,
        timezone=_text(values, "timezone") or None,
        author=_person(params.get("author") or values.get("author")),
        content=tuple(content),
    )


def _hugo_link(pattern: str) -> str:
    link = re.sub(r":[a-z]+", lambda match: _HUGO_TOKENS.get(match[0], match[0]), pattern)
    return link if link.startswith("/") else f"/{link}"


def _zola(folder: Path, name: str) -> Found | None:
    values = _data(folder / name)
    if "base_url" not in values:
        return None
    return Found(
        "Zola",
        name,
        title=_text(values, "title"),
        url=_text(values, "base_url"),
        description=_text(values, "description"),
        language=_text(values, "default_language") or "en",
        author=_person(values.get("author")),
        content=(Content("content", "/:sections/:slug/"),),
    )


# ---------------------------------------------------------------- Jekyll (jekyllrb.com/docs/permalinks) and Hexo (hexo.io/docs)

_JEKYLL_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}


def _jekyll(folder: Path, name: str) -> Found | None:
    values = _data(folder / name)
    if not (folder / _text(values, "collections_dir") / "_posts").is_dir() and not list(folder.glob("*/_posts")):
        return None
    style = _jekyll_permalink(values) or _text(values, "permalink") or "date"
    pattern = _JEKYLL_STYLES.get(style, style)
    link = pattern.replace(":title", ":slug").replace(":output_ext", ".html")
    base = _text(values, "baseurl").strip("/")
    url = _text(values, "url") or _homepage(folder)
    folders = sorted({"_posts"} | {each.relative_to(folder).as_posix() for each in folder.glob("*/_posts")})
    return Found(
        "Jekyll",
        name,
        title=_text(values, "title") or _text(values, "name"),
        url=f"{url.rstrip('/')}/{base}".rstrip("/") if url else None,
        description=" ".join(_text(values, "description").split()),
        language=_text(values, "lang") or _text(values, "locale") or None,
        timezone=_text(values, "timezone") or None,
        author=_person(values.get("author")),
        content=tuple(Content(each, link) for each in folders if (folder / each).is_dir()),
    )


def _jekyll_permalink(values: _Values) -> str:
    """The permalink of posts: that of their collection, or a default for them."""
    collections = values.get("collections")
    posts = collections.get("posts") if isinstance(collections, dict) else None
    if isinstance(posts, dict) and (found := _text(posts, "permalink")):
        return found
    defaults = values.get("defaults")
    for default in defaults if isinstance(defaults, list) else ():
        scope, given = (default.get(key) if isinstance(default, dict) else None for key in ("scope", "values"))
        if isinstance(scope, dict) and isinstance(given, dict) and scope.get("type") == "posts" and not scope.get("path"):
            return _text(given, "permalink")
    return ""


def _hexo(folder: Path, name: str) -> Found | None:
    values = _data(folder / name)
    root = _text(values, "source_dir") or "source"
    if not (folder / root / "_posts").is_dir():
        return None
    pattern = _text(values, "permalink") or ":year/:month/:day/:title/"
    # Hexo's title is the name of the file as `new_post_name` has it, where a date may come first.
    own = ":slug" if ":year" in _text(values, "new_post_name") else ":path"
    link = pattern.replace(":post_title", ":TITLE").replace(":title", own).replace(":name", ":slug").replace(":TITLE", ":title")
    return Found(
        "Hexo",
        name,
        title=_text(values, "title"),
        url=_text(values, "url") or None,
        description=_text(values, "description") or _text(values, "subtitle"),
        language=_text(values, "language") or None,
        timezone=_text(values, "timezone") or None,
        author=_person(values.get("author")),
        content=(Content(f"{root}/_posts", f"/{link.lstrip('/')}"),),
    )


# ---------------------------------------------------------------- Pelican (docs.getpelican.com/en/latest/settings.html)

_PELICAN_TOKENS = {
    "slug": ":slug",
    "category": ":category",
    "date:%Y": ":year",
    "date:%m": ":month",
    "date:%d": ":day",
}


def _pelican(folder: Path, name: str) -> Found | None:
    values = _python(folder / name)
    if (folder / "publishconf.py").is_file():
        # The settings for publishing have the public address.
        values |= {key: value for key, value in _python(folder / "publishconf.py").items() if value}
    root = _text(values, "PATH") or "content"
    pattern = _text(values, "ARTICLE_URL") or "{slug}.html"
    link = re.sub(r"\{([^}]*)\}", lambda match: _PELICAN_TOKENS.get(match[1], match[0]), pattern)
    paths = values.get("ARTICLE_PATHS")
    folders = [str(each).strip("/") for each in paths if str(each).strip("/")] if isinstance(paths, list) else []
    return Found(
        "Pelican",
        name,
        title=_text(values, "SITENAME"),
        url=_text(values, "SITEURL") or None,
        description=_text(values, "SITESUBTITLE"),
        language=_text(values, "DEFAULT_LANG") or None,
        timezone=_text(values, "TIMEZONE") or None,
        author=_text(values, "AUTHOR") or None,
        content=tuple(Content(f"{root}/{each}" if each else root, f"/{link.lstrip('/')}") for each in folders or [""]),
    )


# ---------------------------------------------------------------- Docusaurus, Astro and Eleventy


def _docusaurus(folder: Path, name: str) -> Found | None:
    text = _read(folder / name)
    blog = _block(text, "blog")
    route = _literal(blog, "routeBasePath") or "blog"
    root = _literal(blog, "path") or "blog"
    base = (_literal(text, "baseUrl") or "/").strip("/")
    url = _literal(text, "url")
    authors = f"{root}/authors.yml"
    prefix = f"/{route.strip('/')}" if route.strip("/") else ""
    return Found(
        "Docusaurus",
        name,
        title=_literal(text, "title") or "",
        url=f"{url.rstrip('/')}/{base}".rstrip("/") if url else None,
        description=_literal(text, "tagline") or "",
        language=_literal(text, "defaultLocale"),
        content=(Content(root, f"{prefix}/:dated_path/", {"authors": authors} if (folder / authors).is_file() else {}),),
    )


def _astro(folder: Path, name: str) -> Found | None:
    text = _read(folder / name)
    constants = "".join(
        _read(file) for pattern in ("src/consts.*", "src/config.*", "src/site.*") for file in folder.glob(pattern)
    )
    base = (_literal(text, "base") or "").strip("/")
    url = _literal(text, "site") or _literal(constants, "website") or _homepage(folder)
    # Since Astro 5, a collection names its folder.
    loaders = "".join(
        _read(file) for pattern in ("src/content.config.*", "src/content/config.*") for file in folder.glob(pattern)
    )
    named = (each.strip("./") for each in re.findall(r"""\bbase:\s*['"`]([^'"`$]+)['"`]""", loaders))
    usual = (each.relative_to(folder).as_posix() for pattern in ("src/content/*", "src/data/*") for each in folder.glob(pattern))
    places = sorted({each for each in (*named, *usual) if (folder / each).is_dir() and _has_documents(folder / each)})
    content = [Content(each, f"{_astro_route(folder, each)}/:path/") for each in places]
    if not content and _has_documents(folder / "src/pages"):
        content = [Content("src/pages", "/:path/")]
    return Found(
        "Astro",
        name,
        title=_literal(constants, "SITE_TITLE", "title", "TITLE", "NAME") or _package(folder).get("name", ""),
        url=f"{url.rstrip('/')}/{base}".rstrip("/") if url else None,
        description=_literal(constants, "SITE_DESCRIPTION", "description", "DESCRIPTION", "desc") or "",
        language=_literal(text, "defaultLocale"),
        content=tuple(content),
    )


def _astro_route(folder: Path, collection: str) -> str:
    """Where the pages of a collection are: as a folder of pages is called."""
    name = collection.rpartition("/")[2]
    routes = (name, f"{name}s", name.removesuffix("s"), *(("blog", "posts", "post") if name in ("blog", "posts", "post") else ()))
    return next((f"/{each}" for each in routes if (folder / "src/pages" / each).is_dir()), f"/{name}")


def _eleventy(folder: Path, name: str) -> Found | None:
    text = _read(folder / name)
    root = (_literal(text, "input") or ".").strip("/")
    data: dict[str, Any] = {}
    for file in sorted(folder.glob("_data/*")) + sorted((folder / root / "_data").glob("*")):
        if file.stem.lower() in ("metadata", "site", "meta"):
            if file.suffix in (".json", ".yaml", ".yml"):
                data |= _data(file)
            else:
                source = _read(file)
                data |= {
                    key: value for key in ("title", "url", "description", "language", "lang") if (value := _literal(source, key))
                }
    candidates = ("posts", "blog", "content/blog", "content/posts", "_posts", "articles", "content")
    folders = [each for each in candidates if _has_documents(folder / root / each)]
    prefix = "" if root == "." else f"{root}/"
    chosen = folders[:1] or ["."]
    return Found(
        "Eleventy",
        name,
        title=_text(data, "title") or _text(data, "name"),
        url=_text(data, "url") or _homepage(folder) or None,
        description=_text(data, "description"),
        language=_text(data, "language") or _text(data, "lang") or None,
        author=_person(data.get("author")),
        content=tuple(Content(f"{prefix}{each}", f"/{each}/:path/" if each != "." else "/:path/") for each in chosen),
    )


_JS = ("js", "mjs", "cjs", "ts", "mts")
_READERS: tuple[tuple[tuple[str, ...], Callable[[Path, str], Found | None]], ...] = (
    (tuple(f"docusaurus.config.{ending}" for ending in _JS), _docusaurus),
    (tuple(f"astro.config.{ending}" for ending in _JS), _astro),
    ((*(f"eleventy.config.{ending}" for ending in _JS), ".eleventy.js", ".eleventy.cjs"), _eleventy),
    (("pelicanconf.py",), _pelican),
    (("zola.toml", "config.toml"), _zola),
    (
        tuple(
            f"{folder}{stem}.{ending}"
            for folder in ("", "config/_default/")
            for stem in ("hugo", "config")
            for ending in ("toml", "yaml", "yml", "json")
        ),
        _hugo,
    ),
    (("_config.yml", "_config.yaml"), _hexo),
    (("_config.yml", "_config.yaml"), _jekyll),
)


# ---------------------------------------------------------------- reading files


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem(str(file), 1, "", f"a file that can't be read ({error})", "text in UTF-8")]) from error


def _data(file: Path) -> dict[str, Any]:
    text = _read(file)
    try:
        if file.suffix == ".toml":
            found: object = tomllib.loads(text)
        elif file.suffix == ".json":
            found = json.loads(text)
        else:
            found = _Loader(text).get_single_data()
    except (tomllib.TOMLDecodeError, json.JSONDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ConfigError(
            [Problem(str(file), _line(error), "", f"{_first_line(error)}", f"valid {file.suffix[1:].upper()}")]
        ) from error
    return found if isinstance(found, dict) else {}


class _Loader(yaml.SafeLoader):
    """Reads YAML with tags of a generator's own as plain values."""


_Loader.add_multi_constructor("", lambda loader, suffix, node: getattr(node, "value", None))


def _line(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    if mark is not None:
        return int(mark.line) + 1
    found = re.search(r"line (\d+)", str(error))
    return int(getattr(error, "lineno", 0) or (found[1] if found else 1))


def _first_line(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).partition("\n")[0]


def _python(file: Path) -> dict[str, Any]:
    """The literal values that a Python file assigns to names."""
    try:
        tree = ast.parse(_read(file))
    except (SyntaxError, ValueError) as error:
        raise ConfigError([Problem(str(file), getattr(error, "lineno", 1) or 1, "", str(error), "valid Python")]) from error
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue
    return found


def _block(text: str, name: str) -> str:
    """The first object that a JavaScript text gives the property `name`, without objects in it; empty where there is none."""
    match = re.search(rf"""(?<![\w.]){name}['"]?\s*:\s*\{{([^{{}}]*)""", text)
    return match[1] if match else ""


def _literal(text: str, *names: str) -> str | None:
    """The first string that a JavaScript text gives one of `names`, as a property or a constant."""
    for name in names:
        for sign in (":", "=(?!=)"):
            pattern = rf"""(?<![\w.]){name}['"]?\s*{sign}\s*(?:'([^'\n]*)'|"([^"\n]*)"|`([^`$\n]*)`)"""
            if match := re.search(pattern, text):
                return next(group for group in match.groups() if group is not None)
    return None


def _package(folder: Path) -> dict[str, Any]:
    return _data(folder / "package.json") if (folder / "package.json").is_file() else {}


def _homepage(folder: Path) -> str:
    """The address that GitHub Pages or package.json has for the site."""
    if (folder / "CNAME").is_file():
        return f"https://{_read(folder / 'CNAME').strip()}"
    # What package.json has is most often the repository.
    homepage = _text(_package(folder), "homepage")
    return "" if "github.com" in homepage or "#" in homepage else homepage


def _has_documents(folder: Path) -> bool:
    return any(next(folder.rglob(f"*{suffix}"), None) is not None for suffix in (".md", ".mdx", ".markdown"))


def _text(values: _Values, name: str) -> str:
    value = values.get(name)
    if isinstance(value, list) and value:
        value = value[0]
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _person(value: object) -> str | None:
    if isinstance(value, dict):
        value = value.get("name")
    return value.strip() or None if isinstance(value, str) else None
