"""Static hosts: files beside exported documents for the web server that sends them: the same documents compressed, and settings
for media types, caching and CORS as our own server sends them. Pure.
"""

import hashlib
import re
from collections.abc import Iterator
from posixpath import splitext
from urllib.parse import urlsplit

from feeds.config.types import Config, Host, Pictures
from feeds.copies import names
from feeds.formats import atom, jsonfeed, opml, rss, sitemap
from feeds.model import Document
from feeds.pages.theme import MEDIA_TYPES, PAGE_TYPE
from feeds.site import http_cache, http_safety, usual
from feeds.sources import local_files
from feeds.text import compression
from feeds.text.media_types import BY_ENDING

_COMPRESSIBLE = frozenset({".rss", ".atom", ".json", ".opml", ".html", ".xml", ".css", ".js", ".svg"})
# Browsers show a feed by its stylesheet only where it is called plain XML; readers take it by what is in it.
_STYLED = "text/xml; charset=utf-8"
_TYPES = {
    "rss": rss.MEDIA_TYPE,
    "atom": atom.MEDIA_TYPE,
    "json": jsonfeed.MEDIA_TYPE,
    "opml": opml.MEDIA_TYPE,
    "html": PAGE_TYPE,
    "xml": sitemap.MEDIA_TYPE,
    "css": MEDIA_TYPES[".css"],
    "js": MEDIA_TYPES[".js"],
}
_CORS = "Access-Control-Allow-Origin"


def is_compressible(path: str) -> bool:
    """Whether the document at `path` is text, so that compressing it makes it smaller."""
    return splitext(path)[1] in _COMPRESSIBLE


def companion(document: Document, path: str, coding: str) -> Document:
    """`document` in `coding`, for the `path` beside it."""
    body = compression.encode(document.body, coding)
    return Document(path, body, compression.ENDINGS[coding][1], hashlib.sha256(body).hexdigest())


def files(config: Config) -> Iterator[Document]:
    """The files that config wants for its hosts."""
    for host in config.host_files:
        match host:
            case Host.NETLIFY:
                yield _text("_headers", _netlify(config))
                yield _text("_redirects", _netlify_redirects(config))
            case Host.APACHE:
                yield _text(".htaccess", _apache(config))
            case Host.NGINX:
                yield _text(".nginx.conf", _nginx(config))


def _text(path: str, text: str) -> Document:
    body = text.encode()
    return Document(path, body, "text/plain; charset=utf-8", hashlib.sha256(body).hexdigest())


def _caching(config: Config) -> str:
    cache = config.cache
    return (
        f"public, max-age={cache.max_age}, stale-while-revalidate={cache.stale_while_revalidate}, "
        f"stale-if-error={cache.stale_if_error}"
    )


def _types(config: Config) -> dict[str, str]:
    """The media type of each ending that is not what a host would guess, where there are pages as browsers need it."""
    return _TYPES | ({"rss": _STYLED, "atom": _STYLED} if config.pages else {})


def _running() -> str:
    """A regular expression for the paths of local files that can run scripts, and of their compressed companions."""
    return rf"/{local_files.FOLDER}/.+\.({'|'.join(http_safety.ENDINGS)})(\.[a-z]+)?$"


def _copies(config: Config) -> str | None:
    """A regular expression for the paths of copies of pictures, where there are any."""
    return rf"/{names.FOLDER}/[0-9a-f]+-[0-9]+\.webp$" if config.pictures is Pictures.PROXY else None


def _netlify(config: Config) -> str:
    """Netlify's and Cloudflare Pages' `_headers`: a path, and below it the fields that answers there get besides the host's."""
    # No rule for copies of pictures: Netlify joins the values of all rules that match.
    rules = [("/*", [("Cache-Control", _caching(config)), (_CORS, "*"), http_safety.NOSNIFF])]
    # Paths are matched as they are spelt.
    spelt = [each for ending in http_safety.ENDINGS for each in (ending, ending.upper())]
    rules += [(f"/{local_files.FOLDER}/*.{ending}", [*http_safety.SANDBOX]) for ending in spelt]
    types = _types(config)
    rules += [(f"/*.{ending}", [("Content-Type", types[ending])]) for ending in ("rss", "atom", "opml")]
    folders = ("all/", *(f"{kind.value}/" for kind in config.groups), "feeds/")
    rules += [(f"/{folder}*.json", [("Content-Type", types["json"])]) for folder in folders]
    rules.append(("/all.json", [("Content-Type", types["json"])]))
    return "".join(f"{path}\n{''.join(f'  {name}: {value}{chr(10)}' for name, value in fields)}" for path, fields in rules)


def _netlify_redirects(config: Config) -> str:
    """Netlify's and Cloudflare Pages' `_redirects`: a path, where it leads, and the status; a file that is there goes first."""
    lines = []
    for path, target in config.redirects.items():
        base = target if _is_elsewhere(target) else f"/{target}"
        ends = [("", ""), *((f".{format}", f".{format}") for format in config.formats), ("/*", "/:splat")]
        lines += [f"/{path}{end} {base}{'' if _is_elsewhere(target) else new} 301\n" for end, new in ends]
    folder = urlsplit(config.site.url).path
    lines += [f"{folder}/{path} {folder}/{target} 301\n" for path, target in usual.redirects(config).items()]
    return "".join(lines)


def _usual(config: Config) -> Iterator[tuple[str, str]]:
    """The usual addresses of feeds, as a regular expression of paths of the host, for each feed that they lead to."""
    base = urlsplit(config.site.url).path
    by_target: dict[str, list[str]] = {}
    for path, target in usual.redirects(config).items():
        by_target.setdefault(target, []).append(re.escape(path))
    for target, paths in by_target.items():
        yield f"^{re.escape(base)}/(?:{'|'.join(paths)})/?$", f"{base}/{target}"


