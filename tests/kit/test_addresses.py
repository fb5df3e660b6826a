"""How far an address reaches, for every way to write one that leads somewhere else than it looks."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outlay.kit.addresses import Reach, is_address, reach_of


@pytest.mark.parametrize(
    ("address", "reach"),
    [
        pytest.param("8.8.8.8", "public", id="public"),
        pytest.param("2606:4700::1", "public", id="public, version 6"),
        pytest.param("10.1.2.3", "private", id="10/8"),
        pytest.param("172.16.0.1", "private", id="172.16/12"),
        pytest.param("172.32.0.1", "public", id="just outside 172.16/12"),
        pytest.param("192.168.1.1", "private", id="192.168/16"),
        pytest.param("100.64.1.1", "private", id="carrier's"),
        pytest.param("127.8.8.8", "private", id="loopback"),
        pytest.param("::1", "private", id="loopback, version 6"),
        pytest.param("fc00::1", "private", id="unique local"),
        pytest.param("169.254.169.254", "never", id="metadata"),
        pytest.param("169.254.170.2", "never", id="metadata of containers"),
        pytest.param("100.100.100.200", "never", id="metadata in the carriers' range"),
        pytest.param("168.63.129.16", "never", id="metadata at a public address"),
        pytest.param("192.0.0.192", "never", id="metadata in a reserved range"),
        pytest.param("fd00:ec2::254", "never", id="metadata, version 6"),
        pytest.param("fe80::1", "never", id="link-local"),
        pytest.param("fe80::1%eth0", "never", id="link-local with its interface"),
        pytest.param("fec0::1", "never", id="site-local"),
        pytest.param("0.0.0.0", "never", id="unspecified, which means this machine"),  # noqa: S104 - not bound
        pytest.param("0.1.2.3", "never", id="this network"),
        pytest.param("::", "never", id="unspecified, version 6"),
        pytest.param("255.255.255.255", "never", id="broadcast"),
        pytest.param("224.0.0.1", "never", id="multicast"),
        pytest.param("ff02::1", "never", id="multicast, version 6"),
        pytest.param("ff0e::1", "never", id="multicast of global scope"),
        pytest.param("198.18.0.1", "never", id="benchmarks"),
        pytest.param("192.0.2.1", "never", id="documentation"),
        pytest.param("240.0.0.1", "never", id="reserved"),
    ],
)
def test_how_far_an_address_reaches(address: str, reach: Reach) -> None:
    assert reach_of(address) == reach


@given(st.ip_addresses(v=4))
def test_an_address_inside_another_reaches_where_it_leads(inner: IPv4Address) -> None:
    number = int(inner)
    high, low = number >> 16, number & 0xFFFF
    obscured = f"{number ^ 0xFFFFFFFF:08x}"
    outer = [
        f"::ffff:{inner}",
        f"64:ff9b::{high:x}:{low:x}",
        f"64:ff9b:1::{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:1:1:0:0:{obscured[:4]}:{obscured[4:]}",
    ]
    assert [reach_of(each) for each in outer] == [reach_of(str(inner))] * len(outer)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4:80", "[::1]"])
def test_what_is_no_address_is_told(text: str) -> None:
    assert not is_address(text)
    with pytest.raises(ValueError, match="does not appear"):
        reach_of(text)
