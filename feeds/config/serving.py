"""The keys of config.yaml that decide how documents are served: caching, limits, the hub."""

import msgspec

from feeds.config import values
from feeds.config.types import Cache, Hub, ServerLimits
from feeds.documents.fields import Fields
from feeds.documents.limits import Limits
from feeds.text import urls

# WebSub 7.1.1.
_SIGNATURES = ("sha1", "sha256", "sha384", "sha512")


def cache(found: Fields) -> Cache:
    """How long feeds and pages may be kept by caches."""
    given = found.fields("cache")
    if given is None:
        return Cache()
    names = ("max_age", "stale_while_revalidate", "stale_if_error")
    given.only(names)
    return Cache(**{name: value for name in names if (value := values.time(given, name)) is not None})


def limits(found: Fields) -> Limits:
    """The limits on what is read of documents and of the config."""
    given = found.fields("limits")
    if given is None:
        return Limits()
    names = Limits.__struct_fields__
    given.only(names)
    numbers = {name: values.size(given, name) if name == "document" else values.count_above_zero(given, name) for name in names}
    return Limits(**{name: value for name, value in numbers.items() if value})


def server(found: Fields) -> ServerLimits:
    """The limits of the server on connections and requests."""
    given = found.fields("server")
    if given is None:
        return ServerLimits()
    counts, sizes, lengths = (
        ("connections", "request_headers"),
        ("request_size", "memory"),
        ("request_timeout", "idle_timeout", "send_timeout"),
    )
    given.only((*counts, *sizes, *lengths, "drain", "stale_is_ready"))
    limits: dict[str, int | bool | None] = {name: values.count_above_zero(given, name) for name in counts}
    limits |= {name: values.size(given, name) for name in sizes}
    limits |= {name: values.time_above_zero(given, name) for name in lengths}
    limits |= {"drain": values.time(given, "drain"), "stale_is_ready": given.flag("stale_is_ready")}
    return msgspec.convert({name: value for name, value in limits.items() if value is not None}, ServerLimits)


def hub(found: Fields) -> Hub | None:
    """The site's own hub: `hub: true`, or a mapping; None without one."""
    if "hub" not in found:
        return None
    if found.within("hub") is None:
        return Hub() if found.flag("hub") else None
    given = found.fields("hub")
    assert given is not None, "a mapping"
    given.only("url allow lease longest_lease signature per_host per_topic rsscloud".split())
    url = given.text("url")
    address = urls.web_address(url) if url else None
    if url and (address is None or "?" in address or "#" in address):
        given.problem("url", "an http or https URL, with no query")
    signature = given.text("signature") or Hub().signature
    if signature not in _SIGNATURES:
        given.problem("signature", f"any of {', '.join(_SIGNATURES)}", repr(signature))
    lengths = {"lease": values.time(given, "lease"), "longest_lease": values.time(given, "longest_lease")}
    for name, length in lengths.items():
        if length == 0:
            given.problem(name, "a length of time such as 12h or 10d")
    counts = {"per_host": values.count_above_zero(given, "per_host"), "per_topic": values.count_above_zero(given, "per_topic")}
    return Hub(
        url=(address or "").rstrip("/"),
        allow=values.each(given, "allow", values.network, "networks such as 10.0.0.0/8"),
        signature=signature,
        rsscloud=given.flag("rsscloud") or False,
        **{name: value for name, value in (lengths | counts).items() if value},
    )
