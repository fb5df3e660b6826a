"""How far an IP address reaches: the public internet, a private network, or where nobody's call should ever be sent.

It judges addresses, never names: a name may lead elsewhere a moment later, so the address that is connected to is what
counts. An IPv4 address inside an IPv6 one (mapped, NAT64, 6to4, Teredo) is judged as the IPv4 address it leads to.
"""

from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, Literal

Reach = Literal["public", "private", "never"]
Address = IPv4Address | IPv6Address

_NAT64: Final = IPv6Network("64:ff9b::/96")
_NAT64_LOCAL: Final = IPv6Network("64:ff9b:1::/48")
_COMPATIBLE: Final = IPv6Network("::/96")
_LOW_32_BITS: Final = 0xFFFF_FFFF

# Machines in a cloud read their own credentials at these. Link-local ones are refused as such; these lie elsewhere.
_METADATA: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    ip_network(each) for each in ("100.100.100.200/32", "168.63.129.16/32", "192.0.0.192/32", "fd00:ec2::/32")
)
_PRIVATE: Final[tuple[IPv4Network | IPv6Network, ...]] = tuple(
    ip_network(each)
    for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "::1/128", "fc00::/7")
)
_SITE_LOCAL: Final = IPv6Network("fec0::/10")  # withdrawn long ago, and global in the eyes of Python


def reach_of(text: str) -> Reach:
    """Return how far an address reaches; ValueError when it is none."""
    address = _led_to(ip_address(text.partition("%")[0]))  # a zone after % names an interface of this machine
    if any(address in network for network in _METADATA):
        return "never"
    if any(address in network for network in _PRIVATE):
        return "private"
    # What is left and not global is link-local, unspecified, reserved, for documentation or for benchmarks.
    special = address.is_multicast or address in _SITE_LOCAL
    return "public" if address.is_global and not special else "never"


def is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def counted_as(text: str) -> str:
    """Return what an address counts as where somebody is limited: an IPv6 network of 64 bits is one household's.

    What is no address at all is told by its hash, so that it can be kept.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return sha256(text.encode(errors="replace")).hexdigest()
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ip_network((int(address), 64), strict=False))


def _led_to(address: Address) -> Address:
    inner = _inside(address) if isinstance(address, IPv6Address) else None
    return address if inner is None else inner


def _inside(address: IPv6Address) -> IPv4Address | None:
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour
    if address.teredo:
        return address.teredo[1]
    within = address in _NAT64 or address in _NAT64_LOCAL or (address in _COMPATIBLE and int(address) > 1)
    return IPv4Address(int(address) & _LOW_32_BITS) if within else None
