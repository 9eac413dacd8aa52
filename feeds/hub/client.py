"""The HTTP client for subscribers and hubs: no redirects, no cookies, no proxies, bounded in time and size."""

from collections.abc import Mapping, Sequence

import aiohttp
from aiohttp.abc import AbstractResolver
from msgspec import Struct
from yarl import URL

from feeds import outward
from feeds.addresses import REFUSAL, Network

_TIMEOUT = aiohttp.ClientTimeout(total=20, connect=10)
_LONGEST = 4096


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
        self._resolver = resolver or outward.names()
        self._session = outward.session(home, allowed, self._resolver, _TIMEOUT)

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


def _plain(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
