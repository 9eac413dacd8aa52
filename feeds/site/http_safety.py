"""Header fields that keep browsers from running scripts in local files, for the server and for static hosts. Pure."""

from feeds.text.media_types import BY_ENDING

# Browsers must believe the media type and not guess another from the content (Fetch 3.6).
NOSNIFF = ("X-Content-Type-Options", "nosniff")
# Types of local files in which a browser runs scripts when it is sent to them.
_RUN = frozenset({"image/svg+xml"})
ENDINGS = tuple(ending for ending, type in BY_ENDING.items() if type in _RUN)
# Such files run no script (CSP 3), and a browser that opens one saves it. Pages still show them.
SANDBOX = (("Content-Security-Policy", "sandbox; script-src 'none'"), ("Content-Disposition", "attachment"))


def of(media_type: str) -> tuple[tuple[str, str], ...]:
    """The header fields of a local file with this media type, besides NOSNIFF, which every answer has."""
    return SANDBOX if media_type.partition(";")[0].strip().lower() in _RUN else ()
