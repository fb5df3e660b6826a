"""Which resolved addresses an upstream may be reached at: the moment a name is looked up, not when it was entered."""

import pytest

from outlay.control.upstream import Upstream
from outlay.control.upstream_reach import reachable

PUBLIC, PRIVATE, LOOPBACK, METADATA = "203.0.114.7", "10.0.0.7", "127.0.0.1", "169.254.169.254"


@pytest.mark.parametrize(
    ("base_url", "allow_private", "allowed"),
    [
        pytest.param("https://x.example", False, [PUBLIC], id="public"),
        pytest.param("https://x.example", True, [PUBLIC, PRIVATE, LOOPBACK], id="private, too"),
        pytest.param("http://x.example", True, [PRIVATE, LOOPBACK], id="in the clear, private alone"),
        pytest.param("http://x.example", False, [], id="in the clear, nowhere"),
    ],
)
def test_what_may_be_connected_to(base_url: str, allowed: list[str], *, allow_private: bool) -> None:
    upstream = Upstream(name="x", provider="x", base_url=base_url, allow_private=allow_private)
    assert reachable(upstream, [METADATA, PUBLIC, PRIVATE, LOOPBACK, "::ffff:169.254.169.254"]) == allowed
