"""Redirects of the config: the new address of a document that has moved. Pure."""

from feeds.config.types import Config


def target(path: str, config: Config) -> str | None:
    """The URL that config's `redirects` give for `path`, for its group or for a folder above it; None where they give none.

    The rest of the path, such as `.atom` or `/archive/2026-01.json`, is appended to the new one, unless that is a URL
    elsewhere.
    """
    redirects = config.redirects
    if not redirects:
        return None
    at = path.strip("/")
    for start in (at, at.rpartition(".")[0], *_above(at)):
        found = redirects.get(start)
        if start and found is not None:
            return found if "://" in found else f"{config.site.url}/{found}{at[len(start) :]}"
    return None


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:length]) for length in range(len(parts) - 1, 0, -1)]
