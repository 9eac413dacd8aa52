"""Docusaurus (docusaurus.io/docs/api/docusaurus-config), Astro (docs.astro.build) and Eleventy (11ty.dev/docs/config)."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from feeds.config.generators.files import block, data, homepage, literal, package, person, read, text_in
from feeds.config.generators.found import Content, Found, based, has_documents
from feeds.documents import permalinks

JAVASCRIPT = ("js", "mjs", "cjs", "ts", "mts")
# What the parameters in the names of Astro's pages stand for.
_ROUTE_PARTS = {
    **{name: f":{name}" for name in ("year", "month", "day")},
    **dict.fromkeys(("slug", "id", "post", "path", "article", "entry"), ":astro_path"),
}
_BLOG_PLUGIN = re.compile(r"""['"]@docusaurus/plugin-content-blog['"]\s*,\s*(?=\{)""")
_BLOG_PRESET = re.compile(r"""(?<![\w.])blog['"]?\s*:\s*(?=\{|false)""")


def docusaurus(folder: Path, name: str) -> Found | None:
    """The literal values of Docusaurus' config."""
    text = read(folder / name)
    return Found(
        "Docusaurus",
        name,
        title=literal(text, "title") or "",
        url=based(literal(text, "url"), literal(text, "baseUrl") or "/"),
        description=literal(text, "tagline") or "",
        language=literal(text, "defaultLocale"),
        content=tuple(_blogs(folder, text)),
    )


def _blogs(folder: Path, text: str) -> Iterator[Content]:
    """The blog of the preset, and those of further plugins."""
    preset = _BLOG_PRESET.search(text)
    plugins = list(_BLOG_PLUGIN.finditer(text))
    found = [block(text, plugin.end()) for plugin in plugins]
    if preset is None or text[preset.end()] == "{":
        # Without any, a blog is in its usual folder, unless it is a plugin's.
        settings = block(text, preset.end()) if preset else ""
        if preset or not any((literal(each, "path") or "blog").strip("./") == "blog" for each in found):
            found.insert(0, settings)
    ending = "/" if re.search(r"\btrailingSlash\s*:\s*true\b", text) else ""
    for settings in found:
        root = (literal(settings, "path") or "blog").removeprefix("./").strip("/")
        route = (literal(settings, "routeBasePath") or "blog").strip("/")
        authors = f"{root}/{literal(settings, 'authorsMapPath') or 'authors.yml'}"
        if len(found) == 1 or (folder / root).is_dir():
            # Docusaurus makes no page of what begins with an underscore.
            more: dict[str, Any] = {"authors": authors} if (folder / authors).is_file() else {}
            yield Content(root, f"{f'/{route}' if route else ''}/:dated_path{ending}", more | {"ignore": ["_*"]})


def astro(folder: Path, name: str) -> Found | None:
    """The literal values of Astro's config and constants."""
    text = read(folder / name)
    constants = "".join(read(file) for pattern in ("src/consts.*", "src/config.*", "src/site.*") for file in folder.glob(pattern))
    url = literal(text, "site") or literal(constants, "website") or homepage(folder)
    # Since Astro 5, a collection names its folder.
    loaders = "".join(read(file) for pattern in ("src/content.config.*", "src/content/config.*") for file in folder.glob(pattern))
    named = (each.strip("./") for each in re.findall(r"""\bbase:\s*['"`]([^'"`$]+)['"`]""", loaders))
    usual = (each.relative_to(folder).as_posix() for pattern in ("src/content/*", "src/data/*") for each in folder.glob(pattern))
    places = sorted({each for each in (*named, *usual) if (folder / each).is_dir() and has_documents(folder / each)})
    ending = "" if literal(text, "trailingSlash") == "never" else "/"
    content = [Content(each, f"{_astro_route(folder, each)}{ending}") for each in places]
    if not content and has_documents(folder / "src/pages"):
        content = [Content("src/pages", f"/:path{ending}")]
    return Found(
        "Astro",
        name,
        title=literal(constants, "SITE_TITLE", "title", "TITLE", "NAME") or package(folder).get("name", ""),
        url=based(url, literal(text, "base") or ""),
        description=literal(constants, "SITE_DESCRIPTION", "description", "DESCRIPTION", "desc") or "",
        language=literal(text, "defaultLocale"),
        content=tuple(content),
    )