def _patterns(config: Config, base: str) -> Iterator[tuple[str, str]]:
    """For each path that has moved, a regular expression for it, its formats and what is below it, and where that leads: a URL,
    or a path after `base`.
    """
    for path, target in config.redirects.items():
        yield f"{re.escape(path)}([./].*)?$", target if _is_elsewhere(target) else f"{base}{target}$1"


def _is_elsewhere(target: str) -> bool:
    return "://" in target


def _apache(config: Config) -> str:
    """Apache's `.htaccess` (2.4)."""
    types = _types(config)
    lines = ["DirectoryIndex index.html"]
    if config.pages:
        lines.append(f"ErrorDocument 404 {urlsplit(config.site.url).path}/404.html")
    lines += [
        "<IfModule mod_alias.c>",
        *(f'RedirectMatch 301 "{path}" "{target}"' for path, target in _usual(config)),
        "</IfModule>",
    ]
    for ending, full in types.items():
        essence, _, charset = full.partition("; charset=")
        lines.append(f"AddType {essence} .{ending}")
        if charset:
            lines.append(f"AddCharset {charset} .{ending}")
    lines += ['<Files "search.json*">', "AddType application/json .json", "RemoveCharset .json", "</Files>"]
    if config.redirects:
        lines += ["<IfModule mod_rewrite.c>", "RewriteEngine On"]
        for pattern, target in _patterns(config, f"{config.site.url}/"):
            lines += ["RewriteCond %{REQUEST_FILENAME} !-f", f"RewriteRule ^{pattern} {target} [R=301,L]"]
        lines.append("</IfModule>")
    # The ending before that of the coding is that of the document.
    encodings = [(coding, compression.ENDINGS[coding][0]) for coding in compression.CODINGS if coding in config.precompress]
    if encodings:
        lines += ["<IfModule mod_rewrite.c>", "RewriteEngine On"]
        for coding, ending in encodings:
            lines += [
                f"RewriteCond %{{HTTP:Accept-Encoding}} (^|,)\\s*{coding}\\s*($|,|;\\s*q=(?!0(\\.0*)?\\s*($|,)))",
                f"RewriteCond %{{REQUEST_FILENAME}}{ending} -f",
                f"RewriteRule ^(.+)$ $1{ending} [L,E=no-gzip:1]",
            ]
        lines.append("</IfModule>")
        lines += ["<IfModule mod_mime.c>"]
        lines += [line for coding, ending in encodings for line in (f"RemoveType {ending}", f"AddEncoding {coding} {ending}")]
        lines.append("</IfModule>")
    lines += ["<IfModule mod_headers.c>", f'Header set Cache-Control "{_caching(config)}"', f'Header set {_CORS} "*"']
    if encodings:
        lines.append("Header append Vary Accept-Encoding")
    lines.append(f'Header set {http_safety.NOSNIFF[0]} "{http_safety.NOSNIFF[1]}"')
    lines.append(f'<If "%{{REQUEST_URI}} =~ m#{_running()}#i">')
    lines += [f'Header set {name} "{value}"' for name, value in http_safety.SANDBOX]
    lines.append("</If>")
    if copies := _copies(config):
        lines += [f'<If "%{{REQUEST_URI}} =~ m#{copies}#">', f'Header set Cache-Control "{http_cache.COPIES}"', "</If>"]
    lines.append("</IfModule>")
    return "".join(f"{line}\n" for line in lines)


def _nginx(config: Config) -> str:
    """A snippet for a `server` block of nginx: `include …/.nginx.conf;`."""
    types = {ending: full.partition("; charset=")[0] for ending, full in _types(config).items()}
    by_type: dict[str, list[str]] = {}
    for ending, essence in (BY_ENDING | types).items():
        by_type.setdefault(essence, []).append(ending)
    lines = [
        "index index.html;",
        "types {",
        *(f"    {essence} {' '.join(endings)};" for essence, endings in by_type.items()),
        "}",
    ]
    lines += ["charset utf-8;", f"charset_types {' '.join(dict.fromkeys(types.values()))};"]
    if "gzip" in config.precompress:
        lines += ["gzip_static on;", "gzip_vary on;"]
    lines.append(f'set $feeds_caching "{_caching(config)}";')
    if copies := _copies(config):
        lines += [f'if ($uri ~ "{copies}") {{', f'    set $feeds_caching "{http_cache.COPIES}";', "}"]
    lines += ["add_header Cache-Control $feeds_caching;", f'add_header {_CORS} "*";']
    lines.append(f'add_header {http_safety.NOSNIFF[0]} "{http_safety.NOSNIFF[1]}";')
    # nginx leaves out a header whose value is empty.
    for number, (name, value) in enumerate(http_safety.SANDBOX):
        variable = f"$feeds_sandbox_{number}"
        lines += [f'set {variable} "";', f'if ($uri ~* "{_running()}") {{', f'    set {variable} "{value}";', "}"]
        lines.append(f"add_header {name} {variable};")
    if config.redirects:
        lines += ["if (!-f $request_filename) {"]
        lines += [f'    rewrite "^/{pattern}" {target} permanent;' for pattern, target in _patterns(config, "/")]
        lines += ["}"]
    lines += ["location = /assets/search.json {", "    types { }", "    default_type application/json;", "}"]
    lines += [line for path, target in _usual(config) for line in (f"location ~ {path} {{", f"    return 301 {target};", "}")]
    if config.pages:
        lines.append(f"error_page 404 {urlsplit(config.site.url).path}/404.html;")
    lines += [r"location ~ /\.(?!well-known/) {", "    return 404;", "}"]
    return "".join(f"{line}\n" for line in lines)
