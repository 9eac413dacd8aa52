"""The HTTP client for subscribers and hubs: no redirects, no cookies, no proxies, bounded in time and size."""

from collections.abc import Mapping, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.resolver import AsyncResolver
from msgspec import Struct
from yarl import URL

from feeds.hub.addresses import REFUSAL, Network, guarded
from feeds.version import __version__

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=10)
_LONGEST = 4096
# Seconds for the first of a few questions to a name server; later ones have longer.
_DNS_TIMEOUT, _DNS_TRIES = 2.0, 3


class Answer(Struct, frozen=True):
    """The response to a request. `status` is 0 if there was none, and `error` says why; `refused`: the address is not allowed."""

    status: int = 0
    body: bytes = b""
    error: str = ""
    refused: bool = False

    @property
    def is_success(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300

    @property
    def said(self) -> str:
        """The outcome, for people."""
        return self.error or f"status {self.status}"


class Client:
    """Sends requests. With `allowed`, only to public addresses and these networks; None allows every address."""

    def __init__(self, home: str, allowed: Sequence[Network] | None, resolver: AbstractResolver | None = None) -> None:
        factory = guarded(allowed) if allowed is not None else None
        self._resolver = resolver or names()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ttl_dns_cache=30, socket_factory=factory, resolver=self._resolver),
            timeout=_TIMEOUT,
            headers={"User-Agent": f"Feeds/{__version__} (+{home}/)"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )

    async def send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", read: bool = False
    ) -> Answer:
        """Send one request. Redirects are not followed. The body of the answer is read only with `read`, and cut at 4 KiB."""
        try:
            # Sent as the subscriber spelt it.
            target = URL(url, encoded=True)
            async with self._session.request(method, target, data=body, headers=headers, allow_redirects=False) as response:
                said = await response.content.read(_LONGEST) if read else b""
                return Answer(response.status, said)
        except TimeoutError:
            return Answer(error="no answer in time")
        except aiohttp.ClientConnectorError as error:
            return Answer(error=_plain(error.os_error), refused=REFUSAL in str(error.os_error))
        except aiohttp.InvalidURL:
            # Its message repeats the URL, whose path is between the hub and the subscriber.
            return Answer(error="the URL can't be asked for")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer(error=_plain(error))

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()
        await self._resolver.close()


def names(servers: Sequence[str] | None = None) -> AbstractResolver:
    """Looks up names without threads, so that those which are slow to resolve hold up no other. Needs a running loop.

    It asks `servers`, such as `127.0.0.1:53`, or those of the system; /etc/hosts comes first.
    """
    return AsyncResolver(nameservers=servers, timeout=_DNS_TIMEOUT, tries=_DNS_TRIES)


def _plain(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
