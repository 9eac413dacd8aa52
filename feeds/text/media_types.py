"""Media types by file name, for the kinds of files that articles show or offer."""

from pathlib import PurePosixPath

from feeds.model import Markup

# Python's own table differs from version to version, and the system's from machine to machine.
BY_ENDING = {
    "aac": "audio/aac",
    "avi": "video/x-msvideo",
    "avif": "image/avif",
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "epub": "application/epub+zip",
    "flac": "audio/flac",
    "gif": "image/gif",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "json": "application/json",
    "m4a": "audio/mp4",
    "m4v": "video/x-m4v",
    "mov": "video/quicktime",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "odt": "application/vnd.oasis.opendocument.text",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "ogv": "video/ogg",
    "opus": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "srt": "application/x-subrip",
    "svg": "image/svg+xml",
    "vtt": "text/vtt",
    "wav": "audio/wav",
    "webm": "video/webm",
    "webp": "image/webp",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
# Suffixes of documents: those with front matter and a body in some markup, and those that are all front matter.
MARKUPS = {
    ".md": Markup.MARKDOWN,
    ".markdown": Markup.MARKDOWN,
    ".mdx": Markup.MARKDOWN,
    ".html": Markup.HTML,
    ".rst": Markup.RESTRUCTURED,
    ".txt": Markup.TEXT,
}
# Suffixes by which a link means the document itself, not the page that becomes of it.
LINKED = MARKUPS.keys() - {".html", ".txt"}
WHOLE = frozenset({".yaml", ".json", ".toml"})
# Chapters of a recording (Podcasting 2.0, "JSON chapters"): such a file is not a document, though it has the ending of one.
CHAPTERS = ".chapters.json"
# Documents of other tools, in markup that is not read: they are counted, so that `feeds check` can name them.
UNREADABLE = frozenset({".adoc", ".asciidoc", ".org", ".textile", ".ipynb"})


def media_type(name: str) -> str | None:
    """The media type of a file name or a URL by its suffix; None for an unknown suffix."""
    place = name.partition("?")[0].partition("#")[0]
    last = place.rpartition("/")[2]
    if last in ("", "."):
        return BY_ENDING.get(PurePosixPath(place).suffix.lower().removeprefix("."))
    stem, _, ending = last.rpartition(".")
    return BY_ENDING.get(ending.lower()) if stem else None
