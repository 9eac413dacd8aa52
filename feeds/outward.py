"""HTTP to URLs that others name, such as subscribers and articles: to public addresses alone, without cookies and proxies."""

from collections.abc import Mapping, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import AsyncResolver

from feeds.addresses import Network, guarded
from feeds.version import __version__

# Seconds for the first of a few questions to a name server; later ones have longer.
_DNS_TIMEOUT, _DNS_TRIES = 2.0, 3


def session(
    home: str,
    allowed: Sequence[Network] | None,
    resolver: AbstractResolver,
    timeout: aiohttp.ClientTimeout,
    *,
    headers: Mapping[str, str] | None = None,
    per_host: int = 0,
) -> aiohttp.ClientSession:
    """A session that connects to public addresses and to the networks `allowed` alone; None allows every address.

    Redirects are held to the same. `home` is the URL of the site, for the User-Agent. `per_host` is how many connections one
    host gets at once, 0 for any number. Close the session and the resolver.
    """
    factory = guarded(allowed) if allowed is not None else None
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, limit_per_host=per_host, ttl_dns_cache=30, socket_factory=factory, resolver=resolver
        ),
        timeout=timeout,
        headers={"User-Agent": f"Feeds/{__version__} (+{home}/)"} | dict(headers or {}),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
    )


async def body(response: aiohttp.ClientResponse, most: int) -> bytes | None:
    """The body of a response; None where it is longer than `most` bytes."""
    read = bytearray()
    async for part in response.content.iter_any():
        read += part
        if len(read) > most:
            return None
    return bytes(read)


def names(servers: Sequence[str] | None = None) -> AbstractResolver:
    """Looks up names without threads, so that those which are slow to resolve hold up no other. Needs a running loop.

    It asks `servers`, such as `127.0.0.1:53`, or those of the system; /etc/hosts comes first.
    """
    return AsyncResolver(nameservers=servers, timeout=_DNS_TIMEOUT, tries=_DNS_TRIES)
