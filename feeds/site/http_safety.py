"""Header fields that keep browsers from running what articles bring with them; the same served and told to static hosts. Pure."""

from feeds.text.media_types import BY_ENDING

# Browsers take every answer for what its media type says (Fetch 3.6), not for what it looks like.
NOSNIFF = ("X-Content-Type-Options", "nosniff")
# Types of local files in which a browser runs scripts when it is sent to them.
_RUN = frozenset({"image/svg+xml"})
ENDINGS = tuple(ending for ending, type in BY_ENDING.items() if type in _RUN)
# What such files are sent with: no script runs (CSP 3), and a browser that is sent to one saves it. Pages show them all the same.
SANDBOX = (("Content-Security-Policy", "sandbox; script-src 'none'"), ("Content-Disposition", "attachment"))


def of(media_type: str) -> tuple[tuple[str, str], ...]:
    """The header fields of a local file with this media type, besides NOSNIFF, which every answer has."""
    return SANDBOX if media_type.partition(";")[0].strip().lower() in _RUN else ()