def _astro_route(folder: Path, collection: str) -> str:
    """The pattern of the pages of a collection: that of a dynamic page which gets it, else as a folder of pages is called."""
    name = collection.rpartition("/")[2]
    for page in sorted((folder / "src/pages").rglob("[[]*.astro")):
        parts = page.relative_to(folder / "src/pages").with_suffix("").parts
        route = [_ROUTE_PARTS.get(part.strip("[.]"), part) if part.startswith("[") else part for part in parts]
        if not any(part.startswith("[") for part in route) and re.search(
            rf"getCollection\(\s*['\"]{re.escape(name)}['\"]", read(page)
        ):
            return f"/{'/'.join(route)}"
    routes = (name, f"{name}s", name.removesuffix("s"), *(("blog", "posts", "post") if name in ("blog", "posts", "post") else ()))
    found = next((each for each in routes if (folder / "src/pages" / each).is_dir()), name)
    return f"/{found}/:astro_path"


def eleventy(folder: Path, name: str) -> Found | None:
    """The literal values of Eleventy's config and data."""
    text = read(folder / name)
    root = (literal(text, "input") or ".").removeprefix("./").strip("/") or "."
    values: dict[str, Any] = {}
    data_folder = (literal(text, "data") or "_data").removeprefix("./").strip("/")
    for file in sorted(folder.glob(f"{data_folder}/*")) + sorted((folder / root / data_folder).glob("*")):
        if file.stem.lower() in ("metadata", "site", "meta"):
            if file.suffix in (".json", ".yaml", ".yml"):
                values |= data(file)
            else:
                source = read(file)
                keys = ("title", "name", "url", "host", "description", "language", "lang", "locale")
                values |= {key: value for key in keys if (value := literal(source, key))}
                if author := re.search(r"(?<![\w.])author['\"]?\s*:\s*(?=\{)", source):
                    values["author"] = literal(block(source, author.end()), "name")
    candidates = ("posts", "blog", "content/blog", "content/posts", "_posts", "articles", "content")
    place = next((each for each in candidates if has_documents(folder / root / each)), ".")
    path = "/".join(part for part in (root, place) if part != ".") or "."
    link, doubt = _eleventy_permalink(folder / path)
    link = link or (f"/{place}/:path/" if place != "." else "/:path/")
    return Found(
        "Eleventy",
        name,
        title=text_in(values, "title") or text_in(values, "name"),
        url=text_in(values, "url") or text_in(values, "host") or homepage(folder) or None,
        description=" ".join(text_in(values, "description").split()),
        language=next(filter(None, (text_in(values, name) for name in ("language", "lang", "locale"))), None),
        author=person(values.get("author")),
        content=(Content(path, link, doubt=doubt),),
    )


def _eleventy_permalink(folder: Path) -> tuple[str, str]:
    """The permalink that the data of a folder has for the documents in it, and why it is in doubt; empty without one."""
    for ending in (".11tydata.json", ".json", *(f".11tydata.{each}" for each in JAVASCRIPT)):
        file = folder / f"{folder.name}{ending}"
        if file.is_file():
            source = read(file)
            is_data = file.suffix == ".json"
            found = text_in(data(file), "permalink") if is_data else literal(source, "permalink") or _returned(source)
            if found and (link := permalinks.eleventy(found)):
                return f"/{link.lstrip('/')}", ""
            if found or (not is_data and "permalink" in source):
                return "", f"what {file.name} says of permalinks can't be read"
    return "", ""


def _returned(source: str) -> str:
    """The text that a function for permalinks returns, with `${…}` as `{{ … }}`; empty where it does not just return one."""
    found = re.search(r"\bpermalink\b[^`;]{0,80}(?:=>|return)\s*`([^`\n]*)`", source)
    return re.sub(r"\$\{\s*(?:data\.)?([^}]*?)\s*\}", r"{{ \1 }}", found[1]) if found else ""
