"""The settings of a podcast, which a feed may have: `podcast: {category: News > Daily News, explicit: false, …}`."""

import re
import uuid

from feeds.config import values
from feeds.documents.fields import Fields
from feeds.documents.values import TRUE
from feeds.model import Podcast
from feeds.text.text import plain

_KEYS = "category explicit image author owner email type locked guid funding complete block new_feed_url".split()
_TYPES = ("episodic", "serial")
# Between a category and its subcategory, neither of which holds it.
_BETWEEN = re.compile(r"\s*[>/:]\s*")
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+")


def read(found: Fields, site_url: str) -> Podcast | None:
    """The settings under the key `podcast`, None without them. `podcast: true` takes all of them from the feed."""
    if "podcast" not in found:
        return None
    if found.within("podcast") is None:
        return Podcast() if found.flag("podcast") else None
    given = found.fields("podcast")
    assert given is not None, "a mapping"
    given.only(_KEYS)
    owner = given.fields("owner", bare="name")
    if owner is not None:
        owner.only(("name", "email"))
    email = (owner.text("email") if owner is not None else None) or given.text("email") or ""
    if email and not _EMAIL.fullmatch(email):
        (owner if owner is not None and "email" in owner else given).problem("email", "an address such as desk@example.org")
    type = given.text("type") or "episodic"
    if type not in _TYPES:
        given.problem("type", f"any of {', '.join(_TYPES)}")
    return Podcast(
        categories=tuple(_category(text) for text in given.texts("category")),
        explicit=_is_explicit(given),
        image=values.image(given, site_url),
        author=plain(given.text("author") or ""),
        owner=plain((owner.text("name") if owner is not None else None) or ""),
        email=email,
        type=type,
        locked=given.flag("locked") is not False,
        guid=_guid(given),
        funding=_funding(given),
        complete=given.flag("complete") or False,
        block=given.flag("block") or False,
        new_feed_url=values.url(given, "new_feed_url", site_url),
    )


def _category(text: str) -> tuple[str, str]:
    name, *below = _BETWEEN.split(plain(text), maxsplit=1)
    return name, below[0] if below else ""


def _is_explicit(given: Fields) -> bool:
    # `clean` is what directories once took beside yes and no.
    text = (given.text("explicit") or "").lower()
    return text in TRUE if text in ("explicit", "clean") else given.flag("explicit") or False


def _guid(given: Fields) -> str:
    text = given.text("guid")
    if not text:
        return ""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        given.problem("guid", "a UUID such as 9b024349-ccf0-5f69-a609-6b82873eab3c")
        return ""


def _funding(given: Fields) -> tuple[tuple[str, str], ...]:
    found = []
    for each in given.list("funding", bare="url"):
        each.only(("url", "text"))
        url = values.public_url(each.text("url") or "")
        if url is None:
            each.problem("url", "an http or https URL", values.shown(each.text("url")))
        else:
            found.append((url, plain(each.text("text") or "")))
    return tuple(found)
