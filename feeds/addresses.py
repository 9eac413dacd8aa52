"""Which network addresses a URL that others name may lead to: public ones, and what the config allows.

The check is made on the very address that a socket is about to connect to. So it holds for literal addresses and names alike,
and a name that resolves to another address between two look-ups gains nothing.
"""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network
# Networks that `ipaddress` of some Python versions takes for public: those of IANA's special-purpose registries, and the
# address at which Azure's machines reach their host.
_SPECIAL = tuple(
    map(
        ip_network,
        "192.0.0.0/24 192.88.99.0/24 168.63.129.16/32 ::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 3fff::/20 5f00::/16 "
        "fec0::/10".split(),
    )
)
# IPv6 addresses that hold an IPv4 address, which a router may translate them to: NAT64 (RFC 6052) and 6to4 (RFC 3056).
_NAT64, _6TO4 = IPv6Network("64:ff9b::/96"), IPv6Network("2002::/16")


# What an error says of an address that is refused. Where a name has several, their errors become one, of which only the text
# is left.
REFUSAL = "is not a public address"


def is_public(text: str) -> bool:
    """Whether an address is reachable from everywhere. Raises ValueError if it is not an address."""
    address = ip_address(text)
    if isinstance(address, IPv6Address) and (inner := _within(address)) is not None:
        address = inner
    if address.is_multicast or address.is_reserved or not address.is_global:
        return False
    return not any(address in network for network in _SPECIAL)


def _within(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(address.packed[12:])
    return IPv4Address(address.packed[2:6]) if address in _6TO4 else None


def is_allowed(text: str, allowed: Sequence[Network]) -> bool:
    """Whether an address is public, or in one of the networks `allowed`. Raises ValueError if it is not an address."""
    return is_public(text) or any(ip_address(text) in network for network in allowed)


def guarded(allowed: Sequence[Network]) -> Callable[[tuple[Any, ...]], socket.socket]:
    """A factory of sockets for an address as `getaddrinfo` returns it. Raises OSError where that is not allowed."""

    def make(info: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, _, place = info
        if not is_allowed(place[0], allowed):
            raise OSError(f"{place[0]} {REFUSAL}")
        return socket.socket(family, kind, protocol)

    return make
