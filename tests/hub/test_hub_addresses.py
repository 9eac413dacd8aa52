"""The hub connects only to public addresses, whatever a name resolves to, and whenever."""

import asyncio
import socket
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from subscribers import Subscriber, subscriber
from support import BASE, REQUIRED

from feeds import addresses
from feeds.config import loader
from feeds.hub import requests
from feeds.hub.client import Answer, Client
from feeds.outward import names

# From IANA's registries of special-purpose and multicast addresses, and of metadata services as clouds document them.
CLOSED = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 169.254.170.2
172.16.0.1 172.31.255.255 192.0.0.8 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1
224.0.0.1 233.252.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1
2001::1 2001:db8::1 2002:7f00:1::1 2002:a00:1::1 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%lo
fec0::1 ff02::1
""".split()
OPEN = "1.1.1.1 8.8.8.8 172.32.0.1 2606:4700:4700::1111 2a00:1450:4001:80b::200e ::ffff:8.8.8.8 64:ff9b::808:808".split()


@pytest.mark.parametrize("address", CLOSED)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not addresses.is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_other_addresses_are_public(address: str) -> None:
    assert addresses.is_public(address)


def test_networks_can_be_allowed() -> None:
    allowed = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert addresses.is_allowed("10.1.2.3", allowed)
    assert addresses.is_allowed("fd00::1", allowed)
    assert not addresses.is_allowed("192.168.0.1", allowed)


class Names(AbstractResolver):
    """DNS that gives the next of `answers` for each query."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        found = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(
                hostname=host,
                host=each,
                port=port,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each in found
        ]

    async def close(self) -> None:
        """Nothing."""


@pytest.fixture(params=["127.0.0.1", "::1"])
def listener(request: pytest.FixtureRequest) -> Iterator[Subscriber]:
    with subscriber(request.param) as made:
        yield made


def send(url: str, names: Names | None = None, times: int = 1, **options: Any) -> list[Answer]:
    """Send requests with one client, as the hub does."""

    async def run() -> list[Answer]:
        client = Client("https://site.example", (), names)
        try:
            answers = []
            for _ in range(times):
                answers.append(await client.send("POST", url, body=b"x", **options))
                # As time does.
                assert isinstance(client._session.connector, aiohttp.TCPConnector)
                client._session.connector.clear_dns_cache()
            return answers
        finally:
            await client.close()

    return asyncio.run(run())


def place(listener: Subscriber) -> tuple[str, str]:
    """The address and the port of a listener."""
    host, _, port = listener.url.removeprefix("http://").rpartition(":")
    return host.strip("[]"), port


def test_a_literal_address_is_refused(listener: Subscriber) -> None:
    [answer] = send(listener.url)
    assert answer.refused
    assert "is not a public address" in answer.error
    assert not listener.received


@pytest.mark.parametrize("host", ["0177.0.0.1", "017700000001", "0x7f.1", "0x7f000001", "2130706433", "127.1"])
def test_other_spellings_of_it_are_refused(host: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(REQUIRED + "hub: true\n")
    config = loader.load(tmp_path / "config.yaml")
    with subscriber() as listener:
        url = f"http://{host}:{place(listener)[1]}/"
        # curl accepts these spellings, as does any program with `inet_aton`.
        assert socket.gethostbyname(host) == "127.0.0.1"
        body = urlencode({"hub.mode": "subscribe", "hub.topic": f"{BASE}/all.json", "hub.callback": url})
        with pytest.raises(requests.RequestError, match=r"leads to 127\.0\.0\.1, which is not a public address"):
            requests.parse("application/x-www-form-urlencoded", body.encode(), config)
        # The client refuses it too, wherever the URL comes from.
        [answer] = send(url)
        assert answer.error
        assert not listener.received


def test_a_name_that_resolves_to_it_is_refused(listener: Subscriber) -> None:
    address, port = place(listener)
    [answer] = send(f"http://reader.example:{port}/", Names([address]))
    assert answer.refused
    assert not listener.received


def test_a_name_that_resolves_to_it_only_later_is_refused(listener: Subscriber) -> None:
    address, port = place(listener)
    # The first address is public; nothing listens there.
    names = Names(["192.31.196.1"], [address])
    answers = send(f"http://reader.example:{port}/", names, times=2)
    assert names.asked == 2
    assert not answers[0].refused
    assert answers[1].refused
    assert not listener.received


def test_a_name_with_both_kinds_of_addresses_never_leads_to_the_other(listener: Subscriber) -> None:
    address, port = place(listener)
    [answer] = send(f"http://reader.example:{port}/", Names(["192.31.196.1", address]))
    assert not answer.status
    assert not listener.received


class NameServer(asyncio.DatagramProtocol):
    """A name server that knows `fast.example`, and never answers about other names."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)
        self.asked = 0

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        question = data[12:]
        name, kind = question[: question.index(0) + 1], question[question.index(0) + 1 : question.index(0) + 3]
        if name != b"\x04fast\x07example\x00":
            self.asked += 1
            return
        # RFC 1035 4.1: an answer, with one A record for the name in the question.
        is_ipv4 = kind == b"\x00\x01"
        head = data[:2] + b"\x81\x80" + b"\x00\x01" + (b"\x00\x01" if is_ipv4 else b"\x00\x00") + b"\x00\x00" * 2
        record = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton("127.0.0.1")
        asked = name + kind + b"\x00\x01"
        self.transport.sendto(head + asked + (record if is_ipv4 else b""), addr)


def test_slow_name_resolution_delays_no_other_delivery() -> None:
    async def run(port: str) -> tuple[Answer, int]:
        loop = asyncio.get_running_loop()
        transport, server = await loop.create_datagram_endpoint(NameServer, ("127.0.0.1", 0))
        place = transport.get_extra_info("sockname")
        client = Client("https://site.example", (ip_network("127.0.0.0/8"),), names([f"127.0.0.1:{place[1]}"]))
        try:
            slow = [loop.create_task(client.send("GET", f"http://slow{number}.example/")) for number in range(200)]
            while server.asked < 200:
                await asyncio.sleep(0.01)
            answer = await client.send("GET", f"http://fast.example:{port}/")
            ended = sum(task.done() for task in slow)
            for task in slow:
                task.cancel()
            await asyncio.gather(*slow, return_exceptions=True)
            return answer, ended
        finally:
            await client.close()
            transport.close()

    with subscriber() as reader:
        answer, ended = asyncio.run(run(reader.url.rpartition(":")[2]))
        assert answer.status == 200
        assert ended == 0


def test_redirects_are_not_followed(listener: Subscriber) -> None:
    host, port = place(listener)

    async def run() -> Answer:
        client = Client("https://site.example", (ip_network("127.0.0.0/8"), ip_network("::1")))
        try:
            return await client.send("GET", listener.url, read=True)
        finally:
            await client.close()

    for target in ("http://169.254.169.254/", f"http://{host}:{port}/other"):
        listener.headers, listener.confirm = {"Location": target}, lambda query: (302, "")
        assert asyncio.run(run()).status == 302
    assert {each.path for each in listener.received} == {"/"}
