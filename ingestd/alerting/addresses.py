"""Addresses that nothing is sent to: link-local ones and the metadata services of clouds."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_REFUSED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(written)
    for written in (
        "169.254.0.0/16", "fe80::/10",  # link-local, and with it the metadata of most clouds
        "fd00:ec2::/32",  # of AWS over IPv6
        "100.100.100.200/32",  # of Alibaba
        "168.63.129.16/32",  # of Azure's fabric
        "192.0.0.192/32",  # of Oracle
        "0.0.0.0/32", "::/128", "224.0.0.0/4", "ff00::/8", "255.255.255.255/32",
    )
)  # fmt: skip
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_refused(address: Address, allow: Sequence[Network] = ()) -> bool:
    """Say whether nothing is sent to an address; what it wraps of IPv4 counts."""
    several: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            several.append(inner)
    if any(one in network for one in several for network in allow):
        return False
    return any(one in network for one in several for network in _REFUSED)


def networks(written: Sequence[str]) -> tuple[Network, ...]:
    """Read addresses and networks as a config has them; raises ValueError."""
    return tuple(ipaddress.ip_network(one, strict=False) for one in written)
